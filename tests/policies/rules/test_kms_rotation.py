"""Keys are rotated."""

import pytest

from domain.markers import UNKNOWN
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
        pytest.param({"customerMasterKeySpec": "RSA_2048"}, [], id="asymmetric"),
    ],
)
def test_a_symmetric_key_is_rotated(told: Judge, inputs: dict[str, object], expected: list[str]) -> None:
    assert told(RULE, Declared(type=KEY, inputs=inputs)) == expected
