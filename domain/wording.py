"""How messages name things: the nearest known word, lists, counts."""

import difflib
from collections.abc import Iterable

_NEAR = 0.7
_SHORTENED = 3
"""So many letters of a word name it, where no other word begins with them."""


def near(word: str, known: Iterable[str]) -> str | None:
    """The one of the known words that was meant: another case or hyphen, the beginning of one alone, a slip."""
    words = {each.lower().replace("_", "-"): each for each in sorted(known, reverse=True)}
    wanted = word.strip().lower().replace("_", "-").replace(" ", "-")
    if wanted in words:
        return words[wanted]
    beginning = [each for each in words if each.startswith(wanted)]
    if len(wanted) >= _SHORTENED and len(beginning) == 1:
        return words[beginning[0]]
    swapped = [each for each in words if sorted(each) == sorted(wanted)]
    if len(swapped) == 1:
        return words[swapped[0]]
    others = sorted(each for each in words if not _are_opposite(each, wanted))
    found = difflib.get_close_matches(wanted, others, n=1, cutoff=_NEAR)
    return words[found[0]] if found else None


def _are_opposite(one: str, other: str) -> bool:
    """Such as `mutable` and `immutable`: near, and never meant for one another."""
    return any(f"{prefix}{one}" == other or f"{prefix}{other}" == one for prefix in ("im", "un", "in", "non-"))


def nearest(word: str, known: Iterable[str]) -> str:
    """A hint that names the nearest of the known words, or all of them when none is near."""
    words = sorted(known)
    meant = near(word, words)
    if meant is not None:
        return f"did you mean {meant!r}?"
    return f"known: {', '.join(words)}" if words else "none is declared"


def a(noun: str) -> str:
    """The noun with its article: an account, a key."""
    return f"{'an' if noun[0].lower() in 'aeiou' else 'a'} {noun}"


def listed(names: Iterable[str], limit: int = 6) -> str:
    """Names in a sentence, each once: "a, b and c"; of many the first, and how many more."""
    found = list(dict.fromkeys(names))
    if len(found) > limit:
        return f"{', '.join(found[: limit - 1])} and {len(found) - limit + 1} more"
    return " and ".join([", ".join(found[:-1]), found[-1]]) if len(found) > 1 else "".join(found)


def counted(number: int, noun: str) -> str:
    """`1 repository`, `1,000 repositories`."""
    if number == 1:
        return f"1 {noun}"
    return f"{number:,} {noun[:-1]}ies" if noun.endswith("ry") else f"{number:,} {noun}s"
