"""The program: settings in, components out, exports."""

import asyncio
import gc
from pathlib import Path

import pulumi

import components
from domain.iam.roles import chat_role, template_role
from domain.monitoring.subscribers import CHAT_REGION
from settings import StackRegistry
from settings.from_engine import engine_settings

# Declaring only ever adds objects: the collector finds nothing to free, at a cost that grows with every resource.
gc.disable()
settings = engine_settings(Path(__file__).parent)


def key_args(
    registry: StackRegistry, use: str, alias: str, policy: str, *, monitoring: bool = False
) -> components.EncryptionKeyArgs:
    """A key of one registry: of its images, or of its monitoring."""
    return components.EncryptionKeyArgs(
        description=f"Encrypts the {use} of {registry.account} in {registry.region}", region=registry.region,
        alias=alias, policy=policy, tags=settings.key_tags(registry, monitoring=monitoring),
        deletion_days=settings.key_deletion_days, protect=settings.protects(registry, monitoring=monitoring),
    )  # fmt: skip


def declare(registry: StackRegistry, opts: pulumi.ResourceOptions | None) -> components.RegistryResources:
    """The resources of one registry."""
    key = key_args(registry, "container images", settings.project, settings.image_key_policy(registry))
    own = components.RegistrySettingsArgs(
        region=registry.region, scan_type=settings.scanning.scan_type, scan_rules=settings.scanning.scan_rules,
        registry_policy=settings.registry_policy_of(registry), pull_time_exclusions=settings.pull_time_exclusions,
        blob_mounting=settings.blob_mounting,
    )  # fmt: skip
    return components.RegistryResources(registry.name, key, own, settings.copies(registry), opts)


def monitor(
    registry: StackRegistry, image_key: pulumi.Input[str], opts: pulumi.ResourceOptions | None
) -> "components.RegistryMonitoring":
    """The monitoring of one registry, under keys of its own."""
    secrets, monitored = pulumi.Config(), settings.monitoring[registry]
    names, policies = monitored.names, monitored.key_policies
    key = key_args(registry, "notifications and logs", names.topic, policies.topic, monitoring=True)
    letters_key = key_args(registry, "dead letters", names.dead_letters, policies.dead_letters, monitoring=True)
    args = components.RegistryMonitoringArgs(
        region=registry.region, monitored=monitored, image_key=image_key,
        key=components.EncryptionKey(f"monitoring@{registry.name}", key, opts).arn,
        dead_letters_key=components.EncryptionKey(f"undelivered@{registry.name}", letters_key, opts).arn,
        endpoints={name: secrets.require_secret(name) for name in monitored.secret_endpoints}, tags=settings.tags,
    )  # fmt: skip
    return components.RegistryMonitoring(f"registry@{registry.name}", args, opts)


async def main() -> pulumi.Inputs:
    roles = components.RegistryRoles("registry", components.RegistryRolesArgs(
        roles=settings.roles, path=settings.role_path, boundary=settings.boundary,
        session_seconds=settings.role_options.session_seconds, tags=settings.tags,
    ))  # fmt: skip
    others = {account: components.other_account_options(*where) for account, where in settings.other_accounts.items()}
    declared = {registry: declare(registry, others.get(registry.account)) for registry in settings.all_registries}
    home, role = declared[settings.home], roles.arns.get(template_role(settings.stack))
    for cache in settings.caches:
        token = pulumi.Config().require_secret(cache.token_key) if cache.username else None
        own = components.PullThroughCacheArgs(cache=cache, key=home.key.arn, role=role, token=token)
        components.PullThroughCache(f"{cache.rule.prefix}@{cache.region}", own)
    if settings.replication:
        components.Replication(f"registry@{settings.home.name}", components.ReplicationArgs(
            region=settings.home.region, rules=settings.replication, tags=settings.tags,
            replicas=[each for registry, each in declared.items() if not registry.home],
            template_keys={registry.region: declared[registry].key.arn for registry in settings.registries[1:]},
            template_role=role, template_lifecycle=settings.net_text(),
        ))  # fmt: skip
    monitored = {each: monitor(each, declared[each].key.arn, others.get(each.account)) for each in settings.monitoring}
    topics = [each.topic for registry, each in monitored.items() if registry.role is None]
    for channel in settings.chat_channels:
        components.ChatChannel(channel.channel, components.ChatChannelArgs(
            name=f"{settings.project}-{settings.stack}-{channel.channel}", region=CHAT_REGION, channel=channel,
            role=roles.arns[chat_role(settings.stack)], topics=topics, tags=settings.tags,
        ))  # fmt: skip
    pulled = components.PulledRegistry(
        hosts=settings.cluster_hosts, mutable_tags=settings.mutable_tags, role_policies=roles.policies
    )  # fmt: skip
    clusters = {}
    for cluster in settings.clusters:
        role_arns = {each.name: settings.pull_role_arn(cluster, each) for each in cluster.namespaces}
        clusters[cluster.name] = components.ClusterResources(cluster, pulled, role_arns)
    for placed in settings.self_hosted:
        secrets = [key and pulumi.Config().require_secret(key) for key in (placed.htpasswd_key, placed.upstream_key)]
        components.SelfHostedRegistry(f"{placed.name}@{placed.cluster}", components.SelfHostedRegistryArgs(
            placed=placed, htpasswd=secrets[0], upstream_password=secrets[1],
        ), clusters[placed.cluster].options)  # fmt: skip
    at_github = {owner: components.github_options(owner) for owner in settings.github_owners}
    for each in settings.github:
        args = components.SourceRepositoryArgs(repository=each)
        components.SourceRepository(each.full_name, args, at_github[each.owner])
    # One turn of the loop takes the first answers, before the SDK waits for all that is pending again and again.
    await asyncio.sleep(0)
    registries = {registry.name: {"host": registry.host, **made.outputs()} for registry, made in declared.items()}
    return {"roles": roles.arns, "registries": registries}


pulumi.run(main)
