"""Publications of services to Amazon SNS's topics, and from there to each subscription.

The emulator drops what it can't deliver, without a word to anyone. So subscriptions are served here: to a queue as
sns.amazonaws.com, to an HTTP endpoint on loopback, and what fails goes to the subscription's dead-letter queue. E-mail,
chat and endpoints elsewhere are noted, and not served: the local cloud speaks with nothing but loopback.
https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html"""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from domain.aws import Arn, RegistryId
from domain.events.patterns import matches
from domain.iam.access import Policy
from localcloud.events.journal import Delivery, DeliveryOutcome, Journal
from localcloud.events.lanes import Lanes
from localcloud.events.permissions import (
    CLIENT_ERROR,
    NO_PERMISSIONS,
    NO_RESOURCE,
    TOPICS,
    ServiceSource,
    UndeliverableError,
    arn_of,
    policies_of,
    require_allowed,
    require_key,
    undeliverable,
)
from localcloud.events.queues import send_message
from localcloud.iam_and_kms import Backend
from localcloud.protocols import CallFailed
from localcloud.server import LOOPBACK

_ATTEMPTS = 4
"""One, and the three retries of SNS's default policy for HTTP endpoints, here without the 20 s between them.
https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html"""
_PATIENCE = aiohttp.ClientTimeout(total=15)
"""https://docs.aws.amazon.com/sns/latest/dg/SendMessageToHttp.prepare.html"""
_PENDING = "PendingConfirmation"
_ON_LOOPBACK = (LOOPBACK, "localhost")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Notification:
    id: str
    topic: Arn
    text: str
    subject: str | None
    moment: datetime

    @property
    def envelope(self) -> str:
        """Its signature is none: nothing here could be proved with it."""
        subject = {} if self.subject is None else {"Subject": self.subject}
        head = {"Type": "Notification", "MessageId": self.id, "TopicArn": str(self.topic), **subject}
        stamp = f"{self.moment:%Y-%m-%dT%H:%M:%S}.{self.moment.microsecond // 1000:03d}Z"
        return json.dumps({**head, "Message": self.text, "Timestamp": stamp})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Subscription:
    arn: str
    protocol: str
    endpoint: str
    raw: bool
    filter: Mapping[str, Any] | None
    by_body: bool
    confirmed: bool
    dead_letters: str | None

    def takes(self, text: str) -> bool:
        """Whether its filter policy lets the message through; a service gives its messages no attributes."""
        if self.filter is None:
            return True
        try:
            body = json.loads(text) if self.by_body else {}
        except ValueError:
            return False
        return isinstance(body, dict) and matches(self.filter, body)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Topic:
    policies: Sequence[Policy]
    key: str | None
    subscriptions: tuple[_Subscription, ...]
    pending: bool
    """Whether it has others, which are not confirmed."""


class Topics:
    def __init__(self, backend: Backend, lanes: Lanes, journal: Journal) -> None:
        self._backend = backend
        self._lanes = lanes
        self._journal = journal
        self._session: aiohttp.ClientSession | None = None

    async def publish(self, source: ServiceSource, topic: Arn, text: str, *, subject: str | None = None) -> None:
        """Publishes it as the service; raises UndeliverableError where the topic is gone, or a policy refuses.

        The subscriptions are served afterwards, each in the order of the messages."""
        known = await self._backend.remembered(
            "sns", topic.account, (topic, source), partial(self._allowed, source, topic)
        )
        if known.pending:
            # Who confirms a subscription does so behind our back.
            self._backend.forget("sns", topic.account)
        await require_key(source, known.key, topic, "aws:sns:topicArn", self._backend)
        now = datetime.now(UTC)
        notification = _Notification(id=str(uuid.uuid4()), topic=topic, text=text, subject=subject, moment=now)
        for each in known.subscriptions:
            if each.takes(text):
                self._lanes.add(("subscription", each.arn), partial(self._serve, notification, each))

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def _serve(self, notification: _Notification, subscription: _Subscription) -> None:
        message = notification.text if subscription.raw else notification.envelope
        outcome = DeliveryOutcome.DELIVERED
        error: UndeliverableError | None = None
        try:
            with undeliverable():
                delivered = await self._handed_over(notification, subscription, message)
            if delivered:
                self._count(notification.topic, "NumberOfNotificationsDelivered")
            else:
                outcome = DeliveryOutcome.NOT_HERE
        except UndeliverableError as failed:
            self._count(notification.topic, "NumberOfNotificationsFailed")
            outcome, error = await self._dead_letter(notification.topic, subscription, message, failed)
        self._journal.note_delivery(
            _place(notification.topic),
            Delivery(
                source=str(notification.topic),
                target=subscription.endpoint,
                text=message,
                outcome=outcome,
                error=error,
            ),
        )

    async def _handed_over(self, notification: _Notification, subscription: _Subscription, message: str) -> bool:
        """Whether it could be tried here; raises UndeliverableError where it failed."""
        if subscription.protocol == "sqs":
            source = self._as_topic(notification.topic)
            await send_message(source, arn_of(subscription.endpoint), message, self._backend)
            return True
        url = urlsplit(subscription.endpoint)
        if subscription.protocol in ("http", "https") and url.hostname in _ON_LOOPBACK:
            await self._post(notification, subscription, message)
            return True
        return False

    async def _post(self, notification: _Notification, subscription: _Subscription, message: str) -> None:
        headers = {
            "Content-Type": "text/plain; charset=UTF-8",
            "User-Agent": "Amazon Simple Notification Service Agent",
            "x-amz-sns-message-type": "Notification",
            "x-amz-sns-message-id": notification.id,
            "x-amz-sns-topic-arn": str(notification.topic),
            "x-amz-sns-subscription-arn": subscription.arn,
            **({"x-amz-sns-rawdelivery": "true"} if subscription.raw else {}),
        }
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=_PATIENCE)
        why = ""
        for _ in range(_ATTEMPTS):
            try:
                async with self._session.post(subscription.endpoint, data=message.encode(), headers=headers) as answer:
                    if answer.ok:
                        return
                    why = f"{subscription.endpoint} answered {answer.status}"
                    if answer.status < 500 and answer.status != 429:  # noqa: PLR2004  a client error is not tried again
                        break
            except (aiohttp.ClientError, TimeoutError) as error:
                why = f"{subscription.endpoint} can't be reached: {error!r}"
        raise UndeliverableError(CLIENT_ERROR, why)

    async def _dead_letter(
        self, topic: Arn, subscription: _Subscription, message: str, failed: UndeliverableError
    ) -> tuple[DeliveryOutcome, UndeliverableError]:
        if subscription.dead_letters is None:
            return DeliveryOutcome.LOST, failed
        try:
            await send_message(self._as_topic(topic), arn_of(subscription.dead_letters), message, self._backend)
        except UndeliverableError as again:
            self._count(topic, "NumberOfNotificationsFailedToRedriveToDlq")
            both = f"{failed.message}; {subscription.dead_letters}: {again.message}"
            return DeliveryOutcome.LOST, UndeliverableError(again.code, both)
        self._count(topic, "NumberOfNotificationsRedrivenToDlq")
        return DeliveryOutcome.DEAD_LETTERED, failed

    async def _allowed(self, source: ServiceSource, topic: Arn) -> _Topic:
        """The topic, to which the source can publish."""
        known = await self._backend.remembered("sns", topic.account, topic, partial(self._read, topic))
        require_allowed(source, "sns:Publish", topic, known.policies)
        return known

    async def _read(self, topic: Arn) -> _Topic:
        try:
            answer = await self._call("GetTopicAttributes", {"TopicArn": str(topic)}, topic)
        except CallFailed as failed:
            code = NO_RESOURCE if failed.code.startswith("NotFound") else NO_PERMISSIONS
            raise UndeliverableError(code, failed.message) from failed
        attributes, listed = answer["Attributes"], await self._subscriptions(topic)
        return _Topic(
            policies=policies_of({"topic policy": attributes.get("Policy")}),
            key=attributes.get("KmsMasterKeyId"),
            subscriptions=tuple(each for each in listed if each.confirmed),
            pending=not all(each.confirmed for each in listed),
        )

    async def _subscriptions(self, topic: Arn) -> list[_Subscription]:
        found, wanted = [], {"TopicArn": str(topic)}
        while True:
            answer = await self._call("ListSubscriptionsByTopic", wanted, topic)
            for each in answer.get("Subscriptions", ()):
                attributes = await self._subscription_attributes(each["SubscriptionArn"], topic)
                found.append(_subscription(each, attributes))
            if not answer.get("NextToken"):
                return found
            wanted = {**wanted, "NextToken": answer["NextToken"]}

    async def _subscription_attributes(self, arn: str, topic: Arn) -> dict[str, str]:
        if not arn.startswith("arn:"):
            return {_PENDING: "true"}
        answer = await self._call("GetSubscriptionAttributes", {"SubscriptionArn": arn}, topic)
        return dict(answer["Attributes"])

    async def _call(self, operation: str, wanted: Mapping[str, Any], topic: Arn) -> dict[str, Any]:
        return await self._backend.call("sns", operation, wanted, account=topic.account, region=topic.region)

    def _as_topic(self, topic: Arn) -> ServiceSource:
        return ServiceSource(service=TOPICS, arn=str(topic), account=topic.account)

    def _count(self, topic: Arn, name: str) -> None:
        self._journal.count(_place(topic), ("AWS/SNS", name, topic.resource))


def _place(topic: Arn) -> RegistryId:
    return RegistryId(account=topic.account, region=topic.region)


def _subscription(listed: Mapping[str, str], attributes: Mapping[str, str]) -> _Subscription:
    redrive = attributes.get("RedrivePolicy")
    policy = attributes.get("FilterPolicy")
    return _Subscription(
        arn=listed["SubscriptionArn"],
        protocol=listed["Protocol"],
        endpoint=listed["Endpoint"],
        raw=attributes.get("RawMessageDelivery") == "true",
        filter=json.loads(policy) if policy else None,
        by_body=attributes.get("FilterPolicyScope") == "MessageBody",
        confirmed=attributes.get(_PENDING, "false") != "true",
        dead_letters=json.loads(redrive)["deadLetterTargetArn"] if redrive else None,
    )
