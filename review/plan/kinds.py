"""What a changed input means for a resource: updated in place, or replaced. One entry for each type that is declared.

The sources are files of hashicorp/terraform-provider-aws, under internal/service; the names are pulumi-aws's. Every
resource is replaced when its `region` changes: forceNewIfRegionChanges in internal/provider/sdkv2 and .../framework.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Effect(StrEnum):
    """What a changed input does to the resource that stands in AWS."""

    IN_PLACE = "in-place"
    REPLACES = "replaces"
    UNKNOWN = "unknown"


class Documents(StrEnum):
    """The grammars of the policies that are inputs as JSON text; equal documents are no difference to the provider."""

    LIFECYCLE = "lifecycle"
    IAM = "iam"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One resource type; a property stands for all that is inside it."""

    source: str
    """The file, and the commit that was read where it is known."""
    replaces: frozenset[str] = frozenset()
    updates: frozenset[str] = frozenset()
    identity: tuple[str, ...] | None
    """The inputs that name the thing in AWS, within its account and region; None where AWS makes the name up."""
    import_id: str
    """The form of the id by which it is imported; elsewhere than in the provider's region, `@region` follows."""
    documents: Documents | None = None
    """The grammar of `policy` and `assumeRolePolicy`."""
    optional: frozenset[str] = frozenset()
    """Left out, the provider keeps what AWS has."""
    sets: frozenset[str] = frozenset()
    """Lists without an order."""
    made_up: frozenset[str] = frozenset()
    """Outputs that nobody knows before AWS made them: a render holds stand-ins."""
    deleted_first: frozenset[str] = frozenset()
    """Outputs that are unknown during a replacement, because the name is free only once the old one is gone: what takes
    one of them is replaced along where that input forces it."""


_TAGS = frozenset({"tags"})

KINDS = {
    "aws:ecr/repository:Repository": Kind(
        # ForceNew on name, encryption_configuration and both of its fields; kms_key is Computed, too.
        source="ecr/repository.go of v6, 2026",
        replaces=frozenset({"name", "encryptionConfigurations"}),
        updates=_TAGS
        | {
            "forceDelete",
            "imageScanningConfiguration",
            "imageTagMutability",
            "imageTagMutabilityExclusionFilters",
        },
        identity=("name",),
        import_id="the repository's name",
        # SuppressMissingOptionalConfigurationBlock
        optional=frozenset({"encryptionConfigurations", "imageScanningConfiguration"}),
        deleted_first=frozenset({"name"}),
    ),
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": Kind(
        # No Update at all: ForceNew on policy and repository.
        source="ecr/lifecycle_policy.go 00a3530",
        replaces=frozenset({"policy", "repository"}),
        identity=("repository",),
        import_id="the repository's name",
        documents=Documents.LIFECYCLE,
    ),
    "aws:ecr/repositoryPolicy:RepositoryPolicy": Kind(
        source="ecr/repository_policy.go 004b82b: ForceNew on repository",
        replaces=frozenset({"repository"}),
        updates=frozenset({"policy"}),
        identity=("repository",),
        import_id="the repository's name",
        documents=Documents.IAM,
    ),
    "aws:ecr/registryScanningConfiguration:RegistryScanningConfiguration": Kind(
        source="ecr/registry_scanning_configuration.go 004b82b: no ForceNew; rule and repository_filter are sets",
        updates=frozenset({"scanType", "rules"}),
        identity=(),
        import_id="the account",
        sets=frozenset({"rules", "rules[].repositoryFilters"}),
    ),
    "aws:ecr/registryPolicy:RegistryPolicy": Kind(
        source="ecr/registry_policy.go 083b5c7: no ForceNew",
        updates=frozenset({"policy"}),
        identity=(),
        import_id="the account",
        documents=Documents.IAM,
    ),
    "aws:ecr/accountSetting:AccountSetting": Kind(
        source="ecr/account_setting.go 21bd70c: RequiresReplace on name",
        replaces=frozenset({"name"}),
        updates=frozenset({"value"}),
        identity=("name",),
        import_id="the setting's name",
    ),
    "aws:ecr/pullTimeUpdateExclusion:PullTimeUpdateExclusion": Kind(
        source="ecr/pull_time_update_exclusion.go 20e0a28: WithNoUpdate, RequiresReplace on principal_arn",
        replaces=frozenset({"principalArn"}),
        identity=("principalArn",),
        import_id="the principal's ARN",
    ),
    "aws:kms/key:Key": Kind(
        # ForceNew on custom_key_store_id, customer_master_key_spec, key_usage, multi_region, xks_key_id.
        source="kms/key.go 00a3530",
        replaces=frozenset({"customKeyStoreId", "customerMasterKeySpec", "keyUsage", "multiRegion", "xksKeyId"}),
        updates=_TAGS
        | {
            "bypassPolicyLockoutSafetyCheck",
            "deletionWindowInDays",
            "description",
            "enableKeyRotation",
            "isEnabled",
            "policy",
            "rotationPeriodInDays",
        },
        identity=None,
        import_id="the key's id",
        documents=Documents.IAM,
        optional=frozenset({"description", "multiRegion", "policy", "rotationPeriodInDays"}),
        made_up=frozenset({"arn", "keyId"}),
    ),
    "aws:iam/role:Role": Kind(
        source="iam/role.go 0040ea6: ForceNew on name, name_prefix and path",
        replaces=frozenset({"name", "namePrefix", "path"}),
        updates=_TAGS
        | {
            "assumeRolePolicy",
            "description",
            "forceDetachPolicies",
            "inlinePolicies",
            "managedPolicyArns",
            "maxSessionDuration",
            "permissionsBoundary",
        },
        identity=("name",),
        import_id="the role's name",
        documents=Documents.IAM,
        optional=frozenset({"inlinePolicies", "managedPolicyArns"}),
        made_up=frozenset({"uniqueId"}),
        deleted_first=frozenset({"name"}),
    ),
    "aws:iam/rolePolicy:RolePolicy": Kind(
        source="iam/role_policy.go 02f97af: ForceNew on name, name_prefix and role",
        replaces=frozenset({"name", "namePrefix", "role"}),
        updates=frozenset({"policy"}),
        identity=("role", "name"),
        import_id="the role's name, a colon, and the policy's",
        documents=Documents.IAM,
    ),
    "aws:kms/alias:Alias": Kind(
        source="kms/alias.go 01c0800: ForceNew on name and name_prefix",
        replaces=frozenset({"name", "namePrefix"}),
        updates=frozenset({"targetKeyId"}),
        identity=("name",),
        import_id="the alias with `alias/`",
    ),
}

_ALWAYS_REPLACES = frozenset({"region"})
# Optional and Computed: an encryption that no longer names its key keeps the one that it has, or is replaced with its
# block; the provider's schema does not say which.
_UNDECIDED_WHEN_LEFT_OUT = re.compile(r"encryptionConfigurations\[\d+\]\.kmsKey")


def effect(type: str, path: str, *, left_out: bool = False) -> Effect:
    """What a change of the input at `path` does; `left_out` where the new declaration no longer has it."""
    kind = KINDS.get(type)
    top = top_of(path)
    if kind is None or (left_out and _UNDECIDED_WHEN_LEFT_OUT.fullmatch(path)):
        return Effect.UNKNOWN
    if top in kind.replaces or top in _ALWAYS_REPLACES:
        return Effect.REPLACES
    return Effect.IN_PLACE if top in kind.updates else Effect.UNKNOWN


def top_of(path: str) -> str:
    """The property that a path is inside of."""
    return re.split(r"[.\[]", path, maxsplit=1)[0]


def missing(types: Iterable[str]) -> list[str]:
    """The types that nothing is known of."""
    return sorted({each for each in types if each not in KINDS})
