"""What a change does to each resource, for every kind of change."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from render.resource import Render, Resource
from resources.ecr import LIFECYCLE_POLICY, REPOSITORY, REPOSITORY_POLICY
from resources.kms import KEY
from review.plan.destruction import fate, old_name
from review.plan.model import Fate, Op, Protection, Topic
from review.plan.render_diff import NotComparable, plan
from tests.cases import cases
from tests.conftest import examples
from tests.review.plan.changed import (
    ALLOW,
    KEY_ALIAS,
    RETIRE,
    WEB,
    catalog,
    changed,
    compared,
    destroyed,
    mapped,
    only,
    renamed,
    small,
    web,
    with_inputs,
    without,
)
from tests.stacks import TextEdit

HOME = "us-east-1"
WEB_HOME = f"storefront/web@{HOME}"
REGIONS = (HOME, "eu-west-1", "ap-northeast-1")
REPOSITORIES = ("payments/api", "storefront/web", "platform/cache")


def everywhere(change: str) -> set[str]:
    return {change, f"{change}@eu-west-1", f"{change}@ap-northeast-1"}


OF_REPOSITORY = ("Repository", "LifecyclePolicy", "RepositoryPolicy")
SCAN = ("Pulumi.dev.yaml", "config:\n", "config:\n  container-registry:scanning: {type: enhanced}\n")
# Each change as operation, type and name; what is at home is named without its region. test_plan_formats.py has more.
CASES: dict[str, tuple[str, TextEdit, set[str]]] = {
    "a mutable tag": ("prod", catalog("[latest]", "[latest, edge]"), everywhere("update Repository payments/api")),
    "the last grant": (
        "dev",
        catalog(WEB, WEB.replace("[{account: workloads}]", "[]")),
        {"delete RepositoryPolicy storefront/web"},
    ),
    "the account's own key": ("dev", web("encryption: aws-managed"), {"update-or-replace Repository storefront/web"}),
    "a repository by another name": (
        "dev",
        catalog("storefront/web", "storefront/site"),
        {
            each
            for kind in OF_REPOSITORY
            for each in (f"delete {kind} storefront/web", f"create {kind} storefront/site")
        },
    ),
    # At home the id is the one of the state, so the engine sees nothing to import.
    "one adopted that is managed": (
        "prod",
        web("adopt: true"),
        everywhere("replace Repository storefront/web") - {"replace Repository storefront/web"},
    ),
    "a scan": ("dev", SCAN, {"update RegistryScanningConfiguration registry"}),
    "protection alone": (
        "dev",
        ("Pulumi.dev.yaml", "protect: false", "protect: true"),
        {"options Key registry", *(f"options Repository {each}" for each in REPOSITORIES)},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_changes(case: str) -> None:
    stack, edit, expected = CASES[case]
    changes = compared(stack, edit).plan.changes
    assert {f"{each.op} {each.short_type} {each.name.removesuffix(f'@{HOME}')}" for each in changes} == expected


@pytest.mark.parametrize("kind", [LIFECYCLE_POLICY, REPOSITORY_POLICY, KEY])
def test_a_policy_written_otherwise_is_no_change(kind: str) -> None:
    def rewrite(each: Resource) -> Resource:
        if each.type != kind:
            return each
        return replace(each, inputs={**each.inputs, "policy": each.inputs["policy"].replace('":', '" : ')})

    base, rewritten = small("dev"), mapped(small("dev"), rewrite)
    assert rewritten != base
    assert not plan(base, rewritten).changes


def test_what_the_provider_calls_a_set_has_no_order() -> None:
    scanning = "aws:ecr/registryScanningConfiguration:RegistryScanningConfiguration"
    rules = [
        {"scanFrequency": "SCAN_ON_PUSH", "repositoryFilters": [{"filter": each} for each in "ab"]},
        {"scanFrequency": "CONTINUOUS_SCAN", "repositoryFilters": [{"filter": "c"}]},
    ]
    turned = [rules[1], {**rules[0], "repositoryFilters": [{"filter": each} for each in "ba"]}]
    base = with_inputs(small("dev"), scanning, rules=rules)
    assert not plan(base, with_inputs(base, scanning, rules=turned)).changes
    assert plan(base, with_inputs(base, scanning, rules=turned[:1])).changes


def test_a_block_left_out_keeps_what_aws_has() -> None:
    base = small("dev")
    assert not plan(base, with_inputs(base, REPOSITORY, imageScanningConfiguration=None)).changes
    assert plan(base, with_inputs(base, REPOSITORY, imageTagMutability=None)).changes


def test_what_the_table_does_not_know_is_reported_as_unknown() -> None:
    base = small("dev")
    change = plan(base, with_inputs(base, REPOSITORY, novelty=True))
    assert {each.op for each in change.changes} == {Op.UPDATE_OR_REPLACE}
    new = replace(base.resources[0], urn="urn:pulumi:dev::p::aws:x/y:Z::z", type="aws:x/y:Z", custom=True)
    unheard = replace(base, resources=(*base.resources, new))
    assert {each.op for each in plan(unheard, with_inputs(unheard, "aws:x/y:Z", a=1)).changes} == {Op.UPDATE_OR_REPLACE}


def test_another_provider_may_be_a_replacement() -> None:
    base = small("dev")
    change = plan(base, changed(base, KEY_ALIAS, provider="urn:pulumi:dev::p::pulumi:providers:aws::other::1"))
    assert only(change).op is Op.UPDATE_OR_REPLACE
    assert only(change).forced_by == ("provider",)


def test_ignored_changes_are_none_and_replace_on_changes_is_heeded() -> None:
    head = with_inputs(small("dev"), KEY, description="another")
    ignoring = plan(small("dev"), changed(head, KEY, options={"ignoreChanges": ["description"]}))
    assert {each.op for each in ignoring.changes} == {Op.OPTIONS}
    change = plan(small("dev"), changed(head, KEY, options={"replaceOnChanges": ["description"]}))
    assert Op.REPLACE in {each.op for each in change.changes if each.type == KEY}


def test_protection_lost_and_gained() -> None:
    both = compared("dev", ("Pulumi.dev.yaml", "protect: false", "protect: true"))
    there, back = both.plan, plan(both.head, both.base)
    protections = [{each.protection for each in one.changes} for one in (there, back)]
    assert protections == [{Protection.GAINED}, {Protection.LOST}]


@cases(
    "first, stack, expected",
    ((), "dev", Fate.KEPT_BY_AWS),
    ((), "prod", Fate.KEPT_BY_ENGINE),
    ((RETIRE,), "dev", Fate.LOST),
    ((RETIRE,), "prod", Fate.KEPT_BY_AWS),
    ((RETIRE, ALLOW), "prod", Fate.LOST),
)
def test_the_images_of_a_deleted_repository(first: tuple[TextEdit, ...], stack: str, expected: Fate) -> None:
    gone = catalog(RETIRE[2] if first else WEB, "")
    losses = destroyed(compared(stack, gone, first=first).plan)
    account = "111122223333" if stack == "dev" else "222233334444"
    assert {(old_name(loss), loss.account, fate(loss)) for loss in losses} == {("storefront/web", account, expected)}
    assert {loss.region for loss in losses} == ({HOME} if stack == "dev" else set(REGIONS))


def test_what_stays_in_aws_is_no_loss() -> None:
    base = changed(small("dev"), REPOSITORY, options={"retainOnDelete": True})
    assert not destroyed(plan(base, without(base, REPOSITORY)))


def test_a_replacement_of_what_loses_its_protection_is_not_refused() -> None:
    # pulumi/pkg/resource/deploy/step_generator.go: "we don't look at old.Protect here"
    base = changed(small("dev"), REPOSITORY, protect=True)
    head = with_inputs(base, REPOSITORY, encryptionConfigurations=[{"encryptionType": "AES256"}])
    assert {fate(loss) for loss in destroyed(plan(base, head))} == {Fate.KEPT_BY_ENGINE}
    assert {fate(loss) for loss in destroyed(plan(base, changed(head, REPOSITORY, protect=False)))} == {
        Fate.KEPT_BY_AWS
    }


def test_a_renamed_key_with_an_alias_still_encrypts() -> None:
    # The render makes a key's ARN up from its name, so it is another one: that is no difference.
    head = renamed(small("dev"), f"registry@{HOME}", f"main@{HOME}", aliases=True)
    (old,) = (str(each.outputs["arn"]) for each in small("dev").resources if each.type == KEY)
    assert {each.op for each in plan(small("dev"), _swapped(head, old, "arn:new")).changes} == {Op.MOVE}


def test_a_renamed_repository_keeps_nothing_whatever_alias_it_has() -> None:
    head = renamed(small("dev"), WEB_HOME, f"storefront/site@{HOME}", aliases=True)
    head = _swapped(head, "storefront/web", "storefront/site")
    (loss,) = destroyed(plan(small("dev"), head))
    assert (old_name(loss), loss.op, fate(loss)) == ("storefront/web", Op.REPLACE, Fate.KEPT_BY_AWS)


def test_what_looks_like_a_rename_is_reported_as_none() -> None:
    told = compared("prod", catalog("storefront/web", "storefront/site")).told()
    assert told.count("storefront/site looks like storefront/web renamed, but ECR can't rename") == 1


def test_a_stack_that_moves_is_reported() -> None:
    moved = replace(small("dev"), account="999900001111", home="eu-west-1")
    account, home = plan(small("dev"), moved).consequences
    assert account.text.startswith("The stack moves from account 111122223333 to 999900001111")
    assert home.text.startswith("The home region moves from us-east-1 to eu-west-1")
    assert (account.id, home.id) == ("plan-account-moves", "plan-account-moves")
    older = replace(small("dev"), account="", home="")
    assert not plan(older, moved).consequences
    # Nor does older code name the account: what stands in it does.
    gone = plan(older, replace(older, resources=())).changes
    assert {each.account for each in gone if each.type in (REPOSITORY, LIFECYCLE_POLICY)} == {"111122223333"}


def test_what_can_not_be_compared() -> None:
    dev = small("dev")
    unknown = replace(dev, preview=True)
    for base, head, told in (
        (dev, unknown, "the head is a preview's render, .* without --preview"),
        (unknown, dev, "the base is a preview's render"),
        (unknown, unknown, "the base is a preview's render"),
        (None, unknown, "the head is a preview's render"),
        (dev, small("prod"), "stack dev can't be compared with stack prod"),
        (dev, replace(dev, project="other"), "project container-registry can't be compared with project other"),
    ):
        with pytest.raises(NotComparable, match=told):
            plan(base, head)


def test_another_configuration_of_the_provider_is_reported() -> None:
    base = replace(small("dev"), provider={"aws:profile": "acme"})
    (told,) = plan(base, replace(base, provider={"aws:profile": "evil", "aws:stsRegion": "eu-west-1"})).consequences
    assert (told.topic, told.lines) == (
        Topic.PLACE,
        ("~ aws:profile: acme → evil", "~ aws:stsRegion: none → eu-west-1"),
    )
    assert not plan(replace(base, provider=None), base).consequences


def test_a_render_says_how_the_provider_is_configured_and_no_secret() -> None:
    lines = "config:\n  aws:profile: {secure: v1:hush}\n  aws:stsRegion: eu-west-1\n  pulumi:tags: {a: b}\n"
    assert small("dev", ("Pulumi.dev.yaml", "config:\n", lines)).provider == {
        "aws:profile": "encrypted",
        "aws:stsRegion": "eu-west-1",
        "pulumi:tags": '{"a":"b"}',
    }


@settings(max_examples=examples(30))
@given(data=st.data())
def test_creations_and_deletions_are_each_others_mirror(data: st.DataObject) -> None:
    whole = small("prod")
    names = sorted({each.name for each in whole.resources})
    dropped = data.draw(st.sets(st.sampled_from(names)))
    part = replace(whole, resources=tuple(each for each in whole.resources if each.name not in dropped))
    assert not plan(part, part).changes
    there, back = plan(part, whole), plan(whole, part)
    assert [each.urn for each in there.changes if each.op is Op.CREATE] == [
        each.urn for each in back.changes if each.op is Op.DELETE
    ]
    assert there.unchanged == back.unchanged


def _swapped(rendered: Render, old: str, new: str) -> Render:
    """The render with one value, wherever an input or output has it, replaced by another."""

    def swap(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: swap(item) for key, item in value.items()}
        if isinstance(value, list):
            return [swap(item) for item in value]
        return new if value == old else value

    return mapped(rendered, lambda each: replace(each, inputs=swap(each.inputs), outputs=swap(each.outputs)))
