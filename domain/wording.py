"""How messages name things: the nearest known word, lists, counts."""

import difflib
from collections.abc import Iterable


def nearest(word: str, known: Iterable[str]) -> str:
    """A hint that names the nearest of the known words, or all of them when none is near."""
    words = sorted(known)
    near = difflib.get_close_matches(word, words, n=1, cutoff=0.6)
    if near:
        return f"did you mean {near[0]!r}?"
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
