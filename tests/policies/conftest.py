"""Resources and rules for the tests of the pack."""

import inspect
import re
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib import import_module
from typing import Any

from policies.pack.judge import Excepted, on_resource, on_stack
from policies.pack.rule import Finding, Given, Resource, ResourceRule, Rule, Undecided

TODAY = date(2026, 11, 21)


@dataclass(frozen=True, kw_only=True)
class Declared:
    """A resource as a render gives it."""

    type: str
    inputs: dict[str, Any]
    name: str = "payments/api@us-east-1"
    protect: bool = True
    provider: str | None = None
    region: str | None = "us-east-1"
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def urn(self) -> str:
        return f"urn:pulumi:prod::container-registry::{self.type}::{self.name}"


def told(rule: Rule, *resources: Resource, today: date = TODAY, **parameters: Any) -> list[str]:
    """What a rule says of resources, with parameters by name: a message for each finding, `undecided PATH` for what it
    can't decide; of a stack rule's the resource's name comes first."""
    given = Given(rule.parameters.model_validate(parameters), today)
    if isinstance(rule, ResourceRule):
        return [_text(rule, outcome, each) for each in resources for outcome in on_resource(rule, each, given)]
    return [f"{about.name} {_text(rule, outcome, about)}" for about, outcome in on_stack(rule, resources, given)]


WITHOUT_A_PLACE = ("ecr-lifecycle-present", "ecr-protected", "kms-protected")
"""Rules about what no input of the resource says."""


def _text(rule: Rule, outcome: Finding | Undecided | Excepted, about: Resource) -> str:
    match outcome:
        case Excepted():
            return f"excepted: {outcome.finding.message}"
        case Finding():
            text = outcome.message
        case Undecided():
            text = f"undecided {'.'.join(map(str, outcome.path))}"
    # A path that leads nowhere would point people at the wrong line.
    if rule.id not in WITHOUT_A_PLACE and "exception" not in text:
        assert outcome.path[0] in properties(about.type), outcome
        assert all(isinstance(part, str | int) for part in outcome.path), outcome
    return text


@cache
def properties(kind: str) -> frozenset[str]:
    """The inputs that a resource type has, as the provider's package declares them."""
    module, name = kind.split(":")[1].partition("/")[0], kind.rpartition(":")[2]
    arguments = inspect.signature(getattr(import_module(f"pulumi_aws.{module}"), f"{name}Args").__init__).parameters
    return frozenset(re.sub("_([a-z])", lambda letter: letter[1].upper(), each) for each in arguments)
