"""What a change gives to people and takes from them, as remarks of the gate."""

from collections.abc import Iterator, Sequence

from policies.pack.rule import Level
from render.resource import Render
from resources.ecr import REPOSITORY
from review.access.changes import Turn, changes
from review.access.model import Matrix
from review.gate.origin import Origins
from review.gate.report import Kind, Remark

_FIX = "nothing to do, if that is meant"


def access_remarks(
    base: Matrix | None, head: Matrix, sides: Sequence[Render | None], origins: Origins
) -> Iterator[Remark]:
    """One for each line; `sides` hold the repositories that they are about."""
    urns = {
        str(each.inputs.get("name")): each.urn
        for side in sides
        if side is not None
        for each in side.resources
        if each.type == REPOSITORY
    }
    for change in changes(base, head):
        urn = urns.get(change.repositories[0], "")
        place = origins.of_name(urn.rpartition("::")[2])
        yield Remark(
            kind=Kind.ACCESS,
            id=f"access-{change.turn}",
            level=Level.ADVISORY,
            urn=urn,
            path=(change.access.value, change.who),  # so that no two of them have one fingerprint
            message=str(change),
            fix="" if change.turn is Turn.LOST else _FIX,
            file=place.file,
            line=place.line,
        )
