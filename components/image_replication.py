"""What brings the images to the replicas, and a net for what comes to a registry where nobody declared it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi_aws import ecr

from components.component import Component
from components.registry_resources import Registry
from domain.ecr.creation_templates import ROOT, Occasion
from domain.ecr.replication import PREFIX_MATCH, ReplicationRule
from domain.ecr.tags import TagMutability


@dataclass(frozen=True, kw_only=True)
class ReplicationArgs:
    """The whole configuration of one registry, which has one."""

    region: str
    rules: Sequence[ReplicationRule]
    replicas: Sequence[Registry]
    """What must stand before the first image comes: one that finds no repository makes its own."""
    net_keys: Mapping[str, pulumi.Input[str]]
    """By region, the key of each replica in which a repository may be made that nobody declared."""
    net_role: pulumi.Input[str] | None
    """As whom Amazon ECR makes them."""
    net_lifecycle: str
    tags: Mapping[str, str]


class Replication(Component):
    """The replication configuration, after all that it fills."""

    def __init__(self, name: str, args: ReplicationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        nets = [self._net(f"{name}.{region}", region, key, args) for region, key in args.net_keys.items()]
        filled = [each.repository for made in args.replicas for each in made.repositories.values()]
        after = pulumi.ResourceOptions(depends_on=[*nets, *filled])
        ecr.ReplicationConfiguration(
            name,
            replication_configuration={"rules": [_rule(each) for each in args.rules]},
            region=args.region,
            opts=pulumi.ResourceOptions.merge(self.child(), after),
        )
        self.register_outputs({})

    def _net(self, name: str, region: str, key: pulumi.Input[str], args: ReplicationArgs) -> pulumi.Resource:
        """The template of last resort in a replica's registry: as secure as what is declared."""
        return ecr.RepositoryCreationTemplate(
            name,
            prefix=ROOT,
            applied_fors=[Occasion.REPLICATION.value],
            description="For replicas of repositories that nobody declared here",
            custom_role_arn=args.net_role,
            encryption_configurations=[{"encryption_type": "KMS", "kms_key": key}],
            image_tag_mutability=TagMutability.IMMUTABLE.value,
            lifecycle_policy=args.net_lifecycle,
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
