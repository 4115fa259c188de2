"""Amazon Q Developer in chat applications, whose API is still called AWS Chatbot."""

from resources.record import Declaration, ResourceType, words_in

SLACK_CHANNEL = "aws:chatbot/slackChannelConfiguration:SlackChannelConfiguration"


def _arn(declaration: Declaration) -> str:
    name = declaration.inputs["configurationName"]
    return declaration.arn("chatbot", f"chat-configuration/slack-channel/{name}", regional=False)


TYPES = (
    ResourceType(
        token=SLACK_CHANNEL,
        # Nothing forces a replacement, though UpdateSlackChannelConfiguration takes neither a name nor a workspace: a
        # change of one reaches no call. guardrail_policy_arns and sns_topic_arns are Optional and Computed.
        source="chatbot/slack_channel_configuration.go 2e60b4c",
        identity=("configurationName",),
        make_id=_arn,
        make_outputs=lambda _made, arn: {"chatConfigurationArn": arn},
        exclusive=True,
        updates=words_in(
            "configurationName guardrailPolicyArns iamRoleArn loggingLevel slackChannelId slackTeamId snsTopicArns "
            "tags timeouts userAuthorizationRequired"
        ),
        optional=("guardrailPolicyArns", "snsTopicArns"),
        sets=("snsTopicArns",),
        tags="tags",
        reads=("DescribeSlackChannelConfigurations",),
        creates=("CreateSlackChannelConfiguration",),
        changes=words_in("UpdateSlackChannelConfiguration TagResource UntagResource DeleteSlackChannelConfiguration"),
        parameters={"ConfigurationName": "configurationName", "IamRoleArn": "iamRoleArn", "Tags": "tags"},
        settings_key="monitoring",
        describe=lambda inputs: [
            inputs["configurationName"],
            f"Slack channel {inputs['slackChannelId']} of workspace {inputs['slackTeamId']}",
        ],
    ),
)
