"""Keys have a waiting period before deletion."""

from collections.abc import Iterator
from functools import partial

from pydantic import Field

from domain.kms import DELETION_DAYS
from policies.checks.input_values import as_number, check_value
from policies.pack.rule import CheckedResource, Parameters, ResourceRule, Results, RuleContext
from resources.kms import KEY

_WINDOW = "deletionWindowInDays"
_DEFAULT = DELETION_DAYS[-1]
"""The default of AWS KMS."""


class DeletionWindowParameters(Parameters):
    minimum_days: int = Field(
        _DEFAULT, ge=DELETION_DAYS[0], le=DELETION_DAYS[-1], description="the shortest waiting period, in days"
    )


def check(resource: CheckedResource, context: RuleContext[DeletionWindowParameters]) -> Results:
    yield from check_value(resource.inputs, _WINDOW, partial(_check_days, context.parameters.minimum_days))


def _check_days(least: int, value: object) -> Iterator[str]:
    days = _DEFAULT if value is None else as_number(value)
    if days is None:
        yield f"has a {_WINDOW} that is not a number: {value!r}"
    elif days < least:
        yield f"has a waiting period of {days:g} days before deletion: at least {least} are required"


RULE = ResourceRule(
    id="kms-deletion-window",
    title="Keys have a waiting period before deletion",
    severity="medium",
    risk="Images can't be decrypted after their key is deleted. During the waiting period, kms:CancelKeyDeletion "
    "restores it.",
    remediation="Set deletionWindowInDays to 30 (key_deletion_days in the stack's settings), or leave it out.",
    parameters=DeletionWindowParameters,
    types=(KEY,),
    check=check,
)
