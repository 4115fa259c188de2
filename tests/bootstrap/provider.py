"""What Pulumi's provider calls for each type of resource."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from render.resource import Resource
from tests.bootstrap.calls import KEY_ID, Call


@dataclass(frozen=True, kw_only=True)
class Operations:
    """What the provider calls for one type of resource."""

    source: str
    """In hashicorp/terraform-provider-aws, which pulumi-aws is built from."""
    create: tuple[str, ...]
    read: tuple[str, ...]
    update: tuple[str, ...] = ()
    delete: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        return (*self.create, *self.read, *self.update, *self.delete)


PROVIDER = {
    "aws:ecr/repository:Repository": Operations(
        source="internal/service/ecr/repository.go, tags_gen.go",
        create=("ecr:CreateRepository",),
        read=("ecr:DescribeRepositories", "ecr:ListTagsForResource"),
        update=(
            "ecr:PutImageTagMutability",
            "ecr:PutImageScanningConfiguration",
            "ecr:TagResource",
            "ecr:UntagResource",
        ),
        delete=("ecr:DeleteRepository",),
    ),
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": Operations(
        source="internal/service/ecr/lifecycle_policy.go",
        create=("ecr:PutLifecyclePolicy",),
        read=("ecr:GetLifecyclePolicy",),
        delete=("ecr:DeleteLifecyclePolicy",),
    ),
    "aws:ecr/repositoryPolicy:RepositoryPolicy": Operations(
        source="internal/service/ecr/repository_policy.go",
        create=("ecr:SetRepositoryPolicy",),
        read=("ecr:GetRepositoryPolicy",),
        delete=("ecr:DeleteRepositoryPolicy",),
    ),
    "aws:ecr/registryPolicy:RegistryPolicy": Operations(
        source="internal/service/ecr/registry_policy.go",
        create=("ecr:PutRegistryPolicy",),
        read=("ecr:GetRegistryPolicy",),
        delete=("ecr:DeleteRegistryPolicy",),
    ),
    "aws:ecr/registryScanningConfiguration:RegistryScanningConfiguration": Operations(
        source="internal/service/ecr/registry_scanning_configuration.go",
        create=("ecr:PutRegistryScanningConfiguration",),
        read=("ecr:GetRegistryScanningConfiguration",),
    ),
    "aws:ecr/accountSetting:AccountSetting": Operations(
        source="internal/service/ecr/account_setting.go",
        create=("ecr:PutAccountSetting",),
        read=("ecr:GetAccountSetting",),
    ),
    "aws:ecr/pullTimeUpdateExclusion:PullTimeUpdateExclusion": Operations(
        source="internal/service/ecr/pull_time_update_exclusion.go",
        create=("ecr:RegisterPullTimeUpdateExclusion",),
        read=("ecr:ListPullTimeUpdateExclusions",),
        delete=("ecr:DeregisterPullTimeUpdateExclusion",),
    ),
    "aws:ecr/replicationConfiguration:ReplicationConfiguration": Operations(
        source="internal/service/ecr/replication_configuration.go",
        create=("ecr:PutReplicationConfiguration",),
        read=("ecr:DescribeRegistry",),
    ),
    "aws:ecr/repositoryCreationTemplate:RepositoryCreationTemplate": Operations(
        source="internal/service/ecr/repository_creation_template.go",
        create=("ecr:CreateRepositoryCreationTemplate",),
        read=("ecr:DescribeRepositoryCreationTemplates",),
        update=("ecr:UpdateRepositoryCreationTemplate",),
        delete=("ecr:DeleteRepositoryCreationTemplate",),
    ),
    "aws:ecr/pullThroughCacheRule:PullThroughCacheRule": Operations(
        source="internal/service/ecr/pull_through_cache_rule.go",
        create=("ecr:CreatePullThroughCacheRule",),
        read=("ecr:DescribePullThroughCacheRules",),
        update=("ecr:UpdatePullThroughCacheRule",),
        delete=("ecr:DeletePullThroughCacheRule",),
    ),
    # The program declares no policy of a secret and no copy of one.
    "aws:secretsmanager/secret:Secret": Operations(
        source="internal/service/secretsmanager/secret.go, tags_gen.go",
        create=("secretsmanager:CreateSecret",),
        read=("secretsmanager:DescribeSecret", "secretsmanager:GetResourcePolicy"),
        update=("secretsmanager:UpdateSecret", "secretsmanager:TagResource", "secretsmanager:UntagResource"),
        delete=("secretsmanager:DeleteSecret",),
    ),
    # A version that another took the place of has the label AWSPREVIOUS, which goes with it.
    "aws:secretsmanager/secretVersion:SecretVersion": Operations(
        source="internal/service/secretsmanager/secret_version.go",
        create=("secretsmanager:PutSecretValue",),
        read=("secretsmanager:GetSecretValue",),
        delete=("secretsmanager:UpdateSecretVersionStage",),
    ),
    # A boundary is never taken away, and no policy attached: the one is always declared, the other never.
    "aws:iam/role:Role": Operations(
        source="internal/service/iam/role.go, role_tags_gen.go",
        create=("iam:CreateRole",),
        read=("iam:GetRole", "iam:ListRolePolicies", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies"),
        update=(
            "iam:PutRolePermissionsBoundary",
            "iam:TagRole",
            "iam:UntagRole",
            "iam:UpdateAssumeRolePolicy",
            "iam:UpdateRole",
            "iam:UpdateRoleDescription",
        ),
        delete=("iam:ListInstanceProfilesForRole", "iam:DeleteRole"),
    ),
    "aws:iam/rolePolicy:RolePolicy": Operations(
        source="internal/service/iam/role_policy.go",
        create=("iam:PutRolePolicy",),
        read=("iam:GetRolePolicy",),
        delete=("iam:DeleteRolePolicy",),
    ),
    # Rotation is never switched off and a key never disabled: `enable_key_rotation` is always declared, `is_enabled` is
    # true by default. A key that somebody else disabled is enabled.
    "aws:kms/key:Key": Operations(
        source="internal/service/kms/key.go, tags_gen.go",
        create=("kms:CreateKey", "kms:EnableKeyRotation"),
        read=("kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:ListResourceTags"),
        update=(
            "kms:EnableKey",
            "kms:PutKeyPolicy",
            "kms:TagResource",
            "kms:UntagResource",
            "kms:UpdateKeyDescription",
        ),
        delete=("kms:ScheduleKeyDeletion",),
    ),
    "aws:kms/alias:Alias": Operations(
        source="internal/service/kms/alias.go",
        create=("kms:CreateAlias",),
        read=("kms:ListAliases",),
        update=("kms:UpdateAlias",),
        delete=("kms:DeleteAlias",),
    ),
}
"""By type of resource. `sts:GetCallerIdentity`, by which the provider learns its account, needs no permission."""

NOT_LOOKED_AT = "aws:secretsmanager/secretVersion:SecretVersion"
"""What drift.yml leaves out of its search: to look at one is to read the token that it holds."""

GLOBAL = "us-east-1"
"""Where IAM is asked from wherever in the partition `aws`."""


def by_provider(resource: Resource, actions: tuple[str, ...]) -> Iterator[Call]:
    """What the provider would call for a declared resource, with what the resource declares."""
    inputs = resource.inputs
    parameters: dict[str, Any] = {
        **inputs,
        "repositoryName": inputs.get("name", inputs.get("repository")),
        "KeyId": KEY_ID,
        "TargetKeyId": KEY_ID,
        "AliasName": inputs.get("name"),
        "RoleName": inputs.get("role", inputs.get("name")),
        "PermissionsBoundary": inputs.get("permissionsBoundary"),
        "SecretId": inputs.get("secretId", inputs.get("name")),
        "encryptionConfiguration": next(iter(inputs.get("encryptionConfigurations", ())), None),
        "tags": inputs.get("tags", {}),
    }
    for action in actions:
        service, _, operation = action.partition(":")
        yield Call(service=service, operation=operation, region=inputs.get("region", GLOBAL), parameters=parameters)
