"""Images are replicated to declared repositories that keep them."""

from typing import Any

from domain.document_text import SECRET, UNKNOWN
from policies.rules.ecr_replication_sound import RULE
from render.resource import Render
from resources import PROVIDER
from resources.kms import KEY
from tests.cases import case, cases
from tests.policies.conftest import Declared, findings, paths
from tests.policies.rules.replicated import (
    API,
    ASIA,
    CONFIG,
    DEFAULT,
    EU,
    OTHER_PROVIDER,
    OTHERS,
    REPLICA,
    US,
    provider,
    replicating,
    repository,
    to,
)
from tests.policies.rules.texts import HOME, OTHER

UNKNOWN_ACCOUNT = "999988887777"
X, THERE = repository("x/y"), repository("x/y", EU)
WHOLE = f"{CONFIG} undecided replicationConfiguration"
TO_FIRST = [f"{WHOLE}.rules.0.destinations.0"]


def missing(names: str, region: str = EU, account: str = HOME) -> list[str]:
    return [f"{CONFIG} replicates images to {account} in {region}, where the stack declares no repository {names}"]


@cases(
    "resources, expected",
    case("compliant", [API, REPLICA, replicating(to(EU))], []),
    case("in another order", [replicating(to(EU)), REPLICA, API], []),
    case("violating", [API, replicating(to(EU))], missing("payments/api")),
    case("two of them", [API, X, repository("x/z", EU), replicating(to(EU))], missing("payments/api and x/y")),
    case("in any order", [repository("x/z", EU), X, API, replicating(to(EU))], missing("payments/api and x/y")),
    case("one of two regions", [API, REPLICA, replicating(to(EU, ASIA))], missing("payments/api", ASIA)),
    case("twice to one place", [API, REPLICA, replicating(to(EU), to(EU))], []),
    case("by prefix", [API, X, REPLICA, replicating(to(EU, prefixes=["payments/"]))], []),
    case("by another", [API, X, THERE, replicating(to(EU, prefixes=["payments/", "x/"]))], missing("payments/api")),
    case("no replication", [API, REPLICA], []),
    case("no rules", [API, replicating()], []),
    case("no repositories", [replicating(to(EU))], []),
    case("none in that region", [repository(region=ASIA), replicating(to(EU))], []),
    case("none in that account", [repository(provider=OTHERS), OTHER_PROVIDER, replicating(to(EU))], []),
    case("another type", [Declared(type=KEY, inputs={})], []),
)
def test_what_is_replicated_is_declared_there(resources: list[Declared], expected: list[str]) -> None:
    assert findings(RULE, DEFAULT, *resources) == expected


ABSENT = missing("payments/api", US, OTHER)[0]
NO_PROVIDER = [f"{ABSENT}, nor a provider for that account"]


@cases(
    "resources, expected",
    case("compliant", [repository(provider=OTHERS), OTHER_PROVIDER], []),
    case("a provider with an id", [repository(provider=f"{OTHERS}::71b8f2c4"), OTHER_PROVIDER], []),
    case("violating", [OTHER_PROVIDER], [ABSENT]),
    case("another region", [repository(region=EU, provider=OTHERS), OTHER_PROVIDER], [ABSENT]),
    case("a third account", [repository(provider=OTHERS), provider("other", UNKNOWN_ACCOUNT)], NO_PROVIDER),
    case("unknown", [repository(provider=OTHERS), provider("other", UNKNOWN)], TO_FIRST),
    case("a provider that is not declared", [repository(provider=OTHERS)], TO_FIRST),
    case("another name", [repository("x/y", provider=OTHERS)], NO_PROVIDER),
    case("elsewhere", [repository(provider=OTHERS, region=EU)], NO_PROVIDER),
    case("an unknown name there", [repository(UNKNOWN, provider=OTHERS), OTHER_PROVIDER], TO_FIRST),
    case("the provider's region", [repository(region=None, provider=OTHERS), OTHER_PROVIDER], []),
    case("no region", [repository(region=None, provider=OTHERS), provider("other", OTHER, "")], TO_FIRST),
)
def test_another_account_is_that_of_its_provider(resources: list[Declared], expected: list[str]) -> None:
    config = replicating(to(US, account=OTHER))
    assert findings(RULE, DEFAULT, API, *resources, config) == expected


def test_a_registry_whose_location_is_not_known() -> None:
    assert findings(RULE, API, REPLICA, replicating(to(EU))) == [WHOLE]
    assert findings(RULE, provider(account=UNKNOWN), API, REPLICA, replicating(to(EU))) == [WHOLE]
    nowhere = Declared(type=PROVIDER, inputs={"allowedAccountIds": [HOME]}, name="default", region=None)
    assert findings(RULE, nowhere, API, REPLICA, replicating(to(EU), region=None)) == [WHOLE]
    assert findings(RULE, nowhere, API, REPLICA, replicating(to(EU), region="mars-1")) == [WHOLE]
    assert findings(RULE, nowhere, API, REPLICA, replicating(to(EU))) == []


ABROAD = "is in another partition, where nothing is replicated to"
LENGTH = "it has 1 characters (write exactly 12 digits, in quotes)"
INVALID = f"{CONFIG} is invalid: "
MANY = (
    "has 11 rules, and the provider pulumi-aws takes 10 (Amazon ECR 25) "
    "(write at most 10: destinations of the same prefixes can share one)"
)


@cases(
    "rules, expected",
    case("itself", [to(US)], [f"'{HOME} in {US}' is the source registry itself (name another region or account)"]),
    case("China", [to("cn-north-1")], [f"'{HOME} in cn-north-1' {ABROAD} (name a region of the partition aws)"]),
    case("region", [to("eu-west-9")], ["'eu-west-9' is not a region with Amazon ECR (did you mean 'eu-west-3'?)"]),
    case("account", [to(EU, account="7")], [f"'7' is not an AWS account id: {LENGTH}"]),
    case("a short prefix", [to(EU, prefixes=["p"])], ["'p' has 1 characters (write 2 to 256)"]),
    case("many rules", [to(EU)] * 11, [MANY]),
)
def test_ecrs_limits(rules: list[dict[str, Any]], expected: list[str]) -> None:
    found = findings(RULE, DEFAULT, API, replicating(*rules))
    assert found == [f"{INVALID}{each}" for each in expected]


NO_OBJECT = f"{CONFIG} has a replicationConfiguration that is not an object: "
NO_REGISTRY = f"{CONFIG} has a destination without a region and a registryId: "
FILTERS = [("no type", {"filter": "payments/"}), ("a number", {"filter": 7.0, "filterType": "PREFIX_MATCH"})]
NO_PREFIX = f"{CONFIG} has a filter without PREFIX_MATCH: "


@cases(
    "written, expected",
    case("unknown", UNKNOWN, [WHOLE]),
    case("secret", SECRET, [WHOLE]),
    case("unknown rules", {"rules": UNKNOWN}, [WHOLE]),
    case("unknown region", {"rules": [to(UNKNOWN)]}, [WHOLE]),
    case("unknown account", {"rules": [to(EU, account=UNKNOWN)]}, [WHOLE]),
    case("unset", None, [f"{NO_OBJECT}None"]),
    case("a text", "all", [f"{NO_OBJECT}'all'"]),
    case("empty", {}, []),
    case("one without a list", {"rules": to(EU)}, []),
    case("one destination without a list", {"rules": [{"destinations": to(EU)["destinations"][0]}]}, []),
    case("no destination", {"rules": [{}]}, [f"{CONFIG} has a rule without a destination"]),
    case("a text as a rule", {"rules": ["all"]}, [f"{CONFIG} has a rule without a destination"]),
    case("no account", {"rules": [{"destinations": [{"region": EU}]}]}, [f"{NO_REGISTRY}{{'region': 'eu-west-1'}}"]),
    case("a text as a destination", {"rules": [{"destinations": [EU]}]}, [f"{NO_REGISTRY}'eu-west-1'"]),
    *(
        case(name, {"rules": [{**to(EU), "repositoryFilters": [filtering]}]}, [f"{NO_PREFIX}{filtering}"])
        for name, filtering in FILTERS
    ),
)
def test_other_forms(written: object, expected: list[str]) -> None:
    assert findings(RULE, DEFAULT, API, REPLICA, replicating(replicationConfiguration=written)) == expected


OPEN = "second undecided replicationConfiguration"


def chained(region: str) -> list[str]:
    why = "replicates too: Amazon ECR does not replicate images that were replicated to it"
    return [f"{CONFIG} replicates images to {HOME} in {region}, which {why}"]


@cases(
    "second, expected",
    case("a chain", replicating(to(ASIA), region=EU, name="second"), chained(EU)),
    case("one that replicates nothing", replicating(region=EU, name="second"), []),
    case("elsewhere", replicating(to(ASIA), region="eu-west-2", name="second"), []),
    case("the same region elsewhere", replicating(to(ASIA), region=EU, name="second", provider=OTHERS), []),
    case("unknown", replicating(region=EU, name="second", replicationConfiguration=UNKNOWN), [*chained(EU), OPEN]),
)
def test_there_is_no_chain(second: Declared, expected: list[str]) -> None:
    everywhere = [repository(region=region) for region in (US, EU, ASIA)]
    assert findings(RULE, DEFAULT, OTHER_PROVIDER, *everywhere, replicating(to(EU)), second) == expected


SECOND = f"{WHOLE}.rules.0.repositoryFilters.1"


def typo(prefix: str) -> list[str]:
    return [f"{CONFIG} has the prefix {prefix!r}, which matches no repository of the stack"]


@cases(
    "prefixes, others, expected",
    case("compliant", ["payments/"], [], []),
    case("a whole name", ["payments/api"], [], []),
    case("violating", ["payment", "paymnts/"], [], typo("paymnts/")),
    case("only in the other region", ["payments/", "x/"], [THERE], typo("x/")),
    case("unknown name", ["payments/", "x/"], [repository(UNKNOWN)], [SECOND]),
    case("unknown name elsewhere", ["payments/", "x/"], [repository(UNKNOWN, EU)], typo("x/")),
    case("unknown account", ["payments/", "x/"], [repository("x/y", provider=OTHERS)], [SECOND]),
    case("another account", ["payments/", "x/"], [repository("x/y", provider=OTHERS), OTHER_PROVIDER], typo("x/")),
)
def test_each_prefix_matches_a_repository(prefixes: list[object], others: list[Declared], expected: list[str]) -> None:
    assert findings(RULE, DEFAULT, API, REPLICA, *others, replicating(to(EU, prefixes=prefixes))) == expected


def test_regions_are_a_parameter() -> None:
    resources = [DEFAULT, API, REPLICA, repository(region=ASIA), replicating(to(EU, ASIA))]
    assert findings(RULE, *resources, regions=[EU, ASIA]) == []
    assert findings(RULE, *resources, regions=["eu-central-1", EU]) == [
        f"{CONFIG} replicates images to {ASIA}: allowed are eu-central-1, eu-west-1"
    ]


def test_it_is_decided_before_anything_is_made(prod_preview: Render) -> None:
    resources = prod_preview.judged()
    assert findings(RULE, *resources) == []
    assert len(findings(RULE, *(each for each in resources if not each.name.endswith("@eu-west-1")))) == 1


def test_where_it_is_written() -> None:
    configuration = "replicationConfiguration"
    found = paths(RULE, DEFAULT, API, replicating(to(EU), to(ASIA, EU, prefixes=["payments/", "paymnts/"])))
    assert found == [
        (configuration, "rules", 1, "repositoryFilters", 1),
        *((configuration, "rules", rule, "destinations", 0) for rule in (0, 1)),
    ]
    found = paths(RULE, DEFAULT, API, replicating(to(EU, prefixes=["payments/", "p"])))
    assert found == [(configuration, "rules", 0, "repositoryFilters", 1)]
