"""What holds for every workflow: pinned actions, least permissions, nothing of a fork's near a role or a token."""

import argparse
import re
from fnmatch import fnmatch
from itertools import takewhile
from pathlib import Path

import pytest
import yaml

from bootstrap.template import load_template
from domain.kubernetes.kubeconfig import kubeconfig, token_variable
from review import __main__ as review
from settings.files.configuration import stacks
from settings.loading import load
from tests.cases import cases
from tests.stacks import PROJECT, ROOT
from tests.workflows.workflow import EXPRESSION, FOLDER, NO_FORK, Job, job, jobs, workflows

JOBS = jobs()
DESTROY = "destroy-"
STACKS = [each.id for each in JOBS if each.workflow == "deploy.yml" and not each.id.startswith(DESTROY)]
DESTROYED = [each.id.removeprefix(DESTROY) for each in JOBS if each.id.startswith(DESTROY)]
"""The stacks that take two roles to delete; the others are sandboxes."""
CLUSTER_TOKEN = re.compile(r"(KUBE_TOKEN_[A-Z0-9_]+): \$\{\{ secrets\.\1 \}\}")
APP_KEY = re.compile(r"private-key: \$\{\{ secrets\.GH_APP_PRIVATE_KEY \}\}")
MINT = "actions/create-github-app-token@"
RUNS_PULUMI = ("deletions", "up", "preview", "refresh")
PINNED = re.compile(r"uses: ([\w./-]+)@([0-9a-f]{40}) # (v\d+\.\d+\.\d+)$")


def test_there_are_the_workflows_that_are_spoken_of() -> None:
    assert STACKS
    assert [str(each) for each in JOBS if each.workflow != "deploy.yml"] == [
        "drift.yml:stacks", "drift.yml:look", "drift.yml:tell", "pull-request.yml:offline", "pull-request.yml:gate",
        "pull-request.yml:page", "pull-request.yml:stacks", "pull-request.yml:preview", "pull-request.yml:comment",
    ]  # fmt: skip


def test_every_action_is_pinned_by_its_commit_with_one_version_each() -> None:
    pins: dict[str, set[tuple[str, str]]] = {}
    for path in FOLDER.iterdir():
        for line in path.read_text(encoding="utf-8").splitlines():
            if "uses:" in line:
                found = PINNED.search(line)
                assert found, f"{path.name}: {line}"
                pins.setdefault(found[1], set()).add((found[2], found[3]))
    assert len(pins) == 7
    assert all(len(each) == 1 for each in pins.values()), pins


def test_no_event_gives_a_forks_code_our_token() -> None:
    for name, workflow in workflows().items():
        events = workflow["on"]
        assert set(events) <= {"pull_request", "push", "schedule", "workflow_dispatch"}, name
        assert (events.get("push") or {"branches": ["main"]}) == {"branches": ["main"]}, name


def test_a_pull_request_is_judged_beside_main_and_again_when_it_turns_to_main() -> None:
    """One into another branch would be judged by that branch's code, and keep its green checks when it turns."""
    assert workflows()["pull-request.yml"]["on"] == {
        "pull_request": {"branches": ["main"], "types": ["opened", "synchronize", "reopened", "edited"]}
    }


def test_no_workflow_has_a_permission_that_a_job_did_not_ask_for() -> None:
    assert all(workflow["permissions"] == {} for workflow in workflows().values())
    for each in JOBS:
        writable = {("id-token", "write"), ("pull-requests", "write"), ("issues", "write")}
        assert set(each.permissions.items()) <= {("contents", "read"), *writable}, each


@pytest.mark.parametrize("each", JOBS, ids=str)
def test_whatever_takes_a_role_or_writes_never_runs_for_a_fork(each: Job) -> None:
    if "pull_request" not in each.events or not (each.takes_a_role or each.writes):
        return
    condition = str(each.data["if"])
    assert NO_FORK in [part.strip() for part in condition.split("&&")], each
    assert "||" not in condition, each


def test_only_these_take_a_role() -> None:
    taking = {str(each) for each in JOBS if each.takes_a_role}
    deploying = [*STACKS, *(f"{DESTROY}{stack}" for stack in DESTROYED)]
    assert taking == {*(f"deploy.yml:{each}" for each in deploying), "drift.yml:look", "pull-request.yml:preview"}


@pytest.mark.parametrize("each", JOBS, ids=str)
def test_a_job_that_assumes_a_role_is_in_an_environment_and_writes_nothing(each: Job) -> None:
    assert ("environment" in each.data) == each.takes_a_role
    assert not (each.takes_a_role and each.writes)


@pytest.mark.parametrize("each", JOBS, ids=str)
def test_a_job_that_writes_has_no_code_of_ours_or_of_a_change(each: Job) -> None:
    if each.writes:
        assert [action.partition("@")[0] for action in each.uses] == ["actions/download-artifact"]
        assert not any(word in ("make", "python", "python3") for words in each.commands for word in words)


@pytest.mark.parametrize("each", JOBS, ids=str)
def test_a_job_keeps_no_token_requests_no_other_secret_and_ends(each: Job) -> None:
    """A title, a branch's name or a label in a script is code of its author: values come by the environment."""
    for step in each.steps:
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False
    assert not any(EXPRESSION.search(run) for run in each.runs)
    text = yaml.safe_dump(dict(each.data))
    found = re.findall(r"\bsecrets\b", text)
    assert len(found) == len(CLUSTER_TOKEN.findall(text)) + len(APP_KEY.findall(text))
    assert each.takes_a_role or not found
    assert 0 < each.data["timeout-minutes"] <= 60


def test_a_role_comes_only_after_everything_is_installed() -> None:
    """What an installation runs, of a change or of a package, must find no credentials."""
    for each in JOBS:
        if each.takes_a_role:
            names = [step.get("uses", step.get("run", "")) for step in each.steps]
            (role,) = (i for i, name in enumerate(names) if name.startswith("aws-actions/configure-aws-credentials@"))
            installs = [i for i, name in enumerate(names) if name.startswith(("make ", "pulumi/actions@", "actions/"))]
            installs = [i for i in installs if not names[i].startswith("actions/upload-artifact@")]
            assert installs, each
            assert max(installs) < role, each


def test_the_make_targets_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    called = [words for each in JOBS for words in each.commands if words[:1] == ["make"]]
    assert len(called) > 6
    for words in called:
        goals = [word for word in words[1:] if not word.startswith("-") and "=" not in word]
        goals = [word for word in goals if word not in ("base", "head")]
        assert goals, words
        assert set(goals) <= targets, words


def test_the_reviews_commands_exist() -> None:
    """The log has all of it in plain words, since a long comment is cut."""
    asked = (("gate", "gate", "text markdown html"), ("preview", "plan", "text markdown"))
    seen = []
    for each in JOBS:
        for words in each.commands:
            if words[1:3] == ["-m", "review"]:
                arguments = [word.replace("$stack", "dev").replace("$STACK", "dev") for word in words[3:]]
                arguments = list(takewhile(lambda word: word not in (">", "2>"), arguments))
                options = _parsed(arguments)
                assert (options.stack, str(options.project)) == (
                    "dev",
                    "." if each.workflow == "deploy.yml" else "../head",
                )
                seen.append((each.id, arguments[0], options.format))
    deletions = [(stack, "deletions", "text") for stack in DESTROYED]
    assert seen == [*deletions, *((job, command, form) for job, command, forms in asked for form in forms.split())]


def _parsed(arguments: list[str]) -> argparse.Namespace:
    try:
        return review._parser().parse_args(arguments)
    except SystemExit:
        pytest.fail(f"python -m review {' '.join(arguments)} is no command")


def test_every_stack_has_a_job_that_deploys_it() -> None:
    missing = sorted(set(stacks(ROOT)) - set(STACKS))
    assert not missing, f"deploy.yml has no job for {', '.join(missing)}: copy the last one, or run `make new-stack`"


def test_every_stack_goes_through_every_workflow() -> None:
    found = "${{ fromJSON(needs.stacks.outputs.stacks) }}"
    for each in (job("pull-request.yml", "preview"), job("drift.yml", "look")):
        assert each.data["strategy"] == {"fail-fast": False, "matrix": {"stack": found}}
        assert each.data["needs"] == "stacks"
        assert str(each.data["if"]).strip().endswith(" && needs.stacks.outputs.stacks != '[]'")
    assert "make rehearse-each" in job("pull-request.yml", "offline").runs
    assert not any(" ".join(STACKS) in run for run in job("pull-request.yml", "gate").runs), (
        "it finds the stacks' files"
    )


def test_each_cluster_beyond_eks_has_its_token_in_its_stacks_jobs() -> None:
    """From the environment's secrets, in the one step that needs it; an environment without it gives an empty text."""
    tokens = {stack: _token_variables(ROOT, stack) for stack in stacks(ROOT)}
    every = set[str]().union(*tokens.values())
    needed = {f"deploy.yml:{stack}": tokens[stack] for stack in STACKS}
    needed |= {"pull-request.yml:preview": every, "drift.yml:look": every}
    found = {}
    for each in JOBS:
        # What is deleted by the state alone asks no cluster.
        if each.takes_a_role and not each.id.startswith(DESTROY):
            texts = [yaml.safe_dump(step) for step in each.steps if step.get("name") in RUNS_PULUMI]
            every_step = [frozenset(CLUSTER_TOKEN.findall(text)) for text in texts]
            (found[str(each)],) = set(every_step)
    assert found.keys() == needed.keys()
    # A line for a cluster that a company has no more gives an empty text; of another stack's no job gets the token.
    for name, variables in needed.items():
        assert variables <= found[name], f'{name}: docs/ci.md, "Clusters", has the line that is missing'
        assert not found[name] & (every - variables), f"{name} has the token of another stack's cluster"


def test_a_cluster_beyond_eks_needs_a_token() -> None:
    assert [_token_variables(PROJECT, stack) for stack in ("dev", "prod")] == [set(), {"KUBE_TOKEN_FACTORY"}]


def test_a_job_with_a_role_gets_a_token_for_github_that_writes_only_where_it_deploys() -> None:
    """By an App whose key is a secret of the environment, in the one step that mints it, and for what runs Pulumi."""
    for each in JOBS:
        mints = [step for step in each.steps if step.get("uses", "").startswith(MINT)]
        tokens = {
            step["name"]: step["env"]["GITHUB_TOKEN"] for step in each.steps if "GITHUB_TOKEN" in step.get("env", {})
        }
        asks = each.takes_a_role and not each.id.startswith(DESTROY)
        assert bool(mints) == asks == bool(tokens), each
        if not asks:
            continue
        (mint,) = mints
        level = "write" if each.workflow == "deploy.yml" else "read"
        assert (mint["id"], mint["if"]) == ("github", "steps.owner.outputs.owner != ''")
        assert mint["with"] == {
            "client-id": "${{ vars.GH_APP_CLIENT_ID }}",
            "private-key": "${{ secrets.GH_APP_PRIVATE_KEY }}",
            "owner": "${{ steps.owner.outputs.owner }}",
            **{f"permission-{name}": level for name in ("actions-variables", "administration", "environments")},
        }
        assert set(tokens) <= set(RUNS_PULUMI)
        assert {*tokens.values()} == {"${{ steps.github.outputs.token }}"}


def test_the_app_has_the_permissions_that_its_page_lists() -> None:
    page = (ROOT / "docs" / "github.md").read_text(encoding="utf-8")
    listed = dict(re.findall(r"^\| (\w[\w ]*) \| (?:read and write|read) \| `([a-z_]+)` \|", page, re.MULTILINE))
    (mint,) = (step for step in job("deploy.yml", STACKS[0]).steps if step.get("uses", "").startswith(MINT))
    minted = {name.removeprefix("permission-").replace("-", "_") for name in mint["with"] if "permission-" in name}
    assert {*listed.values()} == {*minted, "metadata"}


def _token_variables(root: Path, stack: str) -> set[str]:
    clusters = load(root, stack).clusters
    return {token_variable(each.name) for each in clusters if "KUBE_TOKEN_" in kubeconfig(each)}


def test_the_environments_are_those_that_the_roles_trust() -> None:
    """Bound by name: the template's defaults are dev's."""
    parameters = load_template()["Parameters"]
    assert parameters["DeployEnvironment"]["Default"] == "dev"
    assert parameters["DestroyEnvironment"]["Default"] == "destroy-dev"
    assert parameters["PreviewEnvironment"]["Default"] == "preview-dev"
    assert parameters["DriftEnvironment"]["Default"] == "drift-dev"
    environments = {str(each): each.data["environment"] for each in JOBS if each.takes_a_role}
    assert environments == {
        **{f"deploy.yml:{stack}": stack for stack in STACKS},
        **{f"deploy.yml:{DESTROY}{stack}": f"{DESTROY}{stack}" for stack in DESTROYED},
        "pull-request.yml:preview": "preview-${{ matrix.stack }}",
        "drift.yml:look": "drift-${{ matrix.stack }}",
    }
    for each in JOBS:
        roles = [s["with"]["role-to-assume"] for s in each.steps if s.get("uses", "").startswith("aws-actions/")]
        kind = "DESTROY" if each.id.startswith(DESTROY) else "DEPLOY" if each.workflow == "deploy.yml" else "PREVIEW"
        assert roles == ([f"${{{{ vars.{kind}_ROLE_ARN }}}}"] if each.takes_a_role else [])


def test_the_cli_is_of_the_sdks_version() -> None:
    requirements = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    found = re.search(r"^pulumi==(.*)$", requirements, re.MULTILINE)
    assert found
    steps = [s for each in JOBS for s in each.steps if s.get("uses", "").startswith("pulumi/actions@")]
    assert len(steps) == len(STACKS) + len(DESTROYED) + 2
    assert all(step["with"] == {"pulumi-version": found[1]} for step in steps)


def test_every_pulumi_command_that_changes_or_compares_is_held_to_the_pack() -> None:
    commands = [words for each in JOBS for words in each.commands if words[:1] == ["pulumi"]]
    seen = {words[1] for words in commands}
    assert seen == {"login", "preview", "up", "refresh", "stack", "destroy"}
    for words in commands:
        if words[1] in ("preview", "up"):
            assert {"--policy-pack", "--policy-pack-config"} <= set(words)
        if words[1] != "login":
            assert {"--stack", "$STACK"} <= set(words)
        if words[1] not in ("login", "stack"):
            assert "--non-interactive" in words
        if words[1] == "destroy":
            assert "$target" in words, "never the whole stack"
        if words[1] == "refresh":
            assert "--preview-only" in words


def test_deployments_come_one_after_the_other_and_only_from_main() -> None:
    assert workflows()["deploy.yml"]["on"] == {"push": {"branches": ["main"]}, "workflow_dispatch": None}
    first, *later = (job("deploy.yml", stack).data for stack in STACKS)
    assert first["if"] == "github.ref == 'refs/heads/main'"
    # Each needs the one before, and has no condition that would let it run where that was skipped or failed.
    assert [each["needs"] for each in later] == STACKS[:-1]
    assert not any("if" in each for each in later)
    for stack in DESTROYED:
        data = job("deploy.yml", f"{DESTROY}{stack}").data
        assert (data["needs"], data["if"]) == (stack, f"needs.{stack}.outputs.deletions == 'true'")
        assert job("deploy.yml", stack).data["outputs"] == {"deletions": "${{ steps.deletions.outputs.found }}"}
        # Both write the state.
        assert data["concurrency"] == job("deploy.yml", stack).data["concurrency"]
        assert data["env"] == {"STACK": stack}
    for stack, data in zip(STACKS, (first, *later), strict=True):
        assert data["concurrency"] == {"group": f"deploy-{stack}", "cancel-in-progress": False}
        assert data["env"] == {"STACK": stack}
    assert str(job("drift.yml", "look").data["if"]).startswith("github.ref == 'refs/heads/main' && ")


def test_runs_do_not_pile_up() -> None:
    concurrency = {name: workflow.get("concurrency", {}) for name, workflow in workflows().items()}
    assert concurrency["pull-request.yml"]["cancel-in-progress"] is True
    assert "github.event.pull_request.number" in concurrency["pull-request.yml"]["group"]
    assert concurrency["drift.yml"]["cancel-in-progress"] is False


def test_the_judge_is_the_bases_and_no_test_of_the_change_ran_beside_it() -> None:
    gate = job("pull-request.yml", "gate")
    head, base = (s["with"] for s in gate.steps if s.get("uses", "").startswith("actions/checkout@"))
    assert (head["path"], head["fetch-depth"]) == ("head", 0)
    assert "ref" not in head, "the merge, which is what a pull request's run checks out"
    assert (base["path"], base["ref"]) == ("base", "${{ github.event.pull_request.base.sha }}")
    assert gate.runs[:2] == ["make -C base install", "make -C head install"]
    assert not any(words[:1] == ["make"] and "install" not in words for words in gate.commands)


def test_the_document_quotes_what_is_written() -> None:
    """Who is in a deadlock searches for what the gate said."""
    document = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    part = document.partition("## Out of a deadlock")[2].partition("\n## ")[0]
    rows = re.findall(r'^\| "(.*?)" \|', part, re.MULTILINE)
    said = (ROOT / "review" / "gate" / "command.py").read_text(encoding="utf-8")
    said += "".join(job("pull-request.yml", "gate").runs).replace("$stack", "dev")
    assert len(rows) == 3
    assert [row for row in rows if row not in said] == []
    assert '"bypass_mode": "pull_request"' in document, "or no one could merge past the rules, and --admin were refused"
    assert "gh pr merge" in document


def _owners() -> list[tuple[str, list[str]]]:
    text = (ROOT / ".github" / "CODEOWNERS").read_text(encoding="utf-8")
    lines = [line.split() for line in text.splitlines() if line and not line.startswith("#")]
    return [(words[0], words[1:]) for words in lines]


def _owns(pattern: str, path: str) -> bool:
    rooted = pattern.removeprefix("/")
    if rooted.endswith("/"):
        return path.startswith(rooted)
    return fnmatch(path if pattern.startswith("/") else path.rpartition("/")[2], rooted)


@cases(
    "path",
    "policies/dev.json", ".github/workflows/deploy.yml", ".github/CODEOWNERS", "bootstrap/account.yaml",
    "review/__main__.py", "domain/iam/evaluate.py", "Pulumi.prod.yaml", "Pulumi.yaml", "requirements.txt",
    "tests/conftest.py", "README.md",
    # What is not there yet.
    "json.py", "sitecustomize.py", "pulumi_aws/__init__.py", ".gitattributes", "docs/.gitattributes",
)  # fmt: skip
def test_what_could_pass_a_change_belongs_to_security(path: str) -> None:
    everything, security = _owners()[0]
    assert everything == "*"
    assert [owners for pattern, owners in _owners() if _owns(pattern, path)][-1] == security


@pytest.mark.parametrize("path", ["catalog.yaml", "docs/ci.md"])
def test_the_catalog_and_the_documents_have_a_line_of_their_own(path: str) -> None:
    assert [pattern for pattern, _ in _owners() if _owns(pattern, path)][1:]


def test_every_pattern_of_the_code_owners_names_something() -> None:
    for pattern, _ in _owners():
        assert list(ROOT.glob(pattern.strip("/"))) or pattern == ".gitattributes", pattern
