"""Versions as https://semver.org/spec/v2.0.0.html orders them, and ranges of them as npm writes them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import total_ordering

_PART = r"(?:0|[1-9][0-9]*)"
_IDENTIFIERS = r"[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*"
# A tag can't have a `+`; https://github.com/docker/metadata-action writes `-`, Helm `_` in its place.
_VERSION = re.compile(
    rf"v?(?P<major>{_PART})\.(?P<minor>{_PART})\.(?P<patch>{_PART})"
    rf"(?:-(?P<prerelease>{_IDENTIFIERS}))?(?:[+_](?P<build>{_IDENTIFIERS}))?"
)
_COMPARATOR = re.compile(
    rf"(?P<operator>>=|<=|>|<|=|\^|~)?v?(?P<major>{_PART})"
    rf"(?:\.(?P<minor>{_PART})(?:\.(?P<patch>{_PART})(?:-(?P<prerelease>{_IDENTIFIERS}))?)?)?"
)
_Numbers = tuple[int, int, int]


@total_ordering
@dataclass(frozen=True, slots=True)
class Version:
    """Compared by precedence: what was built, and a leading `v`, count for nothing."""

    numbers: _Numbers
    prerelease: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> "Version | None":
        """None where the text is not a whole version: `1.2` may be any of its patches."""
        found = _VERSION.fullmatch(text)
        if found is None:
            return None
        prerelease = tuple((found["prerelease"] or "").split(".")) if found["prerelease"] else ()
        if any(each.isdecimal() and each != "0" and each.startswith("0") for each in prerelease):
            return None
        return cls((int(found["major"]), int(found["minor"]), int(found["patch"])), prerelease)

    def __lt__(self, other: "Version") -> bool:
        return self._order < other._order

    @property
    def _order(self) -> tuple[object, ...]:
        """A release comes after its prereleases, of which numbers come before texts, and a shorter one first."""
        identifiers = [(0, int(each), "") if each.isdecimal() else (1, 0, each) for each in self.prerelease]
        return self.numbers, not self.prerelease, identifiers


@dataclass(frozen=True, slots=True)
class VersionRange:
    """`>=1.2 <2`, `^1.4`, `~1.4.2`, `1.x`, and several of them with `||` between."""

    alternatives: tuple[tuple[tuple[str, Version], ...], ...]

    @classmethod
    def parse(cls, text: str) -> "VersionRange | None":
        """None where the text is not a range."""
        found = []
        for part in text.split("||"):
            comparators: list[tuple[str, Version]] = []
            for each in re.sub(r"(>=|<=|>|<|=|\^|~)\s+", r"\1", part).split():
                read = tuple(_comparators(each))
                if not read:
                    return None
                comparators += read
            if not comparators:
                return None
            found.append(tuple(comparators))
        return cls(tuple(found))

    def __contains__(self, version: Version) -> bool:
        return any(self._all(each, version) for each in self.alternatives)

    @staticmethod
    def _all(comparators: tuple[tuple[str, Version], ...], version: Version) -> bool:
        """A prerelease is meant only where a comparator names one of the same version, as npm has it."""
        named = any(each.prerelease and each.numbers == version.numbers for _, each in comparators)
        if version.prerelease and not named:
            return False
        return all(_holds(operator, version, each) for operator, each in comparators)


def _holds(operator: str, version: Version, limit: Version) -> bool:
    match operator:
        case ">=":
            return version >= limit
        case "<=":
            return version <= limit
        case ">":
            return version > limit
        case "<":
            return version < limit
        case _:
            return version == limit


def _comparators(text: str) -> Iterator[tuple[str, Version]]:
    """What a comparator means in terms of `>=` and `<`; nothing where it is none."""
    if text in ("*", "x", "X"):
        yield ">=", Version((0, 0, 0))
        return
    found = _COMPARATOR.fullmatch(re.sub(r"(\.[xX*])+$", "", text))
    if found is None:
        return
    given = [int(part) for name in ("major", "minor", "patch") if (part := found[name]) is not None]
    prerelease = tuple(found["prerelease"].split(".")) if found["prerelease"] else ()
    low = Version(_filled(given), prerelease)
    match found["operator"]:
        case "^":
            first = next((index for index, each in enumerate(given) if each), len(given) - 1)
            yield from ((">=", low), ("<", Version(_after(given, first))))
        case "~":
            yield from ((">=", low), ("<", Version(_after(given, min(1, len(given) - 1)))))
        case ">" if len(given) < len(low.numbers):
            yield ">=", Version(_after(given, len(given) - 1))
        case "<=" if len(given) < len(low.numbers):
            yield "<", Version(_after(given, len(given) - 1))
        case ">" | "<" | ">=" | "<=" as operator:
            yield operator, low
        case _ if len(given) < len(low.numbers):
            yield from ((">=", low), ("<", Version(_after(given, len(given) - 1))))
        case _:
            yield "=", low


def _filled(given: list[int]) -> _Numbers:
    major, minor, patch = (*given, 0, 0)[:3]
    return major, minor, patch


def _after(given: list[int], index: int) -> _Numbers:
    """The first version whose part at the index is the next one."""
    return _filled([*given[:index], given[index] + 1])
