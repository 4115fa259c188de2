"""The policies of one cluster."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from components.cluster_pull.declaring import declare_objects
from components.component import Component
from domain.kubernetes.pull_access import Steps


@dataclass(frozen=True, kw_only=True)
class ClusterPoliciesArgs:
    """Each policy comes before the binding by which it counts."""

    steps: Steps


class ClusterPolicies(Component):
    """What refreshers can write, and which images the cluster admits."""

    def __init__(self, name: str, args: ClusterPoliciesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self.bindings: Sequence[pulumi.Resource] = declare_objects(self, name, args.steps)
        self.register_outputs({})
