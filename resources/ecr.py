"""Amazon ECR: repositories, their policies, and the settings of a registry."""

import json
from collections.abc import Sequence

from domain.ecr.names import registry_host, repository_arn
from resources.record import Declaration, Grammar, Inputs, ResourceType, policy_lines, words_in

REPOSITORY = "aws:ecr/repository:Repository"
LIFECYCLE_POLICY = "aws:ecr/lifecyclePolicy:LifecyclePolicy"
REPOSITORY_POLICY = "aws:ecr/repositoryPolicy:RepositoryPolicy"
SCANNING_CONFIGURATION = "aws:ecr/registryScanningConfiguration:RegistryScanningConfiguration"
REGISTRY_POLICY = "aws:ecr/registryPolicy:RegistryPolicy"
REPLICATION_CONFIGURATION = "aws:ecr/replicationConfiguration:ReplicationConfiguration"
CREATION_TEMPLATE = "aws:ecr/repositoryCreationTemplate:RepositoryCreationTemplate"
PULL_THROUGH_RULE = "aws:ecr/pullThroughCacheRule:PullThroughCacheRule"
ACCOUNT_SETTING = "aws:ecr/accountSetting:AccountSetting"
PULL_TIME_EXCLUSION = "aws:ecr/pullTimeUpdateExclusion:PullTimeUpdateExclusion"
# Rules judge it; this program declares none.
PUBLIC_REPOSITORY = "aws:ecrpublic/repository:Repository"

_KEY_OF_BLOCK = "encryptionConfigurations[].kmsKey"


def _registry(declaration: Declaration, _id: str) -> dict[str, str]:
    return {"registryId": declaration.account}


def _repository(declaration: Declaration, name: str) -> dict[str, str]:
    region, account = declaration.inputs["region"], declaration.account
    return {
        "arn": repository_arn(region, account, name),
        "registryId": account,
        "repositoryUrl": f"{registry_host(account, region)}/{name}",
    }


def _describe_repository(inputs: Inputs) -> list[str]:
    filters = [each["filter"] for each in inputs.get("imageTagMutabilityExclusionFilters", [])]
    encryption = inputs["encryptionConfigurations"][0]
    managed = "the account's aws/ecr key" if encryption["encryptionType"] == "KMS" else "AES256"
    tags = inputs["tags"]
    notes = [
        f"{inputs['imageTagMutability']}{': ' if filters else ''}{', '.join(filters)}",
        "customer key" if "kmsKey" in encryption else managed,
        f"owner {tags['owner']}",
    ]
    if "retire-until" in tags:
        notes.append(f"retires until {tags['retire-until']}")
    return [*notes, "force delete"] if inputs.get("forceDelete") else notes


def _describe_policy(inputs: Inputs) -> Sequence[str]:
    return policy_lines(inputs["policy"])


def _describe_scanning(inputs: Inputs) -> list[str]:
    rules = [
        f"{rule['scanFrequency']} {', '.join(each['filter'] for each in rule['repositoryFilters'])}"
        for rule in inputs["rules"]
    ]
    return [inputs["scanType"], *rules]


def _describe_replication(inputs: Inputs) -> list[str]:
    rules = []
    for rule in inputs["replicationConfiguration"]["rules"]:
        where = ", ".join(f"{each['registryId']} {each['region']}" for each in rule["destinations"])
        prefixes = ", ".join(f"{each['filter']}*" for each in rule.get("repositoryFilters", []))
        rules.append(f"{prefixes or 'every repository'} to {where}")
    return rules


TYPES = (
    ResourceType(
        token=REPOSITORY,
        # kms_key is Computed, too; both blocks have SuppressMissingOptionalConfigurationBlock.
        source="ecr/repository.go 0072eea: ForceNew on name, encryption_configuration",
        identity=("name",),
        make_outputs=_repository,
        exclusive=True,
        replaces=("name", "encryptionConfigurations"),
        updates=words_in(
            "forceDelete imageScanningConfiguration imageTagMutability imageTagMutabilityExclusionFilters tags"
        ),
        optional=("encryptionConfigurations", "imageScanningConfiguration"),
        undecided=(_KEY_OF_BLOCK,),
        tags="tags",
        unknown_in_replacement=("name",),
        reads=("DescribeRepositories", "ListTagsForResource"),
        creates=("CreateRepository",),
        changes=words_in(
            "PutImageTagMutability PutImageScanningConfiguration TagResource UntagResource DeleteRepository"
        ),
        parameters={"repositoryName": "name", "encryptionConfiguration": "encryptionConfigurations", "tags": "tags"},
        settings_keys={
            "imageTagMutability": "mutable_tags",
            "imageTagMutabilityExclusionFilters": "mutable_tags",
            "encryptionConfigurations": "encryption",
            "forceDelete": "retire",
            "tags": "owner",
        },
        describe=_describe_repository,
    ),
    ResourceType(
        token=LIFECYCLE_POLICY,
        # The resource has no Update at all.
        source="ecr/lifecycle_policy.go 00a3530: ForceNew on policy, repository",
        identity=("repository",),
        make_outputs=_registry,
        replaces=("policy", "repository"),
        documents={"policy": Grammar.LIFECYCLE},
        deletes_first=True,  # https://github.com/pulumi/pulumi-aws/pull/2085
        reads=("GetLifecyclePolicy",),
        creates=("PutLifecyclePolicy",),
        changes=("DeleteLifecyclePolicy",),
        parameters={"repositoryName": "repository"},
        settings_key="retention",
        describe=lambda inputs: [rule["description"] for rule in json.loads(inputs["policy"])["rules"]],
    ),
    ResourceType(
        token=REPOSITORY_POLICY,
        source="ecr/repository_policy.go 004b82b: ForceNew on repository",
        identity=("repository",),
        make_outputs=_registry,
        replaces=("repository",),
        updates=("policy",),
        documents={"policy": Grammar.IAM},
        reads=("GetRepositoryPolicy",),
        creates=("SetRepositoryPolicy",),
        changes=("DeleteRepositoryPolicy",),
        parameters={"repositoryName": "repository"},
        settings_key="pull",
        describe=_describe_policy,
    ),
    ResourceType(
        token=SCANNING_CONFIGURATION,
        # rule and repository_filter are TypeSet. A deletion puts the default.
        source="ecr/registry_scanning_configuration.go 004b82b",
        identity=(),
        make_outputs=_registry,
        updates=("scanType", "rules"),
        sets=("rules", "rules[].repositoryFilters"),
        reads=("GetRegistryScanningConfiguration",),
        creates=("PutRegistryScanningConfiguration",),
        parameters={"scanType": "scanType"},
        settings_key="scanning",
        describe=_describe_scanning,
    ),
    ResourceType(
        token=REGISTRY_POLICY,
        source="ecr/registry_policy.go 083b5c7",
        identity=(),
        make_outputs=_registry,
        updates=("policy",),
        documents={"policy": Grammar.IAM},
        reads=("GetRegistryPolicy",),
        creates=("PutRegistryPolicy",),
        changes=("DeleteRegistryPolicy",),
        settings_key="registry_policy",
        describe=_describe_policy,
    ),
    ResourceType(
        token=REPLICATION_CONFIGURATION,
        # All of it are lists, none a set. A deletion puts no rules.
        source="ecr/replication_configuration.go 00a3530",
        identity=(),
        make_outputs=_registry,
        updates=("replicationConfiguration",),
        reads=("DescribeRegistry",),
        creates=("PutReplicationConfiguration",),
        settings_key="replicas",
        describe=_describe_replication,
    ),
    ResourceType(
        token=CREATION_TEMPLATE,
        # applied_for is a TypeSet; encryption_configuration has SuppressMissingOptionalConfigurationBlock.
        source="ecr/repository_creation_template.go 083b5c7: ForceNew on prefix",
        identity=("prefix",),
        make_outputs=_registry,
        exclusive=True,
        replaces=("prefix",),
        updates=words_in(
            "appliedFors customRoleArn description encryptionConfigurations imageTagMutability "
            "imageTagMutabilityExclusionFilters lifecyclePolicy repositoryPolicy resourceTags"
        ),
        optional=("encryptionConfigurations",),
        undecided=(_KEY_OF_BLOCK,),
        sets=("appliedFors",),
        documents={"lifecyclePolicy": Grammar.LIFECYCLE, "repositoryPolicy": Grammar.IAM},
        tags="resourceTags",
        reads=("DescribeRepositoryCreationTemplates",),
        creates=("CreateRepositoryCreationTemplate",),
        changes=("UpdateRepositoryCreationTemplate", "DeleteRepositoryCreationTemplate"),
        parameters={"prefix": "prefix", "customRoleArn": "customRoleArn"},
        settings_key="replicas",
        describe=lambda inputs: [
            f"{inputs['prefix']} for {', '.join(inputs['appliedFors'])}",
            inputs.get("imageTagMutability", "MUTABLE"),
        ],
    ),
    ResourceType(
        token=PULL_THROUGH_RULE,
        # credential_arn and custom_role_arn, left out, are not sent, and stay in AWS.
        source=(
            "ecr/pull_through_cache_rule.go 0509e60: "
            "ForceNew on ecr_repository_prefix, upstream_registry_url, upstream_repository_prefix"
        ),
        identity=("ecrRepositoryPrefix",),
        make_outputs=_registry,
        exclusive=True,
        replaces=("ecrRepositoryPrefix", "upstreamRegistryUrl", "upstreamRepositoryPrefix"),
        updates=("credentialArn", "customRoleArn"),
        reads=("DescribePullThroughCacheRules",),
        creates=("CreatePullThroughCacheRule",),
        changes=("UpdatePullThroughCacheRule", "DeletePullThroughCacheRule"),
        parameters={"credentialArn": "credentialArn", "customRoleArn": "customRoleArn"},
        settings_key="caches",
    ),
    ResourceType(
        token=ACCOUNT_SETTING,
        # A deletion does nothing (WithNoOpDelete).
        source="ecr/account_setting.go 21bd70c: RequiresReplace on name",
        identity=("name",),
        replaces=("name",),
        updates=("value",),
        reads=("GetAccountSetting",),
        creates=("PutAccountSetting",),
        settings_key="blob_mounting",
        describe=lambda inputs: [f"{inputs['name']} {inputs['value']}"],
    ),
    ResourceType(
        token=PULL_TIME_EXCLUSION,
        source="ecr/pull_time_update_exclusion.go 20e0a28: RequiresReplace on principal_arn",
        identity=("principalArn",),
        exclusive=True,
        replaces=("principalArn",),
        reads=("ListPullTimeUpdateExclusions",),
        creates=("RegisterPullTimeUpdateExclusion",),
        changes=("DeregisterPullTimeUpdateExclusion",),
        settings_key="pull_time_exclusions",
        describe=lambda inputs: [inputs["principalArn"]],
    ),
)
