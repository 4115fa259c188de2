"""Roles for GitHub workflows; checked with the tokens of other workflows."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.iam.access import Caller, Identity, Policy, Request
from domain.iam.document import parse
from domain.iam.evaluate import evaluate
from policies.rules.iam_github_trust import RULE
from resources.iam import ROLE
from tests.cases import cases
from tests.conftest import examples
from tests.policies.conftest import Declared, findings
from tests.policies.rules.texts import HOME, LOOSE_OPERATORS, OTHER, allow, deny, listing, policy, to

ISSUER = "token.actions.githubusercontent.com"
PROVIDER = f"arn:aws:iam::{HOME}:oidc-provider/{ISSUER}"
ASSUME = "sts:AssumeRoleWithWebIdentity"
MAIN = "repo:acme/api:ref:refs/heads/main"
AUD, SUB = f"{ISSUER}:aud", f"{ISSUER}:sub"
AUDIENCE = "sts.amazonaws.com"


def trust(condition: object = None, **elements: object) -> dict[str, object]:
    statement = {
        **allow(Sid="GitHub", Principal={"Federated": PROVIDER}, Action=ASSUME, Condition=condition or fixed(MAIN)),
        **elements,
    }
    return {key: value for key, value in statement.items() if value is not None}


def fixed(*subjects: str, operator: str = "StringEquals") -> dict[str, object]:
    """A condition with the audience fixed, and these subjects under the operator."""
    audience = {AUD: AUDIENCE}
    if operator == "StringEquals":
        return {"StringEquals": {**audience, SUB: list(subjects)}}
    return {"StringEquals": audience, operator: {SUB: list(subjects)}}


def declared(*statements: dict[str, object]) -> Declared:
    return Declared(type=ROLE, inputs={"assumeRolePolicy": policy(*statements)})


def says(*messages: str) -> list[str]:
    return [f"statement 'GitHub' {each}" for each in messages]


NO_SUBJECT = "has no condition on sub: every workflow on GitHub can assume the role"
NO_AUDIENCE = "has no condition on aud: a token for another service can assume the role"


def not_one(value: str) -> str:
    return f"allows sub {value!r}, which is not one repository with a branch, a tag or an environment"


def filled(value: str) -> str:
    return f"has a policy variable in sub {value!r}: write the repository and its ref or environment"


@cases(
    "condition",
    fixed("repo:acme/api:environment:production"),
    fixed("repo:acme@1234/api@5678:ref:refs/heads/main"),
    fixed("repo:acme@1234/api@5678:environment:prod"),
    fixed("repo:acme/api:ref:refs/tags/v1"),
    fixed(MAIN, "repo:acme/web:environment:prod"),
    fixed(MAIN, operator="StringLike"),
    fixed("repo:acme/api:ref:refs/tags/*", operator="StringLike"),
    fixed("repo:acme/api:ref:refs/tags/v?.*", MAIN, operator="StringLike"),
    fixed("repo:acme@1/api@2:ref:refs/tags/v*", operator="StringLike"),
    fixed("repo:acme/api:ref:refs/tags/v?", operator="StringLike"),
    {"StringEquals": {AUD.upper(): [AUDIENCE], SUB.title(): MAIN}},
    # All conditions must hold: one that is sound is enough.
    {"StringEquals": {AUD: AUDIENCE, SUB: MAIN}, "StringLike": {SUB: "repo:acme/*", AUD: "*"}},
    {"StringEquals": {AUD: AUDIENCE, SUB: MAIN, f"{ISSUER}:job_workflow_ref": "acme/x/.github/workflows/y@main"}},
)
def test_what_fixes_the_workflow(condition: dict[str, object]) -> None:
    assert findings(RULE, declared(trust(condition))) == []


PATTERNS_OF_SEVERAL = """
    * repo:* repo:acme/* repo:acme*/api:ref:refs/tags/v1 repo:acme/api*:ref:refs/tags/v* repo:*:ref:refs/tags/*
    repo:acme@*/api@*:ref:refs/tags/* repo:acme/api:* repo:acme/api:ref:* repo:acme/api:ref:refs/*
    repo:acme/api:ref:refs/tag?/v1 repo:acme/api:ref:refs/tags/ repo:acme/api:ref:refs/heads/*
    repo:acme/api:ref:refs/heads/release-? repo:acme/api:environment:* repo:acme/api:environment:prod*
    repo:acme/api:environment:a:ref:refs/tags/* repo:acme/api:pull_reques? repo:acme/api:*:ref:refs/tags/v1
"""


@cases(
    "condition, expected",
    ({"StringEquals": {SUB: MAIN}}, [NO_AUDIENCE]),
    ({"StringEquals": {"aws:x": "y"}}, [NO_AUDIENCE, NO_SUBJECT]),
    (
        {"StringEquals": {AUD: AUDIENCE, f"{ISSUER}:job_workflow_ref": "acme/x/.github/workflows/y@refs/heads/main"}},
        [NO_SUBJECT],
    ),
    ({"StringEquals": {AUD: AUDIENCE, f"{ISSUER}:repository": "acme/api"}}, [NO_SUBJECT]),
    ({"StringEquals": {AUD: AUDIENCE, "other.example:sub": MAIN}}, [NO_SUBJECT]),
    ({"StringEquals": {AUD: AUDIENCE, f"{SUB} ": MAIN}}, [NO_SUBJECT]),
    *(
        (
            {"StringEquals": {SUB: MAIN}, operator: {AUD: AUDIENCE}},
            [f"has {operator} on aud, which allows other values: use StringEquals"],
        )
        for operator in (*LOOSE_OPERATORS, "StringLike", "StringEqualsIgnoreCase")
    ),
    (
        {"StringEquals": {SUB: MAIN, AUD: [AUDIENCE, "https://github.com/acme"]}},
        ["allows tokens for 'https://github.com/acme': aud must be sts.amazonaws.com"],
    ),
    (
        {"StringEquals": {SUB: MAIN, AUD: "STS.amazonaws.com"}},
        ["allows tokens for 'STS.amazonaws.com': aud must be sts.amazonaws.com"],
    ),
    ({"StringEquals": {SUB: MAIN, AUD: []}}, ["has no value for aud"]),
    *(
        (fixed(MAIN, operator=operator), [f"has {operator} on sub, which allows other values: use StringEquals"])
        for operator in (*LOOSE_OPERATORS, "StringLikeIfExists", "ForAnyValue:StringLike", "ArnLike", "Null", "Bool")
    ),
    (fixed(), ["has no value for sub"]),
    (fixed(operator="StringLike"), ["has no value for sub"]),
    (fixed(MAIN, "repo:acme/*"), [not_one("repo:acme/*")]),
    *(
        (fixed(each), [not_one(each)])
        for each in (
            "*",
            "",
            "repo:acme/api",
            "repo:acme/api:*",
            "repo:acme/api:ref:refs/tags/*",
            "repo:acme@1/api:environment:prod",
            "repo:аcme/api:environment:prod",  # noqa: RUF001
            f"{MAIN}\n",
        )
    ),
    *(
        (fixed(each, operator="StringLike"), [not_one(each)])
        for each in ("repo:acme/api:ref:refs/tags/a b", *PATTERNS_OF_SEVERAL.split())
    ),
    *(
        (fixed(f"repo:acme/{each}:environment:prod"), [filled(f"repo:acme/{each}:environment:prod")])
        for each in (f"${{{ISSUER}:repository}}", "${*}")
    ),
    (
        fixed("repo:acme/api:ref:refs/tags/${aws:PrincipalTag/x}*", operator="StringLike"),
        [filled("repo:acme/api:ref:refs/tags/${aws:PrincipalTag/x}*")],
    ),
    (
        fixed("repo:acme/api:pull_request"),
        ["allows every pull request to assume the role, by sub 'repo:acme/api:pull_request'"],
    ),
    (
        {"StringLike": {SUB: "repo:acme/*", AUD: "*"}},
        ["has StringLike on aud, which allows other values: use StringEquals", not_one("repo:acme/*")],
    ),
)
def test_what_allows_other_workflows(condition: dict[str, object], expected: list[str]) -> None:
    assert findings(RULE, declared(trust(condition))) == says(*expected)


@cases(
    "elements, expected",
    ({"Action": "sts:*"}, says(NO_SUBJECT)),
    ({"Action": ["sts:TagSession", "STS:assumeROLEwith*"]}, says(NO_SUBJECT)),
    ({"Action": None, "NotAction": "sts:TagSession"}, says(NO_SUBJECT)),
    ({"Action": "sts:AssumeRole"}, []),
    ({"Action": None, "NotAction": "sts:*"}, []),
    ({"Principal": {"Federated": PROVIDER.upper().replace("OIDC-PROVIDER", "oidc-provider")}}, says(NO_SUBJECT)),
    ({"Principal": {"Federated": ISSUER}}, says(NO_SUBJECT)),
    ({"Principal": {"Federated": ["cognito-identity.amazonaws.com", PROVIDER]}}, says(NO_SUBJECT)),
    ({"Principal": {"Federated": f"arn:aws:iam::{HOME}:oidc-provider/*"}}, says(NO_SUBJECT)),
    ({"Principal": {"Federated": "*"}}, says(NO_SUBJECT)),
    ({"Principal": {"Federated": [PROVIDER, PROVIDER.replace(HOME, OTHER)]}}, says(NO_SUBJECT)),
    ({"Principal": "*"}, says(NO_SUBJECT)),
    ({"Principal": None, "NotPrincipal": to(HOME)}, says(NO_SUBJECT)),
    ({"Principal": {"Federated": "cognito-identity.amazonaws.com"}}, []),
    ({"Principal": {"Federated": f"arn:aws:iam::{HOME}:oidc-provider/gitlab.com"}}, []),
    ({"Principal": {"Federated": f"arn:aws:iam::{HOME}:oidc-provider/x.{ISSUER}"}}, []),
    ({"Principal": {"Federated": f"arn:aws:iam::{HOME}:oidc-provider/{ISSUER}.example"}}, []),
    ({"Principal": to(HOME)}, []),
    ({"Principal": {"Federated": PROVIDER.replace("actions", "action?")}}, says(NO_SUBJECT)),
    ({"Principal": {"Service": "ecr.amazonaws.com"}}, []),
    ({"Principal": {"Service": ["*", ISSUER]}}, []),
    ({"Effect": "Deny"}, []),
)
def test_which_statements_are_checked(elements: dict[str, object], expected: list[str]) -> None:
    condition = {"StringEquals": {AUD: AUDIENCE}}
    assert findings(RULE, declared(trust(condition, **elements))) == expected


def test_everybody_restricted_to_one_workflow() -> None:
    assert findings(RULE, declared(trust(Principal="*"))) == []


def test_each_statement_must_hold() -> None:
    second = {**trust({"StringEquals": {AUD: AUDIENCE}}), "Sid": "Again"}
    assert findings(RULE, declared(trust(), second)) == [f"statement 'Again' {NO_SUBJECT}"]
    assert findings(RULE, declared(trust(), deny(Principal="*", Action="*"))) == []


def test_an_enterprise_has_an_issuer_of_its_own() -> None:
    own = f"{ISSUER}/Acme"
    principal = {"Federated": f"arn:aws:iam::{HOME}:oidc-provider/{own}"}
    assert findings(RULE, declared(trust(Principal=principal))) == says(NO_AUDIENCE, NO_SUBJECT)
    condition = {"StringEquals": {f"{own}:aud": AUDIENCE, f"{own}:sub": MAIN}}
    assert findings(RULE, declared(trust(condition, Principal=principal))) == []


@pytest.mark.parametrize("issuer", ["github.acme.com/_services/token", "https://GitHub.acme.com/_services/token/"])
def test_a_server_of_ones_own(issuer: str) -> None:
    own = "github.acme.com/_services/token"
    principal = {"Federated": f"arn:aws:iam::{HOME}:oidc-provider/{own}"}
    loose = trust({"StringEquals": {f"{own}:aud": AUDIENCE}}, Principal=principal)
    assert findings(RULE, declared(loose)) == []
    assert findings(RULE, declared(loose), issuers=[ISSUER, issuer]) == says(NO_SUBJECT)
    condition = {"StringEquals": {f"{own}:aud": AUDIENCE, f"{own}:sub": MAIN}}
    assert findings(RULE, declared(trust(condition, Principal=principal)), issuers=[ISSUER, issuer]) == []
    # Everybody, under conditions that only tokens of one issuer fulfil.
    assert findings(RULE, declared(trust(condition, Principal="*")), issuers=[ISSUER, issuer]) == []


def test_no_issuer_would_be_no_rule() -> None:
    with pytest.raises(ValidationError):
        findings(RULE, declared(trust()), issuers=[])
    assert findings(RULE, declared(trust()), issuers=[ISSUER]) == []


def test_parameters_allow_more() -> None:
    heads = declared(trust(fixed("repo:acme/api:ref:refs/heads/release-*", operator="StringLike")))
    assert len(findings(RULE, heads)) == 1
    assert findings(RULE, heads, allow_branch_patterns=True) == []
    wide = declared(trust(fixed("repo:acme/api:ref:refs/*", operator="StringLike")))
    assert len(findings(RULE, wide, allow_branch_patterns=True)) == 1
    pull_request = declared(trust(fixed("repo:acme/api:pull_request")))
    assert findings(RULE, pull_request, allow_pull_requests=True) == []
    china = declared(trust({"StringEquals": {AUD: "sts.amazonaws.com.cn", SUB: MAIN}}))
    assert len(findings(RULE, china)) == 1
    assert findings(RULE, china, audiences=[AUDIENCE, "sts.amazonaws.com.cn"]) == []


ROLE_ARN = f"arn:aws:iam::{HOME}:role/publisher"
SUBJECTS_OF_OTHERS = [
    "repo:evil/api:ref:refs/heads/main", "repo:acme-evil/api:environment:prod", "repo:acme/other:ref:refs/heads/main",
    "repo:acme/api-evil:ref:refs/tags/v1", "repo:acme/api:pull_request", "repo:acme/api:ref:refs/heads/feature",
    "repo:acme/api:environment:anything", "repo:acme@9/api@9:ref:refs/heads/main",
]  # fmt: skip
TOKENS = [
    {SUB: (subject,), AUD: (audience,), f"{ISSUER}:repository": ("acme/api",), "aws:SecureTransport": ("true",)}
    for subject in SUBJECTS_OF_OTHERS
    for audience in (AUDIENCE, "https://github.com/evil")
]
SUBJECT_VALUES = [
    *[MAIN, "repo:acme/api:environment:prod", "repo:acme/api:ref:refs/tags/v*"] * 3,
    "repo:acme@1/api@2:ref:refs/heads/main", "repo:acme/*", "repo:acme*/api:ref:refs/tags/*",
    "repo:*/api:ref:refs/heads/main", "repo:acme/api:*", "repo:acme/api:ref:refs/heads/*",
    f"repo:${{{ISSUER}:repository}}:pull_request", f"${{{SUB}}}", "*",
]  # fmt: skip
AUDIENCES: list[dict[str, Any]] = [
    *[{"StringEquals": {AUD: AUDIENCE}}] * 4, {"StringEquals": {AUD: [AUDIENCE, "https://github.com/evil"]}},
    {"StringLike": {AUD: "*"}}, {"Bool": {"aws:SecureTransport": "true"}},
]  # fmt: skip
OPERATORS = [
    *["StringLike"] * 3, "StringLikeIfExists", "ForAllValues:StringLike", "StringNotEquals", "ForAnyValue:StringEquals",
]  # fmt: skip
SUBJECTS = st.builds(
    lambda operator, block: {operator: block},
    st.sampled_from(OPERATORS),
    listing([SUB, SUB, SUB.upper(), f"{ISSUER}:repository"], SUBJECT_VALUES),
)
STATEMENTS = st.builds(
    lambda principal, audience, subject: trust({**audience, **subject}, Sid=None, Principal=principal),
    st.sampled_from([{"Federated": PROVIDER}, {"Federated": PROVIDER}, "*", to(HOME)]),
    st.sampled_from(AUDIENCES),
    SUBJECTS,
)


@settings(max_examples=examples(250))
@given(st.lists(STATEMENTS, min_size=1, max_size=2))
def test_without_a_finding_no_other_workflow_assumes_the_role(statements: list[dict[str, object]]) -> None:
    found = declared(*statements)
    if not findings(RULE, found):
        policies = (Policy(name="trust", document=parse(found.inputs["assumeRolePolicy"])),)
        caller = Caller(identity=Identity(arn=PROVIDER, account=None))
        for token in TOKENS:
            request = Request(action=ASSUME, resource=ROLE_ARN, account=HOME, context=token)
            assert not evaluate(caller, request, policies).allowed, token
