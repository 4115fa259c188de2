"""Names for ids that have none yet: the catalog holds no ids, so the stack's file names each that an entry needs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count

_SHOWN = 4
_KEY_SHOWN = 8
_MULTI_REGION = "mrk-"


@dataclass(slots=True)
class IdNames:
    """The stack's names of one kind, with the ids behind them."""

    kind: str
    known: Mapping[str, str]
    added: dict[str, str] = field(default_factory=dict)

    def name(self, id: str) -> str:
        """The stack's name for it, or a new one that ends as the id does."""
        names = {**self.known, **self.added}
        found = next((name for name, known in names.items() if known == id), None)
        if found is None:
            found = _free(f"{self.kind}-{id[-_SHOWN:]}", names)
            self.added[found] = id
        return found


@dataclass(slots=True)
class KeyNames:
    """Names of keys: each has an ARN for every region."""

    known: Mapping[str, Mapping[str, str]]
    added: dict[str, dict[str, str]] = field(default_factory=dict)

    def name(self, arns: Mapping[str, str], regions: frozenset[str]) -> str | None:
        """The name under which every region has a key, those of the ARNs these; None where there is none.

        The first of the ARNs gives a new name its end."""
        names = {**self.known, **self.added}
        for name, known in names.items():
            together = {**arns, **known}
            if arns.keys() & known and arns.items() <= together.items() and regions <= together.keys():
                if together != known:
                    self.added[name] = together
                return name
        if not regions <= arns.keys():
            return None
        key = next(iter(arns.values())).rpartition("/")[2].removeprefix(_MULTI_REGION)
        found = _free(f"key-{key[:_KEY_SHOWN]}", names)
        self.added[found] = dict(arns)
        return found

    def arn(self, name: str, region: str) -> str:
        return {**self.known, **self.added}[name][region]


def _free(name: str, taken: Mapping[str, object]) -> str:
    """The name, numbered where it is taken."""
    return next(each for number in count(1) if (each := name if number == 1 else f"{name}-{number}") not in taken)
