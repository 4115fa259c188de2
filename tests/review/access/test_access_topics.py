"""What the access matrix says of the topics of monitoring."""

import json
from dataclasses import replace

from render.resource import Render
from resources.sns import TOPIC_POLICY, TOPIC_SUBSCRIPTION
from review.access.evaluation import access_matrix
from tests.stacks import NO_MONITORING, rendered

SERVICES = "published to by cloudwatch.amazonaws.com and events.amazonaws.com"
PEOPLE = "delivered to email platform@acme.example"
ANYONE = {"Effect": "Allow", "Principal": "*", "Action": "sns:Publish", "Resource": "*"}


def topics(render: Render) -> list[str]:
    return list(access_matrix(render).topics)


def changed(token: str, **inputs: object) -> Render:
    prod = rendered("prod")
    resources = [
        replace(each, inputs={**each.inputs, **inputs}) if each.type == token else each for each in prod.resources
    ]
    return replace(prod, resources=tuple(resources))


def test_who_publishes_and_who_gets_it() -> None:
    replicas, home = topics(rendered("prod"))
    where = "topic container-registry-prod-monitoring in"
    assert replicas.startswith(f"{where} ap-northeast-1 and eu-west-1: {SERVICES}; {PEOPLE} and https ")
    assert home.startswith(f"{where} us-east-1: {SERVICES}; {PEOPLE}, https ")
    assert home.endswith(" and sqs arn:aws:sqs:us-east-1:222233334444:registry-events")


def test_a_topic_that_everyone_publishes_to() -> None:
    assert all(
        "published to by *;" in each
        for each in topics(changed(TOPIC_POLICY, policy=json.dumps({"Version": "2012-10-17", "Statement": [ANYONE]})))
    )


def test_a_policy_that_can_not_be_read_is_said_to_be() -> None:
    notes = access_matrix(changed(TOPIC_POLICY, policy="{")).notes
    assert "the topic policy of registry@us-east-1 can't be read" in notes


def test_a_topic_without_a_subscriber() -> None:
    prod = rendered("prod")
    none = replace(prod, resources=tuple(each for each in prod.resources if each.type != TOPIC_SUBSCRIPTION))
    (said,) = topics(none)
    assert said.endswith("delivered to no one")


def test_nothing_is_said_where_monitoring_is_off() -> None:
    assert not topics(rendered("prod", *NO_MONITORING))
