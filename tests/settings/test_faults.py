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
    pull: [{account: zzz}]
    push: [{github: acme}]
  payments/web: {owner: payments, adopt: maybe, encryption: rot13, description: 7}
"""


def test_twelve_planted_faults_are_reported_in_one_run(project: Path) -> None:
    catalog(project, TWELVE)
    reported = {(fault.line, fault.path[-1]) for fault in faults(project)}
    planted = {
        (3, "keep"), (7, "tag"), (8, 1), (10, "Payments/api"), (12, "ownr"), (17, "description"), (13, "retention"),
        (14, 0), (15, "account"), (16, "github"), (17, "adopt"), (17, "encryption"),
    }  # fmt: skip
    assert planted <= reported, planted - reported
    assert any("an earlier rule" in fault.message and fault.line == 5 for fault in faults(project))


TWELVE_OF_A_STACK = """\
config:
  aws:regoin: us-east-1
  aws:allowedAccountIds: [111122223333]
  container-registry:enviroment: dev
  container-registry:accounts: {workloads: "4444", data-platform: "777788889999"}
  container-registry:organizations: {acme: acme}
  container-registry:keys: {shared: {us-east-1: "arn:aws:kms:eu-west-1:111122223333:key/1"}}
  container-registry:replicas:
    - {region: eu-west1}
    - {region: us-east-1}
    - {region: eu-west-2, account: workloads, role: deploy, prefixes: [p]}
    - {region: eu-west-3, role: deploy}
  container-registry:caches:
    - {upstream: kuay}
    - {upstream: docker-hub}
    - {upstream: quay, pull: [{account: workloads}, {account: worklods}]}
  container-registry:scanning: {type: basic, rules: [{frequency: continuous}]}
  container-registry:pull_time_exclusions: ["arn:aws-cn:iam::111122223333:role/a"]
"""


def test_all_faults_of_a_stacks_file_are_reported_in_one_run(project: Path) -> None:
    """Those of single values beside those between values, and none twice or for what another one makes missing."""
    (project / "Pulumi.dev.yaml").write_text(TWELVE_OF_A_STACK, encoding="utf-8")
    found = [(fault.line, *fault.path[-2:]) for fault in faults(project)]
    assert found == [
        (2, "config", "aws:regoin"),
        (3, "aws:allowedAccountIds", 0),
        (4, "config", "container-registry:enviroment"),
        (5, "container-registry:accounts", "workloads"),
        (6, "container-registry:organizations", "acme"),
        (7, "shared", "us-east-1"),
        (9, 0, "region"),
        (10, 1, "region"),
        (11, "prefixes", 0),
        (12, 3, "role"),
        (14, 0, "upstream"),
        (15, 1, "credentials"),
        (16, 1, "account"),
        (17, 0, "frequency"),
        (18, "container-registry:pull_time_exclusions", 0),
    ]


def test_what_a_faulty_key_takes_along_is_no_fault(project: Path) -> None:
    """A token of a cache that is faulty, an entry that names a key that is."""
    key(project, "keys: {shared: {us-east-1: 'arn:aws:kms:us-east-1:111122223333:alias/x'}}")
    catalog(project, HEAD + "  payments/api: {owner: payments, encryption: {key: shared}}\n")
    assert "is not an ARN of key" in only(project)
    catalog(project, HEAD + "  payments/api: {owner: payments}\n")
    stack = project / "Pulumi.dev.yaml"
    text = stack.read_text(encoding="utf-8").partition("  container-registry:caches")[0]
    cache = "  container-registry:caches: [{upstream: docker-hubb, username: acme}]\n"
    stack.write_text(f"{text}{cache}  container-registry:cache-token-docker-hub: {{secure: v1:x}}\n", encoding="utf-8")
    assert only(project).endswith("(write `upstream: docker-hub`)")


def test_a_registry_of_another_stack_keeps_its_place_beside_a_faulty_replica(project: Path) -> None:
    replicas = "[{region: eu-west1}, {region: us-east-1, account: prod, role: deploy}]"
    stack = project / "Pulumi.dev.yaml"
    text = stack.read_text(encoding="utf-8").replace("    workloads:", "    prod: '222233334444'\n    workloads:")
    stack.write_text(f"{text}  container-registry:replicas: {replicas}\n", encoding="utf-8")
    assert [fault.path[2:] for fault in faults(project)] == [(0, "region"), (1, "region")]


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
    catalog(project, HEAD + entries + "  last: {owner: payments, pull: [{account: zzz}]}\n")
    started = time.monotonic()
    assert only(project).startswith("catalog.yaml:5004: repositories.last.pull[0].account: 'zzz' ")
    assert time.monotonic() - started < 5


@cases(
    "change, start",
    case("not UTF-8", lambda project: (project / "catalog.yaml").write_bytes(b"retention: \xff\n"), "catalog.yaml: "),
    case("no catalog", lambda project: (project / "catalog.yaml").unlink(), "does not exist"),
    case("a folder for a catalog", partial(key, line="catalog: ."), ".: '.' can't be read: Is a directory"),
    case("no value", partial(catalog, text=api("push: ")), "catalog.yaml:5: repositories.payments/api.push: "),
    case("a wrong type", partial(key, line="replicas: {}"), "Pulumi.dev.yaml:18: config.container-registry:replicas: "),
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
