"""A key that is declared can be used."""

from collections.abc import Iterator

from policies.checks.input_values import is_unknown
from policies.pack.rule import Finding, Given, Parameters, Resource, ResourceRule, Severity, Undecided, Verdict
from resources.kms import KEY

_ENABLED = "isEnabled"


def check(resource: Resource, _given: Given[Parameters]) -> Iterator[Verdict]:
    enabled = resource.inputs.get(_ENABLED)
    if is_unknown(enabled):
        yield Undecided((_ENABLED,))
    elif enabled not in (None, True):
        yield Finding("is disabled", (_ENABLED,))


RULE = ResourceRule(
    id="kms-enabled",
    title="Customer keys are enabled",
    severity=Severity.HIGH,
    risk="No image that the key encrypts can be pulled or pushed, in a deployment or when a node starts.",
    remediation="Leave isEnabled out.",
    controls=("checkov CKV_AWS_227",),
    parameters=Parameters,
    types=(KEY,),
    check=check,
)
