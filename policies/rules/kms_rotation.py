"""Customer managed keys are rotated every year."""

from policies.checks.input_values import is_unknown
from policies.pack.rule import CheckedResource, Finding, Parameters, ResourceRule, Results, RuleContext, Undecided
from resources.kms import KEY

_KEY_SPEC, _ROTATION = "customerMasterKeySpec", "enableKeyRotation"
_ROTATED = (None, "", "SYMMETRIC_DEFAULT")
"""AWS KMS only rotates symmetric encryption keys automatically.
https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html"""


def check(resource: CheckedResource, _context: RuleContext[Parameters]) -> Results:
    key_spec, rotation = resource.inputs.get(_KEY_SPEC), resource.inputs.get(_ROTATION)
    if rotation is True or not (is_unknown(key_spec) or key_spec in _ROTATED):
        return
    if is_unknown(rotation):
        yield Undecided((_ROTATION,))
    elif is_unknown(key_spec):
        yield Undecided((_KEY_SPEC,))
    else:
        yield Finding("is not rotated", (_ROTATION,))


RULE = ResourceRule(
    id="kms-rotation",
    title="Customer managed keys are rotated",
    severity="medium",
    risk="Without rotation, all images are encrypted with the same key material for the lifetime of the key.",
    remediation="Set enableKeyRotation to true; the components do.",
    controls=("Security Hub KMS.4", "checkov CKV_AWS_7", "trivy AWS-0065"),
    parameters=Parameters,
    types=(KEY,),
    check=check,
)
