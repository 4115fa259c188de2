"""Keys are protected."""

import pytest

from domain.document_text import UNKNOWN
from policies.kinds import KEY, REPOSITORY, ROLE
from policies.rules.kms_protected import RULE
from tests.policies.conftest import Declared, Judge

UNPROTECTED = "the key is not protected, and not every repository of its registry retires"
ONE_STAYS = f"{UNPROTECTED}: None@us-east-1 does not, since it has no tag retire-until"
ENDED = f"{UNPROTECTED}: 2026-11-20@us-east-1 does not, since its tag retire-until let it retire until 2026-11-20"


def too_long(until: str, last: str = "2027-02-19, 90 days") -> str:
    why = f"its tag retire-until may name no day after {last} from today, but it is {until}"
    return f"{UNPROTECTED}: {until}@us-east-1 does not, since {why}"


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
        pytest.param([key(), STAYS], [ONE_STAYS], id="violating"),
        pytest.param([key()], [UNPROTECTED], id="alone"),
        pytest.param([key(), RETIRES], [], id="retiring"),
        pytest.param([RETIRES, key(), repository("2027-02-01")], [], id="all retiring"),
        pytest.param([key(), RETIRES, STAYS], [ONE_STAYS], id="one stays"),
        pytest.param([key(), PAST], [ENDED], id="past"),
        pytest.param([key(), repository("2027-02-19")], [], id="as long as it may"),
        pytest.param([key(), repository("2027-02-20")], [too_long("2027-02-20")], id="too long"),
        pytest.param([key(), RETIRES, repository("9999-12-31")], [too_long("9999-12-31")], id="for ever"),
        pytest.param([key(), RETIRES, OPEN], ["the key undecided tags.retire-until"], id="unknown"),
        pytest.param([key(), OPEN, STAYS], [ONE_STAYS], id="unknown, but one stays"),
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


def test_how_long_they_may_retire_can_be_told(told: Judge) -> None:
    assert told(RULE, key(), RETIRES, longest_retirement_days=70) == [too_long("2027-01-31", "2027-01-30, 70 days")]
    assert told(RULE, key(), repository("9999-12-31"), longest_retirement_days=10**12) == []
