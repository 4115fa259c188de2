"""A registry's monitoring as the program declares it, small and sound, with what a test changes of it."""

import json
from dataclasses import replace
from typing import Any

from domain.aws import RegistryId
from domain.document_text import to_json_text
from domain.monitoring import service_access
from domain.monitoring.monitoring_names import MonitoringNames
from resources.cloudwatch import COMPOSITE_ALARM, METRIC_ALARM
from resources.events import EVENT_RULE, EVENT_TARGET
from resources.kms import KEY
from resources.logs import LOG_GROUP, LOG_RESOURCE_POLICY
from resources.providers import PROVIDER
from resources.sns import TOPIC, TOPIC_POLICY, TOPIC_SUBSCRIPTION
from resources.sqs import QUEUE, QUEUE_POLICY
from tests.policies.conftest import Declared
from tests.policies.rules.texts import HOME

NAMES = MonitoringNames(prefix="p", registry=RegistryId(account=HOME, region="us-east-1"))
TOPIC_ARN, QUEUE_ARN, LOGS = NAMES.topic_arn, NAMES.dead_letters_arn, NAMES.log_group_arn(NAMES.events_log)
QUEUE_URL = f"https://sqs.us-east-1.amazonaws.com/{HOME}/{NAMES.dead_letters}"
ACCOUNT = Declared(
    type=PROVIDER, name="default", region=None, inputs={"allowedAccountIds": json.dumps([HOME]), "region": "us-east-1"}
)
_DOCUMENTS = {
    "topic": service_access.topic_policy(NAMES),
    "queue": service_access.dead_letters_policy(NAMES),
    "logs": service_access.logs_policy(NAMES),
    "topic key": service_access.topic_key_policy(NAMES),
    "queue key": service_access.dead_letters_key_policy(NAMES),
}
PATTERN = to_json_text({"source": ["aws.ecr"], "detail-type": ["ECR Image Scan"]})
TRANSFORMER = {"inputPaths": {"name": "$.detail.repository-name"}, "inputTemplate": '{"description":"<name>"}'}

_TYPES = {
    "topic key": KEY, "queue key": KEY, "topic": TOPIC, "topic policy": TOPIC_POLICY, "queue": QUEUE,
    "queue policy": QUEUE_POLICY, "subscription": TOPIC_SUBSCRIPTION, "group": LOG_GROUP,
    "logs policy": LOG_RESOURCE_POLICY, "rule": EVENT_RULE, "target": EVENT_TARGET, "kept": EVENT_RULE,
    "log target": EVENT_TARGET, "alarm": METRIC_ALARM, "composite": COMPOSITE_ALARM,
}  # fmt: skip
_INPUTS: dict[str, dict[str, Any]] = {
    "topic key": {"policy": to_json_text(_DOCUMENTS["topic key"])},
    "queue key": {"policy": to_json_text(_DOCUMENTS["queue key"])},
    "topic": {"name": NAMES.topic, "kmsMasterKeyId": f"arn:aws:kms:us-east-1:{HOME}:key/1"},
    "topic policy": {"arn": TOPIC_ARN, "policy": to_json_text(_DOCUMENTS["topic"])},
    "queue": {"name": NAMES.dead_letters, "kmsMasterKeyId": f"arn:aws:kms:us-east-1:{HOME}:key/2"},
    "queue policy": {"queueUrl": QUEUE_URL, "policy": to_json_text(_DOCUMENTS["queue"])},
    "subscription": {
        "topic": TOPIC_ARN, "protocol": "email", "endpoint": "platform@acme.example",
        "redrivePolicy": to_json_text({"deadLetterTargetArn": QUEUE_ARN}),
    },
    "group": {"name": NAMES.events_log, "retentionInDays": 90.0, "kmsKeyId": f"arn:aws:kms:us-east-1:{HOME}:key/1"},
    "logs policy": {"policyName": "p", "policyDocument": to_json_text(_DOCUMENTS["logs"])},
    "rule": {"name": "p-findings", "eventPattern": PATTERN, "state": "ENABLED"},
    "target": {
        "rule": "p-findings", "targetId": "topic", "arn": TOPIC_ARN, "deadLetterConfig": {"arn": QUEUE_ARN},
        "inputTransformer": TRANSFORMER,
    },
    "kept": {"name": "p-events", "eventPattern": PATTERN},
    "log target": {"rule": "p-events", "targetId": "log", "arn": LOGS, "deadLetterConfig": {"arn": QUEUE_ARN}},
    "alarm": {"name": "p-images", "alarmActions": [TOPIC_ARN], "okActions": [TOPIC_ARN]},
    "composite": {"alarmName": "p-registry", "alarmRule": 'ALARM("p-images")', "okActions": [TOPIC_ARN]},
}  # fmt: skip
_NEEDS = {
    "topic": ("topic key",), "queue": ("queue key",), "topic policy": ("topic",), "queue policy": ("queue",),
    "subscription": ("topic", "queue"), "group": ("logs policy", "topic key"), "target": ("rule", "topic", "queue"),
    "log target": ("kept", "group"), "alarm": ("topic",), "composite": ("topic", "alarm"),
}  # fmt: skip


def urn(part: str) -> str:
    return Declared(type=_TYPES[part], inputs={}, name=part).urn


def monitored(without: Any = (), **changed: Any) -> list[Declared]:
    """All of it, with other inputs of some parts (`topic_key=` is those of the part `topic key`): None removes one."""
    others = {name.replace("_", " "): inputs for name, inputs in changed.items()}
    assert set(others) <= set(_INPUTS)
    found = [ACCOUNT]
    for part, inputs in _INPUTS.items():
        merged = {key: value for key, value in {**inputs, **others.get(part, {})}.items() if value is not None}
        needs = tuple(urn(each) for each in _NEEDS.get(part, ()))
        if part not in without:
            found.append(Declared(type=_TYPES[part], inputs=merged, name=part, dependencies=needs))
    return found


def document(part: str, *, without: tuple[str, ...] = (), **elements: object) -> dict[str, Any]:
    """The document of a part with other elements in the statement that is named by its Sid."""
    statements: list[dict[str, Any]] = json.loads(to_json_text(_DOCUMENTS[part]))["Statement"]
    sid = elements.pop("Sid", None)
    for each in statements:
        if each["Sid"] == sid:
            each.update(elements)
    kept = [each for each in statements if each["Sid"] not in without]
    return {"Version": "2012-10-17", "Statement": kept}


def not_known_yet(resources: list[Declared], *outputs: str) -> list[Declared]:
    """As the engine's first preview has them: what AWS answers is not known, and a dependency says whose it is."""

    def hidden(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: hidden(each) for key, each in value.items()}
        if isinstance(value, list):
            return [hidden(each) for each in value]
        return "[unknown]" if value in outputs else value

    return [replace(each, inputs=hidden(each.inputs)) if each.type != PROVIDER else each for each in resources]
