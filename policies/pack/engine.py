"""Adapts the rules to policies of Pulumi's SDK."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyComplianceFramework,
    PolicyConfigSchema,
    PolicyPack,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy import PolicyResource as EngineResource
from pulumi_policy import Severity as EngineSeverity
from pulumi_policy.proxy import UnknownValueError
from pydantic import ValidationError

from domain.document_text import UNKNOWN
from domain.model_problems import problems_of
from domain.problems import path_text
from policies.pack.judge import judge_resource, judge_stack
from policies.pack.readme import parameter_schema
from policies.pack.rule import Finding, Parameters, ResourceRule, Rule, RuleContext, all_rules

NAME = "container-registry"


@dataclass(frozen=True, slots=True)
class _Resource:
    """A resource of the engine as plain data."""

    urn: str
    type: str
    name: str
    provider: str | None
    protect: bool
    inputs: dict[str, Any]
    dependencies: tuple[str, ...]

    @property
    def region(self) -> str | None:
        return self.inputs.get("region")


def serve_pack(today: Callable[[], date]) -> None:
    """Serves the pack until the engine closes the connection."""
    PolicyPack(NAME, policies=policies(today), enforcement_level=EnforcementLevel.MANDATORY)


def policies(today: Callable[[], date]) -> list[Policy]:
    """One policy for each rule, named after its id."""
    return [_policy(rule, today) for rule in all_rules().values()]


def _policy(rule: Rule, today: Callable[[], date]) -> Policy:
    validator = _Validator(rule, today)
    record: dict[str, Any] = {
        "name": rule.id,
        "description": rule.title,
        "config_schema": PolicyConfigSchema(properties=parameter_schema(rule)),
        "severity": EngineSeverity(rule.severity),
        "framework": PolicyComplianceFramework(specification=", ".join(rule.controls)),
        "remediation_steps": rule.remediation,
    }
    if isinstance(rule, ResourceRule):
        return ResourceValidationPolicy(validate=validator.check_resource, **record)
    return StackValidationPolicy(validate=validator.check_stack, **record)


class _Validator:
    """Runs one rule as the engine asks for it."""

    def __init__(self, rule: Rule, today: Callable[[], date]) -> None:
        self._rule: Any = rule
        self._today = today
        self._last: tuple[Mapping[str, Any], Parameters] = {}, rule.parameters()

    def check_resource(self, args: ResourceValidationArgs, report: ReportViolation) -> None:
        if args.resource_type not in self._rule.types or (context := self._context(args, report)) is None:
            return
        for outcome in judge_resource(self._rule, _plain_resource(args), context):
            if isinstance(outcome, Finding):
                report(_text(outcome), None)

    def check_stack(self, args: StackValidationArgs, report: ReportViolation) -> None:
        if (context := self._context(args, report)) is None:
            return
        resources = [_plain_resource(each) for each in args.resources if each.resource_type in self._rule.types]
        for resource, outcome in judge_stack(self._rule, resources, context):
            if isinstance(outcome, Finding):
                report(_text(outcome), resource.urn)

    def _context(
        self, args: ResourceValidationArgs | StackValidationArgs, report: ReportViolation
    ) -> RuleContext[Any] | None:
        """None, with a violation, where the parameters are invalid."""
        try:
            return RuleContext(self._parameters(args.get_config()), self._today(), shows_secrets=True)
        except ValidationError as invalid:
            found = problems_of(self._rule.parameters, invalid.errors(include_url=False), "policies/README.md")
            texts = (f"{path_text(each.path)}: {each.message} ({each.fix})" for each in found)
            report(f"could not be checked: the rule's parameters are invalid: {'; '.join(texts)}", None)
            return None

    def _parameters(self, config: Mapping[str, Any]) -> Parameters:
        """The engine sends the configuration with each resource: the same one is read once."""
        last, parameters = self._last
        if config != last:
            parameters = self._rule.parameters.model_validate(config)
            self._last = dict(config), parameters
        return parameters


def _text(finding: Finding) -> str:
    """The engine prints the rule's remediation by itself, and knows no fix of one finding."""
    return f"{finding.message} ({finding.fix})" if finding.fix else finding.message


def _plain_resource(resource: ResourceValidationArgs | EngineResource) -> _Resource:
    return _Resource(
        urn=resource.urn,
        type=resource.resource_type,
        name=resource.name,
        provider=resource.provider.urn if resource.provider else None,
        protect=resource.opts.protect,
        inputs=_plain_mapping(resource.props),
        # Only a rule over all resources reads them.
        dependencies=tuple(each.urn for each in getattr(resource, "dependencies", ())),
    )


def _plain_mapping(properties: Mapping[str, Any]) -> dict[str, Any]:
    """The SDK's proxies raise where a value is unknown: here it is the marker UNKNOWN."""
    return {key: _plain_value(properties, key) for key in properties if not key.startswith("__")}


def _plain_value(holder: Mapping[str, Any] | Sequence[Any], key: Any) -> Any:
    try:
        value = holder[key]
    except UnknownValueError:
        return UNKNOWN
    if isinstance(value, Mapping):
        return _plain_mapping(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain_value(value, index) for index in range(len(value))]
    return value
