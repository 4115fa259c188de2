"""Repositories are not public; checked with what IAM would allow strangers."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.document_text import SECRET, UNKNOWN
from domain.iam.access import Policy, Request
from domain.iam.document import parse
from policies.rules.ecr_policy_not_public import RULE
from resources.ecr import REPOSITORY_POLICY
from tests.cases import case, cases
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


def declared(text: object) -> Declared:
    return Declared(type=REPOSITORY_POLICY, inputs={"repository": "payments/api", "policy": text})


def open_to(whom: str, what: str = PULL, why: str = "", name: str = "statement 1") -> list[str]:
    return [f"{name} allows {whom} to call {what}: {RESTRICTED}{why}"]


@cases(
    "inputs, expected",
    case("compliant", {"policy": policy(allow(Principal=to(OTHER), Action=PULL))}, []),
    case(
        "violating",
        {"policy": policy(allow(Sid="Pull", Principal="*", Action=PULL))},
        open_to("everybody (*)", name="statement 'Pull'"),
    ),
    case("unset", {}, []),
    case("null", {"policy": None}, []),
    case("unknown", {"policy": UNKNOWN}, ["undecided policy"]),
    case("secret", {"policy": SECRET}, ["undecided policy"]),
    case("unknown in it", {"policy": {"Statement": [allow(Principal=UNKNOWN, Action=PULL)]}}, ["undecided policy"]),
    case("a mapping", {"policy": {"Statement": allow(Principal="*", Action=PULL)}}, open_to("everybody (*)")),
    case("a number", {"policy": 5}, ["is not a policy document, but 5"]),
    case("broken", {"policy": {"Statement": 5}}, ["is not a valid policy: Statement: is of type int"]),
)
def test_a_repository_policy(inputs: dict[str, object], expected: list[str]) -> None:
    found = findings(RULE, Declared(type=REPOSITORY_POLICY, inputs=inputs))
    assert len(found) == len(expected)
    assert all(one.startswith(other) for one, other in zip(found, expected, strict=True))


@cases(
    "statement, expected",
    (allow(Principal={"AWS": "*"}, Action=PULL), open_to("everybody (*)")),
    (allow(Principal=to(OTHER, "*"), Action=[PULL]), open_to("everybody (*)")),
    (allow(Principal="*", Action=["ECR:*"]), open_to("everybody (*)", "ECR:*")),
    (
        allow(Principal="*", Action=[f"ecr:A{each}" for each in "edcba"]),
        open_to("everybody (*)", "ecr:Aa, ecr:Ab, ecr:Ac, ecr:Ad and ecr:Ae"),
    ),
    (
        allow(Principal="*", Action=[f"ecr:A{each}" for each in "gfedcba"]),
        open_to("everybody (*)", "ecr:Aa, ecr:Ab, ecr:Ac, ecr:Ad, ecr:Ae and 2 more"),
    ),
    (allow(Principal="*", NotAction="kms:*"), open_to("everybody (*)", "every action except kms:*")),
    (allow(NotPrincipal=to(OTHER), Action=PULL), open_to("every principal except some (NotPrincipal)")),
    (allow(NotPrincipal="*", Action=PULL), open_to("every principal except some (NotPrincipal)")),
    (allow(NotPrincipal=to(OTHER), Action=PULL, Condition=IN_ORGANIZATION), []),
    (allow(Principal={"Service": LAMBDA}, Action=PULL), open_to(f"the service {LAMBDA!r}, on behalf of any account,")),
    (
        allow(Principal={"Service": LAMBDA}, Action=PULL, Condition=IN_ORGANIZATION),
        open_to(
            f"the service {LAMBDA!r}, on behalf of any account,",
            why=" (StringEquals aws:PrincipalOrgID does not say on whose behalf a service calls)",
        ),
    ),
    (allow(Principal={"Service": LAMBDA}, Action=PULL, Condition={"StringEquals": {"aws:SourceAccount": HOME}}), []),
    (
        allow(Principal={"Federated": PROVIDER}, Action=PULL),
        open_to(f"the identity provider {PROVIDER!r}, on behalf of any account,"),
    ),
    (allow(Principal=to(OTHER, root(HOME), f"arn:aws:iam::{OTHER}:role/a/b"), Action=PULL), []),
    (allow(Principal=to("AROAEXAMPLEEXAMPLEID"), Action=PULL), []),
    (allow(Action=PULL), []),
    (deny(Principal="*", Action="*"), []),
    (deny(NotPrincipal=to(HOME), Action="*"), []),
    (allow(Principal="*", Action=PULL, Condition=IN_ORGANIZATION), []),
    (
        allow(Principal="*", Action=PULL, Condition={"StringEqualsIfExists": {"aws:PrincipalOrgID": ORGANIZATION}}),
        open_to("everybody (*)", why=" (StringEqualsIfExists aws:PrincipalOrgID also holds where the key is absent)"),
    ),
    (
        allow(
            Principal="*",
            Action=PULL,
            Condition={"Bool": {"aws:SecureTransport": "true"}, "StringLike": {"aws:PrincipalArn": "*"}},
        ),
        open_to(
            "everybody (*)",
            why=(
                " (Bool aws:SecureTransport does not say who calls and StringLike aws:PrincipalArn is not limited"
                " to fixed values: '*')"
            ),
        ),
    ),
)
def test_statements(statement: dict[str, object], expected: list[str]) -> None:
    assert findings(RULE, declared(policy(statement))) == expected
    assert findings(RULE, declared(json.dumps({"Version": "2012-10-17", "Statement": statement}))) == expected


@pytest.mark.parametrize(
    "value", ["arn:aws:iam::*:root", "arn:aws:iam::*:role/puller", "arn:aws:iam::1111*:root", "1111*"]
)
def test_a_wildcard_in_a_principal_is_refused(value: str) -> None:
    (found,) = findings(RULE, declared(policy(allow(Principal=to(OTHER, value), Action=PULL))))
    assert found.startswith("is not a valid policy: Statement.0.Principal.AWS.1: ")


def test_a_deny_does_not_make_a_public_grant_pass() -> None:
    """Not even one that denies every stranger: see the rule."""
    outside = {"StringNotEquals": {"aws:PrincipalOrgID": ORGANIZATION}}
    text = policy(allow(Principal="*", Action=PULL), deny(Principal="*", Action="*", Condition=outside))
    assert may(named(text), request()) == []
    assert findings(RULE, declared(text)) == open_to("everybody (*)")


def test_each_statement_is_named() -> None:
    narrow = allow(Principal=to(OTHER), Action=PULL)
    text = policy(narrow, allow(Principal="*", Action=PULL), allow(Sid="a\u202eb", Principal="*", Action=PULL))
    assert findings(RULE, declared(text)) == [
        *open_to("everybody (*)", name="statement 2"),
        *open_to("everybody (*)", name="statement 'a\\u202eb'"),
    ]


def test_services_are_a_parameter() -> None:
    text = policy(allow(Principal={"Service": [LAMBDA, "codebuild.amazonaws.com"], "Federated": LAMBDA}, Action=PULL))
    found = findings(RULE, declared(text), services=[LAMBDA])
    assert [each.partition(", on behalf")[0] for each in found] == [
        "statement 1 allows the service 'codebuild.amazonaws.com'",
        f"statement 1 allows the identity provider {LAMBDA!r}",
    ]
    assert findings(RULE, declared(policy(allow(Principal="*", Action=PULL))), services=["*"]) == open_to(
        "everybody (*)"
    )


def test_a_document_of_an_old_version_has_no_variables() -> None:
    statement = allow(
        Principal="*", Action=PULL, Condition={"StringEquals": {"aws:PrincipalAccount": "${aws:ResourceAccount}"}}
    )
    assert findings(RULE, declared(policy(statement))) == []
    assert len(findings(RULE, declared(policy(statement, version="2008-10-17")))) == 1
    assert len(findings(RULE, declared(json.dumps({"Statement": statement})))) == 1


def test_a_huge_document() -> None:
    statements = [allow(Principal=to(OTHER), Action=PULL) for _ in range(2_000)]
    text = policy(*statements, allow(Principal="*", Action=PULL))
    assert findings(RULE, declared(text)) == open_to("everybody (*)", name="statement 2001")


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
    tests = st.builds(
        lambda form, name, some: {form.format(name): {key: some}}, st.sampled_from(FORMS), operators, values
    )
    return st.one_of(*[tests] * 5, st.sampled_from(["true", "false"]).map(lambda value: {"Null": {key: value}}))


STATEMENTS = statement_lists(
    st.sampled_from([*[{"Effect": "Allow"}] * 5, {"Effect": "Deny"}]),
    st.sampled_from(PRINCIPALS),
    st.sampled_from(ACTIONS),
    under(st.sampled_from(list(VALUES)).flatmap(conditions)),
)


@settings(max_examples=examples(300))
@given(STATEMENTS)
def test_without_a_finding_strangers_are_allowed_nothing(statements: list[dict[str, object]]) -> None:
    text = policy(*statements)
    if not findings(RULE, declared(text)):
        assert may(named(text), request()) == []
