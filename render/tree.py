"""A render as a tree that a person reads: what stands where, and what matters about it."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from domain.iam.github import ISSUER
from render.output import WIDTH
from render.resource import Render, Resource

Inputs = Mapping[str, Any]


def to_text(rendered: Render) -> str:
    """The whole render, one region after the other."""
    kind = "preview" if rendered.preview else "render"
    components = [resource for resource in rendered.resources if not resource.custom]
    declared = len(rendered.resources) - len(components)
    children = defaultdict(list)
    for resource in rendered.resources:
        children[resource.parent].append(resource)
    lines = [
        f"{rendered.project}, stack {rendered.stack}: {kind} of {declared} resources in {len(components)} components",
    ]
    for region, registry in rendered.outputs.get("registries", {}).items():
        inside = [component for component in components if component.name.endswith(f"@{region}")]
        lines += ["", f"{region}  {registry['host']}", *_tree(inside, children)]
    everywhere = [component for component in components if "@" not in component.name]
    if everywhere:
        lines += ["", "in every region", *_tree(everywhere, children)]
    if rendered.not_built:
        lines += ["", "Not built yet", *(f"  {note}" for note in rendered.not_built)]
    return "\n".join(lines)


def _tree(components: list[Resource], children: Mapping[str, list[Resource]]) -> Iterator[str]:
    for position, component in enumerate(sorted(components, key=_order)):
        yield from _branch(component, children[component.urn], last=position == len(components) - 1)


def _order(component: Resource) -> tuple[bool, str, str]:
    """What belongs to the registry as a whole comes first."""
    return not component.name.startswith("registry@"), component.name, component.type


def _branch(component: Resource, children: list[Resource], *, last: bool) -> Iterator[str]:
    name, _, _ = component.name.partition("@")
    yield f"{'└─' if last else '├─'} {name}  {_short_type(component)}"
    trunk = "   " if last else "│  "
    for child in sorted(children, key=_order_of_children):
        details = [*_details(child), *_options(child)]
        line = f"{trunk} {_short_type(child)}  {' · '.join(details)}".rstrip()
        if len(line) <= WIDTH:
            yield line
        else:
            yield f"{trunk} {_short_type(child)}"
            yield from (f"{trunk}   · {detail}" for detail in details)


def _order_of_children(child: Resource) -> tuple[bool, str, str]:
    """A repository before its policies, and each role beside its own."""
    kind = _short_type(child)
    return kind != "Repository", child.name if kind.startswith("Role") else "", child.urn


def _details(resource: Resource) -> list[str]:
    describe = _DETAILS.get(_short_type(resource))
    return describe(resource.inputs) if describe else []


def _short_type(resource: Resource) -> str:
    return resource.type.rpartition(":")[2]


def _options(resource: Resource) -> list[str]:
    notes = ["protected"] if resource.protect else []
    if "importId" in resource.options:
        notes.append(f"adopted from {resource.options['importId']}")
    return notes


def _repository(inputs: Inputs) -> list[str]:
    filters = [each["filter"] for each in inputs.get("imageTagMutabilityExclusionFilters", [])]
    encryption = inputs["encryptionConfigurations"][0]
    managed = "the account's aws/ecr key" if encryption["encryptionType"] == "KMS" else "AES256"
    tags = inputs["tags"]
    notes = [
        f"{inputs['imageTagMutability']}{': ' if filters else ''}{', '.join(filters)}",
        "customer key" if "kmsKey" in encryption else managed,
        f"owner {tags['owner']}",
    ]
    if "retire-until" in tags:
        notes.append(f"retires until {tags['retire-until']}")
    return [*notes, "force delete"] if inputs.get("forceDelete") else notes


def _lifecycle_policy(inputs: Inputs) -> list[str]:
    return [rule["description"] for rule in json.loads(inputs["policy"])["rules"]]


def _policy(inputs: Inputs) -> list[str]:
    return [_statement(statement) for statement in _listed(json.loads(inputs["policy"])["Statement"])]


def _statement(statement: Mapping[str, Any]) -> str:
    principal = statement.get("Principal", {})
    values = [principal] if isinstance(principal, str) else [v for each in principal.values() for v in _listed(each)]
    conditions = [
        f"{key} {' '.join(map(str, _listed(value)))}"
        for condition in statement.get("Condition", {}).values()
        for key, value in condition.items()
    ]
    resources = dict.fromkeys(each.rpartition(":")[2] for each in _listed(statement.get("Resource", [])))
    return f"{statement.get('Sid', statement['Effect'])}: {', '.join([*values, *conditions, *resources])}"


def _role(inputs: Inputs) -> list[str]:
    trust = json.loads(inputs["assumeRolePolicy"])["Statement"]
    return [inputs["name"], *(_statement(each).replace(f"{ISSUER}:", "") for each in _listed(trust))]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _scanning(inputs: Inputs) -> list[str]:
    rules = [
        f"{rule['scanFrequency']} {', '.join(each['filter'] for each in rule['repositoryFilters'])}"
        for rule in inputs["rules"]
    ]
    return [inputs["scanType"], *rules]


def _replication(inputs: Inputs) -> list[str]:
    rules = []
    for rule in inputs["replicationConfiguration"]["rules"]:
        where = ", ".join(f"{each['registryId']} {each['region']}" for each in rule["destinations"])
        prefixes = ", ".join(f"{each['filter']}*" for each in rule.get("repositoryFilters", []))
        rules.append(f"{prefixes or 'every repository'} to {where}")
    return rules


_DETAILS: dict[str, Callable[[Inputs], list[str]]] = {
    "Repository": _repository,
    "LifecyclePolicy": _lifecycle_policy,
    "RepositoryPolicy": _policy,
    "RegistryPolicy": _policy,
    "Role": _role,
    "RolePolicy": _policy,
    "RegistryScanningConfiguration": _scanning,
    "ReplicationConfiguration": _replication,
    "RepositoryCreationTemplate": lambda inputs: [
        f"{inputs['prefix']} for {', '.join(inputs['appliedFors'])}",
        inputs.get("imageTagMutability", "MUTABLE"),
    ],
    "AccountSetting": lambda inputs: [f"{inputs['name']} {inputs['value']}"],
    "PullTimeUpdateExclusion": lambda inputs: [inputs["principalArn"]],
    "Alias": lambda inputs: [inputs["name"]],
    "Key": lambda inputs: [
        "rotation" if inputs["enableKeyRotation"] else "no rotation",
        f"{inputs['deletionWindowInDays']} days to undo a deletion",
    ],
}
