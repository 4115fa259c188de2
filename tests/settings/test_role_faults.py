"""Roles that can't be: each fault as a whole line, before anything runs.

IAM tells an account's roles apart by name, not by path or case."""

from functools import partial
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from settings import load
from tests.conftest import Edit
from tests.settings.written import HEAD, catalog, faults, key, only, words

WORKFLOW = "acme/workflows/.github/workflows/publish.yml"


def catalog_of(key: str, *values: str) -> str:
    """A catalog of one repository for each value of the key push or pull."""
    return HEAD + "".join(f"  payments/r{n}: {{owner: payments, {key}: [{each}]}}\n" for n, each in enumerate(values))


def main(**given: object) -> str:
    """A push from the branch main of acme/api, with what is given beside it or instead."""
    written = {"github": "acme/api", "refs": "[refs/heads/main]", **given}
    return f"{{{', '.join(f'{key}: {value}' for key, value in written.items() if value is not None)}}}"


LONG = "[" + ", ".join(f"refs/heads/release-{n:03}" for n in range(50)) + "]"
FIRST = main(owner_id=1024, repository_id=1)
PUSHES = {
    "neither refs nor environment": [main(refs=None)],
    "refs and environment": [main(environment="prod")],
    "every branch": [main(refs="['refs/heads/*']")],
    "every environment": [main(refs=None, environment="'*'")],
    "an alphabet that IAM does not take": [main(refs=None, environment="生産")],
    "every repository": [main(github="acme/*")],
    "a workflow at main": [main(job_workflow_ref=f"{WORKFLOW}@main")],
    "an id of letters": [main(owner_id="acme")],
    "the id 0": [main(repository_id="0")],
    "a pattern for an id": [main(repository_id="'1*'")],
    "an immutable subject without ids": [main(subject="immutable", owner_id=1024)],
    "an unknown form of subject": [main(subject="mutable")],
    "another owner's id": [FIRST, main(owner_id=1025, repository_id=1)],
    "an id that the first has": [FIRST, main(owner_id=1024, refs="[refs/heads/x]")],
    "two forms of subject": [FIRST, FIRST.replace("}", ", subject: name}")],
    "two spellings": [main(), main(github="acme/API")],
    "one id of two repositories": [FIRST, FIRST.replace("/api", "/web")],
    "a trust policy over its limit": [main(refs=LONG)],
    "a push policy over its limit": [main()] * 200,
}
AUDITOR = "arn:aws:iam::111122223333:role/security/auditor"
MANY = ", ".join(f"'arn:aws:iam::111122223333:role/security/{n:030}'" for n in range(30))
ROLES = {
    "an auditor twice": f"{{auditors: ['{AUDITOR}', '{AUDITOR}']}}",
    "an auditor of another partition": "{auditors: ['arn:aws-cn:iam::111122223333:role/a']}",
    "an account for an auditor": "{auditors: ['111122223333']}",
    "any principal": "{auditors: ['*']}",
    "a long session": "{session_hours: 13}",
    "no session": "{session_hours: 0}",
    "a key": "{auditor: x}",
    "too many auditors": f"{{auditors: [{MANY}]}}",
}
OF_OTHERS = HEAD + "  payments/api: {owner: payments, pull: [{service: ecs, account: workloads}]}\n"
CASES = {
    **{case: partial(catalog, text=catalog_of("push", *pushes)) for case, pushes in PUSHES.items()},
    **{case: partial(key, line=f"roles: {written}") for case, written in ROLES.items()},
    "tasks of another account": partial(catalog, text=OF_OTHERS),
}


def test_the_words(project: Path, snapshot: SnapshotAssertion) -> None:
    assert words(project, CASES) == snapshot


def test_stacks_do_not_contradict_each_other(project: Path) -> None:
    catalog(project, catalog_of("push", main(owner_id=1, stacks="[dev]"), main(owner_id=2, stacks="[prod]")))
    assert [each.source.owner_id for each in load(project, "dev").publishers] == ["1"]
    assert [each.source.owner_id for each in load(project, "prod").publishers] == ["2"]


def test_a_pull_policy_over_its_limit(project: Path) -> None:
    """A task pulls in every region: what fits at home need not fit with replicas."""
    catalog(project, catalog_of("pull", *["{service: ecs}"] * 100))
    assert len(load(project, "dev").repositories) == 100
    key(project, "replicas: [{region: eu-west-1}]")
    assert only(project) == (
        "catalog.yaml:104: repositories.payments/r99.pull[0].service: 'ecs' pulls 100 repositories, and its role's "
        "policy has 12,410 characters where IAM takes 10,240 (let some be pulled by roles of your own: "
        "{account: NAME, role: ROLE})"
    )


def test_more_roles_than_an_account_has(project: Path) -> None:
    pushes = [main(github=f"acme/r{n}") for n in range(998)]
    catalog(project, catalog_of("push", *pushes))
    # With two for dev's cache: by which tasks pull from it, and as which ECR makes its repositories.
    assert len(load(project, "dev").roles) == 1_000
    key(project, "roles: {auditors: ['arn:aws:iam::111122223333:role/a']}")
    too_many = "make 1,001 roles, and an account has 1,000 (name fewer push sources, or ask AWS for a higher quota)"
    assert only(project) == f"catalog.yaml:4: repositories: {too_many}"


def test_one_source_is_one_role_for_all_its_repositories(project: Path) -> None:
    given = main(owner_id=1024, repository_id="'65536'")
    catalog(project, catalog_of("push", given, main(github="acme/web"), given, f"{given}, {given}"))
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


@pytest.mark.parametrize(
    ("one", "other"), [("batch/runner", "runner"), ("runner", "Runner"), ("a/runner", "b/runner"), ("b/Run", "B/run")]
)
def test_two_roles_of_one_name_are_reported(project: Path, one: str, other: str) -> None:
    both = f"{{account: workloads}}, {{account: workloads, role: {other}}}"
    pulls = (f"{{account: workloads, role: {one}}}", f"{{account: data-platform, role: {other}}}", both)
    catalog(project, catalog_of("pull", *pulls))
    assert only(project) == (
        f"catalog.yaml:7: repositories.payments/r2.pull[1].role: {other!r} can't exist in account 444455556666 beside "
        f"{one!r} (repositories.payments/r0.pull[0].role): a role's name is unique there, whatever its path and case "
        "(write the one that exists)"
    )


def test_an_account_of_two_names_is_one(project: Path, edit: Edit) -> None:
    workloads = '    workloads: "444455556666"\n'
    edit("Pulumi.dev.yaml", workloads, f"{workloads}{workloads.replace('workloads', 'same')}")
    catalog(project, catalog_of("pull", "{account: workloads, role: batch/runner}", "{account: same, role: runner}"))
    assert "payments/r1.pull[0].role: 'runner' can't exist in account 444455556666 beside" in only(project)


def test_roles_are_reported_beside_other_faults(project: Path) -> None:
    roles = "{account: workloads, role: batch/runner}, {account: workloads, role: runner}"
    catalog(project, f"{catalog_of('pull', roles)}  payments/bad: {{}}\n")
    assert [fault.path[1] for fault in faults(project)] == ["payments/r0", "payments/bad"]


def test_a_role_may_be_granted_often(project: Path) -> None:
    role = "{account: workloads, role: batch/runner}"
    others = ("{account: data-platform, role: runner}", "{account: workloads, role: run}")
    catalog(project, catalog_of("pull", role, role, *others))
    assert [len(each.pull) for each in load(project, "dev").repositories] == [1, 1, 1, 1]
