"""What is wrong with the settings: every fault with its file, line, path, value and fix."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from domain.problems import Path, Problem
from domain.wording import counted

_VALUE_WIDTH = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is wrong; `line` is None where the value did not come from the file (`pulumi up --config`)."""

    file: str
    line: int | None
    path: Path
    value: object
    message: str
    fix: str

    @classmethod
    def of(cls, found: Problem, file: str, line: int | None) -> "Fault":
        return cls(file=file, line=line, path=found.path, value=found.value, message=found.message, fix=found.fix)

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        about = f"{path_text(self.path)}: " if self.path else ""
        value = "" if self.value is None else f"{shorten(self.value)} "
        return f"{where}: {about}{value}{self.message} ({self.fix})"


class InvalidSettings(Exception):
    """All faults of one reading; nothing was declared."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(faults, key=lambda fault: (fault.file, fault.line or 0, path_text(fault.path))))
        lines = "\n".join(f"  {fault}" for fault in self.faults)
        super().__init__(f"{counted(len(self.faults), 'fault')} in the settings\n{lines}")


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
