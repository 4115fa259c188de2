"""A tag that may not move does not."""

from domain.ecr.tags import may_move
from rehearsal.oci.client import Refused
from rehearsal.oci.image import image
from rehearsal.proving.case import Broken, Case

PROMISE = "a tag that is in use can't be given to another image"

_REFUSED = "TAG_INVALID"


def applies(case: Case) -> bool:
    return not _moves(case, _tag(case))


def prove(case: Case) -> str:
    tag = _tag(case)
    first = case.push(image(f"{case.subject} first"), tag)
    try:
        second = case.push(image(f"{case.subject} second"), tag)
    except Refused as refused:
        if refused.code != _REFUSED:
            raise
        return f"{tag} is {first[:19]}, another was refused"
    raise Broken(f"{tag} moved from {first} to {second}")


def _tag(case: Case) -> str:
    """One that no exclusion lets move, unless they let everything move."""
    candidates = ("v1.0.0-rehearsal", "rehearsal", "1", "Z")
    return next((tag for tag in candidates if not _moves(case, tag)), candidates[0])


def _moves(case: Case, tag: str) -> bool:
    return may_move(case.repository.mutability, case.repository.mutable_tags, tag)
