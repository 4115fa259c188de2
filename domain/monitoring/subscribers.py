"""Who gets the messages of a registry: what Amazon SNS, Amazon Q Developer and CloudWatch take of them."""

import re
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from domain.aws import Arn, account_problems
from domain.problems import Problem, unless

_EMAIL = re.compile(
    r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?=.{4,255}$)(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}", re.IGNORECASE
)
_WORKSPACE = re.compile(r"T[0-9A-Z]{1,254}")
_CHANNEL = re.compile(r"[CG][0-9A-Z]{1,255}")
"""Both: https://docs.aws.amazon.com/chatbot/latest/APIReference/API_CreateSlackChannelConfiguration.html"""
_QUEUE = re.compile(r"[A-Za-z0-9_-]{1,80}")
_LOG_GROUP = re.compile(r"log-group:[A-Za-z0-9_/.#-]{1,512}")
"""https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html"""
_ANY_STREAM = ":*"
CHAT_REGION = "us-east-2"
"""One of the four in which Amazon Q Developer in chat applications has an endpoint; a configuration counts in all."""
ENDPOINT_KEY_PREFIX = "subscriber-url-"
"""How the keys of a stack's secret endpoints begin."""
ENDPOINT_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


class Protocol(StrEnum):
    """https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html, and only those of them that are offered here."""

    EMAIL = "email"
    HTTPS = "https"
    SQS = "sqs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """An endpoint of a topic."""

    protocol: Protocol
    endpoint: str
    secret: bool = False
    """The endpoint is the name of one in the stack's configuration, which is a secret."""

    @property
    def secret_key(self) -> str:
        return f"{ENDPOINT_KEY_PREFIX}{self.endpoint}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackChannel:
    """A channel, by the ids that Slack shows in its addresses."""

    workspace: str
    channel: str


def email_problems(address: str) -> list[Problem]:
    return unless(_EMAIL.fullmatch(address), address, "is not an e-mail address", "write one: platform@acme.example")


def https_problems(url: str) -> list[Problem]:
    fix = "write an address that begins with https://"
    if url.startswith("http://"):
        instead = f"https://{url.removeprefix('http://')}"
        return [Problem((), url, "is not encrypted: others on the way read and alter it", fix, instead=instead)]
    try:
        parts = urlsplit(url)
        if parts.username:
            return [Problem((), None, "has a login in it, for every reader of the file", "write `https_secret: NAME`")]
        sound = parts.scheme == "https" and parts.hostname and parts.port != 0
    except ValueError:
        sound = False
    return unless(sound and not re.search(r"[\s\"\\<>]", url), url, "is not the address of an HTTPS endpoint", fix)


def queue_problems(text: str) -> list[Problem]:
    arn = Arn.parse(text)
    sound = arn and arn.service == "sqs" and arn.region and not account_problems(arn.account)
    named = sound and arn and _QUEUE.fullmatch(arn.resource)
    return unless(named, text, "is not the ARN of a standard queue", "write arn:aws:sqs:REGION:ACCOUNT:NAME")


def log_group_problems(text: str) -> list[Problem]:
    arn = Arn.parse(text)
    sound = arn and arn.service == "logs" and arn.region and not account_problems(arn.account)
    named = sound and arn and _LOG_GROUP.fullmatch(arn.resource.removesuffix(_ANY_STREAM))
    fix = "write arn:aws:logs:REGION:ACCOUNT:log-group:NAME"
    return unless(named, text, "is not the ARN of a log group", fix)


def chat_workspace_problems(id: str) -> list[Problem]:
    fix = "write the part of its address that begins with T: https://app.slack.com/client/T0123ABCD"
    return unless(_WORKSPACE.fullmatch(id), id, "is not the id of a Slack workspace", fix)


def chat_channel_problems(id: str) -> list[Problem]:
    fix = "write the id at the end of *View channel details*: C0123ABCD"
    return unless(_CHANNEL.fullmatch(id), id, "is not the id of a Slack channel", fix)
