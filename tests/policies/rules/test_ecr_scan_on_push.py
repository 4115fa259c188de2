"""Images are scanned when they are pushed."""

from typing import Any

from domain.document_text import UNKNOWN
from policies.rules.ecr_scan_on_push import RULE
from resources.ecr import REPOSITORY, SCANNING_CONFIGURATION
from resources.kms import KEY
from tests.cases import case, cases
from tests.policies.conftest import Declared, findings

REPO, CONFIG = "payments/api@us-east-1", "registry@us-east-1"
NO_SCAN = f"{REPO} is not scanned on push, and the stack declares no scanning configuration for its registry"
BY_HAND = f"{REPO} is only scanned manually: no filter of its registry's scanning configuration matches it"
NEVER = f"{REPO} is not scanned: no filter of its registry's scanning configuration matches it"
OPEN, UNNAMED = f"{REPO} undecided imageScanningConfiguration", f"{REPO} undecided name"
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


@cases(
    "inputs, expected",
    case("compliant", SCANNED, []),
    case("violating", {"imageScanningConfiguration": {"scanOnPush": False}}, [NO_SCAN]),
    case("unset", {}, [NO_SCAN]),
    case("unset within", {"imageScanningConfiguration": {}}, [NO_SCAN]),
    case("a text", {"imageScanningConfiguration": "yes"}, [NO_SCAN]),
    case("a text within", {"imageScanningConfiguration": {"scanOnPush": "true"}}, [NO_SCAN]),
    case("unknown", {"imageScanningConfiguration": UNKNOWN}, [OPEN]),
    case("unknown within", {"imageScanningConfiguration": {"scanOnPush": UNKNOWN}}, [OPEN]),
)
def test_a_repository_says_it_where_its_registry_says_nothing(inputs: dict[str, Any], expected: list[str]) -> None:
    for others in ([], [scanning("*", region="eu-west-1"), scanning("*", provider="x")]):
        assert findings(RULE, repository(**inputs), *others) == expected


@cases(
    "configuration, expected",
    case("all", scanning("*"), []),
    case("pattern", scanning("payments/*"), []),
    case("a filter without asterisk means contains", scanning("ments/a"), []),
    case("a filter with one is the whole name", scanning("api*"), [BY_HAND]),
    case("one of several", scanning("web", "*api"), []),
    case("no filter", scanning(), [BY_HAND]),
    case("by hand", scanning("*", frequency="MANUAL"), [BY_HAND]),
    case("no such frequency", scanning("*", frequency="DAILY"), [BY_HAND]),
    case("continuous", scanning("*", kind="ENHANCED", frequency="CONTINUOUS_SCAN"), []),
    case("enhanced on push", scanning("*", kind="ENHANCED"), []),
    case("enhanced, but not this one", scanning("web", kind="ENHANCED"), [NEVER]),
)
def test_a_registry_that_says_it_is_all_that_counts(configuration: Declared, expected: list[str]) -> None:
    assert findings(RULE, repository(), configuration) == expected
    assert findings(RULE, configuration, repository(**SCANNED)) == expected


NO_TYPE = "has an invalid scanType: 'enhanced'"


@cases(
    "name, configuration, expected",
    case("unknown name, all scanned", UNKNOWN, scanning("*"), []),
    case("unknown name", UNKNOWN, scanning("p*", "x"), [UNNAMED]),
    case("a number", 7.0, scanning("p*"), [UNNAMED]),
    case("no name", None, scanning("p*"), [UNNAMED]),
    case("unknown filter", "payments/api", scanning(UNKNOWN), [UNNAMED]),
    case("unknown filter beside one for all", "payments/api", scanning(UNKNOWN, "*"), []),
    case("unknown frequency", "payments/api", scanning("*", frequency=UNKNOWN), [UNNAMED]),
    case("unknown type", "payments/api", scanning(kind=UNKNOWN), [f"{CONFIG} undecided scanType"]),
    case("no such type", "payments/api", scanning("*", kind="enhanced"), [f"{CONFIG} {NO_TYPE}"]),
)
def test_what_is_not_known(name: object, configuration: Declared, expected: list[str]) -> None:
    assert findings(RULE, repository(name, **SCANNED), configuration) == expected


def on_push(filters: object) -> dict[str, object]:
    return {"scanFrequency": "SCAN_ON_PUSH", "repositoryFilters": filters}


@cases(
    "rules, expected",
    case("unknown", UNKNOWN, [f"{CONFIG} undecided rules"]),
    case("unknown within", [UNKNOWN], [UNNAMED]),
    case("missing", None, [BY_HAND]),
    case("a text", "all", [BY_HAND]),
    case("filters", [on_push(UNKNOWN)], [UNNAMED]),
    case("without lists", on_push({"filter": "*"}), []),
    case("texts", [on_push(["*"])], []),
    case("a number", [on_push([7.0])], [BY_HAND]),
    case("a list", [{**on_push(["*"]), "scanFrequency": ["SCAN_ON_PUSH"]}], [BY_HAND]),
    case("by hand, and on push", [{**on_push(["*"]), "scanFrequency": "MANUAL"}, on_push(["payments/*"])], []),
    case("unknown in the first of two", [on_push([{"filter": UNKNOWN}]), on_push(["web"])], [UNNAMED]),
)
def test_other_forms_of_rules(rules: object, expected: list[str]) -> None:
    inputs = {"scanType": "BASIC", "rules": rules}
    configuration = Declared(type=SCANNING_CONFIGURATION, inputs=inputs, name=CONFIG)
    assert findings(RULE, repository(**SCANNED), configuration) == expected


def test_of_two_configurations_each_must_scan() -> None:
    assert findings(RULE, repository(), scanning("*"), scanning("web")) == [BY_HAND]


def test_each_account_and_region_is_a_registry_of_its_own() -> None:
    elsewhere = Declared(type=REPOSITORY, inputs={"name": "payments/api"}, name="elsewhere", provider="x")
    (found,) = findings(RULE, repository(), elsewhere, scanning("web", provider="x"), scanning("*"))
    assert found.startswith("elsewhere is only scanned manually")


def test_it_is_about_repositories_and_scanning() -> None:
    assert findings(RULE, Declared(type=KEY, inputs={})) == []
