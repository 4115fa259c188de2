"""Pairs resources of the base and the head: by URN, by an alias, or as the same resource in AWS."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from render.monitor import STACK_TYPE
from render.resource import Render, Resource
from resources import TYPES

_SPEC_PART = re.compile(r"(?:^|, )(name|type|stack|project|parentUrn|noParent) ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """By the head's URN: the base's resource; and those of the base without one."""

    same: Mapping[str, Resource]
    """By URN or an alias."""
    recreated: Mapping[str, Resource]
    """The same resource in AWS, which the engine takes for another."""
    gone: tuple[Resource, ...]


def pair(base: Render, head: Render) -> Pairs:
    """First as the engine pairs them, then those that it would not."""
    olds = {resource.urn: resource for resource in base.resources}
    same = _continued(olds, head)
    taken = {old.urn for old in same.values()}
    left = [resource for resource in base.resources if resource.urn not in taken]
    by_identity = {named: each for each in left if (named := identity(each)) is not None}
    recreated = {}
    for resource in head.resources:
        named = identity(resource)
        if resource.urn not in same and named in by_identity:
            recreated[resource.urn] = by_identity.pop(named)
    taken |= {old.urn for old in recreated.values()}
    return Pairs(same=same, recreated=recreated, gone=tuple(resource for resource in left if resource.urn not in taken))


def _continued(olds: Mapping[str, Resource], head: Render) -> dict[str, Resource]:
    found = {resource.urn: olds[resource.urn] for resource in head.resources if resource.urn in olds}
    taken = set(found)
    aliased: dict[str, str] = {}
    # A parent before its children: they inherit the alias by which it was found.
    for resource in sorted(head.resources, key=lambda each: each.urn.split("::")[2].count("$")):
        if resource.urn in found:
            continue
        for alias in _aliases(resource, aliased):
            if alias in olds and alias not in taken:
                found[resource.urn] = olds[alias]
                aliased[resource.urn] = alias
                taken.add(alias)
                break
    return found


def _aliases(resource: Resource, aliased: Mapping[str, str]) -> list[str]:
    """Every earlier URN of a resource: pulumi/pkg/resource/deploy/step_generator.go, generateAliases."""
    given = resource.options.get("aliases", ())
    own = [_collapsed(str(each), resource, aliased) for each in given] if isinstance(given, Iterable) else []
    if resource.parent not in aliased:
        return own
    old_parent, parent_name = aliased[resource.parent], _name(resource.parent)
    inherited = [_inherited(resource.type, resource.name, parent_name, old_parent)]
    inherited += [_inherited(_type(each), _name(each), parent_name, old_parent) for each in own]
    return [*own, *inherited]


def _collapsed(alias: str, resource: Resource, aliased: Mapping[str, str]) -> str:
    """The URN of an alias as render.monitor records it: a URN, or the parts that differ."""
    if alias.startswith("urn:"):
        return alias
    pieces = _SPEC_PART.split(alias)
    parts = dict(zip(pieces[1::2], pieces[2::2], strict=True))
    parent = parts.get("parentUrn")
    parent = resource.parent if parent is None else aliased.get(parent, parent)
    if "noParent" in parts or not parent or parent.split("::")[2] == STACK_TYPE:
        parent = ""
    stack, project = _stack_and_project(resource.urn)
    root = f"urn:pulumi:{parts.get('stack', stack)}::{parts.get('project', project)}::"
    kind = parts.get("type", resource.type)
    qualified = f"{parent.split('::')[2]}${kind}" if parent else kind
    return f"{root}{qualified}::{parts.get('name', resource.name)}"


def _inherited(type: str, name: str, parent: str, old_parent: str) -> str:
    """A child whose name begins with its parent's name had the old parent's name there."""
    if name.startswith(parent):
        name = _name(old_parent) + name.removeprefix(parent)
    stack, project = _stack_and_project(old_parent)
    return f"urn:pulumi:{stack}::{project}::{old_parent.split('::')[2]}${type}::{name}"


def _stack_and_project(urn: str) -> tuple[str, str]:
    head, project, *_ = urn.split("::")
    return head.removeprefix("urn:pulumi:"), project


def _name(urn: str) -> str:
    return urn.split("::", 3)[3]


def _type(urn: str) -> str:
    return urn.split("::")[2].rpartition("$")[2]


def identity(resource: Resource) -> tuple[object, ...] | None:
    """What identifies the resource in AWS."""
    record = TYPES.get(resource.type)
    if record is None or record.identity is None:
        return None
    return (resource.type, resource.provider, resource.region, *record.identity_of(resource.inputs))
