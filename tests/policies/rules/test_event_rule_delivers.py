"""What event rules match arrives: decided by the policies as IAM would."""

import json
from dataclasses import replace
from typing import Any

from domain.document_text import UNKNOWN, to_json_text
from policies.rules.event_rule_delivers import RULE
from resources.events import EVENT_RULE, EVENT_TARGET
from resources.logs import LOG_RESOURCE_POLICY
from resources.sns import TOPIC_POLICY
from tests.cases import case, cases
from tests.policies.conftest import Declared, findings, paths
from tests.policies.rules.monitored import (
    ACCOUNT,
    LOGS,
    NAMES,
    PATTERN,
    QUEUE_ARN,
    QUEUE_URL,
    TOPIC_ARN,
    TRANSFORMER,
    document,
    monitored,
    not_known_yet,
)
from tests.policies.rules.texts import HOME, OTHER

NO_TARGET = "has no target: what it matches goes nowhere"
NO_LETTERS = "loses what can't be delivered: it has no dead-letter queue"
PUBLISH, SEND, WRITE = "sns:Publish", "sqs:SendMessage", "logs:CreateLogStream and logs:PutLogEvents"


def judged(*, without: Any = (), **changed: Any) -> list[str]:
    return findings(RULE, *monitored(without, **changed))


def refused(action: str, target: str = "target", by: str = "target", service: str = "events") -> str:
    return f"{target} is refused by its {by}, whose policy does not allow {service}.amazonaws.com {action}"


def no_letters(*targets: str) -> list[str]:
    return [refused(SEND, each, "dead-letter queue") for each in targets or ("target", "log target")]


@cases(
    "inputs, expected",
    case("compliant", {}, []),
    case("with reads", {"state": "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"}, []),
    case("state unset", {"state": None}, []),
    case("disabled", {"state": "DISABLED"}, ["rule is disabled"]),
    case("disabled as it once was", {"isEnabled": False}, ["rule is disabled"]),
    case("enabled as it once was", {"isEnabled": True}, []),
    case("state unknown", {"state": UNKNOWN}, ["rule undecided state"]),
    case("pattern unknown", {"eventPattern": UNKNOWN}, ["rule undecided eventPattern"]),
    case("pattern unset", {"eventPattern": None}, ["rule matches nothing: it has no eventPattern"]),
    case("a schedule", {"eventPattern": None, "scheduleExpression": "rate(1 day)"}, []),
    case("of another name", {"name": "p-other"}, [f"rule {NO_TARGET}"]),
)
def test_a_rule(inputs: dict[str, Any], expected: list[str]) -> None:
    assert judged(rule=inputs) == expected


@cases("pattern", "{", "[]", '{"source": "aws.ecr"}', '{"source": []}', '{"source": [{"prefx": "aws"}]}')
def test_a_pattern_that_eventbridge_refuses(pattern: str) -> None:
    (found,) = judged(rule={"eventPattern": pattern})
    assert found.startswith("rule has a pattern that EventBridge refuses: ")


@cases(
    "transformer, expected",
    (TRANSFORMER, None),
    (None, None),
    ({**TRANSFORMER, "inputPaths": None}, "inputTemplate"),
    ({**TRANSFORMER, "inputPaths": {"name": "detail"}}, "inputPaths.name is not a path"),
    ({**TRANSFORMER, "inputTemplate": '{"a": "<other>"}'}, "inputTemplate"),
    ({**TRANSFORMER, "inputTemplate": "{"}, "inputTemplate"),
    ({**TRANSFORMER, "inputTemplate": None}, "inputTemplate"),
)
def test_a_transformer(transformer: dict[str, Any] | None, expected: str | None) -> None:
    found = judged(target={"inputTransformer": transformer})
    if expected is None:
        assert found == []
    else:
        assert len(found) == 1
        assert found[0].startswith(f"target has a transformer that EventBridge refuses: {expected}")


@cases(
    "inputs, expected",
    case("compliant", {}, []),
    case("no dead letters", {"deadLetterConfig": None}, [f"target {NO_LETTERS}"]),
    case("empty dead letters", {"deadLetterConfig": {}}, [f"target {NO_LETTERS}"]),
    case("not known yet", {"deadLetterConfig": UNKNOWN}, []),
    case(
        "a topic", {"deadLetterConfig": {"arn": TOPIC_ARN}},
        [f"target has dead letters in {TOPIC_ARN}, which is no queue"],
    ),
    case("another's queue", {"deadLetterConfig": {"arn": f"{QUEUE_ARN}-2"}}, ["target undecided deadLetterConfig.arn"]),
    case("another's topic", {"arn": f"{TOPIC_ARN}-2"}, ["target undecided arn"]),
    case("a queue", {"arn": QUEUE_ARN}, []),
    case("a log group", {"arn": LOGS}, []),
    case(
        "the transformer is not known yet", {"inputTransformer": {"inputTemplate": UNKNOWN}},
        ["target undecided inputTransformer"],
    ),
    case(
        "a role", {"roleArn": f"arn:aws:iam::{HOME}:role/r"},
        ["target has a role, with which EventBridge may not deliver to topics, queues and logs"],
    ),
    case("of no rule", {"rule": "p-gone"}, [f"rule {NO_TARGET}"]),
)  # fmt: skip
def test_a_target(inputs: dict[str, Any], expected: list[str]) -> None:
    assert judged(target=inputs) == expected


BY_SNS = {"Service": "sns.amazonaws.com"}
OTHER_LOGS = f"arn:aws:logs:us-east-1:{HOME}:log-group:/aws/events/q-*:*"
OF_OTHER_RULE = {"ArnLike": {"aws:SourceArn": NAMES.rules_arn.replace("p-", "q-")}}
OF_OTHER_ACCOUNT = {"StringEquals": {"aws:SourceAccount": OTHER}}


@cases(
    "part, elements, expected",
    case("no events", "topic", {"without": ("PublishEvents",)}, [refused(PUBLISH)]),
    case("no alarms", "topic", {"without": ("PublishAlarms",)}, []),
    case("of another rule", "topic", {"Sid": "PublishEvents", "Condition": OF_OTHER_RULE}, [refused(PUBLISH)]),
    case("of another account", "topic", {"Sid": "PublishEvents", "Condition": OF_OTHER_ACCOUNT}, [refused(PUBLISH)]),
    case("another topic", "topic", {"Sid": "PublishEvents", "Resource": f"{TOPIC_ARN}-2"}, [refused(PUBLISH)]),
    case("another action", "topic", {"Sid": "PublishEvents", "Action": "sns:Subscribe"}, [refused(PUBLISH)]),
    case("another service", "topic", {"Sid": "PublishEvents", "Principal": BY_SNS}, [refused(PUBLISH)]),
    case("denied", "topic", {"Sid": "OnlyOverTls", "Condition": {}}, [refused(PUBLISH)]),
    case("no letters", "queue", {"without": ("KeepEvents",)}, no_letters()),
    case("letters of another account", "queue", {"Sid": "KeepEvents", "Condition": OF_OTHER_ACCOUNT}, no_letters()),
    case(
        "letters of one rule", "queue",
        {"Sid": "KeepEvents", "Condition": {"ArnEquals": {"aws:SourceArn": NAMES.rules_arn.replace("*", "findings")}}},
        no_letters("log target"),
    ),
)  # fmt: skip
def test_the_receiver_s_policy(part: str, elements: dict[str, Any], expected: list[str]) -> None:
    assert judged(**{f"{part}_policy": {"policy": to_json_text(document(part, **elements))}}) == expected


@cases(
    "elements, expected",
    ({"Sid": "WriteEvents", "Principal": {"Service": "events.amazonaws.com"}}, ["delivery.logs"]),
    ({"Sid": "WriteEvents", "Principal": {"Service": "delivery.logs.amazonaws.com"}}, ["events"]),
    ({"Sid": "WriteEvents", "Action": "logs:PutLogEvents"}, ["events", "delivery.logs"]),
    ({"Sid": "WriteEvents", "Resource": OTHER_LOGS}, ["events", "delivery.logs"]),
    ({"Sid": "WriteEvents", "Resource": LOGS}, ["events", "delivery.logs"]),
    ({"Sid": "WriteEvents", "Resource": "*"}, []),
)  # fmt: skip
def test_the_log_groups_policy(elements: dict[str, Any], expected: list[str]) -> None:
    found = judged(logs_policy={"policyDocument": to_json_text(document("logs", **elements))})
    assert found == [refused(WRITE, "log target", service=each) for each in expected]


def test_the_log_groups_policy_is_that_of_its_region() -> None:
    parts = [replace(each, region="eu-west-1") if each.type == LOG_RESOURCE_POLICY else each for each in monitored()]
    assert findings(RULE, *parts) == [
        refused(WRITE, "log target", service=each) for each in ("events", "delivery.logs")
    ]


def test_without_a_policy_no_service_can_call() -> None:
    assert judged(without=("topic policy",)) == [refused(PUBLISH)]
    assert judged(without=("queue policy",)) == no_letters()
    own = to_json_text(document("topic"))
    assert judged(without=("topic policy",), topic={"policy": own}) == []
    for nothing in ("{}", 5.0):
        assert judged(topic_policy={"policy": nothing}) == [refused(PUBLISH)]


@cases("condition", {"Bool": {"aws:SecureTransport": "true"}}, {"StringEquals": {"aws:ResourceAccount": HOME}})
def test_what_every_delivery_has(condition: dict[str, Any]) -> None:
    """Also where the policy is an object."""
    assert judged(topic_policy={"policy": document("topic", Sid="PublishEvents", Condition=condition)}) == []


def test_another_topic_s_policy_lets_no_one_in() -> None:
    text = to_json_text(document("topic", Sid="PublishEvents", Resource="*"))
    other = Declared(type=TOPIC_POLICY, name="other", inputs={"arn": f"{TOPIC_ARN}-2", "policy": text})
    assert findings(RULE, *monitored(("topic policy",)), other) == [refused(PUBLISH)]
    own = replace(other, inputs={**other.inputs, "arn": TOPIC_ARN})
    assert findings(RULE, *monitored(("topic policy",)), own) == []


def test_a_policy_that_is_not_known_yet() -> None:
    assert judged(topic_policy={"policy": UNKNOWN}) == ["target undecided arn"]
    assert judged(logs_policy={"policyDocument": UNKNOWN}) == ["log target undecided arn"]
    undecided = [f"{each} undecided deadLetterConfig.arn" for each in ("target", "log target")]
    assert judged(queue_policy={"policy": UNKNOWN}) == undecided


def test_in_a_first_preview_dependencies_say_whose_it_is() -> None:
    deaf = monitored(
        topic_policy={"policy": to_json_text(document("topic", without=("PublishEvents",)))},
        queue_policy={"policy": to_json_text(document("queue", without=("KeepEvents",)))},
    )
    for resources, expected in ((monitored(), []), (deaf, [refused(PUBLISH), *no_letters("target")])):
        hidden = not_known_yet(resources, TOPIC_ARN, QUEUE_ARN, QUEUE_URL, "p-findings")
        named = [
            replace(each, inputs=each.inputs | {"name": "p-findings"}) if each.name == "rule" else each
            for each in hidden
        ]
        found = [each for each in findings(RULE, *named) if not each.startswith("log target")]
        assert found == expected


def test_without_a_known_account_nothing_is_decided() -> None:
    found = findings(RULE, *(each for each in monitored() if each is not ACCOUNT))
    assert found == [
        f"{each} undecided {path}" for each in ("target", "log target") for path in ("arn", "deadLetterConfig.arn")
    ]


def test_a_rule_of_another_bus_has_the_bus_in_its_arn() -> None:
    changed = {"rule": {"eventBusName": "audit"}}
    assert judged(**changed) == [refused(PUBLISH), *no_letters("target")]
    condition = {"ArnLike": {"aws:SourceArn": f"arn:aws:events:us-east-1:{HOME}:rule/audit/p-*"}}
    policies: dict[str, Any] = {
        f"{part}_policy": {"policy": to_json_text(document(part, Sid=sid, Condition=condition))}
        for part, sid in (("topic", "PublishEvents"), ("queue", "KeepEvents"))
    }
    assert judged(without=("log target", "kept"), **changed, **policies) == []
    assert judged(rule={"eventBusName": "default"}) == []


def test_a_rule_of_the_same_name_in_another_region_has_its_own_targets() -> None:
    other = Declared(
        type=EVENT_RULE, name="other", region="eu-west-1", inputs={"name": "p-findings", "eventPattern": PATTERN}
    )
    assert findings(RULE, *monitored(), other) == [f"other {NO_TARGET}"]
    foreign = Declared(
        type=EVENT_TARGET, name="lone", region="eu-west-1", inputs={"rule": "p-findings", "arn": TOPIC_ARN}
    )
    assert f"lone {NO_LETTERS}" in findings(RULE, *monitored(), other, foreign)


def test_what_is_wrong_has_its_place() -> None:
    assert paths(RULE, *monitored(rule={"eventPattern": "{"})) == [("eventPattern",)]
    assert paths(RULE, *monitored(target={"deadLetterConfig": None})) == [("deadLetterConfig",)]
    text = to_json_text(document("topic", without=("PublishEvents",)))
    assert paths(RULE, *monitored(topic_policy={"policy": text})) == [("arn",)]
    assert json.loads(PATTERN)["source"] == ["aws.ecr"]
