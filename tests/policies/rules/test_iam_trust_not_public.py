"""No stranger assumes a role."""

import pytest

from domain.markers import UNKNOWN
from policies.kinds import ROLE
from policies.rules.iam_trust_not_public import RULE
from tests.policies.conftest import Declared, Judge
from tests.policies.rules.texts import BROKEN, HOME, ORGANIZATION, OTHER, allow, deny, policy, root, to

PULLER = f"arn:aws:iam::{OTHER}:role/puller"
NARROWED = "no condition narrows it to somebody known"
EVERYBODY = f"statement 1 lets everybody (*) call sts:AssumeRole: {NARROWED}"


def trust(**elements: object) -> dict[str, object]:
    statement = {**allow(Principal=to(PULLER), Action="sts:AssumeRole"), **elements}
    return {key: value for key, value in statement.items() if value is not None}


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        pytest.param({"assumeRolePolicy": policy(trust())}, [], id="compliant"),
        pytest.param(
            {"assumeRolePolicy": policy(trust(Principal="*"))},
            [EVERYBODY],
            id="violating",
        ),
        pytest.param({}, [], id="unset"),
        pytest.param({"assumeRolePolicy": UNKNOWN}, ["undecided assumeRolePolicy"], id="unknown"),
    ],
)
def test_a_role(told: Judge, inputs: dict[str, object], expected: list[str]) -> None:
    assert told(RULE, Declared(type=ROLE, inputs=inputs)) == expected


def test_no_other_type() -> None:
    assert RULE.types == (ROLE,)


@pytest.mark.parametrize("text", BROKEN)
def test_what_is_no_policy_is_found(told: Judge, text: str) -> None:
    (found,) = told(RULE, Declared(type=ROLE, inputs={"assumeRolePolicy": text}))
    assert found.startswith(BROKEN[text])


def whole(accounts: str) -> list[str]:
    return [f"statement 1 lets everybody in account {accounts} assume the role: name a role, or sts:ExternalId"]


SAYING_NOT_WHO: list[dict[str, object]] = [
    {"StringEqualsIfExists": {"sts:ExternalId": "x"}},
    {"ForAllValues:StringEquals": {"sts:ExternalId": "x"}},
    {"StringNotEquals": {"sts:ExternalId": "x"}},
    {"StringLike": {"sts:ExternalId": "*"}},
    {"StringLike": {"sts:ExternalId": ["x", "?*"]}},
    {"StringLike": {"sts:ExternalId": [""]}},
    {"StringEquals": {"sts:ExternalId": []}},
    {"Null": {"sts:ExternalId": "false"}},
    {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
    {"StringEquals": {"aws:PrincipalAccount": OTHER}},
    {"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION}},
]


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (trust(Principal={"Service": "ecr.amazonaws.com"}), []),
        (trust(Principal={"Federated": "cognito-identity.amazonaws.com"}, Action="sts:AssumeRoleWithWebIdentity"), []),
        (trust(Principal="*", Condition={"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION}}), []),
        (
            trust(Principal=to("*"), Condition={"StringEquals": {"sts:ExternalId": "x"}}),
            [f"{EVERYBODY} (StringEquals sts:ExternalId does not say who calls)"],
        ),
        (
            trust(Principal=None, NotPrincipal=to(OTHER)),
            [f"statement 1 lets everybody but some (NotPrincipal) call sts:AssumeRole: {NARROWED}"],
        ),
        (trust(Principal="*", Action="sts:*"), [f"statement 1 lets everybody (*) call sts:*: {NARROWED}"]),
        (
            trust(Principal="*", Action="sts:AssumeRoleWithSAML"),
            [f"statement 1 lets everybody (*) call sts:AssumeRoleWithSAML: {NARROWED}"],
        ),
        (
            trust(Principal="*", Action="sts:AssumeRoleWithWebIdentity"),
            [f"statement 1 lets everybody (*) call sts:AssumeRoleWithWebIdentity: {NARROWED}"],
        ),
        (trust(Principal="*", Action="sts:TagSession"), []),
        (trust(Principal=to(root(OTHER))), whole(OTHER)),
        (trust(Principal=to(OTHER, PULLER, HOME)), whole(f"{HOME}, {OTHER}")),
        (trust(Principal=to(OTHER), Action="sts:TagSession"), []),
        (trust(Principal=to(OTHER), Condition={"StringEquals": {"sts:ExternalId": "x"}}), []),
        (
            trust(Principal=to(OTHER), Condition={"ArnLike": {"AWS:principalARN": f"arn:aws:iam::{OTHER}:role/ci-*"}}),
            [],
        ),
        (trust(Principal=to(OTHER), Condition={"StringLike": {"aws:PrincipalTag/team": "payments-*"}}), []),
        *((trust(Principal=to(OTHER), Condition=each), whole(OTHER)) for each in SAYING_NOT_WHO),
        (deny(Principal="*", Action="sts:*"), []),
    ],
)
def test_statements(told: Judge, statement: dict[str, object], expected: list[str]) -> None:
    assert told(RULE, Declared(type=ROLE, inputs={"assumeRolePolicy": policy(statement)})) == expected


def test_a_trusted_account_may_as_a_whole(told: Judge) -> None:
    role = Declared(type=ROLE, inputs={"assumeRolePolicy": policy(trust(Principal=to(HOME, OTHER)))})
    assert told(RULE, role, trusted_accounts=[OTHER]) == whole(HOME)
    assert told(RULE, role, trusted_accounts=[OTHER, HOME]) == []
    everybody = Declared(type=ROLE, inputs={"assumeRolePolicy": policy(trust(Principal="*"))})
    assert len(told(RULE, everybody, trusted_accounts=["*"])) == 1
