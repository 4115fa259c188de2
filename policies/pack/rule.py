"""What a rule is: a record for people, and a function that finds what is wrong."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Generic, Protocol, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from domain.problems import Path


class Severity(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Level(StrEnum):
    """What a finding does: nothing, a remark, or an end to the change. The words are the engine's."""

    DISABLED = "disabled"
    ADVISORY = "advisory"
    MANDATORY = "mandatory"


class Resource(Protocol):
    """A resource as plain data; what is not known yet is the marker UNKNOWN."""

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
    """What is wrong with a resource, and where in its inputs."""

    message: str
    path: Path = ()


@dataclass(frozen=True, slots=True)
class Undecided:
    """A value that the rule needs and that nobody knows yet."""

    path: Path


Verdict = Finding | Undecided

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _as_day(value: object) -> object:
    """A number or a time is no day, though pydantic would read either as one."""
    if type(value) is date or (isinstance(value, str) and _DAY.fullmatch(value)):
        return value
    raise ValueError("is no day such as 2027-01-31")


class Exemption(BaseModel):
    """One resource that a rule lets pass for a time."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    urn: str = Field(pattern="^urn:pulumi:", description="the resource's URN, as `make render FORMAT=json` prints it")
    reason: Annotated[str, StringConstraints(strip_whitespace=True)] = Field(
        min_length=1, description="why, for whoever reads it later"
    )
    until: Annotated[date, BeforeValidator(_as_day)] = Field(
        description="the last day on which it counts, as in 2027-01-31"
    )


class Parameters(BaseModel):
    """What a rule can be told; every rule can be told exceptions."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    exceptions: tuple[Exemption, ...] = Field((), description="resources that the rule lets pass for a time")


P = TypeVar("P", bound=Parameters)


@dataclass(frozen=True, slots=True)
class Given(Generic[P]):
    """What a rule goes by beside the resource."""

    parameters: P
    today: date


@dataclass(frozen=True, slots=True, kw_only=True)
class _Record(Generic[P]):
    id: str
    title: str
    severity: Severity
    risk: str
    remediation: str
    controls: tuple[str, ...] = ()
    """What other people's benchmarks and scanners call it."""
    parameters: type[P]
    types: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceRule(_Record[P]):
    """A rule that looks at one resource of these types."""

    check: Callable[[Resource, Given[P]], Iterable[Verdict]]


@dataclass(frozen=True, slots=True, kw_only=True)
class StackRule(_Record[P]):
    """A rule that looks at all resources of these types together; it must be decidable in a preview."""

    check: Callable[[Sequence[Resource], Given[P]], Iterable[tuple[Resource, Verdict]]]


Rule = ResourceRule[Any] | StackRule[Any]
