"""Keys are rotated."""

import pytest

from domain.document_text import SECRET, UNKNOWN
from policies.kinds import KEY
from policies.rules.kms_rotation import RULE
from tests.policies.conftest import Declared, Judge


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        pytest.param({"enableKeyRotation": True}, [], id="compliant"),
        pytest.param({"enableKeyRotation": False}, ["is never rotated"], id="violating"),
        pytest.param({}, ["is never rotated"], id="unset"),
        pytest.param({"enableKeyRotation": UNKNOWN}, ["undecided enableKeyRotation"], id="unknown"),
        pytest.param({"enableKeyRotation": SECRET}, ["undecided enableKeyRotation"], id="secret"),
        pytest.param({"customerMasterKeySpec": "RSA_2048"}, [], id="asymmetric"),
        pytest.param({"customerMasterKeySpec": "RSA_2048", "enableKeyRotation": UNKNOWN}, [], id="asymmetric, unknown"),
        pytest.param({"customerMasterKeySpec": ""}, ["is never rotated"], id="of the default kind"),
        pytest.param({"customerMasterKeySpec": "SYMMETRIC_DEFAULT"}, ["is never rotated"], id="symmetric"),
        *(
            pytest.param({"customerMasterKeySpec": kind, **rotation}, expected, id=f"{name}, of a kind not known")
            for kind in (UNKNOWN, SECRET)
            for name, rotation, expected in (
                ("unset", {}, ["undecided customerMasterKeySpec"]),
                ("violating", {"enableKeyRotation": False}, ["undecided customerMasterKeySpec"]),
                ("unknown", {"enableKeyRotation": UNKNOWN}, ["undecided enableKeyRotation"]),
                ("compliant", {"enableKeyRotation": True}, []),
            )
        ),
    ],
)
def test_a_symmetric_key_is_rotated(told: Judge, inputs: dict[str, object], expected: list[str]) -> None:
    assert told(RULE, Declared(type=KEY, inputs=inputs)) == expected
