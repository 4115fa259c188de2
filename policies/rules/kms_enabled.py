"""Customer managed keys are enabled."""

from policies.checks.input_values import is_unknown
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

_ENABLED = "isEnabled"


def check(resource: CheckedResource, _context: RuleContext[Parameters]) -> Results:
    enabled = resource.inputs.get(_ENABLED)
    if is_unknown(enabled):
        yield Undecided((_ENABLED,))
    elif enabled not in (None, True):
        yield Finding("is disabled", (_ENABLED,))


RULE = ResourceRule(
    id="kms-enabled",
    title="Customer managed keys are enabled",
    severity=Severity.HIGH,
    risk="Images encrypted under a disabled key can't be pulled or pushed: deployments and new nodes fail.",
    remediation="Leave isEnabled out.",
    controls=("checkov CKV_AWS_227",),
    parameters=Parameters,
    types=(KEY,),
    check=check,
)
