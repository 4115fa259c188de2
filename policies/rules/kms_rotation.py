"""A customer key gets new key material every year."""

from collections.abc import Iterator

from domain.markers import UNKNOWN
from policies.kinds import KEY
from policies.rule import Finding, Given, Parameters, Resource, ResourceRule, Severity, Undecided, Verdict

_ROTATED = (None, "SYMMETRIC_DEFAULT")
"""AWS KMS rotates the material of no other kind of key by itself.
https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html"""


def check(resource: Resource, _given: Given[Parameters]) -> Iterator[Verdict]:
    if resource.inputs.get("customerMasterKeySpec") not in _ROTATED:
        return
    rotation = resource.inputs.get("enableKeyRotation")
    if rotation == UNKNOWN:
        yield Undecided(("enableKeyRotation",))
    elif rotation is not True:
        yield Finding("is never rotated", ("enableKeyRotation",))


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
