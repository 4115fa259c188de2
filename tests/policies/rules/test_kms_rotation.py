"""Keys are rotated."""

from domain.document_text import SECRET, UNKNOWN
from policies.rules.kms_rotation import RULE
from resources.kms import KEY
from tests.cases import case, cases
from tests.policies.conftest import Declared, findings


@cases(
    "inputs, expected",
    case("compliant", {"enableKeyRotation": True}, []),
    case("violating", {"enableKeyRotation": False}, ["is not rotated"]),
    case("unset", {}, ["is not rotated"]),
    case("unknown", {"enableKeyRotation": UNKNOWN}, ["undecided enableKeyRotation"]),
    case("secret", {"enableKeyRotation": SECRET}, ["undecided enableKeyRotation"]),
    case("asymmetric", {"customerMasterKeySpec": "RSA_2048"}, []),
    case("asymmetric, unknown", {"customerMasterKeySpec": "RSA_2048", "enableKeyRotation": UNKNOWN}, []),
    case("of the default kind", {"customerMasterKeySpec": ""}, ["is not rotated"]),
    case("symmetric", {"customerMasterKeySpec": "SYMMETRIC_DEFAULT"}, ["is not rotated"]),
    *(
        case(f"{name}, of a kind not known", {"customerMasterKeySpec": kind, **rotation}, expected)
        for kind in (UNKNOWN, SECRET)
        for name, rotation, expected in (
            ("unset", {}, ["undecided customerMasterKeySpec"]),
            ("violating", {"enableKeyRotation": False}, ["undecided customerMasterKeySpec"]),
            ("unknown", {"enableKeyRotation": UNKNOWN}, ["undecided enableKeyRotation"]),
            ("compliant", {"enableKeyRotation": True}, []),
        )
    ),
)
def test_a_symmetric_key_is_rotated(inputs: dict[str, object], expected: list[str]) -> None:
    assert findings(RULE, Declared(type=KEY, inputs=inputs)) == expected
