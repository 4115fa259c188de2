"""The policies by which AWS's services publish, keep and encrypt: each only for this account, and for what is declared.

Without aws:SourceAccount and aws:SourceArn another account could have a service act for it (the confused deputy):
https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
"""

from collections.abc import Sequence

from domain.aws import REGIONS
from domain.iam.document import CURRENT_VERSION
from domain.kms import account_principal, administration
from domain.monitoring.monitoring_names import MonitoringNames

Document = dict[str, object]
Statement = dict[str, object]

_ALARMS, _EVENTS, _TOPICS = "cloudwatch.amazonaws.com", "events.amazonaws.com", "sns.amazonaws.com"
_LOG_DELIVERY = "delivery.logs.amazonaws.com"
_USE = ["kms:Decrypt", "kms:GenerateDataKey*"]
"""https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html"""
_USE_OF_LOGS = ["kms:Decrypt*", "kms:DescribeKey", "kms:Encrypt*", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
"""https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html"""


def topic_policy(names: MonitoringNames) -> Document:
    """Alarms and rules of this stack publish, no other principal."""
    topic = names.topic_arn
    return _document(
        _allow("PublishAlarms", _ALARMS, ["sns:Publish"], topic, _source(names, names.alarms_arn)),
        _allow("PublishEvents", _EVENTS, ["sns:Publish"], topic, _source(names, names.rules_arn)),
        _encrypted_only("sns:Publish", topic),
    )


def dead_letters_policy(names: MonitoringNames) -> Document:
    """Rules and the topic leave there what they could not deliver."""
    queue = names.dead_letters_arn
    return _document(
        _allow("KeepEvents", _EVENTS, ["sqs:SendMessage"], queue, _source(names, names.rules_arn)),
        _allow("KeepMessages", _TOPICS, ["sqs:SendMessage"], queue, _source(names, names.topic_arn)),
        _encrypted_only("sqs:*", queue),
    )


def logs_policy(names: MonitoringNames) -> Document:
    """Rules write to the log groups. As AWS documents it, without a condition: that EventBridge names its source here
    is not documented. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html"""
    statement: Statement = {
        "Sid": "WriteEvents",
        "Effect": "Allow",
        "Principal": {"Service": [_LOG_DELIVERY, _EVENTS]},
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": f"{names.log_groups_arn}:*",
    }
    return _document(statement)


def topic_key_policy(names: MonitoringNames) -> Document:
    """Of the key of the topic and the log groups."""
    registry = names.registry
    partition = REGIONS[registry.region]
    service = f"logs.{registry.region}.{partition.dns_suffix}"
    logs = _allow("KeepLogs", service, _USE_OF_LOGS, "*", _context("logs:arn", names.log_groups_arn))
    return _document(
        administration(registry.account, partition),
        _allow("PublishAlarms", _ALARMS, _USE, "*", _source(names, names.alarms_arn)),
        _allow("PublishEvents", _EVENTS, _USE, "*", _context("sns:topicArn", names.topic_arn)),
        logs,
    )


def dead_letters_key_policy(names: MonitoringNames) -> Document:
    """Of the queue's own key, so that what stops the topic's does not stop the queue. Who is allowed to receive from
    the queue reads through Amazon SQS alone."""
    registry = names.registry
    partition = REGIONS[registry.region]
    read: Statement = {
        "Sid": "ReadThroughQueue",
        "Effect": "Allow",
        "Principal": account_principal(registry.account, partition),
        "Action": "kms:Decrypt",
        "Resource": "*",
        "Condition": {
            "StringEquals": {
                "kms:CallerAccount": registry.account,
                "kms:ViaService": f"sqs.{registry.region}.{partition.dns_suffix}",
            }
        },
    }
    return _document(
        administration(registry.account, partition),
        _allow("KeepEvents", _EVENTS, _USE, "*", _context("sqs:arn", names.dead_letters_arn)),
        _allow("KeepMessages", _TOPICS, _USE, "*", _context("sqs:arn", names.dead_letters_arn)),
        read,
    )


def _source(names: MonitoringNames, arn: str) -> dict[str, object]:
    return {"StringEquals": {"aws:SourceAccount": names.registry.account}, "ArnLike": {"aws:SourceArn": arn}}


def _context(key: str, arn: str) -> dict[str, object]:
    """EventBridge names no source where it uses a key, so that a condition on one would stop it: what is encrypted has
    to do. https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html"""
    return {"ArnLike": {f"kms:EncryptionContext:aws:{key}": arn}}


def _allow(sid: str, service: str, actions: Sequence[str], resource: str, condition: object) -> Statement:
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": actions[0] if len(actions) == 1 else list(actions),
        "Resource": resource,
        "Condition": condition,
    }


def _encrypted_only(action: str, resource: str) -> Statement:
    return {
        "Sid": "OnlyOverTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": action,
        "Resource": resource,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def _document(*statements: Statement) -> Document:
    return {"Version": CURRENT_VERSION, "Statement": list(statements)}
