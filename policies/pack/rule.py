"""What a rule is, and every rule of policies/rules: a record for people, and a function that finds violations."""

import pkgutil
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from importlib import import_module
from typing import Annotated, Any, Generic, Literal, Protocol, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from domain.problems import Path
from policies import rules

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


@dataclass(frozen=True, slots=True)
class Finding:
    """A violation: what is wrong with a resource, and the path in its inputs."""

    message: str
    path: Path = ()


@dataclass(frozen=True, slots=True)
class Undecided:
    """The path of a value that the rule needs and that is not known before the deployment."""

    path: Path


CheckResult = Finding | Undecided
Results = Iterator[CheckResult]
StackResults = Iterator[tuple[CheckedResource, CheckResult]]

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _as_date(value: object) -> object:
    """pydantic would also read a number or a date with a time."""
    if type(value) is date or (isinstance(value, str) and _DATE.fullmatch(value)):
        return value
    raise ValueError("is not a date such as 2027-01-31")


class Exemption(BaseModel):
    """An entry of `exceptions`: a resource for which findings of the rule are ignored until a date."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    urn: str = Field(pattern="^urn:pulumi:", description="the resource's URN, as `make render FORMAT=json` prints it")
    reason: Annotated[str, StringConstraints(strip_whitespace=True)] = Field(
        min_length=1, description="why the exception is needed"
    )
    until: Annotated[date, BeforeValidator(_as_date)] = Field(
        description="the last day of the exception, such as 2027-01-31"
    )


class Parameters(BaseModel):
    """The parameters of a rule; every rule has `exceptions`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    exceptions: tuple[Exemption, ...] = Field(
        (), description="resources for which findings of the rule are ignored until a date"
    )


P = TypeVar("P", bound=Parameters)


@dataclass(frozen=True, slots=True)
class RuleContext(Generic[P]):
    """What a rule knows beside the resource."""

    parameters: P
    today: date


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
