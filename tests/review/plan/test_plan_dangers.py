"""What must not be merged as it is: every danger, and the change next to it that passes."""

from datetime import date

import pytest

from resources.ecr import REPOSITORY
from resources.kms import KEY
from review.plan.model import IDS, Topic
from review.plan.render_diff import plan
from tests.cases import cases
from tests.review.plan.changed import (
    ALLOW,
    EUROPE_COMES,
    FORBID,
    KEY_ALIAS,
    NO_EUROPE,
    REMOVED_WEB,
    RETIRE,
    RETIRE_EUROPE,
    RETIRED_WEB,
    TODAY,
    WEB,
    Compared,
    catalog,
    changed,
    compared,
    renamed,
    small,
    web,
    with_inputs,
    without,
)
from tests.stacks import TextEdit, rendered

GONE = catalog(WEB, "")
RETIRED_GONE = catalog(RETIRED_WEB, "")
REMOVED = catalog("retention:\n  services", f"{REMOVED_WEB}retention:\n  services")
EXPIRED = RETIRED_WEB.replace("2027-01-31", "2026-11-20")
LAST_DAY = RETIRED_WEB.replace("2027-01-31", "2026-11-21")
NO_RETIRED_EUROPE: TextEdit = (RETIRE_EUROPE[0], RETIRE_EUROPE[2], "")
DESTROYS, PROTECTED, REPLACES = "plan-destroys", "plan-deletes-protected", "plan-replaces"
PAST, DROPPED, KEY_GOES = "plan-retire-expired", "plan-replica-dropped", "plan-key-deleted"

FRANKFURT_FOR_EUROPE: TextEdit = (NO_EUROPE[0], "eu-west-1", "eu-central-1")
ELSEWHERE: TextEdit = (
    "Pulumi.prod.yaml",
    "  container-registry:replicas:\n",
    "  container-registry:replicas:\n    - {region: eu-west-1, account: workloads, role: replica}\n",
)
OTHER_HOME: TextEdit = ("Pulumi.prod.yaml", "aws:region: us-east-1", "aws:region: ca-central-1")
CASES: dict[str, tuple[str, tuple[TextEdit, ...], tuple[TextEdit, ...], set[str]]] = {
    "nothing": ("prod", (), (), set()),
    "a retention": ("prod", (), (catalog("keep: 50", "keep: 1"),), set()),
    "a retirement": ("prod", (), (RETIRE,), set()),
    "a first deployment of a region": ("prod", (NO_EUROPE,), (EUROPE_COMES,), set()),
    "gone without a step": ("dev", (), (GONE,), {DESTROYS}),
    "gone without a step, protected": ("prod", (), (GONE,), {DESTROYS}),
    "removed without having been retired": ("dev", (), (GONE, REMOVED), {DESTROYS}),
    "retired, and then only gone": ("dev", (RETIRE,), (RETIRED_GONE,), {DESTROYS}),
    "retired and removed": ("dev", (RETIRE,), (RETIRED_GONE, REMOVED), set()),
    "retired and removed with every copy": ("prod", (RETIRE, ALLOW), (RETIRED_GONE, REMOVED), set()),
    "retired where nothing may be destroyed": ("prod", (RETIRE,), (RETIRED_GONE, REMOVED, ALLOW), {DESTROYS}),
    "removed where nothing may go": ("dev", (RETIRE,), (RETIRED_GONE, REMOVED, FORBID), {"plan-removed-blocked"}),
    "a retirement that is past": ("dev", (catalog(WEB, EXPIRED),), (catalog(EXPIRED, ""), REMOVED), {PAST}),
    "a retirement on its last day": ("dev", (catalog(WEB, LAST_DAY),), (catalog(LAST_DAY, ""), REMOVED), set()),
    "a removal that is past": ("dev", (RETIRE,), (RETIRED_GONE, REMOVED, catalog("2027-01-31", "2026-11-20")), {PAST}),
    "another encryption": ("dev", (), (web("encryption: aes256"),), {REPLACES}),
    "another encryption of what retires": (
        "dev",
        (RETIRE,),
        (catalog(RETIRED_WEB, f"{RETIRED_WEB}    encryption: aes256\n"),),
        {REPLACES},
    ),
    "what may be a replacement": ("dev", (), (web("encryption: aws-managed"),), {REPLACES}),
    "an adoption of what is managed": ("prod", (), (web("adopt: true"),), {"plan-adopts-managed"}),
    "an adoption at home, which the engine does not see": ("dev", (), (web("adopt: true"),), set()),
    "an adoption that stays": ("prod", (web("adopt: true"),), (catalog("owner: storefront", "owner: shop"),), set()),
    "an adoption that ends": ("prod", (web("adopt: true"),), (catalog("    adopt: true\n", ""),), set()),
    "a region that was not retired": ("prod", (), (NO_EUROPE,), {DROPPED}),
    "a region in place of another": ("prod", (), (FRANKFURT_FOR_EUROPE,), {DROPPED}),
    "a region that was": ("prod", (RETIRE_EUROPE, ALLOW), (NO_RETIRED_EUROPE,), set()),
    "a region that was, where nothing may go": ("prod", (RETIRE_EUROPE,), (NO_RETIRED_EUROPE,), {DESTROYS, KEY_GOES}),
    "a region that was, too long ago": (
        "prod",
        (RETIRE_EUROPE, ALLOW, ("Pulumi.prod.yaml", "2027-01-31", "2026-11-20")),
        ((NO_RETIRED_EUROPE[0], NO_RETIRED_EUROPE[1].replace("2027-01-31", "2026-11-20"), ""),),
        {PAST, KEY_GOES},
    ),
    "a region that was, where another's stays": (
        "prod",
        (RETIRE_EUROPE, ALLOW, ELSEWHERE),
        (NO_RETIRED_EUROPE,),
        set(),
    ),
    "another account's that was not, where our own stays": (
        "prod",
        (ELSEWHERE,),
        ((ELSEWHERE[0], ELSEWHERE[2], ELSEWHERE[1]),),
        {DROPPED},
    ),
    "a retired repository in a region that was": (
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
    "another home region": ("prod", (), (OTHER_HOME,), {"plan-account-moves", "plan-renames"}),
    "another home region and a replica that goes": (
        "prod",
        (),
        (OTHER_HOME, NO_EUROPE),
        {"plan-account-moves", "plan-renames", DROPPED},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_stops_a_change(case: str) -> None:
    stack, first, edits, expected = CASES[case]
    both = compared(stack, *edits, first=first)
    assert both.mandatory() == expected, [str(each) for each in both.judged()]


def test_the_repositories_of_a_home_that_moves_are_listed_once() -> None:
    found = compared("prod", OTHER_HOME).plan.consequences
    (home,) = (each for each in found if "us-east-1 (account 222233334444) is removed" in each.text)
    assert " with 3 repositories and its key with the move of the stack. They are protected" in home.text
    assert (home.id, home.lines) == (None, ("payments/api", "platform/cache", "storefront/web"))
    assert [each for each in found if each.topic in (Topic.LOSS, Topic.BLOCKED)] == [home]


@cases(
    "first, edits, id, text",
    ((), (RETIRE,), "plan-retires", "retired until 2027-01-31"),
    ((RETIRE,), (RETIRED_GONE, REMOVED), DESTROYS, "can't be restored. As announced: replaced by storefront/site."),
)
def test_a_step_of_a_deletion_is_reported_and_passes(
    first: tuple[TextEdit, ...], edits: tuple[TextEdit, ...], id: str, text: str
) -> None:
    (danger,) = compared("dev", *edits, first=first).judged()
    assert (danger.id, danger.fails, text in danger.text) == (id, False, True)


def test_the_day_decides() -> None:
    both = compared("dev", RETIRED_GONE, REMOVED, first=(RETIRE,))
    assert (both.mandatory(date(2027, 1, 31)), both.mandatory(date(2027, 2, 1))) == (set(), {PAST})


def test_each_copy_must_have_been_retired() -> None:
    both = compared("prod", RETIRED_GONE, REMOVED, first=(RETIRE, ALLOW))
    base = with_inputs(both.base, REPOSITORY, "storefront/web@eu-west-1", tags={"owner": "storefront"})
    found = [each for each in Compared(base, both.head).judged() if each.fails]
    assert [(each.id, each.urns[0].rpartition("::")[2]) for each in found] == [(DESTROYS, "storefront/web@eu-west-1")]


def test_a_fix_says_which_step_is_missing() -> None:
    def fix(*edits: TextEdit, first: tuple[TextEdit, ...] = ()) -> str:
        return next(each.fix for each in compared("dev", *edits, first=first).judged() if each.id == DESTROYS)

    assert fix(GONE) == (
        "first deploy `retire: {until: …, reason: …}` on storefront/web, in a stack with allow_destruction; "
        "then move it to `removed`"
    )
    assert fix(RETIRED_GONE, first=(RETIRE,)) == "write removed: {storefront/web: {until: …, reason: …}}"


def test_a_rename_without_an_alias_is_dangerous() -> None:
    base = small("dev")
    name = "storefront/web@us-east-1"
    assert Compared(base, renamed(base, name, "web@us-east-1", aliases=False)).mandatory() == {"plan-renames"}
    assert Compared(base, renamed(base, name, "web@us-east-1", aliases=True)).mandatory() == set()


def test_a_replaced_key_is_dangerous() -> None:
    found = Compared(small("dev"), with_inputs(small("dev"), KEY, multiRegion=True)).judged()
    (key,) = (each for each in found if "kms/key" in each.urns[0])
    assert (key.id, key.fails) == (REPLACES, True)


def test_a_key_that_encrypts_what_stays_is_not_deleted() -> None:
    base = small("dev")
    assert KEY_GOES in Compared(base, without(base, KEY, KEY_ALIAS)).mandatory()
    # The stand-in for its ARN is still there, so the repositories do not change.
    unused = with_inputs(base, REPOSITORY, encryptionConfigurations=[{"encryptionType": "AES256"}])
    # AWS deletes no key that was not retired.
    (key,) = Compared(unused, without(unused, KEY, KEY_ALIAS)).judged()
    assert (key.id, key.fails) == (KEY_GOES, True)
    assert key.fix.startswith("first deploy `retire: {until: …, reason: …}` on the replica ")
    retired = with_inputs(unused, KEY, tags={"retire-until": "2027-01-31"})
    found = Compared(retired, without(retired, KEY, KEY_ALIAS)).judged()
    assert {(each.id, each.fails) for each in found} == {(KEY_GOES, False)}


MONITORED = ("Pulumi.prod.yaml", "    enabled: true\n")
RETIRES_MONITORING: TextEdit = (*MONITORED, f"{MONITORED[1]}    retire: {{until: 2027-01-31, reason: another one}}\n")
UNPROTECTED: TextEdit = (
    "Pulumi.prod.yaml",
    "  container-registry:monitoring:\n",
    "  container-registry:protect: false\n  container-registry:monitoring:\n",
)
UNMONITORED: TextEdit = (*MONITORED, "    enabled: false\n")


def test_monitoring_ends_in_two_steps() -> None:
    """Its keys are the only ones at home that a change deletes: without the tag neither the engine nor AWS does."""
    monitored, ended = rendered("prod"), rendered("prod", UNMONITORED)
    keys = [each for each in monitored.resources if each.type == KEY and not each.name.startswith("registry@")]
    (key,) = {each.fix for each in Compared(monitored, ended).judged() if each.urns[0] in {k.urn for k in keys}}
    assert key == "keep it; to delete it, retire it first, which removes the protection"
    unprotected = rendered("prod", UNPROTECTED)
    bare = Compared(unprotected, rendered("prod", UNPROTECTED, UNMONITORED)).judged()
    found = [each for each in bare if each.id == KEY_GOES]
    assert {(each.id, each.fails) for each in found} == {(KEY_GOES, True)}
    assert {each.fix.partition(" on ")[2] for each in found} == {
        f"`monitoring`, or on the replica {region}" for region in ("us-east-1", "eu-west-1", "ap-northeast-1")
    }
    retired = rendered("prod", RETIRES_MONITORING)
    tagged = [each for each in retired.resources if each.type == KEY and "retire-until" in each.inputs["tags"]]
    assert {each.name for each in tagged} == {each.name for each in keys}
    assert not any(each.protect for each in tagged)
    assert {each.fails for each in Compared(retired, ended).judged() if each.id == KEY_GOES} == {False}


def test_a_replica_is_retired_with_its_keys() -> None:
    (edit,) = [RETIRE_EUROPE]
    tagged = {
        each.name
        for each in rendered("prod", edit).resources
        if each.type == KEY and "retire-until" in each.inputs["tags"]
    }
    assert tagged == {f"{name}@eu-west-1" for name in ("registry", "monitoring", "undelivered")}


def test_a_new_stack_has_no_dangers() -> None:
    assert [each for each in plan(None, small("prod"), TODAY).consequences if each.id] == []


def test_a_day_that_cannot_be_read_is_past() -> None:
    both = compared("dev", RETIRED_GONE, REMOVED, first=(RETIRE,))
    tags = {"retire-until": "some day"}
    base = with_inputs(both.base, REPOSITORY, "storefront/web", tags=tags, forceDelete=True)
    assert Compared(base, both.head).mandatory() == {PAST}


BY_OTHER_TESTS = ("plan-renames", "plan-retires", "plan-too-many-requests", "plan-weakens")


def test_every_id_is_described() -> None:
    seen = {each for *_, expected in CASES.values() for each in expected}
    assert seen | {PROTECTED, *BY_OTHER_TESTS} == set(IDS)


def test_a_protected_key_alone() -> None:
    base = changed(small("dev"), KEY, protect=True)
    assert PROTECTED in Compared(base, without(base, KEY)).mandatory()
