"""Between the wish to delete a key and its end, somebody has the time to notice."""

from collections.abc import Iterator

from pydantic import Field

from domain.kms import DELETION_DAYS
from policies.checks.input_values import is_unknown, number
from policies.pack.rule import Finding, Given, Parameters, Resource, ResourceRule, Severity, Undecided, Verdict
from resources.kms import KEY

_WINDOW = "deletionWindowInDays"
_DEFAULT = DELETION_DAYS[-1]
"""What AWS takes where nothing is said."""


class DeletionWindow(Parameters):
    minimum_days: int = Field(
        _DEFAULT, ge=DELETION_DAYS[0], le=DELETION_DAYS[-1], description="the shortest waiting time, in days"
    )


def check(resource: Resource, given: Given[DeletionWindow]) -> Iterator[Verdict]:
    written = resource.inputs.get(_WINDOW)
    days, least = _DEFAULT if written is None else number(written), given.parameters.minimum_days
    if is_unknown(written):
        yield Undecided((_WINDOW,))
    elif days is None:
        yield Finding(f"has no number of days for a waiting time, but {written!r}", (_WINDOW,))
    elif days < least:
        yield Finding(f"would be gone {days:g} days after a deletion: {least} are the least", (_WINDOW,))


RULE = ResourceRule(
    id="kms-deletion-window",
    title="Keys can be saved for a while after a deletion",
    severity=Severity.MEDIUM,
    risk="Once a key is gone, so is every image that it encrypted; until then, kms:CancelKeyDeletion brings it back.",
    remediation="Set deletionWindowInDays to 30 (key_deletion_days in the stack's settings), or leave it out.",
    parameters=DeletionWindow,
    types=(KEY,),
    check=check,
)
