"""Names of the registry's own roles: IAM tells an account's roles apart by name, whatever their path and case."""

import hashlib
import re
from collections.abc import Sequence

from domain.iam.limits import ROLE_NAME_MAX

_NO_PART_OF_A_NAME = re.compile(r"[^\w+=,.@-]", re.ASCII)
_DIGITS = 8


def role_name(said: str, *, key: Sequence[str], plain: bool = True) -> str:
    """What is said, where a name can say it plainly; else what of it fits, and after a `+` some digits of the key."""
    if plain and len(said) <= ROLE_NAME_MAX:
        return said
    digest = hashlib.sha256("\n".join(key).encode()).hexdigest()[:_DIGITS]
    return f"{_NO_PART_OF_A_NAME.sub('_', said)[: ROLE_NAME_MAX - _DIGITS - 1]}+{digest}"


def standing_role(stack: str, what: str) -> str:
    """The name of a role that a stack has once."""
    return role_name(f"{stack}.{what}", key=(stack, what))
