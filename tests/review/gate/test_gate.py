"""The gate as people and pipelines call it: its verdicts, its two judges, and what it refuses as input."""

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from render.as_json import to_json
from render.resource import Render
from review.__main__ import main
from review.gate import command
from tests.cases import case, cases
from tests.review.clones import ANY_TAG, API, KEY, Clone, gate, incomplete, line_of, own_review, review
from tests.stacks import ROOT

MONTH = {"enforcementLevel": "mandatory", "minimum_days": 30}
RETIRE = "    retire: {until: 2026-12-31, reason: replaced by the second generation}\n"


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_our_own_stacks_pass_with_nothing_to_remark(clone: Clone, stack: str) -> None:
    ended = clone.gate(stack=stack)
    assert (ended.code, ended.error) == (0, "")
    assert ended.report["remarks"] == []
    assert ended.report["resources"] > 20


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_sources_without_ids_are_pointed_at(clone: Clone, stack: str) -> None:
    clone.levels(stack, iam_github_ids="advisory")
    ended = clone.gate(stack=stack)
    assert ended.code == 0
    assert {(each["id"], each["level"]) for each in ended.report["remarks"]} == {("iam-github-ids", "advisory")}
    for remark in ended.report["remarks"]:
        (repository,) = re.findall("identifies (acme/[a-z-]+) by name only", remark["message"])
        assert f"github: {repository}, refs:" in line_of(clone, remark)
    text = (clone.folder / "catalog.yaml").read_text(encoding="utf-8")
    assert len(ended.report["remarks"]) == len(re.findall("github: acme/[a-z-]+, refs", text)) == 3


@pytest.mark.parametrize("auditors", ["", "auditors: ['arn:aws:iam::111122223333:role/a'], "])
def test_a_role_is_pointed_at_by_what_asks_for_it(clone: Clone, auditors: str) -> None:
    roles = f"container-registry:roles: {{{auditors}session_hours: 5}}"
    clone.edit("Pulumi.dev.yaml", "container-registry:protect", f"{roles}\n  container-registry:protect")
    clone.edit("catalog.yaml", "pull: [{account: data-platform}]", "pull: [{service: ecs}]")
    remarks = clone.gate().report["remarks"]
    assert {each["id"] for each in remarks} == {"iam-role-bounded"}
    lines = {each["urn"].rpartition("registry.dev.")[2]: line_of(clone, each) for each in remarks}
    assert lines["ecs-task-execution"] == "pull: [{service: ecs}]"
    assert lines["acme.notebooks+branch-main"] == "push: [{github: acme/notebooks, refs: [refs/heads/main]}]"
    assert lines["acme.payments-ledger+branch-main"] == "- github: acme/payments-ledger"
    assert lines.get("auditor") == (roles if auditors else None)


def test_a_broken_rule_fails_and_points_at_itsline_of(clone: Clone) -> None:
    clone.edit(*ANY_TAG)
    ended = clone.gate()
    assert (ended.code, ended.of("finding")) == (1, [("ecr-tags-immutable", API, "mandatory", "head")])
    [remark] = ended.report["remarks"]
    assert line_of(clone, remark) == 'mutable_tags: ["*"]'
    assert remark["fix"]


@pytest.mark.parametrize("rest", ["expire_after_days: 30}\n      - {any", "archive_unpulled"])
def test_a_rule_of_retention_is_pointed_at(clone: Clone, rest: str) -> None:
    """In the repository's own list, and in the preset that it names."""
    clone.edit("catalog.yaml", f'- {{tag: "dev-*", {rest}', f'- {{tag: "v1*", {rest}')
    remarks = [each for each in clone.gate().report["remarks"] if each["id"] == "ecr-lifecycle-sound"]
    assert {line_of(clone, each).partition(",")[0] for each in remarks} == {'- {tag: "v1*"'}


def test_what_archives_and_what_moves_is_pointed_at(clone: Clone) -> None:
    advisory = dict.fromkeys(
        ("ecr_archive_pays", "ecr_moving_tag_outlives_deployment", "ecr_moving_tags_retained"), "advisory"
    )
    clone.levels("dev", **advisory)
    ended = clone.gate()
    found = {(each["id"], each["urn"].rpartition("::")[2], line_of(clone, each)) for each in ended.report["remarks"]}
    untagged = "- {untagged: true, expire_after_days: 7}"
    assert (ended.code, found) == (0, {
        ("ecr-archive-pays", "data/ingest@us-east-1", '- {tag: "release-*", archive_keep: 30}'),
        ("ecr-archive-pays", "data/ingest@us-east-1", '- {tag: "dev-*", archive_unpulled_after_days: 90}'),
        ("ecr-moving-tag-outlives-deployment", API, untagged),
        ("ecr-moving-tag-outlives-deployment", "storefront/web@us-east-1", untagged),
        ("ecr-moving-tags-retained", "storefront/web@us-east-1", 'mutable_tags: [latest, "preview-*"]'),
    })  # fmt: skip


def test_what_is_replicated_is_pointed_at_among_the_replicas(clone: Clone) -> None:
    clone.edit("Pulumi.prod.yaml", "- region: eu-west-1", "- {region: eu-west-1, prefixes: [paymnts/]}")
    [remark] = clone.gate(stack="prod").report["remarks"]
    assert (remark["id"], remark["urn"].rpartition("::")[2]) == ("ecr-replication-sound", "registry@us-east-1")
    assert line_of(clone, remark) == "container-registry:replicas:"


@cases("level, arguments, code, judges", ("advisory", (), 0, "head"), ("mandatory", ("--base", "main"), 1, "head+base"))
def test_a_finding_has_its_level_and_its_judges(
    clone: Clone, level: str, arguments: tuple[str, ...], code: int, judges: str
) -> None:
    clone.edit(*ANY_TAG)
    clone.levels("dev", ecr_tags_immutable=level)
    ended = clone.gate(*arguments)
    assert (ended.code, ended.of("finding")) == (code, [("ecr-tags-immutable", API, level, judges)])


def test_a_change_cannot_lower_the_bar_for_itself(whole: Clone) -> None:
    """The base's levels judge as well, and so does its code: each side in a process of its own."""
    whole.edit(*ANY_TAG)
    whole.levels("dev", ecr_tags_immutable="disabled")
    whole.edit("policies/rules/kms_rotation.py", "types=(KEY,)", "types=()")
    whole.edit("components/encryption_key.py", "enable_key_rotation=True", "enable_key_rotation=False")
    ended = own_review(whole.folder, *gate(), "--base", "main")
    findings = [
        (rule, about, "mandatory", "base") for rule, about in (("ecr-tags-immutable", API), ("kms-rotation", KEY))
    ]
    assert (ended.code, ended.of("finding")) == (1, findings)
    assert ("gate-code-changed", "", "advisory", "head") in ended.of("code")


def test_what_judges_has_owners() -> None:
    """Everything has the owners of what judges, but for what the gate takes for harmless."""
    lines = (ROOT / ".github" / "CODEOWNERS").read_text(encoding="utf-8").splitlines()
    owned = [line.split() for line in lines if line and not line.startswith("#")]
    assert owned[0][0] == "*"
    others = {pattern.strip("/") for pattern, *owners in owned if owners != owned[0][1:]}
    assert others <= {each.removesuffix("/**") for each in command.NOT_JUDGING}


def test_whatever_else_changes_is_reported(clone: Clone) -> None:
    judging = {"textwrap.py", ".gitattributes", "settings/ü.py", "requirements.txt", "Makefile"}
    for name in (*judging, "docs/new.md", "tests/conftest.py", "NOTES.md", "policies/README.md"):
        (clone.folder / name).parent.mkdir(exist_ok=True)
        (clone.folder / name).write_text("# new\n", encoding="utf-8")
    assert {each["file"] for each in clone.gate("--base", "main").report["remarks"]} == judging


def test_attributes_of_the_base_hide_nothing_of_it(clone: Clone) -> None:
    """`git archive` would leave out what they mark."""
    hidden = ("Pulumi.dev.yaml", "review", "policies/**")
    lines = [f"{each} export-ignore\n" for each in hidden]
    (clone.folder / ".gitattributes").write_text("".join(lines), encoding="utf-8")
    clone.commit()
    clone.edit(*ANY_TAG)
    clone.levels("dev", ecr_tags_immutable="disabled")
    ended = clone.gate("--base", "main")
    assert ended.of("finding") == [("ecr-tags-immutable", API, "mandatory", "base")]


def test_with_a_base_the_lines_are_the_heads(clone: Clone) -> None:
    clone.edit("catalog.yaml", "\nrepositories:\n", "\n\n\n\n\nrepositories:\n")
    clone.edit(*ANY_TAG)
    clone.levels("dev", ecr_tags_immutable="disabled", kms_deletion_window=MONTH)
    ended = clone.gate("--base", "main")
    by_one = [("ecr-tags-immutable", API, "mandatory", "base"), ("kms-deletion-window", KEY, "mandatory", "head")]
    assert (ended.code, ended.of("finding")) == (1, by_one)
    lines = [line_of(clone, each) for each in ended.report["remarks"] if each["kind"] == "finding"]
    assert lines == ['mutable_tags: ["*"]', "container-registry:key_deletion_days: 7"]


def test_a_base_without_a_gate_leaves_the_head_alone_and_says_so(clone: Clone) -> None:
    code = clone.folder / "review"
    code.unlink()
    code.mkdir()
    (code / "__main__.py").write_text("", encoding="utf-8")
    clone.commit()
    ended = clone.gate("--base", "main")
    assert ended.code == 0
    assert "main has no gate: only this change's own rules apply" in ended.text


def test_a_new_stack_is_judged_by_its_own_levels(clone: Clone) -> None:
    for name in ("Pulumi.{}.yaml", "policies/{}.json"):
        text = (clone.folder / name.format("dev")).read_text(encoding="utf-8")
        text = text.replace(": dev", ": staging").replace("111122223333", "121212121212")
        (clone.folder / name.format("staging")).write_text(text, encoding="utf-8")
    ended = clone.gate("--base", "main", stack="staging")
    assert ended.code == 0, ended
    (remark,) = incomplete(ended)
    assert (remark["message"], remark["fix"]) == (
        "the stack staging is new in this change, so only the change's own rules judge it",
        "have a person review the change",
    )
    # Where the base has the stack, its levels are missing.
    (clone.folder / "policies/staging.json").rename(clone.folder / "levels.json")
    clone.commit()
    (clone.folder / "levels.json").rename(clone.folder / "policies/staging.json")
    (remark,) = incomplete(clone.gate("--base", "HEAD", stack="staging"))
    assert remark["message"] == "HEAD has no policies/staging.json: only this change's own rules apply"


def test_a_base_whose_gate_is_broken_fails(clone: Clone) -> None:
    clone.levels("dev", kms_rotation="never")
    clone.commit()
    clone.levels("dev", kms_rotation="mandatory")
    ended = clone.gate("--base", "main")
    assert (ended.code, ended.of("judge")) == (1, [("gate-incomplete", "", "mandatory", "head")])


def test_started_from_the_bases_checkout_it_judges_another_folder(clone: Clone, tmp_path: Path) -> None:
    """As the workflow does it, so that the head's code decides nothing alone."""
    clone.edit(*ANY_TAG)
    clone.levels("dev", ecr_tags_immutable="disabled")
    clone.commit()
    ended = review(tmp_path, *gate(), "--project", str(clone.folder), "--base", "main~1")
    assert (ended.code, ended.of("finding")) == (1, [("ecr-tags-immutable", API, "mandatory", "base")])
    (clone.folder / "review").unlink()
    without = review(tmp_path, *gate(), "--project", str(clone.folder))
    assert (without.code, "it has no `review`" in without.error) == (2, True)


@pytest.mark.parametrize("form", ["json", "text", "markdown"])
def test_access_is_reported_once_and_passes(clone: Clone, form: str) -> None:
    clone.edit("catalog.yaml", "{account: workloads}, {org", "{account: data-platform}, {org")
    ended = clone.gate("--base", "main", "--format", form)
    assert ended.code == 0, ended.text
    can, no_longer = "account 777788889999 can now pull", "account 444455556666 can no longer pull"
    assert [ended.text.count(each) for each in (can, no_longer)] == [1, 1]
    assert "may no longer pull" not in ended.text
    if form == "json":
        assert ended.of("danger", "access") == [
            (f"access-{each}", API, "advisory", "head") for each in ("gained", "lost")
        ]
        remarks = [each for each in ended.report["remarks"] if each["kind"] == "access"]
        accounts = ("777788889999", "444455556666")
        assert [each["path"] for each in remarks] == [["pull", f"account {each}"] for each in accounts]
        assert line_of(clone, remarks[0]) == "payments/api:"
    else:
        assert "\nAccess\n" in ended.text or "**Access**" in ended.text


def test_a_new_region_is_in_the_text_and_one_that_goes_fails(clone: Clone) -> None:
    line = "    - region: ap-northeast-1\n"
    clone.edit("Pulumi.prod.yaml", line, f"{line}    - region: eu-central-1\n")
    ended = clone.gate("--base", "main", "--format", "text", stack="prod")
    assert ended.code == 0, ended.text
    assert "eu-central-1 (account 222233334444) is new: 5 repositories start there without images." in ended.text
    clone.edit("Pulumi.prod.yaml", line, "")
    remarks = clone.gate("--base", "main", stack="prod").report["remarks"]
    [remark] = (each for each in remarks if each["id"] == "plan-replica-dropped")
    assert (remark["level"], line_of(clone, remark)) == ("mandatory", "container-registry:replicas:")


def test_a_destruction_passes_with_its_two_steps_and_not_at_once(clone: Clone) -> None:
    catalog = clone.folder / "catalog.yaml"
    text = catalog.read_text(encoding="utf-8")
    entry = re.search(r"  data/notebooks:\n(    .*\n)+", text)
    assert entry
    catalog.write_text(text.replace(entry[0], ""), encoding="utf-8")
    at_once = clone.gate("--base", "main")
    assert at_once.code == 1
    assert ("plan-destroys", "data/notebooks@us-east-1", "mandatory", "head") in at_once.of("danger")
    catalog.write_text(text.replace(entry[0], entry[0] + RETIRE), encoding="utf-8")
    first = clone.gate("--base", "main")
    assert first.code == 0, first.text
    clone.commit()
    removed = "removed:\n  data/notebooks: {until: 2026-12-31, reason: replaced by the second generation}\n"
    catalog.write_text(text.replace(entry[0], "") + removed, encoding="utf-8")
    second = clone.gate("--base", "HEAD")
    assert second.code == 0, second.text
    assert "plan-destroys" in [each[0] for each in second.of("danger")]
    assert clone.gate("--base", "HEAD", "--today", "2027-01-01").code == 1


@cases("arguments, base", ([], "HEAD"), (["--alone"], None), (["--base"], "HEAD"), (["--base", "main"], "main"))
def test_it_compares_with_the_last_commit(clone: Clone, arguments: list[str], base: str | None) -> None:
    ended = review(clone.folder, *gate(), *arguments)
    assert (ended.code, ended.report["base"]) == (0, base)


def test_a_folder_without_a_commit_is_judged_alone(clone: Clone) -> None:
    shutil.rmtree(clone.folder / ".git")
    ended = review(clone.folder, *gate())
    assert (ended.code, ended.report["base"]) == (0, None)
    assert review(clone.folder, *gate(), "--base", "HEAD").code == 2


def test_a_given_render_is_judged_in_place_of_ones_own(clone: Clone, tmp_path: Path, dev: Render) -> None:
    render = json.loads(to_json(dev))
    for resource in render["resources"]:
        if resource["name"] == API and resource["type"].endswith("Repository"):
            resource["inputs"]["imageTagMutability"] = "[unknown]"
    file = tmp_path / "render.json"
    file.write_text(json.dumps(render), encoding="utf-8")
    ended = clone.gate("--render", str(file))
    assert (ended.code, ended.of("undecided")) == (0, [("ecr-tags-immutable", API, "mandatory", "head")])


@cases(
    "arguments, printed",
    case("no such revision", ["--base", "nowhere"], "'nowhere' is not a revision"),
    case("an option as a revision", ["--base=--output=/tmp/x"], "is not a revision"),
    case("no such render", ["--render", "nowhere.json"], "nowhere.json"),
    case("no render", ["--render", "catalog.yaml"], "is not valid JSON"),
    case("another stack's render", ["--render", "other.json"], "of the stack 'prod', not of 'dev'"),
    case("a preview beside a base", ["--render", "preview.json", "--base", "main"], "preview"),
    case("no text", ["--render", "random.bin"], "random.bin: 'utf-8' codec"),
    case("no such project", ["--project", "/nowhere"], "/nowhere"),
)
def test_what_cannot_be_read_is_reported_and_is_no_verdict(
    clone: Clone, arguments: list[str], printed: str, prod: Render, monkeypatch: pytest.MonkeyPatch
) -> None:
    (clone.folder / "other.json").write_text(to_json(prod), encoding="utf-8")
    (clone.folder / "preview.json").write_text(to_json(replace(prod, stack="dev", preview=True)), encoding="utf-8")
    (clone.folder / "random.bin").write_bytes(bytes(range(128, 256)))
    monkeypatch.chdir(clone.folder)
    ended = clone.gate(*arguments)
    assert (ended.code, ended.text) == (2, "")
    assert printed in ended.error
    assert "Traceback" not in ended.error


@pytest.mark.parametrize("stack", ["../dev", "", "dev/../dev", ".", "a b"])
def test_a_stacks_name_names_no_path(stack: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["gate", f"--stack={stack}"])
    assert ended.value.code == 2
    assert "is not a stack's name" in capsys.readouterr().err


def test_faulty_settings_and_levels_are_reported(clone: Clone) -> None:
    clone.levels("dev", kms_rotation="never")
    levels = clone.gate()
    assert (levels.code, "kms-rotation: 'never' is not a valid enforcementLevel" in levels.error) == (2, True)
    clone.edit("catalog.yaml", "owner: payments", "ownre: payments")
    settings = clone.gate()
    assert (settings.code, "'ownre' is not a known key" in settings.error) == (2, True)
    assert clone.gate(stack="staging").code == 2
