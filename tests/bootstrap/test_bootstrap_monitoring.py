"""Monitoring as the bootstrap's roles may touch it: the stack's own by name, nothing of others, only what is called."""

from typing import Any

import pytest

from domain.iam.access import Request
from domain.iam.evaluate import evaluate
from tests.bootstrap.conftest import STACK, TRAIL, Bootstrapped
from tests.bootstrap.deployed import DEPLOY, PREVIEW, fill_in
from tests.cases import cases

OWN = f"container-registry-{STACK}"


def _arn(bootstrapped: Bootstrapped, resource: str) -> str:
    """`sns:NAME` in the stack's account and home region."""
    service, _, rest = resource.partition(":")
    region = "" if "dashboard/" in rest or service == "chatbot" else "us-east-1"
    return f"arn:aws:{service}:{region}:{bootstrapped.account.id}:{rest}"


def _with(request: Request, **context: tuple[str, ...]) -> Request:
    given = {key.replace("__", ":"): value for key, value in context.items()}
    return Request(
        action=request.action, resource=request.resource, account=request.account, context={**request.context, **given}
    )


NAMED = [
    ("sns", "{}-monitoring", "CreateTopic DeleteTopic SetTopicAttributes GetTopicAttributes Subscribe TagResource"),
    ("sqs", "{}-undelivered", "CreateQueue DeleteQueue SetQueueAttributes GetQueueAttributes TagQueue"),
    ("events", "rule/{}-findings-basic", "PutRule DeleteRule DescribeRule RemoveTargets ListTargetsByRule"),
    (
        "logs",
        "log-group:/aws/events/{}-monitoring:*",
        "CreateLogGroup DeleteLogGroup PutRetentionPolicy PutMetricFilter",
    ),
    ("cloudwatch", "alarm:{}-api-put-image", "DeleteAlarms PutMetricAlarm ListTagsForResource"),
    ("cloudwatch", "dashboard/{}-us-east-1", "PutDashboard DeleteDashboards GetDashboard"),
    ("chatbot", "chat-configuration/slack-channel/{}-us-east-1", "UpdateSlackChannelConfiguration TagResource"),
]


@cases("service, name, action", *((s, name, each) for s, name, actions in NAMED for each in actions.split()))
def test_only_what_is_named_as_the_stack(bootstrapped: Bootstrapped, service: str, name: str, action: str) -> None:
    def allowed(role: str, prefix: str) -> bool:
        resource = _arn(bootstrapped, f"{service}:{name.format(prefix)}")
        return evaluate(bootstrapped.session(role), bootstrapped.request(f"{service}:{action}", resource)).allowed

    assert allowed(DEPLOY, OWN)
    assert allowed(PREVIEW, OWN) == action.startswith(("Get", "Describe", "List"))
    for other in ("payments", "container-registry", "container-registry-dev", f"x-{OWN}"):
        assert not allowed(DEPLOY, other)
        assert not allowed(PREVIEW, other)


@cases(
    "action, resource",
    *((f"sns:{each}", f"sns:{OWN}-monitoring") for each in ("AddPermission", "Publish", "RemovePermission")),
    *((f"sqs:{each}", f"sqs:{OWN}-undelivered") for each in ("AddPermission", "ReceiveMessage", "PurgeQueue")),
    *((f"events:{each}", f"events:rule/{OWN}-findings-basic") for each in ("DisableRule", "EnableRule")),
    *(
        (f"logs:{each}", f"logs:log-group:/aws/events/{OWN}-audit:*")
        for each in ("FilterLogEvents", "DisassociateKmsKey")
    ),
    *(
        (f"logs:{each}", f"logs:log-group:{TRAIL}:*")
        for each in ("DeleteLogGroup", "PutRetentionPolicy", "FilterLogEvents")
    ),
    *((f"cloudwatch:{each}", f"cloudwatch:alarm:{OWN}-x") for each in ("DisableAlarmActions", "SetAlarmState")),
)
@pytest.mark.parametrize("role", [DEPLOY, PREVIEW])
def test_what_the_provider_never_calls(bootstrapped: Bootstrapped, role: str, action: str, resource: str) -> None:
    request = bootstrapped.request(action, _arn(bootstrapped, resource))
    assert not evaluate(bootstrapped.session(role), request).allowed


TOPIC, ELSEWHERE = f"sns:{OWN}-monitoring", "sns:payments"


@cases(
    "targets, allowed",
    ([TOPIC], True),
    ([f"logs:log-group:/aws/events/{OWN}-audit"], True),
    ([ELSEWHERE], False),
    ([TOPIC, ELSEWHERE], False),
    (["lambda:function:any"], False),
    ([f"sqs:{OWN}-undelivered"], False),
)
def test_a_rule_reaches_only_the_stacks_own(bootstrapped: Bootstrapped, targets: list[str], allowed: bool) -> None:
    rule = _arn(bootstrapped, f"events:rule/{OWN}-any")
    request = bootstrapped.request("events:PutTargets", rule)
    arns = tuple(_arn(bootstrapped, each) for each in targets)
    assert evaluate(bootstrapped.deploy, _with(request, events__TargetArn=arns)).allowed == allowed


@cases(
    "actions, allowed",
    ([TOPIC], True),
    ([ELSEWHERE], False),
    ([TOPIC, ELSEWHERE], False),
    (["ec2:stop"], False),
    (["lambda:function:any"], False),
)
def test_an_alarm_tells_only_the_stacks_own(bootstrapped: Bootstrapped, actions: list[str], allowed: bool) -> None:
    arns = tuple(_arn(bootstrapped, each) for each in actions)
    for action, resource in (
        ("PutMetricAlarm", _arn(bootstrapped, f"cloudwatch:alarm:{OWN}-any")),
        ("PutCompositeAlarm", "*"),
    ):
        request = bootstrapped.request(f"cloudwatch:{action}", resource)
        assert evaluate(bootstrapped.deploy, _with(request, cloudwatch__AlarmActions=arns)).allowed == allowed


def test_only_the_trail_that_is_given_is_counted(bootstrapped: Bootstrapped, template: dict[str, Any]) -> None:
    account = bootstrapped.account
    none = fill_in(template, account.id, "us-east-1", Stack=STACK, GitHubOwner="acme", GitHubRepository="any")
    for name, expected in ((TRAIL, True), (f"{TRAIL}-2", False), ("payments", False)):
        asked = _arn(bootstrapped, f"logs:log-group:{name}:*")
        for action in ("PutMetricFilter", "DescribeMetricFilters", "DeleteMetricFilter"):
            request = bootstrapped.request(f"logs:{action}", asked)
            assert evaluate(bootstrapped.deploy, request).allowed == expected
            assert evaluate(bootstrapped.preview, request).allowed == (expected and action.startswith("Describe"))
            assert not evaluate(none.session(DEPLOY), request).allowed


@pytest.mark.parametrize("name", ["monitoring", "undelivered"])
def test_the_keys_of_monitoring_have_their_aliases(bootstrapped: Bootstrapped, name: str) -> None:
    for action in ("CreateAlias", "UpdateAlias", "DeleteAlias"):
        request = bootstrapped.request(f"kms:{action}", _arn(bootstrapped, f"kms:alias/{OWN}-{name}"))
        assert evaluate(bootstrapped.deploy, request).allowed
        assert not evaluate(bootstrapped.preview, request).allowed
        other = bootstrapped.request(f"kms:{action}", _arn(bootstrapped, f"kms:alias/{OWN}-{name}-2"))
        assert not evaluate(bootstrapped.deploy, other).allowed
