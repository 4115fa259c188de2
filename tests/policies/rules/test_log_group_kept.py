"""How long log groups keep what they have, and under which key."""

from domain.document_text import UNKNOWN
from policies.rules.log_group_kept import RULE
from resources.logs import LOG_GROUP
from tests.cases import case, cases
from tests.policies.conftest import Declared, findings, paths

KEY = "arn:aws:kms:us-east-1:111122223333:key/1"
FOR_EVER = "keeps its events for ever: retentionInDays is not set"
NO_KEY = "is not encrypted with a customer managed key: kmsKeyId is not set"
NOT_A_KEY = "has a kmsKeyId that is not the ARN of a key, which CloudWatch Logs asks for:"


def days(number: str, least: int = 30) -> str:
    return f"keeps its events for {number} days, and an incident is looked into later than that: {least} or more"


@cases(
    "inputs, expected",
    case("compliant", {"retentionInDays": 90.0, "kmsKeyId": KEY}, []),
    case("as long as it must", {"retentionInDays": 30, "kmsKeyId": KEY}, []),
    case("a day too short", {"retentionInDays": 29.0, "kmsKeyId": KEY}, [days("29")]),
    case("a day", {"retentionInDays": 1, "kmsKeyId": KEY}, [days("1")]),
    case("unset", {}, [FOR_EVER, NO_KEY]),
    case("for ever", {"retentionInDays": 0.0, "kmsKeyId": KEY}, [FOR_EVER]),
    case("no number", {"retentionInDays": "90", "kmsKeyId": KEY}, [FOR_EVER]),
    case("no key", {"retentionInDays": 90, "kmsKeyId": ""}, [NO_KEY]),
    case("an alias", {"retentionInDays": 90, "kmsKeyId": "alias/p"}, [f"{NOT_A_KEY} 'alias/p'"]),
    case("the ARN of an alias", {"retentionInDays": 90, "kmsKeyId": KEY.replace("key/1", "alias/p")}, [
        f"{NOT_A_KEY} '{KEY.replace('key/1', 'alias/p')}'"
    ]),
    case("no text", {"retentionInDays": 90, "kmsKeyId": 1.0}, [f"{NOT_A_KEY} 1.0"]),
    case("unknown", {"retentionInDays": UNKNOWN, "kmsKeyId": UNKNOWN}, [
        "undecided retentionInDays", "undecided kmsKeyId"
    ]),
)  # fmt: skip
def test_a_log_group(inputs: dict[str, object], expected: list[str]) -> None:
    assert findings(RULE, Declared(type=LOG_GROUP, inputs=inputs)) == expected


def test_how_long_is_a_parameter() -> None:
    group = Declared(type=LOG_GROUP, inputs={"retentionInDays": 90, "kmsKeyId": KEY})
    assert findings(RULE, group, minimum_days=365) == [days("90", 365)]
    assert findings(RULE, group, minimum_days=90) == []
    assert paths(RULE, Declared(type=LOG_GROUP, inputs={})) == [("retentionInDays",), ("kmsKeyId",)]
