"""Messages of services to Amazon SQS's queues."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple

from domain.aws import Arn
from domain.iam.access import Policy
from localcloud.events.permissions import (
    NO_PERMISSIONS,
    NO_RESOURCE,
    ServiceSource,
    UndeliverableError,
    policies_of,
    require_allowed,
    require_key,
)
from localcloud.iam_and_kms import Backend
from localcloud.protocols import CallFailed

_MISSING = ("QueueDoesNotExist", "NonExistentQueue")
_ATTRIBUTES = ["Policy", "KmsMasterKeyId"]


class _Queue(NamedTuple):
    url: str
    policies: Sequence[Policy]
    key: str | None


async def send_message(
    source: ServiceSource,
    queue: Arn,
    text: str,
    backend: Backend,
    *,
    attributes: Mapping[str, str] | None = None,
    group: str | None = None,
) -> None:
    """Sends it as the service; raises UndeliverableError where the queue is gone, or a policy refuses."""
    place = {"account": queue.account, "region": queue.region}
    try:
        known = await backend.remembered(
            "sqs", queue.account, (queue, source), partial(_allowed, source, queue, backend)
        )
        await require_key(source, known.key, queue, "aws:sqs:arn", backend)
        typed = {name: {"DataType": "String", "StringValue": value} for name, value in (attributes or {}).items()}
        message = {"QueueUrl": known.url, "MessageBody": text, "MessageAttributes": typed}
        grouped = {} if group is None else {"MessageGroupId": group}
        await backend.call("sqs", "SendMessage", {**message, **grouped}, **place)
    except CallFailed as failed:
        missing = failed.code.rpartition(".")[2] in _MISSING
        raise UndeliverableError(NO_RESOURCE if missing else NO_PERMISSIONS, failed.message) from failed


async def _allowed(source: ServiceSource, queue: Arn, backend: Backend) -> _Queue:
    """The queue, to which the source can send; remembered until someone writes to Amazon SQS."""
    known = await _read(queue, backend)
    require_allowed(source, "sqs:SendMessage", queue, known.policies)
    return known


async def _read(queue: Arn, backend: Backend) -> _Queue:
    place = {"account": queue.account, "region": queue.region}
    url = (await backend.call("sqs", "GetQueueUrl", {"QueueName": queue.resource}, **place))["QueueUrl"]
    wanted = {"QueueUrl": url, "AttributeNames": _ATTRIBUTES}
    found = (await backend.call("sqs", "GetQueueAttributes", wanted, **place)).get("Attributes", {})
    return _Queue(url, policies_of({"queue policy": found.get("Policy")}), found.get("KmsMasterKeyId"))
