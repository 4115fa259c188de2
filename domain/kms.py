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

GRANT_OPERATIONS = ("Decrypt", "GenerateDataKey")
"""https://docs.aws.amazon.com/AmazonECR/latest/userguide/encryption-at-rest.html"""


def key_policy(*, account: str, region: str) -> dict[str, object]:
    """Allows the account to administer the key, and to grant it to Amazon ECR for its own repositories alone."""
    partition = REGIONS[region]
    # Through its root, so that the account's IAM policies decide which of its principals may.
    principal = {"AWS": str(Arn(partition.id, "iam", "", account, "root"))}
    return {
        "Version": CURRENT_VERSION,
        "Statement": [
            {
                "Sid": "Administer",
                "Effect": "Allow",
                "Principal": principal,
                "Action": list(ADMINISTRATION_ACTIONS),
                "Resource": "*",
            },
            {
                "Sid": "GrantToRegistry",
                "Effect": "Allow",
                "Principal": principal,
                "Action": "kms:CreateGrant",
                "Resource": "*",
                "Condition": _registry_grants(account, region, partition),
            },
        ],
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
