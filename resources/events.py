"""Amazon EventBridge: rules and their targets. pulumi-aws has them under cloudwatch."""

import json

from domain.document_text import UNKNOWN
from resources.record import Grammar, Inputs, ResourceType, words_in

EVENT_RULE = "aws:cloudwatch/eventRule:EventRule"
EVENT_TARGET = "aws:cloudwatch/eventTarget:EventTarget"

_STATES = {
    "DISABLED": "disabled",
    "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS": "reads, too",
}


def _describe_rule(inputs: Inputs) -> list[str]:
    text = inputs.get("eventPattern", "{}")
    pattern = {"source": [text]} if text == UNKNOWN else json.loads(text)
    matches = pattern.get("detail-type") or pattern.get("source") or [inputs.get("scheduleExpression", "")]
    notes = [_STATES[inputs["state"]]] if inputs.get("state") in _STATES else []
    return [inputs["name"], ", ".join(each if isinstance(each, str) else json.dumps(each) for each in matches), *notes]


def _describe_target(inputs: Inputs) -> list[str]:
    notes = ["as a message" if "inputTransformer" in inputs else "as it is"]
    if "deadLetterConfig" not in inputs:
        notes.append("lost when it can't be delivered")
    return [f"{inputs['rule']} to {inputs['targetId']}", *notes]


TYPES = (
    ResourceType(
        token=EVENT_RULE,
        # A rule of another bus than the default one has the bus in its id, and in its ARN.
        source="events/rule.go 0cdab4a: ForceNew on event_bus_name, name, name_prefix",
        identity=("name",),
        make_outputs=lambda made, name: {"arn": made.arn("events", f"rule/{name}")},
        replaces=("eventBusName", "name", "namePrefix"),
        updates=words_in("description eventPattern forceDestroy isEnabled roleArn scheduleExpression state tags"),
        optional=("isEnabled", "state"),
        documents={"eventPattern": Grammar.JSON},
        tags="tags",
        reads=("DescribeRule", "ListTagsForResource"),
        creates=("PutRule",),
        changes=("TagResource", "UntagResource", "DeleteRule"),
        parameters={"Name": "name", "Tags": "tags"},
        settings_key="monitoring",
        describe=_describe_rule,
    ),
    ResourceType(
        token=EVENT_TARGET,
        # It is imported by RULE/TARGET, which is not its id.
        source="events/target.go 0762c41: ForceNew on event_bus_name, rule, target_id",
        identity=("rule", "targetId"),
        make_id=lambda made: f"{made.inputs['rule']}-{made.inputs['targetId']}",
        replaces=("eventBusName", "rule", "targetId"),
        updates=words_in(
            "arn batchTarget deadLetterConfig ecsTarget forceDestroy httpTarget input inputPath inputTransformer "
            "kinesisTarget redshiftTarget retryPolicy roleArn runCommandTargets sagemakerPipelineTarget sqsTarget"
        ),
        reads=("ListTargetsByRule",),
        creates=("PutTargets",),
        changes=("RemoveTargets",),
        parameters={"Rule": "rule", "Targets": "arn"},
        settings_key="monitoring",
        describe=_describe_target,
    ),
)
