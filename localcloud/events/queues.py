"""Messages of services to Amazon SQS's queues."""

from collections.abc import Mapping

from domain.aws import Arn
from localcloud.events.permissions import (
    NO_PERMISSIONS,
    NO_RESOURCE,
    ServiceSource,
    UndeliverableError,
    require_allowed,
    require_key,
)
from localcloud.iam_and_kms import Backend
from localcloud.protocols import CallFailed

_MISSING = ("QueueDoesNotExist", "NonExistentQueue")
_READ = ["Policy", "KmsMasterKeyId"]


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
        url = (await backend.call("sqs", "GetQueueUrl", {"QueueName": queue.resource}, **place))["QueueUrl"]
        wanted = {"QueueUrl": url, "AttributeNames": _READ}
        found = (await backend.call("sqs", "GetQueueAttributes", wanted, **place)).get("Attributes", {})
        policies = {"queue policy": found["Policy"]} if found.get("Policy") else {}
        require_allowed(source, "sqs:SendMessage", queue, policies)
        await require_key(source, found.get("KmsMasterKeyId"), queue, "aws:sqs:arn", backend)
        typed = {name: {"DataType": "String", "StringValue": value} for name, value in (attributes or {}).items()}
        message = {"QueueUrl": url, "MessageBody": text, "MessageAttributes": typed}
        grouped = {} if group is None else {"MessageGroupId": group}
        await backend.call("sqs", "SendMessage", {**message, **grouped}, **place)
    except CallFailed as failed:
        missing = failed.code.rpartition(".")[2] in _MISSING
        raise UndeliverableError(NO_RESOURCE if missing else NO_PERMISSIONS, failed.message) from failed
