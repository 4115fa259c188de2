"""What patterns have in common, against trying every short tag."""

from itertools import product

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from domain.ecr.globs import Effort, TooComplex, _glob, _shortest, common_tag, contains
from domain.ecr.tags import FIRST_CHARACTERS, tag_matches, tag_problems
from tests.cases import case, cases
from tests.conftest import examples

ALPHABET = "ab-"
SHORT = ["".join(letters) for length in range(1, 7) for letters in product(ALPHABET, repeat=length)]
SHORT_TAGS = [each for each in SHORT if not tag_problems(each)]
patterns = st.text(f"{ALPHABET}*", max_size=5)
few = st.lists(patterns, max_size=3)


def fits(tag: str, all_of: list[str], none_of: list[str]) -> bool:
    return all(tag_matches(each, tag) for each in all_of) and not any(tag_matches(each, tag) for each in none_of)


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
def test_what_is_reported_at_once_is_what_a_walk_finds(pattern: str, none_of: list[str]) -> None:
    found = common_tag([pattern], none_of)
    assert (found is None) is (_shortest([_glob(pattern)], [_glob(each) for each in none_of], Effort()) is None)


@given(patterns, patterns)
@example("a*", "a*b*")
@example("*a*", "*aa*")
@example("*", "-")
def test_one_pattern_contains_another_when_all_its_tags_fit(outer: str, inner: str) -> None:
    inside = [tag for tag in SHORT_TAGS if tag_matches(inner, tag)]
    if contains(outer, inner):
        assert all(tag_matches(outer, tag) for tag in inside)
    else:
        assume(inside)
        tag = common_tag([inner], [outer])
        assert tag is not None
        assert tag_matches(inner, tag)
        assert not tag_matches(outer, tag)


@cases(
    "all_of, none_of, expected",
    case("easy", ["v*"], [], "v0"),
    case("literal", ["latest"], [], "latest"),
    case("contained", ["latest"], ["lat*"], None),
    case("two patterns", ["v*", "*-rc"], [], "v-rc"),
    case("not the shortest", ["*-rc", "v*"], ["v-rc"], "v--rc"),
    case("contained in the middle", ["*ab*"], ["*a*"], None),
    case("case matters", ["V*"], ["v*"], "V0"),
    case("begins with what a tag can't", ["-*"], [], None),
    case("the same, alone", [".", "*"], [], None),
    case("has it, beside another pattern", ["*@*", "*a*"], [], None),
    case("both begin with what a tag can't", ["*-a", "-b*"], [], None),
    case("has what a tag can't", ["v@*"], [], None),
    case("the same, at the end", ["v*@"], [], None),
    case("empty", [""], [], None),
    case("another character", ["**"], ["*0*"], "11"),
    case("yet another one", ["*"], ["*0*", "*1*", "2*"], "3"),
    case("every beginning taken", ["*"], [f"{each}*" for each in FIRST_CHARACTERS], None),
    case("one beginning left", ["*"], [f"{each}*" for each in FIRST_CHARACTERS if each != "k"], "k"),
    case("no wildcard of ECR's", ["*?"], ["*?"], None),
    case("as long as a tag can be", ["a" * 300], [], "a" * 300),
    case("longer", ["a" * 301], [], None),
    case("no room for more", ["a" * 300 + "*"], [], "a" * 300),
    case("just room for the end", ["a" * 299 + "*b"], [], "a" * 299 + "b"),
    case("no room for the end", ["a" * 300 + "*b"], [], None),
    case("two endings", ["*a", "*b"], [], None),
    case("two in one, but not the same", ["v*", "*v"], ["v"], "vv"),
    case("two in one, by two together", ["v*", "*v"], ["v", "v*v"], None),
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


@cases(
    "all_of, none_of, expected, steps",
    case("nothing is left from the beginning on", [f"*{word}*" for word in WORDS], ["*"], None, 100),
    case("no walk", ["*ab*ba*ab"], [*(f"*{a}*{b}*ba" for a in WORDS for b in WORDS), "*b"], None, 100),
    case("only the next character", ["release-*", "*-arm64"], ["*rc*", "v*"], "release-arm64", 200),
    case("nothing from before a star", ["*ab*cd*ef*gh*", "*ba*dc*fe*hg*"], [], "abacdcefeghg", 500),
)
def test_it_takes_little(all_of: list[str], none_of: list[str], expected: str | None, steps: int) -> None:
    effort = Effort(left=steps)
    assert common_tag(all_of, none_of, effort) == expected


@cases("before, after", (5, 2), (3, 0))
def test_an_effort_is_shared_and_may_be_spent_to_the_last(before: int, after: int) -> None:
    effort = Effort(left=before)
    assert common_tag(["v*"], ["w*"], effort) == "v0"
    assert effort.left == after
    with pytest.raises(TooComplex):
        common_tag(["v*"], ["w*"], effort)
