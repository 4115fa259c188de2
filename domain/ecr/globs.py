"""Tag patterns compared: a tag that fits some of them and none of others, or the proof that there is none.

A pattern is the set of its places that a text has reached. Once a text has reached a `*`, all places before that `*`
lead nowhere that it does not lead by itself, so they are dropped, and few sets are left.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice

from domain.ecr.limits import TAG_MAX_LENGTH
from domain.ecr.tags import CHARACTERS, FIRST_CHARACTERS, WILDCARD, tag_matches, tag_problems

STEPS_MAX = 500_000
"""Steps of one pattern by one character; so many take about a second."""
_KEPT = 1024
"""Patterns that are kept in their compiled form."""


class TooComplex(Exception):
    """Patterns whose common tags take too many steps to find."""


@dataclass(slots=True)
class Effort:
    """How many steps are left for a judgement, which may ask for several tags."""

    left: int = STEPS_MAX

    def spend(self, steps: int) -> None:
        if steps > self.left:
            raise TooComplex
        self.left -= steps


def common_tag(all_of: Sequence[str], none_of: Sequence[str], effort: Effort | None = None) -> str | None:
    """A legal tag that fits each pattern of the first and none of the second; None where there is no such tag."""
    effort = effort or Effort()
    effort.spend(1 + len(all_of) + len(none_of))
    # Let a character that no pattern has stand for each `*`. Whichever pattern fits this text takes that character by a
    # `*` of its own, so it fits whatever could stand there: with one pattern to fit, this text answers for all others.
    used = frozenset[str]().union(*all_of, *none_of)
    unused = next((each for each in FIRST_CHARACTERS if each not in used), FIRST_CHARACTERS[0])
    for pattern in all_of:
        text = pattern.replace(WILDCARD, unused)
        if _fits(text, all_of, none_of) and not tag_problems(text):
            return text
    if len(all_of) == 1 and unused not in used and len(text) <= TAG_MAX_LENGTH:
        return None
    return _shortest([_glob(each) for each in all_of], [_glob(each) for each in none_of], effort)


def _fits(text: str, all_of: Sequence[str], none_of: Sequence[str]) -> bool:
    return all(tag_matches(each, text) for each in all_of) and not any(tag_matches(each, text) for each in none_of)


def contains(outer: str, inner: str) -> bool:
    """Whether every legal tag that fits the inner pattern fits the outer one too."""
    return common_tag([inner], [outer]) is None


@dataclass(frozen=True, slots=True, eq=False)
class _Glob:
    """A pattern; its places are the bits of a number, and the place i is reached once i characters were found."""

    characters: str
    """All but the `*`."""
    stars: int
    """The places of each `*`, where any text passes."""
    found_by: dict[str, int]
    """Character to the places that it leads on from."""
    ahead: dict[int, frozenset[str]] = field(default_factory=dict)

    @property
    def end(self) -> int:
        return 1 << len(self.characters)

    def step(self, places: int, character: str) -> int:
        reached = (places & self.found_by.get(character, 0)) << 1 | places & self.stars
        stars = reached & self.stars
        return reached & -(1 << stars.bit_length() - 1) if stars else reached

    def next(self, places: int) -> frozenset[str]:
        """The characters that lead on from these places."""
        if places not in self.ahead:
            self.ahead[places] = frozenset(each for each, at in self.found_by.items() if at & places)
        return self.ahead[places]

    def takes_all(self, places: int) -> bool:
        """Whether every text that goes on from here fits."""
        return bool(places & self.end & self.stars)


@lru_cache(maxsize=_KEPT)
def _glob(pattern: str) -> _Glob:
    parts = pattern.split(WILDCARD)
    characters, stars, found_by = "".join(parts), 0, dict[str, int]()
    place = 0
    for part in parts[:-1]:
        place += len(part)
        stars |= 1 << place
    for place, character in enumerate(characters):
        found_by[character] = found_by.get(character, 0) | 1 << place
    return _Glob(characters, stars, found_by)


_Places = tuple[int, ...]


def _shortest(needed: list[_Glob], avoided: list[_Glob], effort: Effort) -> str | None:
    globs = [*needed, *avoided]
    queue: deque[tuple[str, _Places]] = deque([("", (1,) * len(globs))])
    # Where the walk begins is no place it has been at: a tag has a character at least.
    seen: set[_Places] = set()
    while queue:
        text, places = queue.popleft()
        if text and _fit(needed, avoided, places):
            return text
        if len(text) == TAG_MAX_LENGTH:
            return None
        for character in _characters(needed, globs, places, FIRST_CHARACTERS if not text else CHARACTERS):
            effort.spend(len(globs))
            reached = tuple(glob.step(at, character) for glob, at in zip(globs, places, strict=True))
            # Where an avoided pattern takes whatever follows, no tag is left to find.
            hopeless = any(glob.takes_all(at) for glob, at in zip(avoided, reached[len(needed) :], strict=True))
            if not hopeless and reached not in seen:
                seen.add(reached)
                queue.append((text + character, reached))
    return None


def _fit(needed: list[_Glob], avoided: list[_Glob], places: _Places) -> bool:
    ends = [bool(at & glob.end) for glob, at in zip((*needed, *avoided), places, strict=True)]
    return all(ends[: len(needed)]) and not any(ends[len(needed) :])


def _characters(needed: list[_Glob], globs: list[_Glob], places: _Places, legal: str) -> Iterator[str]:
    """The characters to try: those that lead some pattern on, and one for all the others, which are alike.

    A needed pattern that is at no `*` can go on by its next character alone.
    """
    ahead = [glob.next(at) for glob, at in zip(globs, places, strict=True)]
    bound = [ahead[index] for index, glob in enumerate(needed) if not places[index] & glob.stars]
    if bound:
        yield from sorted(each for each in frozenset.intersection(*bound) if each in legal)
        return
    leading = frozenset[str]().union(*ahead)
    yield from sorted(each for each in leading if each in legal)
    yield from islice((each for each in legal if each not in leading), 1)
