"""Events of services in CloudWatch Logs."""

import json
import uuid
from datetime import UTC, datetime
from functools import partial
from typing import Any

from domain.aws import Arn
from localcloud.events.permissions import (
    NO_RESOURCE,
    ServiceSource,
    UndeliverableError,
    logs_service,
    policies_of,
    require_allowed,
    require_key,
)
from localcloud.iam_and_kms import Backend
from localcloud.protocols import CallFailed

_ACTIONS = ("logs:CreateLogStream", "logs:PutLogEvents")
_GROUP = "log-group:"


async def put_log_event(source: ServiceSource, group: Arn, text: str, backend: Backend) -> None:
    """Into a stream of the rule's own; raises UndeliverableError where the group is gone, or a policy refuses.

    An input transformer has to write timestamp and message; the whole event is the message without one.
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-logs-permissions.html"""
    name = group.resource.removeprefix(_GROUP).removesuffix(":*")
    place = {"account": group.account, "region": group.region}
    stream = str(uuid.uuid5(uuid.NAMESPACE_URL, source.arn))
    arn = Arn(group.partition, "logs", group.region, group.account, f"{_GROUP}{name}")
    target = Arn(arn.partition, "logs", arn.region, arn.account, f"{arn.resource}:log-stream:{stream}")
    key = await backend.remembered(
        "logs", group.account, (target, source), partial(_ready, source, arn, target, backend)
    )
    own = ServiceSource(service=logs_service(group.region), arn=str(arn), account=group.account)
    await require_key(own, key, arn, "aws:logs:arn", backend)
    named = {"logGroupName": name, "logStreamName": stream}
    await backend.call("logs", "PutLogEvents", {**named, "logEvents": [_log_event(text)]}, **place)


async def _ready(source: ServiceSource, group: Arn, stream: Arn, backend: Backend) -> str | None:
    """The group's key, once the stream is there and the source can write to it; remembered until someone writes to
    Amazon CloudWatch Logs."""
    name, _, stream_name = stream.resource.removeprefix(_GROUP).partition(":log-stream:")
    key, policies = await _key_of(name, group, backend), policies_of(await _policies(group, backend))
    for action in _ACTIONS:
        require_allowed(source, action, stream, policies)
    named = {"logGroupName": name, "logStreamName": stream_name}
    try:
        await backend.call("logs", "CreateLogStream", named, account=group.account, region=group.region)
    except CallFailed as failed:
        if failed.code != "ResourceAlreadyExistsException":
            raise UndeliverableError(NO_RESOURCE, failed.message) from failed
    return key


async def _key_of(name: str, group: Arn, backend: Backend) -> str | None:
    wanted = {"logGroupNamePrefix": name}
    answer = await backend.call("logs", "DescribeLogGroups", wanted, account=group.account, region=group.region)
    for each in answer.get("logGroups", ()):
        if each["logGroupName"] == name:
            key: str | None = each.get("kmsKeyId")
            return key
    raise UndeliverableError(NO_RESOURCE, f"The specified log group does not exist: {name}")


async def _policies(group: Arn, backend: Backend) -> dict[str, str]:
    """The account's and the group's own, by name."""
    found: dict[str, str] = {}
    for wanted in ({}, {"resourceArn": str(group), "policyScope": "RESOURCE"}):
        answer = await backend.call(
            "logs", "DescribeResourcePolicies", wanted, account=group.account, region=group.region
        )
        for each in answer.get("resourcePolicies", ()):
            found[each.get("policyName") or str(group)] = each["policyDocument"]
    return found


def _log_event(text: str) -> dict[str, Any]:
    now = int(datetime.now(UTC).timestamp() * 1000)
    try:
        given = json.loads(text)
    except ValueError:
        given = None
    if isinstance(given, dict) and given.keys() == {"timestamp", "message"} and isinstance(given["timestamp"], int):
        return {"timestamp": given["timestamp"], "message": str(given["message"])}
    return {"timestamp": now, "message": text}
