"""How the pods of one namespace pull."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from components.cluster_pull.declaring import declare_objects
from components.component import Component
from domain.kubernetes.objects import DOCKER_CONFIG
from domain.kubernetes.pull_access import PullAccess
from domain.kubernetes.static_registry import docker_config


@dataclass(frozen=True, kw_only=True)
class ClusterPullAccessArgs:
    """`tokens` are the passwords of the namespace's credentials, in their order."""

    access: PullAccess
    tokens: Sequence[pulumi.Input[str]]
    after: Sequence[pulumi.Resource]
    """What must be there before: the policies of the cluster, and the role that it pulls with."""


class ClusterPullAccess(Component):
    """The objects of the namespace's mode, and the service accounts that pull by it."""

    def __init__(self, name: str, args: ClusterPullAccessArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        declare_objects(self, name, args.access.steps(_docker_config(args)), args.after)
        self.register_outputs({})


def _docker_config(args: ClusterPullAccessArgs) -> pulumi.Output[dict[str, str]] | None:
    credentials = args.access.namespace.credentials
    if not credentials:
        return None

    def data(tokens: Sequence[str]) -> dict[str, str]:
        logins = zip(credentials, tokens, strict=True)
        return {DOCKER_CONFIG: docker_config((each.registry, each.username, token) for each, token in logins)}

    return pulumi.Output.secret(pulumi.Output.all(*args.tokens).apply(data))
