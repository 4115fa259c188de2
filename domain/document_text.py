"""Documents as text: read as AWS reads them, no key twice and no NaN, and written in one form only."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import NoReturn

from domain.problems import Path, Problem

UNKNOWN = "[unknown]"
"""In place of a value that only AWS could answer."""
SECRET = "[secret]"  # noqa: S105  in place of a secret

_STRING = r'"(?:\\.|[^"\\])*"'
_TOKEN = re.compile(rf'(?P<key>{_STRING})(?=\s*:)|{_STRING}|[{{}}\[\],]|[^\s{{}}\[\],:"]+')


class _Object(dict[str, object]):
    """An object that knows which of its keys its text gave more than once."""

    __slots__ = ("repeated",)

    def __init__(self, pairs: list[tuple[str, object]]) -> None:
        super().__init__(pairs)
        times = Counter(key for key, _ in pairs) if len(self) < len(pairs) else {}
        self.repeated = [key for key, count in times.items() if count > 1]


def parse_json(text: str) -> object:
    """The value; ValueError or RecursionError when it can't be read."""
    value: object = json.loads(text, object_pairs_hook=_Object, parse_constant=_refuse)
    return value


def line_of(text: str, path: Path) -> int:
    """The line of a JSON text where a path begins: that of its key, or of the nearest holder's that the text has."""
    lines: dict[Path, int] = {(): 1}
    here: list[str | int] = []
    for token in _TOKEN.finditer(text):
        match token[0]:
            case "}" | "]":
                here.pop()
            case ",":
                here[-1] = here[-1] + 1 if isinstance(here[-1], int) else here[-1]
            case word:
                if token["key"]:
                    here[-1] = str(json.loads(token["key"]))
                lines.setdefault(tuple(here), text.count("\n", 0, token.start()) + 1)
                here += [""] if word == "{" else [0] if word == "[" else []
    while path not in lines:
        path = path[:-1]
    return lines[path]


def to_json_text(document: object) -> str:
    """The one text of a document: compact, the same for equal documents."""
    return json.dumps(document, separators=(",", ":"), sort_keys=True, ensure_ascii=False, allow_nan=False)


def repeated_keys(value: object) -> list[Problem]:
    """The keys that a parsed text gave more than once. The value holds the last of each."""
    return [
        Problem((*path, key), holder[key], "is written more than once", "write each key once")
        for path, holder in _objects(value, ())
        for key in holder.repeated
    ]


def _objects(value: object, path: Path) -> Iterator[tuple[Path, _Object]]:
    if isinstance(value, _Object):
        yield path, value
        for key, item in value.items():
            yield from _objects(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _objects(item, (*path, index))


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"{word} is not a JSON number")
