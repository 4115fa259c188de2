"""Keys of topics and queues: the publishers can use them, as IAM would decide."""

from typing import Any

from domain.document_text import UNKNOWN, to_json_text
from policies.rules.topic_encrypted import RULE
from resources.kms import ALIAS, KEY, KEY_POLICY
from tests.cases import case, cases
from tests.policies.conftest import Declared, findings, paths
from tests.policies.rules.monitored import (
    ACCOUNT,
    NAMES,
    QUEUE_ARN,
    TOPIC_ARN,
    document,
    monitored,
    not_known_yet,
    urn,
)
from tests.policies.rules.texts import HOME, OTHER

BOTH = "kms:Decrypt and kms:GenerateDataKey"


def nothing_from(service: str, actions: str, part: str = "topic") -> str:
    return f"{part} gets nothing from {service}.amazonaws.com: the policy of its key does not allow it {actions}"


UNSET = "queue is not encrypted with a customer managed key: kmsMasterKeyId is not set"
AWS_MANAGED = f"arn:aws:kms:us-east-1:{HOME}:alias/aws/sqs"
_UNSENT = "without aws:SourceArn or aws:SourceAccount, which EventBridge does not send to a key"
NOT_SENT = f"{nothing_from('events', BOTH)} {_UNSENT}"


@cases(
    "part, inputs, expected",
    case("compliant", "topic", {}, []),
    case(
        "unset", "topic", {"kmsMasterKeyId": None},
        ["topic is not encrypted with a customer managed key: kmsMasterKeyId is not set"],
    ),
    case(
        "empty", "queue", {"kmsMasterKeyId": ""},
        [UNSET],
    ),
    case(
        "the queue's own", "queue", {"kmsMasterKeyId": None, "sqsManagedSseEnabled": True},
        [UNSET.replace(":", " but with Amazon SQS's own (sqsManagedSseEnabled):")],
    ),
    case(
        "AWS's", "topic", {"kmsMasterKeyId": "alias/aws/sns"},
        ["topic is encrypted with an AWS managed key, alias/aws/sns, which no service can be allowed to use"],
    ),
    case(
        "AWS's by its ARN", "queue", {"kmsMasterKeyId": AWS_MANAGED},
        [f"queue is encrypted with an AWS managed key, {AWS_MANAGED}, which no service can be allowed to use"],
    ),
    case("unknown, of a declared key", "topic", {"kmsMasterKeyId": UNKNOWN}, []),
    case("the policy is not known yet", "topic key", {"policy": UNKNOWN}, ["topic undecided kmsMasterKeyId"]),
    case(
        "AWS's default policy", "topic key", {"policy": None},
        ["topic has a key whose policy is the default, which allows no service"],
    ),
    case("no policy", "queue key", {"policy": "{}"}, ["queue has a key whose policy is no valid one"]),
)  # fmt: skip
def test_a_key(part: str, inputs: dict[str, Any], expected: list[str]) -> None:
    assert findings(RULE, *monitored(**{part.replace(" ", "_"): inputs})) == expected


@cases(
    "key, changed, expected",
    case("no events", "topic key", {"without": ("PublishEvents",)}, [nothing_from("events", BOTH)]),
    case("no alarms", "topic key", {"without": ("PublishAlarms",)}, [nothing_from("cloudwatch", BOTH)]),
    case(
        "no data keys for events", "topic key", {"Sid": "PublishEvents", "Action": "kms:Decrypt"},
        [nothing_from("events", "kms:GenerateDataKey")],
    ),
    case(
        "no data keys for alarms", "topic key", {"Sid": "PublishAlarms", "Action": "kms:Decrypt"},
        [nothing_from("cloudwatch", "kms:GenerateDataKey")],
    ),
    case(
        "no reading for alarms", "topic key", {"Sid": "PublishAlarms", "Action": "kms:GenerateDataKey*"},
        [nothing_from("cloudwatch", "kms:Decrypt")],
    ),
    case(
        "events under their account, which EventBridge does not send", "topic key",
        {"Sid": "PublishEvents", "Condition": {"StringEquals": {"aws:SourceAccount": HOME}}},
        [NOT_SENT],
    ),
    case(
        "events under their rule", "topic key",
        {"Sid": "PublishEvents", "Condition": {"ArnLike": {"aws:SourceArn": NAMES.rules_arn}}},
        [NOT_SENT],
    ),
    case("events under nothing", "topic key", {"Sid": "PublishEvents", "Condition": {}}, []),
    case(
        "events of another topic", "topic key",
        {"Sid": "PublishEvents", "Condition": {"ArnLike": {"kms:EncryptionContext:aws:sns:topicArn": f"{TOPIC_ARN}x"}}},
        [nothing_from("events", BOTH)],
    ),
    case(
        "alarms of another account", "topic key",
        {"Sid": "PublishAlarms", "Condition": {"StringEquals": {"aws:SourceAccount": OTHER}}},
        [nothing_from("cloudwatch", BOTH)],
    ),
    case(
        "alarms of other names", "topic key",
        {"Sid": "PublishAlarms", "Condition": {"ArnLike": {"aws:SourceArn": NAMES.alarms_arn.replace(":p-", ":q-")}}},
        [nothing_from("cloudwatch", BOTH)],
    ),
    case("no events in the queue", "queue key", {"without": ("KeepEvents",)}, [nothing_from("events", BOTH, "queue")]),
    case("no messages", "queue key", {"without": ("KeepMessages",)}, [nothing_from("sns", BOTH, "queue")]),
    case(
        "messages of this topic", "queue key",
        {"Sid": "KeepMessages", "Condition": {"ArnEquals": {"aws:SourceArn": TOPIC_ARN}}}, [],
    ),
    case(
        "messages of another topic", "queue key",
        {"Sid": "KeepMessages", "Condition": {"ArnEquals": {"aws:SourceArn": f"{TOPIC_ARN}-2"}}},
        [nothing_from("sns", BOTH, "queue")],
    ),
)  # fmt: skip
def test_publishers(key: str, changed: dict[str, Any], expected: list[str]) -> None:
    policy = to_json_text(document(key, **changed))
    assert findings(RULE, *monitored(**{key.replace(" ", "_"): {"policy": policy}})) == expected


NO_EVENTS = to_json_text(document("topic key", without=("PublishEvents", "PublishAlarms")))


def test_only_what_publishes_counts() -> None:
    deaf = {"topic_key": {"policy": NO_EVENTS}}
    assert findings(RULE, *monitored(**deaf)) == [nothing_from(each, BOTH) for each in ("events", "cloudwatch")]
    assert findings(RULE, *monitored(("target",), **deaf)) == [nothing_from("cloudwatch", BOTH)]
    assert findings(RULE, *monitored(("alarm", "composite"), **deaf)) == [nothing_from("events", BOTH)]
    assert findings(RULE, *monitored(("target", "alarm", "composite"), **deaf)) == []
    by_composite = {"composite": {"insufficientDataActions": [TOPIC_ARN], "okActions": None}}
    assert findings(RULE, *monitored(("target", "alarm"), **deaf, **by_composite)) == [nothing_from("cloudwatch", BOTH)]


def test_an_alarm_can_act_elsewhere_as_well() -> None:
    beside = {"topic_key": {"policy": NO_EVENTS}, "alarm": {"alarmActions": ["arn:aws:lambda:x:1:f", TOPIC_ARN]}}
    assert findings(RULE, *monitored(("target", "composite"), **beside)) == [nothing_from("cloudwatch", BOTH)]


def test_in_a_first_preview_dependencies_say_whose_it_is() -> None:
    policy = to_json_text(document("queue key", without=("KeepEvents",)))
    sound, broken = monitored(), monitored(queue_key={"policy": policy})
    for resources, expected in ((sound, []), (broken, [nothing_from("events", BOTH, "queue")])):
        assert findings(RULE, *not_known_yet(resources, TOPIC_ARN, QUEUE_ARN)) == expected


@cases(
    "redrive, expected",
    (UNKNOWN, [nothing_from("sns", BOTH, "queue")]),
    (to_json_text({"deadLetterTargetArn": QUEUE_ARN}), [nothing_from("sns", BOTH, "queue")]),
    (to_json_text({"deadLetterTargetArn": f"{QUEUE_ARN}-2"}), []),
    ("{", []),
    ("[]", []),
    (None, []),
)
def test_what_a_subscription_can_t_deliver(redrive: object, expected: list[str]) -> None:
    policy = to_json_text(document("queue key", without=("KeepMessages",)))
    changed = {"queue_key": {"policy": policy}, "subscription": {"redrivePolicy": redrive}}
    assert findings(RULE, *monitored(**changed)) == expected


def test_a_key_by_its_alias_and_a_policy_by_itself() -> None:
    alias = Declared(type=ALIAS, name="alias", inputs={"name": "alias/p"}, dependencies=(urn("topic key"),))
    parts = [each for each in monitored(topic={"kmsMasterKeyId": "alias/p"}) if each.name != "topic"]
    topic = next(each for each in monitored(topic={"kmsMasterKeyId": "alias/p"}) if each.name == "topic")
    by_alias = Declared(type=topic.type, name="topic", inputs=topic.inputs, dependencies=(alias.urn,))
    assert findings(RULE, *parts, by_alias, alias) == []
    itself = Declared(type=KEY_POLICY, name="policy", inputs={"policy": NO_EVENTS}, dependencies=(urn("topic key"),))
    found = [nothing_from(each, BOTH) for each in ("events", "cloudwatch")]
    assert findings(RULE, *parts, by_alias, alias, itself) == found


def test_a_key_of_another_stack_can_t_be_decided() -> None:
    resources = [each for each in monitored() if each.type != KEY]
    assert findings(RULE, *resources) == [f"{each} undecided kmsMasterKeyId" for each in ("topic", "queue")]
    assert findings(RULE, *(each for each in monitored() if each is not ACCOUNT)) == [
        f"{each} undecided kmsMasterKeyId" for each in ("topic", "queue")
    ]


def test_what_is_missing_has_its_place() -> None:
    assert paths(RULE, *monitored(topic={"kmsMasterKeyId": None})) == [("kmsMasterKeyId",)]
