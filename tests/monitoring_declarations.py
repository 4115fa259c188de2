"""One resource of each type that monitoring is made of, for tests without the program: records, builders, rights."""

import json
from typing import Any

from domain.aws import RegistryId
from resources.chatbot import SLACK_CHANNEL
from resources.cloudwatch import COMPOSITE_ALARM, DASHBOARD, METRIC_ALARM
from resources.events import EVENT_RULE, EVENT_TARGET
from resources.logs import LOG_GROUP, LOG_METRIC_FILTER, LOG_RESOURCE_POLICY, QUERY_DEFINITION
from resources.sns import TOPIC, TOPIC_POLICY, TOPIC_SUBSCRIPTION
from resources.sqs import QUEUE, QUEUE_POLICY

Inputs = dict[str, Any]
TAGS = {"project": "container-registry", "managed-by": "pulumi"}


def policy(service: str, action: str, arn: str, account: str) -> str:
    statement = {
        "Sid": "FromOurOwn",
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": action,
        "Resource": arn,
        "Condition": {"StringEquals": {"aws:SourceAccount": account}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def declarations(registry: RegistryId, stack: str = "prod") -> dict[str, Inputs]:
    """By type, the inputs, in an order in which they can be made."""
    prefix, account, region = f"container-registry-{stack}", registry.account, registry.region

    def arn(service: str, resource: str) -> str:
        return f"arn:aws:{service}:{region}:{account}:{resource}"

    topic, queue, key = arn("sns", f"{prefix}-monitoring"), arn("sqs", f"{prefix}-undelivered"), arn("kms", "key/1")
    group, rule = f"/aws/events/{prefix}-monitoring", f"{prefix}-findings-basic"
    logs = arn("logs", f"log-group:{group}:*")
    url = f"https://sqs.{region}.amazonaws.com/{account}/{prefix}-undelivered"
    of_types: dict[str, Inputs] = {
        TOPIC: {"name": f"{prefix}-monitoring", "kmsMasterKeyId": key, "tags": TAGS},
        TOPIC_POLICY: {"arn": topic, "policy": policy("events", "sns:Publish", topic, account)},
        QUEUE: {
            "name": f"{prefix}-undelivered",
            "kmsMasterKeyId": key,
            "kmsDataKeyReusePeriodSeconds": 300,
            "messageRetentionSeconds": 1209600,
            "tags": TAGS,
        },
        QUEUE_POLICY: {"queueUrl": url, "policy": policy("events", "sqs:SendMessage", queue, account)},
        TOPIC_SUBSCRIPTION: {
            "topic": topic,
            "protocol": "email",
            "endpoint": "platform@acme.example",
            "redrivePolicy": json.dumps({"deadLetterTargetArn": queue}),
        },
        LOG_GROUP: {"name": group, "kmsKeyId": key, "retentionInDays": 90, "tags": TAGS},
        LOG_RESOURCE_POLICY: {
            "policyName": f"{prefix}-monitoring",
            "policyDocument": policy("events", "logs:PutLogEvents", logs, account),
        },
        EVENT_RULE: {
            "name": rule,
            "description": "Critical and high findings of a basic scan",
            "eventPattern": json.dumps({"source": ["aws.ecr"], "detail-type": ["ECR Image Scan"]}),
            "state": "ENABLED",
            "tags": TAGS,
        },
        EVENT_TARGET: {
            "rule": rule,
            "targetId": "topic",
            "arn": topic,
            "deadLetterConfig": {"arn": queue},
            "inputTransformer": {
                "inputPaths": {"name": "$.detail.repository-name"},
                "inputTemplate": '{"description": "<name>"}',
            },
            "retryPolicy": {"maximumEventAgeInSeconds": 3600, "maximumRetryAttempts": 5},
        },
        LOG_METRIC_FILTER: {
            "name": f"{prefix}-findings-critical",
            "logGroupName": group,
            "pattern": '{ $.source = "aws.ecr" }',
            "metricTransformation": {
                "name": "FindingsCritical",
                "namespace": prefix,
                "value": "1",
                "dimensions": {"Repository": "$.detail.repository-name"},
                "unit": "Count",
            },
        },
        METRIC_ALARM: {
            "name": f"{prefix}-api-put-image",
            "alarmDescription": "PutImage is called nearly as often as is allowed",
            "comparisonOperator": "GreaterThanOrEqualToThreshold",
            "threshold": 80,
            "evaluationPeriods": 3,
            "datapointsToAlarm": 2,
            "treatMissingData": "notBreaching",
            "alarmActions": [topic],
            "okActions": [topic],
            "metricQueries": [_query("calls"), {"id": "used", "expression": EXPRESSION, "returnData": True}],
            "tags": TAGS,
        },
        COMPOSITE_ALARM: {
            "alarmName": f"{prefix}-registry",
            "alarmRule": f'ALARM("{prefix}-api-put-image")',
            "alarmActions": [topic],
            "tags": TAGS,
        },
        DASHBOARD: {"dashboardName": f"{prefix}-{region}", "dashboardBody": json.dumps({"widgets": [{}, {}]})},
        QUERY_DEFINITION: {
            "name": f"{prefix}/who-pushed",
            "logGroupNames": [group],
            "queryString": "fields @message",
        },
        SLACK_CHANNEL: {
            "configurationName": f"{prefix}-{region}",
            "iamRoleArn": f"arn:aws:iam::{account}:role/container-registry/{stack}/{stack}.chat",
            "slackTeamId": "T0123ABCD",
            "slackChannelId": "C0123ABCD",
            "snsTopicArns": [topic],
            "guardrailPolicyArns": ["arn:aws:iam::aws:policy/AWSDenyAll"],
            "loggingLevel": "ERROR",
            "tags": TAGS,
        },
    }
    return {token: {**inputs, "region": region} for token, inputs in of_types.items()}


EXPRESSION = "100 * calls / SERVICE_QUOTA(calls)"


def _query(id: str) -> Inputs:
    dimensions = {"Service": "ECR", "Type": "API", "Resource": "PutImage", "Class": "None"}
    metric = {
        "namespace": "AWS/Usage", "metricName": "CallCount", "stat": "Sum", "period": 60, "dimensions": dimensions,
    }  # fmt: skip
    return {"id": id, "metric": metric}
