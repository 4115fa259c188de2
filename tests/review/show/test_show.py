"""`python -m review show`: each fact of a repository from the place that decides it, and lines that can be copied."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from syrupy.assertion import SnapshotAssertion

from render import output
from review.show import lines
from tests.cases import case, cases
from tests.review.clones import Ended, review
from tests.stacks import PROJECT, ROOT, TextEdit, copied, rendered

API = "  payments/api:\n"


def show(repository: str, *arguments: str, folder: Path = PROJECT, stack: str = "prod") -> Ended:
    return review(folder, "show", "--stack", stack, "--repository", repository, *arguments)


def shown(repository: str, *edits: TextEdit, folder: Path = PROJECT, stack: str = "prod") -> dict[str, Any]:
    where = copied(folder, *edits) if edits else folder
    ended = show(repository, "--format", "json", folder=where, stack=stack)
    assert (ended.code, ended.error) == (0, "")
    return ended.report


def test_the_text(monkeypatch: pytest.MonkeyPatch, snapshot: SnapshotAssertion) -> None:
    monkeypatch.setattr(output, "width", lambda: 80)
    assert show("data/ingest").text == snapshot


def test_the_facts_are_those_of_the_render() -> None:
    report, declared = shown("data/ingest"), rendered("prod")
    made = declared.outputs["registries"]
    assert [(each["region"], each["home"]) for each in report["registries"]] == [
        ("us-east-1", True), ("eu-west-1", False), ("ap-northeast-1", False)
    ]  # fmt: skip
    for each in report["registries"]:
        assert {"arn": each["arn"], "url": each["url"]} == made[each["region"]]["repositories"]["data/ingest"]
    assert [each["role_arn"] for each in report["push"]] == [
        arn for name, arn in declared.outputs["roles"].items() if "data-ingest" in name
    ]
    pulls = {each["who"] for each in report["pull"]}
    assert {"account 888899990000", "role batch/ingest-runner of account 555566667777"} <= pulls
    own = {each["who"] for each in report["pull"] if each["as_far_as_its_own_policies_allow"]}
    assert {who.partition(" ")[0] for who in own} == {"account", "role", "nodes"}
    assert "*" not in json.dumps([report["pull"], report["notes"]])
    assert any(each.startswith("lambda.amazonaws.com for account 222233334444") for each in pulls)


def test_what_a_replica_keeps_otherwise() -> None:
    home, *replicas = (each["retention"] for each in shown("data/ingest")["registries"])
    assert "Archive images tagged dev-* 90 days after the last pull" in home
    for each in replicas:
        assert each[1].startswith("Shield images tagged dev-*")
        assert [*home[:1], *home[2:]] == [*each[:1], *each[2:]]


@cases("repository, kept", ("payments/api", True), ("data/notebooks", False))
def test_what_no_rule_selects_is_kept(repository: str, kept: bool) -> None:
    (registry,) = shown(repository, stack="dev")["registries"]
    assert ("Keep all other images" in registry["retention"]) is kept


def test_a_role_that_cannot_log_in_pulls_nothing() -> None:
    """ECR's own role for creation templates is of the organization that is granted the pull."""
    assert "creation-templates" not in str(shown("payments/api")["pull"])
    access = review(PROJECT, "access", "--stack", "prod", "--repository", "payments/api")
    assert "creation-templates" in access.text


def test_its_alarms_are_those_that_are_declared() -> None:
    """The other stack has no monitoring."""
    asked = next(each.name for each in rendered("prod").resources if "pulls-stopped-" in each.name)
    repository = asked.partition("pulls-stopped-")[2]
    assert [shown(repository, stack=each)["alarms"] for each in ("prod", "dev")] == [["pulls-stopped"], []]
    assert "; alarm pulls-stopped" in " ".join(show(repository).text.split())
    assert "alarm" not in show("data/ingest").text


def test_a_repository_that_retires_has_no_workflow(tmp_path: Path) -> None:
    retire = ("catalog.yaml", API, f"{API}    retire: {{until: 2027-01-31, reason: replaced}}\n")
    report = shown("payments/api", retire, folder=tmp_path, stack="dev")
    assert (report["retires"], report["push"], report["workflows"]) == ("2027-01-31", [], {})
    text = show("payments/api", folder=tmp_path, stack="dev").text
    assert "no principal of this stack" in text
    assert [each for each in ("Push to", "docker push", "push:") if each in text] == []


def test_a_repository_without_push_shows_the_lines_to_add(tmp_path: Path) -> None:
    push = '    push: [{github: acme/storefront, refs: [refs/heads/main, "refs/tags/v*"]}]\n'
    folder = copied(tmp_path / "without", ("catalog.yaml", push, ""))
    text = show("storefront/web", folder=folder, stack="dev").text
    assert [each for each in ("Push to", "docker push") if each in text] == []
    assert "docker pull" in text
    assert "No workflow pushes in the stack dev." in text
    lines_to_add = text[text.index("    push:\n") : text.index("\n\nWho pulls")]
    for placeholder, value in (("OWNER_ID", "1024"), ("REPOSITORY_ID", "2048"), ("OWNER/NAME", "acme/storefront")):
        lines_to_add = lines_to_add.replace(f": {placeholder}", f": {value}")
    (workflow,) = shown("storefront/web", ("catalog.yaml", push, f"{lines_to_add}\n"), folder=tmp_path / "with")[
        "workflows"
    ].values()
    assert "docker push" in workflow


def test_make_show_asks_for_the_repository() -> None:
    command = ["make", "--no-print-directory", "-o", ".venv/.run", "show"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("REPOSITORY is missing (write make show REPOSITORY=payments/api)\n")


@cases(
    "written, on, environment, tag",
    case("a branch", "refs: [refs/heads/main]", {"push": {"branches": ["main"]}}, None, "release-$GITHUB_SHA"),
    case("tags", 'refs: ["refs/tags/v*"]', {"push": {"tags": ["v*"]}}, None, "$GITHUB_REF_NAME"),
    case(
        "both",
        'refs: [refs/heads/main, "refs/tags/v*"]',
        {"push": {"branches": ["main"], "tags": ["v*"]}},
        None,
        "release-$GITHUB_SHA",
    ),
    case("an environment", "environment: 'on: x', stacks: [dev]", "workflow_dispatch", "on: x", "release-$GITHUB_SHA"),
    case(
        "a reusable workflow",
        "refs: [refs/heads/main], job_workflow_ref: acme/w/.github/workflows/p.yml@refs/heads/main",
        "workflow_call",
        None,
        "release-$GITHUB_SHA",
    ),
)
def test_a_workflow_that_pushes(written: str, on: object, environment: str | None, tag: str, tmp_path: Path) -> None:
    pull = "}]\n    pull:\n      - {account: workloads}"
    edit = ("catalog.yaml", f'refs: [refs/heads/main, "refs/tags/v*"]{pull}', f"{written}{pull}")
    report = shown("storefront/web", edit, folder=tmp_path, stack="dev")
    (text,), (pusher,) = report["workflows"].values(), report["push"]
    document = yaml.BaseLoader(text).get_single_data()
    job = document["jobs"]["push"]
    assert (document["on"], job.get("environment")) == (on, environment)
    assert job["permissions"]["id-token"] == "write"
    checkout, credentials, login, push = job["steps"]
    assert credentials["with"] == {"role-to-assume": pusher["role_arn"], "aws-region": "us-east-1"}
    image = f'"$REGISTRY/storefront/web:{tag}"'
    assert push["run"].splitlines() == [f"docker build --tag {image} .", f"docker push {image}"]
    assert f"{job['env']['REGISTRY']}/storefront/web" == report["registries"][0]["url"]
    own = (ROOT / ".github/workflows/deploy.yml").read_text(encoding="utf-8")
    assert f"{checkout['uses']} #" in own
    assert f"{credentials['uses']} #" in own
    for each in (login, push):
        subprocess.run(["bash", "-n", "-c", each["run"]], check=True)


def test_a_company_that_deploys_otherwise_gets_a_workflow_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(lines, "_OWN_WORKFLOW", tmp_path / "deploy.yml")
    (text,) = shown("payments/api")["workflows"].values()
    assert "uses: actions/checkout@v7\n" in text
    assert "uses: aws-actions/configure-aws-credentials@v6\n" in text


@cases(
    "rules, tag",
    case("the first that counts", '{tag: "dev-*", expire_after_days: 3}, {tag: "v*.*", keep: 3}', "v1.0.0.1"),
    case("archived", '{tag: "v*", archive_keep: 3}', "v1.0.0"),
    case("a tag alone", "{tag: latest, keep: 3}", "1.0.0"),
    case("none", "{any: true, keep: 3}", "1.0.0"),
)
def test_the_tag_in_the_lines_is_one_that_is_kept(rules: str, tag: str, tmp_path: Path) -> None:
    edit = ("catalog.yaml", "retention: services", f"retention: [{rules}]")
    report = shown("payments/api", edit, folder=tmp_path, stack="dev")
    url = report["registries"][0]["url"]
    assert report["docker"]["push"] == f"docker push {url}:{tag}"
    assert report["docker"]["pull"] == f"docker pull {url}:{tag}"
    subprocess.run(["bash", "-n", "-c", report["docker"]["login"]], check=True)


def test_a_copy_that_a_replica_does_not_have_is_not_shown(tmp_path: Path) -> None:
    narrow = ("Pulumi.prod.yaml", "- region: eu-west-1", "- {region: eu-west-1, prefixes: [data/]}")
    report = shown("payments/api", narrow, folder=tmp_path)
    assert [each["region"] for each in report["registries"]] == ["us-east-1", "ap-northeast-1"]


@cases(
    "repository, stack, error",
    ("payments/apy", "dev", "no repository 'payments/apy' (did you mean 'payments/api'?)"),
    ("", "dev", "no repository '' (known: data/ingest, data/notebooks,"),
    ("payments/api", "prodd", "'prodd' is not a stack of this project (did you mean 'prod'?)"),
)
def test_bad_input(repository: str, stack: str, error: str) -> None:
    ended = show(repository, stack=stack)
    assert (ended.code, ended.text) == (2, "")
    assert error in ended.error
