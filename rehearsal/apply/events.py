"""Event rules and their targets."""

from typing import Any

from rehearsal.apply.builder import Builder, NotMade, Order
from resources import Answer, words_in
from resources.events import EVENT_RULE, EVENT_TARGET

_OF_RULE = {"description": "Description", "eventPattern": "EventPattern", "state": "State"}
_RETRIES = {
    "maximumEventAgeInSeconds": "MaximumEventAgeInSeconds",
    "maximumRetryAttempts": "MaximumRetryAttempts",
}


def _rule(order: Order) -> Answer:
    inputs = order.inputs
    given = {of_events: inputs[name] for name, of_events in _OF_RULE.items() if name in inputs}
    made = order.client("events").put_rule(Name=inputs["name"], Tags=order.tags(), **given)
    return inputs["name"], {"arn": made["RuleArn"]}


def _target(order: Order) -> Answer:
    inputs = order.inputs
    target: dict[str, Any] = {"Id": inputs["targetId"], "Arn": inputs["arn"]}
    if "deadLetterConfig" in inputs:
        target["DeadLetterConfig"] = {"Arn": inputs["deadLetterConfig"]["arn"]}
    if "inputTransformer" in inputs:
        transformer = inputs["inputTransformer"]
        paths = {"InputPathsMap": transformer["inputPaths"]} if "inputPaths" in transformer else {}
        target["InputTransformer"] = {"InputTemplate": transformer["inputTemplate"], **paths}
    if "retryPolicy" in inputs:
        target["RetryPolicy"] = {_RETRIES[name]: value for name, value in inputs["retryPolicy"].items()}
    made = order.client("events").put_targets(Rule=inputs["rule"], Targets=[target])
    # The call succeeds where a target is refused.
    for failed in made["FailedEntries"]:
        raise NotMade("PutTargets was refused: {ErrorCode}: {ErrorMessage}".format_map(failed))
    return f"{inputs['rule']}-{inputs['targetId']}", {}


BUILDERS = {
    EVENT_RULE: Builder(build=_rule, properties=("name", "tags", *_OF_RULE)),
    EVENT_TARGET: Builder(
        build=_target, properties=words_in("rule targetId arn deadLetterConfig inputTransformer retryPolicy")
    ),
}
