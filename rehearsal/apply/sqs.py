"""Queues and their policies."""

from rehearsal.apply.builder import Builder, Order
from resources import Answer
from resources.sqs import QUEUE, QUEUE_POLICY

_ATTRIBUTES = {
    "kmsMasterKeyId": "KmsMasterKeyId",
    "kmsDataKeyReusePeriodSeconds": "KmsDataKeyReusePeriodSeconds",
    "messageRetentionSeconds": "MessageRetentionPeriod",
}


def _queue(order: Order) -> Answer:
    sqs, inputs = order.client("sqs"), order.inputs
    url = sqs.create_queue(
        QueueName=inputs["name"],
        tags=inputs.get("tags", {}),
        Attributes={of_sqs: str(inputs[name]) for name, of_sqs in _ATTRIBUTES.items() if name in inputs},
    )["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    return url, {"arn": arn, "url": url}


def _queue_policy(order: Order) -> Answer:
    url = order.inputs["queueUrl"]
    order.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": order.inputs["policy"]})
    return url, {}


BUILDERS = {
    QUEUE: Builder(build=_queue, properties=("name", "tags", *_ATTRIBUTES)),
    QUEUE_POLICY: Builder(build=_queue_policy, properties=("queueUrl", "policy")),
}
