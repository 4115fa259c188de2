"""The rules as policies of Pulumi's SDK: the one place that knows both."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyComplianceFramework,
    PolicyConfigSchema,
    PolicyPack,
    PolicyResource,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy import Severity as EngineSeverity
from pulumi_policy.proxy import UnknownValueError
from pydantic import ValidationError

from domain.document_text import UNKNOWN
from policies.pack.judge import on_resource, on_stack
from policies.pack.readme import parameter_schema
from policies.pack.rule import Finding, Given, Parameters, ResourceRule, Rule, StackRule
from policies.pack.table import all_rules

NAME = "container-registry"


@dataclass(frozen=True, slots=True)
class _Declared:
    """A resource of the engine's in the form that a render gives."""

    urn: str
    type: str
    name: str
    provider: str | None
    protect: bool
    inputs: dict[str, Any]

    @property
    def region(self) -> str | None:
        return self.inputs.get("region")


def run(today: Callable[[], date]) -> None:
    """Serves the pack to the engine until it hangs up."""
    PolicyPack(NAME, policies=policies(today), enforcement_level=EnforcementLevel.MANDATORY)


def policies(today: Callable[[], date]) -> list[Policy]:
    """Each rule as a policy of its own under its id, so that people set its level and read its name."""
    return [_policy(rule, today) for rule in all_rules().values()]


def _policy(rule: Rule, today: Callable[[], date]) -> Policy:
    schema = parameter_schema(rule)
    kind, validate = (
        (ResourceValidationPolicy, partial(_on_resource, rule, _Settings(rule), today))
        if isinstance(rule, ResourceRule)
        else (StackValidationPolicy, partial(_on_stack, rule, _Settings(rule), today))
    )
    return kind(
        name=rule.id,
        description=rule.title,
        validate=validate,
        config_schema=PolicyConfigSchema(properties=schema),
        severity=EngineSeverity(rule.severity.value),
        framework=PolicyComplianceFramework(specification=", ".join(rule.controls)),
        remediation_steps=rule.remediation,
    )


class _Settings:
    """A rule's parameters as the engine hands them over with each resource; read once."""

    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self._last: tuple[Mapping[str, Any], Parameters] = {}, rule.parameters()

    def read(self, config: Mapping[str, Any]) -> Parameters:
        given, parameters = self._last
        if config != given:
            parameters = self._rule.parameters.model_validate(config)
            self._last = dict(config), parameters
        return parameters


def _on_resource(
    rule: ResourceRule[Any],
    settings: _Settings,
    today: Callable[[], date],
    args: ResourceValidationArgs,
    report: ReportViolation,
) -> None:
    if args.resource_type not in rule.types:
        return
    given = _given(settings, today, args, report)
    if given is None:
        return
    for outcome in on_resource(rule, _declared(args), given):
        if isinstance(outcome, Finding):
            report(outcome.message, None)


def _on_stack(
    rule: StackRule[Any],
    settings: _Settings,
    today: Callable[[], date],
    args: StackValidationArgs,
    report: ReportViolation,
) -> None:
    given = _given(settings, today, args, report)
    if given is None:
        return
    about = [_declared(each) for each in args.resources if each.resource_type in rule.types]
    for resource, outcome in on_stack(rule, about, given):
        if isinstance(outcome, Finding):
            report(outcome.message, resource.urn)


def _given(
    settings: _Settings,
    today: Callable[[], date],
    args: ResourceValidationArgs | StackValidationArgs,
    report: ReportViolation,
) -> Given[Any] | None:
    """What the rule goes by; None, reported, where its parameters can't be read."""
    try:
        return Given(settings.read(args.get_config()), today())
    except ValidationError as invalid:
        faults = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in invalid.errors())
        report(f"can't be applied, since its parameters are faulty: {faults}", None)
        return None


def _declared(given: ResourceValidationArgs | PolicyResource) -> _Declared:
    return _Declared(
        urn=given.urn,
        type=given.resource_type,
        name=given.name,
        provider=given.provider.urn if given.provider else None,
        protect=given.opts.protect,
        inputs=plain(given.props),
    )


def plain(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Properties as plain data: the SDK's proxies raise where a value is unknown; here it is a marker."""
    return {key: _value(properties, key) for key in properties if not key.startswith("__")}


def _value(holder: Mapping[str, Any] | Sequence[Any], key: Any) -> Any:
    try:
        value = holder[key]
    except UnknownValueError:
        return UNKNOWN
    if isinstance(value, Mapping):
        return plain(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_value(value, index) for index in range(len(value))]
    return value
