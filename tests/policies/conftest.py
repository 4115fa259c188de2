"""Resources and rules for the tests of the pack."""

import inspect
import re
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib import import_module
from typing import Any

from policies.pack.judge import Excepted, judge_resource, judge_stack
from policies.pack.rule import CheckedResource, Finding, ResourceRule, Rule, RuleContext, Undecided

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
    dependencies: tuple[str, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def urn(self) -> str:
        return f"urn:pulumi:prod::container-registry::{self.type}::{self.name}"


def findings(rule: Rule, *resources: CheckedResource, today: date = TODAY, **parameters: Any) -> list[str]:
    """The messages of a rule's findings, and `undecided PATH` for what it can't decide.

    Those of a stack rule begin with the name of the resource."""
    context = RuleContext(rule.parameters.model_validate(parameters), today)
    if isinstance(rule, ResourceRule):
        return [_text(rule, outcome, each) for each in resources for outcome in judge_resource(rule, each, context)]
    return [f"{about.name} {_text(rule, outcome, about)}" for about, outcome in judge_stack(rule, resources, context)]


def paths(rule: Rule, *resources: CheckedResource, **parameters: Any) -> list[tuple[str | int, ...]]:
    """Where a rule's findings are in the inputs."""
    context = RuleContext(rule.parameters.model_validate(parameters), TODAY)
    if isinstance(rule, ResourceRule):
        return [outcome.path for each in resources for outcome in rule.check(each, context)]
    return [outcome.path for _, outcome in rule.check(resources, context)]


WITHOUT_A_PATH = (
    "ecr-lifecycle-present", "ecr-protected", "kms-protected", "monitoring-subscribed", "monitoring-trail",
)  # fmt: skip
"""Rules about what is no input of the resource."""


def _text(rule: Rule, outcome: Finding | Undecided | Excepted, about: CheckedResource) -> str:
    match outcome:
        case Excepted():
            return f"excepted: {outcome.finding.message}"
        case Finding():
            text = f"{outcome.message}: {outcome.fix}" if outcome.fix else outcome.message
        case Undecided():
            text = f"undecided {'.'.join(map(str, outcome.path))}"
    # The gate shows the line of the settings for the path.
    if rule.id not in WITHOUT_A_PATH and "exception" not in text:
        assert outcome.path[0] in properties(about.type), outcome
        assert all(isinstance(part, str | int) for part in outcome.path), outcome
    return text


@cache
def properties(kind: str) -> frozenset[str]:
    """The inputs that a resource type has, as the provider's package declares them."""
    package, module, name = kind.split(":")
    if package == "kubernetes":
        group, version = module.split("/")
        module = f".{group.partition('.')[0]}.{version}"
    else:
        module = f".{module.partition('/')[0]}".removesuffix(".index")
    declared = getattr(import_module(f"pulumi_{package}{module}"), name)
    arguments = inspect.signature(declared._internal_init).parameters
    return frozenset(re.sub("_([a-z])", lambda letter: letter[1].upper(), each) for each in arguments)
