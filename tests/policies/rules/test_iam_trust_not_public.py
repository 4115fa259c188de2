"""Roles can only be assumed by named principals."""

import pytest

from domain.iam.cluster_trust import cluster_trust_policy
from domain.iam.document import parse
from domain.iam.oidc import provider_arn
from policies.rules import iam_github_ids, iam_github_trust
from policies.rules.iam_trust_not_public import RULE
from tests.cases import cases
from tests.policies.conftest import findings
from tests.policies.rules.texts import GITHUB, HOME, ORGANIZATION, OTHER, WEB_IDENTITY, allow, deny, root, to, trusting

PULLER = f"arn:aws:iam::{OTHER}:role/puller"
RESTRICTED = "no condition restricts it to known callers"
EVERYONE = f"statement 1 allows everyone (*) to call sts:AssumeRole: {RESTRICTED}"


def trust(**elements: object) -> dict[str, object]:
    return allow(**{"Principal": to(PULLER), "Action": "sts:AssumeRole", **elements})


def test_a_statement_about_other_actions_hides_no_other() -> None:
    found = findings(RULE, trusting(trust(Action="sts:TagSession"), trust(Principal="*")))
    assert found == [EVERYONE.replace("statement 1", "statement 2")]


def whole(accounts: str) -> list[str]:
    return [f"statement 1 allows every principal of account {accounts}: name a role, or add sts:ExternalId"]


NOT_RESTRICTING: list[dict[str, object]] = [
    {"StringEqualsIfExists": {"sts:ExternalId": "x"}}, {"ForAllValues:StringEquals": {"sts:ExternalId": "x"}},
    {"StringNotEquals": {"sts:ExternalId": "x"}}, {"StringLike": {"sts:ExternalId": "*"}},
    {"StringLike": {"sts:ExternalId": ["x", "?*"]}}, {"StringLike": {"sts:ExternalId": [""]}},
    {"StringEquals": {"sts:ExternalId": []}}, {"Null": {"sts:ExternalId": "false"}},
    {"ArnEquals": {"aws:PrincipalArn": "${aws:PrincipalArn}"}}, {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
    {"StringEquals": {"aws:PrincipalAccount": OTHER}}, {"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION}},
    {"StringLike": {"aws:PrincipalArn": f"arn:aws:iam::{OTHER}*"}}, {"StringLike": {"aws:PrincipalArn": "arn:*"}},
]  # fmt: skip


ANY_NAME = ["*", "**", "*/*", "role/*", "r*", "?*", "role/*/*"]


@cases(
    "statement, expected",
    (trust(Principal={"Service": "ecr.amazonaws.com"}), []),
    (trust(Principal="*", Condition={"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION}}), []),
    (
        trust(Principal=to("*"), Condition={"StringEquals": {"sts:ExternalId": "x"}}),
        [f"{EVERYONE} (StringEquals sts:ExternalId does not say who calls)"],
    ),
    (
        trust(Principal=None, NotPrincipal=to(OTHER)),
        [f"statement 1 allows every principal except some (NotPrincipal) to call sts:AssumeRole: {RESTRICTED}"],
    ),
    *(
        (trust(Principal="*", Action=each), [f"statement 1 allows everyone (*) to call {each}: {RESTRICTED}"])
        for each in ("sts:*", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity")
    ),
    (trust(Principal="*", Action="sts:TagSession"), []),
    (trust(Principal=to(root(OTHER))), whole(OTHER)),
    (trust(Principal=to(OTHER, PULLER, HOME)), whole(f"{HOME} and {OTHER}")),
    (trust(Principal=to(OTHER), Action="sts:TagSession"), []),
    (trust(Principal=to(OTHER), Condition={"StringEquals": {"sts:ExternalId": "x"}}), []),
    (trust(Principal=to(OTHER), Condition={"ArnLike": {"AWS:principalARN": f"arn:aws:iam::{OTHER}:role/ci-*"}}), []),
    *(
        (trust(Principal=to(OTHER), Condition={"ArnEquals": {"aws:PrincipalArn": f"arn:aws:iam::{OTHER}:{each}"}}), [])
        for each in ("root", "role/ci", "role/ci/*", "user/d*", "role/*-deployer")
    ),
    (trust(Principal=to(OTHER), Condition={"StringLike": {"aws:PrincipalArn": "*:role/ci-*"}}), []),
    (trust(Principal=to(OTHER), Condition={"StringLike": {"aws:PrincipalTag/team": "payments-*"}}), []),
    *((trust(Principal=to(OTHER), Condition=each), whole(OTHER)) for each in NOT_RESTRICTING),
    *(
        (
            trust(Principal=to(OTHER), Condition={"ArnLike": {"aws:PrincipalArn": [PULLER, f"{account}:{name}"]}}),
            whole(OTHER),
        )
        for account in (f"arn:aws:iam::{OTHER}", "arn:aws:iam::*")
        for name in ANY_NAME
    ),
    (deny(Principal="*", Action="sts:*"), []),
)
def test_statements(statement: dict[str, object], expected: list[str]) -> None:
    assert findings(RULE, trusting(statement)) == expected


def test_trusted_accounts_are_a_parameter() -> None:
    role = trusting(trust(Principal=to(HOME, OTHER)))
    assert findings(RULE, role, trusted_accounts=[OTHER]) == whole(HOME)
    assert findings(RULE, role, trusted_accounts=[OTHER, HOME]) == []
    assert len(findings(RULE, trusting(trust(Principal="*")), trusted_accounts=["*"])) == 1


SAML = "sts:AssumeRoleWithSAML"
OKTA, GOOGLE = f"arn:aws:iam::{HOME}:saml-provider/okta", "accounts.google.com"
CLUSTER = "oidc.eks.us-east-1.amazonaws.com/id/0123456789ABCDEF"
SUBJECT = "system:serviceaccount:payments:api"


def provider(host: str) -> str:
    return f"arn:aws:iam::{HOME}:oidc-provider/{host}"


def federated(who: str, condition: object = None, action: str = WEB_IDENTITY) -> dict[str, object]:
    return trust(Principal={"Federated": who}, Action=action, Condition=condition)


def equal(**claims: object) -> dict[str, object]:
    return {"StringEquals": {f"{CLUSTER}:{key}": value for key, value in claims.items()}}


def unrestricted(who: str, *keys: str) -> list[str]:
    return [f"statement 1 allows every identity of {who}: restrict {' and '.join(keys)} with StringEquals"]


@cases(
    "statement, expected",
    *(
        (federated(who), unrestricted(who, f"{host}:aud", f"{host}:sub"))
        for who, host in (
            *((each, each) for each in (GOOGLE, "cognito-identity.amazonaws.com")),
            *((provider(each), each) for each in ("gitlab.com", CLUSTER, "*", f"{GITHUB}.example")),
        )
    ),
    *(
        (federated(host), unrestricted(host, f"{host}:app_id", f"{host}:{user}"))
        for host, user in (("graph.facebook.com", "id"), ("www.amazon.com", "user_id"))
    ),
    (federated(OKTA, action=SAML), unrestricted(OKTA, "SAML:aud")),
    (federated(OKTA, {"StringEquals": {"saml:AUD": "https://signin.aws.amazon.com/saml"}}, SAML), []),
    (federated(provider(GITHUB)), []),
    (federated(provider(f"{GITHUB}/acme")), []),
    (federated(provider("gitlab.com"), action="sts:TagSession"), []),
    (federated(provider(CLUSTER), equal(aud="sts.amazonaws.com", sub=SUBJECT)), []),
    (federated(provider(CLUSTER), equal(aud="sts.amazonaws.com", sub=[SUBJECT, f"{SUBJECT}-worker"])), []),
    (federated(provider(CLUSTER), equal(aud="sts.amazonaws.com")), unrestricted(provider(CLUSTER), f"{CLUSTER}:sub")),
    (federated(provider(CLUSTER), equal(sub=SUBJECT)), unrestricted(provider(CLUSTER), f"{CLUSTER}:aud")),
    (federated(GOOGLE, {"StringEquals": {f"{GOOGLE}:AUD": "1", f"{GOOGLE}:sub": "2"}}), []),
)
def test_identity_providers(statement: dict[str, object], expected: list[str]) -> None:
    assert findings(RULE, trusting(statement)) == expected


@cases(
    "operator, subject, narrow",
    ("StringLike", SUBJECT, True),
    ("StringLike", "system:serviceaccount:payments:*", True),
    ("StringLike", "system:serviceaccount:pay*:api", False),
    ("StringLike", "system:serviceaccount:*:api", False),
    ("StringLike", "system:serviceaccount:*", False),
    ("StringLike", "project_path:acme/app:ref_type:tag:ref:v*", True),
    ("StringLike", "project_path:acme/*", False),
    ("StringLike", "project_path:*", False),
    ("StringLike", "::::*", False),
    ("StringLike", "?ystem:serviceaccount:payments:api", False),
    ("StringLike", [SUBJECT, "*"], False),
    ("StringLike", "*", False),
    ("StringEquals", "", False),
    ("StringEquals", [], False),
    ("StringEquals", "${aws:username}", False),
    ("StringEqualsIgnoreCase", SUBJECT, True),
    ("StringEqualsIfExists", SUBJECT, False),
    ("ForAllValues:StringEquals", SUBJECT, False),
    ("ForAnyValue:StringEquals", SUBJECT, True),
    ("StringNotEquals", SUBJECT, False),
)
def test_a_subject_has_a_fixed_owner(operator: str, subject: object, narrow: bool) -> None:
    conditions: dict[str, dict[str, object]] = {"StringEquals": {f"{CLUSTER}:aud": "sts.amazonaws.com"}}
    conditions.setdefault(operator, {})[f"{CLUSTER}:sub"] = subject
    expected = [] if narrow else unrestricted(provider(CLUSTER), f"{CLUSTER}:sub")
    assert findings(RULE, trusting(federated(provider(CLUSTER), conditions))) == expected


def test_the_trust_in_a_namespaces_service_accounts_is_narrow() -> None:
    url = f"https://{CLUSTER}"
    policy = cluster_trust_policy(url, [SUBJECT], provider=provider_arn(url, HOME, "us-east-1"))
    [statement] = parse(policy).statements
    for rule in (RULE, iam_github_trust.RULE, iam_github_ids.RULE):
        assert findings(rule, trusting(statement.to_json())) == []


@pytest.mark.parametrize(("audience", "narrow"), [("sts.amazonaws.com", True), ("sts.*", False), ("a:b:c:*", False)])
def test_an_audience_has_no_pattern(audience: str, narrow: bool) -> None:
    conditions = {"StringLike": {f"{CLUSTER}:aud": audience, f"{CLUSTER}:sub": SUBJECT}}
    expected = [] if narrow else unrestricted(provider(CLUSTER), f"{CLUSTER}:aud")
    assert findings(RULE, trusting(federated(provider(CLUSTER), conditions))) == expected
