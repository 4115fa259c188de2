"""Weaker protection is an advisory consequence."""

from dataclasses import replace

import pytest

from render.resource import Render
from resources.ecr import LIFECYCLE_POLICY, REPOSITORY_POLICY, SCANNING_CONFIGURATION
from review.plan.policy_diff import image_fates
from review.plan.render_diff import plan
from tests.cases import case, cases
from tests.review.plan.changed import (
    EUROPE_COMES,
    NO_EUROPE,
    RETIRE,
    RETIRE_EUROPE,
    WEB,
    catalog,
    compared,
    small,
    with_inputs,
)
from tests.stacks import TextEdit

PLACES = "ap-northeast-1, eu-west-1 and us-east-1 (account 222233334444)"
SCANNING = """\
  container-registry:scanning:
    type: enhanced
    rules:
      - frequency: continuous
        filters: ["*"]
"""
BASIC: TextEdit = ("Pulumi.prod.yaml", SCANNING, "")
ON_PUSH: TextEdit = ("Pulumi.prod.yaml", "frequency: continuous", "frequency: on-push")
FEWER: TextEdit = ("Pulumi.prod.yaml", 'filters: ["*"]', 'filters: ["payments/*"]')
SCANNER = "arn:aws:iam::222233334444:role/security/image-scanner"
EXCLUSION: TextEdit = ("Pulumi.prod.yaml", f"    - {SCANNER}\n", f"    - {SCANNER}\n    - {SCANNER}-2\n")
MOUNTING: TextEdit = ("Pulumi.prod.yaml", "config:\n", "config:\n  container-registry:blob_mounting: true\n")
ALLOW: TextEdit = ("Pulumi.prod.yaml", "config:\n", "config:\n  container-registry:allow_destruction: true\n")
UNPROTECT: TextEdit = ("Pulumi.prod.yaml", "config:\n", "config:\n  container-registry:protect: false\n")
OTHER_ACCOUNT: TextEdit = ("Pulumi.prod.yaml", "555566667777", "999999999999")
OTHER_ORGANIZATION: TextEdit = ("Pulumi.prod.yaml", "o-a1b2c3d4e5", "o-ffffffffff")

CASES: dict[str, tuple[TextEdit, str]] = {
    "destruction": (
        ALLOW,
        "Stack prod has allow_destruction from now on: a retired repository can be deleted with its images",
    ),
    "protection": (
        UNPROTECT,
        f"Protection ends for 3 keys and 9 repositories in {PLACES}: they can then be deleted without a retirement",
    ),
    "basic scanning": (
        BASIC,
        (
            f"Images in {PLACES} are scanned less: enhanced scanning becomes basic; "
            "* is scanned on push and no longer continuously"
        ),
    ),
    "scanning on push": (
        ON_PUSH,
        f"Images in {PLACES} are scanned less: * is scanned on push and no longer continuously",
    ),
    "fewer filters": (FEWER, f"Images in {PLACES} are scanned less: * is no longer scanned"),
    "mounting": (MOUNTING, f"Layers can be mounted from one repository to another in {PLACES}"),
    "an exclusion": (
        EXCLUSION,
        (
            f"Pulls by {SCANNER}-2 no longer update an image's last pull in {PLACES}: "
            "rules that archive unpulled images ignore them"
        ),
    ),
    "images sooner": (
        catalog("expire_after_days: 30", "expire_after_days: 1"),
        (
            f"Images of payments/api and storefront/web (preset services) in {PLACES} expire sooner: "
            "Expire images tagged dev-* 30 days after push → Expire images tagged dev-* 1 day after push"
        ),
    ),
    "another rule": (
        catalog("retention: [{any: true, keep: 50}]", 'retention: [{tag: "v*", keep: 1}, {any: true, keep: 50}]'),
        (
            f"Images of platform/cache in {PLACES} expire sooner: "
            "Keep the newest 50 images → Keep the newest image tagged v*"
        ),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_weaker(case: str) -> None:
    edit, told = CASES[case]
    both = compared("prod", edit)
    (danger,) = both.judged()
    assert (danger.id, danger.fails, danger.text) == ("plan-weakens", False, f"{told}.")
    back = plan(both.head, both.base)
    assert not [each for each in back.consequences if each.topic == "weaker"]


def test_what_is_new_goes_or_is_retired_is_no_weaker() -> None:
    for edits, first in (
        ((catalog(WEB, WEB + WEB.replace("web", "site")),), ()),
        ((catalog(WEB, ""),), ()),
        ((RETIRE,), ()),
        ((RETIRE_EUROPE,), ()),
        ((EUROPE_COMES,), (NO_EUROPE, MOUNTING)),
    ):
        both = compared("prod", *edits, first=first)
        assert "plan-weakens" not in {each.id for each in both.judged()}


def test_more_of_everything_is_no_weaker() -> None:
    for edit in (
        catalog("keep: 20", "keep: 30"),
        catalog("expire_after_days: 30", "expire_after_days: 60"),
        ("Pulumi.prod.yaml", 'filters: ["*"]', 'filters: ["*", "payments/*"]'),
        ("Pulumi.prod.yaml", f"    - {SCANNER}\n", "    []\n"),
    ):
        assert not compared("prod", edit).judged()


def test_what_cannot_be_read_is_left_to_the_list_of_changes() -> None:
    base = small("dev")
    for kind in (REPOSITORY_POLICY, LIFECYCLE_POLICY):
        change = plan(base, with_inputs(base, kind, policy="{"))
        assert not [each for each in change.consequences if each.topic in ("weaker", "access")]
    assert image_fates("{", "{}") is None
    assert not plan(replace(base, allow_destruction=True), base).consequences


@cases(
    "old, new, gone",
    case("a filter without a wildcard means contains", "storefront/*", "storefront", False),
    case("and more than what begins with it", "pay", "pay*", True),
    case("which is said so, too", "pay", "*pay*", False),
    case("a wider pattern", "payments/*", "pay*", False),
    case("a narrower pattern", "pay*", "payments/*", True),
    case("a part of the name", "payments/api", "api", False),
    case("more of the name", "api", "payments/api", True),
)
def test_a_filter_is_read_as_the_registry_reads_it(old: str, new: str, gone: bool) -> None:
    def scanned(filter: str) -> Render:
        rule = {"scanFrequency": "SCAN_ON_PUSH", "repositoryFilters": [{"filter": filter, "filterType": "WILDCARD"}]}
        return with_inputs(small("dev"), SCANNING_CONFIGURATION, rules=[rule])

    told = [each.text for each in plan(scanned(old), scanned(new)).consequences]
    assert any(f"{old} is no longer scanned" in each for each in told) is gone


DENIED = "{principal: {account: workloads}, action: delete, expect: denied}"
PULLED = "{principal: {account: workloads}, action: pull, expect: allowed, regions: [us-east-1, eu-west-1]}"
TESTED = f"{WEB}    access_tests: [{DENIED}, {PULLED}]\n"


@pytest.mark.parametrize(
    ("after", "lines"),
    [
        (WEB, ["delete denied", "pull allowed in eu-west-1 and us-east-1"]),
        (TESTED.replace(f"{DENIED}, ", ""), ["delete denied"]),
        (TESTED.replace(", eu-west-1]", "]"), ["pull allowed in eu-west-1"]),
        (TESTED.replace("denied", "denied, regions: [us-east-1]"), ["delete denied"]),
        (TESTED.replace("denied", "allowed"), ["delete denied"]),
        (TESTED.replace("denied}", "denied, stacks: [dev]}"), ["delete denied"]),
        (TESTED.replace(", regions: [us-east-1, eu-west-1]", ""), []),
        (TESTED.replace("retention: services", "retention: [{any: true, keep: 99}]"), []),
    ],
)
def test_a_test_of_access_that_is_removed_or_weakened(after: str, lines: list[str]) -> None:
    """Fewer stacks and regions, another expectation, or none; more of them weaken nothing."""
    found = compared("prod", catalog(TESTED, after), first=(catalog(WEB, TESTED),))
    weaker = [each for each in found.plan.consequences if "of access to" in each.text]
    assert [line for each in weaker for line in each.lines] == [f"account workloads: {line}" for line in lines]
    assert all((each.id, each.level) == ("plan-weakens", "advisory") for each in weaker)


def test_a_replica_that_leaves_takes_its_tests_along() -> None:
    tested = catalog(WEB, TESTED)
    less = catalog(", regions: [us-east-1, eu-west-1]", ", regions: [us-east-1]")
    found = compared("prod", NO_EUROPE, less, first=(tested,))
    assert [each for each in found.plan.consequences if "of access to" in each.text] == []


def test_a_test_that_moves_to_the_top_of_the_catalog_is_none_less() -> None:
    shared = DENIED.replace("}, action", "}, repositories: [storefront/web], action")
    only = catalog(WEB, f"{WEB}    access_tests: [{DENIED}]\n")
    moved = catalog("repositories:\n", f"access_tests: [{shared}]\nrepositories:\n")
    found = compared("prod", catalog(f"    access_tests: [{DENIED}]\n", ""), moved, first=(only,))
    assert [each for each in found.plan.consequences if "of access to" in each.text] == []
