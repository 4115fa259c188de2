"""Images are encrypted with a customer managed key."""

from policies.checks.encryption_keys import check_customer_key
from policies.pack.rule import CheckedResource, Parameters, ResourceRule, Results, RuleContext
from resources.ecr import REPOSITORY


def check(resource: CheckedResource, _context: RuleContext[Parameters]) -> Results:
    yield from check_customer_key(resource.inputs)


RULE = ResourceRule(
    id="ecr-customer-key",
    title="Images are encrypted with a customer managed key",
    severity="medium",
    risk="The policy of an AWS managed key can't be changed: the company can neither restrict who decrypts the images "
    "nor disable the key.",
    remediation="Set encryptionConfigurations to encryptionType KMS and the kmsKey of a customer managed key "
    "(encryption: customer in the catalog). Encryption is set when a repository is created: a change replaces it. "
    "Controls of other tools may accept KMS, but not KMS_DSSE.",
    controls=(
        "Security Hub ECR.5",
        "NIST 800-53 r5 SC-12(2)",
        "NIST 800-53 r5 CM-3(6)",
        "NIST 800-53 r5 SC-13",
        "NIST 800-53 r5 SC-28",
        "NIST 800-53 r5 SC-28(1)",
        "NIST 800-53 r5 SC-7(10)",
        "NIST 800-53 r5 CA-9(1)",
        "NIST 800-53 r5 SI-7(6)",
        "NIST 800-53 r5 AU-9",
        "checkov CKV_AWS_136",
        "trivy AWS-0033",
    ),
    parameters=Parameters,
    types=(REPOSITORY,),
    check=check,
)
