"""The key policy of the key that encrypts a registry's images."""

from domain.aws import REGIONS, Arn, Partition
from domain.iam.actions import service_actions
from domain.iam.document import CURRENT_VERSION
from domain.problems import Problem, unless

KEY_POLICY_TEXT_MAX = 32_768
"""Bytes. https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html"""

DELETION_DAYS = range(7, 31)
"""https://docs.aws.amazon.com/kms/latest/APIReference/API_ScheduleKeyDeletion.html"""

ADMINISTRATION_ACTIONS = service_actions(
    "kms",
    """
    CancelKeyDeletion CreateAlias DeleteAlias DescribeKey DisableKey DisableKeyRotation EnableKey EnableKeyRotation
    GetKeyPolicy GetKeyRotationStatus ListGrants ListKeyPolicies ListKeyRotations ListResourceTags PutKeyPolicy
    RetireGrant RevokeGrant RotateKeyOnDemand ScheduleKeyDeletion TagResource UntagResource UpdateAlias
    UpdateKeyDescription
    """,
)
"""Each by its name: no wildcard may come to cover an action that reads or writes under the key."""

GRANTS_PER_KEY = 50_000
"""Adjustable. https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html"""

GRANTS_PER_REPOSITORY = 2
"""Made with the repository. https://docs.aws.amazon.com/AmazonECR/latest/userguide/encryption-at-rest.html"""

GRANT_OPERATIONS = ("Decrypt", "GenerateDataKey")
"""https://docs.aws.amazon.com/AmazonECR/latest/userguide/encryption-at-rest.html"""


def key_policy(*, account: str, region: str) -> dict[str, object]:
    """Allows the account to administer the key, and to grant it to Amazon ECR for its own repositories alone."""
    partition = REGIONS[region]
    grants = {
        "Sid": "GrantToRegistry",
        "Effect": "Allow",
        "Principal": account_principal(account, partition),
        "Action": "kms:CreateGrant",
        "Resource": "*",
        "Condition": _registry_grants(account, region, partition),
    }
    return {"Version": CURRENT_VERSION, "Statement": [administration(account, partition), grants]}


def account_principal(account: str, partition: Partition) -> dict[str, str]:
    """Through its root, so that the account's IAM policies decide which of its principals are allowed."""
    return {"AWS": str(Arn(partition.id, "iam", "", account, "root"))}


def administration(account: str, partition: Partition) -> dict[str, object]:
    """The statement of a key's policy by which the account administers it, and neither reads nor writes under it."""
    return {
        "Sid": "Administer",
        "Effect": "Allow",
        "Principal": account_principal(account, partition),
        "Action": list(ADMINISTRATION_ACTIONS),
        "Resource": "*",
    }


def _registry_grants(account: str, region: str, partition: Partition) -> dict[str, object]:
    """Only the two grants that Amazon ECR makes, with the caller's permission, when a repository is created."""
    return {
        "Bool": {"kms:GrantIsForAWSResource": "true"},
        "StringEquals": {
            "kms:ViaService": f"ecr.{region}.{partition.dns_suffix}",
            "kms:GrantConstraintType": "EncryptionContextSubset",
            "aws:ResourceAccount": "${aws:PrincipalAccount}",
        },
        "StringLike": {
            "kms:EncryptionContext:aws:ecr:arn": str(Arn(partition.id, "ecr", region, account, "repository/*"))
        },
        "ForAllValues:StringEquals": {"kms:GrantOperations": list(GRANT_OPERATIONS)},
        # ForAllValues holds when the key is absent. CreateGrant always brings it; this says so rather than trusts it.
        "Null": {"kms:GrantOperations": "false"},
    }


def deletion_window_problems(days: int) -> list[Problem]:
    fix = f"write {DELETION_DAYS.start} to {DELETION_DAYS[-1]} days"
    return unless(days in DELETION_DAYS, days, "is not a valid waiting period for deleting a KMS key", fix)


def grants_quota_problems(most: int) -> list[Problem]:
    fix = f"write the quota that AWS KMS grants your account: {GRANTS_PER_KEY} where it was not changed"
    return unless(most >= GRANTS_PER_REPOSITORY, most, "is not a valid number of grants for a KMS key", fix)


def key_grants_problems(repositories: int, most: int, where: str) -> list[Problem]:
    """What AWS KMS would refuse where one key encrypts so many repositories."""
    needed = repositories * GRANTS_PER_REPOSITORY
    message = (
        f"{repositories:,} of them have one key in {where}: Amazon ECR makes {needed:,} grants for it, "
        f"{GRANTS_PER_REPOSITORY} a repository, and AWS KMS takes {most:,} a key"
    )
    fix = (
        "give some another key (encryption: {key: NAME}), or have AWS raise the quota, and write "
        f"key_grants_max: {needed} in the stack's file"
    )
    return unless(needed <= most, None, message, fix)
