"""Long answers in pages: whatever the size, each item comes once, in one order."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.tests.cases import cases
from localcloud.tests.clouds import ACCOUNT
from localcloud.tests.ecr.control_plane import NAME, Plane, manifest

ITEMS = 7


def _many(operation: str, key: str, value: str, **more: Any) -> Callable[[Plane], None]:
    """Each is of the operation's making, under a name of its own."""

    def make(plane: Plane) -> None:
        for number in range(ITEMS):
            named: dict[str, Any] = {key: value.format(number), **more}
            plane(operation, **named)

    return make


_repositories = _many("CreateRepository", "repositoryName", "team/{}")
_exclusions = _many("RegisterPullTimeUpdateExclusion", "principalArn", f"arn:aws:iam::{ACCOUNT}:role/{{}}")
_templates = _many("CreateRepositoryCreationTemplate", "prefix", "team/{}", appliedFor=["REPLICATION"])
_cache_rules = _many("CreatePullThroughCacheRule", "ecrRepositoryPrefix", "team-{}", upstreamRegistryUrl="quay.io")


def _backfills(plane: Plane) -> None:
    destination = {"region": "eu-west-1", "registryId": ACCOUNT}
    rules = {"rules": [{"destinations": [destination]}]}
    plane("PutReplicationConfiguration", replicationConfiguration=rules)
    for _ in range(ITEMS):
        plane("StartReplicationBackfill", destination=destination)


def _images(plane: Plane) -> None:
    plane.create()
    for number in range(ITEMS):
        plane.push(manifest(number), f"v{number}")


LISTS: dict[str, tuple[Callable[[Plane], None], dict[str, Any], str]] = {
    "DescribeRepositories": (_repositories, {}, "repositories"),
    "ListPullTimeUpdateExclusions": (_exclusions, {}, "pullTimeUpdateExclusions"),
    "DescribeRepositoryCreationTemplates": (_templates, {}, "repositoryCreationTemplates"),
    "DescribePullThroughCacheRules": (_cache_rules, {}, "pullThroughCacheRules"),
    "ListReplicationBackfills": (_backfills, {}, "backfills"),
    "DescribeImages": (_images, {"repositoryName": NAME}, "imageDetails"),
    "ListImages": (_images, {"repositoryName": NAME}, "imageIds"),
}


def filled(operation: str) -> Plane:
    plane = Plane()
    LISTS[operation][0](plane)
    return plane


def pages(plane: Plane, operation: str, size: int) -> list[list[Any]]:
    _, given, member = LISTS[operation]
    found: list[list[Any]] = []
    token = None
    while token is not None or not found:
        answer = plane(operation, **given, maxResults=size, nextToken=token)
        found.append(answer[member])
        token = answer.get("nextToken")
    return found


@pytest.mark.parametrize("operation", LISTS)
@given(size=st.integers(min_value=1, max_value=ITEMS + 2))
def test_the_pages_hold_each_item_once_and_none_is_too_large(operation: str, size: int) -> None:
    plane = filled(operation)
    _, given_too, member = LISTS[operation]
    found = pages(plane, operation, size)
    whole = plane(operation, **given_too)
    assert [item for page in found for item in page] == whole[member]
    assert ("nextToken" in whole, len(whole[member])) == (False, ITEMS)
    assert [len(page) for page in found[:-1]] == [size] * (len(found) - 1)
    assert 1 <= len(found[-1]) <= size


@pytest.mark.parametrize("operation", LISTS)
@cases("token", "", "x", "eA==", "bnVsbA==", "WzEsMl0=", "W10=", "é", "[" * 5000, "W1tbW1tb" * 4000)
def test_a_token_that_was_not_given_out_is_refused(operation: str, token: str) -> None:
    given_too = LISTS[operation][1]
    refusal = filled(operation).refused(operation, **given_too, nextToken=token)
    assert refusal.code == "InvalidParameterException"
    assert "'nextToken'" in refusal.message


def test_a_token_of_another_listing_is_refused() -> None:
    plane = filled("ListImages")
    token = plane("ListImages", repositoryName=NAME, maxResults=1)["nextToken"]
    plane.create("other")
    for operation, name in (("DescribeImages", NAME), ("ListImages", "other")):
        assert plane.code(operation, repositoryName=name, nextToken=token) == "InvalidParameterException"


def test_what_is_deleted_between_two_pages_shifts_nothing() -> None:
    plane = filled("DescribeRepositories")
    first = plane("DescribeRepositories", maxResults=3)
    for each in first["repositories"]:
        plane("DeleteRepository", repositoryName=each["repositoryName"])
    rest = plane("DescribeRepositories", nextToken=first["nextToken"])
    assert [each["repositoryName"] for each in rest["repositories"]] == [f"team/{number}" for number in range(3, ITEMS)]


def test_a_page_has_a_hundred_items_by_default(plane: Plane) -> None:
    for number in range(101):
        plane.create(f"team/{number}")
    answer = plane("DescribeRepositories")
    assert len(answer["repositories"]) == 100
    assert len(plane("DescribeRepositories", nextToken=answer["nextToken"])["repositories"]) == 1


@cases("paging", {"maxResults": 1}, {"nextToken": "x"})
@cases(
    "operation, named",
    ("DescribeRepositories", {"repositoryNames": ["team/1"]}),
    ("DescribeImages", {"repositoryName": NAME, "imageIds": [{"imageTag": "v1"}]}),
    ("DescribeRepositoryCreationTemplates", {"prefixes": ["team/1"]}),
    ("DescribePullThroughCacheRules", {"ecrRepositoryPrefixes": ["team-1"]}),
)
def test_what_is_named_comes_in_no_pages(operation: str, named: dict[str, Any], paging: dict[str, Any]) -> None:
    assert filled(operation).code(operation, **named, **paging) == "InvalidParameterException"
