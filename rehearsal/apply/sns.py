"""Topics, their policies, and subscriptions."""

import time
from typing import Any
from urllib.parse import urlsplit

from domain.monitoring.subscribers import Protocol
from rehearsal.apply.builder import Builder, NotMade, Order
from resources import Answer
from resources.sns import TOPIC, TOPIC_POLICY, TOPIC_SUBSCRIPTION

_OF_SUBSCRIPTION = {"rawMessageDelivery": "RawMessageDelivery", "redrivePolicy": "RedrivePolicy"}
_PATIENCE, _PAUSE = 10.0, 0.01
"""Seconds."""


def _topic(order: Order) -> Answer:
    sns, inputs = order.client("sns"), order.inputs
    arn = sns.create_topic(Name=inputs["name"], Tags=order.tags())["TopicArn"]
    if "kmsMasterKeyId" in inputs:
        key = inputs["kmsMasterKeyId"]
        sns.set_topic_attributes(TopicArn=arn, AttributeName="KmsMasterKeyId", AttributeValue=key)
    return arn, {"arn": arn, "owner": order.account}


def _topic_policy(order: Order) -> Answer:
    arn, policy = order.inputs["arn"], order.inputs["policy"]
    order.client("sns").set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=policy)
    return arn, {"owner": order.account}


def _subscription(order: Order) -> Answer:
    inputs = order.inputs
    given = {of_sns: inputs[name] for name, of_sns in _OF_SUBSCRIPTION.items() if name in inputs}
    protocol, endpoint, sns = inputs["protocol"], inputs["endpoint"], order.client("sns")
    if protocol == Protocol.HTTPS:
        endpoint = order.endpoint(endpoint)
        protocol = urlsplit(endpoint).scheme
    made = sns.subscribe(
        TopicArn=inputs["topic"],
        Protocol=protocol,
        Endpoint=endpoint,
        Attributes={name: value if isinstance(value, str) else str(value).lower() for name, value in given.items()},
        ReturnSubscriptionArn=True,
    )["SubscriptionArn"]
    if protocol == "http":
        made = confirmed(sns, inputs["topic"], endpoint)
    return made, {"arn": made, "ownerId": order.account}


def confirmed(sns: Any, topic: str, endpoint: str) -> str:
    """The ARN of the subscription, once its stand-in on loopback has confirmed it."""
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        for page in sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic):
            for each in page["Subscriptions"]:
                if each["Endpoint"] == endpoint and each["SubscriptionArn"].startswith(topic):
                    return str(each["SubscriptionArn"])
        time.sleep(_PAUSE)
    raise NotMade(f"{endpoint} did not confirm its subscription within {_PATIENCE:.0f} s")


BUILDERS = {
    TOPIC: Builder(build=_topic, properties=("name", "kmsMasterKeyId", "tags")),
    TOPIC_POLICY: Builder(build=_topic_policy, properties=("arn", "policy")),
    TOPIC_SUBSCRIPTION: Builder(build=_subscription, properties=("topic", "protocol", "endpoint", *_OF_SUBSCRIPTION)),
}
