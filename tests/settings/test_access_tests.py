"""Tests of access in the catalog: what each principal means in a stack, and what is refused."""

from functools import partial
from pathlib import Path
from typing import get_args

import pytest
from syrupy.assertion import SnapshotAssertion

from domain.iam.access_test import AccessTest
from review.access.matrix import Access
from settings import load
from settings.written.access_tests import AccessTestEntry
from tests.settings.written import HEAD, api, catalog, only, words
from tests.stacks import PROJECT, edited

PUSH = "push: [{github: Acme/API, owner_id: 1, repository_id: 2, refs: [refs/heads/main]}]"


def a_test(principal: str, more: str = "action: push, expect: allowed") -> str:
    return f"access_tests: [{{principal: {{{principal}}}, {more}}}]"


def shared(more: str) -> str:
    return f"{HEAD}  payments/api: {{owner: payments, {PUSH}}}\naccess_tests: [{{{more}}}]\n"


EVERYONE = "principal: {everyone: true}, action: pull, expect: denied"
FAULTS = {
    "no principal": api(a_test("")),
    "two principals": api(a_test("account: workloads, everyone: true")),
    "an account of no stack": api(a_test("account: workload")),
    "an organization of no stack": api(a_test("account: workloads, organization: acne")),
    "an organization of no account": api(a_test("everyone: true, organization: acme")),
    "a repository at GitHub that pushes nothing": api(
        f"{PUSH}, {a_test('github: acme/apis, refs: [refs/heads/main]')}"
    ),
    "a workflow that runs for nothing": api(f"{PUSH}, {a_test('github: acme/api')}"),
    "a workflow that runs for two things": api(
        f"{PUSH}, {a_test('github: acme/api, pull_request: true, environment: production')}"
    ),
    "a wildcard": api(f"{PUSH}, {a_test('github: acme/api, refs: [refs/tags/v*]')}"),
    "no ref": api(f"{PUSH}, {a_test('github: acme/api, branch: main')}"),
    "refs of no repository": api(a_test("account: workloads, refs: [refs/heads/main]")),
    "a role that the stack does not have": api(f"{PUSH}, {a_test('role: dev.acme.api+branch-man')}"),
    "a namespace of no cluster": api(a_test("namespace: market/payments")),
    "no ARN of a principal": api(a_test("arn: 'arn:aws:iam::444455556666:root'")),
    "everyone or not": api(a_test("everyone: false")),
    "another action": api(a_test("everyone: true", "action: read, expect: denied")),
    "another expectation": api(a_test("everyone: true", "action: pull, expect: deny")),
    "a region without a registry": api(a_test("everyone: true", "action: pull, expect: denied, regions: [eu-north-1]")),
    "a stack that is not there": api(a_test("everyone: true", "action: pull, expect: denied, stacks: [staging]")),
    "no expectation": api(a_test("everyone: true", "action: pull")),
    "a repository that is not there": shared(f"{EVERYONE}, repositories: [payments/api, payments/apy]"),
    "no repositories": shared(EVERYONE),
    "an empty list of repositories": shared(f"{EVERYONE}, repositories: []"),
}


def test_every_fault_names_its_place_and_the_fix(project: Path, snapshot: SnapshotAssertion) -> None:
    assert words(project, {name: partial(catalog, text=text) for name, text in FAULTS.items()}) == snapshot


def test_what_another_stack_has_is_asked_there_alone(project: Path) -> None:
    dev = api(a_test("account: workloads", "action: pull, expect: denied, stacks: [prod], regions: [eu-west-1]"))
    catalog(project, dev)
    assert load(project, "dev").access_tests == ()
    assert [each.regions for each in load(project, "prod").access_tests] == [("eu-west-1",)]
    edited(project, ("catalog.yaml", "stacks: [prod], ", ""))
    assert [each.regions for each in load(project, "dev").access_tests] == [("eu-west-1",)]


def test_a_repository_that_a_replica_does_not_have_has_no_such_region(project: Path) -> None:
    edited(project, ("Pulumi.prod.yaml", "- region: eu-west-1", "- {region: eu-west-1, prefixes: [storefront/]}"))
    catalog(project, api(a_test("everyone: true", "action: pull, expect: denied, regions: [eu-west-1]")))
    assert "payments/api" in only(project, "prod")


def means(project: Path, text: str, stack: str = "dev") -> list[AccessTest]:
    catalog(project, text)
    return list(load(project, stack).access_tests)


def test_a_workflow_is_a_token_for_each_ref_by_the_ids_of_its_repository(project: Path) -> None:
    refs = a_test("github: acme/api, refs: [refs/heads/main, refs/tags/v1.0]")
    (found,) = means(project, api(f"{PUSH}, {refs}"))
    assert (found.path, found.repository) == (("repositories", "payments/api", "access_tests", 0), "payments/api")
    assert [each.label for each in found.principals] == ["Acme/API on refs/heads/main", "Acme/API on refs/tags/v1.0"]
    assert [each.claims["sub"] for each in found.principals] == [
        "repo:Acme@1/API@2:ref:refs/heads/main", "repo:Acme@1/API@2:ref:refs/tags/v1.0",
    ]  # fmt: skip
    assert {each.claims["repository_id"] for each in found.principals} == {"2"}


@pytest.mark.parametrize(
    ("principal", "label", "subject"),
    [
        ("environment: production", "Acme/API in environment production", "environment:production"),
        ("pull_request: true", "pull requests of Acme/API", "pull_request"),
    ],
)
def test_a_workflow_runs_in_an_environment_or_for_a_pull_request(
    project: Path, principal: str, label: str, subject: str
) -> None:
    ((who,),) = (each.principals for each in means(project, api(f"{PUSH}, {a_test(f'github: acme/api, {principal}')}")))
    assert (who.label, who.claims["sub"]) == (label, f"repo:Acme@1/API@2:{subject}")


def test_the_case_of_an_environment_is_that_of_its_push(project: Path) -> None:
    push = "push: [{github: Acme/API, environment: Production}]"
    (found,) = means(project, api(f"{push}, {a_test('github: acme/api, environment: production')}"))
    assert [each.claims["sub"] for each in found.principals] == ["repo:Acme/API:environment:Production"]


def test_other_principals_are_the_ids_and_arns_of_the_stack(project: Path) -> None:
    tests = [
        "{account: workloads, organization: acme}", "{everyone: true}", "{role: dev.acme.api+branch-main}",
        "{arn: 'arn:aws:iam::444455556666:role/batch/runner'}",
    ]  # fmt: skip
    written = ", ".join(f"{{principal: {each}, action: pull, expect: denied}}" for each in tests)
    account, everyone, role, arn = (
        each.principals[0] for each in means(project, api(f"{PUSH}, access_tests: [{written}]"))
    )
    assert (account.account, account.organization) == ("444455556666", "o-a1b2c3d4e5")
    assert (everyone.provider, everyone.role, everyone.arn, everyone.account) == ("", "", "", "")
    assert role.role == "arn:aws:iam::111122223333:role/container-registry/dev/dev.acme.api+branch-main"
    assert arn.arn == "arn:aws:iam::444455556666:role/batch/runner"


@pytest.mark.parametrize(
    ("namespace", "field", "value"),
    [
        ("market/payments", "claims", "system:serviceaccount:payments:ecr-refresher"),
        ("market/storefront", "claims", "system:serviceaccount:storefront:ecr-pull"),
        ("market/data", "arn", "arn:aws:iam::222233334444:role/eks/market-nodes"),
    ],
)
def test_a_namespace_is_what_its_mode_pulls_with(project: Path, namespace: str, field: str, value: str) -> None:
    text = (PROJECT / "catalog.yaml").read_text(encoding="utf-8")
    written = a_test(f"namespace: {namespace}", "action: pull, expect: allowed, stacks: [prod]")
    (found,) = means(project, f"{text[: text.index('    access_tests:')]}    {written}\n", "prod")
    (who,) = found.principals
    assert (who.claims["sub"] if field == "claims" else who.arn) == value


def test_a_test_of_several_repositories_is_one_of_each(project: Path) -> None:
    found = means(project, shared(f"{EVERYONE}, repositories: [payments/api]"))
    assert [(each.path, each.repository, each.regions) for each in found] == [(("access_tests", 0), "payments/api", ())]


def test_the_actions_are_those_of_the_access_matrix() -> None:
    assert get_args(AccessTestEntry.model_fields["action"].annotation) == tuple(Access)
