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

ESCAPES = {
    # Its own policies and its own trust, and the other role's.
    ("iam", "{deploy}"): (
        "PutRolePolicy DeleteRolePolicy AttachRolePolicy UpdateAssumeRolePolicy "
        "PutRolePermissionsBoundary PassRole DetachRolePolicy"
    ),
    ("iam", "{preview}"): "PutRolePolicy UpdateAssumeRolePolicy",
    ("iam", "{limits}"): "CreatePolicyVersion SetDefaultPolicyVersion DeletePolicy",
    ("iam", "{monitoring}"): "CreatePolicyVersion SetDefaultPolicyVersion DeletePolicy",
    ("iam", "{boundary}"): "CreatePolicyVersion SetDefaultPolicyVersion DeletePolicy",
    ("iam", "{provider}"): "AddClientIDToOpenIDConnectProvider DeleteOpenIDConnectProvider",
    ("cloudformation", "{stack}"): "UpdateStack DeleteStack",
    # Other roles, without the boundary or out of it.
    ("iam", "arn:aws:iam::{id}:role/publisher"): (
        "CreateRole PutRolePolicy AttachRolePolicy PutRolePermissionsBoundary DeleteRolePermissionsBoundary "
        "UpdateAssumeRolePolicy"
    ),
    ("iam", "arn:aws:iam::{id}:role/{own}publisher"): "DeleteRolePermissionsBoundary PassRole",
    # Roles, users, groups and policies of others, by which it would become another principal.
    ("iam", "arn:aws:iam::{id}:role/admin"): "UpdateAssumeRolePolicy DeleteRolePolicy PassRole",
    ("sts", "arn:aws:iam::{id}:role/admin"): "AssumeRole",
    ("iam", "arn:aws:iam::{id}:role/{own}other.creation-templates"): "PassRole",
    ("iam", "arn:aws:iam::444455556666:role/{own}publisher"): "PassRole",
    ("sts", "arn:aws:iam::{id}:role/{own}publisher"): "AssumeRole",
    ("sts", "arn:aws:iam::444455556666:role/admin"): "AssumeRole",
    ("iam", "arn:aws:iam::{id}:instance-profile/any"): "AddRoleToInstanceProfile",
    ("iam", "arn:aws:iam::{id}:policy/mine"): "CreatePolicy",
    ("iam", "arn:aws:iam::{id}:policy/admins"): "CreatePolicyVersion SetDefaultPolicyVersion",
    ("iam", "arn:aws:iam::{id}:user/me"): (
        "CreateUser CreateAccessKey CreateLoginProfile UpdateLoginProfile PutUserPolicy AttachUserPolicy "
        "DeleteUserPermissionsBoundary ResetServiceSpecificCredential DeactivateMFADevice"
    ),
    ("iam", "arn:aws:iam::{id}:group/admins"): "PutGroupPolicy AttachGroupPolicy AddUserToGroup",
    ("iam", "arn:aws:iam::{id}:oidc-provider/issuer.example"): "CreateOpenIDConnectProvider",
    ("iam", "arn:aws:iam::{id}:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/0A1B2C3D"): (
        "CreateOpenIDConnectProvider DeleteOpenIDConnectProvider AddClientIDToOpenIDConnectProvider "
        "RemoveClientIDFromOpenIDConnectProvider UpdateOpenIDConnectProviderThumbprint TagOpenIDConnectProvider "
        "UntagOpenIDConnectProvider"
    ),
    ("iam", "arn:aws:iam::{id}:saml-provider/mine"): "CreateSAMLProvider",
    ("iam", "arn:aws:iam::{id}:saml-provider/staff"): "UpdateSAMLProvider",
    ("iam", "*"): "UpdateAccountPasswordPolicy SetSecurityTokenServicePreferences",
    # The secrets of others.
    ("secretsmanager", "arn:aws:secretsmanager:us-east-1:{id}:secret:payments/database-a1b2c3"): "GetSecretValue",
    ("secretsmanager", "arn:aws:secretsmanager:us-east-1:{id}:secret:ecr-pullthroughcache-a1b2c3"): "DeleteSecret",
    # The key without which the state's secrets are lost.
    ("kms", "{key}"): "DisableKey ScheduleKeyDeletion PutKeyPolicy TagResource CreateGrant ReEncryptFrom UpdateAlias",
    ("kms", "{alias}"): "UpdateAlias DeleteAlias",
    # The bucket and what it kept.
    ("s3", "{bucket}"): (
        "DeleteBucket DeleteBucketPolicy PutBucketPolicy PutBucketVersioning PutLifecycleConfiguration "
        "PutEncryptionConfiguration"
    ),
    ("s3", "{bucket}/.pulumi/stacks/container-registry/dev.json"): "DeleteObjectVersion",
    # Messages and alarms, made up or taken away.
    ("sns", "arn:aws:sns:us-east-1:{id}:container-registry-prod-monitoring"): "Publish",
    ("sqs", "arn:aws:sqs:us-east-1:{id}:container-registry-prod-undelivered"): (
        "SendMessage ReceiveMessage DeleteMessage PurgeQueue"
    ),
    ("events", "arn:aws:events:us-east-1:{id}:event-bus/default"): "PutEvents",
    ("cloudwatch", "arn:aws:cloudwatch:us-east-1:{id}:alarm:container-registry-prod-registry"): "SetAlarmState",
    ("cloudwatch", "*"): "PutMetricData",
    ("logs", "arn:aws:logs:us-east-1:{id}:log-group:/aws/events/container-registry-prod-audit:*"): "PutLogEvents",
    # Images.
    ("ecr", "arn:aws:ecr:us-east-1:{id}:repository/payments/api"): (
        "PutImage InitiateLayerUpload UploadLayerPart CompleteLayerUpload BatchGetImage GetDownloadUrlForLayer"
    ),
}


@cases("action, resource", *((f"{s}:{each}", arn) for (s, arn), names in ESCAPES.items() for each in names.split()))
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
        monitoring=account.boundary_arn.replace("-boundary", "-monitoring"),
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
OF_ITS_OWN_ROLES = frozenset({
    *WITHIN_THE_BOUNDARY, *ATTACHING, "DeleteRole", "DeleteRolePolicy", "TagRole", "UntagRole",
    "UpdateAssumeRolePolicy", "UpdateRole", "UpdateRoleDescription",
})  # fmt: skip
"""What a program does that declares roles, and nothing else that changes anything in IAM."""


@pytest.mark.parametrize("action", sorted(OF_ITS_OWN_ROLES))
def test_roles_are_made_under_the_path_within_the_boundary(bootstrapped: Bootstrapped, action: str) -> None:
    account = bootstrapped.account
    own = f"arn:aws:iam::{account.id}:role/container-registry/{bootstrapped.stack}/publisher"
    name = f"iam:{action}"
    within = bootstrapped.request(name, own, iam__PermissionsBoundary=account.boundary_arn)
    assert evaluate(bootstrapped.administrator, within).allowed
    assert evaluate(bootstrapped.deploy, within).allowed == (action not in ATTACHING)
    ours = "container-registry/"
    elsewhere = ("", ours, f"{ours}other/", f"{ours}{bootstrapped.stack}-2/")
    for role in (f"arn:aws:iam::{account.id}:role/{path}publisher" for path in elsewhere):
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


def test_an_administrator_makes_the_roles_of_five_services_and_of_no_other(bootstrapped: Bootstrapped) -> None:
    account = bootstrapped.account
    for name in (
        "inspector2",
        "ecr",
        "replication.ecr",
        "pullthroughcache.ecr",
        "management.chatbot",
        "ecs",
        "autoscaling",
    ):
        service = f"{name}.amazonaws.com"
        role = f"arn:aws:iam::{account.id}:role/aws-service-role/{service}/any"
        request = bootstrapped.request("iam:CreateServiceLinkedRole", role, iam__AWSServiceName=service)
        allowed = name not in ("ecs", "autoscaling")
        assert evaluate(bootstrapped.administrator, request).allowed == allowed
        assert not evaluate(bootstrapped.deploy, request).allowed, "it is no role that the service has"


SERVICES = [f"{each}.amazonaws.com" for each in ("ecr", "pullthroughcache.ecr", "chatbot", "lambda", "ecs-tasks")]


@cases(
    "role, service",
    ("prod.creation-templates", SERVICES[0]),
    ("prod.pull-through-cache", SERVICES[1]),
    ("prod.chat", SERVICES[2]),
)
@pytest.mark.parametrize("to", SERVICES)
def test_a_role_is_passed_to_its_one_service(bootstrapped: Bootstrapped, role: str, service: str, to: str) -> None:
    account, stack = bootstrapped.account, bootstrapped.stack
    own = f"arn:aws:iam::{account.id}:role/container-registry/{stack}/{role}"
    request = bootstrapped.request("iam:PassRole", own, iam__PassedToService=to)
    for caller in (bootstrapped.deploy, bootstrapped.administrator):
        assert evaluate(caller, request).allowed == (to == service)
        assert not evaluate(caller, bootstrapped.request("iam:PassRole", own)).allowed


def test_no_role_elsewhere_is_taken_unless_it_is_named(bootstrapped: Bootstrapped, template: dict[str, Any]) -> None:
    none = fill_in(template, bootstrapped.account.id, "us-east-1", GitHubOwner="acme", GitHubRepository="any")
    for account, role in bootstrapped.elsewhere.items():
        named, other = bootstrapped.becomes(account, role), bootstrapped.becomes(account, f"{role}-2")
        alone = granted(bootstrapped.deploy, [named])
        for lifted in ((), (ADMINISTRATOR,)):
            assert granted(bootstrapped.account.session(DEPLOY, *lifted), [named, other]) == alone
            assert granted(none.session(DEPLOY, *lifted), [named, other]) == []
        assert len(alone) == 1
        assert granted(bootstrapped.preview, [named]) == []
