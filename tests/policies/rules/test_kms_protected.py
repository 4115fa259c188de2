"""Keys are protected."""

import pytest

from domain.markers import UNKNOWN
from policies.kinds import KEY, REPOSITORY, ROLE
from policies.rules.kms_protected import RULE
from tests.policies.conftest import Declared, Judge

UNPROTECTED = "the key is not protected, and not every repository of its registry retires"


def key(*, protect: bool = False) -> Declared:
    return Declared(type=KEY, inputs={}, name="the key", protect=protect)


def repository(until: str | None, *, region: str = "us-east-1", provider: str | None = None) -> Declared:
    tags = {"retire-until": until} if until else {}
    return Declared(
        type=REPOSITORY,
        inputs={"tags": tags},
        name=f"{until}@{region}",
        region=region,
        provider=provider,
        protect=False,
    )


STAYS, RETIRES, PAST, OPEN = repository(None), repository("2027-01-31"), repository("2026-11-20"), repository(UNKNOWN)


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        pytest.param([key(protect=True), STAYS], [], id="compliant"),
        pytest.param([key(), STAYS], [UNPROTECTED], id="violating"),
        pytest.param([key()], [UNPROTECTED], id="alone"),
        pytest.param([key(), RETIRES], [], id="retiring"),
        pytest.param([RETIRES, key(), repository("2027-02-01")], [], id="all retiring"),
        pytest.param([key(), RETIRES, STAYS], [UNPROTECTED], id="one stays"),
        pytest.param([key(), PAST], [UNPROTECTED], id="past"),
        pytest.param([key(), RETIRES, OPEN], ["the key undecided tags.retire-until"], id="unknown"),
        pytest.param([key(), OPEN, STAYS], [UNPROTECTED], id="unknown, but one stays"),
        pytest.param([key(), RETIRES, repository(None, region="eu-west-1")], [], id="one stays elsewhere"),
        pytest.param([key(), RETIRES, repository(None, provider="other")], [], id="one stays in another account"),
        pytest.param([key(), repository("2027-01-31", region="eu-west-1")], [UNPROTECTED], id="retiring elsewhere"),
        pytest.param([STAYS, Declared(type=ROLE, inputs={}, protect=False)], [], id="another type"),
    ],
)
def test_an_unprotected_key_has_no_repository_that_stays(
    told: Judge, resources: list[Declared], expected: list[str]
) -> None:
    assert told(RULE, *resources) == expected
