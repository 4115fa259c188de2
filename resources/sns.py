"""Amazon SNS: topics, their policies, and who gets what is published."""

from resources.record import Declaration, Grammar, ResourceType, policy_lines, words_in

TOPIC = "aws:sns/topic:Topic"
TOPIC_POLICY = "aws:sns/topicPolicy:TopicPolicy"
TOPIC_SUBSCRIPTION = "aws:sns/topicSubscription:TopicSubscription"


def _owner(declaration: Declaration, _arn: str) -> dict[str, str]:
    return {"owner": declaration.account}


TYPES = (
    ResourceType(
        token=TOPIC,
        # The API has a policy of its own for each topic: policy is Optional and Computed.
        source="sns/topic.go 00a3530: ForceNew on fifo_topic, name, name_prefix",
        identity=("name",),
        make_id=lambda made: made.arn("sns", made.inputs["name"]),
        make_outputs=lambda made, arn: {"arn": arn, **_owner(made, arn)},
        replaces=("fifoTopic", "name", "namePrefix"),
        updates=words_in(
            "applicationFailureFeedbackRoleArn applicationSuccessFeedbackRoleArn applicationSuccessFeedbackSampleRate "
            "archivePolicy contentBasedDeduplication deliveryPolicy displayName fifoThroughputScope "
            "firehoseFailureFeedbackRoleArn firehoseSuccessFeedbackRoleArn firehoseSuccessFeedbackSampleRate "
            "httpFailureFeedbackRoleArn httpSuccessFeedbackRoleArn httpSuccessFeedbackSampleRate kmsMasterKeyId "
            "lambdaFailureFeedbackRoleArn lambdaSuccessFeedbackRoleArn lambdaSuccessFeedbackSampleRate policy "
            "signatureVersion sqsFailureFeedbackRoleArn sqsSuccessFeedbackRoleArn sqsSuccessFeedbackSampleRate tags "
            "tracingConfig"
        ),
        optional=("fifoThroughputScope", "policy", "signatureVersion", "tracingConfig"),
        documents={"archivePolicy": Grammar.JSON, "deliveryPolicy": Grammar.JSON, "policy": Grammar.IAM},
        tags="tags",
        reads=("GetTopicAttributes", "ListTagsForResource"),
        # All but tags and FIFO is set after the creation, an attribute at a time.
        creates=("CreateTopic", "SetTopicAttributes"),
        changes=("TagResource", "UntagResource", "DeleteTopic"),
        parameters={"Name": "name", "Tags": "tags"},
        settings_key="monitoring",
        describe=lambda inputs: [inputs["name"], "customer key" if "kmsMasterKeyId" in inputs else "not encrypted"],
    ),
    ResourceType(
        token=TOPIC_POLICY,
        # A deletion puts the policy that a topic has from AWS.
        source="sns/topic_policy.go 00a3530: ForceNew on arn",
        identity=("arn",),
        make_outputs=_owner,
        replaces=("arn",),
        updates=("policy",),
        documents={"policy": Grammar.IAM},
        reads=("GetTopicAttributes",),
        creates=("SetTopicAttributes",),
        parameters={"TopicArn": "arn"},
        settings_key="monitoring",
        describe=lambda inputs: policy_lines(inputs["policy"]),
    ),
    ResourceType(
        token=TOPIC_SUBSCRIPTION,
        # One that was not confirmed is not deleted: AWS drops it after three days.
        source="sns/topic_subscription.go 04a2e6e: ForceNew on endpoint, protocol, topic_arn",
        identity=("topic", "protocol", "endpoint"),
        make_id=lambda made: f"{made.inputs['topic']}:{made.made_up()}",
        make_outputs=lambda made, arn: {"arn": arn, "ownerId": made.account},
        made_up=("arn",),
        replaces=("endpoint", "protocol", "topic"),
        updates=words_in(
            "confirmationTimeoutInMinutes deliveryPolicy endpointAutoConfirms filterPolicy filterPolicyScope "
            "rawMessageDelivery redrivePolicy replayPolicy subscriptionRoleArn"
        ),
        optional=("filterPolicyScope",),
        documents=dict.fromkeys(words_in("deliveryPolicy filterPolicy redrivePolicy replayPolicy"), Grammar.JSON),
        reads=("GetSubscriptionAttributes",),
        creates=("Subscribe",),
        changes=("SetSubscriptionAttributes", "Unsubscribe"),
        parameters={"TopicArn": "topic", "Protocol": "protocol", "Endpoint": "endpoint"},
        settings_key="monitoring",
        describe=lambda inputs: [f"{inputs['protocol']} {inputs['endpoint']}"],
    ),
)
