"""Images are scanned when they are pushed."""

from typing import Any

import pytest

from domain.document_text import UNKNOWN
from policies.kinds import KEY, REPOSITORY, SCANNING_CONFIGURATION
from policies.rules.ecr_scan_on_push import RULE
from tests.policies.conftest import Declared, Judge

REPO, CONFIG = "payments/api@us-east-1", "registry@us-east-1"
NO_SCAN = f"{REPO} is not scanned on push, and nothing is declared of its registry's scanning"
BY_HAND = f"{REPO} is scanned by hand only: no filter of its registry's scanning matches its name"
NEVER = f"{REPO} is never scanned: no filter of its registry's scanning matches its name"
SCANNED = {"imageScanningConfiguration": {"scanOnPush": True}}


def repository(name: object = "payments/api", **inputs: Any) -> Declared:
    return Declared(type=REPOSITORY, inputs={"name": name, **inputs})


def scanning(
    *filters: object,
    kind: object = "BASIC",
    frequency: object = "SCAN_ON_PUSH",
    region: str | None = "us-east-1",
    provider: str | None = None,
) -> Declared:
    written = [{"filter": each, "filterType": "WILDCARD"} for each in filters]
    inputs = {"scanType": kind, "rules": [{"scanFrequency": frequency, "repositoryFilters": written}]}
    return Declared(type=SCANNING_CONFIGURATION, inputs=inputs, name=CONFIG, region=region, provider=provider)


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        pytest.param(SCANNED, [], id="compliant"),
        pytest.param({"imageScanningConfiguration": {"scanOnPush": False}}, [NO_SCAN], id="violating"),
        pytest.param({}, [NO_SCAN], id="unset"),
        pytest.param({"imageScanningConfiguration": {}}, [NO_SCAN], id="unset within"),
        pytest.param({"imageScanningConfiguration": "yes"}, [NO_SCAN], id="a text"),
        pytest.param({"imageScanningConfiguration": {"scanOnPush": "true"}}, [NO_SCAN], id="a text within"),
        pytest.param(
            {"imageScanningConfiguration": UNKNOWN}, [f"{REPO} undecided imageScanningConfiguration"], id="unknown"
        ),
        pytest.param(
            {"imageScanningConfiguration": {"scanOnPush": UNKNOWN}},
            [f"{REPO} undecided imageScanningConfiguration"],
            id="unknown within",
        ),
    ],
)
def test_a_repository_says_it_where_its_registry_says_nothing(
    told: Judge, inputs: dict[str, Any], expected: list[str]
) -> None:
    assert told(RULE, repository(**inputs)) == expected
    assert told(RULE, repository(**inputs), scanning("*", region="eu-west-1"), scanning("*", provider="x")) == expected


@pytest.mark.parametrize(
    ("configuration", "expected"),
    [
        pytest.param(scanning("*"), [], id="all"),
        pytest.param(scanning("payments/*"), [], id="pattern"),
        pytest.param(scanning("ments/a"), [], id="a filter without asterisk means contains"),
        pytest.param(scanning("api*"), [BY_HAND], id="a filter with one is the whole name"),
        pytest.param(scanning("web", "*api"), [], id="one of several"),
        pytest.param(scanning(), [BY_HAND], id="no filter"),
        pytest.param(scanning("*", frequency="MANUAL"), [BY_HAND], id="by hand"),
        pytest.param(scanning("*", frequency="DAILY"), [BY_HAND], id="no such frequency"),
        pytest.param(scanning("*", kind="ENHANCED", frequency="CONTINUOUS_SCAN"), [], id="continuous"),
        pytest.param(scanning("*", kind="ENHANCED"), [], id="enhanced on push"),
        pytest.param(scanning("web", kind="ENHANCED"), [NEVER], id="enhanced, but not this one"),
    ],
)
def test_a_registry_that_says_it_is_all_that_counts(told: Judge, configuration: Declared, expected: list[str]) -> None:
    assert told(RULE, repository(), configuration) == expected
    assert told(RULE, configuration, repository(**SCANNED)) == expected


@pytest.mark.parametrize(
    ("name", "configuration", "expected"),
    [
        pytest.param(UNKNOWN, scanning("*"), [], id="unknown name, all scanned"),
        pytest.param(UNKNOWN, scanning("p*", "x"), [f"{REPO} undecided name"], id="unknown name"),
        pytest.param(7.0, scanning("p*"), [f"{REPO} undecided name"], id="a number"),
        pytest.param(None, scanning("p*"), [f"{REPO} undecided name"], id="no name"),
        pytest.param("payments/api", scanning(UNKNOWN), [f"{REPO} undecided name"], id="unknown filter"),
        pytest.param("payments/api", scanning(UNKNOWN, "*"), [], id="unknown filter beside one for all"),
        pytest.param(
            "payments/api", scanning("*", frequency=UNKNOWN), [f"{REPO} undecided name"], id="unknown frequency"
        ),
        pytest.param("payments/api", scanning(kind=UNKNOWN), [f"{CONFIG} undecided scanType"], id="unknown type"),
        pytest.param(
            "payments/api",
            scanning("*", kind="enhanced"),
            [f"{CONFIG} is no scanning that ECR knows: scanType is 'enhanced'"],
            id="no such type",
        ),
    ],
)
def test_what_is_not_known(told: Judge, name: object, configuration: Declared, expected: list[str]) -> None:
    assert told(RULE, repository(name, **SCANNED), configuration) == expected


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        pytest.param(UNKNOWN, [f"{CONFIG} undecided rules"], id="unknown"),
        pytest.param([UNKNOWN], [f"{REPO} undecided name"], id="unknown within"),
        pytest.param(None, [BY_HAND], id="missing"),
        pytest.param("all", [BY_HAND], id="a text"),
        pytest.param(
            [{"scanFrequency": "SCAN_ON_PUSH", "repositoryFilters": UNKNOWN}], [f"{REPO} undecided name"], id="filters"
        ),
        pytest.param({"scanFrequency": "SCAN_ON_PUSH", "repositoryFilters": {"filter": "*"}}, [], id="without lists"),
        pytest.param([{"scanFrequency": "SCAN_ON_PUSH", "repositoryFilters": ["*"]}], [], id="texts"),
        pytest.param([{"scanFrequency": "SCAN_ON_PUSH", "repositoryFilters": [7.0]}], [BY_HAND], id="a number"),
        pytest.param([{"scanFrequency": ["SCAN_ON_PUSH"], "repositoryFilters": ["*"]}], [BY_HAND], id="a list"),
        pytest.param(
            [
                {"scanFrequency": "MANUAL", "repositoryFilters": ["*"]},
                {"scanFrequency": "SCAN_ON_PUSH", "repositoryFilters": ["payments/*"]},
            ],
            [],
            id="by hand, and on push",
        ),
        pytest.param(
            [
                {"scanFrequency": "SCAN_ON_PUSH", "repositoryFilters": [{"filter": UNKNOWN}]},
                {"scanFrequency": "SCAN_ON_PUSH", "repositoryFilters": ["web"]},
            ],
            [f"{REPO} undecided name"],
            id="unknown in the first of two",
        ),
    ],
)
def test_other_forms_of_rules(told: Judge, rules: object, expected: list[str]) -> None:
    inputs = {"scanType": "BASIC", "rules": rules}
    configuration = Declared(type=SCANNING_CONFIGURATION, inputs=inputs, name=CONFIG)
    assert told(RULE, repository(**SCANNED), configuration) == expected


def test_of_two_configurations_each_must_scan(told: Judge) -> None:
    assert told(RULE, repository(), scanning("*"), scanning("web")) == [BY_HAND]


def test_each_account_and_region_is_a_registry_of_its_own(told: Judge) -> None:
    elsewhere = Declared(type=REPOSITORY, inputs={"name": "payments/api"}, name="elsewhere", provider="x")
    (found,) = told(RULE, repository(), elsewhere, scanning("web", provider="x"), scanning("*"))
    assert found.startswith("elsewhere is scanned by hand only")


def test_it_is_about_repositories_and_scanning(told: Judge) -> None:
    assert told(RULE, Declared(type=KEY, inputs={})) == []
