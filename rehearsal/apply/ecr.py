"""Repositories, their policies, and a registry's settings."""

from typing import Any

from rehearsal.apply.builder import Builder, Order
from resources import Answer, Inputs, words_in
from resources.ecr import (
    ACCOUNT_SETTING,
    CREATION_TEMPLATE,
    LIFECYCLE_POLICY,
    PULL_THROUGH_RULE,
    PULL_TIME_EXCLUSION,
    REGISTRY_POLICY,
    REPLICATION_CONFIGURATION,
    REPOSITORY,
    REPOSITORY_POLICY,
    SCANNING_CONFIGURATION,
)


def _repository(order: Order) -> Answer:
    ecr, inputs = order.client("ecr"), order.inputs
    if order.import_id is None:
        made = ecr.create_repository(
            repositoryName=inputs["name"],
            tags=order.tags(),
            imageScanningConfiguration={"scanOnPush": inputs["imageScanningConfiguration"]["scanOnPush"]},
            encryptionConfiguration=_encryption(inputs),
            **_mutability(inputs),
        )["repository"]
    else:
        made = _adopted(ecr, order)
    outputs = {"arn": "repositoryArn", "registryId": "registryId", "repositoryUrl": "repositoryUri"}
    return made["repositoryName"], {name: made[answered] for name, answered in outputs.items()}


def _adopted(ecr: Any, order: Order) -> dict[str, str]:
    """One that existed before with other settings, updated to what is declared."""
    inputs, name = order.inputs, order.inputs["name"]
    answer = ecr.create_repository(repositoryName=name, encryptionConfiguration=_encryption(inputs))
    found: dict[str, str] = answer["repository"]
    ecr.put_image_tag_mutability(repositoryName=name, **_mutability(inputs))
    scanning = dict(inputs["imageScanningConfiguration"])
    ecr.put_image_scanning_configuration(repositoryName=name, imageScanningConfiguration=scanning)
    ecr.tag_resource(resourceArn=found["repositoryArn"], tags=order.tags())
    return found


def _mutability(inputs: Inputs) -> dict[str, Any]:
    mode = {"imageTagMutability": inputs["imageTagMutability"]}
    filters = inputs.get("imageTagMutabilityExclusionFilters")
    return {**mode, "imageTagMutabilityExclusionFilters": filters} if filters else mode


def _encryption(inputs: Inputs) -> dict[str, str]:
    (configuration,) = inputs["encryptionConfigurations"]
    return dict(configuration)


def _lifecycle_policy(order: Order) -> Answer:
    name = order.inputs["repository"]
    made = order.client("ecr").put_lifecycle_policy(repositoryName=name, lifecyclePolicyText=order.inputs["policy"])
    return name, {"registryId": made["registryId"]}


def _repository_policy(order: Order) -> Answer:
    name = order.inputs["repository"]
    made = order.client("ecr").set_repository_policy(repositoryName=name, policyText=order.inputs["policy"])
    return name, {"registryId": made["registryId"]}


def _registry_policy(order: Order) -> Answer:
    made = order.client("ecr").put_registry_policy(policyText=order.inputs["policy"])
    return made["registryId"], {"registryId": made["registryId"]}


def _scanning_configuration(order: Order) -> Answer:
    ecr, keys = order.client("ecr"), ("scanFrequency", "repositoryFilters")
    rules = [{key: rule[key] for key in keys} for rule in order.inputs.get("rules", ())]
    ecr.put_registry_scanning_configuration(scanType=order.inputs["scanType"], rules=rules)
    registry = ecr.get_registry_scanning_configuration()["registryId"]
    return registry, {"registryId": registry}


def _account_setting(order: Order) -> Answer:
    made = order.client("ecr").put_account_setting(name=order.inputs["name"], value=order.inputs["value"])
    return made["name"], {}


def _pull_time_exclusion(order: Order) -> Answer:
    principal = order.inputs["principalArn"]
    order.client("ecr").register_pull_time_update_exclusion(principalArn=principal)
    return principal, {}


def _replication_configuration(order: Order) -> Answer:
    ecr = order.client("ecr")
    ecr.put_replication_configuration(replicationConfiguration=order.inputs["replicationConfiguration"])
    registry = ecr.describe_registry()["registryId"]
    return registry, {"registryId": registry}


def _creation_template(order: Order) -> Answer:
    inputs = order.inputs
    as_they_are = ("customRoleArn", "description", "lifecyclePolicy", "repositoryPolicy")
    encryption = {}
    if "encryptionConfigurations" in inputs:
        encryption = {"encryptionConfiguration": {"encryptionType": "AES256", **_encryption(inputs)}}  # its default
    made = order.client("ecr").create_repository_creation_template(
        prefix=inputs["prefix"],
        appliedFor=inputs["appliedFors"],
        resourceTags=order.tags("resourceTags"),
        **_mutability({"imageTagMutability": "MUTABLE", **inputs}),
        **encryption,
        **{name: inputs[name] for name in as_they_are if name in inputs},
    )
    return made["repositoryCreationTemplate"]["prefix"], {"registryId": made["registryId"]}


def _pull_through_rule(order: Order) -> Answer:
    given = {name: value for name, value in order.inputs.items() if name in _PULL_THROUGH_RULE}
    made = order.client("ecr").create_pull_through_cache_rule(**given)
    return made["ecrRepositoryPrefix"], {"registryId": made["registryId"]}


_PULL_THROUGH_RULE = words_in(
    "ecrRepositoryPrefix upstreamRegistryUrl upstreamRepositoryPrefix credentialArn customRoleArn"
)
"""The API's names, which are the provider's."""

BUILDERS = {
    REPOSITORY: Builder(
        build=_repository,
        properties=words_in(
            "name tags imageTagMutability imageTagMutabilityExclusionFilters imageScanningConfiguration "
            "encryptionConfigurations"
        ),
        at_deletion=("forceDelete",),
    ),
    LIFECYCLE_POLICY: Builder(build=_lifecycle_policy, properties=("repository", "policy")),
    REPOSITORY_POLICY: Builder(build=_repository_policy, properties=("repository", "policy")),
    REGISTRY_POLICY: Builder(build=_registry_policy, properties=("policy",)),
    SCANNING_CONFIGURATION: Builder(build=_scanning_configuration, properties=("scanType", "rules")),
    REPLICATION_CONFIGURATION: Builder(build=_replication_configuration, properties=("replicationConfiguration",)),
    CREATION_TEMPLATE: Builder(
        build=_creation_template,
        properties=words_in(
            "prefix appliedFors customRoleArn description encryptionConfigurations "
            "imageTagMutability imageTagMutabilityExclusionFilters lifecyclePolicy repositoryPolicy resourceTags"
        ),
    ),
    ACCOUNT_SETTING: Builder(build=_account_setting, properties=("name", "value")),
    PULL_TIME_EXCLUSION: Builder(build=_pull_time_exclusion, properties=("principalArn",)),
    PULL_THROUGH_RULE: Builder(build=_pull_through_rule, properties=_PULL_THROUGH_RULE),
}
