"""A channel of a chat that gets what the topics of the registries publish."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws

from components.component import Component
from domain.monitoring.subscribers import SlackChannel

_DENY_ALL = "arn:aws:iam::aws:policy/AWSDenyAll"


@dataclass(frozen=True, kw_only=True)
class ChatChannelArgs:
    """One channel."""

    name: str
    region: str
    channel: SlackChannel
    role: pulumi.Input[str]
    """The ARN of a role without permissions."""
    topics: Sequence[pulumi.Input[str]]
    """The ARNs of topics in the stack's own account."""
    tags: Mapping[str, str]


class ChatChannel(Component):
    """The configuration of a channel of Slack, in which no one can call AWS."""

    def __init__(self, name: str, args: ChatChannelArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        pulumi_aws.chatbot.SlackChannelConfiguration(
            name,
            configuration_name=args.name,
            slack_team_id=args.channel.workspace,
            slack_channel_id=args.channel.channel,
            iam_role_arn=args.role,
            guardrail_policy_arns=[_DENY_ALL],
            logging_level="ERROR",
            sns_topic_arns=list(args.topics),
            region=args.region,
            tags=args.tags,
            opts=self.child(),
        )
        self.register_outputs({})
