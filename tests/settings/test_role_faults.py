"""What can't be a stack's own roles: each fault as a whole line, before anything runs."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from settings import load
from tests.settings.written import HEAD, catalog, key, only, words

WORKFLOW = "acme/workflows/.github/workflows/publish.yml"


def pushed(*pushes: str) -> str:
    """A catalog of one repository for each."""
    return HEAD + "".join(f"  payments/r{n}: {{owner: payments, push: [{each}]}}\n" for n, each in enumerate(pushes))


def main(**given: object) -> str:
    """A push from the branch main of acme/api, with what is given beside it or instead."""
    written = {"github": "acme/api", "refs": "[refs/heads/main]", **given}
    return f"{{{', '.join(f'{key}: {value}' for key, value in written.items() if value is not None)}}}"


LONG = "[" + ", ".join(f"refs/heads/release-{n:03}" for n in range(50)) + "]"
FIRST = main(owner_id=1024, repository_id=1)
PUSHES = {
    "neither refs nor environment": ([main(refs=None)], "r0.push[0]: "),
    "refs and environment": ([main(environment="prod")], "r0.push[0]: "),
    "every ref": ([main(refs="['*']")], "refs[0]: '*' "),
    "every branch": ([main(refs="['refs/heads/*']")], "refs[0]: 'refs/heads/*' "),
    "a variable": ([main(refs="['refs/tags/${x}']")], "refs[0]: 'refs/tags/${x}' "),
    "every environment": ([main(refs=None, environment="'*'")], "environment: '*' "),
    "an alphabet that IAM does not take": ([main(refs=None, environment="生産")], "environment: '生産' "),
    "every repository": ([main(github="acme/*")], "github: 'acme/*' "),
    "a workflow at main": ([main(job_workflow_ref=f"{WORKFLOW}@main")], f"job_workflow_ref: '{WORKFLOW}@main' "),
    "any workflow": ([main(job_workflow_ref="'*'")], "job_workflow_ref: '*' "),
    "an id of letters": ([main(owner_id="acme")], "owner_id: 'acme' "),
    "an id of nobody": ([main(repository_id="0")], "repository_id: 0 "),
    "a pattern for an id": ([main(repository_id="'1*'")], "repository_id: '1*' "),
    "an immutable subject without ids": ([main(subject="immutable", owner_id=1024)], "subject: 'immutable' "),
    "an unknown form of subject": ([main(subject="mutable")], "subject: 'mutable' "),
    "another owner's id": ([FIRST, main(owner_id=1025, repository_id=1)], "r1.push[0].owner_id: '1025' "),
    "an id that the first has": ([FIRST, main(owner_id=1024, refs="[refs/heads/x]")], "r1.push[0].repository_id: "),
    "two forms of subject": ([FIRST, FIRST.replace("}", ", subject: name}")], "r1.push[0].subject: 'name' "),
    "two spellings": ([main(), main(github="acme/API")], "r1.push[0].github: 'acme/API' "),
    "one id of two repositories": ([FIRST, FIRST.replace("/api", "/web")], "r1.push[0].repository_id: '1' "),
    "two ids of one owner": ([FIRST, main(github="acme/web", owner_id=2048)], "r1.push[0].owner_id: '2048' "),
    "a trust policy over its limit": ([main(refs=LONG)], "r0.push[0].refs: "),
    "a push policy over its limit": ([main()] * 200, "r199.push[0].github: 'acme/api' "),
}
AUDITOR, AUDITORS = "arn:aws:iam::111122223333:role/security/auditor", "roles.auditors[0]: "
MANY = ", ".join(f"'arn:aws:iam::111122223333:role/security/{n:030}'" for n in range(30))
ROLES = {
    "an auditor twice": (f"{{auditors: ['{AUDITOR}', '{AUDITOR}']}}", "roles.auditors[1]: "),
    "an auditor of another partition": ("{auditors: ['arn:aws-cn:iam::111122223333:role/a']}", AUDITORS),
    "an account for an auditor": ("{auditors: ['111122223333']}", f"{AUDITORS}'111122223333' "),
    "everybody": ("{auditors: ['*']}", f"{AUDITORS}'*' "),
    "a long session": ("{session_hours: 13}", "roles.session_hours: 13 "),
    "no session": ("{session_hours: 0}", "roles.session_hours: 0 "),
    "a key": ("{auditor: x}", "roles.auditor: "),
    "too many auditors": (f"{{auditors: [{MANY}]}}", "roles.auditors: "),
}
OF_OTHERS = HEAD + "  payments/api: {owner: payments, pull: [{service: ecs, account: workloads}]}\n"
CASES: dict[str, tuple[Callable[[Path], object], str]] = {
    **{case: (partial(catalog, text=pushed(*pushes)), start) for case, (pushes, start) in PUSHES.items()},
    **{case: (partial(key, line=f"roles: {written}"), start) for case, (written, start) in ROLES.items()},
    "tasks of another account": (partial(catalog, text=OF_OTHERS), "payments/api.pull[0].account: 'workloads' "),
}


@pytest.mark.parametrize("case", CASES)
def test_a_fault_in_the_roles(project: Path, case: str) -> None:
    change, start = CASES[case]
    change(project)
    assert start in only(project)


def test_the_words(project: Path, snapshot: SnapshotAssertion) -> None:
    assert words(project, {case: change for case, (change, _) in CASES.items()}) == snapshot


def test_stacks_do_not_contradict_each_other(project: Path) -> None:
    catalog(project, pushed(main(owner_id=1, stacks="[dev]"), main(owner_id=2, stacks="[prod]")))
    assert [each.source.owner_id for each in load(project, "dev").publishers] == ["1"]
    assert [each.source.owner_id for each in load(project, "prod").publishers] == ["2"]


def test_a_pull_policy_over_its_limit(project: Path) -> None:
    """A task pulls in every region: what fits at home need not fit with replicas."""
    lines = (f"  payments/r{n}: {{owner: payments, pull: [{{service: ecs}}]}}\n" for n in range(100))
    catalog(project, HEAD + "".join(lines))
    assert len(load(project, "dev").repositories) == 100
    key(project, "replicas: [{region: eu-west-1}]")
    assert only(project) == (
        "catalog.yaml:104: repositories.payments/r99.pull[0].service: 'ecs' pulls 100 repositories, and its role's "
        "policy has 12,410 characters where IAM takes 10,240 (let some be pulled by roles of your own: "
        "{account: NAME, role: ROLE})"
    )


def test_more_roles_than_an_account_has(project: Path) -> None:
    pushes = [main(github=f"acme/r{n}") for n in range(998)]
    catalog(project, pushed(*pushes))
    # With two for dev's cache: by which tasks pull from it, and as which ECR makes its repositories.
    assert len(load(project, "dev").roles) == 1_000
    key(project, "roles: {auditors: ['arn:aws:iam::111122223333:role/a']}")
    told = "make 1,001 roles, and an account has 1,000 (name fewer push sources, or ask AWS for a higher quota)"
    assert only(project) == f"catalog.yaml:4: repositories: {told}"


def test_one_source_is_one_role_for_all_its_repositories(project: Path) -> None:
    given = main(owner_id=1024, repository_id="'65536'")
    catalog(project, pushed(given, main(github="acme/web"), given, f"{given}, {given}"))
    found = {each.name: each.repositories for each in load(project, "dev").publishers}
    main_of_api, main_of_web = "dev.acme.api+branch-main", "dev.acme.web+branch-main"
    assert found == {main_of_api: ("payments/r0", "payments/r2", "payments/r3"), main_of_web: ("payments/r1",)}


def test_a_stacks_long_name_is_cut(project: Path) -> None:
    """Pulumi allows a hundred characters, IAM sixty-four."""
    stack = "s" * 70
    (project / "Pulumi.dev.yaml").rename(project / f"Pulumi.{stack}.yaml")
    catalog(project, HEAD + f"  payments/api: {{owner: payments, push: [{main()}], pull: [{{service: ecs}}]}}\n")
    names = [each.name for each in load(project, stack).roles]
    assert {len(each) for each in names} == {64}
    assert len(set(names)) == len(names)
