"""Tags, and which of them may move."""

import fnmatch
import time

from hypothesis import example, given
from hypothesis import strategies as st

from domain.ecr.tags import TagMutability, exclusion_filter_problems, may_move, mutability, tag_matches, tag_problems
from domain.problems import Path
from tests.cases import cases


@given(st.text("ab*", max_size=8), st.text("ab", max_size=10))
@example("a*a", "a")
@example("ab*ba", "aba")
@example("*ab*ab", "ab")
@example("*a*a*", "a")
def test_a_pattern_matches_what_a_shell_would(pattern: str, tag: str) -> None:
    assert tag_matches(pattern, tag) is fnmatch.fnmatchcase(tag, pattern)


@cases(
    "pattern, tag, expected",
    ("prod*", "prod", True), ("prod*", "production-team1", True), ("prod*", "my-prod", False),
    ("*prod*", "my-prod-1", True), ("prod", "prod1", False), ("v[0-9]", "v1", False), ("a.c", "abc", False),
    ("*", "", True),
)  # fmt: skip
def test_only_the_asterisk_is_special(pattern: str, tag: str, *, expected: bool) -> None:
    assert tag_matches(pattern, tag) is expected


def test_a_hostile_pattern_takes_no_time() -> None:
    started = time.perf_counter()
    assert not tag_matches("a*" * 1_000 + "b", "a" * 10_000)
    assert time.perf_counter() - started < 1


@cases(
    "mode, latest, release",
    (TagMutability.MUTABLE, True, True),
    (TagMutability.IMMUTABLE, False, False),
    (TagMutability.IMMUTABLE_WITH_EXCLUSION, True, False),
    (TagMutability.MUTABLE_WITH_EXCLUSION, False, True),
)
def test_which_tags_may_move(mode: TagMutability, *, latest: bool, release: bool) -> None:
    assert may_move(mode, ["dev-*", "latest"], "latest") is latest
    assert may_move(mode, ["dev-*", "latest"], "release-1") is release


def test_without_mutable_tags_everything_is_immutable() -> None:
    assert mutability([]) is TagMutability.IMMUTABLE
    assert mutability(["latest"]) is TagMutability.IMMUTABLE_WITH_EXCLUSION


@cases(
    "filters, expected",
    (["latest"], []),
    (["*a*", "b" * 128, "x_y.z-1", "C*", "d"], []),
    ([], [((), "has 0 exclusion filters")]),
    (list("abcdef"), [((), "has 6 exclusion filters")]),
    (["ok", ""], [((1,), "is empty")]),
    (["b" * 129], [((0,), "is too long: 129 characters")]),
    (["a/b c\n"], [((0,), "has characters that ECR does not allow: '\\n', ' ', '/'")]),
    (["a", "*b*c*"], [((1,), "has 3 wildcards")]),
    (["a", "b", "a"], [((2,), "is written twice")]),
    (
        ["***/", "x", "x"],
        [((0,), "has characters that ECR does not allow: '/'"), ((0,), "has 3 wildcards"), ((2,), "is written twice")],
    ),
)
def test_exclusion_filters(filters: list[str], expected: list[tuple[Path, str]]) -> None:
    assert [(problem.path, problem.message) for problem in exclusion_filter_problems(filters)] == expected


@cases(
    "tag, messages",
    ("v1.0_rc-2", []),
    ("_", []),
    ("t" * 300, []),
    ("", ["is empty"]),
    ("t" * 301, ["is too long: 301 characters"]),
    (".v1", ["starts with '.'"]),
    ("-v1 ", ["starts with '-'", "has characters that a tag can't have: ' '"]),
    ("v1\n", ["has characters that a tag can't have: '\\n'"]),
)
def test_tags(tag: str, messages: list[str]) -> None:
    assert [problem.message for problem in tag_problems(tag)] == messages
