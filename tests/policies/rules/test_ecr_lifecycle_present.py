"""Every repository has a lifecycle policy."""

import pytest

from domain.document_text import UNKNOWN
from policies.kinds import KEY, LIFECYCLE_POLICY, REPOSITORY
from policies.rules.ecr_lifecycle_present import RULE
from tests.policies.conftest import Declared, Judge

REPO = "payments/api@us-east-1"
NONE, UNDECIDED = f"{REPO} has no lifecycle policy", f"{REPO} undecided name"
TEXT = '{"rules":[]}'


def repository(name: object = "payments/api", *, region: str = "us-east-1", retiring: bool = False) -> Declared:
    tags = {"retire-until": "2027-01-31"} if retiring else {}
    return Declared(type=REPOSITORY, inputs={"name": name, "tags": tags}, region=region)


def policy(
    repository: object = "payments/api",
    text: object = TEXT,
    *,
    region: str = "us-east-1",
    provider: str | None = None,
) -> Declared:
    inputs = {"repository": repository, "policy": text}
    return Declared(type=LIFECYCLE_POLICY, inputs=inputs, name="a policy", region=region, provider=provider)


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        pytest.param([repository(), policy()], [], id="compliant"),
        pytest.param([policy(), repository()], [], id="the other way round"),
        pytest.param([repository()], [NONE], id="violating"),
        pytest.param([repository(retiring=True)], [NONE], id="a retiring one needs it too"),
        pytest.param([repository(), policy("payments/ledger")], [NONE], id="another repository's"),
        pytest.param([repository(), policy(region="eu-west-1")], [NONE], id="another region's"),
        pytest.param([repository(), policy(provider="other")], [NONE], id="another account's"),
        pytest.param([repository(), policy(text=None)], [NONE], id="unset"),
        pytest.param([repository(), policy(text="")], [NONE], id="empty"),
        pytest.param([repository(), policy(text=" \n")], [NONE], id="blank"),
        pytest.param([repository(), policy(text={})], [NONE], id="an empty object"),
        pytest.param([repository(), policy(text={"rules": []})], [], id="an object"),
        pytest.param([repository(), policy(text=UNKNOWN)], [], id="unknown text"),
        pytest.param([repository(), policy(UNKNOWN)], [UNDECIDED], id="unknown repository"),
        pytest.param([repository(), policy(UNKNOWN), policy()], [], id="unknown repository beside its own"),
        pytest.param([repository(UNKNOWN), policy(UNKNOWN)], [UNDECIDED], id="both unknown"),
        pytest.param([repository(UNKNOWN), policy()], [UNDECIDED], id="unknown name"),
        pytest.param([repository(None), policy(UNKNOWN)], [UNDECIDED], id="no name"),
        pytest.param([repository(None), policy()], [UNDECIDED], id="no name beside another's policy"),
        pytest.param([repository(), policy(UNKNOWN), policy("x/y")], [UNDECIDED], id="one of two unknown"),
        pytest.param([repository(UNKNOWN)], [NONE], id="unknown name, and no policy at all"),
        pytest.param([repository(), policy(UNKNOWN, region="eu-west-1")], [NONE], id="unknown elsewhere"),
        pytest.param([repository(), policy({"name": "payments/api"})], [NONE], id="a strange repository"),
        pytest.param([policy()], [], id="a policy alone"),
        pytest.param([Declared(type=KEY, inputs={})], [], id="another type"),
    ],
)
def test_each_repository_has_one(told: Judge, resources: list[Declared], expected: list[str]) -> None:
    assert told(RULE, *resources) == expected


def test_only_the_one_without_is_named(told: Judge) -> None:
    other = Declared(type=REPOSITORY, inputs={"name": "payments/ledger"}, name="payments/ledger@us-east-1")
    assert told(RULE, repository(), other, policy()) == ["payments/ledger@us-east-1 has no lifecycle policy"]
