"""Identity-based policies list actions and resources; checked with what IAM would allow."""

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.document_text import SECRET, UNKNOWN
from domain.iam.access import Caller, Identity, Policy, Request
from domain.iam.actions import LOGIN_ACTION, PULL_ACTIONS, PUSH_ACTIONS
from domain.iam.document import parse
from domain.iam.evaluate import evaluate
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
from tests.policies.conftest import Declared, findings, paths
from tests.policies.rules.texts import (
    HOME,
    NOT_ACTION,
    NOT_RESOURCE,
    OTHER,
    allow,
    deny,
    listing,
    policy,
    statement_lists,
)

REPOSITORIES = f"arn:aws:ecr:us-east-1:{HOME}:repository/payments/*"
PULL = allow(Sid="Pull", Action=list(PULL_ACTIONS), Resource=REPOSITORIES)
LOGIN = allow(Sid="Login", Action=LOGIN_ACTION, Resource="*")
COVERS = "which includes write actions: list each action"
EVERY = "on every resource: list the resources in Resource"


EVERY_BUCKET = ("arn:aws:s3:::*", "arn:aws:s3:::*/*")
IN_ACCOUNT = {"StringEquals": {"aws:ResourceAccount": HOME}}
WITHOUT_RESOURCE = [
    LOGIN_ACTION, "sts:GetCallerIdentity", "ec2:DescribeInstances", "iam:ListRoles", "cloudwatch:PutMetricData",
]  # fmt: skip


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
        [f"applies to every resource except {REPOSITORIES} {NOT_RESOURCE}"],
    ),
    (allow(Action=[LOGIN_ACTION, *PULL_ACTIONS], Resource="*"), [f"allows {' and '.join(PULL_ACTIONS)} {EVERY}"]),
    (allow(Action="kms:Decrypt", Resource=[REPOSITORIES, "*"]), [f"allows kms:Decrypt {EVERY}"]),
    *(
        (allow(Action=each, Resource="*"), [f"allows {each} {EVERY}"])
        for each in ("ecr:Describe*", "iam:PassRole", "sts:AssumeRole", "s3:Get*", "unheard:OfThing")
    ),
    *(
        (allow(Action="ecr:PutImage", Resource=each), [f"allows ecr:PutImage {EVERY}"])
        for each in (
            *("arn:*", "arn:aws:ecr:*", "arn:aws:ecr:us-east-1", "arn:aws:ecr:*:${aws:PrincipalAccount}:*"),
            *(f"arn:aws:ecr:us-east-1:{HOME}{rest}" for rest in ("", ":*", ":*/*", ":**")),
            *(f"arn:aws:ecr:*:*:{rest}" for rest in ("*", "*/*", "?*/*/*", "rep*/*")),
            *(f"arn:aws:ecr:*:*:repository/{rest}" for rest in ("*", "*/*")),
            *(f"arn:aws:ecr:us-east-1:{account}:repository/*" for account in ("*", f"{HOME[:-1]}?")),
        )
    ),
    *(
        (allow(Action="ecr:PutImage", Resource=f"arn:aws:ecr:*:{each}"), [])
        for each in (f"{HOME}:repository/*", "*:repository/payments/*", "${aws:PrincipalAccount}:repository/*")
    ),
    (
        allow(Action=["iam:PutRolePolicy", "iam:AttachRolePolicy", "s3:DeleteObject"], Resource="*"),
        [f"allows iam:AttachRolePolicy, iam:PutRolePolicy and s3:DeleteObject {EVERY}"],
    ),
    *((allow(Action="s3:GetObject", Resource=each), [f"allows s3:GetObject {EVERY}"]) for each in EVERY_BUCKET),
    (allow(Action="s3:GetObject", Resource=["arn:aws:s3:::bucket/*", "arn:aws:s3:::team-*"]), []),
    (allow(Action=WITHOUT_RESOURCE, Resource="*"), []),
    (deny(NotAction="ecr:*", NotResource=REPOSITORIES), []),
    (deny(Action="*", Resource="*"), []),
    (allow(Action="ecr:*", Resource="*", Condition=IN_ACCOUNT), [f"allows ecr:*, {COVERS}"]),
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
    role = Declared(type=ROLE, inputs={"inlinePolicies": [{"policy": incomplete}]})
    assert findings(RULE, role) == findings(RULE, declared(incomplete))
    assert paths(RULE, role) == [("inlinePolicies", 0, "policy")]


AWS_MANAGED = "arn:aws:iam::aws:policy/"


@cases(
    "arn, broad",
    (f"{AWS_MANAGED}AdministratorAccess", "AdministratorAccess"),
    ("arn:aws-cn:iam::aws:policy/AdministratorAccess", "AdministratorAccess"),
    (f"{AWS_MANAGED}service-role/AWSQuickSightFullAccess", "AWSQuickSightFullAccess"),
    *((AWS_MANAGED + each, each) for each in ("AdministratorAccess-Amplify", "PowerUserAccess", "IAMFullAccess")),
    *((AWS_MANAGED + each, None) for each in ("AmazonEC2ContainerRegistryPullOnly", "job-function/ViewOnlyAccess")),
    *((each, None) for each in (f"arn:aws:iam::{HOME}:policy/AdministratorAccess", None, 5, "AdministratorAccess")),
    *((each, "undecided") for each in (UNKNOWN, SECRET)),
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
UNLISTED = [
    *((each, HERE) for each in ("ecr:PutNothingYouKnow", "ecr:PutImageTagMutability", "other:Thing")),
    *((each, ELSEWHERE) for each in ("ecr:PutImage", "ecr:BatchGetImage")),
    ("kms:Decrypt", f"arn:aws:kms:us-east-1:{HOME}:key/k"),
]


@settings(max_examples=examples(300))
@given(STATEMENTS)
def test_without_a_finding_nothing_unlisted_is_allowed(statements: list[dict[str, object]]) -> None:
    text = policy(*statements)
    if not findings(RULE, declared(text)):
        own = Policy(name="own", document=parse(text, incomplete_arns=True))
        caller = Caller(identity=Identity(arn=f"arn:aws:iam::{HOME}:user/u", account=HOME), policies=(own,))
        for action, resource in UNLISTED:
            request = Request(action=action, resource=resource, account=HOME)
            assert not evaluate(caller, request).allowed, (action, resource)
