"""Identity-based policies list actions and resources; checked with what IAM would allow."""

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.document_text import SECRET, UNKNOWN
from domain.iam.access import Caller, Identity, Policy, Request
from domain.iam.actions import LOGIN_ACTION, PULL_ACTIONS, PUSH_ACTIONS
from domain.iam.document import parse
from domain.iam.evaluate import evaluate
from policies.pack.rule import RuleContext
from policies.rules.iam_no_wildcard import RULE
from resources.iam import (
    GROUP_POLICY_ATTACHMENT,
    POLICY_ATTACHMENT,
    ROLE,
    ROLE_POLICY,
    ROLE_POLICY_ATTACHMENT,
    USER_POLICY_ATTACHMENT,
)
from tests.cases import cases
from tests.conftest import examples
from tests.policies.conftest import TODAY, Declared, findings
from tests.policies.rules.texts import HOME, NOT_ACTION, OTHER, allow, deny, listing, policy, statement_lists

REPOSITORIES = f"arn:aws:ecr:us-east-1:{HOME}:repository/payments/*"
PULL = allow(Sid="Pull", Action=list(PULL_ACTIONS), Resource=REPOSITORIES)
LOGIN = allow(Sid="Login", Action=LOGIN_ACTION, Resource="*")
COVERS = "which includes write actions: list each action"
EVERY = "on every resource: list the resources in Resource"


def declared(text: object, kind: str = ROLE_POLICY) -> Declared:
    return Declared(type=kind, inputs={"policy": text})


@cases(
    "statement, expected",
    (allow(Action=list(PUSH_ACTIONS), Resource=REPOSITORIES), []),
    (allow(Action=["ecr:Describe*", "s3:Get*"], Resource=REPOSITORIES), []),
    (allow(Action="ecr:*", Resource=REPOSITORIES), [f"allows ecr:*, {COVERS}"]),
    (allow(Action="ECR:*", Resource="*"), [f"allows ECR:*, {COVERS}"]),
    (allow(Action=["ecr:Put*", *PULL_ACTIONS], Resource=[REPOSITORIES]), [f"allows ecr:Put*, {COVERS}"]),
    (allow(Action="iam:Pass?ole", Resource=REPOSITORIES), [f"allows iam:Pass?ole, {COVERS}"]),
    (allow(Action="*:Get*", Resource=REPOSITORIES), [f"allows *:Get*, {COVERS}"]),
    (allow(NotAction="iam:*", Resource=REPOSITORIES), [f"allows every action except iam:* {NOT_ACTION}"]),
    (
        allow(Action="ecr:BatchGetImage", NotResource=REPOSITORIES),
        [f"applies to every resource except {REPOSITORIES} (NotResource): list the resources in Resource"],
    ),
    (
        allow(Action=[LOGIN_ACTION, *PULL_ACTIONS], Resource="*"),
        [f"allows ecr:BatchGetImage and ecr:GetDownloadUrlForLayer {EVERY}"],
    ),
    (allow(Action="ecr:Describe*", Resource="*"), [f"allows ecr:Describe* {EVERY}"]),
    (allow(Action="kms:Decrypt", Resource=[REPOSITORIES, "*"]), [f"allows kms:Decrypt {EVERY}"]),
    (allow(Action="iam:PassRole", Resource="*"), [f"allows iam:PassRole {EVERY}"]),
    (allow(Action="sts:AssumeRole", Resource="*"), [f"allows sts:AssumeRole {EVERY}"]),
    *(
        (allow(Action="ecr:PutImage", Resource=each), [f"allows ecr:PutImage {EVERY}"])
        for each in (
            "arn:aws:ecr:*:*:*",
            "arn:aws:ecr:*:*:repository/*",
            "arn:aws:ecr:us-east-1:*:repository/**",
            f"arn:aws:ecr:us-east-1:{HOME[:-1]}?:repository/*",
            "arn:*",
            "arn:aws:ecr:*",
            "arn:aws:ecr:us-east-1",
            "arn:aws:ecr:*:*:*/*",
            "arn:aws:ecr:*:*:?*/*/*",
            "arn:aws:ecr:*:*:repository/*/*",
            "arn:aws:ecr:*:*:rep*/*",
            f"arn:aws:ecr:us-east-1:{HOME}:*",
            f"arn:aws:ecr:us-east-1:{HOME}:*/*",
            f"arn:aws:ecr:us-east-1:{HOME}:**",
            f"arn:aws:ecr:us-east-1:{HOME}",
            "arn:aws:ecr:*:${aws:PrincipalAccount}:*",
        )
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
        allow(Action=["iam:PutRolePolicy", "iam:AttachRolePolicy", "s3:DeleteObject"], Resource="*"),
        [f"allows iam:AttachRolePolicy, iam:PutRolePolicy and s3:DeleteObject {EVERY}"],
    ),
    (allow(Action="s3:Get*", Resource="*"), [f"allows s3:Get* {EVERY}"]),
    (allow(Action="s3:GetObject", Resource="arn:aws:s3:::*"), [f"allows s3:GetObject {EVERY}"]),
    (allow(Action="s3:GetObject", Resource="arn:aws:s3:::*/*"), [f"allows s3:GetObject {EVERY}"]),
    (allow(Action="s3:GetObject", Resource=["arn:aws:s3:::bucket/*", "arn:aws:s3:::team-*"]), []),
    (allow(Action="unheard:OfThing", Resource="*"), [f"allows unheard:OfThing {EVERY}"]),
    (
        allow(
            Action=[
                LOGIN_ACTION,
                "sts:GetCallerIdentity",
                "ec2:DescribeInstances",
                "ecr:DescribeRegistry",
                "iam:ListRoles",
                "kms:ListAliases",
                "logs:DescribeLogGroups",
                "cloudwatch:PutMetricData",
            ],
            Resource="*",
        ),
        [],
    ),
    (deny(NotAction="ecr:*", NotResource=REPOSITORIES), []),
    (deny(Action="*", Resource="*"), []),
    (
        allow(Action="ecr:*", Resource="*", Condition={"StringEquals": {"aws:ResourceAccount": HOME}}),
        [f"allows ecr:*, {COVERS}"],
    ),
)
def test_statements(statement: dict[str, object], expected: list[str]) -> None:
    assert findings(RULE, declared(policy(statement))) == [f"statement 1 {each}" for each in expected]


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
    assert findings(RULE, Declared(type=ROLE, inputs=inputs)) == [
        f"statement 1 allows ecr:*, {COVERS}",
        "undecided inlinePolicies.2.policy",
        "undecided inlinePolicies.4",
    ]
    assert findings(RULE, Declared(type=ROLE, inputs={"inlinePolicies": UNKNOWN})) == ["undecided inlinePolicies"]
    assert findings(RULE, Declared(type=ROLE, inputs={"inlinePolicies": []})) == []
    incomplete = policy(allow(Action="ecr:PutImage", Resource="arn:aws:ecr:*"))
    assert findings(RULE, Declared(type=ROLE, inputs={"inlinePolicies": [{"policy": incomplete}]})) == findings(
        RULE, declared(incomplete)
    )
    (found,) = RULE.check(
        Declared(type=ROLE, inputs={"inlinePolicies": [{"policy": "{"}]}), RuleContext(RULE.parameters(), TODAY)
    )
    assert found.path == ("inlinePolicies", 0, "policy")


@cases(
    "arn, broad",
    ("arn:aws:iam::aws:policy/AdministratorAccess", "AdministratorAccess"),
    ("arn:aws-cn:iam::aws:policy/AdministratorAccess", "AdministratorAccess"),
    ("arn:aws:iam::aws:policy/AdministratorAccess-Amplify", "AdministratorAccess-Amplify"),
    ("arn:aws:iam::aws:policy/PowerUserAccess", "PowerUserAccess"),
    ("arn:aws:iam::aws:policy/IAMFullAccess", "IAMFullAccess"),
    ("arn:aws:iam::aws:policy/service-role/AWSQuickSightFullAccess", "AWSQuickSightFullAccess"),
    ("arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly", None),
    ("arn:aws:iam::aws:policy/job-function/ViewOnlyAccess", None),
    (f"arn:aws:iam::{HOME}:policy/AdministratorAccess", None),
    (UNKNOWN, "undecided"),
    (SECRET, "undecided"),
    (None, None),
    (5, None),
    ("AdministratorAccess", None),
)
def test_aws_managed_policies(arn: object, broad: str | None) -> None:
    def expected(path: str) -> list[str]:
        if broad == "undecided":
            return [f"undecided {path}"]
        return [f"has the AWS managed policy {broad}: write a policy with the required actions"] if broad else []

    for kind in (ROLE_POLICY_ATTACHMENT, USER_POLICY_ATTACHMENT, GROUP_POLICY_ATTACHMENT, POLICY_ATTACHMENT):
        assert findings(RULE, Declared(type=kind, inputs={"policyArn": arn})) == expected("policyArn")
    role = Declared(type=ROLE, inputs={"managedPolicyArns": ["arn:aws:iam::aws:policy/ReadOnly", arn]})
    assert findings(RULE, role) == expected("managedPolicyArns.1")


def test_managed_policies_that_are_not_known() -> None:
    assert findings(RULE, Declared(type=ROLE, inputs={"managedPolicyArns": UNKNOWN})) == ["undecided managedPolicyArns"]
    assert findings(RULE, Declared(type=ROLE, inputs={"managedPolicyArns": None})) == []


NAMES = ["*", "ecr:*", "ecr:Get*", "ecr:*Image", "*:Put*", "ecr:PutImage", LOGIN_ACTION, "ecr:BatchGetImage", "kms:D*"]
RESOURCES = ["*", "arn:*", "arn:aws:ecr:*:*:repository/*", "arn:aws:ecr:*:*", REPOSITORIES, "arn:aws:s3:::bucket"]
STATEMENTS = statement_lists(
    st.sampled_from([*[{"Effect": "Allow"}] * 3, {"Effect": "Deny"}]),
    listing(["Action", "Action", "Action", "NotAction"], NAMES),
    listing(["Resource", "Resource", "Resource", "NotResource"], RESOURCES),
    most=3,
)
ELSEWHERE = f"arn:aws:ecr:eu-west-1:{OTHER}:repository/unheard/of"
HERE = f"arn:aws:ecr:us-east-1:{HOME}:repository/payments/api"


@settings(max_examples=examples(300))
@given(STATEMENTS)
def test_without_a_finding_nothing_unlisted_is_allowed(statements: list[dict[str, object]]) -> None:
    text = policy(*statements)
    if not findings(RULE, declared(text)):
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
