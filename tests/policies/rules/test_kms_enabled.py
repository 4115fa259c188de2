"""Keys are enabled."""

import pytest

from domain.document_text import UNKNOWN
from policies.kinds import KEY
from policies.rules.kms_enabled import RULE
from tests.policies.conftest import Declared, Judge


@pytest.mark.parametrize(
    ("enabled", "expected"),
    [
        pytest.param(True, [], id="compliant"),
        pytest.param(False, ["is disabled"], id="violating"),
        pytest.param(None, [], id="unset"),
        pytest.param(UNKNOWN, ["undecided isEnabled"], id="unknown"),
        pytest.param("false", ["is disabled"], id="a text"),
    ],
)
def test_a_key_can_be_used(told: Judge, enabled: object, expected: list[str]) -> None:
    assert told(RULE, Declared(type=KEY, inputs={"isEnabled": enabled})) == expected


def test_it_is_about_keys() -> None:
    assert RULE.types == (KEY,)
