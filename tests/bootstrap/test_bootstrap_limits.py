"""What no policy attached later gives away: the deploy role's limits, and the boundary of the roles it makes."""

import re

import pytest
from policy_sentry.querying.actions import get_action_data, get_actions_for_service

from domain.iam.access import Caller, Identity, Outcome
from domain.iam.evaluate import evaluate
from review.bootstrap_template import DEPLOY, PREVIEW
from tests.bootstrap.conftest import ADMINISTRATOR, Bootstrapped

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
    ("sts:AssumeRole", "arn:aws:iam::{id}:role/{own}publisher"),
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
        provider=account.provider,
        stack=account.stack_id,
        key=account.secrets_key,
        alias=f"arn:aws:kms:us-east-1:{account.id}:{alias}",
        bucket=account.bucket,
    )
    request = bootstrapped.request(action, arn)
    alone = evaluate(account.session(DEPLOY), request, [account.key_policy()])
    assert not alone.allowed
    lifted = evaluate(account.session(DEPLOY, ADMINISTRATOR), request, [account.key_policy()])
    assert (lifted.outcome, lifted.policy) == (Outcome.EXPLICIT_DENY, "limits")


WITHIN_THE_BOUNDARY = ("CreateRole", "PutRolePermissionsBoundary", "PutRolePolicy", "AttachRolePolicy")
OF_ITS_OWN_ROLES = frozenset(
    (
        *WITHIN_THE_BOUNDARY,
        "DeleteRole",
        "DeleteRolePolicy",
        "DetachRolePolicy",
        "TagRole",
        "UntagRole",
        "UpdateAssumeRolePolicy",
        "UpdateRole",
        "UpdateRoleDescription",
    )
)
"""What a program does that declares roles, and nothing else that changes anything in IAM."""


@pytest.mark.parametrize("action", sorted(OF_ITS_OWN_ROLES))
def test_an_administrator_makes_its_own_roles_within_the_boundary(bootstrapped: Bootstrapped, action: str) -> None:
    """So that the limits refuse the lack of the boundary, and not roles as such: publishers come later."""
    account = bootstrapped.account
    own = f"arn:aws:iam::{account.id}:role/container-registry/{bootstrapped.stack}/publisher"
    name = f"iam:{action}"
    within = bootstrapped.request(name, own, iam__PermissionsBoundary=account.boundary_arn)
    assert evaluate(account.session(DEPLOY, ADMINISTRATOR), within).allowed
    assert not evaluate(account.session(DEPLOY), within).allowed, "no role is declared yet"
    elsewhere = (
        "publisher",
        "container-registry/publisher",
        "container-registry/other/publisher",
        f"container-registry/{bootstrapped.stack}-2/publisher",
    )
    for role in (f"arn:aws:iam::{account.id}:role/{path}" for path in elsewhere):
        request = bootstrapped.request(name, role, iam__PermissionsBoundary=account.boundary_arn)
        decision = evaluate(account.session(DEPLOY, ADMINISTRATOR), request)
        assert (decision.outcome, decision.policy) == (Outcome.EXPLICIT_DENY, "limits"), role
    if action in WITHIN_THE_BOUNDARY:
        mine = f"arn:aws:iam::{account.id}:policy/mine"
        for other in (
            bootstrapped.request(name, own),
            bootstrapped.request(name, own, iam__PermissionsBoundary=mine),
        ):
            assert not evaluate(account.session(DEPLOY, ADMINISTRATOR), other).allowed


def test_an_administrator_changes_nothing_else_in_iam(bootstrapped: Bootstrapped) -> None:
    """Every action of IAM by AWS's service authorization reference, on each kind of resource that it takes."""
    account = bootstrapped.account
    lifted = account.session(DEPLOY, ADMINISTRATOR)
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


def test_an_administrator_makes_inspectors_role_and_no_other_service_s(bootstrapped: Bootstrapped) -> None:
    account = bootstrapped.account
    lifted = account.session(DEPLOY, ADMINISTRATOR)
    for name, allowed in (("inspector2.amazonaws.com", True), ("ecs.amazonaws.com", False)):
        role = f"arn:aws:iam::{account.id}:role/aws-service-role/{name}/any"
        request = bootstrapped.request("iam:CreateServiceLinkedRole", role, iam__AWSServiceName=name)
        assert evaluate(lifted, request).allowed == allowed


@pytest.fixture
def publisher(bootstrapped: Bootstrapped) -> Caller:
    """An administrator, but for the boundary."""
    account = bootstrapped.account
    identity = Identity(
        arn=f"arn:aws:sts::{account.id}:assumed-role/publisher/job",
        account=account.id,
        role_arn=f"arn:aws:iam::{account.id}:role/publisher",
    )
    return Caller(identity=identity, policies=(ADMINISTRATOR,), boundary=account.boundary())


def test_the_boundary_holds_a_publisher_to_images(bootstrapped: Bootstrapped, publisher: Caller) -> None:
    account = bootstrapped.account
    repository = f"arn:aws:ecr:us-east-1:{account.id}:repository/payments/api"
    pushes = (
        "BatchCheckLayerAvailability",
        "InitiateLayerUpload",
        "UploadLayerPart",
        "CompleteLayerUpload",
        "PutImage",
    )
    for name in (*pushes, "BatchGetImage", "GetDownloadUrlForLayer", "DescribeImages", "ListImages"):
        assert evaluate(publisher, bootstrapped.request(f"ecr:{name}", repository)).allowed
    assert evaluate(publisher, bootstrapped.request("ecr:GetAuthorizationToken", "*")).allowed
    for action, resource in (
        ("ecr:DeleteRepository", repository),
        ("ecr:SetRepositoryPolicy", repository),
        ("ecr:PutLifecyclePolicy", repository),
        ("ecr:PutRegistryPolicy", "*"),
        ("ecr:PutImage", "arn:aws:ecr:us-east-1:444455556666:repository/payments/api"),
        ("ec2:RunInstances", "*"),
        ("sts:AssumeRole", account.role_arn(DEPLOY)),
    ):
        assert not evaluate(publisher, bootstrapped.request(action, resource)).allowed


def test_the_boundary_says_outright_what_it_keeps(bootstrapped: Bootstrapped, publisher: Caller) -> None:
    account = bootstrapped.account
    for action, resource in (
        ("iam:CreateRole", f"arn:aws:iam::{account.id}:role/new"),
        ("iam:DeleteRolePermissionsBoundary", publisher.identity.role_arn or ""),
        ("iam:PutRolePolicy", account.role_arn(DEPLOY)),
        ("s3:GetObject", f"{account.bucket}/.pulumi/stacks/container-registry/dev.json"),
        ("s3:DeleteBucket", account.bucket),
        ("kms:Decrypt", account.secrets_key),
        ("cloudformation:DeleteStack", account.stack_id),
    ):
        decision = evaluate(publisher, bootstrapped.request(action, resource), [account.key_policy()])
        assert (decision.outcome, decision.policy) == (Outcome.EXPLICIT_DENY, "boundary")
