"""Images are replicated to declared repositories that keep them."""

import json
from typing import Any

import pytest

from domain.markers import SECRET, UNKNOWN
from policies.kinds import KEY, LIFECYCLE_POLICY, PROVIDER, REPLICATION_CONFIGURATION, REPOSITORY
from policies.rule import Given
from policies.rules.ecr_replication_sound import RULE
from review import Render
from tests.policies.conftest import TODAY, Declared, Judge
from tests.policies.rules.texts import HOME, OTHER

US, EU, ASIA = "us-east-1", "eu-west-1", "ap-northeast-1"
CONFIG = "registry@us-east-1"
STRANGER = "999988887777"
OTHERS = f"urn:pulumi:prod::container-registry::{PROVIDER}::other"
TO_EU = f"copies images to {HOME} in {EU}"
WHOSE = "whose images it holds"
DRIFT = "a tag that moves in one alone comes to name another image, or none"
WHOLE = f"{CONFIG} undecided replicationConfiguration"


def provider(name: str = "default", account: object = HOME, region: str = US) -> Declared:
    inputs = {"allowedAccountIds": account if account is UNKNOWN else json.dumps([account]), "region": region}
    return Declared(type=PROVIDER, inputs=inputs, name=name, region=None)


DEFAULT, OTHER_PROVIDER = provider(), provider("other", OTHER)


def repository(
    name: object = "payments/api", region: str | None = US, provider: str | None = None, **inputs: Any
) -> Declared:
    written = {
        "name": name,
        "imageTagMutability": "IMMUTABLE",
        "encryptionConfigurations": [{"encryptionType": "KMS", "kmsKey": f"arn:aws:kms:{region or US}:{HOME}:key/1"}],
        **inputs,
    }
    return Declared(type=REPOSITORY, inputs=written, name=f"{name}@{region}", region=region, provider=provider)


def to(*regions: str, account: object = HOME, prefixes: list[object] | None = None) -> dict[str, Any]:
    destinations = [{"region": region, "registryId": account} for region in regions]
    filters = [{"filter": each, "filterType": "PREFIX_MATCH"} for each in prefixes or ()]
    return {"destinations": destinations, **({"repositoryFilters": filters} if filters else {})}


def replicating(
    *rules: object, region: str | None = US, provider: str | None = None, name: str = CONFIG, **inputs: Any
) -> Declared:
    written = {"replicationConfiguration": {"rules": list(rules)}, **inputs}
    return Declared(type=REPLICATION_CONFIGURATION, inputs=written, name=name, region=region, provider=provider)


def lifecycle(count_type: str, region: str = EU, **other: Any) -> Declared:
    selection = {"tagStatus": "any", "countType": count_type, "countNumber": 90, "countUnit": "days"}
    action = {"type": "transition", "targetStorageClass": "archive"}
    text = json.dumps({"rules": [{"rulePriority": 1, "selection": selection, "action": action}]})
    inputs = {"repository": "payments/api", "policy": text, **other}
    return Declared(type=LIFECYCLE_POLICY, inputs=inputs, name=f"payments/api@{region}", region=region)


API, REPLICA = repository(), repository(region=EU)


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


def kms(key: object) -> dict[str, object]:
    return {"encryptionConfigurations": [{"encryptionType": "KMS", "kmsKey": key}]}


HOMES = f"arn:aws:kms:{US}:{HOME}:key/1"
AT = "payments/api@eu-west-1"
WEAKER = f"{AT} has no customer key, and payments/api@us-east-1, {WHOSE}, has one"
AES: dict[str, object] = {"encryptionConfigurations": [{"encryptionType": "AES256"}]}


@pytest.mark.parametrize(
    ("original", "replica", "expected"),
    [
        pytest.param(
            {}, kms(HOMES), [f"{AT} is a replica in eu-west-1, but its key is one of us-east-1"], id="the original's"
        ),
        pytest.param({}, kms(f"arn:aws:kms:{EU}:{OTHER}:key/mrk-1"), [], id="one of the region"),
        pytest.param({}, kms("alias/registry"), [], id="an alias, which is of the region"),
        pytest.param({}, kms(UNKNOWN), [], id="unknown"),
        pytest.param({}, {"encryptionConfigurations": UNKNOWN}, [], id="all unknown"),
        pytest.param({}, kms(None), [WEAKER], id="AWS's own"),
        pytest.param({}, AES, [WEAKER], id="none"),
        pytest.param({}, {"encryptionConfigurations": None}, [WEAKER], id="unset"),
        pytest.param(AES, AES, [], id="neither has one"),
        pytest.param(AES, {}, [], id="the replica alone has one"),
        pytest.param({"encryptionConfigurations": UNKNOWN}, AES, [], id="the original's is unknown"),
    ],
)
def test_a_replica_has_a_key_of_its_own(
    told: Judge, original: dict[str, Any], replica: dict[str, Any], expected: list[str]
) -> None:
    resources = [repository(**original), repository(region=EU, **replica), replicating(to(EU))]
    assert told(RULE, DEFAULT, *resources) == expected


UNPULLED = f"{AT} rule 1 (any) would archive what is not pulled for 90 days, and a standby is never pulled"


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        pytest.param(lifecycle("sinceImagePushed"), [], id="compliant"),
        pytest.param(lifecycle("sinceImagePulled"), [UNPULLED], id="violating"),
        pytest.param(lifecycle("sinceImagePulled", region=US), [], id="the original is pulled"),
        pytest.param(lifecycle("sinceImagePulled", region=ASIA), [], id="another region"),
        pytest.param(lifecycle("sinceImagePulled", repository="x/y"), [], id="another repository"),
        pytest.param(lifecycle("", policy=UNKNOWN), [f"{AT} undecided policy"], id="unknown"),
        pytest.param(lifecycle("", policy=None), [], id="unset"),
        pytest.param(lifecycle("", policy="{"), [], id="no policy"),
        pytest.param(lifecycle("", policy=7.0), [], id="a number"),
        pytest.param(
            lifecycle("", policy=json.loads(lifecycle("sinceImagePulled").inputs["policy"], parse_int=float)),
            [UNPULLED],
            id="the engine's object",
        ),
    ],
)
def test_a_standby_is_not_archived(told: Judge, policy: Declared, expected: list[str]) -> None:
    assert told(RULE, DEFAULT, API, REPLICA, replicating(to(EU)), policy) == expected


def tags(mode: object, *filters: object) -> dict[str, object]:
    written = [{"filter": each, "filterType": "WILDCARD"} for each in filters]
    return {"imageTagMutability": mode, **({"imageTagMutabilityExclusionFilters": written} if filters else {})}


EXCEPT = "IMMUTABLE_WITH_EXCLUSION"


def other(here: str, there: str) -> list[str]:
    return [f"{AT} is {here}, and payments/api@us-east-1, {WHOSE}, {there}: {DRIFT}"]


UNDECIDED = [f"{AT} undecided imageTagMutability"]


@pytest.mark.parametrize(
    ("original", "replica", "expected"),
    [
        pytest.param(tags(EXCEPT, "a", "b"), tags(EXCEPT, "b", "a"), [], id="in another order"),
        pytest.param(tags("MUTABLE"), tags(None), [], id="the default"),
        pytest.param(tags("MUTABLE"), tags("IMMUTABLE"), other("IMMUTABLE", "MUTABLE"), id="stricter"),
        pytest.param(tags("IMMUTABLE"), tags(None), other("MUTABLE", "IMMUTABLE"), id="laxer"),
        pytest.param(
            tags(EXCEPT, "latest"), tags("IMMUTABLE"), other("IMMUTABLE", f"{EXCEPT} (latest)"), id="no exclusions"
        ),
        pytest.param(
            tags(EXCEPT, "latest"),
            tags(EXCEPT, "dev-*", "latest"),
            other(f"{EXCEPT} (dev-*, latest)", f"{EXCEPT} (latest)"),
            id="other exclusions",
        ),
        pytest.param(
            tags(EXCEPT, "v*"),
            tags("MUTABLE_WITH_EXCLUSION", "v*"),
            other("MUTABLE_WITH_EXCLUSION (v*)", f"{EXCEPT} (v*)"),
            id="the other way round",
        ),
        pytest.param(tags(UNKNOWN), tags("IMMUTABLE"), UNDECIDED, id="unknown"),
        pytest.param(tags("IMMUTABLE"), tags(UNKNOWN), UNDECIDED, id="unknown there"),
        pytest.param(tags(EXCEPT, "a"), tags(EXCEPT, UNKNOWN), UNDECIDED, id="unknown exclusion"),
    ],
)
def test_the_tags_move_alike(
    told: Judge, original: dict[str, Any], replica: dict[str, Any], expected: list[str]
) -> None:
    resources = [repository(**original), repository(region=EU, **replica), replicating(to(EU))]
    assert told(RULE, DEFAULT, *resources) == expected


def test_only_what_is_replicated_is_compared(told: Judge) -> None:
    laxer = repository("x/y", EU, imageTagMutability="MUTABLE")
    resources = [DEFAULT, API, REPLICA, repository("x/y"), laxer, replicating(to(EU, prefixes=["payments/"]))]
    assert told(RULE, *resources) == []


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
