"""What can't be a stack's own roles: each fault as a whole line, before anything runs."""

from pathlib import Path

import pytest

from settings import load
from tests.settings.written import HEAD, catalog, faults, key, only

WORKFLOW = "acme/workflows/.github/workflows/publish.yml"


def pushed(*pushes: str) -> str:
    """A catalog of one repository for each."""
    return HEAD + "".join(f"  payments/r{n}: {{owner: payments, push: [{each}]}}\n" for n, each in enumerate(pushes))


def main(**given: object) -> str:
    """A push from the branch main of acme/api, with what is given beside it or instead."""
    written = {"github": "acme/api", "refs": "[refs/heads/main]", **given}
    return f"{{{', '.join(f'{key}: {value}' for key, value in written.items() if value is not None)}}}"


NO_REF = (
    ".refs[0]: {value} is not a branch or tag ref "
    "(write refs/heads/main, refs/tags/v1.2 or refs/tags/v* (a `*` only in a tag))"
)
NO_WORKFLOW = (
    ".job_workflow_ref: {value} is not a reusable workflow with a ref "
    "(write acme/workflows/.github/workflows/publish.yml@refs/heads/main)"
)
NO_ENVIRONMENT = ".environment: {value} is not a valid environment name (write its name, as in production)"
NO_ID = ".{key}: {value} is not a GitHub id (write its digits, as in 1024)"
SOURCE = ": an object with {keys} {what} (write exactly one of refs, environment)"
UNSOUND = {
    "neither refs nor environment": (main(refs=None), SOURCE.format(keys="github", what="has no source of the push")),
    "refs and environment": (
        main(environment="prod"),
        SOURCE.format(keys="github, refs, environment", what="has refs and environment"),
    ),
    "every ref": (main(refs="['*']"), NO_REF.format(value="'*'")),
    "every branch": (main(refs="['refs/heads/*']"), NO_REF.format(value="'refs/heads/*'")),
    "a variable": (main(refs="['refs/tags/${x}']"), NO_REF.format(value="'refs/tags/${x}'")),
    "every environment": (main(refs=None, environment="'*'"), NO_ENVIRONMENT.format(value="'*'")),
    "an alphabet that IAM does not take": (main(refs=None, environment="生産"), NO_ENVIRONMENT.format(value="'生産'")),
    "every repository": (
        main(github="acme/*"),
        ".github: 'acme/*' is not a GitHub repository (write it as acme/payments-api)",
    ),
    "a workflow at main": (main(job_workflow_ref=f"{WORKFLOW}@main"), NO_WORKFLOW.format(value=f"'{WORKFLOW}@main'")),
    "any workflow": (main(job_workflow_ref="'*'"), NO_WORKFLOW.format(value="'*'")),
    "an id of letters": (main(owner_id="acme"), NO_ID.format(key="owner_id", value="'acme'")),
    "an id of nobody": (main(repository_id="0"), NO_ID.format(key="repository_id", value="0")),
    "a pattern for an id": (main(repository_id="'1*'"), NO_ID.format(key="repository_id", value="'1*'")),
    "an immutable subject without ids": (
        main(subject="immutable", owner_id=1024),
        (
            ".subject: 'immutable' needs owner_id and repository_id "
            "(add both: gh api repos/acme/api --jq '.owner.id, .id')"
        ),
    ),
    "an unknown form of subject": (
        main(subject="mutable"),
        ".subject: 'mutable' is not one of the choices (write 'name' or 'immutable')",
    ),
}


@pytest.mark.parametrize("case", UNSOUND)
def test_a_source_that_is_none(project: Path, case: str) -> None:
    push, expected = UNSOUND[case]
    catalog(project, pushed(push))
    assert only(project) == f"catalog.yaml:5: repositories.payments/r0.push[0]{expected}"


FIRST = "in the first entry for acme/api (write the same everywhere)"
TOGETHER = {
    "another owner's id": (
        main(owner_id=1024, repository_id=1),
        main(owner_id=1025, repository_id=1),
        f"owner_id: '1025' differs from '1024' {FIRST}",
    ),
    "an id that the first has": (
        main(owner_id=1024, repository_id=1),
        main(owner_id=1024, refs="[refs/heads/x]"),
        f"repository_id: is not set, but is '1' {FIRST}",
    ),
    "two forms of subject": (
        main(owner_id=1024, repository_id=1),
        main(owner_id=1024, repository_id=1, subject="name"),
        f"subject: 'name' differs from 'immutable' {FIRST}",
    ),
    "two spellings": (main(), main(github="acme/API"), f"github: 'acme/API' differs from 'acme/api' {FIRST}"),
    "one id of two repositories": (
        main(repository_id=1),
        main(github="acme/web", repository_id=1),
        "repository_id: '1' is the id of acme/api (look it up: gh api repos/acme/web --jq .id)",
    ),
    "two ids of one owner": (
        main(owner_id=1024),
        main(github="acme/web", owner_id=2048),
        f"owner_id: '2048' differs from '1024' {FIRST}",
    ),
}


@pytest.mark.parametrize("case", TOGETHER)
def test_sources_that_contradict_each_other(project: Path, case: str) -> None:
    one, other, expected = TOGETHER[case]
    catalog(project, pushed(one, other))
    assert only(project) == f"catalog.yaml:6: repositories.payments/r1.push[0].{expected}"


def test_stacks_do_not_contradict_each_other(project: Path) -> None:
    catalog(project, pushed(main(owner_id=1, stacks="[dev]"), main(owner_id=2, stacks="[prod]")))
    assert [each.source.owner_id for each in load(project, "dev").publishers] == ["1"]
    assert [each.source.owner_id for each in load(project, "prod").publishers] == ["2"]


def test_a_trust_policy_over_its_limit(project: Path) -> None:
    catalog(project, pushed(main(refs=f"[{', '.join(f'refs/heads/release-{n:03}' for n in range(50))}]")))
    assert only(project) == (
        "catalog.yaml:5: repositories.payments/r0.push[0].refs: a list of 50 makes the role's trust policy 2,507 "
        "characters long, and IAM allows 2,048 (name fewer refs, or an environment that they deploy to)"
    )


def test_a_push_policy_over_its_limit(project: Path) -> None:
    catalog(project, pushed(*[main()] * 200))
    assert only(project) == (
        "catalog.yaml:204: repositories.payments/r199.push[0].github: 'acme/api' pushes 200 repositories, and its "
        "role's policy has 12,614 characters where IAM takes 10,240 (let another environment of the repository push "
        "some of them)"
    )


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
    assert only(project) == (
        "catalog.yaml:4: repositories: make 1,001 roles, and an account has 1,000 "
        "(name fewer push sources, or ask AWS for a higher quota)"
    )


def test_tasks_of_another_account_have_their_own_role(project: Path) -> None:
    catalog(project, HEAD + "  payments/api: {owner: payments, pull: [{service: ecs, account: workloads}]}\n")
    assert only(project) == (
        "catalog.yaml:5: repositories.payments/api.pull[0].account: 'workloads' is another account, whose tasks pull "
        "with a role of its own (write {account: NAME, role: ROLE} with the role under which they run)"
    )


AUDITOR = "arn:aws:iam::111122223333:role/security/auditor"
OF_STACK = {
    f"{{auditors: ['{AUDITOR}', '{AUDITOR}']}}": f"auditors[1]: '{AUDITOR}' stands twice (remove the line)",
    "{auditors: ['arn:aws-cn:iam::111122223333:role/a']}": (
        "auditors[0]: 'arn:aws-cn:iam::111122223333:role/a' is in partition aws-cn (write arn:aws:iam::…)"
    ),
    "{auditors: ['111122223333']}": (
        "auditors[0]: '111122223333' is not an ARN of role or user (write arn:aws:iam::ACCOUNT:role/NAME)"
    ),
    "{auditors: ['*']}": "auditors[0]: '*' is not an ARN of role or user (write arn:aws:iam::ACCOUNT:role/NAME)",
    "{session_hours: 13}": ("session_hours: 13 is not a valid session length (write 1 to 12 hours)"),
    "{session_hours: 0}": "session_hours: 0 is not a valid session length (write 1 to 12 hours)",
    "{auditor: x}": "auditor: 'auditor' is not a known key (did you mean 'auditors'?)",
}


@pytest.mark.parametrize("written", OF_STACK)
def test_a_fault_in_the_stack(project: Path, written: str) -> None:
    key(project, f"roles: {written}")
    (found,) = faults(project)
    assert str(found) == f"Pulumi.dev.yaml:17: config.container-registry:roles.{OF_STACK[written]}"


def test_too_many_auditors(project: Path) -> None:
    arns = ", ".join(f"'arn:aws:iam::111122223333:role/security/{n:030}'" for n in range(30))
    key(project, f"roles: {{auditors: [{arns}]}}")
    assert only(project) == (
        "Pulumi.dev.yaml:17: config.container-registry:roles.auditors: a list of 30 makes the auditor's trust policy "
        "2,310 characters long, and IAM allows 2,048 (name a role that they all assume)"
    )


def test_one_source_is_one_role_for_all_its_repositories(project: Path) -> None:
    given = main(owner_id=1024, repository_id="'65536'")
    catalog(project, pushed(given, main(github="acme/web"), given, f"{given}, {given}"))
    found = {each.name: each.repositories for each in load(project, "dev").publishers}
    assert found == {
        "dev.acme.api+branch-main": ("payments/r0", "payments/r2", "payments/r3"),
        "dev.acme.web+branch-main": ("payments/r1",),
    }


def test_a_stacks_long_name_is_cut(project: Path) -> None:
    """Pulumi allows a hundred characters, IAM sixty-four."""
    stack = "s" * 70
    (project / "Pulumi.dev.yaml").rename(project / f"Pulumi.{stack}.yaml")
    catalog(project, HEAD + f"  payments/api: {{owner: payments, push: [{main()}], pull: [{{service: ecs}}]}}\n")
    names = [each.name for each in load(project, stack).roles]
    assert {len(each) for each in names} == {64}
    assert len(set(names)) == len(names)
