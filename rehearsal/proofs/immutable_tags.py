"""A tag that is not mutable does not move."""

import secrets

from domain.ecr.tags import may_move
from oci.client import Refused
from oci.image import image
from rehearsal.proofs.harness.case import TAG_INVALID, Broken, Case

PROMISE = "a tag that is in use can't be given to another image"


def applies(case: Case) -> bool:
    return _fixed_tag(case) is not None


def prove(case: Case) -> str:
    tag = _fixed_tag(case)
    if tag is None:
        raise Broken("every tag may move")
    first = case.push(image(f"{case.subject} first", layers=1), tag)
    try:
        second = case.push(image(f"{case.subject} second", layers=1), tag)
    except Refused as refused:
        if refused.code != TAG_INVALID:
            raise
        return f"{tag} is {first[:19]}, another was refused"
    raise Broken(f"{tag} moved from {first} to {second}")


def _fixed_tag(case: Case) -> str | None:
    """A new tag that no exclusion lets move; None when they let everything move."""
    end, repository = secrets.token_hex(4), case.repository
    tags = (f"v1.0.0-{end}", f"rehearsal-{end}", end)
    return next((tag for tag in tags if not may_move(repository.mutability, repository.mutable_tags, tag)), None)
