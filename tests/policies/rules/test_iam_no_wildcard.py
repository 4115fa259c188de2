"""Policies of people and roles name actions and resources; held against what IAM would let them do."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.document_text import SECRET, UNKNOWN
from domain.iam.access import Caller, Identity, Policy, Request
from domain.iam.actions import LOGIN_ACTION, PULL_ACTIONS, PUSH_ACTIONS
from domain.iam.document import parse
from domain.iam.evaluate import evaluate
from policies.pack.rule import Given
from policies.rules.iam_no_wildcard import RULE
from resources.iam import (
    GROUP_POLICY,
    GROUP_POLICY_ATTACHMENT,
    MANAGED_POLICY,
    POLICY_ATTACHMENT,
    ROLE,
    ROLE_POLICY,
    ROLE_POLICY_ATTACHMENT,
    USER_POLICY,
    USER_POLICY_ATTACHMENT,
)
from tests.cases import case, cases
from tests.conftest import examples
from tests.policies.conftest import TODAY, Declared, told
from tests.policies.rules.texts import HOME, OTHER, allow, deny, policy

REPOSITORIES = f"arn:aws:ecr:us-east-1:{HOME}:repository/payments/*"
PULL = allow(Sid="Pull", Action=list(PULL_ACTIONS), Resource=REPOSITORIES)
LOGIN = allow(Sid="Login", Action=LOGIN_ACTION, Resource="*")
COVERS = "which covers writing: name each action"
EVERY = "on every resource: name those that are meant"


def declared(text: object, kind: str = ROLE_POLICY) -> Declared:
    return Declared(type=kind, inputs={"policy": text})


@pytest.mark.parametrize("kind", [MANAGED_POLICY, ROLE_POLICY, USER_POLICY, GROUP_POLICY])
@cases(
    "inputs, expected",
    case("compliant", {"policy": policy(LOGIN, PULL)}, []),
    case("violating", {"policy": policy(allow(Action="*", Resource="*"))}, [f"statement 1 allows *, {COVERS}"]),
    case("unset", {}, []),
    case("unknown", {"policy": UNKNOWN}, ["undecided policy"]),
)
def test_a_policy(kind: str, inputs: dict[str, object], expected: list[str]) -> None:
    assert told(RULE, Declared(type=kind, inputs=inputs)) == expected


def test_no_other_type() -> None:
    policies = {MANAGED_POLICY, ROLE_POLICY, USER_POLICY, GROUP_POLICY}
    attachments = {ROLE_POLICY_ATTACHMENT, USER_POLICY_ATTACHMENT, GROUP_POLICY_ATTACHMENT, POLICY_ATTACHMENT}
    assert set(RULE.types) == {ROLE} | policies | attachments


EVERY_REPOSITORY = (
    "arn:aws:ecr:*:*:*", "arn:aws:ecr:*:*:repository/*", "arn:aws:ecr:us-east-1:*:repository/**",
    f"arn:aws:ecr:us-east-1:{HOME[:-1]}?:repository/*", "arn:*", "arn:aws:ecr:*", "arn:aws:ecr:us-east-1",
    "arn:aws:ecr:*:*:*/*", "arn:aws:ecr:*:*:?*/*/*", "arn:aws:ecr:*:*:repository/*/*", "arn:aws:ecr:*:*:rep*/*",
    f"arn:aws:ecr:us-east-1:{HOME}:*", f"arn:aws:ecr:us-east-1:{HOME}:*/*", f"arn:aws:ecr:us-east-1:{HOME}:**",
    f"arn:aws:ecr:us-east-1:{HOME}", "arn:aws:ecr:*:${aws:PrincipalAccount}:*",
)  # fmt: skip
ABOUT_NO_RESOURCE = (
    LOGIN_ACTION, "sts:GetCallerIdentity", "ec2:DescribeInstances", "ecr:DescribeRegistry", "iam:ListRoles",
    "kms:ListAliases", "logs:DescribeLogGroups", "cloudwatch:PutMetricData",
)  # fmt: skip


@cases(
    "statement, expected",
    (allow(Action=list(PUSH_ACTIONS), Resource=REPOSITORIES), []),
    (allow(Action=["ecr:Describe*", "s3:Get*"], Resource=REPOSITORIES), []),
    (allow(Action="ecr:*", Resource=REPOSITORIES), [f"statement 1 allows ecr:*, {COVERS}"]),
    (allow(Action="ECR:*", Resource="*"), [f"statement 1 allows ECR:*, {COVERS}"]),
    (allow(Action=["ecr:Put*", *PULL_ACTIONS], Resource=[REPOSITORIES]), [f"statement 1 allows ecr:Put*, {COVERS}"]),
    (allow(Action="iam:Pass?ole", Resource=REPOSITORIES), [f"statement 1 allows iam:Pass?ole, {COVERS}"]),
    (allow(Action="*:Get*", Resource=REPOSITORIES), [f"statement 1 allows *:Get*, {COVERS}"]),
    (
        allow(NotAction="iam:*", Resource=REPOSITORIES),
        ["statement 1 allows everything but iam:* (NotAction): name what is meant"],
    ),
    (
        allow(Action="ecr:BatchGetImage", NotResource=REPOSITORIES),
        [f"statement 1 is about all but {REPOSITORIES} (NotResource): name what is meant"],
    ),
    (
        allow(Action=[LOGIN_ACTION, *PULL_ACTIONS], Resource="*"),
        [f"statement 1 allows ecr:BatchGetImage and ecr:GetDownloadUrlForLayer {EVERY}"],
    ),
    (allow(Action="ecr:Describe*", Resource="*"), [f"statement 1 allows ecr:Describe* {EVERY}"]),
    (allow(Action="kms:Decrypt", Resource=[REPOSITORIES, "*"]), [f"statement 1 allows kms:Decrypt {EVERY}"]),
    (allow(Action="iam:PassRole", Resource="*"), [f"statement 1 allows iam:PassRole {EVERY}"]),
    (allow(Action="sts:AssumeRole", Resource="*"), [f"statement 1 allows sts:AssumeRole {EVERY}"]),
    *(
        (allow(Action="ecr:PutImage", Resource=each), [f"statement 1 allows ecr:PutImage {EVERY}"])
        for each in EVERY_REPOSITORY
    ),
    *(
        (allow(Action="ecr:PutImage", Resource=each), [])
        for each in (
            f"arn:aws:ecr:*:{HOME}:repository/*",
            "arn:aws:ecr:*:*:repository/payments/*",
            "arn:aws:ecr:*:${aws:PrincipalAccount}:repository/*",
        )
    ),
    (
        allow(
            Action=["iam:CreatePolicyVersion", "iam:AttachRolePolicy", "iam:PutRolePolicy", "s3:DeleteObject"],
            Resource="*",
        ),
        [
            (
                "statement 1 allows iam:AttachRolePolicy, iam:CreatePolicyVersion, iam:PutRolePolicy and "
                f"s3:DeleteObject {EVERY}"
            )
        ],
    ),
    (allow(Action="s3:Get*", Resource="*"), [f"statement 1 allows s3:Get* {EVERY}"]),
    (allow(Action="s3:GetObject", Resource="arn:aws:s3:::*"), [f"statement 1 allows s3:GetObject {EVERY}"]),
    (allow(Action="s3:GetObject", Resource="arn:aws:s3:::*/*"), [f"statement 1 allows s3:GetObject {EVERY}"]),
    (allow(Action="s3:GetObject", Resource=["arn:aws:s3:::bucket/*", "arn:aws:s3:::team-*"]), []),
    (allow(Action="unheard:OfThing", Resource="*"), [f"statement 1 allows unheard:OfThing {EVERY}"]),
    (allow(Action=ABOUT_NO_RESOURCE, Resource="*"), []),
    (deny(NotAction="ecr:*", NotResource=REPOSITORIES), []),
    (deny(Action="*", Resource="*"), []),
    (
        allow(Action="ecr:*", Resource="*", Condition={"StringEquals": {"aws:ResourceAccount": HOME}}),
        [f"statement 1 allows ecr:*, {COVERS}"],
    ),
)
def test_statements(statement: dict[str, object], expected: list[str]) -> None:
    assert told(RULE, declared(policy(statement))) == expected


def test_inline_policies_of_a_role() -> None:
    inputs = {
        "inlinePolicies": [
            {"name": "pull", "policy": policy(LOGIN, PULL)},
            {"name": "all", "policy": policy(allow(Action="ecr:*", Resource=REPOSITORIES))},
            {"name": "later", "policy": UNKNOWN},
            {"name": "none"},
            UNKNOWN,
        ]
    }
    assert told(RULE, Declared(type=ROLE, inputs=inputs)) == [
        f"statement 1 allows ecr:*, {COVERS}",
        "undecided inlinePolicies.2.policy",
        "undecided inlinePolicies.4",
    ]
    assert told(RULE, Declared(type=ROLE, inputs={"inlinePolicies": UNKNOWN})) == ["undecided inlinePolicies"]
    assert told(RULE, Declared(type=ROLE, inputs={"inlinePolicies": []})) == []
    incomplete = policy(allow(Action="ecr:PutImage", Resource="arn:aws:ecr:*"))
    assert told(RULE, Declared(type=ROLE, inputs={"inlinePolicies": [{"policy": incomplete}]})) == told(
        RULE, declared(incomplete)
    )
    (verdict,) = RULE.check(
        Declared(type=ROLE, inputs={"inlinePolicies": [{"policy": "{"}]}), Given(RULE.parameters(), TODAY)
    )
    assert verdict.path == ("inlinePolicies", 0, "policy")


BROAD = "write one with what is needed"


@cases(
    "arn, expected",
    ("arn:aws:iam::aws:policy/AdministratorAccess", [f"has AWS's policy AdministratorAccess: {BROAD}"]),
    ("arn:aws-cn:iam::aws:policy/AdministratorAccess", [f"has AWS's policy AdministratorAccess: {BROAD}"]),
    ("arn:aws:iam::aws:policy/AdministratorAccess-Amplify", [f"has AWS's policy AdministratorAccess-Amplify: {BROAD}"]),
    ("arn:aws:iam::aws:policy/PowerUserAccess", [f"has AWS's policy PowerUserAccess: {BROAD}"]),
    ("arn:aws:iam::aws:policy/IAMFullAccess", [f"has AWS's policy IAMFullAccess: {BROAD}"]),
    (
        "arn:aws:iam::aws:policy/service-role/AWSQuickSightFullAccess",
        [f"has AWS's policy AWSQuickSightFullAccess: {BROAD}"],
    ),
    ("arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly", []),
    ("arn:aws:iam::aws:policy/job-function/ViewOnlyAccess", []),
    (f"arn:aws:iam::{HOME}:policy/AdministratorAccess", []),
    (UNKNOWN, ["undecided"]),
    (SECRET, ["undecided"]),
    (None, []),
    (5, []),
    ("AdministratorAccess", []),
)
def test_policies_of_aws(arn: object, expected: list[str]) -> None:
    for kind in (ROLE_POLICY_ATTACHMENT, USER_POLICY_ATTACHMENT, GROUP_POLICY_ATTACHMENT, POLICY_ATTACHMENT):
        found = told(RULE, Declared(type=kind, inputs={"policyArn": arn}))
        assert found == [f"{each} policyArn" if each == "undecided" else each for each in expected]
    found = told(RULE, Declared(type=ROLE, inputs={"managedPolicyArns": ["arn:aws:iam::aws:policy/ReadOnly", arn]}))
    assert found == [f"{each} managedPolicyArns.1" if each == "undecided" else each for each in expected]


def test_managed_policies_that_are_not_known() -> None:
    assert told(RULE, Declared(type=ROLE, inputs={"managedPolicyArns": UNKNOWN})) == ["undecided managedPolicyArns"]
    assert told(RULE, Declared(type=ROLE, inputs={"managedPolicyArns": None})) == []


NAMES = ["*", "ecr:*", "ecr:Get*", "ecr:*Image", "*:Put*", "ecr:PutImage", LOGIN_ACTION, "ecr:BatchGetImage", "kms:D*"]
RESOURCES = ["*", "arn:*", "arn:aws:ecr:*:*:repository/*", "arn:aws:ecr:*:*", REPOSITORIES, "arn:aws:s3:::bucket"]
STATEMENTS = st.builds(
    lambda *parts: {key: value for part in parts for key, value in part.items()},
    st.sampled_from([*[{"Effect": "Allow"}] * 3, {"Effect": "Deny"}]),
    st.builds(
        lambda key, names: {key: names},
        st.sampled_from(["Action", "Action", "Action", "NotAction"]),
        st.lists(st.sampled_from(NAMES), min_size=1, max_size=2),
    ),
    st.builds(
        lambda key, names: {key: names},
        st.sampled_from(["Resource", "Resource", "Resource", "NotResource"]),
        st.lists(st.sampled_from(RESOURCES), min_size=1, max_size=2),
    ),
)
ELSEWHERE = f"arn:aws:ecr:eu-west-1:{OTHER}:repository/unheard/of"
HERE = f"arn:aws:ecr:us-east-1:{HOME}:repository/payments/api"


@settings(max_examples=examples(300))
@given(st.lists(STATEMENTS, min_size=1, max_size=3))
def test_whoever_may_what_nobody_named_is_found(statements: list[dict[str, object]]) -> None:
    text = policy(*statements)
    if not told(RULE, declared(text)):
        document = parse(text, incomplete_arns=True)
        caller = Caller(
            identity=Identity(arn=f"arn:aws:iam::{HOME}:user/u", account=HOME),
            policies=(Policy(name="own", document=document),),
        )
        for action, resource in (
            ("ecr:PutNothingYouKnow", HERE),
            ("ecr:PutImageTagMutability", HERE),
            ("other:Thing", HERE),
            ("ecr:PutImage", ELSEWHERE),
            ("ecr:BatchGetImage", ELSEWHERE),
            ("kms:Decrypt", f"arn:aws:kms:us-east-1:{HOME}:key/k"),
        ):
            request = Request(action=action, resource=resource, account=HOME)
            assert not evaluate(caller, request).allowed, (action, resource)
