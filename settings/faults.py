"""What is wrong with the settings: every fault with its file, line, path, value and fix."""

from collections.abc import Iterable
from dataclasses import dataclass

from domain.problems import Path, Problem, path_text, problem_text
from domain.wording import counted


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
        return problem_text(where, self.path, self.value, self.message, self.fix)


class InvalidSettings(Exception):
    """All faults of one reading; nothing was declared."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(faults, key=lambda fault: (fault.file, fault.line or 0, path_text(fault.path))))
        lines = "\n".join(f"  {fault}" for fault in self.faults)
        super().__init__(f"{counted(len(self.faults), 'fault')} in the settings\n{lines}")
