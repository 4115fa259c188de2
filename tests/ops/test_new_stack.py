"""A new stack: its files load and pass the gate, every workflow has it, and nothing is written for a faulty request."""

import json
import os
import shutil
import subprocess
from datetime import date
from pathlib import Path

import pytest
import yaml

from ops.__main__ import main
from policies.pack.levels import load_levels
from policies.pack.rule import Level
from review.gate.judges import own_judgement
from settings import load
from settings.files.configuration import stacks
from settings.written.monitoring_options import MonitoringOptions
from tests.cases import cases
from tests.stacks import PROJECT, ROOT, copied, render_once

DEPLOY, PAGE, README = ".github/workflows/deploy.yml", "docs/access.md", "policies/README.md"
ACCOUNT = "333344445555"
HOME = load(PROJECT, "prod").home.id


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The tests' project, with the files of the real one that the command reads."""
    folder = copied(tmp_path / "project")
    shutil.copytree(PROJECT / "policies", folder / "policies")
    for name in (DEPLOY, PAGE, "docs/bootstrap.md"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    return folder


def new_stack(project: Path, stack: str, account: str = ACCOUNT, region: str = "eu-west-1", *more: str) -> int:
    return main(["new-stack", stack, "--account", account, "--region", region, "--project", str(project), *more])


def files(project: Path) -> dict[str, bytes]:
    return {str(each.relative_to(project)): each.read_bytes() for each in project.rglob("*") if each.is_file()}


def jobs(project: Path) -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = yaml.safe_load((project / DEPLOY).read_text(encoding="utf-8"))["jobs"]
    return found


def test_the_settings_load_and_pass_the_gate(project: Path) -> None:
    assert new_stack(project, "staging") == 0
    settings = load(project, "staging")
    assert (settings.environment, settings.home.account, settings.home.region) == ("staging", ACCOUNT, "eu-west-1")
    assert settings.protect
    remarks = own_judgement(render_once(project, "staging"), project, date(2026, 11, 30))
    assert [each for each in remarks if each.fails] == []
    # Its own people know best who is to be notified: the file has the key, and the gate says that it is empty.
    assert settings.monitoring_options == MonitoringOptions()
    assert "    subscribers: []\n" in (project / "Pulumi.staging.yaml").read_text(encoding="utf-8")
    assert "monitoring-subscribed" in {each.id for each in remarks}
    assert "staging" in (project / README).read_text(encoding="utf-8").partition("| --- |")[0]
    assert "<summary>Stack staging</summary>" in (project / PAGE).read_text(encoding="utf-8")


def test_the_levels_are_the_strictest_without_exceptions(project: Path) -> None:
    file = project / "policies" / "prod.json"
    levels = json.loads(file.read_text(encoding="utf-8"))
    exception = {"urn": "urn:pulumi:prod::p::t::n", "reason": "known", "until": "2027-01-31"}
    levels["ecr-name"] = {"enforcementLevel": "mandatory", "exceptions": [exception]}
    file.write_text(json.dumps(levels), encoding="utf-8")
    assert new_stack(project, "staging", ACCOUNT, "eu-west-1", "--after", "dev") == 0
    made = project / "policies" / "staging.json"
    assert json.loads(made.read_text(encoding="utf-8")) == levels | {"ecr-name": "mandatory"}
    assert load_levels(made)["ecr-protected"].level is Level.MANDATORY


def test_its_job_comes_after_another_and_the_next_one_waits_for_it(project: Path) -> None:
    before = jobs(project)
    assert new_stack(project, "staging", ACCOUNT, "eu-west-1", "--after", "dev") == 0
    after = jobs(project)
    assert list(after) == ["dev", "staging", "prod", "destroy-prod"]
    assert [after[each].get("needs") for each in after] == [None, "dev", "staging", "prod"]
    assert (after["dev"], {**after["prod"], "needs": "dev"}) == (before["dev"], before["prod"])
    assert (after["staging"]["environment"], after["staging"]["env"]) == ("staging", {"STACK": "staging"})
    assert "if" not in after["staging"]
    assert "dev" not in str({key: value for key, value in after["staging"].items() if key != "needs"})


def test_by_default_it_is_deployed_last(project: Path) -> None:
    assert new_stack(project, "staging") == 0
    made = jobs(project)
    needs = {"dev": None, "prod": "dev", "destroy-prod": "prod", "staging": "prod", "destroy-staging": "staging"}
    assert {name: each.get("needs") for name, each in made.items()} == needs
    assert made["destroy-staging"]["if"] == "needs.staging.outputs.deletions == 'true'"
    assert made["destroy-staging"]["environment"] == "destroy-staging"
    assert "prod" not in str({**made["staging"], "needs": ""}) + str(made["destroy-staging"])
    deploy = (project / DEPLOY).read_text(encoding="utf-8")
    # It has no clusters yet, whatever those of the stack before need.
    before, _, copied = deploy.partition("\n  staging:\n")
    assert ("KUBE_TOKEN_" in before, "KUBE_TOKEN_" in copied) == (True, False)


def test_the_bootstrap_is_printed_for_it(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert new_stack(project, "staging") == 0
    printed = capsys.readouterr().out
    assert f"stack=staging account={ACCOUNT} region=eu-west-1 sandbox=false\nrepo=OWNER/NAME\n" in printed
    for command in ("only_main", "cloudformation deploy", "pulumi stack init", "gh variable set", "ClusterIssuers="):
        assert command in printed
    assert not any(word in printed for word in ("account=111122223333", "make up", "delete-stack", "```"))


@cases(
    "given, fault",
    (("Staging",), "STACK: 'Staging' is not a valid name"),
    (("prod",), "STACK: Pulumi.prod.yaml exists already"),
    (
        ("staging", HOME.account, HOME.region),
        f"REGION: {HOME} is a registry of stack prod",
    ),
    (("staging", "3333"), "ACCOUNT: '3333' is not an AWS account id"),
    (
        ("staging", ACCOUNT, "eu-wst-1"),
        "REGION: 'eu-wst-1' is not a region with Amazon ECR (did you mean 'eu-west-1'?)",
    ),
    (("staging", ACCOUNT, "eu-west-1", "--after", "prd"), "AFTER: 'prd' is not a stack of this project (did you mean"),
)
def test_nothing_is_written_for_a_faulty_request(
    project: Path, capsys: pytest.CaptureFixture[str], given: tuple[str, ...], fault: str
) -> None:
    before = files(project)
    assert new_stack(project, *given) == 2
    assert fault in capsys.readouterr().err
    assert files(project) == before


def test_a_stack_without_a_job_can_not_be_followed(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (project / DEPLOY).read_text(encoding="utf-8")
    (project / DEPLOY).write_text(text.partition("\n  # Begins after")[0], encoding="utf-8")
    assert new_stack(project, "staging") == 2
    assert "deploy.yml: has no job 'prod' to copy (write a job 'prod' first" in capsys.readouterr().err
    assert stacks(project) == ["dev", "prod"]


def test_what_the_new_stack_still_lacks_is_said(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A key of one's own has an ARN in the stack's own region, which only a person knows."""
    catalog = project / "catalog.yaml"
    text = catalog.read_text(encoding="utf-8")
    entry = "  team/keyed: {owner: team, retention: services, encryption: {key: shared}}\n"
    catalog.write_text(text.replace("repositories:\n", f"repositories:\n{entry}"), encoding="utf-8")
    assert new_stack(project, "staging") == 1
    said = capsys.readouterr().err
    assert (
        "repositories.team/keyed.encryption.key: 'shared' is not a key that Pulumi.staging.yaml (keys) declares" in said
    )
    assert "make policy-readme access-page gate STACK=staging" in said


@cases(
    "url, repo",
    ("https://github.com/our/registry.git", "our/registry"),
    ("git@github.com:our/registry.git", "our/registry"),
    ("ssh://git@github.com/our/registry", "our/registry"),
    ("https://git.example.com/our/registry", "OWNER/NAME"),
)
def test_the_repository_is_that_of_the_clone(
    project: Path, capsys: pytest.CaptureFixture[str], url: str, repo: str
) -> None:
    for arguments in (["init", "--quiet"], ["remote", "add", "origin", url]):
        subprocess.run(["git", "-C", str(project), *arguments], check=True)
    assert new_stack(project, "staging") == 0
    assert f"\nrepo={repo}\n" in capsys.readouterr().out


@cases("given", "", "STACK=staging ACCOUNT=333344445555", "ACCOUNT=333344445555 REGION=us-east-1")
def test_make_new_stack_asks_for_what_it_needs(given: str) -> None:
    """The default of STACK does not count."""
    command = ["make", "--no-print-directory", "-o", ".venv/.run", "new-stack", *given.split()]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (2, "")
    [line, *_] = ended.stderr.splitlines()
    assert line.startswith("STACK, ACCOUNT or REGION is missing (write make new-stack STACK=staging ")
