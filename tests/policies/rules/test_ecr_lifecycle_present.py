"""Every repository has a lifecycle policy."""

from domain.document_text import UNKNOWN
from policies.rules.ecr_lifecycle_present import RULE
from resources.ecr import LIFECYCLE_POLICY, REPOSITORY
from resources.kms import KEY
from tests.cases import case, cases
from tests.policies.conftest import Declared, findings

REPO = "payments/api@us-east-1"
NONE, UNDECIDED = f"{REPO} has no lifecycle policy", f"{REPO} undecided name"
TEXT = '{"rules":[]}'


def repository(name: object = "payments/api", *, region: str = "us-east-1", retiring: bool = False) -> Declared:
    tags = {"retire-until": "2027-01-31"} if retiring else {}
    return Declared(type=REPOSITORY, inputs={"name": name, "tags": tags}, region=region)


def policy(
    repository: object = "payments/api", text: object = TEXT, *, region: str = "us-east-1", provider: str | None = None
) -> Declared:
    inputs = {"repository": repository, "policy": text}
    return Declared(type=LIFECYCLE_POLICY, inputs=inputs, name="a policy", region=region, provider=provider)


@cases(
    "resources, expected",
    case("compliant", [repository(), policy()], []),
    case("the other way round", [policy(), repository()], []),
    case("violating", [repository()], [NONE]),
    case("a retiring one needs it too", [repository(retiring=True)], [NONE]),
    case("another repository's", [repository(), policy("payments/ledger")], [NONE]),
    case("another region's", [repository(), policy(region="eu-west-1")], [NONE]),
    case("another account's", [repository(), policy(provider="other")], [NONE]),
    case("unset", [repository(), policy(text=None)], [NONE]),
    case("empty", [repository(), policy(text="")], [NONE]),
    case("blank", [repository(), policy(text=" \n")], [NONE]),
    case("an empty object", [repository(), policy(text={})], [NONE]),
    case("an object", [repository(), policy(text={"rules": []})], []),
    case("unknown text", [repository(), policy(text=UNKNOWN)], []),
    case("unknown repository", [repository(), policy(UNKNOWN)], [UNDECIDED]),
    case("unknown repository beside its own", [repository(), policy(UNKNOWN), policy()], []),
    case("both unknown", [repository(UNKNOWN), policy(UNKNOWN)], [UNDECIDED]),
    case("unknown name", [repository(UNKNOWN), policy()], [UNDECIDED]),
    case("no name", [repository(None), policy(UNKNOWN)], [UNDECIDED]),
    case("no name beside another's policy", [repository(None), policy()], [UNDECIDED]),
    case("one of two unknown", [repository(), policy(UNKNOWN), policy("x/y")], [UNDECIDED]),
    case("unknown name, and no policy at all", [repository(UNKNOWN)], [NONE]),
    case("unknown elsewhere", [repository(), policy(UNKNOWN, region="eu-west-1")], [NONE]),
    case("a strange repository", [repository(), policy({"name": "payments/api"})], [NONE]),
    case("a policy alone", [policy()], []),
    case("another type", [Declared(type=KEY, inputs={})], []),
)
def test_each_repository_has_one(resources: list[Declared], expected: list[str]) -> None:
    assert findings(RULE, *resources) == expected


def test_only_the_one_without_is_named() -> None:
    other = Declared(type=REPOSITORY, inputs={"name": "payments/ledger"}, name="payments/ledger@us-east-1")
    assert findings(RULE, repository(), other, policy()) == ["payments/ledger@us-east-1 has no lifecycle policy"]
