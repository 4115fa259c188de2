"""Roles of clusters and what binds them: what they allow, and to whom."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from policies.checks.cluster_objects import ClusterObject, declarable, objects_in
from policies.checks.input_values import as_list, holds_unknown, is_unknown, value_within
from policies.pack.rule import CheckedResource
from resources.kubernetes import POLICY_ROLE, ROLE_BINDING

ANY = "*"
CORE = ""
RBAC = "rbac.authorization.k8s.io"
_ROLES = (POLICY_ROLE, POLICY_ROLE.replace(":Role", ":ClusterRole"))
_BINDINGS = (ROLE_BINDING, ROLE_BINDING.replace(":Role", ":ClusterRole"))
ROLE_TYPES = declarable(*_ROLES, *_BINDINGS)
RULE_KEYS = ("apiGroups", "resources", "verbs", "resourceNames")

RoleKey = tuple[str | None, str, str, str]
"""Of a role in its cluster: the provider, the kind, and its namespace and name."""
Subject = tuple[str, str, str]
"""Its kind, namespace and name."""


@dataclass(frozen=True, slots=True)
class RoleRule:
    """One rule of a role as RBAC reads it: https://pkg.go.dev/k8s.io/kubernetes/plugin/pkg/auth/authorizer/rbac"""

    groups: frozenset[str]
    resources: frozenset[str]
    verbs: tuple[str, ...]
    names: tuple[str, ...]
    """The known ones."""
    has_names: bool

    @classmethod
    def of(cls, value: Any) -> "RoleRule":
        groups, resources, verbs, names = (_texts(value_within(value, (key,))) for key in RULE_KEYS)
        has_names = bool(as_list(value_within(value, ("resourceNames",))))
        return cls(frozenset(groups), frozenset(resources), verbs, names, has_names)

    def reaches(self, group: str, *resources: str) -> bool:
        """Whether it is about one of the resources, which are of the group."""
        # A subresource is reached by `*/NAME`, too.
        others = {f"{ANY}/{each.partition('/')[2]}" for each in resources if "/" in each}
        return bool(self.groups & {group, ANY}) and bool(self.resources & {*resources, *others, ANY})


def roles_in(resources: Iterable[CheckedResource]) -> Iterator[ClusterObject]:
    return (each for resource in resources for each in objects_in(resource) if each.type in _ROLES)


def bindings_in(resources: Iterable[CheckedResource]) -> Iterator[ClusterObject]:
    return (each for resource in resources for each in objects_in(resource) if each.type in _BINDINGS)


def key_of(role: ClusterObject) -> RoleKey:
    return role.resource.provider, role.kind, _namespace(role), str(value_within(role.value, ("metadata", "name")))


def bound_role(binding: ClusterObject) -> RoleKey | None:
    """None where it is not known yet."""
    reference = value_within(binding.value, ("roleRef",))
    if holds_unknown(reference):
        return None
    kind, name = (str(value_within(reference, (key,)) or "") for key in ("kind", "name"))
    return binding.resource.provider, kind, _namespace(binding) if kind == "Role" else "", name


def subjects_of(binding: ClusterObject) -> list[Subject]:
    """The known ones; of a service account without a namespace, the binding's."""
    found = []
    for each in as_list(value_within(binding.value, ("subjects",))):
        kind, namespace, name = (str(value_within(each, (key,)) or "") for key in ("kind", "namespace", "name"))
        if not holds_unknown(each):
            found.append((kind, namespace or _namespace(binding), name))
    return found


def _namespace(declared: ClusterObject) -> str:
    """Empty of what has none."""
    if declared.kind.startswith("Cluster"):
        return ""
    return str(value_within(declared.value, ("metadata", "namespace")) or "")


def _texts(value: object) -> tuple[str, ...]:
    return tuple(each for each in as_list(value) if isinstance(each, str) and not is_unknown(each))
