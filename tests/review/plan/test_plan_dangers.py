"""What must not be merged as it is: every danger, and the change next to it that passes."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from render import Render
from resources.ecr import REPOSITORY
from resources.kms import KEY
from review.plan import dangers, plan
from review.plan.dangers import IDS
from tests.review.plan.changed import (
    ALLOW,
    FORBID,
    KEY_ALIAS,
    NO_EUROPE,
    REMOVED_WEB,
    RETIRE,
    RETIRE_EUROPE,
    RETIRED_WEB,
    TODAY,
    WEB,
    Edit,
    changed,
    compared,
    renamed,
    with_inputs,
)

GONE: Edit = ("catalog.yaml", WEB, "")
RETIRED_GONE: Edit = ("catalog.yaml", RETIRED_WEB, "")
REMOVED: Edit = ("catalog.yaml", "retention:\n  services", f"{REMOVED_WEB}retention:\n  services")
EXPIRED = RETIRED_WEB.replace("2027-01-31", "2026-11-20")
LAST_DAY = RETIRED_WEB.replace("2027-01-31", "2026-11-21")
NO_RETIRED_EUROPE: Edit = (RETIRE_EUROPE[0], RETIRE_EUROPE[2], "")
DESTROYS, PROTECTED = "plan-destroys", "plan-deletes-protected"

ELSEWHERE: Edit = (
    "Pulumi.prod.yaml",
    "  container-registry:replicas:\n",
    "  container-registry:replicas:\n    - {region: eu-west-1, account: workloads, role: replica}\n",
)
CASES: dict[str, tuple[str, tuple[Edit, ...], tuple[Edit, ...], set[str]]] = {
    "nothing": ("prod", (), (), set()),
    "a retention": ("prod", (), (("catalog.yaml", "keep: 50", "keep: 1"),), set()),
    "a retirement": ("prod", (), (RETIRE,), set()),
    "a first deployment of a region": (
        "prod",
        (NO_EUROPE,),
        ((NO_EUROPE[0], "replicas:\n", f"replicas:\n{NO_EUROPE[1]}"),),
        set(),
    ),
    "gone without a step": ("dev", (), (GONE,), {DESTROYS}),
    "gone without a step, protected": ("prod", (), (GONE,), {DESTROYS, PROTECTED}),
    "removed without having been retired": ("dev", (), (GONE, REMOVED), {DESTROYS}),
    "retired, and then only gone": ("dev", (RETIRE,), (RETIRED_GONE,), {DESTROYS}),
    "retired and removed": ("dev", (RETIRE,), (RETIRED_GONE, REMOVED), set()),
    "retired and removed with every copy": ("prod", (RETIRE, ALLOW), (RETIRED_GONE, REMOVED), set()),
    "retired where nothing may be destroyed": (
        "prod",
        (RETIRE,),
        (RETIRED_GONE, REMOVED, ALLOW),
        {DESTROYS},
    ),
    "removed where nothing may be destroyed": (
        "dev",
        (RETIRE,),
        (RETIRED_GONE, REMOVED, FORBID),
        {"plan-removed-blocked"},
    ),
    "a retirement that is past": (
        "dev",
        (("catalog.yaml", WEB, EXPIRED),),
        (("catalog.yaml", EXPIRED, ""), REMOVED),
        {"plan-retire-expired"},
    ),
    "a retirement on its last day": (
        "dev",
        (("catalog.yaml", WEB, LAST_DAY),),
        (("catalog.yaml", LAST_DAY, ""), REMOVED),
        set(),
    ),
    "a removal that is past": (
        "dev",
        (RETIRE,),
        (RETIRED_GONE, REMOVED, ("catalog.yaml", "2027-01-31", "2026-11-20")),
        {"plan-retire-expired"},
    ),
    "another encryption": (
        "dev",
        (),
        (("catalog.yaml", WEB, WEB + "    encryption: aes256\n"),),
        {DESTROYS, "plan-replaces"},
    ),
    "another encryption of what is retired": (
        "dev",
        (RETIRE,),
        (("catalog.yaml", RETIRED_WEB, RETIRED_WEB + "    encryption: aes256\n"),),
        {DESTROYS, "plan-replaces"},
    ),
    "what may be a replacement": (
        "dev",
        (),
        (("catalog.yaml", WEB, WEB + "    encryption: aws-managed\n"),),
        {DESTROYS, "plan-replaces"},
    ),
    "an adoption of what is managed": (
        "prod",
        (),
        (("catalog.yaml", WEB, WEB + "    adopt: true\n"),),
        {DESTROYS, "plan-replaces", "plan-adopts-managed"},
    ),
    "an adoption at home, which the engine does not see": (
        "dev",
        (),
        (("catalog.yaml", WEB, WEB + "    adopt: true\n"),),
        set(),
    ),
    "an adoption that stays": (
        "prod",
        (("catalog.yaml", WEB, WEB + "    adopt: true\n"),),
        (("catalog.yaml", "owner: storefront", "owner: shop"),),
        set(),
    ),
    "an adoption that ends": (
        "prod",
        (("catalog.yaml", WEB, WEB + "    adopt: true\n"),),
        (("catalog.yaml", "    adopt: true\n", ""),),
        set(),
    ),
    "a region that was not retired": (
        "prod",
        (),
        (NO_EUROPE,),
        {"plan-replica-dropped", PROTECTED, "plan-key-deleted"},
    ),
    "a region that was": ("prod", (RETIRE_EUROPE, ALLOW), (NO_RETIRED_EUROPE,), set()),
    "a region that was, where nothing may be destroyed": (
        "prod",
        (RETIRE_EUROPE,),
        (NO_RETIRED_EUROPE,),
        {DESTROYS, "plan-key-deleted"},
    ),
    "a region that was, too long ago": (
        "prod",
        (RETIRE_EUROPE, ALLOW, ("Pulumi.prod.yaml", "2027-01-31", "2026-11-20")),
        ((NO_RETIRED_EUROPE[0], NO_RETIRED_EUROPE[1].replace("2027-01-31", "2026-11-20"), ""),),
        {"plan-retire-expired", "plan-key-deleted"},
    ),
    "a region that was, where another account's stays": (
        "prod",
        (RETIRE_EUROPE, ALLOW, ELSEWHERE),
        (NO_RETIRED_EUROPE,),
        set(),
    ),
    "another account's that was not retired, where our own stays": (
        "prod",
        (ELSEWHERE,),
        ((ELSEWHERE[0], ELSEWHERE[2], ELSEWHERE[1]),),
        {"plan-replica-dropped", PROTECTED, "plan-key-deleted"},
    ),
    "a retired repository in a region that goes with it": (
        "prod",
        (RETIRE_EUROPE, RETIRE, ALLOW),
        (NO_RETIRED_EUROPE, RETIRED_GONE, REMOVED),
        set(),
    ),
    "another account": (
        "dev",
        (),
        (("Pulumi.dev.yaml", '["111122223333"]', '["999900001111"]'),),
        {"plan-account-moves"},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_stops_a_change(tmp_path: Path, case: str) -> None:
    stack, first, edits, expected = CASES[case]
    both = compared(tmp_path, stack, *edits, first=first)
    assert both.mandatory() == expected, [str(each) for each in both.dangers()]


def test_a_proper_destruction_says_what_is_lost(tmp_path: Path) -> None:
    (danger,) = compared(tmp_path, "dev", RETIRED_GONE, REMOVED, first=(RETIRE,)).dangers()
    assert (danger.id, danger.mandatory) == (DESTROYS, False)
    assert danger.message == (
        "repository storefront/web in us-east-1 is destroyed as announced, with all its images, for good: "
        "replaced by storefront/site"
    )


def test_a_retirement_is_told_and_passes(tmp_path: Path) -> None:
    (danger,) = compared(tmp_path, "dev", RETIRE).dangers()
    assert (danger.id, danger.mandatory) == ("plan-retires", False)
    assert "may be destroyed until 2027-01-31" in danger.message


def test_the_day_decides(tmp_path: Path) -> None:
    both = compared(tmp_path, "dev", RETIRED_GONE, REMOVED, first=(RETIRE,))
    assert both.mandatory(date(2027, 1, 31)) == set()
    assert both.mandatory(date(2027, 2, 1)) == {"plan-retire-expired"}


def test_each_copy_must_have_been_retired(tmp_path: Path) -> None:
    both = compared(tmp_path, "prod", RETIRED_GONE, REMOVED, first=(RETIRE, ALLOW))
    base = replace(
        both.base,
        resources=tuple(
            replace(each, inputs={**each.inputs, "tags": {"owner": "storefront"}})
            if each.type == REPOSITORY and each.name == "storefront/web@eu-west-1"
            else each
            for each in both.base.resources
        ),
    )
    found = dangers(plan(base, both.head), base, both.head, TODAY)
    assert {(each.id, each.urn.rpartition("::")[2]) for each in found if each.mandatory} == {
        (DESTROYS, "storefront/web@eu-west-1")
    }


def test_a_fix_says_which_step_is_missing(tmp_path: Path) -> None:
    def fix(name: str, *edits: Edit, first: tuple[Edit, ...] = ()) -> str:
        found = compared(tmp_path / name, "dev", *edits, first=first).dangers()
        return next(each.fix for each in found if each.id == DESTROYS)

    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    assert fix("one", GONE) == (
        "first deploy `retire: {until: …, reason: …}` on storefront/web, in a stack with allow_destruction; "
        "then move it to `removed`"
    )
    assert fix("two", RETIRED_GONE, first=(RETIRE,)) == "write removed: {storefront/web: {until: …, reason: …}}"


def test_a_rename_without_an_alias_is_dangerous(stands: dict[str, Render]) -> None:
    base = stands["dev"]
    name = "storefront/web@us-east-1"
    assert _ids(base, renamed(base, name, "web@us-east-1", aliases=False)) == {"plan-renames"}
    assert _ids(base, renamed(base, name, "web@us-east-1", aliases=True)) == set()


def test_a_replaced_key_is_dangerous(stands: dict[str, Render]) -> None:
    base = stands["dev"]
    found = dangers(
        plan(base, with_inputs(base, KEY, multiRegion=True)), base, with_inputs(base, KEY, multiRegion=True), TODAY
    )
    (key,) = (each for each in found if "kms/key" in each.urn)
    assert (key.id, key.mandatory) == ("plan-replaces", True)


def test_a_key_that_encrypts_what_stays_is_not_deleted(stands: dict[str, Render]) -> None:
    base = stands["dev"]
    head = replace(base, resources=tuple(each for each in base.resources if each.type not in (KEY, KEY_ALIAS)))
    assert "plan-key-deleted" in _ids(base, head)
    # The stand-in for its ARN is still there, so the repositories do not change.
    unused = with_inputs(base, REPOSITORY, encryptionConfigurations=[{"encryptionType": "AES256"}])
    head = replace(unused, resources=tuple(each for each in unused.resources if each.type not in (KEY, KEY_ALIAS)))
    found = dangers(plan(unused, head), unused, head, TODAY)
    assert {(each.id, each.mandatory) for each in found} == {("plan-key-deleted", False)}


def test_a_home_region_that_moves(stands: dict[str, Render]) -> None:
    (found,) = dangers(
        plan(stands["dev"], moved := replace(stands["dev"], home="eu-west-1")), stands["dev"], moved, TODAY
    )
    assert found.id == "plan-account-moves"
    assert "home region moves from us-east-1 to eu-west-1" in found.message


def test_a_base_of_older_code_says_neither_account_nor_home(stands: dict[str, Render]) -> None:
    older = replace(stands["dev"], account="", home="")
    assert not dangers(plan(older, stands["dev"]), older, stands["dev"], TODAY)


def test_a_new_stack_has_no_dangers(stands: dict[str, Render]) -> None:
    assert dangers(plan(None, stands["prod"]), None, stands["prod"], TODAY) == []


def test_a_day_that_cannot_be_read_is_past(tmp_path: Path) -> None:
    both = compared(tmp_path, "dev", RETIRED_GONE, REMOVED, first=(RETIRE,))
    base = replace(
        both.base,
        resources=tuple(
            replace(each, inputs={**each.inputs, "tags": {"retire-until": "some day"}, "forceDelete": True})
            if each.name.startswith("storefront/web") and each.type == REPOSITORY
            else each
            for each in both.base.resources
        ),
    )
    assert _ids(base, both.head) == {"plan-retire-expired"}


def test_every_id_is_described() -> None:
    seen = {each for _, _, _, expected in CASES.values() for each in expected} | {
        "plan-renames",
        "plan-retires",
        "plan-weakens",
    }
    assert seen == set(IDS)


def _ids(base: Render, head: Render) -> set[str]:
    return {each.id for each in dangers(plan(base, head), base, head, TODAY) if each.mandatory}


def test_a_protected_key_alone(stands: dict[str, Render]) -> None:
    base = changed(stands["dev"], KEY, protect=True)
    head = replace(base, resources=tuple(each for each in base.resources if each.type != KEY))
    assert PROTECTED in _ids(base, head)
