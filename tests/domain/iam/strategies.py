"""Callers, policies and requests at random, from few words, so that they meet often."""

from hypothesis import strategies as st

from domain.iam.access import Caller, Policy, Request
from tests.domain.iam.calls import (
    HOME,
    KEY,
    OTHER,
    REPOSITORY,
    UNSIGNED,
    Statement,
    on_resource,
    pull,
    request,
    role_arn,
    service,
    session,
    session_arn,
    to,
    user,
    user_arn,
)

ACCOUNTS = st.sampled_from([HOME, HOME, OTHER])
TAGGED = {"aws:PrincipalTag/team": ("payments",), "aws:TagKeys": ("a", "b")}
REQUESTS: st.SearchStrategy[Request] = st.sampled_from(
    [pull(), pull(), pull(context=TAGGED), request("ecr:PutImage", REPOSITORY), request("kms:DescribeKey", KEY)]
)

_ACTION_NAMES = st.sampled_from(
    ["*", "*", "*", "ecr:*", "ecr:PutImage", "ECR:Batch*", "kms:*", "ecr:PutImag?", "iam:*"]
)
_ARN = f"arn:aws:ecr:us-east-1:{HOME}:repository"
_RESOURCE_NAMES = st.sampled_from(
    ["*", "*", "*", REPOSITORY, f"arn:aws:ecr:*:{HOME}:repository/*", f"{_ARN}/web/*", f"arn:aws:kms:*:{HOME}:key/*"]
)
_RESOURCE_OF_TEAM = f"arn:aws:ecr:us-east-1:{HOME}:repository/${{aws:PrincipalTag/team}}/*"
_CONDITIONS = st.sampled_from(
    [
        {"StringEquals": {"aws:PrincipalAccount": HOME}},
        {"StringNotEquals": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}},
        {"StringEquals": {"aws:PrincipalTag/team": ["payments", "web"]}},
        {"StringNotLikeIfExists": {"aws:PrincipalTag/team": "pay*"}},
        {"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b", "c"]}},
        {"ForAnyValue:StringNotEquals": {"aws:TagKeys": ["a", "c"]}},
        {"Null": {"aws:PrincipalTag/team": "false"}},
        {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/teams/*"}, "Bool": {"aws:PrincipalIsAWSService": False}},
        {"StringLike": {"aws:username": "a?a"}},
    ]
)
_PRINCIPALS = st.sampled_from([
    "*", to(HOME), to(OTHER), to(user_arn()), to(role_arn()), to(session_arn()), to(role_arn(OTHER)),
    to(user_arn(OTHER), session_arn(OTHER)), {"Service": ["lambda.amazonaws.com"]},
])  # fmt: skip


def _one(name: str, values: st.SearchStrategy[object]) -> st.SearchStrategy[Statement]:
    return st.builds(lambda key, value: {key: value}, st.sampled_from([*[name] * 5, f"Not{name}"]), values)


def _merged(*parts: Statement) -> Statement:
    return {key: value for part in parts for key, value in part.items()}


_ELEMENTS = st.builds(
    _merged,
    st.sampled_from([*[{"Effect": "Allow"}] * 6, {"Effect": "Deny"}]),
    _one("Action", _ACTION_NAMES),
    st.one_of(*[_one("Resource", _RESOURCE_NAMES)] * 5, st.just({"Resource": _RESOURCE_OF_TEAM})),
    st.one_of(st.just({}), st.just({}), st.builds(lambda value: {"Condition": value}, _CONDITIONS)),
)


def _policies(statements: st.SearchStrategy[Statement]) -> st.SearchStrategy[Policy]:
    return st.lists(statements, min_size=2, max_size=4).map(lambda found: on_resource(*found))


OWN = _policies(_ELEMENTS)
ON_RESOURCE = _policies(st.builds(_merged, _ELEMENTS, _one("Principal", _PRINCIPALS)))

PEOPLE: st.SearchStrategy[Caller] = st.one_of(
    st.builds(user, OWN, account=ACCOUNTS, boundary=st.none() | OWN),
    st.builds(
        session,
        OWN,
        account=ACCOUNTS,
        boundary=st.none() | OWN,
        within=st.just(()) | OWN.map(lambda policy: (policy,)),
    ),
)
OUTSIDERS = st.sampled_from([UNSIGNED, service("lambda.amazonaws.com")])
