"""Roles for GitHub workflows; checked with the tokens of other workflows."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from policies.rules.iam_github_trust import RULE
from tests.cases import cases
from tests.conftest import examples
from tests.domain.iam.calls import each_of
from tests.policies.conftest import findings
from tests.policies.rules.texts import (
    GITHUB,
    GITHUB_PROVIDER,
    HOME,
    LOOSE_OPERATORS,
    OTHER,
    assumes,
    deny,
    for_github,
    listing,
    to,
    trusting,
)

MAIN, PULLS = "repo:acme/api:ref:refs/heads/main", "repo:acme/api:pull_request"
AUD, SUB = f"{GITHUB}:aud", f"{GITHUB}:sub"
AUDIENCE = "sts.amazonaws.com"
WORKFLOW, AT_MAIN = f"{GITHUB}:job_workflow_ref", "acme/x/.github/workflows/y@refs/heads/main"


def trust(condition: object = None, **elements: object) -> dict[str, object]:
    return for_github(condition or fixed(MAIN), **elements)


def fixed(*subjects: str, operator: str = "StringEquals") -> dict[str, object]:
    """A condition with the audience fixed, and these subjects under the operator."""
    audience = {AUD: AUDIENCE}
    if operator == "StringEquals":
        return {"StringEquals": {**audience, SUB: list(subjects)}}
    return {"StringEquals": audience, operator: {SUB: list(subjects)}}


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
    {"StringEquals": {AUD: AUDIENCE, SUB: MAIN, WORKFLOW: AT_MAIN}},
)
def test_what_fixes_the_workflow(condition: dict[str, object]) -> None:
    assert findings(RULE, trusting(trust(condition))) == []


TAGS_OF_CALLER = "repo:acme/api:ref:refs/tags/${aws:PrincipalTag/x}*"
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
    *(
        ({"StringEquals": {AUD: AUDIENCE, key: value}}, [NO_SUBJECT])
        for key, value in ((WORKFLOW, AT_MAIN), (f"{GITHUB}:repository", "acme/api"), ("other.example:sub", MAIN))
    ),
    *(
        (
            {"StringEquals": {SUB: MAIN}, operator: {AUD: AUDIENCE}},
            [f"has {operator} on aud, which allows other values: use StringEquals"],
        )
        for operator in (*LOOSE_OPERATORS, "StringLike", "StringEqualsIgnoreCase")
    ),
    *(
        ({"StringEquals": {SUB: MAIN, AUD: [AUDIENCE, each]}}, [f"allows tokens for {each!r}: aud must be {AUDIENCE}"])
        for each in ("https://github.com/acme", "STS.amazonaws.com")
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
        for each in ("*", "", "repo:acme/api", "repo:acme/api:*", "repo:acme/api:ref:refs/tags/*", f"{MAIN}\n")
    ),
    *(
        (fixed(each, operator="StringLike"), [not_one(each)])
        for each in ("repo:acme/api:ref:refs/tags/a b", *PATTERNS_OF_SEVERAL.split())
    ),
    *(
        (fixed(f"repo:acme/{each}:environment:prod"), [filled(f"repo:acme/{each}:environment:prod")])
        for each in (f"${{{GITHUB}:repository}}", "${*}")
    ),
    (fixed(TAGS_OF_CALLER, operator="StringLike"), [filled(TAGS_OF_CALLER)]),
    (fixed(PULLS), [f"allows every pull request to assume the role, by sub {PULLS!r}"]),
    (
        {"StringLike": {SUB: "repo:acme/*", AUD: "*"}},
        ["has StringLike on aud, which allows other values: use StringEquals", not_one("repo:acme/*")],
    ),
)
def test_what_allows_other_workflows(condition: dict[str, object], expected: list[str]) -> None:
    assert findings(RULE, trusting(trust(condition))) == says(*expected)


POOL = "cognito-identity.amazonaws.com"


def of_provider(*hosts: str) -> dict[str, object]:
    return {"Federated": [f"arn:aws:iam::{HOME}:oidc-provider/{each}" for each in hosts]}


PROVIDERS = [of_provider(each) for each in (GITHUB.upper(), "*", GITHUB.replace("actions", "action?"))]
OF_TWO = [GITHUB_PROVIDER, GITHUB_PROVIDER.replace(HOME, OTHER)]
CHECKED: list[dict[str, object]] = [
    *each_of("Action", "sts:*", ["sts:TagSession", "STS:assumeROLEwith*"]),
    {"Action": None, "NotAction": "sts:TagSession"},
    {"Principal": None, "NotPrincipal": to(HOME)},
    *each_of("Principal", "*", *PROVIDERS, *each_of("Federated", GITHUB, "*", [POOL, GITHUB_PROVIDER], OF_TWO)),
]
NOT_CHECKED: list[dict[str, object]] = [
    {"Action": "sts:AssumeRole"},
    {"Action": None, "NotAction": "sts:*"},
    *each_of("Principal", {"Federated": POOL}, to(HOME), {"Service": ["*", "ecr.amazonaws.com", GITHUB]}),
    {"Principal": of_provider("gitlab.com", f"x.{GITHUB}", f"{GITHUB}.example")},
    {"Effect": "Deny"},
]


@cases(
    "elements, expected",
    *((each, says(NO_SUBJECT)) for each in CHECKED),
    *((each, []) for each in NOT_CHECKED),
)
def test_which_statements_are_checked(elements: dict[str, object], expected: list[str]) -> None:
    condition = {"StringEquals": {AUD: AUDIENCE}}
    assert findings(RULE, trusting(trust(condition, **elements))) == expected


def test_any_principal_restricted_to_one_workflow() -> None:
    assert findings(RULE, trusting(trust(Principal="*"))) == []


def test_each_statement_must_hold() -> None:
    second = {**trust({"StringEquals": {AUD: AUDIENCE}}), "Sid": "Again"}
    assert findings(RULE, trusting(trust(), second)) == [f"statement 'Again' {NO_SUBJECT}"]
    assert findings(RULE, trusting(trust(), deny(Principal="*", Action="*"))) == []


def test_an_enterprise_has_an_issuer_of_its_own() -> None:
    own = f"{GITHUB}/Acme"
    principal = of_provider(own)
    assert findings(RULE, trusting(trust(Principal=principal))) == says(NO_AUDIENCE, NO_SUBJECT)
    condition = {"StringEquals": {f"{own}:aud": AUDIENCE, f"{own}:sub": MAIN}}
    assert findings(RULE, trusting(trust(condition, Principal=principal))) == []


@pytest.mark.parametrize("issuer", ["github.acme.com/_services/token", "https://GitHub.acme.com/_services/token/"])
def test_a_server_of_ones_own(issuer: str) -> None:
    own = "github.acme.com/_services/token"
    principal = of_provider(own)
    loose = trust({"StringEquals": {f"{own}:aud": AUDIENCE}}, Principal=principal)
    assert findings(RULE, trusting(loose)) == []
    assert findings(RULE, trusting(loose), issuers=[GITHUB, issuer]) == says(NO_SUBJECT)
    condition = {"StringEquals": {f"{own}:aud": AUDIENCE, f"{own}:sub": MAIN}}
    assert findings(RULE, trusting(trust(condition, Principal=principal)), issuers=[GITHUB, issuer]) == []
    # Everyone, under conditions that only tokens of one issuer fulfil.
    assert findings(RULE, trusting(trust(condition, Principal="*")), issuers=[GITHUB, issuer]) == []


def test_no_issuer_would_be_no_rule() -> None:
    with pytest.raises(ValidationError):
        findings(RULE, trusting(trust()), issuers=[])
    assert findings(RULE, trusting(trust()), issuers=[GITHUB]) == []


def test_parameters_allow_more() -> None:
    heads = trusting(trust(fixed("repo:acme/api:ref:refs/heads/release-*", operator="StringLike")))
    assert len(findings(RULE, heads)) == 1
    assert findings(RULE, heads, allow_branch_patterns=True) == []
    wide = trusting(trust(fixed("repo:acme/api:ref:refs/*", operator="StringLike")))
    assert len(findings(RULE, wide, allow_branch_patterns=True)) == 1
    assert findings(RULE, trusting(trust(fixed(PULLS))), allow_pull_requests=True) == []
    china = trusting(trust({"StringEquals": {AUD: "sts.amazonaws.com.cn", SUB: MAIN}}))
    assert len(findings(RULE, china)) == 1
    assert findings(RULE, china, audiences=[AUDIENCE, "sts.amazonaws.com.cn"]) == []


SUBJECTS_OF_OTHERS = [
    "repo:evil/api:ref:refs/heads/main", "repo:acme-evil/api:environment:prod", "repo:acme/other:ref:refs/heads/main",
    "repo:acme/api-evil:ref:refs/tags/v1", "repo:acme/api:pull_request", "repo:acme/api:ref:refs/heads/feature",
    "repo:acme/api:environment:anything", "repo:acme@9/api@9:ref:refs/heads/main",
]  # fmt: skip
TOKENS = [
    {SUB: (subject,), AUD: (audience,), f"{GITHUB}:repository": ("acme/api",), "aws:SecureTransport": ("true",)}
    for subject in SUBJECTS_OF_OTHERS
    for audience in (AUDIENCE, "https://github.com/evil")
]
SUBJECT_VALUES = [
    *[MAIN, "repo:acme/api:environment:prod", "repo:acme/api:ref:refs/tags/v*"] * 3,
    "repo:acme@1/api@2:ref:refs/heads/main", "repo:acme/*", "repo:acme*/api:ref:refs/tags/*",
    "repo:*/api:ref:refs/heads/main", "repo:acme/api:*", "repo:acme/api:ref:refs/heads/*",
    f"repo:${{{GITHUB}:repository}}:pull_request", f"${{{SUB}}}", "*",
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
    listing([SUB, SUB, SUB.upper(), f"{GITHUB}:repository"], SUBJECT_VALUES),
)
STATEMENTS = st.builds(
    lambda principal, audience, subject: trust({**audience, **subject}, Sid=None, Principal=principal),
    st.sampled_from([{"Federated": GITHUB_PROVIDER}, {"Federated": GITHUB_PROVIDER}, "*", to(HOME)]),
    st.sampled_from(AUDIENCES),
    SUBJECTS,
)


@settings(max_examples=examples(250))
@given(st.lists(STATEMENTS, min_size=1, max_size=2))
def test_without_a_finding_no_other_workflow_assumes_the_role(statements: list[dict[str, object]]) -> None:
    role = trusting(*statements)
    if not findings(RULE, role):
        assert [token for token in TOKENS if assumes(token, role)] == []
