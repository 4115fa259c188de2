"""Replication of images, with creation templates for repositories that the settings do not declare."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi_aws import ecr

from components.component import Component
from components.registry_resources import RegistryResources
from domain.ecr.creation_templates import ROOT, Occasion
from domain.ecr.replication import PREFIX_MATCH, ReplicationRule
from domain.ecr.tags import TagMutability


@dataclass(frozen=True, kw_only=True)
class ReplicationArgs:
    """The replication configuration of one registry; a registry has only one."""

    region: str
    rules: Sequence[ReplicationRule]
    replicas: Sequence[RegistryResources]
    """Created before the configuration: for an image without a repository, ECR creates one."""
    template_keys: Mapping[str, pulumi.Input[str]]
    """By region, the ARN of the key for repositories that ECR creates there."""
    template_role: pulumi.Input[str] | None
    """The role with which Amazon ECR creates them."""
    template_lifecycle: str
    tags: Mapping[str, str]


class Replication(Component):
    """The replication configuration, after the replicas and the creation templates."""

    def __init__(self, name: str, args: ReplicationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        templates = [
            self._template(f"{name}.{region}", region, key, args) for region, key in args.template_keys.items()
        ]
        replicas = [each.repository for registry in args.replicas for each in registry.repositories.values()]
        after = pulumi.ResourceOptions(depends_on=[*templates, *replicas])
        ecr.ReplicationConfiguration(
            name,
            replication_configuration={"rules": [_rule(each) for each in args.rules]},
            region=args.region,
            opts=pulumi.ResourceOptions.merge(self.child(), after),
        )
        self.register_outputs({})

    def _template(self, name: str, region: str, key: pulumi.Input[str], args: ReplicationArgs) -> pulumi.Resource:
        """The template for repositories that are not declared: as secure as a declared one."""
        return ecr.RepositoryCreationTemplate(
            name,
            prefix=ROOT,
            applied_fors=[Occasion.REPLICATION.value],
            description="For replicas of repositories that are not declared here",
            custom_role_arn=args.template_role,
            encryption_configurations=[{"encryption_type": "KMS", "kms_key": key}],
            image_tag_mutability=TagMutability.IMMUTABLE.value,
            lifecycle_policy=args.template_lifecycle,
            resource_tags=args.tags,
            region=region,
            opts=self.child(),
        )


def _rule(rule: ReplicationRule) -> ecr.ReplicationConfigurationReplicationConfigurationRuleArgsDict:
    filters: list[ecr.ReplicationConfigurationReplicationConfigurationRuleRepositoryFilterArgsDict] = [
        {"filter": each, "filter_type": PREFIX_MATCH} for each in rule.prefixes
    ]
    rest: ecr.ReplicationConfigurationReplicationConfigurationRuleArgsDict = {
        "destinations": [{"region": each.region, "registry_id": each.account} for each in rule.destinations]
    }
    return {**rest, "repository_filters": filters} if filters else rest
