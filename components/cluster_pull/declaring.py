"""Declares objects of a cluster, step by step."""

from collections.abc import Sequence

import pulumi

from components.component import Component
from domain.kubernetes.objects import KubernetesObject
from domain.kubernetes.pull_access import Steps

_SECRET_OUTPUTS = {"kubernetes:core/v1:Secret": ["data", "stringData"]}
"""As the SDK's own class has them."""
_CLAIM = "kubernetes:core/v1:PersistentVolumeClaim"
_RETAINED = {"kubernetes:core/v1:Namespace", _CLAIM}
"""What leaves the stack and stays in the cluster: a namespace would take all that runs in it along, a claim its
volume."""
_FIXED = {_CLAIM: ["spec"]}
"""What is declared once: a change would replace the claim. Its volume is grown in the cluster."""


def declare_objects(
    component: Component, name: str, steps: Steps, after: Sequence[pulumi.Resource] = ()
) -> Sequence[pulumi.Resource]:
    """Children of the component, each step after the one before it; what the last step, or else `after`, has.

    By the type's name alone: the SDK's modules of the core types take half a second to import.
    """
    for step in steps:
        after = [_declared(component, name, each, after) for each in step]
    return after


def _declared(
    component: Component, name: str, declared: KubernetesObject, after: Sequence[pulumi.Resource]
) -> pulumi.Resource:
    token = declared.token
    opts = component.child(
        depends_on=list(after),
        additional_secret_outputs=_SECRET_OUTPUTS.get(token),
        retain_on_delete=True if token in _RETAINED else None,
        ignore_changes=_FIXED.get(token),
    )
    return pulumi.CustomResource(token, f"{name}.{declared.part}" if declared.part else name, declared.manifest, opts)
