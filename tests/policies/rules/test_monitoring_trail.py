"""Rules that see no call."""

from dataclasses import replace
from typing import Any

from domain.document_text import UNKNOWN, to_json_text
from policies.rules.monitoring_trail import RULE
from tests.cases import case, cases
from tests.policies.conftest import findings
from tests.policies.rules.monitored import monitored

UNSEEN = (
    "topic sees no API call, without a trail: no one is notified of pushes and deletions by principals that are "
    "not declared, denied calls, settings that are changed by hand, repositories that are deleted, keys that are "
    "disabled and lifecycle policies that fail"
)


def of(*kinds: str) -> dict[str, Any]:
    return {"eventPattern": to_json_text({"source": ["aws.ecr"], "detail-type": list(kinds)})}


CALLS = of("AWS API Call via CloudTrail")


@cases(
    "inputs, expected",
    case("compliant", CALLS, []),
    case("with another", of("ECR Image Scan", "AWS API Call via CloudTrail"), []),
    case("violating", of("ECR Image Scan"), [UNSEEN]),
    case("a service's event", of("AWS Service Event via CloudTrail"), [UNSEEN]),
    case("unset", {"eventPattern": None}, [UNSEEN]),
    case("unknown", {"eventPattern": UNKNOWN}, []),
    case("no JSON", {"eventPattern": "{"}, [UNSEEN]),
    case("too deep", {"eventPattern": "[" * 100_000}, [UNSEEN]),
    case("no object", {"eventPattern": '["AWS API Call via CloudTrail"]'}, [UNSEEN]),
)
def test_a_registry(inputs: dict[str, Any], expected: list[str]) -> None:
    assert findings(RULE, *monitored(rule=inputs)) == expected


def test_each_region_needs_its_own() -> None:
    here = monitored(rule=CALLS)
    there = [replace(each, region="eu-west-1", name=f"{each.name} there") for each in monitored()]
    assert findings(RULE, *(each for each in (*here, *there) if each.type in RULE.types)) == [
        UNSEEN.replace("topic", "topic there", 1)
    ]


def test_without_rules_there_is_nothing_to_see() -> None:
    assert findings(RULE, *monitored(("rule", "kept"))) == []
    assert findings(RULE, *monitored(("topic",))) == []
