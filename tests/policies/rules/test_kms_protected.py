"""Keys are protected."""

from domain.document_text import UNKNOWN
from policies.rules.kms_protected import RULE
from resources.ecr import REPOSITORY
from resources.iam import ROLE
from resources.kms import KEY
from tests.cases import case, cases
from tests.policies.conftest import Declared, findings

UNPROTECTED = "the key is not protected, and not every repository of its registry is retiring"
ONE_STAYS = f"{UNPROTECTED}: None@us-east-1 is not, because it has no tag retire-until"
ENDED = f"{UNPROTECTED}: 2026-11-20@us-east-1 is not, because its tag retire-until expired on 2026-11-20"


def key(*, protect: bool = False) -> Declared:
    return Declared(type=KEY, inputs={}, name="the key", protect=protect)


def repository(until: str | None, *, region: str = "us-east-1", provider: str | None = None) -> Declared:
    tags = {"retire-until": until} if until else {}
    name = f"{until}@{region}"
    return Declared(type=REPOSITORY, inputs={"tags": tags}, name=name, region=region, provider=provider, protect=False)


STAYS, RETIRES, PAST, OPEN = repository(None), repository("2027-01-31"), repository("2026-11-20"), repository(UNKNOWN)


@cases(
    "resources, expected",
    case("compliant", [key(protect=True), STAYS], []),
    case("violating", [key(), STAYS], [ONE_STAYS]),
    case("alone", [key()], [UNPROTECTED]),
    case("retiring", [key(), RETIRES], []),
    case("all retiring", [RETIRES, key(), repository("2027-02-01")], []),
    case("one stays", [key(), RETIRES, STAYS], [ONE_STAYS]),
    case("past", [key(), PAST], [ENDED]),
    case("unknown", [key(), RETIRES, OPEN], ["the key undecided tags.retire-until"]),
    case("unknown, but one stays", [key(), OPEN, STAYS], [ONE_STAYS]),
    case("one stays elsewhere", [key(), RETIRES, repository(None, region="eu-west-1")], []),
    case("one stays in another account", [key(), RETIRES, repository(None, provider="other")], []),
    case("retiring elsewhere", [key(), repository("2027-01-31", region="eu-west-1")], [UNPROTECTED]),
    case("another type", [STAYS, Declared(type=ROLE, inputs={}, protect=False)], []),
)
def test_an_unprotected_key_has_no_repository_that_stays(resources: list[Declared], expected: list[str]) -> None:
    assert findings(RULE, *resources) == expected


def test_how_long_they_may_retire_is_a_parameter() -> None:
    assert len(findings(RULE, key(), RETIRES, longest_retirement_days=70)) == 1
    assert findings(RULE, key(), repository("9999-12-31"), longest_retirement_days=10**12) == []
