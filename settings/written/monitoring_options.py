"""The shape of a stack's key `monitoring`."""

from typing import Annotated, ClassVar

from pydantic import Field, StrictBool, StrictInt, StrictStr

from domain.cloudwatch.limits import LOG_RETENTION_DAYS
from domain.model_problems import OtherWords
from domain.monitoring.subscribers import (
    ENDPOINT_NAME,
    chat_channel_problems,
    chat_workspace_problems,
    email_problems,
    https_problems,
    log_group_problems,
    queue_problems,
)
from domain.problems import Problem, unless
from settings.written.catalog import Retirement
from settings.written.fields import Model, checked, matching, unchanged

_PERCENT_MAX = 100


def _percent_problems(percent: int) -> list[Problem]:
    return unless(0 < percent <= _PERCENT_MAX, percent, "is not a percentage", f"write 1 to {_PERCENT_MAX}")


def _count_problems(count: int) -> list[Problem]:
    return unless(count > 0, count, "is not a number of calls", "write 1 or more")


def _images_problems(count: int) -> list[Problem]:
    return unless(count >= 0, count, "is not a number of images", "write 0 or more")


def _retention_problems(days: int) -> list[Problem]:
    fix = f"write one of {', '.join(map(str, LOG_RETENTION_DAYS))}"
    return unless(days in LOG_RETENTION_DAYS, days, "is not a retention that CloudWatch Logs knows", fix)


Percent = Annotated[StrictInt, checked(_percent_problems)]  # it passes the value on
Count = Annotated[StrictInt, checked(_count_problems)]  # it passes the value on


class SlackEntry(Model):
    """A channel of Slack that Amazon Q Developer in chat applications posts to."""

    workspace: Annotated[StrictStr, checked(chat_workspace_problems)] = Field(
        description="its id, of a workspace that was authorized in the console once: `T0123ABCD`"
    )
    channel: Annotated[StrictStr, checked(chat_channel_problems)] = Field(description="its id: `C0123ABCD`")


class Subscriber(Model):
    """Who gets the messages: exactly one of these."""

    OTHER_WORDS: ClassVar[OtherWords] = {"mail": ("email", unchanged), "url": ("https", unchanged)}

    email: Annotated[StrictStr, checked(email_problems)] | None = Field(
        None, description="an address, which must confirm the subscription"
    )
    https: Annotated[StrictStr, checked(https_problems)] | None = Field(
        None, description="an endpoint, which must confirm the subscription"
    )
    https_secret: (
        Annotated[
            StrictStr,
            matching(ENDPOINT_NAME, "is not the name of an endpoint", "write lower-case letters, digits and hyphens"),
        ]
        | None
    ) = Field(None, description="an endpoint whose address is a secret, `subscriber-url-NAME`")
    sqs: Annotated[StrictStr, checked(queue_problems)] | None = Field(
        None, description="the ARN of a queue, of the messages of its region's registry alone"
    )
    slack: SlackEntry | None = Field(None, description="`{workspace: T0123ABCD, channel: C0123ABCD}`")


SUBSCRIBERS = tuple(Subscriber.model_fields)


class Thresholds(Model):
    """When an alarm goes off."""

    api_percent: Percent = Field(80, description="calls of an action, of the quota of its rate")
    repositories_percent: Percent = Field(80, description="repositories, of their quota in a region")
    images: Annotated[StrictInt, checked(_images_problems)] = Field(
        80_000,
        description="images in one repository, of a quota of 100,000 if it was not raised; AWS charges this alarm by "
        "repository, and 0 declares none",
    )
    push_failures: Count = Field(5, description="failed calls of a push in five minutes")
    denied_calls: Count = Field(20, description="denied calls in five minutes")


class MonitoringOptions(Model):
    """Events and alarms of each registry, and who gets them."""

    enabled: StrictBool = Field(default=True, description="`false` declares nothing")
    retire: Retirement | None = Field(
        None, description="the first of the two steps that end it: its keys may be deleted from then on"
    )
    subscribers: tuple[Subscriber, ...] = Field((), description="who gets the messages")
    trail: StrictBool = Field(
        default=False,
        description="a trail of AWS CloudTrail logs the management events of each region: rules see calls",
    )
    trail_log_group: Annotated[StrictStr, checked(log_group_problems)] | None = Field(
        None,
        description="the ARN of the log group that the trail writes to: failed pushes and denied calls are counted",
    )
    audit_log: StrictBool = Field(
        default=False, description="a log group of its own with every call of Amazon ECR's, for saved queries"
    )
    log_retention_days: Annotated[StrictInt, checked(_retention_problems)] = Field(
        90, description="how long log groups keep what they have"
    )
    thresholds: Thresholds = Field(Thresholds(), description="when an alarm goes off")
    runbooks: Annotated[StrictStr, checked(https_problems)] | None = Field(
        None,
        description="where docs/runbooks is published, which messages link to; of the repository that `github` names "
        "as `registry`, if left out",
    )
