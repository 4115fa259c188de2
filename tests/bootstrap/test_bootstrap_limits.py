"""What no policy attached later gives the deploy role: its limits."""

import re
from typing import Any

import pytest
from policy_sentry.querying.actions import get_action_data, get_actions_for_service

from domain.iam.access import Outcome
from domain.iam.evaluate import evaluate
from tests.bootstrap.conftest import ADMINISTRATOR, Bootstrapped, granted
from tests.bootstrap.deployed import DEPLOY, PREVIEW, fill_in
from tests.cases import cases

ESCAPES = [
    # Its own policies and its own trust, and the other role's.
    ("iam:PutRolePolicy", "{deploy}"),
    ("iam:DeleteRolePolicy", "{deploy}"),
    ("iam:AttachRolePolicy", "{deploy}"),
    ("iam:UpdateAssumeRolePolicy", "{deploy}"),
    ("iam:PutRolePermissionsBoundary", "{deploy}"),
    ("iam:PassRole", "{deploy}"),
    ("iam:PutRolePolicy", "{preview}"),
    ("iam:UpdateAssumeRolePolicy", "{preview}"),
    ("iam:DetachRolePolicy", "{deploy}"),
    ("iam:CreatePolicyVersion", "{limits}"),
    ("iam:SetDefaultPolicyVersion", "{limits}"),
    ("iam:DeletePolicy", "{limits}"),
    ("iam:CreatePolicyVersion", "{boundary}"),
    ("iam:SetDefaultPolicyVersion", "{boundary}"),
    ("iam:DeletePolicy", "{boundary}"),
    ("iam:AddClientIDToOpenIDConnectProvider", "{provider}"),
    ("iam:DeleteOpenIDConnectProvider", "{provider}"),
    ("cloudformation:UpdateStack", "{stack}"),
    ("cloudformation:DeleteStack", "{stack}"),
    # Other roles, without the boundary or out of it.
    ("iam:CreateRole", "arn:aws:iam::{id}:role/publisher"),
    ("iam:PutRolePolicy", "arn:aws:iam::{id}:role/publisher"),
    ("iam:AttachRolePolicy", "arn:aws:iam::{id}:role/publisher"),
    ("iam:PutRolePermissionsBoundary", "arn:aws:iam::{id}:role/publisher"),
    ("iam:DeleteRolePermissionsBoundary", "arn:aws:iam::{id}:role/publisher"),
    ("iam:DeleteRolePermissionsBoundary", "arn:aws:iam::{id}:role/{own}publisher"),
    # Roles, users, groups and policies of others, by which it would become somebody else.
    ("iam:UpdateAssumeRolePolicy", "arn:aws:iam::{id}:role/admin"),
    ("iam:UpdateAssumeRolePolicy", "arn:aws:iam::{id}:role/publisher"),
    ("iam:DeleteRolePolicy", "arn:aws:iam::{id}:role/admin"),
    ("iam:PassRole", "arn:aws:iam::{id}:role/admin"),
    ("iam:PassRole", "arn:aws:iam::{id}:role/{own}publisher"),
    ("sts:AssumeRole", "arn:aws:iam::{id}:role/admin"),
    ("iam:PassRole", "arn:aws:iam::{id}:role/{own}other.creation-templates"),
    ("iam:PassRole", "arn:aws:iam::444455556666:role/{own}publisher"),
    ("sts:AssumeRole", "arn:aws:iam::{id}:role/{own}publisher"),
    ("sts:AssumeRole", "arn:aws:iam::444455556666:role/admin"),
    ("iam:AddRoleToInstanceProfile", "arn:aws:iam::{id}:instance-profile/any"),
    ("iam:CreatePolicy", "arn:aws:iam::{id}:policy/mine"),
    ("iam:CreatePolicyVersion", "arn:aws:iam::{id}:policy/admins"),
    ("iam:SetDefaultPolicyVersion", "arn:aws:iam::{id}:policy/admins"),
    ("iam:CreateUser", "arn:aws:iam::{id}:user/me"),
    ("iam:CreateAccessKey", "arn:aws:iam::{id}:user/me"),
    ("iam:CreateLoginProfile", "arn:aws:iam::{id}:user/me"),
    ("iam:UpdateLoginProfile", "arn:aws:iam::{id}:user/me"),
    ("iam:PutUserPolicy", "arn:aws:iam::{id}:user/me"),
    ("iam:AttachUserPolicy", "arn:aws:iam::{id}:user/me"),
    ("iam:DeleteUserPermissionsBoundary", "arn:aws:iam::{id}:user/me"),
    ("iam:ResetServiceSpecificCredential", "arn:aws:iam::{id}:user/me"),
    ("iam:DeactivateMFADevice", "arn:aws:iam::{id}:user/me"),
    ("iam:PutGroupPolicy", "arn:aws:iam::{id}:group/admins"),
    ("iam:AttachGroupPolicy", "arn:aws:iam::{id}:group/admins"),
    ("iam:AddUserToGroup", "arn:aws:iam::{id}:group/admins"),
    ("iam:CreateOpenIDConnectProvider", "arn:aws:iam::{id}:oidc-provider/issuer.example"),
    ("iam:CreateSAMLProvider", "arn:aws:iam::{id}:saml-provider/mine"),
    ("iam:UpdateSAMLProvider", "arn:aws:iam::{id}:saml-provider/staff"),
    ("iam:UpdateAccountPasswordPolicy", "*"),
    ("iam:SetSecurityTokenServicePreferences", "*"),
    # The secrets of others.
    ("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:us-east-1:{id}:secret:payments/database-a1b2c3"),
    ("secretsmanager:DeleteSecret", "arn:aws:secretsmanager:us-east-1:{id}:secret:ecr-pullthroughcache-a1b2c3"),
    # The key without which the state's secrets are lost.
    ("kms:DisableKey", "{key}"),
    ("kms:ScheduleKeyDeletion", "{key}"),
    ("kms:PutKeyPolicy", "{key}"),
    ("kms:TagResource", "{key}"),
    ("kms:CreateGrant", "{key}"),
    ("kms:ReEncryptFrom", "{key}"),
    ("kms:UpdateAlias", "{key}"),
    ("kms:UpdateAlias", "{alias}"),
    ("kms:DeleteAlias", "{alias}"),
    # The bucket and what it kept.
    ("s3:DeleteBucket", "{bucket}"),
    ("s3:DeleteBucketPolicy", "{bucket}"),
    ("s3:PutBucketPolicy", "{bucket}"),
    ("s3:PutBucketVersioning", "{bucket}"),
    ("s3:PutLifecycleConfiguration", "{bucket}"),
    ("s3:PutEncryptionConfiguration", "{bucket}"),
    ("s3:DeleteObjectVersion", "{bucket}/.pulumi/stacks/container-registry/dev.json"),
    # Images.
    ("ecr:PutImage", "arn:aws:ecr:us-east-1:{id}:repository/payments/api"),
    ("ecr:InitiateLayerUpload", "arn:aws:ecr:us-east-1:{id}:repository/payments/api"),
    ("ecr:UploadLayerPart", "arn:aws:ecr:us-east-1:{id}:repository/payments/api"),
    ("ecr:CompleteLayerUpload", "arn:aws:ecr:us-east-1:{id}:repository/payments/api"),
    ("ecr:BatchGetImage", "arn:aws:ecr:us-east-1:{id}:repository/payments/api"),
    ("ecr:GetDownloadUrlForLayer", "arn:aws:ecr:us-east-1:{id}:repository/payments/api"),
]


@pytest.mark.parametrize(("action", "resource"), ESCAPES)
def test_deploy_cannot_escape_even_as_an_administrator(bootstrapped: Bootstrapped, action: str, resource: str) -> None:
    account = bootstrapped.account
    alias = account.outputs["SecretsProvider"].removeprefix("awskms://").partition("?")[0]
    arn = resource.format(
        id=account.id,
        own=f"container-registry/{bootstrapped.stack}/",
        deploy=account.role_arn(DEPLOY),
        preview=account.role_arn(PREVIEW),
        boundary=account.boundary_arn,
        limits=account.boundary_arn.replace("-boundary", "-limits"),
        provider=account.provider,
        stack=account.stack_id,
        key=account.secrets_key,
        alias=f"arn:aws:kms:us-east-1:{account.id}:{alias}",
        bucket=account.bucket,
    )
    request = bootstrapped.request(action, arn)
    alone = evaluate(bootstrapped.deploy, request, [account.key_policy()])
    assert not alone.allowed
    lifted = evaluate(bootstrapped.administrator, request, [account.key_policy()])
    assert (lifted.outcome, lifted.policy) == (Outcome.EXPLICIT_DENY, "limits")


WITHIN_THE_BOUNDARY = ("CreateRole", "PutRolePermissionsBoundary", "PutRolePolicy", "AttachRolePolicy")
ATTACHING = ("AttachRolePolicy", "DetachRolePolicy")
"""The program has none of it: each role has its one policy."""
OF_ITS_OWN_ROLES = frozenset(
    (
        *WITHIN_THE_BOUNDARY,
        *ATTACHING,
        "DeleteRole",
        "DeleteRolePolicy",
        "TagRole",
        "UntagRole",
        "UpdateAssumeRolePolicy",
        "UpdateRole",
        "UpdateRoleDescription",
    )
)
"""What a program does that declares roles, and nothing else that changes anything in IAM."""


@pytest.mark.parametrize("action", sorted(OF_ITS_OWN_ROLES))
def test_roles_are_made_under_the_path_within_the_boundary(bootstrapped: Bootstrapped, action: str) -> None:
    account = bootstrapped.account
    own = f"arn:aws:iam::{account.id}:role/container-registry/{bootstrapped.stack}/publisher"
    name = f"iam:{action}"
    within = bootstrapped.request(name, own, iam__PermissionsBoundary=account.boundary_arn)
    assert evaluate(bootstrapped.administrator, within).allowed
    assert evaluate(bootstrapped.deploy, within).allowed == (action not in ATTACHING)
    elsewhere = (
        "publisher",
        "container-registry/publisher",
        "container-registry/other/publisher",
        f"container-registry/{bootstrapped.stack}-2/publisher",
    )
    for role in (f"arn:aws:iam::{account.id}:role/{path}" for path in elsewhere):
        request = bootstrapped.request(name, role, iam__PermissionsBoundary=account.boundary_arn)
        assert not evaluate(bootstrapped.deploy, request).allowed, role
        decision = evaluate(bootstrapped.administrator, request)
        assert (decision.outcome, decision.policy) == (Outcome.EXPLICIT_DENY, "limits"), role
    if action in WITHIN_THE_BOUNDARY:
        mine = f"arn:aws:iam::{account.id}:policy/mine"
        for other in (bootstrapped.request(name, own), bootstrapped.request(name, own, iam__PermissionsBoundary=mine)):
            assert not evaluate(bootstrapped.deploy, other).allowed
            assert not evaluate(bootstrapped.administrator, other).allowed


def test_an_administrator_changes_nothing_else_in_iam(bootstrapped: Bootstrapped) -> None:
    """Every action of IAM by AWS's service authorization reference, on each kind of resource that it takes."""
    account = bootstrapped.account
    lifted = bootstrapped.administrator
    changes = 0
    for action in get_actions_for_service("iam"):
        rows = get_action_data("iam", action.removeprefix("iam:"))["iam"]
        formats = {each["resource_arn_format"] for each in rows}
        levels = {each["access_level"] for each in rows}
        for resource in formats - {"*"} or formats:
            arn = resource.replace("${Partition}", "aws").replace("${Account}", account.id)
            decision = evaluate(lifted, bootstrapped.request(action, re.sub(r"\$\{\w+\}", "any", arn)))
            if levels <= {"Read", "List"}:
                assert decision.allowed or not action.startswith(("iam:Get", "iam:List")), action
                continue
            assert (decision.outcome, decision.policy) == (Outcome.EXPLICIT_DENY, "limits"), f"{action} on {arn}"
            changes += 1
    assert changes > 100


def test_an_administrator_makes_the_roles_of_four_services_and_of_no_other(bootstrapped: Bootstrapped) -> None:
    account = bootstrapped.account
    for name in ("inspector2", "ecr", "replication.ecr", "pullthroughcache.ecr", "ecs", "autoscaling"):
        service = f"{name}.amazonaws.com"
        role = f"arn:aws:iam::{account.id}:role/aws-service-role/{service}/any"
        request = bootstrapped.request("iam:CreateServiceLinkedRole", role, iam__AWSServiceName=service)
        allowed = name not in ("ecs", "autoscaling")
        assert evaluate(bootstrapped.administrator, request).allowed == allowed
        assert not evaluate(bootstrapped.deploy, request).allowed, "it is no role that the service has"


SERVICES = (
    "ecr.amazonaws.com",
    "pullthroughcache.ecr.amazonaws.com",
    "lambda.amazonaws.com",
    "ecs-tasks.amazonaws.com",
)


@cases("role, service", ("creation-templates", SERVICES[0]), ("pull-through-cache", SERVICES[1]))
@pytest.mark.parametrize("to", SERVICES)
def test_a_role_is_passed_to_its_one_service(bootstrapped: Bootstrapped, role: str, service: str, to: str) -> None:
    account, stack = bootstrapped.account, bootstrapped.stack
    own = f"arn:aws:iam::{account.id}:role/container-registry/{stack}/{stack}.{role}"
    request = bootstrapped.request("iam:PassRole", own, iam__PassedToService=to)
    for caller in (bootstrapped.deploy, bootstrapped.administrator):
        assert evaluate(caller, request).allowed == (to == service)
        assert not evaluate(caller, bootstrapped.request("iam:PassRole", own)).allowed


def test_no_role_of_another_account_is_taken_unless_the_template_names_it(
    bootstrapped: Bootstrapped, template: dict[str, Any]
) -> None:
    none = fill_in(template, bootstrapped.account.id, "us-east-1", GitHubOwner="acme", GitHubRepository="any")
    for account, role in bootstrapped.elsewhere.items():
        named, other = bootstrapped.becomes(account, role), bootstrapped.becomes(account, f"{role}-2")
        for lifted in ((), (ADMINISTRATOR,)):
            assert granted(bootstrapped.account.session(DEPLOY, *lifted), [named, other]) == granted(
                bootstrapped.deploy, [named]
            )
            assert granted(none.session(DEPLOY, *lifted), [named, other]) == []
        assert len(granted(bootstrapped.deploy, [named])) == 1
        assert granted(bootstrapped.preview, [named]) == []
