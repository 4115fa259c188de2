"""What is wrong with a value, as the whole domain reports it."""

from dataclasses import dataclass

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong at a path inside the checked value, and how to fix it."""

    path: Path
    value: object
    message: str
    fix: str

    def under(self, *prefix: str | int) -> "Problem":
        """The same problem, seen from a value that holds the checked one at `prefix`."""
        return Problem((*prefix, *self.path), self.value, self.message, self.fix)


def unless(sound: object, value: object, message: str, fix: str) -> list[Problem]:
    """What is wrong with the value as a whole, unless it is sound."""
    return [] if sound else [Problem((), value, message, fix)]
