"""Where tags can move, untagged images stay."""

import json
from dataclasses import replace
from typing import Any

import pytest

from domain.document_text import SECRET, UNKNOWN
from policies.rules.ecr_moving_tag_outlives_deployment import RULE
from resources.kms import KEY
from tests.cases import case, cases
from tests.policies.conftest import Declared, findings, paths
from tests.policies.rules.texts import lifecycle, lifecycle_of, repository_with

KEEP: dict[str, object] = {"tag": "v*", "keep": 10}
REPOSITORY_NAME = "payments/api@us-east-1"


def untagged(days: int) -> str:
    return lifecycle(KEEP, {"untagged": True, "expire_after_days": days})


def finding(tags: str = "latest", days: int = 7, least: int = 90) -> str:
    return (
        f"a policy rule 2 (Expire untagged images {days} days after push) deletes an image that still runs, once its "
        f"tag ({tags}) has moved to another: keep untagged images for {least} days"
    )


@cases(
    "tags, policy, expected",
    case("compliant", ["latest"], untagged(90), []),
    case("violating", ["latest"], untagged(7), [finding()]),
    case("one day less", ["latest", "dev-*"], untagged(89), [finding("latest, dev-*", 89)]),
    case("as an object", ["latest"], json.loads(untagged(7), parse_int=float), [finding()]),
    case("no mutable tag", [], untagged(7), []),
    case("untagged images stay", ["latest"], lifecycle(KEEP), []),
    case("by count", ["latest"], lifecycle(KEEP, {"untagged": True, "keep": 3}), []),
    case("any image by age", ["latest"], lifecycle({"any": True, "expire_after_days": 7}), []),
    case("archived", ["latest"], lifecycle({"untagged": True, "expire_archived_after_days": 90}), []),
    case("tagged images by age", ["dev-*"], lifecycle({"tag": "dev-*", "expire_after_days": 7}), []),
    case("unset", None, untagged(7), []),
    case("unknown filters", UNKNOWN, untagged(7), ["undecided imageTagMutabilityExclusionFilters"]),
    case("an unknown filter", ["latest", UNKNOWN], untagged(7), ["undecided imageTagMutabilityExclusionFilters"]),
    case("unknown policy", ["latest"], UNKNOWN, ["undecided policy"]),
    case("secret policy", ["latest"], SECRET, ["undecided policy"]),
    case("an invalid policy is another rule's", ["latest"], "{", []),
    case("no policy", ["latest"], None, []),
    case("filters that are no text", [7.0], untagged(7), []),
)
def test_an_immutable_repository_with_exclusions(tags: object, policy: object, expected: list[str]) -> None:
    found = findings(RULE, repository_with(tags), lifecycle_of(policy))
    assert [
        each.removeprefix(f"{REPOSITORY_NAME} ").replace("a policy undecided", "undecided") for each in found
    ] == expected


@cases(
    "mode, tags, expected",
    case("immutable", "IMMUTABLE", [], []),
    case("mutable", "MUTABLE", [], [finding("*")]),
    case("unset, which is mutable", None, [], [finding("*")]),
    case("mutable but for releases", "MUTABLE_WITH_EXCLUSION", ["v*"], [finding("*")]),
    case("mutable but for all", "MUTABLE_WITH_EXCLUSION", ["*"], []),
    case("unknown", UNKNOWN, [], [f"{REPOSITORY_NAME} undecided imageTagMutability"]),
)
def test_the_mode(mode: object, tags: list[object], expected: list[str]) -> None:
    assert findings(RULE, repository_with(tags, mode), lifecycle_of(untagged(7))) == expected


def test_the_parameter() -> None:
    pair = repository_with(["latest"]), lifecycle_of(untagged(7))
    assert findings(RULE, *pair, untagged_days_min=7) == []
    assert findings(RULE, *pair, untagged_days_min=8) == [finding(least=8)]
    with pytest.raises(ValueError, match="greater than or equal to 1"):
        findings(RULE, *pair, untagged_days_min=0)


UNDECIDED = [f"{REPOSITORY_NAME} undecided name"]


@cases(
    "name, others, expected",
    case("another repository's", "payments/api", [{"repository": "payments/ledger"}], []),
    case("another region's", "payments/api", [{"region": "eu-west-1"}], []),
    case("another account's", "payments/api", [{"provider": "other"}], []),
    case("unknown repository", "payments/api", [{"repository": UNKNOWN}], UNDECIDED),
    case(
        "unknown repository beside its own", "payments/api", [{"repository": UNKNOWN, "name": "its"}, {}], [finding()]
    ),
    case("unknown name", UNKNOWN, [{}], UNDECIDED),
    case("both unknown", UNKNOWN, [{"repository": UNKNOWN}], UNDECIDED),
    case("unknown name, and no policy", UNKNOWN, [], []),
    case("no name", None, [{}], []),
)
def test_which_policy_is_the_repositorys(name: object, others: list[dict[str, Any]], expected: list[str]) -> None:
    policies = [lifecycle_of(untagged(7), **each) for each in others]
    assert findings(RULE, repository_with(["latest"], name=name), *policies) == expected


def test_another_accounts_repository_has_its_policy_there() -> None:
    repository = replace(repository_with(["latest"]), provider="other")
    assert findings(RULE, repository, lifecycle_of(untagged(7), provider="other")) == [finding()]


def test_where_it_is_and_what_is_not_checked() -> None:
    pair = repository_with(["latest"]), lifecycle_of(untagged(7))
    assert paths(RULE, *pair, Declared(type=KEY, inputs={})) == [("policy", "rules", 1)]
    assert findings(RULE, lifecycle_of(untagged(7))) == []
