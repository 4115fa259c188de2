"""What is wrong with a value, as the whole domain reports it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from domain.wording import near, nearest

Path = tuple[str | int, ...]
_VALUE_WIDTH = 60


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong at a path inside the checked value, and how to fix it."""

    path: Path
    value: object
    message: str
    fix: str
    key: str | None = None
    """The key that was meant in place of the path's last, where one is known."""
    instead: object = None
    """The value that was meant, where one is known."""

    def under(self, *prefix: str | int) -> "Problem":
        """The same problem, seen from a value that holds the checked one at `prefix`."""
        return replace(self, path=(*prefix, *self.path))

    def written(self, root: object, write: Callable[[str, Any], str]) -> "Problem":
        """With the line to write for a fix, where what was meant is known; `root` holds the value, as it is written."""
        if self.key is None and self.instead is None:
            return self
        path, value = self.path, value_in(root, self.path) if self.instead is None else self.instead
        while path and isinstance(path[-1], int):
            items, index, path = value_in(root, path[:-1]), path[-1], path[:-1]
            value = [*items[:index], value, *items[index + 1 :]] if isinstance(items, list | tuple) else [value]
        key = self.key or str(path[-1] if path else "")
        return replace(self, fix=f"write `{write(key, value)}`")


def unless(sound: object, value: object, message: str, fix: str, instead: object = None) -> list[Problem]:
    """What is wrong with the value as a whole, unless it is sound."""
    return [] if sound else [Problem((), value, message, fix, instead=instead)]


def unknown(path: Path, word: str, message: str, known: Iterable[str]) -> Problem:
    """A value that is none of the known ones."""
    words = list(known)
    return Problem(path, word, message, nearest(word, words), instead=near(word, words))


def unknown_key(path: Path, message: str, known: Iterable[str]) -> Problem:
    """A key that is none of the known ones."""
    word, words = str(path[-1]), list(known)
    return Problem(path, word, message, nearest(word, words), key=near(word, words))


def no_value(path: Path) -> Problem:
    """A key without a value, which could mean anything."""
    return Problem(path, None, "has no value", "write one, or remove the key")


def value_in(root: object, path: Path) -> Any:
    """The value at a path; None where there is none."""
    for part in path:
        if isinstance(root, Mapping):
            root = root.get(part)
        elif isinstance(root, list | tuple) and isinstance(part, int) and part < len(root):
            root = root[part]
        else:
            return None
    return root


def problem_text(where: str, path: Path, value: object, message: str, fix: str) -> str:
    """One line: where, the path, the value, what is wrong, and the fix."""
    about = f"{path_text(path)}: " if path else ""
    shown = "" if value is None else f"{shorten(value)} "
    return f"{where}: {about}{shown}{message} ({fix})"


def path_text(path: Path) -> str:
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def shorten(value: object) -> str:
    """A value as a fault shows it, in YAML's words: a long one cut, an object or list by its kind."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    if isinstance(value, Mapping):
        return f"an object with {', '.join(map(str, value)) or 'no keys'}"
    text = repr(value)
    return text if len(text) <= _VALUE_WIDTH else f"{text[:_VALUE_WIDTH]}…"
