"""A program that declares something else than its settings say: the run fails, and names just the promises broken."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from localcloud.clients import Clients
from localcloud.ecr.operations import paging
from rehearsal.apply import preconditions, table
from rehearsal.apply.builder import Order
from rehearsal.apply.program import apply
from rehearsal.proofs.harness.run import promised, prove
from rehearsal.proofs.harness.visitors import Visitors
from resources import Answer
from settings import load
from tests.conftest import Edit

CATALOG = """\
repositories:
  team/app:
    owner: team
    mutable_tags: [latest]
    retention: [{tag: "v*", keep: 10}, {untagged: true, expire_after_days: 7}]
    pull: [{account: workloads}]
"""
RICH = """\
retention: {default: [{any: true, keep: 10}]}
repositories:
  team/app:
    owner: team
    adopt: true
    encryption: {key: named}
    mutable_tags: ["v*"]
    pull:
      - {account: workloads}
      - {account: workloads, role: batch/runner}
      - {account: self, role: runner}
      - {organization: acme}
      - {service: lambda, account: workloads}
      - {service: codebuild}
  team/base: {owner: team, encryption: aes256, mutable_tags: ["*"]}
  team/cache: {owner: team, encryption: aws-managed, pull: [{account: workloads, role: cache-runner}]}
"""
"""As much as a catalog can say."""
AWS_MANAGED, AES = [{"encryptionType": "KMS"}], [{"encryptionType": "AES256"}]
REPOSITORY, LIFECYCLE = "aws:ecr/repository:Repository", "aws:ecr/lifecyclePolicy:LifecyclePolicy"
POLICY, KEY = "aws:ecr/repositoryPolicy:RepositoryPolicy", "aws:kms/key:Key"
REGISTRY_POLICY = "aws:ecr/registryPolicy:RegistryPolicy"
REGIONS = ("us-east-1", "eu-west-1")
SCANNING = "aws:ecr/registryScanningConfiguration:RegistryScanningConfiguration"
FIRST_RULE = '{"rules":[{"action":{"type":"expire"},"rulePriority":1,"selection":{"tagStatus":"untagged","countType":'
ONE_RULE = f'{FIRST_RULE}"sinceImagePushed","countUnit":"days","countNumber":7}}}}]}}'

Run = Callable[[], dict[str, str]]
"""Builds and proves; the proofs that failed, with what happened."""


@pytest.fixture(scope="module")
def accounts() -> Iterator[str]:
    """Each test builds in an account of its own."""
    return (f"3333000000{number:02}" for number in range(100))


@pytest.fixture
def run(clients: Clients, visitors: Visitors, project: Path, edit: Edit, accounts: Iterator[str]) -> Run:
    (project / "catalog.yaml").write_text(CATALOG, encoding="utf-8")
    edit("Pulumi.dev.yaml", "111122223333", next(accounts))
    preconditions.bootstrap(load(project, "dev"), clients)

    def build_and_prove() -> dict[str, str]:
        applied = apply(project, "dev", clients, lambda _label: None)
        outcomes = [prove(*promise) for promise in promised(applied.settings, clients, visitors)]
        assert outcomes
        return {each.proof: each.happened for each in outcomes if not each.held}

    return build_and_prove


def swap_everybody(policy: str) -> str:
    return policy.replace("arn:aws:iam::444455556666:root", "*")


def swap_actions(policy: str) -> str:
    return policy.replace("ecr:BatchGetImage", "ecr:*")


def swap_account(policy: str) -> str:
    return policy.replace("444455556666", "999900001111")


TAMPERED: dict[str, tuple[str, Mapping[str, Any], set[str]]] = {
    "a mutable tag": (
        REPOSITORY,
        {"imageTagMutability": "MUTABLE", "imageTagMutabilityExclusionFilters": None},
        {"immutable_tags"},
    ),
    "an exclusion forgotten": (
        REPOSITORY,
        {"imageTagMutability": "IMMUTABLE", "imageTagMutabilityExclusionFilters": None},
        {"mutable_tags"},
    ),
    "another key": (REPOSITORY, {"encryptionConfigurations": AWS_MANAGED}, {"encryption"}),
    "no key": (REPOSITORY, {"encryptionConfigurations": [{"encryptionType": "AES256"}]}, {"encryption"}),
    "a key that never rotates": (KEY, {"enableKeyRotation": False}, {"encryption"}),
    "a lifecycle rule dropped": (LIFECYCLE, {"policy": ONE_RULE}, {"lifecycle"}),
    "a grant to the wrong account": (POLICY, {"policy": swap_account}, {"grants", "repository_policy"}),
    "a grant to everybody": (POLICY, {"policy": swap_everybody}, {"repository_policy", "strangers", "tasks"}),
    "a grant of everything": (POLICY, {"policy": swap_actions}, {"grants", "repository_policy"}),
    "an owner forgotten": (REPOSITORY, {"tags": {"environment": "dev"}}, {"resource_tags"}),
    "a scan less": (SCANNING, {"rules": []}, {"scanning"}),
}


@pytest.mark.parametrize(("kind", "changes", "broken"), TAMPERED.values(), ids=TAMPERED)
def test_just_the_broken_promise_is_named(
    run: Run, monkeypatch: pytest.MonkeyPatch, kind: str, changes: Mapping[str, Any], broken: set[str]
) -> None:
    tamper(monkeypatch, kind, changes)
    assert set(run()) == broken


def tamper(monkeypatch: pytest.MonkeyPatch, kind: str, changes: Mapping[str, Any]) -> None:
    builder = table.BUILT[kind]

    def build(order: Order) -> Any:
        inputs = {key: tampered(value, changes.get(key, value)) for key, value in order.inputs.items()}
        return builder.build(replace(order, inputs=inputs))

    monkeypatch.setitem(table.BUILT, kind, replace(builder, build=build))


def test_a_key_of_ones_own_is_not_the_one_that_aws_manages(
    run: Run, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "catalog.yaml").write_text(f"{CATALOG}    encryption: aws-managed\n", encoding="utf-8")
    builder = table.BUILT[REPOSITORY]

    def build(order: Order) -> Any:
        key = order.client("kms").create_key()["KeyMetadata"]["Arn"]
        return builder.build(
            replace(
                order, inputs={**order.inputs, "encryptionConfigurations": [{"encryptionType": "KMS", "kmsKey": key}]}
            )
        )

    monkeypatch.setitem(table.BUILT, REPOSITORY, replace(builder, build=build))
    assert set(run()) == {"encryption"}


def tampered(value: Any, change: Any) -> Any:
    return change(value) if callable(change) else change


ENCRYPTED = {
    "aes256": AWS_MANAGED,
    "aws-managed": AES,
    "{key: named}": AWS_MANAGED,
}
"""How a repository's encryption is declared, and what another is made."""


@pytest.mark.parametrize("declared", ENCRYPTED)
def test_another_encryption_than_the_declared_one_is_named(
    run: Run, project: Path, edit: Edit, monkeypatch: pytest.MonkeyPatch, declared: str
) -> None:
    edit("catalog.yaml", "owner: team\n", f"owner: team\n    encryption: {declared}\n")
    arn = f"arn:aws:kms:us-east-1:{account_of(project)}:key/11111111-2222-3333-4444-555555555555"
    edit("Pulumi.dev.yaml", *more(f"keys: {{named: {{us-east-1: '{arn}'}}}}"))
    tamper(monkeypatch, REPOSITORY, {"encryptionConfigurations": ENCRYPTED[declared]})
    assert set(run()) == {"encryption"}


def more(*lines: str) -> tuple[str, str]:
    """An edit of the stack's file that adds keys of ours."""
    before = "  container-registry:protect: false\n"
    return before, before + "".join(f"  container-registry:{line}\n" for line in lines)


def account_of(project: Path) -> str:
    (account,) = re.findall(r'allowedAccountIds: \["(\d+)"\]', (project / "Pulumi.dev.yaml").read_text())
    return str(account)


@pytest.fixture
def rich(run: Run, project: Path, edit: Edit, clients: Clients) -> Run:
    """A stack that says as much as a stack can."""
    account = account_of(project)
    keys = [
        f"{region}: '{clients.root('kms', region, account).create_key()['KeyMetadata']['Arn']}'" for region in REGIONS
    ]
    policy = (
        "{Version: '2012-10-17', Statement: {Effect: Allow, Principal: {AWS: '444455556666'}, "
        f"Action: 'ecr:ReplicateImage', Resource: 'arn:aws:ecr:*:{account}:repository/*'}}}}"
    )
    (project / "catalog.yaml").write_text(RICH, encoding="utf-8")
    edit("Pulumi.dev.yaml", "accounts:\n", f"accounts:\n    self: '{account}'\n")
    edit(
        "Pulumi.dev.yaml",
        *more(
            "replicas: [{region: eu-west-1}]",
            f"keys: {{named: {{{', '.join(keys)}}}}}",
            f"pull_time_exclusions: ['arn:aws:iam::{account}:role/a', 'arn:aws:iam::{account}:role/b']",
            f"registry_policy: {policy}",
            "blob_mounting: true",
        ),
    )
    return run


def test_whatever_a_stack_can_say_is_kept(rich: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "PAGE_SIZE", 1)
    assert rich() == {}


def test_another_registry_policy_is_named(rich: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    tamper(monkeypatch, REGISTRY_POLICY, {"policy": swap_account})
    broken = rich()
    assert set(broken) == {"caches", "registry_settings"}
    assert broken["registry_settings"].startswith("registry policy: declared {")


def test_a_registry_policy_forgotten_is_named(rich: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def build(order: Order) -> Answer:
        return order.account, {"registryId": order.account}

    monkeypatch.setitem(table.BUILT, REGISTRY_POLICY, replace(table.BUILT[REGISTRY_POLICY], build=build))
    broken = rich()
    assert set(broken) == {"caches", "registry_settings"}
    assert broken["registry_settings"].endswith("and there is None")


def test_an_untampered_program_keeps_every_promise(run: Run) -> None:
    assert run() == {}
