"""All faults are reported at once, each of them once, and quickly; the command ends with 2 and no traceback."""

import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.cases import case, cases
from tests.settings.written import HEAD, api, catalog, faults, key, only
from tests.stacks import ROOT


def test_an_unknown_stack_names_the_nearest(project: Path) -> None:
    assert only(project, "prd").startswith("Pulumi.prd.yaml: 'prd' ")
    assert "'prod'" in only(project, "prd")


def test_a_repository_policy_over_its_limit_is_reported_of_each_repository(project: Path) -> None:
    grants = ", ".join(f"{{account: workloads, role: {'r' * 60}{n:03}}}" for n in range(120))
    entry = f"{{owner: payments, pull: [{grants}]}}"
    catalog(project, f"{HEAD}  a/b: {entry}\n  c/d: {entry}\n  e/f: {{owner: payments, pull: [{{service: lambda}}]}}\n")
    found = faults(project, "prod")
    assert [fault.path[1] for fault in found] == ["a/b", "c/d"]
    assert [fault.value for fault in found] == ["120 grants to a/b", "120 grants to c/d"]
    assert all("10,240" in fault.message and fault.message.endswith("in us-east-1") for fault in found)


def test_a_named_key_must_stand_in_every_region(project: Path) -> None:
    key(project, "keys: {shared: {us-east-1: 'arn:aws:kms:us-east-1:222233334444:key/1'}}", "prod")
    catalog(project, HEAD + "  payments/api: {owner: payments, encryption: {key: shared}}\n")
    found = [fault.message for fault in faults(project, "prod")]
    assert found == ["has no key in eu-west-1", "has no key in ap-northeast-1"]


def test_a_sound_entry_is_checked_beside_a_faulty_one(project: Path) -> None:
    key(project, "keys: {shared: {eu-west-1: 'arn:aws:kms:eu-west-1:111122223333:key/1'}}")
    catalog(project, HEAD + "  a/b: {owner: 7}\n  c/d: {owner: payments, encryption: {key: shared}}\n")
    assert [fault.message for fault in faults(project)] == ["is not text", "has no key in us-east-1"]


TWELVE = """\
retention:
  default:
    - {tag: v*, keep: 0}
    - {untagged: true, expire_after_days: 7}
    - {untagged: true, keep: 1}
  broken:
    - {tag: '*a*b*c*d*', keep: 3}
    - {tag: v*, untagged: true, keep: 3}
repositories:
  Payments/api: {owner: payments}
  payments/api:
    ownr: payments
    retention: nowhere
    mutable_tags: ['a b']
    pull: [{account: nobody}]
    push: [{github: acme}]
  payments/web: {owner: payments, adopt: maybe, encryption: rot13}
"""


def test_twelve_planted_faults_are_reported_in_one_run(project: Path) -> None:
    catalog(project, TWELVE)
    reported = {(fault.line, fault.path[-1]) for fault in faults(project)}
    planted = {
        (3, "keep"), (7, "tag"), (8, 1), (10, "Payments/api"), (12, "ownr"), (11, "owner"), (13, "retention"),
        (14, 0), (15, "account"), (16, "github"), (17, "adopt"), (17, "encryption"),
    }  # fmt: skip
    assert planted <= reported, planted - reported
    assert any("an earlier rule" in fault.message and fault.line == 5 for fault in faults(project))


def test_the_command_reports_faults_without_a_traceback(project: Path) -> None:
    catalog(project, TWELVE)
    command = [sys.executable, "-m", "review", "render", "--stack", "dev", "--project", str(project)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr
    assert ended.stderr.count("catalog.yaml:") >= 12
    assert not ended.stdout


def test_a_fault_in_the_last_of_5000_repositories_is_reported_within_5_seconds(project: Path) -> None:
    entries = "".join(f"  team-{n % 50}/service-{n}: {{owner: payments}}\n" for n in range(4999))
    catalog(project, HEAD + entries + "  last: {owner: payments, pull: [{account: nobody}]}\n")
    started = time.monotonic()
    assert only(project).startswith("catalog.yaml:5004: repositories.last.pull[0].account: 'nobody' ")
    assert time.monotonic() - started < 5


@cases(
    "change, start",
    case("not UTF-8", lambda project: (project / "catalog.yaml").write_bytes(b"retention: \xff\n"), "catalog.yaml: "),
    case("no catalog", lambda project: (project / "catalog.yaml").unlink(), "does not exist"),
    case("a folder for a catalog", partial(key, line="catalog: ."), ".: '.' can't be read: Is a directory"),
    case("no value", partial(catalog, text=api("push: ")), "catalog.yaml:5: repositories.payments/api.push: "),
    case("a wrong type", partial(key, line="replicas: {}"), "Pulumi.dev.yaml:17: config.container-registry:replicas: "),
)
def test_the_same_is_reported_once(project: Path, change: Callable[[Path], object], start: str) -> None:
    change(project)
    assert start in only(project)


@pytest.mark.parametrize("content", [None, '"', ""])
def test_without_a_readable_project_nothing_else_is_reported(project: Path, content: str | None) -> None:
    (project / "Pulumi.yaml").unlink()
    if content is not None:
        (project / "Pulumi.yaml").write_text(content, encoding="utf-8")
    assert only(project).startswith("Pulumi.yaml:")
