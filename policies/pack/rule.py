"""What a rule is, and every rule of policies/rules: a record for people, and a function that finds violations."""

import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from importlib import import_module
from typing import Annotated, Any, Generic, Literal, Protocol, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticKnownError

from domain.document_text import UNKNOWN
from domain.model_problems import as_day, invalid_value
from domain.problems import Path
from policies import rules
from resources.ecr import LIFECYCLE_POLICY, REPOSITORY, REPOSITORY_POLICY

Severity = Literal["low", "medium", "high", "critical"]


class Level(StrEnum):
    """What a finding does: nothing, a warning, or a failed update. The values are the engine's."""

    DISABLED = "disabled"
    ADVISORY = "advisory"
    MANDATORY = "mandatory"


class CheckedResource(Protocol):
    """A resource as a rule checks it, as plain data; a value not known yet is the marker UNKNOWN."""

    @property
    def urn(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def provider(self) -> str | None: ...
    @property
    def region(self) -> str | None: ...
    @property
    def protect(self) -> bool: ...
    @property
    def inputs(self) -> Mapping[str, Any]: ...
    @property
    def dependencies(self) -> Sequence[str]:
        """URNs of the resources that its inputs come from, or that it waits for."""
        ...


@dataclass(frozen=True, slots=True)
class Finding:
    """A violation: what is wrong with a resource, the path in its inputs, and the fix where the rule's remediation is
    not precise enough."""

    message: str
    path: Path = ()
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Undecided:
    """The path of a value that the rule needs and that is not known before the deployment."""

    path: Path


CheckResult = Finding | Undecided
Results = Iterator[CheckResult]
StackResults = Iterator[tuple[CheckedResource, CheckResult]]

_NAMED_BY = {REPOSITORY: "name", LIFECYCLE_POLICY: "repository", REPOSITORY_POLICY: "repository"}
"""The input that names the repository, of each type that is part of one."""


def repository_of(resource: CheckedResource) -> str | None:
    """The repository that a resource is, or whose policy it is; None of any other resource."""
    if resource.type not in _NAMED_BY:
        return None
    name = resource.inputs.get(_NAMED_BY[resource.type])
    # Where AWS's name is not known yet, the resource's has it: `payments/api@eu-west-1`.
    return name if isinstance(name, str) and UNKNOWN not in name else resource.name.partition("@")[0]


def _no_pattern(name: str) -> str:
    if any(each in name for each in "*?["):
        fix = "write an exception for each repository, by its name"
        raise invalid_value("is a pattern, and an exception takes none", fix)
    return name


class Exemption(BaseModel):
    """An entry of `exceptions`: a repository with its policies in every region, or one resource, for which findings of
    the rule are ignored until a date."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    repository: Annotated[str, AfterValidator(_no_pattern)] = Field(
        "", min_length=1, description="a repository with its lifecycle and repository policy, in every region"
    )
    urn: str = Field(
        "", pattern="^urn:pulumi:", description="or one resource: its URN, as `make render FORMAT=json` prints it"
    )
    new: StrictBool = Field(
        default=False, description="the repository is not declared yet: the exception is merged before it"
    )
    reason: Annotated[str, StringConstraints(strip_whitespace=True)] = Field(
        min_length=1, description="why the exception is needed"
    )
    until: Annotated[date, BeforeValidator(as_day)] = Field(
        description="the last day of the exception, such as 2027-01-31"
    )

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if bool(self.urn) == bool(self.repository):
            message = "has both a repository and a urn" if self.urn else "has neither a repository nor a urn"
            raise invalid_value(message, 'write one of the two, as in "repository": "payments/ledger"')
        if self.new and self.urn:
            raise invalid_value("is new, and names a resource by its URN", "name the repository, or remove new")
        return self

    def covers(self, resource: CheckedResource) -> bool:
        return resource.urn == self.urn if self.urn else repository_of(resource) == self.repository

    def as_written(self) -> dict[str, Any]:
        """In the form of the file."""
        return self.model_dump(mode="json", exclude_unset=True)


class Parameters(BaseModel):
    """The parameters of a rule; every rule has `exceptions`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    exceptions: tuple[Exemption, ...] = Field(
        (), description="resources for which findings of the rule are ignored until a date"
    )

    @field_validator("*", mode="before")
    @classmethod
    def _of_its_type(cls, value: object, field: ValidationInfo) -> object:
        """pydantic would read text as a number; the engine sends whole numbers as floats."""
        kind = cls.model_fields[str(field.field_name)].annotation
        if kind is int and type(value) not in (int, float):
            raise PydanticKnownError("int_type")
        if kind is bool and type(value) is not bool:
            raise PydanticKnownError("bool_type")
        return value


P = TypeVar("P", bound=Parameters)


@dataclass(frozen=True, slots=True)
class RuleContext(Generic[P]):
    """What a rule knows beside the resource."""

    parameters: P
    today: date
    shows_secrets: bool = False
    """Whether secret values come as they are, as the engine's SDK gives them, and not as the marker SECRET."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _RuleRecord(Generic[P]):
    id: str
    title: str
    severity: Severity
    risk: str
    remediation: str
    controls: tuple[str, ...] = ()
    """The same control in benchmarks and scanners."""
    parameters: type[P]
    types: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceRule(_RuleRecord[P]):
    """A rule that checks each resource of these types by itself."""

    check: Callable[[CheckedResource, RuleContext[P]], Iterable[CheckResult]]


@dataclass(frozen=True, slots=True, kw_only=True)
class StackRule(_RuleRecord[P]):
    """A rule that checks all resources of these types together; it must be decidable in a preview."""

    check: Callable[[Sequence[CheckedResource], RuleContext[P]], Iterable[tuple[CheckedResource, CheckResult]]]


Rule = ResourceRule[Any] | StackRule[Any]


@cache
def all_rules() -> dict[str, Rule]:
    """Every rule by its id, sorted; each file is named after the id of its rule."""
    found = {}
    for module in sorted(each.name for each in pkgutil.iter_modules(rules.__path__)):
        rule = import_module(f"{rules.__name__}.{module}").RULE
        if rule.id != module.replace("_", "-"):
            raise LookupError(f"policies/rules/{module}.py: rename it after the id of its rule, {rule.id!r}")
        found[rule.id] = rule
    return found


@cache
def resource_rules() -> dict[str, tuple[ResourceRule, ...]]:  # type: ignore[type-arg]
    """The rules for one resource, by its type."""
    found: dict[str, tuple[ResourceRule, ...]] = {}  # type: ignore[type-arg]
    for rule in all_rules().values():
        if isinstance(rule, ResourceRule):
            for kind in rule.types:
                found[kind] = (*found.get(kind, ()), rule)
    return found


@cache
def stack_rules() -> tuple[StackRule, ...]:  # type: ignore[type-arg]
    return tuple(rule for rule in all_rules().values() if isinstance(rule, StackRule))
