"""A registry of one's own in a cluster."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pulumi

from components.cluster_pull.declaring import declare_objects
from components.component import Component
from domain.selfhosted.cluster_registry import ClusterRegistry, in_base64, registry_steps
from domain.selfhosted.collection_objects import SCRIPT, collection_steps
from domain.selfhosted.own_registry import HTPASSWD


@dataclass(frozen=True, kw_only=True)
class SelfHostedRegistryArgs:
    """`htpasswd` is the text of that file, `upstream_password` that of the user at the registry pulled through."""

    placed: ClusterRegistry
    htpasswd: pulumi.Input[str] | None
    upstream_password: pulumi.Input[str] | None


class SelfHostedRegistry(Component):
    """Two Deployments behind one Service and its Ingress, its volume and users, a page, and a garbage collection."""

    def __init__(self, name: str, args: SelfHostedRegistryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        users = _data(args.htpasswd, lambda text: {HTPASSWD: in_base64(text)})
        upstream = _data(args.upstream_password, lambda text: {"password": in_base64(text)})
        steps = registry_steps(args.placed, users, upstream)
        config = next(each for step in steps for each in step if each.part == "config").manifest["metadata"]["name"]
        running = declare_objects(self, name, steps)
        declare_objects(self, name, collection_steps(args.placed, config, _script()), running)
        self.register_outputs({})


def _data(
    text: pulumi.Input[str] | None, made: Callable[[str], dict[str, str]]
) -> pulumi.Output[dict[str, str]] | None:
    return None if text is None else pulumi.Output.secret(pulumi.Output.from_input(text).apply(made))


@cache
def _script() -> str:
    return Path(__file__).with_name(SCRIPT).read_text(encoding="utf-8")
