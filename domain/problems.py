"""The one shape in which the domain says that something is wrong."""

from dataclasses import dataclass

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong at a path inside the value that was checked, and what to do about it."""

    path: Path
    value: object
    message: str
    fix: str

    def under(self, *prefix: str | int) -> "Problem":
        """The same problem, seen from a value that holds the checked one at `prefix`."""
        return Problem((*prefix, *self.path), self.value, self.message, self.fix)
