"""A program that declares something else than its settings say: the proofs name just the promises broken."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from localcloud.clients import Clients
from localcloud.ecr.operations import paging
from rehearsal.apply import applying
from rehearsal.apply.builder import Order
from resources.ecr import LIFECYCLE_POLICY, REGISTRY_POLICY, REPOSITORY, REPOSITORY_POLICY, SCANNING_CONFIGURATION
from resources.kms import KEY
from tests.rehearsal.proving.breaking import REGION, replaced
from tests.rehearsal.proving.stacks import WORKLOADS, Stack, Stacks, project_of, stack_file

FIRST_RULE = '{"rules":[{"action":{"type":"expire"},"rulePriority":1,"selection":{"tagStatus":"untagged","countType":'
ONE_RULE = f'{FIRST_RULE}"sinceImagePushed","countUnit":"days","countNumber":7}}}}]}}'
AWS_MANAGED, AES256 = [{"encryptionType": "KMS"}], [{"encryptionType": "AES256"}]
KEY_ARN = f"arn:aws:kms:{REGION}:{{account}}:key/11111111-2222-3333-4444-555555555555"
ANOTHER_KEY = "a key made for it"


class Tampered(NamedTuple):
    """A resource that is declared otherwise than the settings say, and the proofs that fail."""

    kind: str
    changes: Mapping[str, Any]
    broken: set[str]
    encryption: str = "customer"
    """As the catalog declares it."""


def of_tags(mutability: str) -> Mapping[str, Any]:
    return {"imageTagMutability": mutability, "imageTagMutabilityExclusionFilters": None}


def encrypted(otherwise: object, declared: str = "customer") -> Tampered:
    return Tampered(REPOSITORY, {"encryptionConfigurations": otherwise}, {"encrypted"}, declared)


ROOT = f"arn:aws:iam::{WORKLOADS}:root"
REPOSITORIES = {
    "untampered": Tampered(REPOSITORY, {}, set()),
    "a-mutable-tag": Tampered(REPOSITORY, of_tags("MUTABLE"), {"immutable_tags"}),
    "an-exclusion-forgotten": Tampered(REPOSITORY, of_tags("IMMUTABLE"), {"mutable_tags"}),
    "another-key": encrypted(AWS_MANAGED),
    "no-key": encrypted(AES256),
    "not-aes256": encrypted(AWS_MANAGED, "aes256"),
    "not-aws-managed": encrypted(AES256, "aws-managed"),
    "a-key-of-ones-own": encrypted(ANOTHER_KEY, "aws-managed"),
    "not-the-named-key": encrypted(AWS_MANAGED, "{key: named}"),
    "a-lifecycle-rule-dropped": Tampered(LIFECYCLE_POLICY, {"policy": ONE_RULE}, {"lifecycles"}),
    "a-grant-to-the-wrong-account": Tampered(
        REPOSITORY_POLICY, {"policy": replaced(WORKLOADS, "999900001111")}, {"pull_grants", "repository_policy"}
    ),
    "a-grant-to-everyone": Tampered(
        REPOSITORY_POLICY, {"policy": replaced(ROOT, "*")}, {"repository_policy", "denied"}
    ),
    "a-grant-of-everything": Tampered(
        REPOSITORY_POLICY, {"policy": replaced("ecr:BatchGetImage", "ecr:*")}, {"pull_grants", "repository_policy"}
    ),
    "an-owner-forgotten": Tampered(REPOSITORY, {"tags": {"environment": "dev"}}, {"tagged"}),
}
UNTAMPERED = REPOSITORIES["untampered"]
NOTHING: Mapping[str, Mapping[str, Any]] = {}
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
      - {account: workloads, role: batch/any-runner}
      - {account: self, role: runner}
      - {organization: acme}
      - {service: lambda, account: workloads}
      - {service: codebuild}
  team/base: {owner: team, encryption: aes256, mutable_tags: ["*"]}
  team/cache: {owner: team, encryption: aws-managed, pull: [{account: workloads, role: cache-runner}]}
"""
"""As much as a catalog can say."""


def catalog(entries: Mapping[str, Tampered]) -> str:
    default = 'retention: {default: [{tag: "v*", keep: 10}, {untagged: true, expire_after_days: 7}]}\n'
    usual = "owner: team, mutable_tags: [latest], pull: [{account: workloads}]"
    listed = (f"  team/{name}: {{{usual}, encryption: {each.encryption}}}\n" for name, each in entries.items())
    return f"{default}repositories:\n{''.join(listed)}"


def broken(stack: Stack) -> dict[str, set[str]]:
    """The proofs that fail, by their subject."""
    failed: dict[str, set[str]] = {subject: set() for _, subject in stack.promises}
    for proof, subject in stack.promises:
        if not stack.prove(proof, subject).held:
            failed[subject].add(proof)
    return {subject: proofs for subject, proofs in failed.items() if proofs}


def tamper(
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    changes: Mapping[str, Any],
    of_repositories: Mapping[str, Mapping[str, Any]] = NOTHING,
) -> None:
    """Builds the kind's resources with other inputs: all of them, and those of some repositories."""
    builder = applying.BUILT[kind]

    def build(order: Order) -> Any:
        name = str(order.inputs.get("repository", order.inputs.get("name"))).removeprefix("team/")
        inputs = {**order.inputs}
        for key, value in {**changes, **of_repositories.get(name, {})}.items():
            inputs[key] = value(inputs[key]) if callable(value) else value
        if inputs.get("encryptionConfigurations") == ANOTHER_KEY:
            key_arn = order.client("kms").create_key()["KeyMetadata"]["Arn"]
            inputs["encryptionConfigurations"] = [{"encryptionType": "KMS", "kmsKey": key_arn}]
        return builder.build(replace(order, inputs=inputs))

    monkeypatch.setitem(applying.BUILT, kind, replace(builder, build=build))


def test_just_the_broken_promise_of_each_repository_is_named(
    stacks: Stacks, account: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for kind in (REPOSITORY, LIFECYCLE_POLICY, REPOSITORY_POLICY):
        changes = {name: each.changes for name, each in REPOSITORIES.items() if each.kind == kind}
        tamper(monkeypatch, kind, {}, changes)
    keys = f"keys: {{named: {{{REGION}: '{KEY_ARN.format(account=account)}'}}}}"
    stack = stacks.build(project_of(tmp_path, stack_file(account, keys), catalog(REPOSITORIES)))
    assert broken(stack) == {f"team/{name}@{REGION}": each.broken for name, each in REPOSITORIES.items() if each.broken}


def test_just_the_broken_promises_of_a_registry_are_named(
    stacks: Stacks, account: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes: dict[str, Mapping[str, Any]] = {
        KEY: {"enableKeyRotation": False},
        SCANNING_CONFIGURATION: {"rules": []},
        REGISTRY_POLICY: {"policy": replaced(WORKLOADS, "999900001111")},
    }
    for kind, each in changes.items():
        tamper(monkeypatch, kind, each)
    stack = stacks.build(
        project_of(tmp_path, stack_file(account, registry_policy(account)), catalog({"app": UNTAMPERED}))
    )
    assert broken(stack) == {f"registry@{REGION}": {"configured"}, f"team/app@{REGION}": {"encrypted", "scanned"}}


def registry_policy(account: str) -> str:
    statement = f"Action: 'ecr:ReplicateImage', Resource: 'arn:aws:ecr:*:{account}:repository/*'"
    allow = f"{{Effect: Allow, Principal: {{AWS: '{WORKLOADS}'}}, {statement}}}"
    return f"registry_policy: {{Version: '2012-10-17', Statement: {allow}}}"


def test_whatever_a_stack_can_say_is_kept(
    stacks: Stacks, account: str, tmp_path: Path, clients: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "PAGE_SIZE", 1)
    made = {
        region: clients.root("kms", region, account).create_key()["KeyMetadata"]["Arn"]
        for region in (REGION, "eu-west-1")
    }
    keys = ", ".join(f"{region}: '{arn}'" for region, arn in made.items())
    exclusions = ", ".join(f"'arn:aws:iam::{account}:role/{name}'" for name in "ab")
    stack = stack_file(
        account,
        "replicas: [{region: eu-west-1}]",
        f"keys: {{named: {{{keys}}}}}",
        f"pull_time_exclusions: [{exclusions}]",
        registry_policy(account),
        "blob_mounting: true",
    )
    assert broken(stacks.build(project_of(tmp_path, stack, RICH))) == {}
