"""Images are encrypted with a key whose policy is the company's own."""

from collections.abc import Iterator

from policies.checks.encryption_keys import without_customer_key
from policies.pack.rule import Given, Parameters, Resource, ResourceRule, Severity, Verdict
from resources.ecr import REPOSITORY


def check(resource: Resource, _given: Given[Parameters]) -> Iterator[Verdict]:
    yield from without_customer_key(resource.inputs)


RULE = ResourceRule(
    id="ecr-customer-key",
    title="Images are encrypted with a customer key",
    severity=Severity.MEDIUM,
    risk="Nobody in the company can say who may decrypt the images, see it in a key policy, or end it in one place.",
    remediation="Give encryptionConfigurations the type KMS and a kmsKey of the company's (encryption: customer in the "
    "catalog). ECR sets it when it creates a repository: to change it means to replace the repository. Other people's "
    "controls may pass KMS alone, and not KMS_DSSE.",
    controls=("Security Hub ECR.5", "checkov CKV_AWS_136", "trivy AWS-0033"),
    parameters=Parameters,
    types=(REPOSITORY,),
    check=check,
)
