"""What a proof about the monitoring of one registry is given: what is declared of it, and who gets its messages."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from domain.aws import REGIONS, Arn
from domain.monitoring.monitored_registry import MonitoredRegistry
from domain.monitoring.subscribers import Protocol, Subscription
from localcloud.clients import AwsCredentials
from localcloud.events.cloud_events import CloudEvents
from localcloud.events.journal import Delivery, DeliveryOutcome
from oci.client import Client
from oci.image import Image, image
from rehearsal.proofs.harness.case import RegistryCase
from rehearsal.proofs.harness.http_endpoints import HttpEndpoints
from rehearsal.proofs.harness.principals import allow
from settings.files.configuration import UNREADABLE_SECRET

_BATCH = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What a subscriber got from the topic: an event's sentence, or an alarm."""

    text: str
    members: Mapping[str, Any]
    """Of the text, where it is JSON."""

    @property
    def rule(self) -> str:
        """The id of the event rule that it is from, or nothing."""
        metadata = self.members.get("metadata")
        return str(metadata.get("eventType")) if isinstance(metadata, dict) else ""

    @property
    def sentences(self) -> str:
        """All that a person reads of an event."""
        content = self.members.get("content")
        parts = content if isinstance(content, dict) else {}
        return "\n".join([str(parts.get("title", "")), str(parts.get("description", "")), *parts.get("nextSteps", ())])


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitoringCase(RegistryCase):
    """One registry's."""

    monitored: MonitoredRegistry
    http_endpoints: HttpEndpoints

    @property
    def subject(self) -> str:
        return f"monitoring@{self.registry.name}"

    @property
    def events(self) -> CloudEvents:
        return self.principals.cloud.events

    @property
    def place(self) -> tuple[str, str]:
        """The account and the region."""
        return self.registry.account, self.registry.region

    def rule_arn(self, id: str) -> str:
        name = self.monitored.names.named(id)
        return str(
            Arn(self.registry.id.partition, "events", self.registry.region, self.registry.account, f"rule/{name}")
        )

    def runbook(self, rule: str) -> str:
        """Where a message of the event rule leads."""
        of_keys = self.monitored.key_rule([])
        rules = [*self.monitored.rules, *([of_keys] if of_keys else ())]
        return f"{self.monitored.runbooks}/{next(each.runbook for each in rules if each.id == rule)}.md"

    def made_repository(self) -> str:
        """An empty repository that no settings declare, made anew; no word of its name is one of a message's others."""
        name = f"rehearsal-monitored-{self.settings.all_registries.index(self.registry)}"
        self.remove(name)
        self.api("ecr").create_repository(repositoryName=name)
        return name

    def by_hand(self, role: str = "rehearsal-by-hand", *actions: str) -> tuple[str, AwsCredentials]:
        """A role of the account's that no settings declare, and how CloudTrail names its session."""
        partition = REGIONS[self.registry.region].id
        session = self.principals.role(
            self.registry.account, role, self.registry.region, allow(actions or ("ecr:*",), "*")
        )
        return str(Arn(partition, "sts", "", self.registry.account, f"assumed-role/{role}/rehearsal")), session

    def push_as(self, credentials: AwsCredentials, name: str) -> tuple[Image, str]:
        """A new image, and its tag."""
        tag = f"rehearsal-{uuid4().hex[:12]}"
        pushed = image(f"{self.subject} {tag}", layers=1)
        password = self.principals.password(credentials, self.registry.region)
        with Client.on_loopback(self.host, password) as client:
            client.push(name, pushed, tag)
        return pushed, tag

    def queue(self, arn: str) -> tuple[Any, str]:
        """A client of the account's whose queue it is, and the queue's URL."""
        queue = Arn.parse(arn)
        assert queue is not None  # noqa: S101 - the settings are sound
        sqs = self.clients.root("sqs", queue.region, queue.account)
        return sqs, str(sqs.get_queue_url(QueueName=queue.resource)["QueueUrl"])

    def received(self, arn: str) -> list[Mapping[str, Any]]:
        """All messages of a queue, which is empty then; each as the API has it."""
        sqs, url = self.queue(arn)
        found: list[Mapping[str, Any]] = []
        while True:
            answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=_BATCH, MessageAttributeNames=["All"])
            got = answer.get("Messages", [])
            if not got:
                return found
            found += got
            entries = [{"Id": str(number), "ReceiptHandle": each["ReceiptHandle"]} for number, each in enumerate(got)]
            sqs.delete_message_batch(QueueUrl=url, Entries=entries)


class Inbox:
    """What the subscribers get from now on."""

    def __init__(self, case: MonitoringCase) -> None:
        self._case = case
        case.events.settled()
        for each in case.monitored.subscriptions:
            if each.protocol is Protocol.SQS:
                sqs, url = case.queue(each.endpoint)
                sqs.purge_queue(QueueUrl=url)
            case.http_endpoints.notifications(address(each))
        self._since = datetime.now(UTC)

    def messages(self) -> dict[str, list[Message]]:
        """Those that came to each subscriber since they were asked for last, once all are delivered."""
        self._case.events.settled()
        return {each.endpoint: [*map(_message, self._of(each))] for each in self._case.monitored.subscriptions}

    def failures(self) -> Sequence[Delivery]:
        """What could not be delivered."""
        seen = self._case.events.seen(*self._case.place).failures
        return [each for each in seen if each.moment >= self._since and each.outcome is not DeliveryOutcome.NOT_HERE]

    def _of(self, subscription: Subscription) -> list[Mapping[str, Any]]:
        match subscription.protocol:
            case Protocol.SQS:
                return [json.loads(each["Body"]) for each in self._case.received(subscription.endpoint)]
            case Protocol.HTTPS:
                return [*self._case.http_endpoints.notifications(address(subscription))]
            case Protocol.EMAIL:
                # No mail leaves here: what the topic handed on, and the local cloud left.
                left = [
                    each
                    for each in self._case.events.seen(*self._case.place).deliveries
                    if (each.target, each.outcome) == (subscription.endpoint, DeliveryOutcome.NOT_HERE)
                    and each.moment >= self._since
                ]
                return [json.loads(each.text) for each in left]


def address(subscription: Subscription) -> str:
    """Of an HTTPS endpoint, as a rehearsal has it: no one can read a secret one here."""
    return UNREADABLE_SECRET if subscription.secret else subscription.endpoint


def _message(envelope: Mapping[str, Any]) -> Message:
    text = str(envelope.get("Message", ""))
    try:
        members = json.loads(text)
    except ValueError:
        members = {}
    return Message(text=text, members=members if isinstance(members, dict) else {})
