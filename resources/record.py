"""The record of a resource type."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

from domain.aws import REGIONS, Arn

Inputs = Mapping[str, Any]
Answer = tuple[str, dict[str, str]]
"""A new resource's id, and its outputs beyond the inputs."""

_POSITION = re.compile(r"\[\d+\]")
_OF_CLOUDWATCH = {"event": "events", "log": "logs", "queryDefinition": "logs"}
"""What pulumi-aws has under cloudwatch and AWS in a service of its own, by the beginning of the type's name."""


class OnChange(StrEnum):
    """What a changed input does to the resource in AWS."""

    IN_PLACE = "in-place"
    REPLACES = "replaces"
    UNKNOWN = "unknown"


class Grammar(StrEnum):
    """The grammars of inputs that hold JSON text; equal documents are no difference to the provider."""

    LIFECYCLE = "lifecycle"
    IAM = "iam"
    JSON = "json"
    """Any other: an event pattern, a dashboard, a redrive policy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """One resource as the program declares it, and the account of its provider."""

    name: str
    inputs: Inputs
    account: str

    def arn(self, service: str, resource: str, *, regional: bool = True) -> str:
        region = self.inputs["region"]
        return str(Arn(REGIONS[region].id, service, region if regional else "", self.account, resource))

    def made_up(self) -> UUID:
        """In place of what AWS makes up: the same for the same declaration."""
        return uuid5(NAMESPACE_OID, f"{self.account}:{self.name}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceType:
    """One type; a property includes all that is inside it. Inputs and outputs have pulumi-aws's names."""

    token: str
    source: str
    """Where the provider's behaviour was read: a file under internal/service of hashicorp/terraform-provider-aws, the
    commit, and the attributes there that force a replacement."""

    identity: tuple[str, ...] | None
    """The inputs that name it in its account and region, or in its cluster; None where AWS makes the name up."""
    make_id: Callable[[Declaration], str] | None = None
    """The id by which the engine knows it and imports it; default: its identity, or the account for what has none."""
    make_outputs: Callable[[Declaration, str], dict[str, str]] = lambda _declaration, _id: {}
    """What AWS would answer to its creation beyond the inputs, by its id."""
    made_up: tuple[str, ...] = ()
    """Outputs that are unknown before AWS made them: a render has placeholders."""
    regional: bool = True
    """A type that is not takes no region."""
    exclusive: bool = False
    """AWS refuses to create a second one of the same id."""

    replaces: tuple[str, ...] = ()
    """The inputs whose change replaces it, or paths within them; a regional one is replaced by another region, too."""
    updates: tuple[str, ...] = ()
    """The inputs that are changed in place."""
    optional: tuple[str, ...] = ()
    """Inputs that keep AWS's value where they are left out."""
    undecided: tuple[str, ...] = ()
    """Fields of a block that are Optional and Computed: left out, they stay, or are replaced with their block."""
    sets: tuple[str, ...] = ()
    """Lists without an order."""
    documents: Mapping[str, Grammar] = field(default_factory=dict)
    """The inputs that hold JSON text."""
    tags: str | None = None
    """The input that holds its tags."""
    deletes_first: bool = False
    """A replacement deletes the old one before it makes the new one."""
    unknown_in_replacement: tuple[str, ...] = ()
    """Outputs that are unknown during a replacement, because the name is free only once the old one is gone."""

    creates: tuple[str, ...] = ()
    """The API's operations by which the provider creates one as this program declares it."""
    reads: tuple[str, ...] = ()
    """Those by which it reads one, which a refresh calls."""
    changes: tuple[str, ...] = ()
    """Those by which it updates and deletes one, beside those that create it."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    """By parameter of those operations, the input that it is given."""

    settings_key: str | None = None
    """The stack's key that it is declared by, or of a repository's entry in the catalog."""
    settings_keys: Mapping[str, str] = field(default_factory=dict)
    """The same for single inputs."""
    describe: Callable[[Inputs], Sequence[str]] = lambda _inputs: ()
    """Its line in the tree."""

    @property
    def operations(self) -> tuple[str, ...]:
        return (*self.creates, *self.reads, *self.changes)

    @property
    def service(self) -> str:
        return service_of(self.token)

    def id(self, declaration: Declaration) -> str:
        if self.make_id is not None:
            return self.make_id(declaration)
        return ":".join(self.identity_of(declaration.inputs)) or declaration.account

    def identity_of(self, inputs: Inputs) -> tuple[str, ...]:
        """The values by which it is named."""
        return tuple(str(_value_at(inputs, path)) for path in self.identity or ())

    def answer(self, declaration: Declaration) -> Answer:
        """What AWS would answer to a creation."""
        made = self.id(declaration)
        return made, self.make_outputs(declaration, made)

    def on_change(self, path: str, *, left_out: bool = False) -> OnChange:
        """What a change of the input at `path` does; `left_out` where the new declaration no longer has it."""
        if left_out and _POSITION.sub("[]", path) in self.undecided:
            return OnChange.UNKNOWN
        if any(is_within(path, each) for each in self.replaces) or (top_of(path) == "region" and self.regional):
            return OnChange.REPLACES
        return OnChange.IN_PLACE if top_of(path) in self.updates else OnChange.UNKNOWN

    def settings_key_of(self, path: Sequence[str | int]) -> str | None:
        """The key by which the input at `path` is declared."""
        return self.settings_keys.get(str(path[0]), self.settings_key) if path else self.settings_key


def service_of(token: str) -> str:
    """As the API's actions, botocore and a file of this package call it; of another provider, the provider."""
    provider, _, rest = token.partition(":")
    module, _, name = rest.partition(":")[0].partition("/")
    if provider != "aws":
        return provider
    if module == "cloudwatch":
        return next((service for prefix, service in _OF_CLOUDWATCH.items() if name.startswith(prefix)), module)
    return module


def words_in(text: str) -> tuple[str, ...]:
    """A list of names that is too long for a line."""
    return tuple(text.split())


def top_of(path: str) -> str:
    """The property that a path is inside of."""
    return re.split(r"[.\[]", path, maxsplit=1)[0]


def is_within(path: str, outer: str) -> bool:
    """Whether a path is another one, or inside of what that one names."""
    return path == outer or path.startswith((f"{outer}.", f"{outer}["))


def _value_at(inputs: Inputs, path: str) -> Any:
    value: Any = inputs
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def policy_lines(text: str) -> list[str]:
    """The lines of an IAM policy in the tree: one for each statement."""
    return [_statement(each) for each in _listed(json.loads(text)["Statement"])]


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


def _listed(value: Any) -> list[Any]:
    """IAM takes one value in place of a list."""
    return value if isinstance(value, list) else [value]
