"""What the deploy role and the preview role may do: all that is asked of them, and nothing beyond."""

import re
from dataclasses import replace
from typing import Any

import pytest
from policy_sentry.querying.actions import get_action_data, get_actions_for_service

from domain.iam.access import Caller, Identity, Outcome, Policy, Request
from domain.iam.document import parse
from domain.iam.evaluate import evaluate
from rehearsal.apply.table import BUILT
from tests.bootstrap.calls import PROVIDER, Asked
from tests.bootstrap.conftest import ADMINISTRATOR, Bootstrapped, granted, refused

DEPLOY, PREVIEW = "DeployRole", "PreviewRole"


def test_the_table_knows_every_type_that_is_declared(bootstrapped: Bootstrapped) -> None:
    assert {each.type for each in bootstrapped.resources} - set(PROVIDER) == set()
    assert set(PROVIDER) <= set(BUILT)


def test_the_rehearsal_was_heard(bootstrapped: Bootstrapped) -> None:
    heard = {call.action for call in bootstrapped.recorded}
    assert {"ecr:CreateRepository", "ecr:PutLifecyclePolicy", "ecr:SetRepositoryPolicy", "kms:CreateKey"} <= heard
    assert len(bootstrapped.recorded) > len(bootstrapped.resources) / 2
    in_the_table = {action for each in PROVIDER.values() for action in each.all}
    assert heard <= in_the_table


def test_deploy_may_do_what_the_rehearsal_did(bootstrapped: Bootstrapped) -> None:
    asked = [each for call in bootstrapped.recorded for each in bootstrapped.world.asked(call)]
    assert refused(bootstrapped.account.session(DEPLOY), asked) == []


def test_deploy_may_do_all_that_the_provider_does(bootstrapped: Bootstrapped) -> None:
    asked = [*bootstrapped.reads(), *bootstrapped.writes()]
    assert len({each.request.action for each in asked}) > 30
    assert refused(bootstrapped.account.session(DEPLOY), asked) == []


def test_deploy_may_read_and_write_its_state(bootstrapped: Bootstrapped) -> None:
    backend = bootstrapped.backend
    assert refused(bootstrapped.account.session(DEPLOY), [*backend.looks(), *backend.changes()]) == []


def test_preview_may_read_all_that_is_compared(bootstrapped: Bootstrapped) -> None:
    asked = [*bootstrapped.reads(), *bootstrapped.backend.looks()]
    assert refused(bootstrapped.account.session(PREVIEW), asked) == []


def test_preview_may_write_nothing(bootstrapped: Bootstrapped) -> None:
    backend = bootstrapped.backend
    looks = {(each.request.action, each.request.resource) for each in (*backend.looks(), *bootstrapped.reads())}
    writes = [
        each
        for each in (*bootstrapped.writes(), *backend.changes())
        if (each.request.action, each.request.resource) not in looks
    ]
    assert len({each.request.action for each in writes}) > 20
    assert granted(bootstrapped.account.session(PREVIEW), writes) == []


@pytest.mark.parametrize("role", [DEPLOY, PREVIEW])
def test_nothing_is_granted_that_nobody_asks_for(bootstrapped: Bootstrapped, role: str) -> None:
    asked = [*bootstrapped.reads(), *bootstrapped.backend.looks()]
    if role == DEPLOY:
        asked += [*bootstrapped.writes(), *bootstrapped.backend.changes()]
    needed = {each.request.action for each in asked}
    statements = [
        statement
        for document in bootstrapped.account.documents(role).values()
        for statement in document["Statement"]
        if statement["Effect"] == "Allow"
    ]
    for statement in statements:
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        assert set(actions) <= needed, statement["Sid"]
    # And no statement could go. One request of each kind tells it as well as all of them.
    kinds = {(each.request.action, _kind(each.request.resource), *each.request.context): each for each in asked}
    for statement in statements:
        without = _without(bootstrapped, role, statement["Sid"])
        assert refused(without, [*kinds.values(), *bootstrapped.backend.looks()]), statement["Sid"]


def _kind(resource: str) -> str:
    return resource.rpartition(":")[2].partition("/")[0]


def _without(bootstrapped: Bootstrapped, role: str, sid: str) -> Caller:
    account = bootstrapped.account
    documents = {
        name: {**text, "Statement": [each for each in text["Statement"] if each["Sid"] != sid]}
        for name, text in account.documents(role).items()
    }
    return _caller_of(bootstrapped, role, {name: text for name, text in documents.items() if text["Statement"]})


def _caller_of(bootstrapped: Bootstrapped, role: str, documents: dict[str, Any]) -> Caller:
    policies = tuple(Policy(name=name, document=parse(text)) for name, text in documents.items())
    return replace(bootstrapped.account.session(role), policies=policies)


@pytest.mark.parametrize("role", [DEPLOY, PREVIEW])
def test_no_other_region(bootstrapped: Bootstrapped, role: str) -> None:
    """Everything about registries and keys, asked in a region that is not the stack's."""
    elsewhere = "ap-south-1"
    regions = {"us-east-1", "eu-west-1", "ap-northeast-1"}
    asked = [
        Asked(
            request=Request(
                action=each.request.action,
                resource=re.sub("|".join(regions), elsewhere, each.request.resource),
                account=each.request.account,
                context={
                    **each.request.context,
                    "aws:RequestedRegion": (elsewhere,),
                },
            ),
            resource_policies=each.resource_policies,
        )
        for each in (*bootstrapped.reads(), *bootstrapped.writes())
        if each.request.action != "iam:CreateServiceLinkedRole"  # IAM has no regions
    ]
    assert granted(bootstrapped.account.session(role), asked) == []


def _request(bootstrapped: Bootstrapped, action: str, resource: str, **context: str) -> Request:
    strong = {"aws:SecureTransport": ("true",), "s3:TlsVersion": ("1.3",), "aws:RequestedRegion": ("us-east-1",)}
    given = {key.replace("__", ":"): (value,) for key, value in context.items()}
    return Request(action=action, resource=resource, account=bootstrapped.account.id, context={**strong, **given})


@pytest.mark.parametrize("role", [DEPLOY, PREVIEW])
@pytest.mark.parametrize(
    ("action", "path"),
    [
        ("s3:GetObject", ".pulumi/stacks/container-registry/other.json"),
        ("s3:GetObject", ".pulumi/stacks/other-project/dev.json"),
        ("s3:PutObject", ".pulumi/stacks/container-registry/other.json"),
        ("s3:PutObject", ".pulumi/meta.yaml"),
        ("s3:PutObject", "anything"),
        ("s3:DeleteObjectVersion", ".pulumi/stacks/container-registry/{stack}.json"),
        ("s3:PutObjectAcl", ".pulumi/stacks/container-registry/{stack}.json"),
        ("s3:DeleteBucket", ""),
        ("s3:PutBucketPolicy", ""),
        ("s3:PutBucketVersioning", ""),
        ("s3:PutLifecycleConfiguration", ""),
    ],
)
def test_the_state_is_only_the_stacks_own(bootstrapped: Bootstrapped, role: str, action: str, path: str) -> None:
    account = bootstrapped.account
    name = path.format(stack=bootstrapped.stack)
    request = _request(bootstrapped, action, f"{account.bucket}/{name}" if name else account.bucket)
    assert not evaluate(account.session(role), request, [account.bucket_policy()]).allowed


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
    request = _request(bootstrapped, action, arn)
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
    within = _request(bootstrapped, name, own, iam__PermissionsBoundary=account.boundary_arn)
    assert evaluate(account.session(DEPLOY, ADMINISTRATOR), within).allowed
    assert not evaluate(account.session(DEPLOY), within).allowed, "no role is declared yet"
    elsewhere = (
        "publisher",
        "container-registry/publisher",
        "container-registry/other/publisher",
        f"container-registry/{bootstrapped.stack}-2/publisher",
    )
    for role in (f"arn:aws:iam::{account.id}:role/{path}" for path in elsewhere):
        request = _request(bootstrapped, name, role, iam__PermissionsBoundary=account.boundary_arn)
        decision = evaluate(account.session(DEPLOY, ADMINISTRATOR), request)
        assert (decision.outcome, decision.policy) == (Outcome.EXPLICIT_DENY, "limits"), role
    if action in WITHIN_THE_BOUNDARY:
        mine = f"arn:aws:iam::{account.id}:policy/mine"
        for other in (
            _request(bootstrapped, name, own),
            _request(bootstrapped, name, own, iam__PermissionsBoundary=mine),
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
            decision = evaluate(lifted, _request(bootstrapped, action, re.sub(r"\$\{\w+\}", "any", arn)))
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
        request = _request(bootstrapped, "iam:CreateServiceLinkedRole", role, iam__AWSServiceName=name)
        assert evaluate(lifted, request).allowed == allowed


KEY = "arn:aws:kms:us-east-1:{id}:key/12345678-0000-4000-8000-000000000000"
OTHERS = {"aws:ResourceTag/project": "payments", "aws:ResourceTag/managed-by": "pulumi"}


@pytest.mark.parametrize(
    ("action", "context"),
    [
        ("kms:PutKeyPolicy", {}),
        ("kms:PutKeyPolicy", OTHERS),
        ("kms:ScheduleKeyDeletion", OTHERS),
        ("kms:ScheduleKeyDeletion", {"aws:ResourceTag/project": "container-registry"}),
        ("kms:CreateAlias", OTHERS),
        ("kms:CreateGrant", {**OTHERS, "kms:GrantIsForAWSResource": "true"}),
        ("kms:CreateGrant", {**OTHERS, "kms:ViaService": "ecr.us-east-1.amazonaws.com"}),
        (
            "kms:CreateGrant",
            {**OTHERS, "kms:GrantIsForAWSResource": "true", "kms:ViaService": "ec2.us-east-1.amazonaws.com"},
        ),
        ("kms:RetireGrant", OTHERS),
        ("kms:DescribeKey", OTHERS),
        ("kms:DescribeKey", {"aws:ResourceTag/project": "container-registry"}),
        ("kms:GetKeyPolicy", OTHERS),
        ("kms:Decrypt", OTHERS),
        ("kms:DisableKey", OTHERS),
        (
            "kms:TagResource",
            {
                **OTHERS,
                "aws:RequestTag/project": "container-registry",
                "aws:RequestTag/managed-by": "pulumi",
                "kms:ResourceAliases": "alias/payments",
            },
        ),
        ("kms:TagResource", {"aws:RequestTag/project": "payments", "aws:RequestTag/managed-by": "pulumi"}),
    ],
)
@pytest.mark.parametrize("role", [DEPLOY, PREVIEW])
def test_the_keys_of_others_are_left_alone(
    bootstrapped: Bootstrapped, role: str, action: str, context: dict[str, str]
) -> None:
    account = bootstrapped.account
    here = {"aws:RequestedRegion": ("us-east-1",), **{key: (value,) for key, value in context.items()}}
    request = Request(action=action, resource=KEY.format(id=account.id), account=account.id, context=here)
    # A key whose policy leaves it to the account, as most do.
    assert not evaluate(account.session(role), request, [account.key_policy()]).allowed


def test_deploy_moves_no_other_alias(bootstrapped: Bootstrapped) -> None:
    account = bootstrapped.account
    for name in (
        "alias/payments",
        "alias/container-registry-2",
        f"alias/container-registry-{bootstrapped.stack}-secrets",
    ):
        for action in ("kms:CreateAlias", "kms:UpdateAlias", "kms:DeleteAlias"):
            request = _request(bootstrapped, action, f"arn:aws:kms:us-east-1:{account.id}:{name}")
            assert not evaluate(account.session(DEPLOY), request).allowed


@pytest.mark.parametrize("tags", [{}, {"project": "container-registry"}, {"project": "x", "managed-by": "pulumi"}])
def test_deploy_makes_no_key_without_the_projects_tags(bootstrapped: Bootstrapped, tags: dict[str, str]) -> None:
    account = bootstrapped.account
    here = {"aws:RequestedRegion": ("us-east-1",), **{f"aws:RequestTag/{key}": (value,) for key, value in tags.items()}}
    request = Request(action="kms:CreateKey", resource="*", account=account.id, context=here)
    assert not evaluate(account.session(DEPLOY), request).allowed


def test_inspector_is_switched_only_where_the_stack_scans_enhanced(bootstrapped: Bootstrapped) -> None:
    account = bootstrapped.account
    decision = evaluate(account.session(DEPLOY), _request(bootstrapped, "inspector2:Enable", "*"))
    assert decision.allowed == (bootstrapped.stack == "prod")
    role = f"arn:aws:iam::{account.id}:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS"
    other = _request(bootstrapped, "iam:CreateServiceLinkedRole", role, iam__AWSServiceName="ecs.amazonaws.com")
    assert not evaluate(account.session(DEPLOY), other).allowed


@pytest.mark.parametrize("role", [DEPLOY, PREVIEW])
def test_neither_can_become_somebody_else(bootstrapped: Bootstrapped, role: str) -> None:
    account = bootstrapped.account
    for action, resource in (
        ("sts:AssumeRole", f"arn:aws:iam::{account.id}:role/admin"),
        ("iam:PassRole", f"arn:aws:iam::{account.id}:role/admin"),
        ("iam:CreateRole", f"arn:aws:iam::{account.id}:role/new"),
        ("lambda:CreateFunction", f"arn:aws:lambda:us-east-1:{account.id}:function:new"),
        ("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:us-east-1:{account.id}:secret:any"),
    ):
        assert not evaluate(account.session(role), _request(bootstrapped, action, resource)).allowed


def test_the_boundary_holds_a_publisher_to_images(bootstrapped: Bootstrapped) -> None:
    account = bootstrapped.account
    role = f"arn:aws:iam::{account.id}:role/publisher"
    publisher = Caller(
        identity=Identity(
            arn=f"arn:aws:sts::{account.id}:assumed-role/publisher/job", account=account.id, role_arn=role
        ),
        policies=(ADMINISTRATOR,),
        boundary=account.boundary(),
    )
    repository = f"arn:aws:ecr:us-east-1:{account.id}:repository/payments/api"
    pushes = (
        "BatchCheckLayerAvailability",
        "InitiateLayerUpload",
        "UploadLayerPart",
        "CompleteLayerUpload",
        "PutImage",
    )
    for name in (*pushes, "BatchGetImage", "GetDownloadUrlForLayer", "DescribeImages", "ListImages"):
        assert evaluate(publisher, _request(bootstrapped, f"ecr:{name}", repository)).allowed
    assert evaluate(publisher, _request(bootstrapped, "ecr:GetAuthorizationToken", "*")).allowed
    for action, resource in (
        ("ecr:DeleteRepository", repository),
        ("ecr:SetRepositoryPolicy", repository),
        ("ecr:PutLifecyclePolicy", repository),
        ("ecr:PutRegistryPolicy", "*"),
        ("ecr:PutImage", "arn:aws:ecr:us-east-1:444455556666:repository/payments/api"),
        ("ec2:RunInstances", "*"),
        ("sts:AssumeRole", account.role_arn(DEPLOY)),
    ):
        assert not evaluate(publisher, _request(bootstrapped, action, resource)).allowed


def test_the_boundary_says_outright_what_it_keeps(bootstrapped: Bootstrapped) -> None:
    account = bootstrapped.account
    role = f"arn:aws:iam::{account.id}:role/publisher"
    publisher = Caller(
        identity=Identity(
            arn=f"arn:aws:sts::{account.id}:assumed-role/publisher/job", account=account.id, role_arn=role
        ),
        policies=(ADMINISTRATOR,),
        boundary=account.boundary(),
    )
    for action, resource in (
        ("iam:CreateRole", f"arn:aws:iam::{account.id}:role/new"),
        ("iam:DeleteRolePermissionsBoundary", role),
        ("iam:PutRolePolicy", account.role_arn(DEPLOY)),
        ("s3:GetObject", f"{account.bucket}/.pulumi/stacks/container-registry/dev.json"),
        ("s3:DeleteBucket", account.bucket),
        ("kms:Decrypt", account.secrets_key),
        ("cloudformation:DeleteStack", account.stack_id),
    ):
        decision = evaluate(publisher, _request(bootstrapped, action, resource), [account.key_policy()])
        assert (decision.outcome, decision.policy) == (Outcome.EXPLICIT_DENY, "boundary")
