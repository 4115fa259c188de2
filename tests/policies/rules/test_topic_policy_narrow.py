"""Who can call topics and queues; checked with what IAM would allow callers from outside."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.aws import REGIONS, RegistryId
from domain.document_text import UNKNOWN, to_json_text
from domain.iam.access import Caller, Identity, Policy, Request
from domain.iam.document import parse
from domain.iam.evaluate import evaluate
from domain.monitoring import service_access
from domain.monitoring.monitoring_names import MonitoringNames
from policies.rules.topic_policy_narrow import RULE
from resources.sns import TOPIC, TOPIC_POLICY
from resources.sqs import QUEUE, QUEUE_POLICY
from tests.cases import case, cases
from tests.conftest import examples
from tests.domain.iam.calls import allow as statement_of_caller
from tests.domain.iam.calls import own
from tests.domain.iam.unknown_callers import UNKNOWN_CALLERS
from tests.policies.conftest import Declared, findings, paths
from tests.policies.rules.monitored import ACCOUNT, NAMES, QUEUE_ARN, TOPIC_ARN, document
from tests.policies.rules.texts import (
    HOME,
    LAMBDA,
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

EVENTS = {"Service": "events.amazonaws.com"}
OWN = {"StringEquals": {"aws:SourceAccount": HOME}}
ROLE, OF_OTHER = f"arn:aws:iam::{HOME}:role/r", f"arn:aws:iam::{OTHER}:role/r"
KINDS = {TOPIC_POLICY: TOPIC_ARN, TOPIC: TOPIC_ARN, QUEUE_POLICY: QUEUE_ARN, QUEUE: QUEUE_ARN}


EVERYONE, SERVICE = "everyone (*)", "Service events.amazonaws.com"
NOT_WHO = "StringEquals AWS:SourceOwner does not say who calls"
BY_EVENTS = "the service 'events.amazonaws.com', on behalf of any account,"
NOT_WHOSE = "StringEquals aws:PrincipalAccount does not say on whose behalf a service calls"


def judged(*statements: dict[str, object], kind: str = TOPIC_POLICY, **parameters: Any) -> list[str]:
    """Without the resource's name, which each begins with."""
    found = findings(
        RULE, ACCOUNT, Declared(type=kind, name="it", inputs={"policy": policy(*statements)}), **parameters
    )
    return [each.removeprefix("it ") for each in found]


def publish(**elements: object) -> dict[str, object]:
    return allow(**{"Sid": "Use", "Principal": to(root(HOME)), "Action": "sns:Publish", "Resource": "*", **elements})


def open_to(who: str, why: str = "") -> list[str]:
    what = f"statement 'Use' allows {who} to call sns:Publish: no condition restricts it to the stack's account"
    return [f"{what} ({why})" if why else what]


def neither(*who: str) -> list[str]:
    one = " and ".join(who)
    return [f"statement 'Use' allows {one}, which is neither of the stack's account nor in trusted_accounts"]


@pytest.mark.parametrize("kind", KINDS)
@cases(
    "value, expected",
    case("compliant", policy(publish()), []),
    case("violating", policy(publish(Principal="*")), open_to(EVERYONE)),
    case("unset", None, []),
    case("unknown", UNKNOWN, ["undecided policy"]),
    case("as an object", {"Statement": [publish(Principal=to(OTHER))]}, neither(f"account {OTHER}")),
)
def test_a_policy(kind: str, value: object, expected: list[str]) -> None:
    inputs = {"policy": value} if value is not None else {}
    assert findings(RULE, ACCOUNT, Declared(type=kind, name="it", inputs=inputs)) == [f"it {each}" for each in expected]


@pytest.mark.parametrize("region", sorted(REGIONS))
def test_our_own_policies_pass(region: str) -> None:
    names = MonitoringNames(prefix="p", registry=RegistryId(account=HOME, region=region))
    for kind, text in (
        (TOPIC_POLICY, service_access.topic_policy(names)),
        (QUEUE_POLICY, service_access.dead_letters_policy(names)),
    ):
        assert findings(RULE, ACCOUNT, Declared(type=kind, inputs={"policy": to_json_text(text)})) == []


DEFAULT = {"StringEquals": {"AWS:SourceOwner": HOME}}
"""The condition of the policy that Amazon SNS makes."""


@cases(
    "statement, expected",
    (publish(Principal=to(HOME)), []),
    (publish(Principal=to(ROLE), Action="sns:*"), []),
    (publish(Principal="*"), open_to(EVERYONE)),
    (publish(Principal=to("*"), Condition=DEFAULT), open_to(EVERYONE, NOT_WHO)),
    (publish(Principal="*", Condition={"StringEquals": {"aws:PrincipalAccount": HOME}}), []),
    (publish(Principal="*", Condition={"StringEquals": {"aws:PrincipalAccount": OTHER}}), neither(EVERYONE)),
    (publish(Principal="*", Condition={"StringEquals": {"aws:PrincipalAccount": [HOME, OTHER]}}), neither(EVERYONE)),
    (publish(Principal="*", Condition={"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION}}), neither(EVERYONE)),
    (publish(Principal=to(OTHER)), neither(f"account {OTHER}")),
    (publish(Principal=to(ROLE, OF_OTHER)), neither(OF_OTHER)),
    (publish(Principal=to("AROAEXAMPLEEXAMPLEID")), neither("AROAEXAMPLEEXAMPLEID")),
    (publish(Principal=EVENTS, Condition=OWN), []),
    (publish(Principal=EVENTS, Condition={"ArnLike": {"aws:SourceArn": NAMES.rules_arn}}), []),
    (publish(Principal=EVENTS), open_to(BY_EVENTS)),
    (
        publish(Principal=EVENTS, Condition={"StringEquals": {"aws:PrincipalAccount": HOME}}),
        open_to(BY_EVENTS, NOT_WHOSE),
    ),
    (publish(Principal=EVENTS, Condition={"StringEquals": {"aws:SourceAccount": OTHER}}), neither(SERVICE)),
    (
        publish(Principal=EVENTS, Condition={"ArnLike": {"aws:SourceArn": NAMES.rules_arn.replace(HOME, OTHER)}}),
        neither(SERVICE),
    ),
    (
        publish(Principal=EVENTS, Condition={"StringEqualsIfExists": {"aws:SourceAccount": HOME}}),
        open_to(BY_EVENTS, "StringEqualsIfExists aws:SourceAccount also holds where the key is absent"),
    ),
    (
        publish(Principal=EVENTS, Condition={"ArnLike": {"aws:SourceArn": "arn:aws:events:*:*:rule/*"}}),
        open_to(BY_EVENTS, "ArnLike aws:SourceArn is not limited to fixed values: 'arn:aws:events:*:*:rule/*'"),
    ),
    (publish(Principal=None, NotPrincipal=to(OTHER)), [f"statement 'Use' {NOT_PRINCIPAL}"]),
    (publish(Principal=None), ["statement 'Use' has no Principal: Amazon SNS rejects it"]),
    (
        publish(Action=None, NotAction="sns:Publish"),
        [f"statement 'Use' allows every action except sns:Publish {NOT_ACTION}"],
    ),
    (deny(Principal="*", Action="sns:Publish", Resource="*"), []),
)  # fmt: skip
def test_principals(statement: dict[str, object], expected: list[str]) -> None:
    assert judged(statement) == expected


def test_a_trusted_account_is_named_in_the_parameters() -> None:
    for statement in (
        publish(Principal=to(OTHER)),
        publish(Principal=EVENTS, Condition={"StringEquals": {"aws:SourceAccount": OTHER}}),
    ):
        assert judged(statement)
        assert judged(statement, trusted_accounts=[OTHER]) == []


def test_the_service_s_name() -> None:
    for kind, service in ((TOPIC_POLICY, "Amazon SNS"), (QUEUE, "Amazon SQS")):
        assert judged(publish(Principal=None), kind=kind) == [f"statement 'Use' has no Principal: {service} rejects it"]


def test_the_account_is_the_provider_s() -> None:
    """Nothing else says whose account is the own one."""
    resource = Declared(type=TOPIC_POLICY, name="it", inputs={"policy": policy(publish())})
    assert findings(RULE, resource) == ["it undecided policy"]
    assert findings(RULE, Declared(type=TOPIC_POLICY, inputs={})) == []
    foreign = Declared(type=TOPIC_POLICY, name="it", inputs={"policy": policy(publish(Principal=to(OTHER)))})
    assert paths(RULE, ACCOUNT, foreign) == [("policy",)]


def test_the_confused_deputy_is_found_in_our_own_policy() -> None:
    for condition, found in (({}, open_to), (OWN | {"StringEquals": {"aws:SourceAccount": OTHER}}, neither)):
        text = to_json_text(document("topic", Sid="PublishEvents", Condition=condition))
        (message,) = findings(RULE, ACCOUNT, Declared(type=TOPIC_POLICY, name="it", inputs={"policy": text}))
        who = BY_EVENTS if found is open_to else SERVICE
        assert message == f"it {found(who)[0]}".replace("'Use'", "'PublishEvents'")


OUTSIDER = Caller(
    identity=Identity(arn=OF_OTHER, account=OTHER), policies=(own(statement_of_caller("All", Action="*")),)
)
DEPUTY = Caller(identity=Identity(arn=EVENTS["Service"], account=None))
OF_SERVICE = {"aws:SourceAccount": (OTHER,), "aws:SourceArn": (f"arn:aws:events:us-east-1:{OTHER}:rule/r",)}
CALLERS = {"outsider": (OUTSIDER, {}), "deputy": (DEPUTY, OF_SERVICE), "unsaid": (DEPUTY, {})}
CALLERS |= {name: (each, {}) for name, each in UNKNOWN_CALLERS.items()}
ACTIONS = ("sns:Publish", "sns:Subscribe", "sns:SetTopicAttributes", "sns:AddPermission", "sns:DeleteTopic")
CONDITIONS = [
    OWN, {"StringEquals": {"aws:SourceAccount": OTHER}}, {"StringEqualsIfExists": {"aws:SourceAccount": HOME}},
    {"ArnLike": {"aws:SourceArn": NAMES.rules_arn}}, {"ArnLike": {"aws:SourceArn": "arn:aws:events:*:*:rule/*"}},
    {"StringEquals": {"aws:PrincipalAccount": HOME}}, {"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION}},
    {"ForAllValues:StringEquals": {"aws:SourceAccount": HOME}}, {"Bool": {"aws:SecureTransport": "true"}},
    {"Null": {"aws:SourceAccount": "false"}}, {"StringNotEquals": {"aws:SourceAccount": HOME}},
]  # fmt: skip
PRINCIPALS: list[dict[str, Any]] = [
    {"Principal": to(HOME)}, {"Principal": "*"}, {"Principal": EVENTS}, {"Principal": EVENTS}, {"Principal": to(ROLE)},
    {"Principal": {"Service": [LAMBDA, EVENTS["Service"]]}}, {"NotPrincipal": to(HOME)},
    {"Principal": to(HOME, OF_OTHER)},
]  # fmt: skip
STATEMENTS = statement_lists(
    st.sampled_from([*[{"Effect": "Allow", "Resource": "*"}] * 5, {"Effect": "Deny", "Resource": "*"}]),
    st.sampled_from(PRINCIPALS),
    st.sampled_from(["sns:*", "SNS:Publish", "sns:S*", ["sns:Publish", "sns:AddPermission"]]).map(
        lambda names: {"Action": names}
    ),
    under(st.sampled_from(CONDITIONS)),
)


@settings(max_examples=examples(300))
@given(STATEMENTS)
def test_without_a_finding_no_one_from_outside_can_call(statements: list[dict[str, object]]) -> None:
    if judged(*statements):
        return
    policies = (Policy(name="topic", document=parse(policy(*statements))),)
    for name, (caller, context) in CALLERS.items():
        for action in ACTIONS:
            request = Request(action=action, resource=TOPIC_ARN, account=HOME, context=context)
            assert not evaluate(caller, request, policies).allowed, (name, action)
