"""What others say of a resource type, held against its record: each function returns what is wrong."""

import inspect
import re
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import import_module
from typing import Any

import botocore.session
import pulumi
from policy_sentry.querying.actions import get_action_data
from pulumi._types import input_type_py_to_pulumi_names, resource_types

from resources import Declaration, Grammar, ResourceType
from resources.chatbot import SLACK_CHANNEL
from resources.cloudwatch import COMPOSITE_ALARM, METRIC_ALARM
from resources.ecr import PULL_TIME_EXCLUSION
from resources.events import EVENT_RULE, EVENT_TARGET
from resources.iam import ROLE
from resources.kms import ALIAS
from resources.logs import LOG_GROUP, LOG_METRIC_FILTER, LOG_RESOURCE_POLICY, QUERY_DEFINITION
from resources.secretsmanager import SECRET, SECRET_VERSION
from resources.sns import TOPIC, TOPIC_POLICY, TOPIC_SUBSCRIPTION
from resources.sqs import QUEUE, QUEUE_POLICY
from settings.written.catalog import RepositoryEntry
from settings.written.stack import StackKeys

ACCOUNT, REGION = "123456789012", "us-east-1"
EXAMPLES = {
    PULL_TIME_EXCLUSION: {"principalArn": f"arn:aws:iam::{ACCOUNT}:role/example"},
    ALIAS: {"name": "alias/example"},
    SECRET_VERSION: {"secretId": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:example-a1b2c3"},
    TOPIC_POLICY: {"arn": f"arn:aws:sns:{REGION}:{ACCOUNT}:example"},
    TOPIC_SUBSCRIPTION: {"topic": f"arn:aws:sns:{REGION}:{ACCOUNT}:example"},
    QUEUE_POLICY: {"queueUrl": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/example"},
}
NOT_READ = {
    SECRET: {"type"},
    TOPIC: {"maximumMessageSize"},
    LOG_GROUP: {"deletionProtectionEnabled"},
    EVENT_TARGET: {"appsyncTarget"},
    METRIC_ALARM: {"evaluationCriteria", "evaluationInterval", "evaluationWindow", "warmUpConfiguration"},
    COMPOSITE_ALARM: {"actionsSuppressor"},
}
"""Inputs that are younger than the provider's source that was read."""
NOT_ANSWERED = {
    ROLE: {"createDate"},
    ALIAS: {"targetKeyArn"},
    SECRET_VERSION: {"hasSecretStringWo", "secretArn"},
    TOPIC: {"beginningArchiveTime"},
    TOPIC_SUBSCRIPTION: {"confirmationWasAuthenticated", "pendingConfirmation"},
    LOG_RESOURCE_POLICY: {"revisionId"},
    SLACK_CHANNEL: {"slackChannelName", "slackTeamName"},
}
"""Outputs that a render does without."""
RENAMED = {TOPIC_SUBSCRIPTION: {"topicArn": "topic"}, METRIC_ALARM: {"alarmName": "name"}}
"""Attributes of Terraform's that pulumi-aws calls otherwise."""
IDS = {
    EVENT_RULE: "capture-console-sign-in",
    EVENT_TARGET: "rule-name-target-id",
    LOG_METRIC_FILTER: "example-filter",
    LOG_RESOURCE_POLICY: "my_policy",
    QUERY_DEFINITION: "269951d7-6f75-496d-9d7b-6b7a5486bdbd",
    QUEUE: "https://sqs.us-west-2.amazonaws.com/123456789012/queueName",
    QUEUE_POLICY: "https://sqs.us-west-2.amazonaws.com/123456789012/queueName",
}
"""By the provider's source, where the class shows what is imported by instead, or a form that this program has not."""
RENAMED_IN_PLACE = (SLACK_CHANNEL,)
"""Types whose names the provider takes for something that changes in place."""
_SOURCE = re.compile(
    r"(?P<file>\w+/\w+\.go) [0-9a-f]{7}(?:: (?:ForceNew|RequiresReplace) on (?P<attributes>[a-z_, ]+))?"
)
_DOCUMENT = re.compile(r"(?i:policy|policyDocument)$|^(eventPattern|dashboardBody)$")
_POLICIES = {"policy", "assumeRolePolicy", "repositoryPolicy", "policyDocument"}
_READING = {"Read", "List"}


def problems(record: ResourceType) -> list[str]:
    """All that another source says differently."""
    every = (_of_the_sdk, _of_the_source, _of_botocore, _of_policy_sentry, _of_the_settings, _of_the_grammar)
    return [problem for opinion in every for problem in opinion(record)]


def declaration(record: ResourceType) -> Declaration:
    """One of the type, with an example for each input."""
    inputs = {name: f"example-{name}" for name in (*record.replaces, *record.updates)}
    given = {**inputs, "region": REGION, **EXAMPLES.get(record.token, {})}
    return Declaration(name="registry@us-east-1", inputs=given, account=ACCOUNT)


@cache
def sdk_class(token: str) -> type[pulumi.CustomResource]:
    """Raises where pulumi-aws has no such type."""
    package, module, name = [*re.split("[:/]", token)[:2], token.rpartition(":")[2]]
    found: type[pulumi.CustomResource] = getattr(import_module(f"pulumi_{package}.{module}"), name)
    if f"'{token}'" not in inspect.getsource(found):
        raise LookupError(f"{found} is not {token}")
    return found


def _args(cls: type, suffix: str = "Args") -> type:
    found: type = getattr(import_module(cls.__module__), f"{cls.__name__}{suffix}")
    return found


def _of_the_sdk(record: ResourceType) -> Iterator[str]:
    try:
        cls = sdk_class(record.token)
    except (ImportError, AttributeError, LookupError) as unknown:
        yield f"token: {unknown}"
    else:
        yield from _inputs(record, cls)
        yield from _outputs(record, cls)


def _inputs(record: ResourceType, cls: type[pulumi.CustomResource]) -> Iterator[str]:
    names = input_type_py_to_pulumi_names(_args(cls))
    inputs = set(names.values())
    parameters = inspect.signature(_args(cls)).parameters.values()
    required = {names[each.name] for each in parameters if each.default is each.empty}
    lists = {names[each.name] for each in parameters if "Sequence[" in str(each.annotation)}
    texts = {names[each.name] for each in parameters if re.search(r"\bstr\b", str(each.annotation))}
    documents = {each for each in texts - lists if _DOCUMENT.search(each)}
    known = [*record.replaces, *record.updates, *["region"] * record.regional]
    yield from _differ("replaces, updates and regional", known, inputs - NOT_READ.get(record.token, set()))
    yield from _beyond(
        "identity", record.identity or (), record.updates if record.token in RENAMED_IN_PLACE else record.replaces
    )
    yield from _beyond("optional", record.optional, inputs - required)
    yield from _beyond("sets", (each for each in record.sets if "[]" not in each), lists)
    yield from _differ("documents", record.documents, documents)
    yield from _differ("tags", [record.tags], {each for each in inputs if each.lower().endswith("tags")} or {None})
    yield from _beyond("parameters", record.parameters.values(), inputs)
    yield from _beyond("settings_keys", record.settings_keys, inputs)
    for place in (*record.undecided, *(each for each in record.sets if "[]" in each)):
        block, _, field = place.partition("[].")
        nested = f"{block[0].upper()}{block[1:].removesuffix('s')}Args"
        within = input_type_py_to_pulumi_names(_args(cls, nested)).values() if block in lists else ()
        yield from _beyond("undecided, sets", (field,), within)


def _outputs(record: ResourceType, cls: type[pulumi.CustomResource]) -> Iterator[str]:
    """And the id, whose form the class's own documentation shows."""
    inputs, outputs = set(input_type_py_to_pulumi_names(_args(cls)).values()), set(resource_types(cls))
    made, answered = record.answer(declaration(record))
    yield from _differ("make_outputs", answered, outputs - inputs - {"tagsAll"} - NOT_ANSWERED.get(record.token, set()))
    yield from _beyond("made_up", record.made_up, answered)
    yield from _beyond("unknown_in_replacement", record.unknown_in_replacement, inputs & outputs)
    shown = {IDS[record.token]} if record.token in IDS else _imported(record.token, cls)
    if {_shape(made)} != {_shape(each.strip("'")) for each in shown}:
        yield f"make_id: {made} is not of the form {', '.join(shown)}"


def _imported(token: str, cls: type[pulumi.CustomResource]) -> set[str]:
    return set(re.findall(rf"pulumi import {token} \S+ (.*)", inspect.getsource(cls)))


def _shape(id: str) -> str:
    """What separates the parts of an id, and an account among them."""
    return re.sub(r"[\w-]+", "x", re.sub(r"\b\d{12}\b", "@", id))


def _of_the_source(record: ResourceType) -> Iterator[str]:
    """The attributes that the source's line names are Terraform's, and in the singular."""
    said = _SOURCE.fullmatch(record.source)
    if said is None:
        yield f"source: {record.source!r} names no file, commit and attributes"
        return
    if not said["file"].startswith(f"{record.service}/"):
        yield f"source: {said['file']} is of another service"
    words = (each.split("_") for each in (said["attributes"] or "").split(", ") if each)
    named = {"".join([first, *(each.capitalize() for each in rest)]) for first, *rest in words}
    names = {RENAMED.get(record.token, {}).get(each, each).removesuffix("s") for each in named}
    yield from _differ("replaces", (each.removesuffix("s") for each in record.replaces), names)


@cache
def _service(name: str) -> Any:
    return botocore.session.get_session().get_service_model(name)


def _of_botocore(record: ResourceType) -> Iterator[str]:
    service = _service(record.service)
    yield from _beyond("creates, reads, changes", record.operations, service.operation_names)
    models = [service.operation_model(name) for name in {*record.operations} & {*service.operation_names}]
    members = {name for each in models if each.input_shape for name in each.input_shape.members}
    yield from _beyond("parameters", record.parameters, members)
    creating = [each for each in models if each.name in record.creates and re.match("Create|Register", each.name)]
    refused = any(re.search("Exists|Conflict", error.name) for each in creating for error in each.error_shapes)
    if refused != record.exclusive:
        yield f"exclusive: {[each.name for each in creating]} {'refuse' if refused else 'take'} a second one"


def _of_policy_sentry(record: ResourceType) -> Iterator[str]:
    for kind, names, reading in (("creates", record.creates, False), ("reads", record.reads, True)):
        if not names:
            yield f"{kind}: nothing is called"
        for name in names:
            found = get_action_data(record.service, name)
            levels = {each["access_level"] for each in found[record.service]} if found else set()
            if not levels or (levels <= _READING) != reading:
                yield f"{kind}: {record.service}:{name} has the access level {sorted(levels)}"
    for name in record.changes:
        if not get_action_data(record.service, name):
            yield f"changes: IAM knows no {record.service}:{name}"


def _of_the_settings(record: ResourceType) -> Iterator[str]:
    keys = {*StackKeys.model_fields, *RepositoryEntry.model_fields, None}
    yield from _beyond("settings_key", (record.settings_key, *record.settings_keys.values()), keys)


def _of_the_grammar(record: ResourceType) -> Iterator[str]:
    for name, grammar in record.documents.items():
        if "lifecycle" in f"{record.token}{name}".lower():
            right = Grammar.LIFECYCLE
        else:
            right = Grammar.IAM if name in _POLICIES else Grammar.JSON
        if grammar is not right:
            yield f"documents: {name} is not {grammar}"


def _beyond(field: str, names: Iterable[str | None], known: Iterable[str | None]) -> Iterator[str]:
    if more := set(names) - set(known):
        yield f"{field}: no other source knows {', '.join(map(str, more))}"


def _differ(field: str, names: Iterable[str | None], known: Iterable[str | None]) -> Iterator[str]:
    listed = list(names)
    yield from _beyond(field, listed, known)
    if missing := set(known) - set(listed):
        yield f"{field}: {', '.join(map(str, missing))} is missing"
    if len(listed) != len(set(listed)):
        yield f"{field}: something is named twice"
