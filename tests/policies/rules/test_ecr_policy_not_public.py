"""Repositories are not public; checked with what IAM would allow unknown callers."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.iam.access import Policy, Request
from domain.iam.document import parse
from policies.rules.ecr_policy_not_public import RULE
from resources.ecr import REPOSITORY_POLICY
from tests.cases import cases
from tests.conftest import examples
from tests.domain.iam.calls import REPOSITORY as ARN
from tests.domain.iam.unknown_callers import PROVIDER, may
from tests.policies.conftest import Declared, findings
from tests.policies.rules.texts import (
    HOME,
    LAMBDA,
    ORGANIZATION,
    OTHER,
    Part,
    allow,
    deny,
    policy,
    root,
    statement_lists,
    to,
    under,
)

PULL = "ecr:BatchGetImage"
IN_ORGANIZATION = {"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION}}
RESTRICTED = "no condition restricts it to an organization, an account or a network"


BY_LAMBDA = f"the service {LAMBDA!r}, on behalf of any account,"
BY_PROVIDER = f"the identity provider {PROVIDER!r}, on behalf of any account,"
LOOSE = {"Bool": {"aws:SecureTransport": "true"}, "StringLike": {"aws:PrincipalArn": "*"}}
NOT_FIXED = "StringLike aws:PrincipalArn is not limited to fixed values: '*'"
WHY = f" (Bool aws:SecureTransport does not say who calls and {NOT_FIXED})"


def declared(text: object) -> Declared:
    return Declared(type=REPOSITORY_POLICY, inputs={"repository": "payments/api", "policy": text})


def open_to(whom: str, what: str = PULL, why: str = "", name: str = "statement 1") -> list[str]:
    return [f"{name} allows {whom} to call {what}: {RESTRICTED}{why}"]


@cases(
    "statement, expected",
    (allow(Principal={"AWS": "*"}, Action=PULL), open_to("everyone (*)")),
    (allow(Principal=to(OTHER, "*"), Action=[PULL]), open_to("everyone (*)")),
    (allow(Principal="*", Action=["ECR:*"]), open_to("everyone (*)", "ECR:*")),
    (
        allow(Principal="*", Action=[f"ecr:A{each}" for each in "gfedcba"]),
        open_to("everyone (*)", "ecr:Aa, ecr:Ab, ecr:Ac, ecr:Ad, ecr:Ae and 2 more"),
    ),
    (allow(Principal="*", NotAction="kms:*"), open_to("everyone (*)", "every action except kms:*")),
    (allow(NotPrincipal=to(OTHER), Action=PULL), open_to("every principal except some (NotPrincipal)")),
    (allow(NotPrincipal="*", Action=PULL), open_to("every principal except some (NotPrincipal)")),
    (allow(NotPrincipal=to(OTHER), Action=PULL, Condition=IN_ORGANIZATION), []),
    (allow(Principal={"Service": LAMBDA}, Action=PULL), open_to(BY_LAMBDA)),
    (
        allow(Principal={"Service": LAMBDA}, Action=PULL, Condition=IN_ORGANIZATION),
        open_to(BY_LAMBDA, why=" (StringEquals aws:PrincipalOrgID does not say on whose behalf a service calls)"),
    ),
    (allow(Principal={"Service": LAMBDA}, Action=PULL, Condition={"StringEquals": {"aws:SourceAccount": HOME}}), []),
    (allow(Principal={"Federated": PROVIDER}, Action=PULL), open_to(BY_PROVIDER)),
    (allow(Principal=to(OTHER, root(HOME), f"arn:aws:iam::{OTHER}:role/a/b"), Action=PULL), []),
    (allow(Principal=to("AROAEXAMPLEEXAMPLEID"), Action=PULL), []),
    (allow(Action=PULL), []),
    (deny(Principal="*", Action="*"), []),
    (deny(NotPrincipal=to(HOME), Action="*"), []),
    (allow(Principal="*", Action=PULL, Condition=IN_ORGANIZATION), []),
    (
        allow(Principal="*", Action=PULL, Condition={"StringEqualsIfExists": {"aws:PrincipalOrgID": ORGANIZATION}}),
        open_to("everyone (*)", why=" (StringEqualsIfExists aws:PrincipalOrgID also holds where the key is absent)"),
    ),
    (allow(Principal="*", Action=PULL, Condition=LOOSE), open_to("everyone (*)", why=WHY)),
)
def test_statements(statement: dict[str, object], expected: list[str]) -> None:
    assert findings(RULE, declared(policy(statement))) == expected
    assert findings(RULE, declared(json.dumps({"Version": "2012-10-17", "Statement": statement}))) == expected


def test_a_deny_does_not_make_a_public_grant_pass() -> None:
    """Not even one that denies every unknown account: see the rule."""
    outside = {"StringNotEquals": {"aws:PrincipalOrgID": ORGANIZATION}}
    text = policy(allow(Principal="*", Action=PULL), deny(Principal="*", Action="*", Condition=outside))
    assert may(named(text), request()) == []
    assert findings(RULE, declared(text)) == open_to("everyone (*)")


def test_each_statement_is_named() -> None:
    """Even in a large document."""
    statements = [allow(Principal=to(OTHER), Action=PULL)] * 2_000
    text = policy(*statements, allow(Principal="*", Action=PULL), allow(Sid="a\u202eb", Principal="*", Action=PULL))
    names = ("statement 2001", "statement 'a\\u202eb'")
    assert findings(RULE, declared(text)) == [each for name in names for each in open_to("everyone (*)", name=name)]


def test_services_are_a_parameter() -> None:
    text = policy(allow(Principal={"Service": [LAMBDA, "codebuild.amazonaws.com"], "Federated": LAMBDA}, Action=PULL))
    found = findings(RULE, declared(text), services=[LAMBDA])
    assert [each.partition(", on behalf")[0] for each in found] == [
        "statement 1 allows the service 'codebuild.amazonaws.com'",
        f"statement 1 allows the identity provider {LAMBDA!r}",
    ]
    public = declared(policy(allow(Principal="*", Action=PULL)))
    assert findings(RULE, public, services=["*"]) == open_to("everyone (*)")


def test_a_document_of_an_old_version_has_no_variables() -> None:
    own_account = {"StringEquals": {"aws:PrincipalAccount": "${aws:ResourceAccount}"}}
    statement = allow(Principal="*", Action=PULL, Condition=own_account)
    texts = (policy(statement), policy(statement, version="2008-10-17"), json.dumps({"Statement": statement}))
    assert [len(findings(RULE, declared(each))) for each in texts] == [0, 1, 1]


def named(text: str) -> Policy:
    return Policy(name="resource", document=parse(text))


def request(action: str = PULL) -> Request:
    return Request(action=action, resource=ARN, account=HOME)


PRINCIPALS: list[dict[str, Any]] = [
    *[dict[str, Any](Principal=each) for each in ("*", to(OTHER, "*"))] * 3, {"Principal": to(OTHER)},
    {"NotPrincipal": to(OTHER)}, {},
    {"Principal": to(root(HOME), f"arn:aws:iam::{OTHER}:role/puller")}, {"Principal": {"Service": LAMBDA}},
    {"Principal": {"Service": LAMBDA, "AWS": OTHER}}, {"Principal": {"Federated": PROVIDER}},
]  # fmt: skip
ACTIONS: list[dict[str, Any]] = [
    {"Action": PULL}, {"Action": [PULL, "ecr:PutImage"]}, {"Action": "ECR:*"}, {"Action": "*"}, {"NotAction": "kms:*"},
]  # fmt: skip
VALUES = {
    "aws:PrincipalOrgID": [ORGANIZATION, "*", "o-*", "${aws:PrincipalOrgID}", "${aws:ResourceOrgID}"],
    "aws:PrincipalOrgPaths": [f"{ORGANIZATION}/*", "*/r-ab12/*"],
    "aws:PrincipalAccount": [HOME, OTHER, "*", "${aws:PrincipalAccount}", "${aws:ResourceAccount}"],
    "aws:PrincipalArn": [f"arn:aws:iam::{OTHER}:role/*", "arn:aws:iam::*:role/*", f"arn:*:iam::{HOME}:role/puller"],
    "AWS:sourceaccount": [HOME, "*"],
    "aws:SourceArn": [f"arn:aws:lambda:us-east-1:{OTHER}:function:*", "arn:aws:lambda:*:*:function:*"],
    "aws:SourceIp": ["198.51.100.0/24", "0.0.0.0/0", "0.0.0.0/1", "8.0.0.0/7", "2600::/16"],
    "aws:SourceVpce": ["vpce-0a1b2c3d", "*"],
    "aws:PrincipalTag/team": ["payments", "*"],
}
FITTING = {"aws:PrincipalArn": "ArnLike", "aws:SourceArn": "ArnLike", "aws:SourceIp": "IpAddress"}
FORMS = ["{}", "{}", "{}", "{}IfExists", "ForAllValues:{}", "ForAnyValue:{}"]
OPERATORS = ["StringEquals", "StringLike", "StringNotEquals", "Bool"]


def conditions(key: str) -> Part:
    operators = st.sampled_from([*[FITTING.get(key, "StringLike")] * 4, *OPERATORS])
    values = st.lists(st.sampled_from(VALUES[key]), min_size=1, max_size=2)
    forms = st.sampled_from(FORMS)
    tests = st.builds(lambda form, name, some: {form.format(name): {key: some}}, forms, operators, values)
    return st.one_of(*[tests] * 5, st.sampled_from(["true", "false"]).map(lambda value: {"Null": {key: value}}))


STATEMENTS = statement_lists(
    st.sampled_from([*[{"Effect": "Allow"}] * 5, {"Effect": "Deny"}]),
    st.sampled_from(PRINCIPALS),
    st.sampled_from(ACTIONS),
    under(st.sampled_from(list(VALUES)).flatmap(conditions)),
)


@settings(max_examples=examples(300))
@given(STATEMENTS)
def test_without_a_finding_unknown_callers_are_allowed_nothing(statements: list[dict[str, object]]) -> None:
    text = policy(*statements)
    if not findings(RULE, declared(text)):
        assert may(named(text), request()) == []
