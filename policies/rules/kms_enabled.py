"""Customer managed keys are enabled."""

from policies.checks.input_values import check_value
from policies.pack.rule import CheckedResource, Parameters, ResourceRule, Results, RuleContext
from resources.kms import KEY

_DISABLED = ("is disabled",)


def check(resource: CheckedResource, _context: RuleContext[Parameters]) -> Results:
    yield from check_value(resource.inputs, "isEnabled", lambda enabled: () if enabled in (None, True) else _DISABLED)


RULE = ResourceRule(
    id="kms-enabled",
    title="Customer managed keys are enabled",
    severity="high",
    risk="Images encrypted under a disabled key can't be pulled or pushed: deployments and new nodes fail.",
    remediation="Leave isEnabled out.",
    controls=("checkov CKV_AWS_227",),
    parameters=Parameters,
    types=(KEY,),
    check=check,
)
