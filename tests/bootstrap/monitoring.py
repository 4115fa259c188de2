"""What IAM is asked about topics, queues, log groups, rules, alarms and chat: of each call, the resource and more."""

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from domain.iam.access import Context
from tests.bootstrap.calls import Asked, Call, Parameters

SERVICES = ("chatbot", "cloudwatch", "events", "logs", "sns", "sqs")
TAGS_AT_CREATION = {
    "CreateTopic": "sns:TagResource",
    "CreateQueue": "sqs:TagQueue",
    "CreateLogGroup": "logs:TagResource",
    "PutRule": "events:TagResource",
    "PutMetricAlarm": "cloudwatch:TagResource",
    "PutCompositeAlarm": "cloudwatch:TagResource",
    "CreateSlackChannelConfiguration": "chatbot:TagResource",
}
"""By call, what one with tags asks as well; each API's reference says so."""
WITHOUT_A_NAME = frozenset({
    "sns:GetSubscriptionAttributes", "sns:SetSubscriptionAttributes", "sns:Unsubscribe",
    "logs:DescribeLogGroups", "logs:DescribeResourcePolicies", "logs:PutResourcePolicy", "logs:DeleteResourcePolicy",
    "logs:DescribeQueryDefinitions", "logs:PutQueryDefinition", "logs:DeleteQueryDefinition",
    "chatbot:CreateSlackChannelConfiguration", "chatbot:DescribeSlackChannelConfigurations",
    # "signed on with the permission that is scoped to *": API_DescribeAlarms, API_PutCompositeAlarm
    "cloudwatch:DescribeAlarms", "cloudwatch:PutCompositeAlarm",
})  # fmt: skip
"""Asked of all resources: https://docs.aws.amazon.com/service-authorization/latest/reference/"""
_CHAT_ROLE = "management.chatbot.amazonaws.com/AWSServiceRoleForAWSChatbot"


class Account(Protocol):
    """Where the calls are made."""

    def arn(self, service: str, region: str, resource: str) -> str: ...
    def plain(self, call: Call, action: str, resource: str, context: Context | None = None) -> Asked: ...
    def requested(self, parameters: Parameters) -> Context: ...


def asked(account: Account, call: Call) -> Iterator[Asked]:
    """Every request that IAM decides before the call is answered."""
    resource = _resource(account, call)
    tags = account.requested(call.parameters)
    tagging = call.operation in TAGS_AT_CREATION or call.operation in ("TagResource", "TagQueue")
    context = {**_context(call), **(tags if tagging else {})}
    yield account.plain(call, call.action, "*" if call.action in WITHOUT_A_NAME else resource, context)
    if call.operation in TAGS_AT_CREATION and tags:
        yield account.plain(call, TAGS_AT_CREATION[call.operation], resource, context)
    if call.operation in ("CreateSlackChannelConfiguration", "UpdateSlackChannelConfiguration"):
        to: Context = {"iam:PassedToService": ("chatbot.amazonaws.com",)}
        yield account.plain(call, "iam:PassRole", call.parameters["IamRoleArn"], to)
    if call.operation == "CreateSlackChannelConfiguration":
        service: Context = {"iam:AWSServiceName": (_CHAT_ROLE.partition("/")[0],)}
        role = account.arn("iam", "", f"role/aws-service-role/{_CHAT_ROLE}")
        yield account.plain(call, "iam:CreateServiceLinkedRole", role, service)


def _resource(account: Account, call: Call) -> str:
    given, region = call.parameters, call.region
    match call.service:
        case "sns":
            name = given["Name"] if "Name" in given else given.get("TopicArn", "").rpartition(":")[2]
        case "sqs":
            name = given.get("QueueName") or given["QueueUrl"].rpartition("/")[2]
        case "logs":
            # https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html
            name = f"log-group:{given.get('logGroupName')}{'' if 'Tag' in call.operation else ':*'}"
        case "events":
            name = f"rule/{given.get('Rule') or given['Name']}"
        case "cloudwatch" if "DashboardName" in given:
            name, region = f"dashboard/{given['DashboardName']}", ""
        case "cloudwatch":
            name = f"alarm:{given['AlarmName'] if 'AlarmName' in given else given['AlarmNames'][0]}"
        case _:
            name, region = f"chat-configuration/slack-channel/{given['ConfigurationName']}", ""
    return account.arn(call.service, region, name)


def _context(call: Call) -> dict[str, tuple[str, ...]]:
    given = call.parameters
    match call.operation:
        case "PutTargets":
            return {"events:TargetArn": tuple(_targets(given["Targets"]))}
        case "PutMetricAlarm" | "PutCompositeAlarm":
            return {"cloudwatch:AlarmActions": (*given.get("AlarmActions", ()), *given.get("OKActions", ()))}
    return {}


def _targets(given: str | list[Mapping[str, Any]]) -> Iterator[str]:
    """As a record has them, or a call."""
    yield from [given] if isinstance(given, str) else [each["Arn"] for each in given]
