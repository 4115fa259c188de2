"""What patterns have in common, against trying every short tag."""

from itertools import product

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from domain.ecr.globs import Effort, TooComplex, _glob, _shortest, common_tag, contains
from domain.ecr.tags import FIRST_CHARACTERS, matches, tag_problems
from tests.conftest import examples

ALPHABET = "ab-"
SHORT = ["".join(letters) for length in range(1, 7) for letters in product(ALPHABET, repeat=length)]
SHORT_TAGS = [each for each in SHORT if not tag_problems(each)]
patterns = st.text(f"{ALPHABET}*", max_size=5)
few = st.lists(patterns, max_size=3)


def fits(tag: str, all_of: list[str], none_of: list[str]) -> bool:
    return all(matches(each, tag) for each in all_of) and not any(matches(each, tag) for each in none_of)


@settings(max_examples=examples(400))
@given(few, few)
@example([], [])
@example(["*"], ["*"])
@example(["-*"], [])
@example(["*a*b"], ["*a*a*b", "*ab"])
@example(["a*", "*a"], ["a", "a*a"])
@example(["a*b*a"], ["*bb*", "a*aa", "ab*"])
@example(["*-"], ["*a*", "*b*", "*--*"])
@example(["**"], ["a**b", "a*b"])
def test_a_witness_fits_and_where_there_is_none_no_short_tag_does(all_of: list[str], none_of: list[str]) -> None:
    found = common_tag(all_of, none_of)
    if found is None:
        assert not any(fits(tag, all_of, none_of) for tag in SHORT_TAGS)
    else:
        assert not tag_problems(found)
        assert fits(found, all_of, none_of)


@given(patterns, few)
@example("*-", ["*0-"])
def test_what_is_told_at_once_is_what_a_walk_finds(pattern: str, none_of: list[str]) -> None:
    found = common_tag([pattern], none_of)
    assert (found is None) is (_shortest([_glob(pattern)], [_glob(each) for each in none_of], Effort()) is None)


@given(patterns, patterns)
@example("a*", "a*b*")
@example("*a*", "*aa*")
@example("*", "-")
def test_one_pattern_contains_another_when_all_its_tags_fit(outer: str, inner: str) -> None:
    inside = [tag for tag in SHORT_TAGS if matches(inner, tag)]
    if contains(outer, inner):
        assert all(matches(outer, tag) for tag in inside)
    else:
        assume(inside)
        tag = common_tag([inner], [outer])
        assert tag is not None
        assert matches(inner, tag)
        assert not matches(outer, tag)


@pytest.mark.parametrize(
    ("all_of", "none_of", "expected"),
    [
        pytest.param(["v*"], [], "v0", id="easy"),
        pytest.param(["latest"], [], "latest", id="literal"),
        pytest.param(["latest"], ["lat*"], None, id="contained"),
        pytest.param(["v*", "*-rc"], [], "v-rc", id="two patterns"),
        pytest.param(["*-rc", "v*"], ["v-rc"], "v--rc", id="not the shortest"),
        pytest.param(["*ab*"], ["*a*"], None, id="contained in the middle"),
        pytest.param(["V*"], ["v*"], "V0", id="case matters"),
        pytest.param(["-*"], [], None, id="begins with what a tag can't"),
        pytest.param([".", "*"], [], None, id="the same, alone"),
        pytest.param(["*@*", "*a*"], [], None, id="has it, beside another pattern"),
        pytest.param(["*-a", "-b*"], [], None, id="both begin with what a tag can't"),
        pytest.param(["v@*"], [], None, id="has what a tag can't"),
        pytest.param(["v*@"], [], None, id="the same, at the end"),
        pytest.param([""], [], None, id="empty"),
        pytest.param(["**"], ["*0*"], "11", id="another character"),
        pytest.param(["*"], ["*0*", "*1*", "2*"], "3", id="yet another one"),
        pytest.param(["*"], [f"{each}*" for each in FIRST_CHARACTERS], None, id="every beginning taken"),
        pytest.param(["*"], [f"{each}*" for each in FIRST_CHARACTERS if each != "k"], "k", id="one beginning left"),
        pytest.param(["*?"], ["*?"], None, id="no wildcard of ECR's"),
        pytest.param(["a" * 300], [], "a" * 300, id="as long as a tag can be"),
        pytest.param(["a" * 301], [], None, id="longer"),
        pytest.param(["a" * 300 + "*"], [], "a" * 300, id="no room for more"),
        pytest.param(["a" * 299 + "*b"], [], "a" * 299 + "b", id="just room for the end"),
        pytest.param(["a" * 300 + "*b"], [], None, id="no room for the end"),
        pytest.param(["*a", "*b"], [], None, id="two endings"),
        pytest.param(["v*", "*v"], ["v"], "vv", id="two in one, but not the same"),
        pytest.param(["v*", "*v"], ["v", "v*v"], None, id="two in one, by two together"),
    ],
)
def test_the_witness(all_of: list[str], none_of: list[str], expected: str | None) -> None:
    assert common_tag(all_of, none_of) == expected


def test_patterns_that_together_cover_another_are_seen() -> None:
    digits = [f"v{digit}*" for digit in FIRST_CHARACTERS]
    assert common_tag(["v*"], digits) == "v"
    assert common_tag(["v*"], [*digits, "v", "v-*"]) == "v."
    assert common_tag(["v*"], [*digits, "v", "v-*", "v.*"]) is None


def test_hostile_patterns_are_given_up() -> None:
    """A tag that holds every word of three letters: there is one, and to find it takes for ever."""
    every_word = [f"*{''.join(letters)}*" for letters in product("abc", repeat=3)]
    effort = Effort()
    with pytest.raises(TooComplex):
        common_tag(every_word, [], effort)
    assert effort.left < len(every_word)


WORDS = ["".join(letters) for letters in product("ab", repeat=3)]


@pytest.mark.parametrize(
    ("all_of", "none_of", "expected", "steps"),
    [
        pytest.param([f"*{word}*" for word in WORDS], ["*"], None, 100, id="nothing is left from the beginning on"),
        pytest.param(["*ab*ba*ab"], [*(f"*{a}*{b}*ba" for a in WORDS for b in WORDS), "*b"], None, 100, id="no walk"),
        pytest.param(["release-*", "*-arm64"], ["*rc*", "v*"], "release-arm64", 200, id="only the next character"),
        pytest.param(["*ab*cd*ef*gh*", "*ba*dc*fe*hg*"], [], "abacdcefeghg", 500, id="nothing from before a star"),
    ],
)
def test_it_takes_little(all_of: list[str], none_of: list[str], expected: str | None, steps: int) -> None:
    effort = Effort(left=steps)
    assert common_tag(all_of, none_of, effort) == expected


def test_an_effort_is_shared() -> None:
    effort = Effort(left=5)
    assert common_tag(["v*"], ["w*"], effort) == "v0"
    assert effort.left == 2
    with pytest.raises(TooComplex):
        common_tag(["v*"], ["w*"], effort)


def test_an_effort_may_be_spent_to_the_last() -> None:
    effort = Effort(left=3)
    assert common_tag(["v*"], ["w*"], effort) == "v0"
    assert effort.left == 0
