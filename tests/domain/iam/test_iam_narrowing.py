"""What the words of a condition say is compared with what they do."""

import itertools

import pytest

from domain.iam.access import Request
from domain.iam.conditions import hold
from domain.iam.document import CURRENT_VERSION, parse
from domain.iam.evaluate import request_context
from domain.iam.narrowing import OWN, Loose, Narrow, demands_key, narrowings, public_principals
from domain.iam.statement import Statement
from tests.cases import cases
from tests.domain.iam.calls import HOME, ORGANIZATION, OTHER, REPOSITORY
from tests.domain.iam.unknown_callers import ACCOUNT, PROVIDER, UNKNOWN_CALLERS

OLD_VERSION = "2008-10-17"
PULL = Request(action="ecr:BatchGetImage", resource=REPOSITORY, account=HOME)
ROLE = f"arn:aws:iam::{OTHER}:role/puller"
FUNCTIONS = f"arn:aws:lambda:us-east-1:{OTHER}:function:*"


def statement(condition: object, principal: object = "*") -> Statement:
    elements = {"Effect": "Allow", "Principal": principal, "Action": "ecr:*", "Condition": condition}
    (parsed,) = parse({"Version": CURRENT_VERSION, "Statement": elements}).statements
    return parsed


def names(condition: object, version: str = CURRENT_VERSION, *, service: bool = False) -> list[set[str]]:
    found = narrowings(statement(condition), version, service=service)
    return [set(each.names) for each in found if isinstance(each, Narrow)]


def under(operator: str, key: str, *values: object) -> list[dict[str, object]]:
    """A condition of each value."""
    return [{operator: {key: value}} for value in values]


BY_ORGANIZATION: dict[str, object] = {"StringEqualsIfExists": {"aws:PrincipalOrgID": ORGANIZATION}}


def named(expected: str, operator: str, value: object, *keys: str) -> list[tuple[dict[str, object], set[str] | None]]:
    """Conditions on each of the keys, which all name the same."""
    return [({operator: {f"aws:{key}": value}}, {expected}) for key in keys]


NARROW: list[tuple[dict[str, object], set[str] | None]] = [
    *named(ORGANIZATION, "StringLike", ORGANIZATION, "PrincipalOrgID"),
    *named(ORGANIZATION, "StringEqualsIgnoreCase", ORGANIZATION, "PrincipalOrgID"),
    *named(ORGANIZATION, "ForAnyValue:StringEquals", ORGANIZATION, "PrincipalOrgID"),
    *named(ORGANIZATION, "StringEquals", ORGANIZATION, "PrincipalOrgID", "SourceOrgID", "VpceOrgID"),
    *named(ORGANIZATION, "ForAnyValue:StringLike", f"{ORGANIZATION}/r-a/*", "PrincipalOrgPaths", "SourceOrgPaths"),
    *named(ORGANIZATION, "StringLike", f"{ORGANIZATION}/*", "PrincipalOrgPaths", "VpceOrgPaths"),
    *named(OTHER, "StringEquals", OTHER, "PrincipalAccount", "SourceAccount", "VpceAccount"),
    ({"StringEquals": {"AWS:principalORGid": [ORGANIZATION, "o-bbbbbbbbbb"]}}, {ORGANIZATION, "o-bbbbbbbbbb"}),
    ({"StringEquals": {"aws:PrincipalAccount": [HOME, OTHER]}}, {HOME, OTHER}),
    *named(OWN, "StringEquals", "${aws:ResourceOrgID}", "PrincipalOrgID", "SourceOrgID", "VpceOrgID"),
    *named(OWN, "StringEquals", "${aws:PrincipalOrgID}", "ResourceOrgID"),
    *named(OWN, "StringEquals", "${aws:resourceaccount}", "PrincipalAccount", "SourceAccount", "VpceAccount"),
    *named(OWN, "StringEquals", "${aws:PrincipalAccount}", "ResourceAccount"),
    ({"StringEquals": {"kms:CallerAccount": HOME}}, {HOME}),
    *named(OTHER, "ArnEquals", ROLE, "PrincipalArn"),
    *named(OTHER, "ArnLike", f"arn:*:iam::{OTHER}:*", "PrincipalArn"),
    *named(OTHER, "StringLike", f"arn:aws:iam::{OTHER}:role/*", "PrincipalArn"),
    *named(OTHER, "ArnLike", f"arn:aws:iam::{OTHER}:role/${{aws:PrincipalTag/team}}", "PrincipalArn"),
    ({"StringEquals": {"aws:PrincipalArn": [ROLE, f"arn:aws:iam::{HOME}:root"]}}, {HOME, OTHER}),
    *named(OTHER, "StringLike", FUNCTIONS, "SourceArn"),
    *named(OTHER, "ArnLike", f"arn:aws:lambda:*:{OTHER}:function:*", "SourceArn"),
    *named(OTHER, "ArnLike", f"arn:aws:ec2:*:{OTHER}:vpc/*", "SourceVpcArn"),
    *named("vpc-0a1b2c3d", "StringEquals", "vpc-0a1b2c3d", "SourceVpc"),
    ({"StringEquals": {"aws:SourceVpce": ["vpce-0a1b2c3d", "vpce-1"]}}, {"vpce-0a1b2c3d", "vpce-1"}),
    ({"IpAddress": {"aws:SourceIp": "198.51.100.7"}}, {"198.51.100.7"}),
    ({"IpAddress": {"aws:SourceIp": "198.51.100.7/24"}}, {"198.51.100.7/24"}),
    ({"IpAddress": {"aws:SourceIp": ["20.0.0.0/8", "10.0.0.0/8", "192.168.0.0/16", "2600::/32"]}}, None),
    ({"IpAddress": {"aws:SourceIp": ["20.0.0.0/9", "20.128.0.0/9", "20.1.0.0/16"]}}, None),
    # What holds without the key does not, where Null asks for the key.
    ({**BY_ORGANIZATION, "Null": {"aws:principalorgid": "false"}}, {ORGANIZATION}),
    ({"ForAllValues:StringEquals": {"aws:PrincipalAccount": OTHER}, "Null": {"aws:PrincipalAccount": False}}, {OTHER}),
    # All conditions must hold, so a loose one beside a narrow one changes nothing.
    ({"StringEquals": {"aws:PrincipalAccount": OTHER}, "StringLike": {"aws:PrincipalArn": "*"}}, {OTHER}),
]
BY_TAG = f"arn:${{aws:PrincipalTag/path}}x::{HOME}:role/puller"
"""Of an ARN whose account a tag could put elsewhere."""
NOT_FIXED = [
    *under("StringLike", "aws:PrincipalOrgID", f"{ORGANIZATION[:-1]}?"),
    *under("StringEquals", "aws:PrincipalOrgID", f"{ORGANIZATION}\n", "о-a1b2c3d4e5"),  # noqa: RUF001
    *under("StringEquals", "aws:PrincipalOrgID", "${aws:PrincipalOrgID}", [ORGANIZATION, "${aws:PrincipalOrgID}"]),
    *under("StringEquals", "aws:PrincipalOrgID", ["${aws:ResourceOrgID}", "*"], "${aws:ResourceAccount}"),
    *under("StringEquals", "aws:PrincipalAccount", "${aws:PrincipalAccount}", "４４４４５５５５６６６６"),  # noqa: RUF001
    *under("StringEquals", "aws:ResourceAccount", HOME),
    *under("StringLike", "aws:PrincipalAccount", "44445555????"),
    *under("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", f"{ORGANIZATION}*", "*/r-a/*"),
    *under("StringEquals", "aws:PrincipalOrgPaths", "${aws:ResourceOrgID}"),
    *under("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/puller", "arn:aws:iam::44445555666?:role/puller", "*"),
    *under("ArnLike", "aws:PrincipalArn", [ROLE, "arn:aws:iam::*:root"], BY_TAG),
    *under("StringLike", "aws:PrincipalArn", f"arn:*:iam::{HOME}:role/puller", f"*{HOME}*"),
    *under("StringEquals", "aws:PrincipalArn", BY_TAG),
    *under("ArnLike", "aws:SourceArn", "arn:aws:s3:::bucket"),
    *under("StringLike", "aws:SourceArn", f"arn:aws:lambda:*:{OTHER}:function:*"),
    *under("StringLike", "aws:SourceVpc", "vpc-*"),
    *under("StringLike", "aws:SourceVpce", "*"),
    *under("IpAddress", "aws:SourceIp", "0.0.0.0/0", "::/0", ["0.0.0.0/1", "128.0.0.0/1"], ["20.0.0.0/7"], []),
    *under("IpAddress", "aws:SourceIp", ["20.0.0.0/8", "21.0.0.0/32"], ["2600::/31"], ["2600::/32", "2601::/128"]),
    *under("IpAddress", "aws:SourceIp", "::ffff:0:0/96", ["198.51.100.0/24", "somewhere"]),
]
WITHOUT_KEY: list[dict[str, object]] = [
    BY_ORGANIZATION,
    *under("ForAllValues:StringEquals", "aws:PrincipalOrgID", ORGANIZATION),
    *under("ForAnyValue:StringEqualsIfExists", "aws:PrincipalOrgID", ORGANIZATION),
    *({**BY_ORGANIZATION, "Null": {"aws:PrincipalOrgID": each}} for each in ("true", ["true", "false"])),
    {**BY_ORGANIZATION, "Null": {"aws:PrincipalArn": "false"}},
    {**BY_ORGANIZATION, "ForAllValues:Null": {"aws:PrincipalOrgID": "false"}},
    *under("IpAddressIfExists", "aws:SourceIp", "198.51.100.7"),
]
NOT_EQUAL = [
    *under("StringNotEquals", "aws:PrincipalOrgID", ORGANIZATION),
    *under("StringNotLike", "aws:PrincipalArn", ROLE),
    *under("NotIpAddress", "aws:SourceIp", "198.51.100.7"),
    *under("StringEquals", "aws:SourceIp", "198.51.100.7"),
]
OF_NO_CALLER = [
    *under("IpAddress", "aws:VpcSourceIp", "10.0.0.1"),
    *under("DateLessThan", "aws:CurrentTime", "2030-01-01T00:00:00Z"),
    *under("StringEquals", "aws:PrincipalTag/team", "payments"),
    *under("StringEquals", "aws:ResourceTag/team", "payments"),
    *under("Bool", "aws:PrincipalIsAWSService", "true"),
    *under("StringEquals", "kms:ViaService", "ecr.us-east-1.amazonaws.com"),
    *under("ArnLike", "kms:EncryptionContext:aws:logs:arn", f"arn:aws:logs:*:{HOME}:*"),
]
NO_FIXED_ID = "aws:PrincipalOrgID is not limited to fixed values"
LOOSE: list[tuple[dict[str, object], list[str]]] = [
    ({}, []),
    ({"Null": {"aws:PrincipalOrgID": "false"}}, []),
    ({"StringEquals": {"aws:PrincipalOrgID": "*"}}, [f"StringEquals {NO_FIXED_ID}: '*'"]),
    ({"StringLike": {"aws:PrincipalOrgID": "o-*"}}, [f"StringLike {NO_FIXED_ID}: 'o-*'"]),
    ({"StringEquals": {"aws:PrincipalOrgID": [ORGANIZATION, "*"]}}, [f"to fixed values: '*', '{ORGANIZATION}'"]),
    ({"StringEquals": {"aws:PrincipalOrgID": []}}, ["is not limited to fixed values: an empty list"]),
    ({"StringEquals": {"aws:PrincipalOrgID": ""}}, ["is not limited to fixed values: ''"]),
    ({"NumericEquals": {"aws:PrincipalAccount": OTHER}}, ["is not an equality test for a caller"]),
    ({"Bool": {"aws:SecureTransport": "true"}}, ["Bool aws:SecureTransport does not say who calls"]),
    (
        {**BY_ORGANIZATION, "Bool": {"aws:PrincipalOrgID": "false"}},
        ["Bool aws:PrincipalOrgID is not an equality test", "also holds where the key is absent"],
    ),
    *((each, ["is not limited to fixed values"]) for each in NOT_FIXED),
    *((each, ["also holds where the key is absent"]) for each in WITHOUT_KEY),
    *((each, ["is not an equality test"]) for each in NOT_EQUAL),
    *((each, ["does not say who calls"]) for each in OF_NO_CALLER),
]


@pytest.mark.parametrize(("condition", "expected"), NARROW)
def test_a_narrow_condition_names_all_that_it_allows(condition: dict[str, object], expected: set[str] | None) -> None:
    ((found),) = names(condition)
    if expected is not None:
        assert found == expected
    assert list(public_principals(statement(condition), CURRENT_VERSION)) == []
    assert fulfilled(statement(condition), CURRENT_VERSION) == []


@pytest.mark.parametrize(("condition", "whys"), LOOSE)
def test_a_loose_condition_has_its_reasons(condition: dict[str, object], whys: list[str]) -> None:
    (public,) = public_principals(statement(condition), CURRENT_VERSION)
    assert str(public) == "everyone (*)"
    assert len(public.why) == len(whys)
    assert all(part in why for part, why in zip(whys, public.why, strict=True))


def fulfilled(found: Statement, version: str) -> list[str]:
    contexts = {name: request_context(each, PULL) for name, each in UNKNOWN_CALLERS.items()}
    variables = version == CURRENT_VERSION
    return [name for name, each in contexts.items() if hold(found.conditions, each, variables=variables)]


@cases(
    "condition",
    {"StringLike": {"aws:PrincipalArn": f"arn:*:iam::{HOME}:role/puller"}},
    {"StringEquals": {"aws:PrincipalArn": BY_TAG}},
    {"StringEquals": {"aws:PrincipalOrgID": "${aws:PrincipalOrgID}"}},
    {"StringEqualsIfExists": {"aws:PrincipalOrgID": ORGANIZATION}},
    {"ForAllValues:StringEquals": {"aws:PrincipalOrgID": ORGANIZATION}},
    {"IpAddress": {"aws:SourceIp": ["0.0.0.0/1"]}},
)
def test_an_unknown_caller_fulfils_what_is_loose(condition: dict[str, object]) -> None:
    assert fulfilled(statement(condition), CURRENT_VERSION)


OPERATORS = ["StringEquals", "StringLike", "StringNotEquals", "StringEqualsIgnoreCase", "ArnLike", "ArnEquals", "Null"]
FORMS = ["{}", "{}IfExists", "ForAllValues:{}", "ForAnyValue:{}"]
KEYS = [
    "aws:PrincipalOrgID", "aws:PrincipalOrgPaths", "aws:PrincipalAccount", "aws:PrincipalArn", "aws:ResourceAccount",
    "aws:SourceAccount", "aws:SourceArn", "aws:SourceVpc", "aws:VpceAccount", "aws:SourceIp",
    "aws:PrincipalTag/team", "kms:CallerAccount",
]  # fmt: skip
VALUES = [
    "*", "", "true", "false", "payments", ORGANIZATION, "o-*", f"{ORGANIZATION}/*", "*/r-ab12/*", HOME, "1111*",
    ACCOUNT[:-1] + "?", "${aws:PrincipalAccount}", "${aws:ResourceAccount}", "${aws:PrincipalOrgID}",
    "${aws:SourceAccount}", ROLE, "arn:*", "arn:aws:iam::*:role/*", f"arn:*:iam::{HOME}:role/*",
    f"arn:*{HOME}:role/puller", f"arn:${{aws:PrincipalTag/path}}x::{HOME}:role/puller", FUNCTIONS, "vpc-*",
    "vpc-0a1b2c3d", "8.8.8.8",
]  # fmt: skip


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("version", [CURRENT_VERSION, OLD_VERSION])
def test_words_and_effect_agree(key: str, version: str) -> None:
    """Of every operator in every form with every value, and of some pairs of values."""
    narrow = 0
    pairs = [[each] for each in VALUES] + [[one, other] for one, other in itertools.pairwise(VALUES)]
    for operator, form, values in itertools.product(OPERATORS, FORMS, pairs):
        if (operator, form) == ("Null", "{}IfExists"):
            continue
        found = statement({form.format(operator): {key: values}})
        if any(isinstance(each, Narrow) for each in narrowings(found, version)):
            narrow += 1
            assert fulfilled(found, version) == [], found
    never = key in {"aws:SourceIp", "aws:PrincipalTag/team"} or (version, key) == (OLD_VERSION, "aws:ResourceAccount")
    assert narrow or never


@cases(
    "operator, key, value, expected",
    ("StringEquals", "aws:SourceAccount", OTHER, [{OTHER}]),
    ("ArnLike", "aws:SourceArn", FUNCTIONS, [{OTHER}]),
    ("StringEquals", "aws:SourceOrgID", ORGANIZATION, [{ORGANIZATION}]),
    ("StringLike", "aws:SourceOrgPaths", f"{ORGANIZATION}/*", [{ORGANIZATION}]),
    ("ArnLike", "aws:PrincipalTag/arn", FUNCTIONS, []),
    ("ArnLike", "kms:EncryptionContext:aws:logs:arn", f"arn:aws:logs:*:{HOME}:*", [{HOME}]),
    ("StringEquals", "aws:PrincipalOrgID", ORGANIZATION, []),
    ("IpAddress", "aws:SourceIp", "198.51.100.7", []),
)
def test_a_service_says_for_whom_it_works(operator: str, key: str, value: str, expected: list[set[str]]) -> None:
    assert names({operator: {key: value}}, service=True) == expected


def test_a_service_is_not_its_caller() -> None:
    (loose,) = narrowings(statement({"StringEquals": {"aws:PrincipalAccount": HOME}}), CURRENT_VERSION, service=True)
    assert loose == Loose("StringEquals aws:PrincipalAccount does not say on whose behalf a service calls")


def test_an_old_document_has_no_variables() -> None:
    condition = {"StringEquals": {"aws:PrincipalAccount": "${aws:ResourceAccount}"}}
    assert names(condition) == [{OWN}]
    assert names(condition, OLD_VERSION) == []


@cases(
    "principal, expected",
    ("*", ["everyone (*)"]),
    ({"AWS": "*"}, ["everyone (*)"]),
    ({"AWS": [HOME, "*", ROLE]}, ["everyone (*)"]),
    ({"AWS": [HOME, ROLE]}, []),
    ({"CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"}, []),
    ({"Service": ["a.amazonaws.com"], "AWS": HOME}, ["the service 'a.amazonaws.com', on behalf of any account,"]),
    ({"Federated": PROVIDER}, [f"the identity provider {PROVIDER!r}, on behalf of any account,"]),
    ({"Service": "a.amazonaws.com", "AWS": "*"}, ["everyone (*)", "the service 'a.amazonaws.com', on behalf"]),
)
def test_who_may_be_an_unknown_caller(principal: object, expected: list[str]) -> None:
    found = [str(each) for each in public_principals(statement({}, principal), CURRENT_VERSION)]
    assert len(found) == len(expected)
    assert all(one.startswith(other) for one, other in zip(found, expected, strict=True))


def test_all_but_some_are_unknown_callers() -> None:
    source = {"Effect": "Allow", "NotPrincipal": {"AWS": HOME}, "Action": "ecr:*"}
    (parsed,) = parse({"Statement": source}).statements
    assert list(map(str, public_principals(parsed, CURRENT_VERSION))) == ["every principal except some (NotPrincipal)"]
    narrow = {**source, "Condition": {"StringEquals": {"aws:PrincipalAccount": OTHER}}}
    (parsed,) = parse({"Statement": narrow}).statements
    assert list(public_principals(parsed, CURRENT_VERSION)) == []


def test_a_condition_that_demands_its_key() -> None:
    found = statement({"Bool": {"a:b": "true"}, "BoolIfExists": {"a:c": "true"}, "Null": {"A:C": "false"}})
    assert [demands_key(found, each) for each in found.conditions] == [True, True, True]
    found = statement({"BoolIfExists": {"a:c": "true"}, "Null": {"a:d": "false"}})
    assert [demands_key(found, each) for each in found.conditions] == [False, True]
