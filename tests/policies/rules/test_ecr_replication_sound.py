"""Images are replicated to declared repositories that keep them."""

from typing import Any

import pytest

from domain.document_text import SECRET, UNKNOWN
from policies.kinds import KEY, LIFECYCLE_POLICY, PROVIDER, REPLICATION_CONFIGURATION, REPOSITORY
from policies.pack.rule import Given
from policies.rules.ecr_replication_sound import RULE
from render import Render
from tests.policies.conftest import TODAY, Declared, Judge
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

STRANGER = "999988887777"
TO_EU = f"copies images to {HOME} in {EU}"
WHOLE = f"{CONFIG} undecided replicationConfiguration"


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        pytest.param([API, REPLICA, replicating(to(EU))], [], id="compliant"),
        pytest.param([replicating(to(EU)), REPLICA, API], [], id="in another order"),
        pytest.param(
            [API, replicating(to(EU))],
            [f"{CONFIG} {TO_EU}, where the stack declares no repository payments/api"],
            id="violating",
        ),
        pytest.param(
            [API, repository("x/y"), repository("x/z", EU), replicating(to(EU))],
            [f"{CONFIG} {TO_EU}, where the stack declares no repository payments/api, x/y"],
            id="two of them",
        ),
        pytest.param(
            [repository("x/z", EU), repository("x/y"), API, replicating(to(EU))],
            [f"{CONFIG} {TO_EU}, where the stack declares no repository payments/api, x/y"],
            id="two of them, in the engine's order",
        ),
        pytest.param(
            [API, REPLICA, replicating(to(EU, ASIA))],
            [f"{CONFIG} copies images to {HOME} in {ASIA}, where the stack declares no repository payments/api"],
            id="one of two regions",
        ),
        pytest.param(
            [API, REPLICA, replicating(to(EU), to(EU))],
            [],
            id="twice to one place",
        ),
        pytest.param(
            [API, repository("x/y"), REPLICA, replicating(to(EU, prefixes=["payments/"]))], [], id="by prefix"
        ),
        pytest.param(
            [API, repository("x/y"), repository("x/y", EU), replicating(to(EU, prefixes=["payments/", "x/"]))],
            [f"{CONFIG} {TO_EU}, where the stack declares no repository payments/api"],
            id="by another prefix",
        ),
        pytest.param([API, REPLICA], [], id="no replication"),
        pytest.param([API, replicating()], [], id="no rules"),
        pytest.param([replicating(to(EU))], [], id="no repositories"),
        pytest.param([repository(region=ASIA), replicating(to(EU))], [], id="none in that region"),
        pytest.param([repository(provider=OTHERS), OTHER_PROVIDER, replicating(to(EU))], [], id="none in that account"),
        pytest.param([Declared(type=KEY, inputs={})], [], id="another type"),
    ],
)
def test_what_is_replicated_is_declared_there(told: Judge, resources: list[Declared], expected: list[str]) -> None:
    assert told(RULE, DEFAULT, *resources) == expected


ABSENT = f"{CONFIG} copies images to {OTHER} in {US}, where the stack declares no repository payments/api"


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        pytest.param([repository(provider=OTHERS), OTHER_PROVIDER], [], id="compliant"),
        pytest.param([repository(provider=f"{OTHERS}::71b8f2c4"), OTHER_PROVIDER], [], id="a provider with an id"),
        pytest.param(
            [OTHER_PROVIDER],
            [ABSENT],
            id="violating",
        ),
        pytest.param(
            [repository(region=EU, provider=OTHERS), OTHER_PROVIDER],
            [ABSENT],
            id="another region",
        ),
        pytest.param(
            [repository(provider=OTHERS), provider("other", STRANGER)],
            [f"{ABSENT}, and no provider of that account"],
            id="a third account",
        ),
        pytest.param(
            [repository(provider=OTHERS), provider("other", UNKNOWN)],
            [f"{CONFIG} undecided replicationConfiguration.rules.0.destinations.0"],
            id="unknown",
        ),
        pytest.param(
            [repository(provider=OTHERS)],
            [f"{CONFIG} undecided replicationConfiguration.rules.0.destinations.0"],
            id="a provider of which nothing is said",
        ),
        pytest.param(
            [repository("x/y", provider=OTHERS)],
            [f"{ABSENT}, and no provider of that account"],
            id="another name there",
        ),
        pytest.param(
            [repository(provider=OTHERS, region=EU)],
            [f"{ABSENT}, and no provider of that account"],
            id="another region there",
        ),
        pytest.param(
            [repository(UNKNOWN, provider=OTHERS), OTHER_PROVIDER],
            [f"{CONFIG} undecided replicationConfiguration.rules.0.destinations.0"],
            id="an unknown name there",
        ),
        pytest.param([repository(region=None, provider=OTHERS), OTHER_PROVIDER], [], id="the provider's region"),
        pytest.param(
            [repository(region=None, provider=OTHERS), provider("other", OTHER, "")],
            [f"{CONFIG} undecided replicationConfiguration.rules.0.destinations.0"],
            id="no region",
        ),
    ],
)
def test_another_account_is_that_of_its_provider(told: Judge, resources: list[Declared], expected: list[str]) -> None:
    config = replicating(to(US, account=OTHER))
    assert told(RULE, DEFAULT, API, *resources, config) == expected


def test_a_registry_of_which_nobody_says_where_it_is(told: Judge) -> None:
    assert told(RULE, API, REPLICA, replicating(to(EU))) == [WHOLE]
    assert told(RULE, provider(account=UNKNOWN), API, REPLICA, replicating(to(EU))) == [WHOLE]
    nowhere = Declared(type=PROVIDER, inputs={"allowedAccountIds": [HOME]}, name="default", region=None)
    assert told(RULE, nowhere, API, REPLICA, replicating(to(EU), region=None)) == [WHOLE]
    assert told(RULE, nowhere, API, REPLICA, replicating(to(EU), region="mars-1")) == [WHOLE]
    assert told(RULE, nowhere, API, REPLICA, replicating(to(EU))) == []


ABROAD = "is in another partition, where nothing is replicated to"
REFUSED = f"{CONFIG} would be refused: "


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        pytest.param(
            [to(US)], [f"'{HOME} in {US}' is the source registry itself (name another region or account)"], id="itself"
        ),
        pytest.param(
            [to("cn-north-1")],
            [f"'{HOME} in cn-north-1' {ABROAD} (name a region of the partition aws)"],
            id="another partition",
        ),
        pytest.param(
            [to("eu-west-9")], ["'eu-west-9' is no region that has Amazon ECR (did you mean 'eu-west-3'?)"], id="region"
        ),
        pytest.param(
            [to(EU, account="7")],
            ["'7' is no AWS account id: it has 1 characters (write exactly 12 digits, in quotes)"],
            id="account",
        ),
        pytest.param([to(EU, prefixes=["p"])], ["'p' has 1 characters (write 2 to 256)"], id="a short prefix"),
        pytest.param([to(EU)] * 11, ["holds 11 rules (write at most 10)"], id="many rules"),
    ],
)
def test_ecrs_limits(told: Judge, rules: list[dict[str, Any]], expected: list[str]) -> None:
    found = told(RULE, DEFAULT, API, replicating(*rules))
    assert found == [f"{REFUSED}{each}" for each in expected]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param(UNKNOWN, [WHOLE], id="unknown"),
        pytest.param(SECRET, [WHOLE], id="secret"),
        pytest.param({"rules": UNKNOWN}, [WHOLE], id="unknown rules"),
        pytest.param({"rules": [to(UNKNOWN)]}, [WHOLE], id="unknown region"),
        pytest.param({"rules": [to(EU, account=UNKNOWN)]}, [WHOLE], id="unknown account"),
        pytest.param(None, [f"{CONFIG} has no configuration, but None"], id="unset"),
        pytest.param("all", [f"{CONFIG} has no configuration, but 'all'"], id="a text"),
        pytest.param({}, [], id="empty"),
        pytest.param({"rules": to(EU)}, [], id="one without a list"),
        pytest.param({"rules": [{"destinations": to(EU)["destinations"][0]}]}, [], id="one destination without a list"),
        pytest.param({"rules": [{}]}, [f"{CONFIG} has a rule without a destination"], id="no destination"),
        pytest.param({"rules": ["all"]}, [f"{CONFIG} has a rule without a destination"], id="a text as a rule"),
        pytest.param(
            {"rules": [{"destinations": [{"region": EU}]}]},
            [f"{CONFIG} has a destination without a region and a registryId: {{'region': 'eu-west-1'}}"],
            id="no account",
        ),
        pytest.param(
            {"rules": [{"destinations": [EU]}]},
            [f"{CONFIG} has a destination without a region and a registryId: 'eu-west-1'"],
            id="a text as a destination",
        ),
        pytest.param(
            {"rules": [{**to(EU), "repositoryFilters": [{"filter": "payments/"}]}]},
            [f"{CONFIG} has a filter that is none by PREFIX_MATCH: {{'filter': 'payments/'}}"],
            id="no type",
        ),
        pytest.param(
            {"rules": [{**to(EU), "repositoryFilters": [{"filter": 7.0, "filterType": "PREFIX_MATCH"}]}]},
            [f"{CONFIG} has a filter that is none by PREFIX_MATCH: {{'filter': 7.0, 'filterType': 'PREFIX_MATCH'}}"],
            id="a number",
        ),
    ],
)
def test_other_forms(told: Judge, written: object, expected: list[str]) -> None:
    assert told(RULE, DEFAULT, API, REPLICA, replicating(replicationConfiguration=written)) == expected


def chained(region: str) -> list[str]:
    why = "is replicated from too, and ECR copies no image that was copied there"
    return [f"{CONFIG} copies images to {HOME} in {region}, which {why}"]


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        pytest.param(replicating(to(ASIA), region=EU, name="second"), chained(EU), id="a chain"),
        pytest.param(replicating(region=EU, name="second"), [], id="one that copies nothing"),
        pytest.param(replicating(to(ASIA), region="eu-west-2", name="second"), [], id="elsewhere"),
        pytest.param(
            replicating(to(ASIA), region=EU, name="second", provider=OTHERS), [], id="the same region elsewhere"
        ),
        pytest.param(
            replicating(region=EU, name="second", replicationConfiguration=UNKNOWN),
            [*chained(EU), "second undecided replicationConfiguration"],
            id="unknown",
        ),
    ],
)
def test_there_is_no_chain(told: Judge, second: Declared, expected: list[str]) -> None:
    everywhere = [repository(region=region) for region in (US, EU, ASIA)]
    assert told(RULE, DEFAULT, OTHER_PROVIDER, *everywhere, replicating(to(EU)), second) == expected


def typo(prefix: str) -> list[str]:
    return [f"{CONFIG} has the prefix {prefix!r}, with which no name of the stack's repositories begins"]


@pytest.mark.parametrize(
    ("prefixes", "others", "expected"),
    [
        pytest.param(["payments/"], [], [], id="compliant"),
        pytest.param(["payments/api"], [], [], id="a whole name"),
        pytest.param(["payment", "paymnts/"], [], typo("paymnts/"), id="violating"),
        pytest.param(["payments/", "x/"], [repository("x/y", EU)], typo("x/"), id="only in the other region"),
        pytest.param(
            ["payments/", "x/"],
            [repository(UNKNOWN)],
            [f"{CONFIG} undecided replicationConfiguration.rules.0.repositoryFilters.1"],
            id="unknown name",
        ),
        pytest.param(["payments/", "x/"], [repository(UNKNOWN, EU)], typo("x/"), id="unknown name elsewhere"),
        pytest.param(
            ["payments/", "x/"],
            [repository("x/y", provider=OTHERS)],
            [f"{CONFIG} undecided replicationConfiguration.rules.0.repositoryFilters.1"],
            id="unknown account",
        ),
        pytest.param(
            ["payments/", "x/"],
            [repository("x/y", provider=OTHERS), OTHER_PROVIDER],
            typo("x/"),
            id="only in another account",
        ),
    ],
)
def test_each_prefix_is_of_some_repository(
    told: Judge, prefixes: list[object], others: list[Declared], expected: list[str]
) -> None:
    assert told(RULE, DEFAULT, API, REPLICA, *others, replicating(to(EU, prefixes=prefixes))) == expected


def test_regions_can_be_told(told: Judge) -> None:
    resources = [DEFAULT, API, REPLICA, repository(region=ASIA), replicating(to(EU, ASIA))]
    assert told(RULE, *resources, regions=[EU, ASIA]) == []
    assert told(RULE, *resources, regions=["eu-central-1", EU]) == [
        f"{CONFIG} copies images to {ASIA}: allowed are eu-central-1, eu-west-1"
    ]


@pytest.mark.parametrize("stack", ["dev", "prod", "prod_preview"])
def test_the_projects_own_replication_is_sound(told: Judge, request: pytest.FixtureRequest, stack: str) -> None:
    rendered: Render = request.getfixturevalue(stack)
    resources = rendered.judged()
    assert told(RULE, *resources) == []
    if stack != "dev":
        assert len(told(RULE, *(each for each in resources if not each.name.endswith("@eu-west-1")))) == 1


def test_it_is_about_replication_and_what_it_fills() -> None:
    assert RULE.types == (REPLICATION_CONFIGURATION, REPOSITORY, LIFECYCLE_POLICY, PROVIDER)


def test_where_it_is_written() -> None:
    rules = [to(EU), to(ASIA, EU, prefixes=["payments/", "paymnts/"])]
    resources = [DEFAULT, API, replicating(*rules)]
    found = RULE.check(resources, Given(RULE.parameters(), TODAY))
    assert [each.path for _, each in found] == [
        ("replicationConfiguration", "rules", 1, "repositoryFilters", 1),
        ("replicationConfiguration", "rules", 0, "destinations", 0),
        ("replicationConfiguration", "rules", 1, "destinations", 0),
    ]
    short = RULE.check(
        [DEFAULT, API, replicating(to(EU, prefixes=["payments/", "p"]))], Given(RULE.parameters(), TODAY)
    )
    assert [each.path for _, each in short] == [("replicationConfiguration", "rules", 0, "repositoryFilters", 1)]
