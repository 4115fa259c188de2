"""What a change gives to people, and what it takes from them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from domain.wording import listed
from review.access.matrix import Access, Matrix
from review.access.partial_evaluation import Permission
from review.plan.phrases import grouped

VERBS = {
    Access.PULL: "pull",
    Access.PUSH: "push",
    Access.DELETE: "delete images of",
    Access.CONFIGURE: "configure",
}
_NAMED = 10
"""So many repositories are named in one line."""


class AccessTrend(StrEnum):
    """What becomes of an access; the order is that of the lines."""

    GAINED = "gained"
    CHANGED = "changed"
    """Under other conditions than before."""
    LOST = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessChange:
    """One thing that somebody can do from now on, or no longer, in these repositories."""

    turn: AccessTrend
    who: str
    access: Access
    repositories: tuple[str, ...]
    regions: tuple[str, ...]
    everywhere: bool
    """Whether these are all the regions that the repositories are in."""
    conditions: tuple[str, ...] = ()

    def __str__(self) -> str:
        names = listed((f"`{each}`" for each in self.repositories), limit=_NAMED)
        where = "" if self.everywhere else f" in {listed(self.regions, limit=_NAMED)}"
        can = "can no longer" if self.turn is AccessTrend.LOST else "can now"
        text = f"{self.who} {can} {VERBS[self.access]} {names}{where}"
        if self.turn is AccessTrend.CHANGED and not self.conditions:
            return f"{text} under no condition"
        only = "only " if self.turn is AccessTrend.CHANGED else ""
        return f"{text}, {only}{', '.join(self.conditions)}" if self.conditions else text


_Can = tuple[str, str, Access]
"""Somebody's name, a repository, and what is done to it."""

_Places = Mapping[tuple[str, str], tuple[str, ...]]
"""By account and region: the conditions."""


def access_changes(base: Matrix | None, head: Matrix) -> tuple[AccessChange, ...]:
    """What is other than before, what is gained first; None where there was no such stack."""
    before, after = _held(base) if base else {}, _held(head)
    turned = [
        (turn, who, access, name, places, conditions)
        for (who, name, access) in dict.fromkeys([*before, *after])
        for turn, conditions, places in _turned(before.get((who, name, access), {}), after.get((who, name, access), {}))
    ]
    regions = {**(base.repositories if base else {}), **head.repositories}
    alike = grouped(turned, lambda each: (each[0], each[1], each[2], each[4] == regions[each[3]], each[4], each[5]))
    found = [
        AccessChange(
            turn=turn,
            who=who,
            access=access,
            repositories=tuple(sorted(each[3] for each in some)),
            regions=places,
            everywhere=everywhere,
            conditions=() if turn is AccessTrend.LOST else conditions,
        )
        for (turn, who, access, everywhere, places, conditions), some in alike.items()
    ]
    return tuple(sorted(found, key=_order))


def _order(change: AccessChange) -> tuple[int, int, str, tuple[str, ...], tuple[str, ...]]:
    turns, columns = list(AccessTrend), list(Access)
    order = columns.index(change.access)
    return turns.index(change.turn), -order, change.who, change.repositories, change.regions


def _held(matrix: Matrix) -> dict[_Can, dict[tuple[str, str], tuple[str, ...]]]:
    """Under which conditions everybody can do what; who has it from several statements has it by the best."""
    found: dict[_Can, dict[tuple[str, str], tuple[str, ...]]] = {}
    for cell in matrix.cells:
        for who in cell.principal.names:
            places = found.setdefault((who, cell.repository, cell.access), {})
            for region in cell.regions:
                place = (cell.account, region)
                if place not in places or cell.decision is Permission.ALLOWED:
                    places[place] = cell.conditions
    return found


def _turned(before: _Places, after: _Places) -> Iterator[tuple[AccessTrend, tuple[str, ...], tuple[str, ...]]]:
    """What becomes of one access, with its conditions and the regions where it is so."""
    turns = {place: _turn(before.get(place), after.get(place)) for place in dict.fromkeys([*before, *after])}
    by_turn = grouped(_only_turned(turns), lambda item: (item[1], after.get(item[0], ())))
    for (turn, conditions), some in by_turn.items():
        yield turn, conditions, tuple(sorted({region for (_, region), _ in some}))


def _only_turned(
    turns: Mapping[tuple[str, str], AccessTrend | None],
) -> Iterable[tuple[tuple[str, str], AccessTrend]]:
    return [(place, turn) for place, turn in turns.items() if turn is not None]


def _turn(before: tuple[str, ...] | None, after: tuple[str, ...] | None) -> AccessTrend | None:
    if before == after:
        return None
    if before is None:
        return AccessTrend.GAINED
    return AccessTrend.LOST if after is None else AccessTrend.CHANGED
