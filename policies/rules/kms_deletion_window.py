"""Keys have a waiting period before deletion."""

from pydantic import Field

from domain.kms import DELETION_DAYS
from policies.checks.input_values import as_number, is_unknown
from policies.pack.rule import (
    CheckedResource,
    Finding,
    Parameters,
    ResourceRule,
    Results,
    RuleContext,
    Severity,
    Undecided,
)
from resources.kms import KEY

_WINDOW = "deletionWindowInDays"
_DEFAULT = DELETION_DAYS[-1]
"""The default of AWS KMS."""


class DeletionWindowParameters(Parameters):
    minimum_days: int = Field(
        _DEFAULT, ge=DELETION_DAYS[0], le=DELETION_DAYS[-1], description="the shortest waiting period, in days"
    )


def check(resource: CheckedResource, context: RuleContext[DeletionWindowParameters]) -> Results:
    value = resource.inputs.get(_WINDOW)
    days, least = _DEFAULT if value is None else as_number(value), context.parameters.minimum_days
    if is_unknown(value):
        yield Undecided((_WINDOW,))
    elif days is None:
        yield Finding(f"has a {_WINDOW} that is not a number: {value!r}", (_WINDOW,))
    elif days < least:
        yield Finding(
            f"has a waiting period of {days:g} days before deletion: at least {least} are required", (_WINDOW,)
        )


RULE = ResourceRule(
    id="kms-deletion-window",
    title="Keys have a waiting period before deletion",
    severity=Severity.MEDIUM,
    risk="Images can't be decrypted after their key is deleted. During the waiting period, kms:CancelKeyDeletion "
    "restores it.",
    remediation="Set deletionWindowInDays to 30 (key_deletion_days in the stack's settings), or leave it out.",
    parameters=DeletionWindowParameters,
    types=(KEY,),
    check=check,
)
