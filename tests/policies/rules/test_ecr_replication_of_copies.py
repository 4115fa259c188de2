"""Every replica is held beside its original."""

import json
from typing import Any

import pytest

from domain.document_text import UNKNOWN
from policies.rules.ecr_replication_sound import RULE
from tests.policies.conftest import Declared, Judge
from tests.policies.rules.replicated import API, ASIA, DEFAULT, EU, REPLICA, US, lifecycle, replicating, repository, to
from tests.policies.rules.texts import HOME, OTHER

WHOSE = "whose images it holds"
DRIFT = "a tag that moves in one alone comes to name another image, or none"


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
