"""Repository names, registry hosts, image references."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.aws import REGIONS
from domain.ecr.names import ImageReference, private_registry, registry_host, repository_arn, repository_name_problems

# The API's own pattern, as written there.
API_PATTERN = re.compile(r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*")
DIGEST = "sha256:" + "0123456789abcdef" * 4
HOST = "111122223333.dkr.ecr.eu-west-1.amazonaws.com"

REPOSITORIES = st.from_regex(r"[a-z0-9]{2,9}((\.|_|__|-{1,3})[a-z0-9]{1,5}){0,2}(/[a-z0-9]{1,9}){0,2}", fullmatch=True)
TAGS = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,20}", fullmatch=True)


@given(
    st.text("ab0._-/", max_size=12)
    | st.text("aZé/. \n", max_size=6)
    | st.builds(str.__mul__, REPOSITORIES, st.integers(1, 40))
)
@example("a" * 256)
@example("a" * 257)
@example("a")
@example("ab\n")
@example("//")
def test_a_name_without_problem_is_one_that_the_api_accepts(name: str) -> None:
    accepted = API_PATTERN.fullmatch(name) is not None and 2 <= len(name) <= 256
    assert (repository_name_problems(name) == []) is accepted


@pytest.mark.parametrize(
    ("name", "messages"),
    [
        ("payments/api", []),
        ("a__b/c---d.e_f", []),
        ("", ["is too short: 0 characters"]),
        ("a", ["is too short: 1 characters"]),
        ("a" * 257, ["is too long: 257 characters"]),
        ("Payments/API", ["has upper-case letters"]),
        ("pay ments/äpi", ["has characters that ECR does not allow: ' ', 'ä'"]),
        ("/api", ["starts with a slash"]),
        ("api/", ["ends with a slash"]),
        ("payments//api", ["has an empty path segment: '//'"]),
        ("payments/-api", ["has a segment that starts with '-': '-api'"]),
        ("..api--", ["has a segment that starts with '.': '..api--'", "has a segment that ends with '-': '..api--'"]),
        ("payments_/api", ["has a segment that ends with '_': 'payments_'"]),
        ("pay..ments", ["has doubled separators: '..' in 'pay..ments'"]),
        ("pay___ments", ["has doubled separators: '___' in 'pay___ments'"]),
        ("pay.-ments", ["has doubled separators: '.-' in 'pay.-ments'"]),
        ("A..b/", ["has upper-case letters", "ends with a slash", "has doubled separators: '..' in 'A..b'"]),
    ],
)
def test_each_broken_rule_is_told_by_itself(name: str, messages: list[str]) -> None:
    assert [problem.message for problem in repository_name_problems(name)] == messages


def test_the_fix_for_upper_case_is_the_name_itself() -> None:
    assert repository_name_problems("Payments")[0].fix == "write 'payments'"


@pytest.mark.parametrize(
    ("region", "arn", "host"),
    [
        ("us-east-1", "arn:aws:ecr:us-east-1:111122223333:repository/a/b", "dkr.ecr.us-east-1.amazonaws.com"),
        ("cn-north-1", "arn:aws-cn:ecr:cn-north-1:111122223333:repository/a/b", "dkr.ecr.cn-north-1.amazonaws.com.cn"),
        (
            "us-gov-west-1",
            "arn:aws-us-gov:ecr:us-gov-west-1:111122223333:repository/a/b",
            "dkr.ecr.us-gov-west-1.amazonaws.com",
        ),
        (
            "eusc-de-east-1",
            "arn:aws-eusc:ecr:eusc-de-east-1:111122223333:repository/a/b",
            "dkr.ecr.eusc-de-east-1.amazonaws.eu",
        ),
    ],
)
def test_arn_and_host_are_of_the_regions_partition(region: str, arn: str, host: str) -> None:
    assert repository_arn(region, "111122223333", "a/b") == arn
    assert registry_host("111122223333", region) == f"111122223333.{host}"


@pytest.mark.parametrize("region", sorted(REGIONS))
def test_a_registry_host_says_whose_it_is(region: str) -> None:
    assert private_registry(registry_host("012345678901", region)) == ("012345678901", region)


@pytest.mark.parametrize(
    ("host", "registry"),
    [
        ("111122223333.dkr.ecr-fips.us-east-1.amazonaws.com", ("111122223333", "us-east-1")),
        ("111122223333.dkr-ecr.us-east-1.on.aws", ("111122223333", "us-east-1")),
        ("111122223333.DKR.ecr.us-east-1.amazonaws.com", ("111122223333", "us-east-1")),
        ("111122223333.dkr-ecr.us-east-1.amazonaws.com", None),
        ("111122223333.dkr.ecr.us-east-1.on.aws", None),
        ("111122223333.dkr-ecr.cn-north-1.on.aws", None),
        ("111122223333.dkr.ecr.cn-north-1.amazonaws.com", None),
        ("111122223333.dkr.ecr.us-nowhere-1.amazonaws.com", None),
        ("11112222333.dkr.ecr.us-east-1.amazonaws.com", None),
        ("111122223333.dkr.ecr.us-east-1.amazonaws.com.evil.example", None),
        ("public.ecr.aws", None),
        ("ghcr.io", None),
    ],
)
def test_only_an_ecr_host_has_an_account_and_a_region(host: str, registry: tuple[str, str] | None) -> None:
    assert private_registry(host) == registry
    assert ImageReference(host, "a/b").private_registry == registry


@given(
    st.builds(
        ImageReference,
        st.sampled_from([HOST, "ghcr.io", "localhost", "127.0.0.1:5000", "[::1]:5000"]),
        REPOSITORIES,
        st.none() | TAGS,
        st.none() | st.just(DIGEST),
    )
)
def test_a_reference_survives_its_text(reference: ImageReference) -> None:
    assert ImageReference.parse(str(reference)) == reference


@given(st.text("a0.:/@-sha256", max_size=40))
def test_whatever_parses_is_written_the_same(text: str) -> None:
    try:
        reference = ImageReference.parse(text)
    except ValueError:
        return
    assert str(reference) == text


def test_a_reference_in_its_parts() -> None:
    assert ImageReference.parse(f"{HOST}/payments/api:v1@{DIGEST}") == ImageReference(
        HOST, "payments/api", "v1", DIGEST
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "names no registry"),
        ("payments/api:v1", "names no registry"),
        (f"{HOST}", "names no registry"),
        (f"https://{HOST}/payments/api", "names no registry"),
        (f"{HOST}/", "is too short"),
        (f"{HOST}/Payments", "has upper-case letters"),
        (f"{HOST}/payments:", "'' is empty"),
        (f"{HOST}/payments:-v1", "'-v1' starts with '-'"),
        (f"{HOST}/payments@", "'' is no digest"),
        (f"{HOST}/payments@sha256:abc", "'sha256:abc' is no digest"),
        (f"{HOST}/payments@{DIGEST.upper()}", "is no digest"),
    ],
)
def test_a_wrong_reference_is_refused_with_the_part_that_is_wrong(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        ImageReference.parse(text)
