"""Key policies allow the account to administer and ECR to use the key; checked with what IAM would allow callers."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.aws import REGIONS, RegistryId
from domain.document_text import SECRET, UNKNOWN, to_json_text
from domain.iam.access import Caller, Context, Identity, Policy, Request
from domain.iam.actions import KEY_USE
from domain.iam.document import parse
from domain.iam.evaluate import evaluate
from domain.kms import ADMINISTRATION_ACTIONS, key_policy
from domain.monitoring.monitoring_names import MonitoringNames
from domain.monitoring.service_access import dead_letters_key_policy
from policies.rules.kms_policy_narrow import RULE
from resources.kms import KEY, KEY_POLICY
from tests.cases import case, cases
from tests.conftest import examples
from tests.domain.iam.calls import KEY as ARN
from tests.domain.iam.calls import allow as statement_of_caller
from tests.domain.iam.calls import own
from tests.domain.iam.unknown_callers import UNKNOWN_CALLERS
from tests.policies.conftest import Declared, findings, paths
from tests.policies.rules.texts import (
    HOME,
    LAMBDA,
    LOOSE_OPERATORS,
    NOT_ACTION,
    NOT_PRINCIPAL,
    ORGANIZATION,
    OTHER,
    allow,
    deny,
    policy,
    root,
    statement_lists,
    to,
    under,
)

ADMINISTER = allow(Sid="Administer", Principal=to(root(HOME)), Action=list(ADMINISTRATION_ACTIONS), Resource="*")
DECRYPT = "kms:Decrypt"
ROLE = f"arn:aws:iam::{HOME}:role/signer"
ECR_US, S3_US, FOR_GRANTS = "ecr.us-east-1.amazonaws.com", "s3.us-east-1.amazonaws.com", "kms:GrantIsForAWSResource"
VIA_ECR, FOR_AWS = {"StringEquals": {"kms:ViaService": ECR_US}}, {"Bool": {FOR_GRANTS: "true"}}
UNSET = "has no policy: the default allows every principal with IAM permissions in the account to decrypt"


def declared(*statements: dict[str, object], kind: str = KEY) -> Declared:
    """A key whose account administers it, with further statements."""
    return Declared(type=kind, inputs={"policy": policy(ADMINISTER, *statements)})


def use(**elements: object) -> dict[str, object]:
    return allow(**{"Sid": "Use", "Principal": to(root(HOME)), "Action": DECRYPT, "Resource": "*", **elements})


def every_action(name: str) -> list[str]:
    return [f"statement 'Use' allows every action ({name}): list each action"]


@pytest.mark.parametrize("kind", [KEY, KEY_POLICY])
@cases(
    "inputs, expected",
    case("compliant", {"policy": policy(ADMINISTER)}, []),
    case("violating: AWS's default", {"policy": policy(use(Action="kms:*"))}, every_action("kms:*")),
    case("unset", {}, [UNSET]),
    case("unknown", {"policy": UNKNOWN}, ["undecided policy"]),
)
def test_a_key(kind: str, inputs: dict[str, object], expected: list[str]) -> None:
    assert findings(RULE, Declared(type=kind, inputs=inputs)) == expected


@pytest.mark.parametrize("region", sorted(REGIONS))
def test_our_own_policy_passes(region: str) -> None:
    text = to_json_text(key_policy(account=HOME, region=region))
    assert findings(RULE, Declared(type=KEY, inputs={"policy": text})) == []


@pytest.mark.parametrize("region", sorted(REGIONS))
def test_the_service_has_its_region_s_name(region: str) -> None:
    service = f"ecr.{region}.{REGIONS[region].dns_suffix}"
    for name, expected in ((service, []), (f"x{service}", by_root()), (f"{service}x", by_root())):
        assert findings(RULE, declared(use(Condition={"StringEquals": {"kms:ViaService": name}}))) == expected


def test_what_is_missing_has_its_place() -> None:
    assert paths(RULE, Declared(type=KEY, inputs={})) == [("policy",)]


ONLY_ROLES = "allow only roles, or add the condition kms:ViaService for ecr or kms:GrantIsForAWSResource"


def by_root(actions: str = DECRYPT, who: str = HOME) -> list[str]:
    return [f"statement 'Use' allows {who} to call {actions}: {ONLY_ROLES}"]


THROUGH_OTHERS: list[dict[str, Any]] = [
    *({operator: {"kms:ViaService": ECR_US}} for operator in LOOSE_OPERATORS if "Any" not in operator),
    *({"StringLike": {"kms:ViaService": each}} for each in ("*", "ecr.*", "*.us-east-1.amazonaws.com")),
    *({"StringEquals": {"kms:ViaService": each}} for each in (S3_US, [ECR_US, S3_US], ECR_US.replace(".c", "xc"), [])),
    {"BoolIfExists": {FOR_GRANTS: "true"}}, {"Bool": {FOR_GRANTS: "false"}}, {"Bool": {FOR_GRANTS: ["true", "false"]}},
    {"StringEquals": {FOR_GRANTS: "true"}}, {"Null": {"kms:ViaService": "false"}},
    {"StringEquals": {"kms:EncryptionContext:via": ECR_US}}, {"Bool": {"aws:SecureTransport": "true"}},
]  # fmt: skip


@cases(
    "statement, expected",
    (use(), by_root()),
    (use(Action="KMS:decrypt"), by_root()),
    (use(Action=["kms:DescribeKey", "kms:Re*"]), by_root("kms:ReEncryptFrom and kms:ReEncryptTo")),
    (use(Action="kms:Create*"), by_root("kms:CreateGrant")),
    (use(Principal=to(f"arn:aws:iam::{HOME}:user/u")), by_root(who=f"arn:aws:iam::{HOME}:user/u")),
    (use(Action=["kms:DescribeKey", "kms:List*"]), []),
    (use(Principal=to(ROLE)), []),
    (use(Principal=to(ROLE, f"arn:aws:sts::{HOME}:assumed-role/signer/session")), []),
    (use(Principal=to(ROLE), Action="kms:*"), every_action("kms:*")),
    (use(Principal=to(ROLE), Action="*"), every_action("*")),
    (use(Principal=to(ROLE), Action=["kms:?*"], Condition=VIA_ECR), every_action("kms:?*")),
    (
        use(Action=None, NotAction="kms:ScheduleKeyDeletion"),
        [f"statement 'Use' allows every action except kms:ScheduleKeyDeletion {NOT_ACTION}"],
    ),
    (use(Action=[*KEY_USE, "kms:DescribeKey"], Principal=to(ROLE)), []),
    (use(Condition=VIA_ECR), []),
    (use(Condition=FOR_AWS, Action="kms:CreateGrant"), []),
    (use(Condition={"Bool": {"KMS:grantisforawsresource": True}}), []),
    (use(Condition={"StringLike": {"kms:ViaService": "ecr.*.amazonaws.com"}}), []),
    (use(Condition={"StringEquals": {"kms:ViaService": ["ecr.cn-north-1.amazonaws.com.cn"]}}), []),
    *((use(Condition=each), by_root()) for each in THROUGH_OTHERS),
    (use(Condition={"BoolIfExists": {FOR_GRANTS: "true"}, "Null": {"kms:grantisforawsresource": False}}), []),
    (deny(Principal="*", Action="kms:*", Resource="*"), []),
)
def test_use_of_the_key(statement: dict[str, object], expected: list[str]) -> None:
    assert findings(RULE, declared(statement)) == expected


SQS_US, SQS_EU = "sqs.us-east-1.amazonaws.com", "sqs.eu-west-1.amazonaws.com"
ALL = "ForAllValues:StringEquals"


def through(service: object = SQS_US, account: object = HOME, **others: object) -> dict[str, object]:
    return {"StringEquals": {"kms:ViaService": service, "kms:CallerAccount": account}, **others}


@cases(
    "statement, expected",
    (use(Condition=through()), []),
    (use(Condition=through([SQS_US, S3_US])), []),
    (use(Condition=through(), Action=[DECRYPT, "kms:GenerateDataKey*"]), []),
    (use(Condition=through(), Action=[DECRYPT, "kms:CreateGrant"]), by_root("kms:CreateGrant and kms:Decrypt")),
    (use(Condition=through(), Action=[each for each in KEY_USE if each != "kms:CreateGrant"]), []),
    (use(Condition=through(StringLike={"kms:CallerAccount": [HOME, OTHER]})), []),
    (use(Condition=through(), Action="kms:*"), every_action("kms:*")),
    (use(Condition=through(SQS_EU)), by_root()),
    (use(Condition=through([SQS_US, SQS_EU])), by_root()),
    (use(Condition=through([])), by_root()),
    (use(Condition=through(f"{SQS_US}.cn")), by_root()),
    (use(Condition=through("sqsxus-east-1.amazonaws.com")), by_root()),
    (use(Condition=through(f"x.{SQS_US}")), by_root()),
    (use(Condition=through(account=OTHER)), by_root()),
    (use(Condition=through(account=[HOME, OTHER])), by_root()),
    (
        use(Condition={"StringLike": {"kms:ViaService": "sqs.*"}, "StringEquals": {"kms:CallerAccount": HOME}}),
        by_root(),
    ),
    (use(Condition={ALL: {"kms:ViaService": SQS_US}, "StringEquals": {"kms:CallerAccount": HOME}}), by_root()),
    (use(Condition={"StringEquals": {"kms:ViaService": SQS_US}, ALL: {"kms:CallerAccount": HOME}}), by_root()),
    (use(Condition={"StringEquals": {"kms:ViaService": SQS_US, "aws:PrincipalAccount": HOME}}), by_root()),
    (use(Principal="*", Condition=through()), by_root(who="*")),
)
def test_use_through_a_service_of_the_key_s_region(statement: dict[str, object], expected: list[str]) -> None:
    assert findings(RULE, declared(statement)) == expected


@pytest.mark.parametrize("region", sorted(REGIONS))
def test_the_dead_letters_key_s_policy_passes_in_its_region_alone(region: str) -> None:
    names = MonitoringNames(prefix="p", registry=RegistryId(account=HOME, region=region))
    key = Declared(type=KEY, inputs={"policy": to_json_text(dead_letters_key_policy(names))}, region=region)
    assert findings(RULE, key) == []
    elsewhere = by_root()[0].replace("'Use'", "'ReadThroughQueue'")
    assert findings(RULE, replace(key, region="eu-west-3" if region != "eu-west-3" else None)) == [elsewhere]


MEMBERS = {"aws:PrincipalOrgID": ORGANIZATION}
FROM_OTHER = {"aws:SourceAccount": OTHER, "aws:PrincipalAccount": HOME}
OF_LOGS = {"kms:EncryptionContext:aws:logs:arn": f"arn:aws:logs:us-east-1:{HOME}:*"}


@cases(
    "statement, expected",
    (use(Principal=to(f"arn:aws:iam::{OTHER}:role/r")), [f"arn:aws:iam::{OTHER}:role/r"]),
    (use(Principal=to(OTHER), Condition=VIA_ECR), [OTHER]),
    (use(Principal=to(OTHER, HOME), Condition=VIA_ECR), [OTHER]),
    (use(Principal=to(OTHER), Action="kms:DescribeKey"), [OTHER]),
    (use(Principal=to("AROAEXAMPLEEXAMPLEID"), Action="kms:DescribeKey"), ["AROAEXAMPLEEXAMPLEID"]),
    (use(Principal={"CanonicalUser": "79a59df9"}, Action="kms:DescribeKey"), []),
    (use(Principal="*", Condition={**VIA_ECR, "StringLike": MEMBERS}), ["*"]),
    (use(Principal="*", Condition={**VIA_ECR, "StringLike": {"kms:CallerAccount": [HOME, OTHER]}}), ["*"]),
    (use(Principal="*", Condition={**VIA_ECR, "StringLike": {"kms:CallerAccount": HOME}}), []),
    (use(Principal="*", Condition={**VIA_ECR, "StringLike": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}}), []),
    (use(Principal="*", Condition={**VIA_ECR, "StringLike": {**MEMBERS, "aws:PrincipalAccount": HOME}}), []),
    (use(Principal={"Service": LAMBDA}, Condition={"StringEquals": {"aws:SourceAccount": OTHER}}), [LAMBDA]),
    (use(Principal={"Service": LAMBDA}, Condition={"StringEquals": {"aws:SourceAccount": HOME}}), []),
    # The account of the caller is not the one on whose behalf a service calls.
    (use(Principal={"Service": LAMBDA}, Condition={"StringEquals": FROM_OTHER}), [LAMBDA]),
    (use(Principal={"Service": "logs.us-east-1.amazonaws.com"}, Condition={"ArnLike": OF_LOGS}), []),
)
def test_other_accounts_are_named_in_the_parameters(statement: dict[str, object], expected: list[str]) -> None:
    neither = "which is neither the key's account nor in trusted_accounts"
    found = [f"statement 'Use' allows {each}, {neither}" for each in expected]
    assert findings(RULE, declared(statement)) == found
    # An organization and a unique id are no account that could be trusted.
    untrusted = [each for each in found if "AROA" in each or ORGANIZATION in str(statement)]
    assert findings(RULE, declared(statement), trusted_accounts=[OTHER]) == untrusted


BY_LAMBDA = f"the service {LAMBDA!r}, on behalf of any account,"
EVERYONE = "statement 'Use' allows everyone (*) to call kms:Decrypt: no condition restricts it to an account"


@cases(
    "statement, expected",
    (use(Principal="*"), [EVERYONE, *by_root(who="*")]),
    (
        use(Principal=to(HOME, "*"), Action="kms:DescribeKey", Condition=VIA_ECR),
        [f"{EVERYONE.replace('Decrypt', 'DescribeKey')} (StringEquals kms:ViaService does not say who calls)"],
    ),
    (
        use(Principal="*", Action="kms:PutKeyPolicy", Condition={"StringEquals": {"kms:CallerAccount": HOME}}),
        ["statement 'Use' allows * to call kms:PutKeyPolicy, without permissions of its own: name the account"],
    ),
    (use(Principal="*", Condition={"StringEquals": {"kms:CallerAccount": HOME}}), by_root(who="*")),
    (use(Principal={"Service": LAMBDA}), [EVERYONE.replace("everyone (*)", BY_LAMBDA)]),
    (use(NotPrincipal=to(HOME), Principal=None, Action="kms:DescribeKey"), [f"statement 'Use' {NOT_PRINCIPAL}"]),
    (use(Principal=None), ["statement 'Use' has no Principal: AWS KMS rejects it"]),
)
def test_any_principal(statement: dict[str, object], expected: list[str]) -> None:
    assert findings(RULE, declared(statement)) == expected


def test_two_accounts_that_administer() -> None:
    other = allow(Principal=to(OTHER), Action="kms:Put*", Resource="*")
    both = f"is administered by accounts {HOME} and {OTHER}: add those other than the key's to trusted_accounts"
    for trusted, expected in (([], [both]), ([OTHER], []), ([HOME], [])):
        assert findings(RULE, declared(other), trusted_accounts=trusted) == expected


BYPASS = "bypassPolicyLockoutSafetyCheck"
BY_UNKNOWN = {**ADMINISTER, "Principal": to(root("999999999999"))}
"""Without the bypass AWS KMS accepts this one in account 999999999999 only, where it is sound."""
LOCKS = f"has {BYPASS}: AWS KMS would accept a policy that can't be changed later"


@pytest.mark.parametrize("kind", [KEY, KEY_POLICY])
@cases(
    "value, expected",
    (True, [LOCKS]),
    ("true", [LOCKS]),
    (UNKNOWN, [f"undecided {BYPASS}"]),
    (SECRET, [f"undecided {BYPASS}"]),
    (False, []),
    (None, []),
)
def test_the_account_is_not_locked_out(kind: str, value: object, expected: list[str]) -> None:
    for statement in (ADMINISTER, deny(Principal="*", Action="kms:*", Resource="*"), BY_UNKNOWN):
        assert findings(RULE, Declared(type=kind, inputs={"policy": policy(statement), BYPASS: value})) == expected


def test_an_unknown_account_that_administers_alone_is_found_if_another_is_named() -> None:
    grant = use(Action="kms:CreateGrant", Condition=FOR_AWS)
    assert findings(RULE, Declared(type=KEY, inputs={"policy": policy(BY_UNKNOWN, grant)})) == [
        f"statement 'Use' allows {HOME}, which is neither the key's account nor in trusted_accounts"
    ]


def test_services_are_a_parameter() -> None:
    key = declared(use(Condition={"StringEquals": {"kms:ViaService": [ECR_US, S3_US]}}))
    assert findings(RULE, key, services=["ecr", "s3"]) == []
    (found,) = findings(RULE, key, services=["s3"])
    assert "kms:ViaService for s3 or" in found


INSIDER = Caller(
    identity=Identity(arn=f"arn:aws:iam::{HOME}:user/u", account=HOME, session_context={"kms:CallerAccount": (HOME,)}),
    policies=(own(statement_of_caller("All", Action="kms:*")),),
    organization=ORGANIZATION,
)
OF_OTHER = {"kms:CallerAccount": (OTHER,)}
OUTSIDER = Identity(arn=f"arn:aws:iam::{OTHER}:role/r", account=OTHER, session_context=OF_OTHER)
CALLERS = {"insider": INSIDER, "outsider": replace(INSIDER, identity=OUTSIDER), **UNKNOWN_CALLERS}
CALLS: list[tuple[str, Context]] = [(each, {}) for each in (DECRYPT, "kms:CreateGrant", "kms:PutKeyPolicy")]
CALLS += [(DECRYPT, {"kms:ViaService": (each,)}) for each in (ECR_US, SQS_US)]

CONDITIONS = [
    through(),
    VIA_ECR, FOR_AWS, {"BoolIfExists": {FOR_GRANTS: "true"}}, {"StringEqualsIfExists": {"kms:ViaService": ECR_US}},
    {"StringLike": {"kms:CallerAccount": HOME}}, {"StringLike": {"kms:CallerAccount": "*"}},
    {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{OTHER}:role/*"}},
    {"ForAnyValue:StringEquals": {"aws:PrincipalOrgID": ORGANIZATION}},
    {"ForAllValues:StringEquals": {"aws:PrincipalAccount": HOME}},
]  # fmt: skip
PRINCIPALS: list[dict[str, Any]] = [
    *[{"Principal": to(HOME)}] * 3, *[{"Principal": "*"}] * 3, {"Principal": to(ROLE)},
    {"Principal": {"Service": LAMBDA}}, {"NotPrincipal": to(ROLE)},
    {"Principal": to(HOME, f"arn:aws:iam::{OTHER}:role/r")},
]  # fmt: skip
ACTIONS = ["kms:Put*", "kms:*", DECRYPT, "KMS:D*", "kms:DescribeKey", ["kms:CreateGrant", DECRYPT]]
STATEMENTS = statement_lists(
    st.sampled_from([*[{"Effect": "Allow", "Resource": "*"}] * 5, {"Effect": "Deny", "Resource": "*"}]),
    st.sampled_from(PRINCIPALS),
    st.sampled_from(ACTIONS).map(lambda names: {"Action": names}),
    under(st.sampled_from(CONDITIONS)),
)


@settings(max_examples=examples(200))
@given(STATEMENTS)
def test_without_a_finding_only_the_account_and_ecr_have_access(statements: list[dict[str, object]]) -> None:
    found = declared(*statements)
    if findings(RULE, found):
        return
    policies = (Policy(name="key", document=parse(found.inputs["policy"])),)
    for name, caller in CALLERS.items():
        for action, context in CALLS:
            request = Request(action=action, resource=ARN, account=HOME, context=context)
            own_right = name == "insider" and (action == "kms:PutKeyPolicy" or context)
            assert own_right or not evaluate(caller, request, policies).allowed, (name, action)
