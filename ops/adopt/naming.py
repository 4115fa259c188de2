"""Names for ids that have none yet: the catalog holds no ids, so the stack's file names each that an entry needs."""

from collections.abc import Collection, Iterable, Mapping
from itertools import count
from typing import Any

ACCOUNTS, ORGANIZATIONS, KEYS = KINDS = ("accounts", "organizations", "keys")
"""The stack's keys that give names to ids."""
_SHOWN, _KEY_SHOWN = 4, 8
_MULTI_REGION = "mrk-"

Names = Mapping[str, Mapping[str, Any]]
"""Of each kind, names with their ids; a key's id is an ARN for every region."""


class StackNames:
    """The stack's names and new ones, the same for all entries."""

    def __init__(self, known: Names) -> None:
        self.known = known
        self._added: dict[str, dict[str, Any]] = {kind: {} for kind in KINDS}

    def name(self, kind: str, id: str) -> str:
        """The name of an account or an organization; a new one ends as the id does."""
        named = (name for name, known in self._all(kind).items() if known == id)
        return next(named, None) or self._add(kind, f"{kind.removesuffix('s')}-{id[-_SHOWN:]}", id)

    def key(self, arns: Mapping[str, str], regions: frozenset[str]) -> str | None:
        """The name under which every region has a key, those of the ARNs these; None where there is none.

        The first of the ARNs gives a new name its end."""
        for name, known in self._all(KEYS).items():
            together = {**arns, **known}
            if arns.keys() & known and arns.items() <= together.items() and regions <= together.keys():
                if together != known:
                    self._added[KEYS][name] = together
                return name
        if not regions <= arns.keys():
            return None
        key = next(iter(arns.values())).rpartition("/")[2].removeprefix(_MULTI_REGION)
        return self._add(KEYS, f"key-{key[:_KEY_SHOWN]}", dict(arns))

    def key_arns(self, name: str) -> Mapping[str, str]:
        arns: Mapping[str, str] = self._all(KEYS)[name]
        return arns

    def added(self, used: Mapping[str, Collection[str]]) -> dict[str, dict[str, Any]]:
        """Those of the new names that are used, by kind."""
        every = self._added.items()
        found = {kind: {name: added[name] for name in added if name in used[kind]} for kind, added in every}
        return {kind: names for kind, names in found.items() if names}

    def _all(self, kind: str) -> dict[str, Any]:
        return {**self.known[kind], **self._added[kind]}

    def _add(self, kind: str, name: str, id: object) -> str:
        """Adds the name, numbered where it is taken."""
        names = (name if number == 1 else f"{name}-{number}" for number in count(1))
        free = next(each for each in names if each not in self._all(kind))
        self._added[kind][free] = id
        return free


def names_used(entries: Iterable[Mapping[str, Any]]) -> dict[str, set[str]]:
    """The names of each kind that entries refer to."""
    pulls = [pull for entry in entries for pull in entry.get("pull", ())]
    encryptions = [entry["encryption"] for entry in entries if isinstance(entry.get("encryption"), dict)]
    return {
        ACCOUNTS: {pull["account"] for pull in pulls if "account" in pull},
        ORGANIZATIONS: {pull["organization"] for pull in pulls if "organization" in pull},
        KEYS: {encryption["key"] for encryption in encryptions},
    }
