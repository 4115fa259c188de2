"""Every field of every record against what others say; and one wrong field of each kind, which is found."""

from dataclasses import fields, replace
from typing import Any

import pytest

from resources import (
    TYPES,
    Declaration,
    Grammar,
    OnChange,
    ResourceType,
    chatbot,
    cloudwatch,
    ecr,
    events,
    github,
    iam,
    kms,
    kubernetes,
    logs,
    record_of,
    secretsmanager,
    sns,
    sqs,
)
from resources.chatbot import SLACK_CHANNEL
from resources.cloudwatch import DASHBOARD, METRIC_ALARM
from resources.ecr import (
    ACCOUNT_SETTING,
    CREATION_TEMPLATE,
    LIFECYCLE_POLICY,
    PULL_TIME_EXCLUSION,
    REPOSITORY,
    REPOSITORY_POLICY,
    SCANNING_CONFIGURATION,
)
from resources.events import EVENT_RULE, EVENT_TARGET
from resources.iam import ROLE, ROLE_POLICY
from resources.kms import ALIAS, KEY
from resources.logs import LOG_GROUP, QUERY_DEFINITION
from resources.secretsmanager import SECRET, SECRET_VERSION
from resources.sns import TOPIC, TOPIC_SUBSCRIPTION
from resources.sqs import QUEUE
from tests.cases import cases
from tests.resources.opinions import ACCOUNT, declaration, problems, sdk_class

WRONG: list[tuple[str, str, Any]] = [
    (REPOSITORY, "token", "aws:ecr/repository:Repo"),
    (REPOSITORY, "source", "ecr/repository.go: ForceNew on name, encryption_configuration"),
    (REPOSITORY, "source", "ecr/repository.go 0072eea: ForceNew on name"),
    (KEY, "source", TYPES[ALIAS].source),
    (REPOSITORY_POLICY, "identity", ("policy",)),
    (ROLE_POLICY, "identity", ("role",)),
    (SCANNING_CONFIGURATION, "identity", ("scanType",)),
    (SECRET, "make_id", None),
    (KEY, "make_id", lambda made: made.arn("kms", "key/1")),
    (REPOSITORY, "make_outputs", lambda _made, name: {"arn": name}),
    (ACCOUNT_SETTING, "make_outputs", lambda _made, name: {"registryId": name}),
    (KEY, "made_up", ("arn", "id")),
    (KEY, "regional", False),
    (ROLE, "regional", True),
    (PULL_TIME_EXCLUSION, "exclusive", False),
    (REPOSITORY_POLICY, "exclusive", True),
    (REPOSITORY_POLICY, "replaces", ("repository", "policy")),
    (LIFECYCLE_POLICY, "replaces", ("repository",)),
    (REPOSITORY, "updates", TYPES[REPOSITORY].updates[1:]),
    (REPOSITORY, "updates", (*TYPES[REPOSITORY].updates, "name")),
    (REPOSITORY, "updates", (*TYPES[REPOSITORY].updates, "imageTagImmutability")),
    (ROLE_POLICY, "optional", ("role",)),
    (REPOSITORY, "undecided", ("encryptionConfigurations[].kmsKeyId",)),
    (CREATION_TEMPLATE, "undecided", ("encryptionConfiguration[].kmsKey",)),
    (CREATION_TEMPLATE, "sets", ("prefix",)),
    (SCANNING_CONFIGURATION, "sets", ("rules", "rules[].filters")),
    (ROLE, "documents", {"policy": Grammar.IAM}),
    (ROLE, "documents", {"inlinePolicies": Grammar.IAM}),
    (LIFECYCLE_POLICY, "documents", {"policy": Grammar.IAM}),
    (KEY, "tags", None),
    (CREATION_TEMPLATE, "tags", "tags"),
    (ROLE, "unknown_in_replacement", ("arn",)),
    (REPOSITORY, "creates", ("CreateRegistry",)),
    (REPOSITORY, "creates", ("DescribeRepositories",)),
    (REPOSITORY, "reads", ("DescribeRepositories", "PutImageTagMutability")),
    (REPOSITORY, "reads", ()),
    (ALIAS, "changes", ("UpdateAlias", "RemoveAlias")),
    (REPOSITORY, "parameters", {"repository": "name"}),
    (REPOSITORY, "parameters", {"repositoryName": "repository"}),
    (TOPIC, "documents", {"deliveryPolicy": Grammar.JSON, "policy": Grammar.IAM}),
    (EVENT_RULE, "documents", {}),
    (EVENT_RULE, "documents", {"eventPattern": Grammar.IAM}),
    (EVENT_TARGET, "documents", {"retryPolicy": Grammar.JSON}),
    (TOPIC_SUBSCRIPTION, "source", TYPES[TOPIC_SUBSCRIPTION].source.replace("topic_arn", "topic_name")),
    (EVENT_TARGET, "make_id", lambda made: f"{made.inputs['rule']}/{made.inputs['targetId']}"),
    (QUEUE, "make_id", lambda made: made.inputs["name"]),
    (SLACK_CHANNEL, "identity", ("name",)),
    (SLACK_CHANNEL, "exclusive", False),
    (KEY, "settings_key", "protection"),
    (KEY, "settings_keys", {"deletionWindowInDays": "deletion_days"}),
    (KEY, "settings_keys", {"deletionWindow": "key_deletion_days"}),
]
SEEN_ELSEWHERE = {"deletes_first", "describe"}
"""By the engine tests, and by the goldens of the trees."""


@pytest.mark.parametrize("token", [each for each in TYPES if each.startswith("aws:")])
def test_each_is_right(token: str) -> None:
    assert problems(TYPES[token]) == []


@pytest.mark.parametrize(("token", "field", "value"), WRONG)
def test_a_wrong_field_is_found(token: str, field: str, value: Any) -> None:
    assert problems(replace(TYPES[token], **{field: value}))


def test_a_field_of_each_kind_is_wrong_once() -> None:
    assert {field for _, field, _ in WRONG} | SEEN_ELSEWHERE == {each.name for each in fields(ResourceType)}


def test_a_type_has_one_record_and_its_file_is_its_services() -> None:
    of_aws = (chatbot, cloudwatch, ecr, events, iam, kms, logs, secretsmanager, sns, sqs)
    for service in of_aws:
        assert {f"resources.{each.service}" for each in service.TYPES} == {service.__name__}
        tokens = {value for value in vars(service).values() if isinstance(value, str) and value.startswith("aws:")}
        assert {each.token for each in service.TYPES} <= tokens
        for token in tokens:
            assert sdk_class(token)
    assert len(TYPES) == sum(len(service.TYPES) for service in (*of_aws, github, kubernetes))


@cases(
    "token, file",
    ("aws:rds/cluster:Cluster", "resources/rds.py"),
    ("aws:cloudwatch/eventBus:EventBus", "resources/events.py"),
    ("aws:cloudwatch/logStream:LogStream", "resources/logs.py"),
    ("aws:cloudwatch/metricStream:MetricStream", "resources/cloudwatch.py"),
    ("github:index/repository:Repository", "resources/github.py"),
    ("kubernetes:apps/v1:StatefulSet", "resources/kubernetes.py"),
)
def test_a_type_without_a_record_is_refused_by_name(token: str, file: str) -> None:
    with pytest.raises(LookupError, match=f"{token} has no record: add one to {file}"):
        record_of(token)


@cases(
    "path, left_out, expected",
    ("name", False, OnChange.REPLACES),
    ("region", False, OnChange.REPLACES),
    ("encryptionConfigurations[0].kmsKey", False, OnChange.REPLACES),
    ("encryptionConfigurations[0].kmsKey", True, OnChange.UNKNOWN),
    ("encryptionConfigurations[0].encryptionType", True, OnChange.REPLACES),
    ("tags.owner", False, OnChange.IN_PLACE),
    ("tags", True, OnChange.IN_PLACE),
    ("imageTagMutabilityExclusionFilters[1].filter", False, OnChange.IN_PLACE),
    ("novelty", False, OnChange.UNKNOWN),
    ("tagsOther", False, OnChange.UNKNOWN),
)
def test_what_a_changed_input_does(path: str, left_out: bool, expected: OnChange) -> None:
    assert TYPES[REPOSITORY].on_change(path, left_out=left_out) is expected


IN_SNS = f"arn:aws:sns:us-east-1:{ACCOUNT}"
QUEUE_URL = f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/example-name"
OF_REPOSITORY = {
    "arn": f"arn:aws:ecr:us-east-1:{ACCOUNT}:repository/example-name",
    "registryId": ACCOUNT,
    "repositoryUrl": f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/example-name",
}


@cases(
    "token, id, outputs",
    (REPOSITORY, "example-name", OF_REPOSITORY),
    (LIFECYCLE_POLICY, "example-repository", {"registryId": ACCOUNT}),
    (SCANNING_CONFIGURATION, ACCOUNT, {"registryId": ACCOUNT}),
    (ACCOUNT_SETTING, "example-name", {}),
    (ALIAS, "alias/example", {"arn": f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/example"}),
    (ROLE_POLICY, "example-role:example-name", {}),
    (TOPIC, f"{IN_SNS}:example-name", {"arn": f"{IN_SNS}:example-name", "owner": ACCOUNT}),
    (QUEUE, QUEUE_URL, {"arn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:example-name", "url": QUEUE_URL}),
    (LOG_GROUP, "example-name", {"arn": f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:example-name"}),
    (EVENT_RULE, "example-name", {"arn": f"arn:aws:events:us-east-1:{ACCOUNT}:rule/example-name"}),
    (EVENT_TARGET, "example-rule-example-targetId", {}),
    (METRIC_ALARM, "example-name", {"arn": f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:example-name"}),
    (
        DASHBOARD,
        "example-dashboardName",
        {"dashboardArn": f"arn:aws:cloudwatch::{ACCOUNT}:dashboard/example-dashboardName"},
    ),
)
def test_what_aws_would_answer(token: str, id: str, outputs: dict[str, str]) -> None:
    assert TYPES[token].answer(declaration(TYPES[token])) == (id, outputs)


@pytest.mark.parametrize(
    ("token", "arn"),
    [
        (KEY, "arn:aws:kms:us-east-1:{}:key/{}"),
        (SECRET, "{1}"),
        (SECRET_VERSION, "{1}"),
        (TOPIC_SUBSCRIPTION, "{1}"),
        (QUERY_DEFINITION, "arn:aws:logs:us-east-1:{}:query-definition:{}"),
    ],
)
def test_what_aws_makes_up_is_in_the_id(token: str, arn: str) -> None:
    made, outputs = TYPES[token].answer(declaration(TYPES[token]))
    secret, _, version = made.partition("|")
    assert outputs["arn"] == arn.format(ACCOUNT, secret)
    assert outputs.get("versionId", "") == version
    other, _ = TYPES[token].answer(replace(declaration(TYPES[token]), name="another"))
    assert other != made


@cases(
    "inputs, arn",
    ({"assumeRolePolicy": '{"Principal":{"Service":"x"}}'}, "arn:aws:iam::1:role/r"),
    ({"assumeRolePolicy": '{"AWS":"arn:aws-cn:iam::1:root"}', "path": "/a/"}, "arn:aws-cn:iam::1:role/a/r"),
    ({"assumeRolePolicy": "{}", "permissionsBoundary": "arn:aws-eusc:iam::1:policy/b"}, "arn:aws-eusc:iam::1:role/r"),
)
def test_a_role_is_in_the_partition_of_what_it_names(inputs: dict[str, str], arn: str) -> None:
    made = Declaration(name="any", inputs={"name": "r", **inputs}, account="1")
    assert TYPES[ROLE].answer(made)[1]["arn"] == arn
