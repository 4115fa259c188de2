"""The resources of one cluster."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import pulumi

from components.cluster_pull.cluster_policies import ClusterPolicies, ClusterPoliciesArgs
from components.cluster_pull.cluster_pull_access import ClusterPullAccess, ClusterPullAccessArgs
from domain.kubernetes.cluster import Cluster
from domain.kubernetes.kubeconfig import kubeconfig
from domain.kubernetes.pull_access import PullAccess, cluster_steps


@dataclass(frozen=True, kw_only=True)
class PulledRegistry:
    """What every cluster of a stack pulls from, and with."""

    hosts: tuple[str, ...]
    mutable_tags: Mapping[str, tuple[str, ...]]
    """By repository, the tags that can move; all others of it can't."""
    role_policies: Mapping[str, pulumi.Resource]
    """By the name of a pull role that the stack declares."""


class ClusterResources:
    """Provider, policies and pull access; not a component itself, so that they have no common parent."""

    def __init__(self, cluster: Cluster, registry: PulledRegistry, role_arns: Mapping[str, str | None]) -> None:
        """`role_arns` has the pull role of each namespace."""
        self._cluster = cluster
        made = [
            PullAccess(
                cluster=cluster, namespace=each, hosts=registry.hosts, role_arn=role_arns[each.name], script=_script()
            )
            for each in cluster.namespaces
        ]  # fmt: skip
        accesses = [each for each in made if each.namespace.has_objects]
        steps = cluster_steps(cluster, registry.hosts, registry.mutable_tags)
        if not (accesses or steps):
            return
        opts, after = self.options, list[pulumi.Resource]()
        if steps:
            after += ClusterPolicies(f"policies@{cluster.name}", ClusterPoliciesArgs(steps=steps), opts).bindings
        for access in accesses:
            namespace = access.namespace
            role = registry.role_policies.get(namespace.role or "")
            tokens = [pulumi.Config().require_secret(each.token_key) for each in namespace.credentials]
            needed = after if role is None else [*after, role]
            args = ClusterPullAccessArgs(access=access, tokens=tokens, after=needed)
            ClusterPullAccess(f"{namespace.name}@{cluster.name}", args, opts)

    @cached_property
    def options(self) -> pulumi.ResourceOptions:
        """Of all that is declared in the cluster: its one provider."""
        return cluster_options(self._cluster)


def cluster_options(cluster: Cluster) -> pulumi.ResourceOptions:
    """Options for objects of the cluster. The SDK is imported only here: few stacks have clusters."""
    try:
        from pulumi_kubernetes import Provider  # noqa: PLC0415
    except ModuleNotFoundError:
        raise pulumi.RunError(
            f"stack {pulumi.get_stack()!r} declares clusters, whose SDK is not installed: run make install, "
            "or pip install '.[clusters]'"
        ) from None
    provider = Provider(
        cluster.name,
        kubeconfig=kubeconfig(cluster),
        # With it a moved endpoint is an update of the provider; without it all objects would be replaced.
        cluster_identifier=cluster.identifier,
        # A secret that is replaced has another UID, and every node must authenticate anew.
        enable_secret_mutable=True,
        enable_config_map_mutable=True,
        enable_server_side_apply=True,
        # Each of these would be taken from the environment.
        delete_unreachable=False,
        enable_patch_force=False,
        skip_update_unreachable=False,
        upsert_existing_objects=False,
    )
    return pulumi.ResourceOptions(provider=provider)


@cache
def _script() -> str:
    """The refresher's program."""
    return Path(__file__).with_name("refresh.py").read_text(encoding="utf-8")
