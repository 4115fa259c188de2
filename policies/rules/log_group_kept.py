"""Log groups keep their events for a time that is said, under a key of the customer's."""

from collections.abc import Iterator
from typing import Any

from pydantic import Field

from domain.aws import Arn
from policies.checks.input_values import as_number, check_value
from policies.pack.rule import CheckedResource, Parameters, ResourceRule, Results, RuleContext
from resources.logs import LOG_GROUP

_DAYS, _KEY = "retentionInDays", "kmsKeyId"


class LogGroupParameters(Parameters):
    minimum_days: int = Field(30, ge=1, description="the shortest time that events must be kept")


def check(resource: CheckedResource, context: RuleContext[LogGroupParameters]) -> Results:
    yield from check_value(resource.inputs, _DAYS, lambda days: _check_days(days, context.parameters.minimum_days))
    yield from check_value(resource.inputs, _KEY, _check_key)


def _check_days(days: Any, least: int) -> Iterator[str]:
    if not (number := as_number(days)):
        yield f"keeps its events for ever: {_DAYS} is not set"
    elif number < least:
        yield f"keeps its events for {number:g} days, and an incident is looked into later than that: {least} or more"


def _check_key(key: Any) -> Iterator[str]:
    if not key:
        yield f"is not encrypted with a customer managed key: {_KEY} is not set"
    elif not isinstance(key, str) or (arn := Arn.parse(key)) is None or not arn.resource.startswith("key/"):
        yield f"has a {_KEY} that is not the ARN of a key, which CloudWatch Logs asks for: {key!r}"


RULE = ResourceRule(
    id="log-group-kept",
    title="Log groups have a retention and a customer managed key",
    severity="medium",
    risk="Events that are gone can't tell who pushed, pulled or deleted. Those that are kept for ever cost every "
    "month, and what names callers and vulnerabilities is readable for each with access to the log group.",
    remediation="Set retentionInDays (`log_retention_days` under `monitoring`), and kmsKeyId to the ARN of a key whose "
    "policy allows logs.REGION.amazonaws.com under kms:EncryptionContext:aws:logs:arn, as "
    "domain.monitoring.service_access does.",
    controls=("Security Hub CloudWatch.16", "checkov CKV_AWS_158", "checkov CKV_AWS_66"),
    parameters=LogGroupParameters,
    types=(LOG_GROUP,),
    check=check,
)
