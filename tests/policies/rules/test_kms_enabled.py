"""Keys are enabled."""

from domain.document_text import UNKNOWN
from policies.rules.kms_enabled import RULE
from resources.kms import KEY
from tests.cases import case, cases
from tests.policies.conftest import Declared, findings


@cases(
    "enabled, expected",
    case("compliant", True, []),
    case("violating", False, ["is disabled"]),
    case("unset", None, []),
    case("unknown", UNKNOWN, ["undecided isEnabled"]),
    case("a text", "false", ["is disabled"]),
)
def test_a_key_can_be_used(enabled: object, expected: list[str]) -> None:
    assert findings(RULE, Declared(type=KEY, inputs={"isEnabled": enabled})) == expected
