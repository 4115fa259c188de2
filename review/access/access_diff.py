"""The access that a change grants, changes or revokes."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from domain.wording import listed
from review.access.declared_roles import OWN_SERVICE
from review.access.matrix import Access, Cell, Matrix
from review.access.partial_evaluation import Permission
from review.plan.phrases import grouped

VERBS = {Access.PULL: "pull", Access.PUSH: "push", Access.DELETE: "delete images of", Access.CONFIGURE: "configure"}
_NAMED = 10
"""The repositories that one line names."""


class AccessTrend(StrEnum):
    """What happens to an access; the order is that of the lines."""

    GAINED = "gained"
    CHANGED = "changed"
    """It has other conditions than before."""
    LOST = "lost"

    @property
    def sign(self) -> str:
        return {AccessTrend.GAINED: "+", AccessTrend.CHANGED: "~"}.get(self, "-")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessChange:
    """One access of a principal that is granted, changed or revoked in these repositories."""

    trend: AccessTrend
    who: str
    access: Access
    repositories: tuple[str, ...]
    regions: tuple[str, ...]
    everywhere: bool
    """Whether these are all the regions of the repositories."""
    conditions: tuple[str, ...] = ()

    def __str__(self) -> str:
        names = listed((f"`{each}`" for each in self.repositories), limit=_NAMED)
        where = "" if self.everywhere else f" in {listed(self.regions, limit=_NAMED)}"
        can = "can no longer" if self.trend is AccessTrend.LOST else "can now"
        text = f"{self.who} {can} {VERBS[self.access]} {names}{where}"
        if self.trend is AccessTrend.CHANGED and not self.conditions:
            return f"{text} without a condition"
        only = "only " if self.trend is AccessTrend.CHANGED else ""
        return f"{text}, {only}{', '.join(self.conditions)}" if self.conditions else text


_Conditions = tuple[str, ...]
_ByRegion = Mapping[tuple[str, str], _Conditions]
"""By account and region: the conditions of an access."""


def access_changes(base: Matrix | None, head: Matrix) -> tuple[AccessChange, ...]:
    """What differs, first what is granted; base is None where the stack is new."""
    before, after = _held(base) if base else {}, _held(head)
    changed = [
        (trend, who, access, name, regions, conditions)
        for (who, name, access) in dict.fromkeys([*before, *after])
        for trend, conditions, regions in _trends(
            before.get((who, name, access), {}), after.get((who, name, access), {})
        )
    ]
    known = {**(base.repositories if base else {}), **head.repositories}
    alike = grouped(changed, lambda each: (*each[:3], each[4] == known[each[3]], *each[4:]))
    found = [
        AccessChange(
            trend=trend,
            who=who,
            access=access,
            repositories=tuple(sorted(each[3] for each in some)),
            regions=regions,
            everywhere=everywhere,
            conditions=conditions,
        )
        for (trend, who, access, everywhere, regions, conditions), some in alike.items()
    ]
    return tuple(sorted(found, key=_order))


def decided(matrix: Matrix) -> Matrix:
    """Without what the registry's own service needs for the repositories that it creates: no one is to decide that."""
    return replace(matrix, cells=tuple(each for each in matrix.cells if not _is_of_own_service(each)))


def _is_of_own_service(cell: Cell) -> bool:
    routine = cell.access in (Access.PULL, Access.CONFIGURE)
    return routine and all(each.startswith(OWN_SERVICE) for each in cell.principal.names)


def joined(found: Sequence[AccessChange]) -> list[AccessChange]:
    """For people: principals with the same change in one."""
    alike = grouped(found, lambda each: replace(each, who=""))
    return [replace(each, who=listed((one.who for one in some), limit=sys.maxsize)) for each, some in alike.items()]


def _order(change: AccessChange) -> tuple[object, ...]:
    trend, access = list(AccessTrend).index(change.trend), list(Access).index(change.access)
    return trend, -access, change.who, change.repositories, change.regions


def _held(matrix: Matrix) -> dict[tuple[str, str, Access], dict[tuple[str, str], _Conditions]]:
    """By principal, repository and access: its conditions. Of several statements the one without any counts."""
    found: dict[tuple[str, str, Access], dict[tuple[str, str], _Conditions]] = {}
    for cell in matrix.cells:
        for who in cell.principal.names:
            held = found.setdefault((who, cell.repository, cell.access), {})
            for region in cell.regions:
                place = (cell.account, region)
                if place not in held or cell.decision is Permission.ALLOWED:
                    held[place] = cell.conditions
    return found


def _trends(before: _ByRegion, after: _ByRegion) -> Iterator[tuple[AccessTrend, _Conditions, tuple[str, ...]]]:
    """What happens to one access, with its conditions and the regions."""
    found: dict[tuple[AccessTrend, _Conditions], set[str]] = {}
    for place in dict.fromkeys([*before, *after]):
        if before.get(place) == after.get(place):
            continue
        trend = AccessTrend.CHANGED
        if place not in before or place not in after:
            trend = AccessTrend.GAINED if place in after else AccessTrend.LOST
        found.setdefault((trend, after.get(place, ())), set()).add(place[1])
    for (trend, conditions), regions in found.items():
        yield trend, conditions, tuple(sorted(regions))
