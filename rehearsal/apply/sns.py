"""Topics, their policies, and subscriptions."""

from rehearsal.apply.builder import Builder, Order
from resources import Answer
from resources.sns import TOPIC, TOPIC_POLICY, TOPIC_SUBSCRIPTION

_OF_SUBSCRIPTION = {"rawMessageDelivery": "RawMessageDelivery", "redrivePolicy": "RedrivePolicy"}


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
    made = order.client("sns").subscribe(
        TopicArn=inputs["topic"],
        Protocol=inputs["protocol"],
        Endpoint=inputs["endpoint"],
        Attributes={name: value if isinstance(value, str) else str(value).lower() for name, value in given.items()},
        ReturnSubscriptionArn=True,
    )["SubscriptionArn"]
    return made, {"arn": made, "ownerId": order.account}


BUILDERS = {
    TOPIC: Builder(build=_topic, properties=("name", "kmsMasterKeyId", "tags")),
    TOPIC_POLICY: Builder(build=_topic_policy, properties=("arn", "policy")),
    TOPIC_SUBSCRIPTION: Builder(build=_subscription, properties=("topic", "protocol", "endpoint", *_OF_SUBSCRIPTION)),
}
