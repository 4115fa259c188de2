"""Every replica is held beside its original."""

import json
from typing import Any

from domain.document_text import UNKNOWN
from policies.rules.ecr_replication_sound import RULE
from tests.cases import case, cases
from tests.policies.conftest import Declared, findings
from tests.policies.rules.replicated import API, ASIA, DEFAULT, EU, REPLICA, US, lifecycle, replicating, repository, to
from tests.policies.rules.texts import HOME, OTHER

DRIFT = "tags could name different images in the two"


def kms(key: object) -> dict[str, object]:
    return {"encryptionConfigurations": [{"encryptionType": "KMS", "kmsKey": key}]}


HOMES = f"arn:aws:kms:{US}:{HOME}:key/1"
AT = "payments/api@eu-west-1"
WEAKER = f"{AT} is a replica of {API.name} without a customer managed key, which the original has"
AES: dict[str, object] = {"encryptionConfigurations": [{"encryptionType": "AES256"}]}


@cases(
    "original, replica, expected",
    case("the original's", {}, kms(HOMES), [f"{AT} is a replica in eu-west-1 with a key in us-east-1"]),
    case("one of the region", {}, kms(f"arn:aws:kms:{EU}:{OTHER}:key/mrk-1"), []),
    case("an alias, which is of the region", {}, kms("alias/registry"), []),
    case("unknown", {}, kms(UNKNOWN), []),
    case("all unknown", {}, {"encryptionConfigurations": UNKNOWN}, []),
    case("AWS's own", {}, kms(None), [WEAKER]),
    case("none", {}, AES, [WEAKER]),
    case("unset", {}, {"encryptionConfigurations": None}, [WEAKER]),
    case("neither has one", AES, AES, []),
    case("the replica alone has one", AES, {}, []),
    case("the original's is unknown", {"encryptionConfigurations": UNKNOWN}, AES, []),
)
def test_a_replica_has_a_key_of_its_own(original: dict[str, Any], replica: dict[str, Any], expected: list[str]) -> None:
    resources = [repository(**original), repository(region=EU, **replica), replicating(to(EU))]
    assert findings(RULE, DEFAULT, *resources) == expected


ARCHIVES = "rule 1 (Archive images 90 days after the last pull) would archive the images of a replica"
UNPULLED_TEXT = lifecycle("sinceImagePulled").inputs["policy"]
UNPULLED = f"{AT} {ARCHIVES}, which are never pulled"


@cases(
    "policy, expected",
    case("compliant", lifecycle("sinceImagePushed"), []),
    case("violating", lifecycle("sinceImagePulled"), [UNPULLED]),
    case("the original is pulled", lifecycle("sinceImagePulled", region=US), []),
    case("another region", lifecycle("sinceImagePulled", region=ASIA), []),
    case("another repository", lifecycle("sinceImagePulled", repository="x/y"), []),
    case("unknown", lifecycle("", policy=UNKNOWN), [f"{AT} undecided policy"]),
    case("unset", lifecycle("", policy=None), []),
    case("no policy", lifecycle("", policy="{"), []),
    case("a number", lifecycle("", policy=7.0), []),
    case("the engine's object", lifecycle("", policy=json.loads(UNPULLED_TEXT, parse_int=float)), [UNPULLED]),
)
def test_a_standby_is_not_archived(policy: Declared, expected: list[str]) -> None:
    assert findings(RULE, DEFAULT, API, REPLICA, replicating(to(EU)), policy) == expected


def tags(mode: object, *filters: object) -> dict[str, object]:
    written = [{"filter": each, "filterType": "WILDCARD"} for each in filters]
    return {"imageTagMutability": mode, **({"imageTagMutabilityExclusionFilters": written} if filters else {})}


EXCEPT, BUT = "IMMUTABLE_WITH_EXCLUSION", "MUTABLE_WITH_EXCLUSION"


def other(here: str, there: str) -> list[str]:
    return [f"{AT} is {here}, but its original {API.name} is {there}: {DRIFT}"]


UNDECIDED = [f"{AT} undecided imageTagMutability"]


@cases(
    "original, replica, expected",
    case("in another order", tags(EXCEPT, "a", "b"), tags(EXCEPT, "b", "a"), []),
    case("the default", tags("MUTABLE"), tags(None), []),
    case("stricter", tags("MUTABLE"), tags("IMMUTABLE"), other("IMMUTABLE", "MUTABLE")),
    case("laxer", tags("IMMUTABLE"), tags(None), other("MUTABLE", "IMMUTABLE")),
    case("no exclusions", tags(EXCEPT, "latest"), tags("IMMUTABLE"), other("IMMUTABLE", f"{EXCEPT} (latest)")),
    case("others", tags(EXCEPT, "a"), tags(EXCEPT, "b-*", "a"), other(f"{EXCEPT} (a and b-*)", f"{EXCEPT} (a)")),
    case("the other way round", tags(EXCEPT, "v*"), tags(BUT, "v*"), other(f"{BUT} (v*)", f"{EXCEPT} (v*)")),
    case("unknown", tags(UNKNOWN), tags("IMMUTABLE"), UNDECIDED),
    case("unknown there", tags("IMMUTABLE"), tags(UNKNOWN), UNDECIDED),
    case("unknown exclusion", tags(EXCEPT, "a"), tags(EXCEPT, UNKNOWN), UNDECIDED),
)
def test_the_same_tags_are_mutable(original: dict[str, Any], replica: dict[str, Any], expected: list[str]) -> None:
    resources = [repository(**original), repository(region=EU, **replica), replicating(to(EU))]
    assert findings(RULE, DEFAULT, *resources) == expected


def test_only_what_is_replicated_is_compared() -> None:
    laxer = repository("x/y", EU, imageTagMutability="MUTABLE")
    resources = [DEFAULT, API, REPLICA, repository("x/y"), laxer, replicating(to(EU, prefixes=["payments/"]))]
    assert findings(RULE, *resources) == []
