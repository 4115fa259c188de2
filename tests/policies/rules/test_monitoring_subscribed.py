"""Topics that no one subscribed to."""

from typing import Any

from domain.document_text import SECRET, UNKNOWN
from policies.rules.monitoring_subscribed import RULE
from resources.chatbot import SLACK_CHANNEL
from tests.cases import case, cases
from tests.policies.conftest import Declared, findings
from tests.policies.rules.monitored import TOPIC_ARN, monitored, not_known_yet, urn

NONE = ["topic has no subscription: no one gets what is published to it"]


@cases(
    "without, changed, expected",
    case("compliant", (), {}, []),
    case("violating", ("subscription",), {}, NONE),
    case("of another topic", (), {"subscription": {"topic": f"{TOPIC_ARN}-2"}}, NONE),
    case("unset", (), {"subscription": {"topic": None}}, NONE),
    case("unknown", (), {"subscription": {"topic": UNKNOWN}}, []),
    case("a secret endpoint", (), {"subscription": {"endpoint": SECRET}}, []),
    case("no topic", ("topic", "subscription"), {}, []),
)
def test_a_topic(without: tuple[str, ...], changed: dict[str, Any], expected: list[str]) -> None:
    assert findings(RULE, *monitored(without, **changed)) == expected


@cases(
    "topics, expected",
    ([TOPIC_ARN], []),
    ([f"{TOPIC_ARN}-2", TOPIC_ARN], []),
    ([UNKNOWN], []),
    (UNKNOWN, []),
    ([f"{TOPIC_ARN}-2"], NONE),
    ([], NONE),
    (None, NONE),
)
def test_a_channel_of_slack_subscribes_as_well(topics: object, expected: list[str]) -> None:
    channel = Declared(type=SLACK_CHANNEL, inputs={"snsTopicArns": topics}, dependencies=(urn("topic"),))
    assert findings(RULE, *monitored(("subscription",)), channel) == expected


def test_in_a_first_preview_dependencies_say_whose_it_is() -> None:
    assert findings(RULE, *not_known_yet(monitored(), TOPIC_ARN)) == []
