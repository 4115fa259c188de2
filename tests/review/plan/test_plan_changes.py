"""What a change does to each resource, for every kind of change."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from render import Render, render
from resources import OnChange
from resources.ecr import LIFECYCLE_POLICY, REPOSITORY
from resources.kms import KEY
from review.plan import Fate, NotComparable, Op, Protection, Topic, plan
from tests.review.plan.changed import (
    ALLOW,
    CATALOG,
    KEY_ALIAS,
    NO_EUROPE,
    REMOVE,
    RETIRE,
    WEB,
    Edit,
    changed,
    compared,
    found,
    only,
    renamed,
    with_inputs,
    written,
)

HOME = "us-east-1"
WEB_HOME = f"storefront/web@{HOME}"
REGIONS = (HOME, "eu-west-1", "ap-northeast-1")

CASES: dict[str, tuple[str, tuple[Edit, ...], set[tuple[str, str, str]]]] = {
    "nothing": ("prod", (), set()),
    "an owner": (
        "dev",
        (("catalog.yaml", "owner: storefront", "owner: shop"),),
        {("update", "Repository", WEB_HOME)},
    ),
    "a mutable tag": (
        "prod",
        (("catalog.yaml", "[latest]", "[latest, edge]"),),
        {("update", "Repository", f"payments/api@{region}") for region in REGIONS},
    ),
    "a retention": (
        "dev",
        (("catalog.yaml", "keep: 50", "keep: 40"),),
        {("replace", "LifecyclePolicy", f"platform/cache@{HOME}")},
    ),
    "a grant": (
        "dev",
        (("catalog.yaml", "{account: workloads}, {org", "{account: data-platform}, {org"),),
        {("update", "RepositoryPolicy", f"payments/api@{HOME}")},
    ),
    "the last grant": (
        "dev",
        (("catalog.yaml", WEB, WEB.replace("    pull: [{account: workloads}]\n", "")),),
        {("delete", "RepositoryPolicy", WEB_HOME)},
    ),
    "another encryption": (
        "dev",
        (("catalog.yaml", WEB, WEB + "    encryption: aes256\n"),),
        {("replace", kind, WEB_HOME) for kind in ("Repository", "LifecyclePolicy", "RepositoryPolicy")},
    ),
    "the account's own key": (
        "dev",
        (("catalog.yaml", WEB, WEB + "    encryption: aws-managed\n"),),
        {("update-or-replace", "Repository", WEB_HOME)},
    ),
    "a new repository": (
        "dev",
        (("catalog.yaml", WEB, WEB + WEB.replace("storefront/web", "storefront/site")),),
        {("create", kind, f"storefront/site@{HOME}") for kind in ("Repository", "LifecyclePolicy", "RepositoryPolicy")},
    ),
    "a repository that is gone": (
        "dev",
        (("catalog.yaml", WEB, ""),),
        {("delete", kind, WEB_HOME) for kind in ("Repository", "LifecyclePolicy", "RepositoryPolicy")},
    ),
    "a repository by another name": (
        "dev",
        (("catalog.yaml", "storefront/web", "storefront/site"),),
        {
            (op, kind, f"{name}@{HOME}")
            for kind in ("Repository", "LifecyclePolicy", "RepositoryPolicy")
            for op, name in (("delete", "storefront/web"), ("create", "storefront/site"))
        },
    ),
    "an adopted one": (
        "dev",
        (("catalog.yaml", CATALOG, CATALOG + WEB.replace("storefront/web", "storefront/old") + "    adopt: true\n"),),
        {
            ("adopt", "Repository", f"storefront/old@{HOME}"),
            ("create", "LifecyclePolicy", f"storefront/old@{HOME}"),
            ("create", "RepositoryPolicy", f"storefront/old@{HOME}"),
        },
    ),
    "one adopted that is managed": (
        "prod",
        (("catalog.yaml", WEB, WEB + "    adopt: true\n"),),
        # At home the id is the one of the state, so the engine sees nothing to import.
        {("replace", "Repository", f"storefront/web@{region}") for region in REGIONS[1:]},
    ),
    "a retired one": (
        "prod",
        (RETIRE,),
        {("update", "Repository", f"storefront/web@{region}") for region in REGIONS},
    ),
    "a scan": (
        "dev",
        (("Pulumi.dev.yaml", "config:\n", "config:\n  container-registry:scanning: {type: enhanced}\n"),),
        {("update", "RegistryScanningConfiguration", f"registry@{HOME}")},
    ),
    "protection alone": (
        "dev",
        (("Pulumi.dev.yaml", "protect: false", "protect: true"),),
        {
            ("options", kind, name)
            for kind, name in (
                ("Key", f"registry@{HOME}"),
                *(("Repository", f"{each}@{HOME}") for each in ("payments/api", "storefront/web", "platform/cache")),
            )
        },
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_changes(tmp_path: Path, case: str) -> None:
    stack, edits, expected = CASES[case]
    assert found(compared(tmp_path, stack, *edits).plan) == expected


def test_a_first_deployment_makes_everything(stands: dict[str, Render]) -> None:
    change = plan(None, stands["dev"])
    assert change.is_new
    assert {each.op for each in change.changes} == {Op.CREATE}
    assert len(change.changes) == sum(resource.custom for resource in stands["dev"].resources)
    assert not change.statements
    assert not change.losses


def test_an_update_is_told_property_by_property(tmp_path: Path) -> None:
    change = only(compared(tmp_path, "dev", ("catalog.yaml", "owner: storefront", "owner: shop")).plan)
    (difference,) = change.differences
    assert (difference.path, difference.old, difference.new) == ("tags.owner", "storefront", "shop")
    assert difference.effect is OnChange.IN_PLACE
    assert not change.forced_by


def test_a_replacement_names_what_forces_it(tmp_path: Path) -> None:
    change = compared(tmp_path, "dev", ("catalog.yaml", WEB, WEB + "    encryption: aes256\n")).plan
    (repository,) = (each for each in change.changes if each.type == REPOSITORY)
    assert repository.forced_by == ("encryptionConfigurations[0].encryptionType", "encryptionConfigurations[0].kmsKey")
    # The engine deletes it first, so its policies go and come with it: seen in the steps of a real preview.
    (policy,) = (each for each in change.changes if each.type == LIFECYCLE_POLICY)
    assert policy.forced_by == ("repository",)


def test_a_replaced_key_replaces_what_it_encrypts(stands: dict[str, Render]) -> None:
    base = stands["dev"]
    change = plan(base, with_inputs(base, KEY, multiRegion=True))
    replaced = {each.name for each in change.changes if each.type == REPOSITORY and each.op is Op.REPLACE}
    assert replaced == {f"{each}@{HOME}" for each in ("payments/api", "storefront/web", "platform/cache")}
    (alias,) = (each for each in change.changes if each.type == KEY_ALIAS)
    assert alias.op is Op.UPDATE
    assert "(keyId of Key registry@us-east-1, a new one)" in {each.new for each in alias.differences}


def test_a_policy_written_otherwise_is_no_change(stands: dict[str, Render]) -> None:
    base = stands["dev"]
    for kind in (LIFECYCLE_POLICY, "aws:ecr/repositoryPolicy:RepositoryPolicy", KEY):
        rewritten = replace(
            base,
            resources=tuple(
                replace(each, inputs={**each.inputs, "policy": each.inputs["policy"].replace('":', '" : ')})
                if each.type == kind
                else each
                for each in base.resources
            ),
        )
        assert rewritten != base
        assert not plan(base, rewritten).changes


def test_what_the_provider_calls_a_set_has_no_order(stands: dict[str, Render]) -> None:
    scanning = "aws:ecr/registryScanningConfiguration:RegistryScanningConfiguration"
    rules = [
        {"scanFrequency": "SCAN_ON_PUSH", "repositoryFilters": [{"filter": each} for each in "ab"]},
        {"scanFrequency": "CONTINUOUS_SCAN", "repositoryFilters": [{"filter": "c"}]},
    ]
    turned = [rules[1], {**rules[0], "repositoryFilters": [{"filter": each} for each in "ba"]}]
    base = with_inputs(stands["dev"], scanning, rules=rules)
    assert not plan(base, with_inputs(base, scanning, rules=turned)).changes
    assert plan(base, with_inputs(base, scanning, rules=turned[:1])).changes


def test_a_block_left_out_keeps_what_aws_has(stands: dict[str, Render]) -> None:
    base = stands["dev"]
    assert not plan(base, with_inputs(base, REPOSITORY, imageScanningConfiguration=None)).changes
    assert plan(base, with_inputs(base, REPOSITORY, imageTagMutability=None)).changes


def test_what_the_table_does_not_know_is_told_as_unknown(stands: dict[str, Render]) -> None:
    base = stands["dev"]
    change = plan(base, with_inputs(base, REPOSITORY, novelty=True))
    assert {each.op for each in change.changes} == {Op.UPDATE_OR_REPLACE}
    new = replace(base.resources[0], urn="urn:pulumi:dev::p::aws:x/y:Z::z", type="aws:x/y:Z", custom=True)
    unheard = replace(base, resources=(*base.resources, new))
    assert {each.op for each in plan(unheard, with_inputs(unheard, "aws:x/y:Z", a=1)).changes} == {Op.UPDATE_OR_REPLACE}


def test_another_provider_may_be_a_replacement(stands: dict[str, Render]) -> None:
    base = stands["dev"]
    change = plan(base, changed(base, KEY_ALIAS, provider="urn:pulumi:dev::p::pulumi:providers:aws::other::1"))
    assert only(change).op is Op.UPDATE_OR_REPLACE
    assert only(change).forced_by == ("provider",)


def test_ignored_changes_are_none_and_replace_on_changes_is_heeded(stands: dict[str, Render]) -> None:
    head = with_inputs(stands["dev"], KEY, description="another")
    ignoring = plan(stands["dev"], changed(head, KEY, options={"ignoreChanges": ["description"]}))
    assert {each.op for each in ignoring.changes} == {Op.OPTIONS}
    change = plan(stands["dev"], changed(head, KEY, options={"replaceOnChanges": ["description"]}))
    assert Op.REPLACE in {each.op for each in change.changes if each.type == KEY}


def test_protection_lost_and_gained(tmp_path: Path) -> None:
    both = compared(tmp_path, "dev", ("Pulumi.dev.yaml", "protect: false", "protect: true"))
    assert {each.protection for each in both.plan.changes} == {Protection.GAINED}
    back = plan(both.head, both.base)
    assert {each.protection for each in back.changes} == {Protection.LOST}
    assert {each.topic for each in back.statements} == {Topic.WEAKER, Topic.PROTECTION}


@pytest.mark.parametrize(
    ("first", "stack", "fate"),
    [
        ((), "dev", Fate.KEPT_BY_AWS),
        ((), "prod", Fate.KEPT_BY_ENGINE),
        ((RETIRE,), "dev", Fate.LOST),
        ((RETIRE,), "prod", Fate.KEPT_BY_AWS),
        ((RETIRE, ALLOW), "prod", Fate.LOST),
    ],
)
def test_the_images_of_a_deleted_repository(tmp_path: Path, first: tuple[Edit, ...], stack: str, fate: Fate) -> None:
    gone = ("catalog.yaml", RETIRE[2] if first else WEB, "")
    losses = compared(tmp_path, stack, gone, first=first).plan.losses
    account = "111122223333" if stack == "dev" else "222233334444"
    assert {(loss.repository, loss.account, loss.fate) for loss in losses} == {("storefront/web", account, fate)}
    assert {loss.region for loss in losses} == ({HOME} if stack == "dev" else set(REGIONS))


def test_what_stays_in_aws_is_no_loss(stands: dict[str, Render]) -> None:
    base = changed(stands["dev"], REPOSITORY, options={"retainOnDelete": True})
    gone = replace(base, resources=tuple(each for each in base.resources if each.type != REPOSITORY))
    assert not plan(base, gone).losses


def test_a_replacement_of_what_loses_its_protection_is_not_refused(stands: dict[str, Render]) -> None:
    # pulumi/pkg/resource/deploy/step_generator.go: "we don't look at old.Protect here"
    base = changed(stands["dev"], REPOSITORY, protect=True)
    head = with_inputs(base, REPOSITORY, encryptionConfigurations=[{"encryptionType": "AES256"}])
    assert {loss.fate for loss in plan(base, head).losses} == {Fate.KEPT_BY_ENGINE}
    assert {loss.fate for loss in plan(base, changed(head, REPOSITORY, protect=False)).losses} == {Fate.KEPT_BY_AWS}


def test_an_import_over_what_is_managed_is_not_refused(tmp_path: Path) -> None:
    losses = compared(tmp_path, "prod", ("catalog.yaml", WEB, WEB + "    adopt: true\n")).plan.losses
    assert {loss.fate for loss in losses} == {Fate.KEPT_BY_AWS}


def test_a_rename_without_an_alias(stands: dict[str, Render]) -> None:
    head = renamed(stands["dev"], WEB_HOME, f"storefront-web@{HOME}", aliases=False)
    change = plan(stands["dev"], head)
    assert {(each.op, each.short_type) for each in change.changes} == {
        (Op.RENAME, kind) for kind in ("Repository", "LifecyclePolicy", "RepositoryPolicy")
    }
    assert all(each.old_urn and WEB_HOME in each.old_urn for each in change.changes)


def test_a_rename_with_an_alias_changes_nothing_but_is_told(stands: dict[str, Render]) -> None:
    head = renamed(stands["dev"], WEB_HOME, f"storefront-web@{HOME}", aliases=True)
    change = plan(stands["dev"], head)
    assert {each.op for each in change.changes} == {Op.MOVE}
    assert {each.topic for each in change.statements} == {Topic.RENAME}
    assert not change.losses


def test_a_renamed_key_with_an_alias_still_encrypts(stands: dict[str, Render]) -> None:
    # The render makes a key's ARN up from its name, so it is another one: that is no difference.
    head = renamed(stands["dev"], f"registry@{HOME}", f"main@{HOME}", aliases=True)
    made_up = {each.outputs["arn"] for each in stands["dev"].resources if each.type == KEY}
    (old,) = made_up
    head = replace(
        head,
        resources=tuple(
            replace(
                each,
                outputs={k: "arn:new" if v == old else v for k, v in each.outputs.items()},
                inputs=_swapped(each.inputs, old, "arn:new"),
            )
            for each in head.resources
        ),
    )
    assert {each.op for each in plan(stands["dev"], head).changes} == {Op.MOVE}


def test_a_renamed_repository_keeps_nothing_whatever_alias_it_has(stands: dict[str, Render]) -> None:
    head = renamed(stands["dev"], WEB_HOME, f"storefront/site@{HOME}", aliases=True)
    head = replace(
        head,
        resources=tuple(
            replace(each, inputs={k: "storefront/site" if v == "storefront/web" else v for k, v in each.inputs.items()})
            for each in head.resources
        ),
    )
    (loss,) = plan(stands["dev"], head).losses
    assert (loss.repository, loss.op, loss.fate) == ("storefront/web", Op.REPLACE, Fate.KEPT_BY_AWS)


def test_what_looks_like_a_rename_is_told_to_be_none(tmp_path: Path) -> None:
    told = compared(tmp_path, "prod", ("catalog.yaml", "storefront/web", "storefront/site")).told()
    assert told.count("storefront/site looks like storefront/web under another name, but ECR renames nothing") == 1


def test_a_stack_that_moves_is_told(stands: dict[str, Render]) -> None:
    moved = replace(stands["dev"], account="999900001111", home="eu-west-1")
    account, home = plan(stands["dev"], moved).statements
    assert account.text.startswith("The stack moves from account 111122223333 to 999900001111")
    assert home.text.startswith("The home region moves from us-east-1 to eu-west-1")
    older = replace(stands["dev"], account="", home="")
    assert not plan(older, moved).statements
    # Nor does older code name the account: what stands in it does.
    gone = plan(older, replace(older, resources=())).changes
    assert {each.account for each in gone if each.type in (REPOSITORY, LIFECYCLE_POLICY)} == {"111122223333"}


def test_what_can_not_be_compared(stands: dict[str, Render]) -> None:
    dev = stands["dev"]
    unknown = replace(dev, preview=True)
    for base, head, told in (
        (dev, unknown, "the head is a preview's render, .* without --preview"),
        (unknown, dev, "the base is a preview's render"),
        (unknown, unknown, "the base is a preview's render"),
        (None, unknown, "the head is a preview's render"),
        (dev, stands["prod"], "stack dev can't be compared with stack prod"),
        (dev, replace(dev, project="other"), "project container-registry can't be compared with project other"),
    ):
        with pytest.raises(NotComparable, match=told):
            plan(base, head)


def test_another_configuration_of_the_provider_is_told(stands: dict[str, Render]) -> None:
    base = replace(stands["dev"], provider={"aws:profile": "acme"})
    (told,) = plan(base, replace(base, provider={"aws:profile": "evil", "aws:stsRegion": "eu-west-1"})).statements
    assert (told.topic, told.lines) == (
        Topic.PLACE,
        ("~ aws:profile: acme → evil", "~ aws:stsRegion: none → eu-west-1"),
    )
    assert not plan(replace(base, provider=None), base).statements


def test_a_render_says_how_the_provider_is_configured_and_no_secret(tmp_path: Path) -> None:
    lines = "config:\n  aws:profile: {secure: v1:hush}\n  aws:stsRegion: eu-west-1\n  pulumi:tags: {a: b}\n"
    folder = written(tmp_path / "written", ("Pulumi.dev.yaml", "config:\n", lines))
    assert render(folder, "dev").provider == {
        "aws:profile": "encrypted",
        "aws:stsRegion": "eu-west-1",
        "pulumi:tags": '{"a":"b"}',
    }


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_creations_and_deletions_are_each_others_mirror(stands: dict[str, Render], data: st.DataObject) -> None:
    whole = stands["prod"]
    names = sorted({each.name for each in whole.resources})
    dropped = data.draw(st.sets(st.sampled_from(names)))
    part = replace(whole, resources=tuple(each for each in whole.resources if each.name not in dropped))
    assert not plan(part, part).changes
    there, back = plan(part, whole), plan(whole, part)
    assert [each.urn for each in there.changes if each.op is Op.CREATE] == [
        each.urn for each in back.changes if each.op is Op.DELETE
    ]
    assert there.unchanged == back.unchanged


def test_a_region_and_its_key_go(tmp_path: Path) -> None:
    both = compared(tmp_path, "prod", NO_EUROPE)
    assert {each.region for each in both.plan.changes if each.op is Op.DELETE} == {"eu-west-1"}
    assert {each.name for each in both.plan.changes if each.op is not Op.DELETE} == {
        "registry@us-east-1",
        "registry.prod.creation-templates",
    }
    assert "eu-west-1 (account 222233334444) leaves the stack with 3 repositories and its key." in both.told()
    back = plan(both.head, both.base)
    (new,) = (each for each in back.statements if each.topic is Topic.PLACE)
    assert new.text == (
        "eu-west-1 (account 222233334444) is new: 3 repositories start there without images. What is pushed from now "
        "on flows there; `python -m ops backfill --stack prod --region eu-west-1` copies what exists."
    )


def test_a_removed_repository_is_a_loss_told_first(tmp_path: Path) -> None:
    change = compared(tmp_path, "dev", ("catalog.yaml", REMOVE[1].replace(WEB, RETIRE[2]), REMOVE[2]), first=(RETIRE,))
    assert change.plan.statements[0].topic is Topic.LOSS
    assert change.plan.statements[0].text == (
        "storefront/web is deleted in us-east-1 (account 111122223333): "
        "all images are lost, and nothing brings them back."
    )


def _swapped(value: object, old: object, new: str) -> dict[str, object]:
    def swap(each: object) -> object:
        if isinstance(each, dict):
            return {key: swap(item) for key, item in each.items()}
        if isinstance(each, list):
            return [swap(item) for item in each]
        return new if each == old else each

    swapped = swap(value)
    assert isinstance(swapped, dict)
    return swapped
