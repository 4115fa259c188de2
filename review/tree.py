"""`python -m review render`: a render as a tree for people, or as JSON for programs."""

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from domain.wording import counted
from render.as_json import to_json
from render.output import print_text, refuse, width, wrapped
from render.rendering import render
from render.resource import Render, Resource, UnknownRepository, check_known
from resources import TYPES
from resources.ecr import REPOSITORY
from resources.github import is_github
from resources.iam import ROLE, ROLE_POLICY
from resources.providers import CLUSTER_PROVIDER, GITHUB_PROVIDER, cluster_of, owner_of
from review.formatting import Part, code_block, escaped, fitted, folded
from settings import InvalidSettings

_ANY_REGION = "REGION"
"""In place of the names of regions that are printed as one."""


def run(options: argparse.Namespace) -> int:
    try:
        rendered = render(options.project, options.stack, preview=options.preview)
        if options.repository is not None:
            rendered = _of_repository(rendered, options.repository)
    except (InvalidSettings, UnknownRepository) as invalid:
        return refuse(invalid)
    print_text({"json": to_json, "markdown": to_markdown, "text": to_text}[options.format](rendered))
    return 0


def _of_repository(rendered: Render, name: str) -> Render:
    """What is declared for one repository, in each of its registries."""
    components: dict[str, set[str]] = defaultdict(set)
    for each in rendered.resources:
        if each.type == REPOSITORY:
            components[str(each.inputs.get("name"))].add(each.parent)
    check_known(name, components)
    kept = (each for each in rendered.resources if {each.urn, each.parent} & components[name])
    return replace(rendered, resources=tuple(kept))


def to_text(rendered: Render) -> str:
    head, *sections = _sections(rendered)
    return "\n".join([*head, *(line for each in sections for line in ("", *each))])


def to_markdown(rendered: Render) -> str:
    """The same for a comment: each section at a click."""
    (head,), *sections = _sections(rendered)
    parts = [Part(folded(title, "\n".join(code_block(lines, "text")))) for title, *lines in sections]
    return fitted([Part(f"### {escaped(head)}"), *parts], sys.maxsize)


def _sections(rendered: Render) -> Iterator[Sequence[str]]:
    """The whole render, each section with its title first; regions that differ in nothing but their names are one."""
    kind = "preview" if rendered.preview else "render"
    components = [resource for resource in rendered.resources if not resource.custom]
    declared = len(rendered.resources) - len(components)
    children = defaultdict(list)
    for resource in rendered.resources:
        children[resource.parent].append(resource)
    size = f"{counted(declared, 'resource')} in {counted(len(components), 'component')}"
    yield [f"{rendered.project}, stack {rendered.stack}: {kind} of {size}"]
    alike: dict[tuple[str, ...], dict[str, tuple[str, ...]]] = defaultdict(dict)
    for name, registry in rendered.outputs.get("registries", {}).items():
        if inside := [component for component in components if component.name.endswith(f"@{name}")]:
            region = name.rpartition(".")[2]
            shared = (registry["host"].replace(region, _ANY_REGION), *_tree(inside, children, region))
            alike[shared][name] = (registry["host"], *_tree(inside, children))
    for shared, own in alike.items():
        host, *tree = shared if len(own) > 1 else next(iter(own.values()))
        yield [f"{', '.join(own)}  {host}", *tree]
    for name, endpoint in _clusters(rendered):
        inside = [each for each in components if any(cluster_of(one.provider) == name for one in children[each.urn])]
        yield [f"cluster {name}  {endpoint}", *_tree(inside, children)]
    at_github = {each.urn: owner_of(one.provider) for each in components for one in children[each.urn]}
    for owner in (each.name for each in rendered.resources if each.type == GITHUB_PROVIDER):
        yield [f"GitHub {owner}", *_tree([each for each in components if at_github.get(each.urn) == owner], children)]
    everywhere = [each for each in components if "@" not in each.name and not at_github.get(each.urn)]
    if everywhere:
        yield ["without a region", *_tree(everywhere, children)]
    if rendered.not_built:
        yield ["Not built yet", *(f"  {note}" for note in rendered.not_built)]


def _clusters(rendered: Render) -> Iterator[tuple[str, str]]:
    """Each cluster with its endpoint, by its provider."""
    for each in rendered.resources:
        if each.type == CLUSTER_PROVIDER:
            kubeconfig = json.loads(each.inputs["kubeconfig"])
            yield each.name, kubeconfig["clusters"][0]["cluster"]["server"]


def _tree(components: list[Resource], children: Mapping[str, list[Resource]], region: str = "") -> Iterator[str]:
    """With a region, its name is not in the lines."""
    for position, component in enumerate(sorted(components, key=_order)):
        yield from _branch(component, children[component.urn], region, last=position == len(components) - 1)


def _order(component: Resource) -> tuple[bool, str, str]:
    """What belongs to the registry, or the cluster, as a whole comes first."""
    return not component.name.startswith(("registry@", "policies@")), component.name, component.type


def _branch(component: Resource, children: list[Resource], region: str, *, last: bool) -> Iterator[str]:
    name, _, _ = component.name.partition("@")
    yield f"{'└─' if last else '├─'} {name}  {_short_type(component)}"
    trunk = "   " if last else "│  "
    for child in sorted(children, key=_order_of_children):
        details = [*_details(child), *_options(child)]
        details = [each.replace(region, _ANY_REGION) if region else each for each in details]
        line = f"{trunk} {_short_type(child)}  {' · '.join(details)}".rstrip()
        if len(line) <= width():
            yield line
        else:
            yield f"{trunk} {_short_type(child)}"
            for detail in details:
                yield from wrapped(f"{trunk}   · {detail}", f"{trunk}     ")


def _order_of_children(child: Resource) -> tuple[bool, str, str]:
    """A repository before its policies; each role, and each environment at GitHub, beside its own."""
    by_name = child.type in (ROLE, ROLE_POLICY) or is_github(child.type)
    return child.type != REPOSITORY, child.name if by_name else "", child.urn


def _details(resource: Resource) -> Sequence[str]:
    record = TYPES.get(resource.type)
    return record.describe(resource.inputs) if record else ()


def _short_type(resource: Resource) -> str:
    return resource.type.rpartition(":")[2]


def _options(resource: Resource) -> list[str]:
    notes = ["protected"] if resource.protect else []
    if "importId" in resource.options:
        notes.append(f"adopted from {resource.options['importId']}")
    if "retainOnDelete" in resource.options:
        notes.append("stays when it leaves the stack")
    return notes
