"""The longer scripts of the workflows, run with stand-ins for the programs that they call."""

import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from review.formatting import NEXT_COMMENT
from tests.cases import cases
from tests.conftest import ROOT
from tests.workflows.workflow import job, program, run_step

BASE = "4444444444444444444444444444444444444444"

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="the workflows' scripts are bash")

# Writes down where and how it was called, and ends as $ANSWERS says for the stack.
JUDGE = """\
printf '%s %s\\n' "$(basename "$PWD")" "$*" >> "$CALLS"
stack= format=
while [ $# -gt 0 ]; do
  case "$1" in --stack) stack=$2 ;; --format) format=$2 ;; --from-preview) test -f "$2" || exit 3 ;; esac
  shift
done
status=$(sed -n "s/^$stack=//p" "$ANSWERS")
if [ "${status:-0}" -gt 1 ]; then echo "refused: \\`\\`\\` $stack" >&2
elif [ "$format" = text ]; then echo "::add-mask::plainly of $stack"
else echo "# told of $stack"; fi
exit "${status:-0}"
"""


STACKS = ("dev", "prod")


def lay_out(
    folder: Path, *, base: bool, answers: str = "", olds: tuple[str, ...] = STACKS, news: tuple[str, ...] = STACKS
) -> dict[str, str]:
    """Two checkouts, whose reviews are stand-ins, with the stacks that each declares."""
    for name in ("base", "head"):
        (folder / name).mkdir()
        (folder / name / "Pulumi.yaml").touch()
        for stack in olds if name == "base" else news:
            (folder / name / f"Pulumi.{stack}.yaml").touch()
        if name == "head" or base:
            for part in ("review/gate", "review/plan", "policies"):
                (folder / name / part).mkdir(parents=True)
            for stack in STACKS:
                (folder / name / "policies" / f"{stack}.json").touch()
        program(folder / name / ".venv" / "bin" / "python", JUDGE)
    (folder / "calls").touch()
    (folder / "answers").write_text(answers, encoding="utf-8")
    return {"CALLS": str(folder / "calls"), "ANSWERS": str(folder / "answers")}


def ran_well(job: str, step: str, folder: Path, environment: Mapping[str, str]) -> str:
    """What a step of a pull request's printed; its errors follow."""
    ran = run_step("pull-request.yml", job, step, folder, environment)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def judged(folder: Path, **layout: Any) -> str:
    """What the gate printed."""
    return ran_well("gate", "gate", folder, {"BASE_SHA": BASE, **lay_out(folder, **{"base": True, **layout})})


def written(folder: Path, name: str) -> str:
    return (folder / name).read_text(encoding="utf-8")


def verdict(job: str, folder: Path, **environment: str) -> int:
    return run_step("pull-request.yml", job, "verdict", folder, environment).returncode


def calls(folder: Path) -> list[str]:
    return (folder / "calls").read_text(encoding="utf-8").splitlines()


def assert_printed(log: str, wanted: list[str]) -> None:
    """That the log has these lines where a runner takes none for a command of its own."""
    first, *lines, last = log.splitlines()
    token = first.removeprefix("::stop-commands::")
    assert len(token) > 30
    assert (first, last) == (f"::stop-commands::{token}", f"::{token}::")
    assert [line for line in lines if line] == wanted


@pytest.mark.parametrize("base", [True, False], ids=["the base has a gate", "it has none"])
def test_the_gate_judges_both_stacks(tmp_path: Path, base: bool) -> None:
    printed = judged(tmp_path, base=base)
    judge = "base" if base else "head"
    assert calls(tmp_path) == [
        f"{judge} -m review gate --project ../head --stack {stack} --base {BASE} --format {form}"
        for stack in STACKS
        for form in ("text", "markdown")
    ]
    assert_printed(printed, ["::add-mask::plainly of dev", "::add-mask::plainly of prod"])
    assert written(tmp_path, "comment/gate-dev.md") == "# told of dev\n"
    assert written(tmp_path, "comment/gate-prod.md") == "# told of prod\n"
    assert written(tmp_path, "summary") == "# told of dev\n# told of prod\n"
    assert written(tmp_path, "output") == "failed=0\n"


@pytest.mark.parametrize("answers", ["dev=1", "prod=1", "dev=1\nprod=1"])
def test_a_gate_that_fails_reports_both_first(tmp_path: Path, answers: str) -> None:
    judged(tmp_path, answers=answers)
    assert sorted(each.name for each in (tmp_path / "comment").iterdir()) == ["gate-dev.md", "gate-prod.md"]
    assert written(tmp_path, "output") == "failed=1\n"
    assert [verdict("gate", tmp_path, FAILED=each) for each in ("1", "0", "")] == [1, 0, 1]


def test_a_gate_that_cannot_judge_says_why_and_fails(tmp_path: Path) -> None:
    printed = judged(tmp_path, answers="dev=2")
    # Indented: what the change put into the message can't leave the block.
    told = "### The gate can't judge dev\n\n    refused: ``` dev\n"
    assert written(tmp_path, "comment/gate-dev.md") == told
    assert written(tmp_path, "comment/gate-prod.md") == "# told of prod\n"
    assert written(tmp_path, "output") == "failed=1\n"
    assert_printed(printed, ["refused: ``` dev", "::add-mask::plainly of prod"])


def test_a_stack_that_only_the_change_has_is_judged(tmp_path: Path) -> None:
    judged(tmp_path, news=("dev", "prod", "stage"))
    assert written(tmp_path, "comment/gate-stage.md") == "# told of stage\n"
    assert written(tmp_path, "output") == "failed=0\n"


def test_a_stack_that_leaves_needs_people(tmp_path: Path) -> None:
    printed = judged(tmp_path, news=("dev",))
    assert {call.split("--stack ")[1].split()[0] for call in calls(tmp_path)} == {"dev"}, "there is nothing to ask"
    told = written(tmp_path, "comment/gate-prod.md")
    assert told.startswith("### The whole stack prod leaves\n\nThe base has Pulumi.prod.yaml, this change has none. ")
    assert "docs/ci.md" in told
    assert "The whole stack prod leaves" in printed
    assert written(tmp_path, "output") == "failed=1\n"
    heading = told.split('"')[1]
    assert f"## {heading}\n" in (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")


def test_without_any_stack_nothing_passes(tmp_path: Path) -> None:
    environment = {"BASE_SHA": BASE, **lay_out(tmp_path, base=True, olds=(), news=())}
    ran = run_step("pull-request.yml", "gate", "gate", tmp_path, environment)
    assert ran.returncode == 1
    assert "neither side has a Pulumi.STACK.yaml" in ran.stderr


MAKE = 'printf "make %s\\n" "$*" >> "$CALLS"; exit "${INSTALLS:-0}"\n'


def paged(folder: Path, **layout: Any) -> dict[str, str]:
    """The environment of the step that writes the pages; the base can write some where `pages` says so."""
    pages = layout.pop("pages", True)
    environment = {"BASE_SHA": BASE, **lay_out(folder, **{"base": True, **layout})}
    if pages:
        (folder / "base" / "review" / "page").mkdir()
    program(folder / "bin" / "make", MAKE)
    return environment


@cases(
    "answers, made",
    ("", ["dev", "prod"]),
    ("dev=1", ["dev", "prod"]),
    ("dev=2", ["prod"]),
    ("dev=2\nprod=2", []),
)
def test_each_stack_that_the_base_can_judge_has_a_page(tmp_path: Path, answers: str, made: list[str]) -> None:
    ran_well("gate", "pages", tmp_path, paged(tmp_path, answers=answers))
    asked = f"base -m review gate --project ../head --stack {{}} --base {BASE} --format html"
    assert calls(tmp_path) == ["make -C base .venv/.pages", *(asked.format(stack) for stack in STACKS)]
    assert json.loads(written(tmp_path, "output").removeprefix("stacks=")) == made
    for stack in made:
        assert written(tmp_path, f"pages/gate-{stack}.html") == f"# told of {stack}\n"


def test_a_base_that_writes_no_pages_is_not_asked_for_one(tmp_path: Path) -> None:
    ran_well("gate", "pages", tmp_path, paged(tmp_path, pages=False))
    assert calls(tmp_path) == []
    assert written(tmp_path, "output") == "stacks=[]\n"


def test_a_file_that_names_no_stack_has_no_page(tmp_path: Path) -> None:
    ran_well("gate", "pages", tmp_path, paged(tmp_path, news=("dev", "x](y")))
    assert written(tmp_path, "output") == 'stacks=["dev"]\n'


def test_where_the_packages_of_pages_cannot_be_installed_there_is_no_page(tmp_path: Path) -> None:
    ran = run_step("pull-request.yml", "gate", "pages", tmp_path, {**paged(tmp_path), "INSTALLS": "2"})
    assert ran.returncode == 2
    assert not (tmp_path / "output").exists(), "the job `page` is skipped"
    [step] = (each for each in job("pull-request.yml", "gate").steps if each.get("name") == "pages")
    assert step["continue-on-error"] is True


def test_a_page_is_linked_beside_its_report_once_it_is_uploaded(tmp_path: Path) -> None:
    page = "https://github.example/run/artifacts/9"
    ran_well("page", "link", tmp_path, {"STACK": "prod", "PAGE": page})
    link = written(tmp_path, "comment/gate-prod.page.md")
    assert link.startswith(f"[The page of prod]({page})")
    assert written(tmp_path, "summary") == link
    names = ["gate-dev.md", "gate-dev.page.md", "gate-prod.md", "gate-prod.page.md", "preview-dev.md"]
    assert sorted(names) == names, "the order of the comment"


def test_a_page_whose_upload_failed_has_no_link(tmp_path: Path) -> None:
    ran = run_step("pull-request.yml", "page", "link", tmp_path, {"STACK": "prod", "PAGE": ""})
    assert ran.returncode == 1
    assert not (tmp_path / "comment").exists()
    upload, link, comment = job("pull-request.yml", "page").steps[1:]
    assert upload["with"] == {"path": "gate-${{ matrix.stack }}.html", "archive": False, "if-no-files-found": "error"}
    assert link["env"]["PAGE"] == f"${{{{ steps.{upload['id']}.outputs.artifact-url }}}}"
    assert comment["with"]["name"].startswith("comment-"), "which the job `comment` gathers"
    assert not any("if" in each or "continue-on-error" in each for each in (upload, link, comment))


PULUMI = """\
printf '%s %s\\n' "$(basename "$PWD")" "$*" >> "$CALLS"
if [ "$1" != login ]; then
  if [ "$PULUMI_ENABLE_STREAMING_JSON_PREVIEW" != 1 ]; then exit 9; fi
  echo 'warning: from the engine' >&2
  echo "${SAYS:-{\\}}"; exit "${ENDS:-0}"
fi
"""
STATE = "s3://acme-state?region=us-east-1"


@pytest.mark.parametrize("base", [True, False], ids=["the base has a pack", "it has none"])
def test_the_preview_is_held_to_the_bases_pack(tmp_path: Path, base: bool) -> None:
    environment = {"STACK": "prod", "PULUMI_STATE_URL": STATE, **lay_out(tmp_path, base=base)}
    program(tmp_path / "bin" / "pulumi", PULUMI)
    ran = run_step("pull-request.yml", "preview", "preview", tmp_path, environment)
    assert ran.returncode == 0, ran.stderr
    pack = f"../{'base' if base else 'head'}/policies"
    held = f"--policy-pack {pack} --policy-pack-config {pack}/prod.json"
    assert calls(tmp_path) == [
        f"{tmp_path.name} login {STATE}",
        f"head preview --stack prod --json --non-interactive --color never {held}",
    ]
    assert written(tmp_path, "preview.json") == "{}\n"
    assert "warning: from the engine" in ran.stderr, "the log has what is no event"
    assert written(tmp_path, "output") == "status=0\n"


def test_a_preview_that_fails_is_reported_and_fails(tmp_path: Path) -> None:
    environment = {"STACK": "dev", "PULUMI_STATE_URL": STATE, "ENDS": "255", **lay_out(tmp_path, base=True)}
    program(tmp_path / "bin" / "pulumi", PULUMI)
    run_step("pull-request.yml", "preview", "preview", tmp_path, environment)
    assert written(tmp_path, "output") == "status=255\n"
    ran_well("preview", "plan", tmp_path, {**environment, "STATUS": "255"})
    told = written(tmp_path, "comment/preview-dev.md")
    assert told == "# told of dev\n\npulumi preview of dev ended with 255: see its job.\n"
    assert written(tmp_path, "summary") == told
    assert [verdict("preview", tmp_path, STATUS=each) for each in ("255", "0")] == [1, 0]


@pytest.mark.parametrize("base", [True, False], ids=["the base has a plan", "it has none"])
def test_the_plan_is_distinguished_from_the_preview(tmp_path: Path, base: bool) -> None:
    environment = {"STACK": "dev", "STATUS": "0", **lay_out(tmp_path, base=base)}
    (tmp_path / "comment").mkdir()
    (tmp_path / "preview.json").write_text("{}")
    printed = ran_well("preview", "plan", tmp_path, environment)
    judge = "base" if base else "head"
    asked = f"{judge} -m review plan --project ../head --stack dev --from-preview {tmp_path}/preview.json --format"
    assert calls(tmp_path) == [f"{asked} text", f"{asked} markdown"]
    assert_printed(printed, ["::add-mask::plainly of dev"])
    assert written(tmp_path, "comment/preview-dev.md") == "# told of dev\n"


def test_a_preview_that_cannot_be_shown_says_why(tmp_path: Path) -> None:
    environment = {"STACK": "dev", "STATUS": "0", **lay_out(tmp_path, base=True, answers="dev=2")}
    (tmp_path / "comment").mkdir()
    (tmp_path / "preview.json").write_text("{}")
    assert_printed(ran_well("preview", "plan", tmp_path, environment), ["refused: ``` dev"])
    told = "### The preview of dev can't be shown\n\n    refused: ``` dev\n"
    assert written(tmp_path, "comment/preview-dev.md") == told


# Knows the comments or issues of $KNOWN, as --jq would have left them; keeps what is sent.
GH = """\
printf '%s\\n' "$*" >> "$CALLS"
for word in "$@"; do case "$word" in --jq) cat "$KNOWN"; exit ;; esac; done
cp body.md "sent-$(wc -l < "$CALLS" | tr -d ' ').md"
"""
COMMENT = {"NUMBER": "7", "GITHUB_REPOSITORY": "acme/container-registry", "RUN": "https://github.example/run"}
MARKER = "<!-- container-registry: what this change does -->"


def talk(folder: Path, known: str, gh: str = GH) -> dict[str, str]:
    program(folder / "bin" / "gh", gh)
    (folder / "known").write_text(known, encoding="utf-8")
    (folder / "calls").touch()
    (folder / "comment").mkdir()
    return {**COMMENT, "CALLS": str(folder / "calls"), "KNOWN": str(folder / "known"), "LC_ALL": "C.UTF-8"}


@cases("known, method, where", ("", "POST", "issues/7/comments"), ("12\n", "PATCH", "issues/comments/12"))
def test_there_is_one_comment(tmp_path: Path, known: str, method: str, where: str) -> None:
    environment = talk(tmp_path, known)
    for name in ("preview-prod", "gate-dev", "gate-prod", "preview-dev"):
        (tmp_path / "comment" / f"{name}.md").write_text(f"## {name} $(touch hacked) `é`\n", encoding="utf-8")
    ran_well("comment", "keep one comment", tmp_path, environment)
    asked, sent = calls(tmp_path)
    assert "--paginate repos/acme/container-registry/issues/7/comments" in asked
    assert f'select(.user.login == "github-actions[bot]" and (.body | startswith("{MARKER}")))' in asked
    assert f"--method {method} repos/acme/container-registry/{where} --field body=@body.md" in sent
    body = written(tmp_path, "body.md")
    assert body.startswith(f"{MARKER}\n## gate-dev $(touch hacked) `é`\n")
    places = [body.index(name) for name in ("gate-dev", "gate-prod", "preview-dev", "preview-prod")]
    assert places == sorted(places)
    assert not (tmp_path / "hacked").exists()


def test_a_long_comment_is_cut_where_github_would_refuse_it(tmp_path: Path) -> None:
    environment = talk(tmp_path, "")
    (tmp_path / "comment" / "gate-dev.md").write_text("é" * 70_000, encoding="utf-8")
    ran_well("comment", "keep one comment", tmp_path, environment)
    body = written(tmp_path, "body.md")
    assert 60_000 < len(body) < 65_536
    assert body.rstrip().endswith("Cut here. All of it: https://github.example/run")


def test_reports_too_long_for_one_comment_are_several_and_none_is_cut(tmp_path: Path) -> None:
    environment = talk(tmp_path, "12\n")
    for name, letter in (("gate-dev", "a"), ("gate-prod", "b"), ("preview-dev", "c")):
        (tmp_path / "comment" / f"{name}.md").write_text(letter * 30_000, encoding="utf-8")
    ran_well("comment", "keep one comment", tmp_path, environment)
    _, first, second = calls(tmp_path)
    assert ("--method PATCH" in first, "issues/comments/12 " in first, "--method POST" in second) == (True,) * 3
    sent = [written(tmp_path, f"sent-{number}.md") for number in (2, 3)]
    assert [[body.count(letter * 30_000) for letter in "abc"] for body in sent] == [[1, 1, 0], [0, 0, 1]]
    assert all(body.startswith(MARKER) and len(body) < 65_536 for body in sent)


def test_a_report_longer_than_a_comment_goes_on_in_the_next(tmp_path: Path) -> None:
    environment = talk(tmp_path, "")
    text = f"\n{NEXT_COMMENT}\n".join(letter * 60_000 for letter in "abc")
    (tmp_path / "comment" / "gate-dev.md").write_text(text, encoding="utf-8")
    (tmp_path / "comment" / "gate-prod.md").write_text("d", encoding="utf-8")
    ran_well("comment", "keep one comment", tmp_path, environment)
    sent = [written(tmp_path, f"sent-{number}.md") for number in (2, 3, 4)]
    assert [re.sub(r"(\w)\1+", r"\1", body.removeprefix(MARKER)).split() for body in sent] == [["a"], ["b"], ["c", "d"]]
    assert sum(map(len, sent)) > 180_000


def test_comments_that_are_not_needed_any_more_are_deleted(tmp_path: Path) -> None:
    environment = talk(tmp_path, "12\n34\n56\n")
    (tmp_path / "comment" / "gate-dev.md").write_text("short", encoding="utf-8")
    ran_well("comment", "keep one comment", tmp_path, environment)
    changed = [re.findall("--method ([A-Z]+) .*/comments/(\\d+)", each) for each in calls(tmp_path)[1:]]
    assert changed == [[("PATCH", "12")], [("DELETE", "34")], [("DELETE", "56")]]


def test_the_query_for_the_comment_finds_only_ours(tmp_path: Path) -> None:
    if shutil.which("jq") is None:
        pytest.skip("gh has jq built in; without a jq there is nothing to ask in its place")
    script = 'while [ $# -gt 0 ]; do if [ "$1" = --jq ]; then jq "$2" "$KNOWN"; exit; fi; shift; done\n'
    comments = [
        {"id": 1, "user": {"login": "mallory"}, "body": f"{MARKER} mine"},
        {"id": 2, "user": {"login": "github-actions[bot]"}, "body": "another's"},
        {"id": 3, "user": {"login": "github-actions[bot]"}, "body": f"{MARKER}\nold"},
    ]
    environment = talk(tmp_path, json.dumps(comments), f'printf "%s\\n" "$*" >> "$CALLS"\n{script}')
    ran_well("comment", "keep one comment", tmp_path, environment)
    assert "issues/comments/3 " in calls(tmp_path)[1]


REFRESH = """\
printf '%s\\n' "$*" >> "$CALLS"
if [ "$1" = refresh ]; then echo "~ aws:kms:Key $STACK"; exit "$ENDS"; fi
"""


@cases("ends, drift, status", ("0", False, 0), ("7", True, 0), ("1", False, 1), ("255", False, 255))
def test_drift_is_reported_and_an_error_is_an_error(tmp_path: Path, ends: str, drift: bool, status: int) -> None:
    program(tmp_path / "bin" / "pulumi", REFRESH)
    environment = {"STACK": "prod", "PULUMI_STATE_URL": STATE, "ENDS": ends, "CALLS": str(tmp_path / "calls")}
    ran = run_step("drift.yml", "look", "refresh", tmp_path, environment)
    assert ran.returncode == status
    assert "~ aws:kms:Key prod" in ran.stdout
    assert (tmp_path / "drift" / "prod.txt").exists() == drift
    assert "--preview-only --expect-no-changes" in calls(tmp_path)[1]


@pytest.mark.parametrize(("known", "method", "where"), [("", "POST", "issues"), ("12\n", "PATCH", "issues/12")])
def test_drift_has_one_issue_for_each_stack(tmp_path: Path, known: str, method: str, where: str) -> None:
    environment = talk(tmp_path, known)
    (tmp_path / "drift").mkdir()
    (tmp_path / "drift" / "prod.txt").write_text("~ Key ``` `x` $(touch hacked)\n")
    (tmp_path / "drift" / "dev.txt").write_text("x" * 70_000)
    ran = run_step("drift.yml", "tell", "open or update an issue for each stack", tmp_path, environment)
    assert ran.returncode == 0, ran.stderr
    told = calls(tmp_path)
    assert len(told) == 4
    assert f"--method {method} repos/acme/container-registry/{where}" in told[1]
    assert "<!-- container-registry: drift of prod -->" in told[2]
    body = written(tmp_path, "sent-4.md")
    assert body.startswith("<!-- container-registry: drift of prod -->\n")
    assert body.endswith("\n    ~ Key ``` `x` $(touch hacked)\n")
    assert len(written(tmp_path, "sent-2.md")) < 65_536
    assert not (tmp_path / "hacked").exists()


def test_no_drift_is_no_issue(tmp_path: Path) -> None:
    environment = talk(tmp_path, "")
    ran = run_step("drift.yml", "tell", "open or update an issue for each stack", tmp_path, environment)
    assert ran.returncode == 0, ran.stderr
    assert calls(tmp_path) == []


@cases(
    "files, found",
    (["Pulumi.dev.yaml", "Pulumi.prod-eu.yaml", "Pulumi.yaml", "catalog.yaml"], '["dev","prod-eu"]'),
    (["Pulumi.yaml"], "[]"),
)
@pytest.mark.parametrize("workflow", ["pull-request.yml", "drift.yml"])
def test_the_stacks_are_found_by_their_files(tmp_path: Path, workflow: str, files: list[str], found: str) -> None:
    for name in files:
        (tmp_path / name).touch()
    ran = run_step(workflow, "stacks", "stacks", tmp_path, {})
    assert ran.returncode == 0, ran.stderr
    assert written(tmp_path, "output") == f"stacks={found}\n"


def test_a_name_that_a_matrix_can_not_hold_is_refused(tmp_path: Path) -> None:
    (tmp_path / 'Pulumi.a"]; echo.yaml').touch()
    ran = run_step("pull-request.yml", "stacks", "stacks", tmp_path, {})
    assert ran.returncode == 1
    assert "is not a valid name of a stack" in ran.stderr
    assert not (tmp_path / "output").exists()


def test_a_pull_requests_stacks_are_the_bases() -> None:
    (checkout,) = (step["with"] for step in job("pull-request.yml", "stacks").steps if "with" in step)
    assert checkout["ref"] == "${{ github.event.pull_request.base.sha }}"


@cases(
    "step_of, stack, wanted",
    (("deploy.yml", "dev"), "dev", ".venv/bin/python -m ops github-owner --stack dev"),
    (("drift.yml", "look"), "prod", ".venv/bin/python -m ops github-owner --stack prod"),
)
def test_the_owner_is_the_stacks(tmp_path: Path, step_of: tuple[str, str], stack: str, wanted: str) -> None:
    program(tmp_path / ".venv" / "bin" / "python", 'echo ".venv/bin/python $*" >> calls; echo owner=acme\n')
    ran = run_step(*step_of, "owner", tmp_path, {"STACK": stack})
    assert (ran.returncode, calls(tmp_path), written(tmp_path, "output")) == (0, [wanted], "owner=acme\n")
    program(tmp_path / ".venv" / "bin" / "python", "exit 2\n")
    assert run_step(*step_of, "owner", tmp_path, {"STACK": stack}).returncode == 2


@pytest.mark.parametrize("base", [True, False], ids=["the base has the command", "it has none"])
def test_the_owner_of_a_preview_is_the_changes_by_the_bases_code(tmp_path: Path, base: bool) -> None:
    environment = lay_out(tmp_path, base=base)
    for name in ("base", "head") if base else ("head",):
        (tmp_path / name / "ops").mkdir()
        (tmp_path / name / "ops" / "github_owner.py").touch()
    ran_well("preview", "owner", tmp_path, {"STACK": "dev", **environment})
    judge = "base" if base else "head"
    assert calls(tmp_path) == [f"{judge} -m ops github-owner --project ../head --stack dev"]
    assert written(tmp_path, "output") == "# told of dev\n"


def test_settings_with_faults_are_left_to_the_preview(tmp_path: Path) -> None:
    """Without an owner there is no token."""
    ran_well("preview", "owner", tmp_path, {"STACK": "dev", **lay_out(tmp_path, base=True, answers="dev=2")})
    assert written(tmp_path, "output") == ""
