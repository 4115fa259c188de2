"""A customer key gets new key material every year."""

from collections.abc import Iterator

from policies.checks.input_values import is_unknown
from policies.pack.rule import Finding, Given, Parameters, Resource, ResourceRule, Severity, Undecided, Verdict
from resources.kms import KEY

_KIND, _ROTATION = "customerMasterKeySpec", "enableKeyRotation"
_ROTATED = (None, "", "SYMMETRIC_DEFAULT")
"""AWS KMS rotates the material of no other kind of key by itself.
https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html"""


def check(resource: Resource, _given: Given[Parameters]) -> Iterator[Verdict]:
    kind, rotation = resource.inputs.get(_KIND), resource.inputs.get(_ROTATION)
    if rotation is True or not (is_unknown(kind) or kind in _ROTATED):
        return
    if is_unknown(rotation):
        yield Undecided((_ROTATION,))
    elif is_unknown(kind):
        yield Undecided((_KIND,))
    else:
        yield Finding("is never rotated", (_ROTATION,))


RULE = ResourceRule(
    id="kms-rotation",
    title="Customer keys are rotated",
    severity=Severity.MEDIUM,
    risk="Whoever once got hold of a key's material can read everything that is encrypted under it, for ever.",
    remediation="Set enableKeyRotation to true; the components do.",
    controls=("Security Hub KMS.4", "checkov CKV_AWS_7", "trivy AWS-0065"),
    parameters=Parameters,
    types=(KEY,),
    check=check,
)
