"""Tests of access, tried on a stack of their own: by every kind of principal, for every action, and seen to fail."""

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from domain.iam.access_test import ALLOWED, DENIED
from localcloud.clients import Clients
from rehearsal.proofs import tested_access
from rehearsal.proofs.harness.case import Broken, Case
from render.rendering import render
from review.gate.command import GateRequest, gate
from review.gate.remarks import ACCESS_TEST
from tests.rehearsal.proving.breaking import At, Break, deny, policy, to, without
from tests.rehearsal.proving.stacks import Stack, Stacks, project_of, stack_file
from tests.stacks import ROOT

ACCOUNT, PARTNER, MEMBER, OUTSIDER = "550000880001", "550000880002", "550000880003", "550000880004"
APP, ROLE, HERE = "team/app", "dev.acme.tested+branch-main", At(ACCOUNT)
ACCOUNTS = f'partner: "{PARTNER}", member: "{MEMBER}", outsider: "{OUTSIDER}"'
POLICY = f"""registry_policy:
    Version: "2012-10-17"
    Statement:
      Sid: Partner
      Effect: Allow
      Principal: {{AWS: "{PARTNER}"}}
      Action: [ecr:DeleteLifecyclePolicy, ecr:DeleteRepositoryPolicy]
      Resource: "{HERE.arn(APP)}"
"""
REFUSED = deny(
    "ecr:PutImage", Resource="*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:role/container-registry/dev/{ROLE}"}
)
TESTS = {
    "a workflow pushes": "{github: acme/tested, refs: [refs/heads/main]}, action: push, expect: allowed",
    "another branch does not": "{github: acme/tested, refs: [refs/heads/next]}, action: push, expect: denied",
    "an environment does not": "{github: acme/tested, environment: production}, action: push, expect: denied",
    "a pull request does not": "{github: acme/tested, pull_request: true}, action: push, expect: denied",
    "a workflow deletes nothing": "{github: acme/tested, refs: [refs/heads/main]}, action: delete, expect: denied",
    "its role pushes": "{role: dev.acme.tested+branch-main}, action: push, expect: allowed",
    "its role configures nothing": "{role: dev.acme.tested+branch-main}, action: configure, expect: denied",
    "an account pulls": "{account: partner}, action: pull, expect: allowed",
    "an account deletes": "{account: partner}, action: delete, expect: allowed",
    "an account configures": "{account: partner}, action: configure, expect: allowed",
    "an account does not push": "{account: partner}, action: push, expect: denied",
    "a role of it pulls": f"{{arn: 'arn:aws:iam::{PARTNER}:role/batch/runner'}}, action: pull, expect: allowed",
    "a member of the organization pulls": "{account: member, organization: acme}, action: pull, expect: allowed",
    "a user pulls": f"{{arn: 'arn:aws:iam::{MEMBER}:user/a', organization: acme}}, action: pull, expect: allowed",
    "another account does not delete": "{account: outsider}, action: delete, expect: denied",
    "no one else pulls": "{everyone: true}, action: pull, expect: denied",
    "no one else configures": "{everyone: true}, action: configure, expect: denied",
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tests = "".join(f"      - {{principal: {each}}}\n" for each in TESTS.values())
    catalog = f"""\
retention: {{default: [{{any: true, keep: 10}}]}}
repositories:
  {APP}:
    owner: team
    mutable_tags: [latest]
    push: [{{github: acme/tested, owner_id: 7, repository_id: 8, refs: [refs/heads/main]}}]
    pull: [{{account: partner}}, {{organization: acme}}]
    access_tests:
{tests}"""
    stack = stack_file(ACCOUNT, POLICY).replace("accounts: {", f"accounts: {{{ACCOUNTS}, ")
    return project_of(tmp_path_factory.mktemp("tested"), stack, catalog)


@pytest.fixture(scope="module")
def stack(project: Path, stacks: Stacks) -> Stack:
    return stacks.build(project)


def test_what_the_gate_passes_holds_on_the_local_cloud(project: Path, stack: Stack) -> None:
    shutil.copytree(ROOT / "policies", project / "policies", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    asked = GateRequest(project=project, stack="dev", base=None, file=Path("render.json"), today=date(2026, 11, 30))
    report = gate(asked, render(project, "dev"))
    assert [each for each in report.remarks if each.id == ACCESS_TEST] == []
    outcome = stack.kept("tested_access", APP)
    assert outcome.held, outcome.happened
    assert outcome.happened.count(";") == len(TESTS) - 1
    # What a call took away is there again.
    assert [each for each in ("lifecycles", "repository_policy") if not stack.prove(each, APP).held] == []
    assert stack.prove("tested_access", APP).held


@pytest.mark.parametrize("index", range(len(TESTS)), ids=TESTS)
def test_each_is_seen_to_fail(stack: Stack, index: int) -> None:
    """The stack does not keep the opposite."""
    case = stack.case(APP)
    assert isinstance(case, Case)
    test = stack.settings.access_tests[index]
    turned = replace(test, expect=DENIED if test.expect == ALLOWED else ALLOWED)
    settings = replace(stack.settings, access_tests=(turned,))
    with pytest.raises(Broken, match=f"{test.action} must be {turned.expect}, and is {test.expect}"):
        tested_access.prove(replace(case, settings=settings))


@pytest.mark.parametrize(
    ("break_it", "says"),
    [
        (HERE.role_policy(ROLE, "ecr:PutImage", "ecr:ListImages"), "on refs/heads/main: push must be allowed"),
        (HERE.trust(ROLE, lambda each: {**each, "Effect": "Deny"}), "on refs/heads/main: push must be allowed"),
        (HERE.registry_policy(to(policy(REFUSED))), "on refs/heads/main: push must be allowed"),
        (HERE.role_policy(ROLE, "ecr:GetAuthorizationToken", "ecr:GetAccountSetting"), "main: push must be allowed"),
        (HERE.more(ROLE, "ecr:DeleteRepository"), "on refs/heads/main: delete must be denied"),
        (HERE.repository_policy(APP, without("PullByOrganizations")), "account member of organization acme: pull must"),
    ],
)
def test_what_breaks_it_in_the_registry_fails_it(stack: Stack, clients: Clients, break_it: Break, says: str) -> None:
    assert stack.kept("tested_access", APP).held
    with break_it(clients):
        outcome = stack.broken("tested_access", APP)
    assert not outcome.held
    assert says in outcome.happened


def test_a_test_of_another_region_or_repository_is_not_tried_here(stack: Stack) -> None:
    case, (test, *_) = stack.case(APP), stack.settings.access_tests
    assert isinstance(case, Case)
    assert tested_access.applies(case)
    for other in (replace(test, regions=("eu-west-1",)), replace(test, repository="team/web")):
        assert not tested_access.applies(replace(case, settings=replace(stack.settings, access_tests=(other,))))
