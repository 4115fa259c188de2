"""Each step that can decide a question of access, named with its statement."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from bootstrap.template import boundaries
from domain.iam.access import Policy
from domain.iam.concrete_principal import ConcretePrincipal, token_holder
from domain.iam.github import ISSUER
from render.resource import Resource
from resources import iam
from resources.ecr import CREATION_TEMPLATE
from review.access.access_questions import AccessAnswer, AccessQuestions, AccessStep
from review.access.evaluation import access_matrix
from review.access.matrix import Access, GranteeKind
from review.access.partial_evaluation import Permission
from tests.review.access.scene import (
    ACCOUNT,
    API,
    CLUSTER,
    LOGIN,
    OTHER,
    PROVIDER,
    PULL,
    PUSH,
    REGION,
    THIRD,
    Statement,
    allow,
    boundary,
    cluster,
    deny,
    github,
    mine,
    registry_policy,
    rendered,
    repository,
    resource,
    role,
    role_arn,
)
from tests.stacks import ROOT
from tests.stacks import rendered as project_rendered

ORGANIZATION = {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}
MAIN, FEATURE = (f"repo:acme/payments-api:ref:refs/heads/{each}" for each in ("main", "feature"))
WORKFLOW = token_holder("the workflow", PROVIDER, MAIN)
ROLE = ConcretePrincipal(label="the role", role=role_arn("push"))
ACCOUNT_PRINCIPAL = ConcretePrincipal(label="workloads", account=OTHER)
EVERYONE = ConcretePrincipal(label="everyone")

Parts = list[Resource] | Resource


def ask(
    principal: ConcretePrincipal, access: Access, *parts: Parts, boundaries: Mapping[str, Policy] | None = None
) -> AccessAnswer:
    questions = AccessQuestions(rendered(*parts), boundaries or {})
    (target,) = questions.targets(API)
    return questions.obstacle(principal, access, target)


def pusher(*more: Statement, **inputs: Any) -> list[Resource]:
    return [*repository(), *role("push", LOGIN, {**mine(), "Sid": "Push"}, *more, **inputs)]


def test_a_workflow_pushes_by_the_role_that_trusts_it() -> None:
    answer = ask(WORKFLOW, Access.PUSH, pusher())
    assert answer == AccessAnswer(
        permission=Permission.ALLOWED, step=AccessStep.IDENTITY, action=PUSH[-1], policy="push",
        statement="statement Push", role=role_arn("push"),
    )  # fmt: skip
    assert str(answer) == (f"allowed as role push: statement Push of the identity-based policy allows {PUSH[-1]}")


def denied(
    principal: ConcretePrincipal, access: Access, *parts: Parts, **more: Any
) -> tuple[AccessStep, str, str, str]:
    answer = ask(principal, access, *parts, **more)
    assert (answer.permission, answer.verdict) == (None, "denied")
    return answer.step, answer.statement, answer.policy, answer.action


def test_the_trust_policy_denies_another_branch() -> None:
    answer = ask(token_holder("f", PROVIDER, FEATURE), Access.PUSH, pusher())
    unmet = f"StringLike {ISSUER}:sub {MAIN} (it is {FEATURE})"
    assert (answer.step, answer.role, answer.conditions) == (AccessStep.ASSUME, role_arn("push"), (unmet,))
    assert str(answer) == f"denied: the trust policy of role push does not allow it: {unmet}"


def test_of_several_roles_the_one_that_lacks_the_least_is_named() -> None:
    more = role("more", LOGIN, mine(), trust=github("repo:acme/x:*", StringEquals={f"{ISSUER}:repository_id": "1"}))
    holder = token_holder("f", PROVIDER, FEATURE, repository_id="2")
    assert ask(holder, Access.PUSH, pusher(), more).role == role_arn("push")


def test_no_role_trusts_the_token_at_all() -> None:
    answer = ask(WORKFLOW, Access.PUSH, repository(), role("push", LOGIN, mine(), trust=cluster("a")))
    assert str(answer) == "denied: no role of the stack trusts it"


def test_a_role_that_is_not_in_the_render_is_denied() -> None:
    assert denied(ROLE, Access.DELETE, repository())[0] is AccessStep.ASSUME


def test_a_claim_that_is_not_known_is_a_condition_and_one_that_is_absent_denies() -> None:
    trust = github(MAIN, StringEquals={f"{ISSUER}:job_workflow_ref": "acme/w/.github/workflows/p.yml@refs/heads/main"})
    answer = ask(WORKFLOW, Access.PUSH, pusher(trust=trust))
    assert (answer.permission, answer.step) == (Permission.CONDITIONAL, AccessStep.IDENTITY)
    assert [each.split()[2] for each in answer.conditions] == [f"{ISSUER}:job_workflow_ref"]
    assert denied(replace(WORKFLOW, whole=True), Access.PUSH, pusher(trust=trust))[0] is AccessStep.ASSUME


def test_the_login_denies_a_role_that_has_only_the_push() -> None:
    found = denied(ROLE, Access.PUSH, repository(), role("push", mine()))
    assert found == (AccessStep.LOGIN, "", "", "ecr:GetAuthorizationToken")
    text = str(ask(ROLE, Access.PUSH, repository(), role("push", mine())))
    assert text == ("denied as role push: no statement of the identity-based policy allows ecr:GetAuthorizationToken")


def test_its_own_policy_lacks_the_call_or_denies_it() -> None:
    assert denied(ROLE, Access.DELETE, pusher()) == (AccessStep.IDENTITY, "", "", "ecr:BatchDeleteImage")
    refusal = {"Sid": "NoPut", "Effect": "Deny", "Action": "ecr:PutImage", "Resource": "*"}
    assert denied(ROLE, Access.PUSH, pusher(refusal)) == (
        AccessStep.IDENTITY,
        "statement NoPut",
        "push",
        "ecr:PutImage",
    )


def test_the_boundary_does_not_allow_the_call() -> None:
    arn, boundaries = boundary({"Effect": "Allow", "Action": ["ecr:Get*", "ecr:Batch*"], "Resource": "*"})
    found = denied(ROLE, Access.PUSH, pusher(permissionsBoundary=arn), boundaries=boundaries)
    assert found == (AccessStep.BOUNDARY, "", "", "ecr:CompleteLayerUpload")


def test_the_registry_policy_and_the_repository_policy_deny_by_their_statements() -> None:
    refusal = {**deny("*", "ecr:PutImage"), "Sid": "NoPush"}
    registry = denied(WORKFLOW, Access.PUSH, pusher(), registry_policy(refusal))
    assert registry == (AccessStep.REGISTRY, "statement NoPush", "registry policy", "ecr:PutImage")
    own = denied(WORKFLOW, Access.PUSH, repository(API, refusal), role("push", LOGIN, mine()))
    assert own == (AccessStep.REPOSITORY, "statement NoPush", "repository policy", "ecr:PutImage")


def test_an_account_is_any_of_its_principals() -> None:
    granted = repository(API, {**allow({"AWS": OTHER}), "Sid": "Pull"})
    assert ask(ACCOUNT_PRINCIPAL, Access.PULL, granted).permission is Permission.ALLOWED
    assert denied(ACCOUNT_PRINCIPAL, Access.DELETE, granted)[:2] == (AccessStep.REPOSITORY, "")
    assert denied(replace(ACCOUNT_PRINCIPAL, account=THIRD), Access.PULL, granted)[0] is AccessStep.REPOSITORY


def test_of_an_account_one_role_of_which_can_pull_the_answer_is_conditional() -> None:
    named = repository(API, allow({"AWS": f"arn:aws:iam::{OTHER}:role/batch"}))
    answer = ask(ACCOUNT_PRINCIPAL, Access.PULL, named)
    expected = f"if it is role batch of account {OTHER}"
    assert (answer.permission, answer.conditions) == (Permission.CONDITIONAL, (expected,))
    assert ask(ConcretePrincipal(label="b", arn=f"arn:aws:iam::{OTHER}:role/batch"), Access.PULL, named).verdict == (
        "allowed"
    )
    assert ask(ConcretePrincipal(label="b", arn=f"arn:aws:iam::{OTHER}:role/other"), Access.PULL, named).verdict == (
        "denied"
    )


def test_a_grant_to_an_organization_takes_the_one_of_the_account() -> None:
    shared = repository(API, allow("*", Condition=ORGANIZATION))
    assert ask(ACCOUNT_PRINCIPAL, Access.PULL, shared).permission is Permission.CONDITIONAL
    member = replace(ACCOUNT_PRINCIPAL, organization="o-a1b2c3d4e5")
    assert ask(member, Access.PULL, shared).permission is Permission.ALLOWED
    assert denied(EVERYONE, Access.PULL, shared)[0] is AccessStep.REPOSITORY


def test_what_is_open_to_everyone_is() -> None:
    assert ask(EVERYONE, Access.PULL, repository(API, allow("*"))).permission is Permission.ALLOWED


def test_the_policies_of_a_principal_of_the_own_account_are_not_known() -> None:
    own = ConcretePrincipal(label="own", account=ACCOUNT)
    answer = ask(own, Access.DELETE, repository())
    assert (answer.permission, answer.step) == (Permission.CONDITIONAL, AccessStep.IDENTITY)
    nodes = ConcretePrincipal(label="nodes", arn=role_arn("nodes"))
    granted = repository(API, allow({"AWS": role_arn("nodes")}, PULL))
    assert ask(nodes, Access.PULL, granted).permission is Permission.ALLOWED


def test_a_service_account_of_a_cluster_assumes_a_role() -> None:
    subject = "system:serviceaccount:payments:api"
    holder = token_holder("sa", f"arn:aws:iam::{ACCOUNT}:oidc-provider/{CLUSTER}", subject)
    parts = (repository(), role("pull", LOGIN, mine(PULL), trust=cluster(subject)))
    assert ask(holder, Access.PULL, *parts).permission is Permission.ALLOWED
    other = replace(holder, claims={**holder.claims, "sub": "system:serviceaccount:tools:api"})
    assert denied(other, Access.PULL, *parts)[0] is AccessStep.ASSUME


def test_a_cached_repository_is_asked_of_by_the_template_of_its_cache() -> None:
    template = {
        "prefix": "ecr-public",
        "repositoryPolicy": {"Version": "2012-10-17", "Statement": allow({"AWS": OTHER})},
    }
    questions = AccessQuestions(rendered(resource(CREATION_TEMPLATE, "c", template)), {})
    (target,) = questions.targets("ecr-public/docker/library/python")
    assert target.arn.endswith("repository/ecr-public/docker/library/python")
    assert questions.ask(ACCOUNT_PRINCIPAL, Access.PULL, target).permission is Permission.ALLOWED


@pytest.mark.parametrize(("regions", "count"), [((), 2), ((REGION,), 1), (("ap-south-1",), 0)])
def test_a_question_can_be_of_some_regions(regions: tuple[str, ...], count: int) -> None:
    questions = AccessQuestions(rendered(repository(), repository(region="eu-west-1")), {})
    assert len(questions.targets(API, regions)) == count


def test_the_questions_and_the_matrix_agree_on_every_role_of_a_stack() -> None:
    declared = project_rendered("prod")
    known = boundaries(ROOT, declared.project, declared.stack, declared.account, declared.home)
    matrix, questions = access_matrix(declared, known), AccessQuestions(declared, known)
    by_matrix = {
        (cell.principal.id, cell.repository, region, cell.access): cell.decision
        for cell in matrix.cells
        for region in cell.regions
        if cell.principal.kind is GranteeKind.ROLE and cell.login is not False
    }
    roles = {str(each.outputs["arn"]) for each in declared.resources if each.type == iam.ROLE}
    answers = {
        (role, name, target.region, access): questions.ask(ConcretePrincipal(label="", role=role), access, target)
        for role in roles
        for name in matrix.repositories
        for target in questions.targets(name)
        for access in Access
    }
    # The matrix has an organization for itself, and not for each role that may be in it.
    granted = {key: each.permission for key, each in answers.items() if "PrincipalOrgID" not in str(each.conditions)}
    assert {key: each for key, each in granted.items() if each} == {
        key: each for key, each in by_matrix.items() if key in granted
    }
    assert {key: answers[key].permission for key in by_matrix} == by_matrix
    assert len(by_matrix) > len(roles)
