"""Topics, queues, log groups, rules and alarms as a program declares them, in the local cloud."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

from domain.aws import RegistryId
from localcloud.clients import Clients
from localcloud.cloud import LocalCloud
from rehearsal.apply import preconditions
from rehearsal.apply.applying import BUILT, NOT_BUILT
from rehearsal.apply.builder import NotMade, Order
from resources import TYPES, Answer, Declaration
from resources.cloudwatch import COMPOSITE_ALARM, DASHBOARD, METRIC_ALARM
from resources.events import EVENT_RULE, EVENT_TARGET
from resources.logs import LOG_GROUP, LOG_METRIC_FILTER, LOG_RESOURCE_POLICY
from resources.sns import TOPIC, TOPIC_POLICY, TOPIC_SUBSCRIPTION
from resources.sqs import QUEUE, QUEUE_POLICY
from settings import load
from tests.conftest import PROJECT
from tests.monitoring_declarations import EXPRESSION, TAGS, Inputs, declarations, policy
from tests.rehearsal.proving.breaking import REGION

P = "container-registry-prod"


class Built:
    """An account in which all of it was built, in order."""

    def __init__(self, account: str, clients: Clients) -> None:
        self.account, self.clients = account, clients
        self.declared = declarations(RegistryId(account=account, region=REGION))
        self.answers: dict[str, Answer] = {}
        for token, inputs in self.declared.items():
            if token not in NOT_BUILT:
                url = {"queueUrl": self.answers[QUEUE][0]} if token == QUEUE_POLICY else {}
                self.answers[token] = self.build(token, {**inputs, **url})

    def build(self, token: str, inputs: Inputs) -> Answer:
        assert BUILT[token].unknown(inputs) == []
        return BUILT[token].build(self.order(inputs))

    def order(self, inputs: Inputs) -> Order:
        return Order(name="any", inputs=inputs, account=self.account, import_id=None, clients=self.clients)

    def client(self, service: str) -> Any:
        return self.clients.root(service, REGION, self.account)


@pytest.fixture
def built(account: str, clients: Clients) -> Built:
    return Built(account, clients)


def of_api(tags: list[dict[str, str]]) -> dict[str, str]:
    return {each["Key"]: each["Value"] for each in tags}


def test_ids_and_outputs_are_those_of_the_records(built: Built) -> None:
    for token, (made, outputs) in built.answers.items():
        record = TYPES[token]
        declared = Declaration(name="any", inputs=built.declared[token], account=built.account)
        known, answered = record.answer(declared)
        assert set(outputs) == set(answered), token
        if token in (QUEUE, QUEUE_POLICY):  # the local cloud's own address
            assert made.rpartition("/")[2] == known.rpartition("/")[2]
        elif not record.made_up:
            assert (made, outputs) == (known, answered)
        else:
            assert made.rpartition(":")[0] == known.rpartition(":")[0]


def test_a_topic_has_its_key_its_policy_and_its_subscription(built: Built) -> None:
    sns, arn = built.client("sns"), built.answers[TOPIC][0]
    attributes = sns.get_topic_attributes(TopicArn=arn)["Attributes"]
    assert attributes["KmsMasterKeyId"] == built.declared[TOPIC]["kmsMasterKeyId"]
    assert json.loads(attributes["Policy"]) == json.loads(built.declared[TOPIC_POLICY]["policy"])
    assert of_api(sns.list_tags_for_resource(ResourceArn=arn)["Tags"]) == TAGS
    (found,) = sns.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]
    assert (found["Protocol"], found["Endpoint"]) == ("email", "platform@acme.example")
    subscription = sns.get_subscription_attributes(SubscriptionArn=built.answers[TOPIC_SUBSCRIPTION][0])["Attributes"]
    assert json.loads(subscription["RedrivePolicy"]) == {"deadLetterTargetArn": built.answers[QUEUE][1]["arn"]}


def test_a_queue_has_its_key_its_policy_and_its_retention(built: Built) -> None:
    sqs, url = built.client("sqs"), built.answers[QUEUE][0]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    declared = built.declared[QUEUE]
    assert attributes["KmsMasterKeyId"] == declared["kmsMasterKeyId"]
    assert attributes["KmsDataKeyReusePeriodSeconds"] == "300"
    assert attributes["MessageRetentionPeriod"] == "1209600"
    assert json.loads(attributes["Policy"]) == json.loads(built.declared[QUEUE_POLICY]["policy"])
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == TAGS


def test_what_is_published_reaches_a_subscribed_queue(built: Built) -> None:
    topic = built.answers[TOPIC][0]
    url, queue = built.build(QUEUE, {"name": "alarms", "region": REGION})
    allowed = policy("sns", "sqs:SendMessage", queue["arn"], built.account)
    built.build(QUEUE_POLICY, {"queueUrl": url, "policy": allowed, "region": REGION})
    given = {"topic": topic, "protocol": "sqs", "endpoint": queue["arn"], "rawMessageDelivery": True, "region": REGION}
    made, _ = built.build(TOPIC_SUBSCRIPTION, given)
    attributes = built.client("sns").get_subscription_attributes(SubscriptionArn=made)["Attributes"]
    assert attributes["RawMessageDelivery"] == "true"
    built.client("sns").publish(TopicArn=topic, Message="hello")
    (message,) = built.client("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=5)["Messages"]
    assert message["Body"] == "hello"


def test_a_log_group_has_its_key_its_retention_and_its_filter(built: Built) -> None:
    logs, name = built.client("logs"), built.answers[LOG_GROUP][0]
    (group,) = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    assert group["retentionInDays"] == 90
    assert group["kmsKeyId"] == built.declared[LOG_GROUP]["kmsKeyId"]
    assert logs.list_tags_for_resource(resourceArn=built.answers[LOG_GROUP][1]["arn"])["tags"] == TAGS
    (found,) = logs.describe_resource_policies()["resourcePolicies"]
    document = built.declared[LOG_RESOURCE_POLICY]["policyDocument"]
    assert (found["policyName"], json.loads(found["policyDocument"])) == (f"{P}-monitoring", json.loads(document))
    (found,) = logs.describe_metric_filters(logGroupName=name)["metricFilters"]
    assert (found["filterName"], found["filterPattern"]) == (
        built.answers[LOG_METRIC_FILTER][0],
        '{ $.source = "aws.ecr" }',
    )
    assert found["metricTransformations"] == [{
        "metricName": "FindingsCritical", "metricNamespace": P, "metricValue": "1", "unit": "Count",
        "dimensions": {"Repository": "$.detail.repository-name"},
    }]  # fmt: skip


def test_a_rule_has_its_pattern_and_its_target(built: Built) -> None:
    events, declared = built.client("events"), built.declared[EVENT_RULE]
    rule = events.describe_rule(Name=declared["name"])
    assert json.loads(rule["EventPattern"]) == {"source": ["aws.ecr"], "detail-type": ["ECR Image Scan"]}
    assert (rule["State"], rule["Description"]) == ("ENABLED", declared["description"])
    assert of_api(events.list_tags_for_resource(ResourceARN=rule["Arn"])["Tags"]) == TAGS
    (target,) = events.list_targets_by_rule(Rule=declared["name"])["Targets"]
    assert target == {
        "Id": "topic",
        "Arn": built.answers[TOPIC][0],
        "DeadLetterConfig": {"Arn": built.answers[QUEUE][1]["arn"]},
        "InputTransformer": {
            "InputPathsMap": {"name": "$.detail.repository-name"},
            "InputTemplate": '{"description": "<name>"}',
        },
        "RetryPolicy": {"MaximumEventAgeInSeconds": 3600, "MaximumRetryAttempts": 5},
    }


def test_a_target_that_is_refused_is_not_built(built: Built) -> None:
    class Refusing:
        def put_targets(self, **_: object) -> Mapping[str, object]:
            entry = {"TargetId": "topic", "ErrorCode": "LimitExceeded", "ErrorMessage": "too many"}
            return {"FailedEntryCount": 1, "FailedEntries": [entry]}

        def put_dashboard(self, **_: object) -> Mapping[str, object]:
            return {"DashboardValidationMessages": [{"DataPath": "/widgets/0", "Message": "no type"}]}

    class Clients:
        def root(self, *_: object) -> Refusing:
            return Refusing()

    built.clients = Clients()  # type: ignore[assignment]
    with pytest.raises(NotMade, match="PutTargets was refused: LimitExceeded: too many"):
        built.build(EVENT_TARGET, built.declared[EVENT_TARGET])
    with pytest.raises(NotMade, match="PutDashboard has a message: /widgets/0: no type"):
        built.build(DASHBOARD, built.declared[DASHBOARD])


def test_an_alarm_has_its_expression_and_its_actions(built: Built) -> None:
    cloudwatch, topic = built.client("cloudwatch"), built.answers[TOPIC][0]
    (alarm,) = cloudwatch.describe_alarms(AlarmNames=[f"{P}-api-put-image"])["MetricAlarms"]
    assert (alarm["Threshold"], alarm["EvaluationPeriods"], alarm["DatapointsToAlarm"]) == (80, 3, 2)
    assert (alarm["ComparisonOperator"], alarm["TreatMissingData"]) == ("GreaterThanOrEqualToThreshold", "notBreaching")
    assert (alarm["AlarmActions"], alarm["OKActions"]) == ([topic], [topic])
    assert of_api(cloudwatch.list_tags_for_resource(ResourceARN=alarm["AlarmArn"])["Tags"]) == TAGS
    # The emulator keeps no queries.
    sent: list[dict[str, Any]] = []
    cloudwatch.meta.events.register(
        "provide-client-params.cloudwatch.PutMetricAlarm", lambda params, **_: sent.append(params)
    )
    built.build(METRIC_ALARM, built.declared[METRIC_ALARM])
    calls, used = sent[0]["Metrics"]
    dimensions = built.declared[METRIC_ALARM]["metricQueries"][0]["metric"]["dimensions"]
    assert calls == {
        "Id": "calls",
        "ReturnData": False,
        "MetricStat": {
            "Metric": {
                "Namespace": "AWS/Usage",
                "MetricName": "CallCount",
                "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()],
            },
            "Period": 60,
            "Stat": "Sum",
        },
    }
    assert used == {"Id": "used", "Expression": EXPRESSION, "ReturnData": True}


def test_an_alarm_over_one_metric_has_its_dimensions(built: Built) -> None:
    given = {
        "name": "pulls", "comparisonOperator": "LessThanThreshold", "threshold": 1, "evaluationPeriods": 1,
        "namespace": "AWS/ECR", "metricName": "RepositoryPullCount", "statistic": "Sum", "period": 3600,
        "dimensions": {"RepositoryName": "payments/api"}, "region": REGION,
    }  # fmt: skip
    built.build(METRIC_ALARM, given)
    (alarm,) = built.client("cloudwatch").describe_alarms(AlarmNames=["pulls"])["MetricAlarms"]
    assert alarm["Dimensions"] == [{"Name": "RepositoryName", "Value": "payments/api"}]
    assert (alarm["Namespace"], alarm["Statistic"], alarm["Period"]) == ("AWS/ECR", "Sum", 3600)


def test_a_composite_and_a_dashboard(built: Built) -> None:
    cloudwatch = built.client("cloudwatch")
    found = cloudwatch.describe_alarms(AlarmNames=[f"{P}-registry"], AlarmTypes=["CompositeAlarm"])
    (alarm,) = found["CompositeAlarms"]
    assert alarm["AlarmRule"] == built.declared[COMPOSITE_ALARM]["alarmRule"]
    body = cloudwatch.get_dashboard(DashboardName=f"{P}-{REGION}")["DashboardBody"]
    assert json.loads(body) == json.loads(built.declared[DASHBOARD]["dashboardBody"])


def test_a_topic_that_is_not_there_takes_no_policy(built: Built) -> None:
    given = built.declared[TOPIC_POLICY]
    with pytest.raises(ClientError, match="NotFound"):
        built.build(TOPIC_POLICY, {**given, "arn": f"{given['arn']}-2"})


def test_what_exists_in_aws_alone_is_there_before_and_is_told() -> None:
    """In a cloud of its own: other tests have a stack in this account."""
    settings = load(PROJECT, "prod")
    with LocalCloud() as cloud, Clients(cloud.endpoint) as clients:
        preconditions.bootstrap(settings, clients)
        home = settings.home
        logs, sqs = (clients.root(service, home.region, home.account) for service in ("logs", "sqs"))
        (group,) = logs.describe_log_groups(logGroupNamePrefix="organization-trail")["logGroups"]
        assert group["logGroupName"] == "organization-trail"
        url = sqs.get_queue_url(QueueName="registry-events")["QueueUrl"]
        policy = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]["Policy"]
        (statement,) = json.loads(policy)["Statement"]
        assert (
            f"arn:aws:sns:us-east-1:{home.account}:{P}-monitoring"
            in statement["Condition"]["ArnEquals"]["aws:SourceArn"]
        )
    listed = preconditions.stand_ins(settings)
    assert "log group organization-trail exists in AWS alone: an empty one was created before" in listed
    queue = f"arn:aws:sqs:us-east-1:{home.account}:registry-events"
    assert f"queue {queue} exists in AWS alone: an empty one was created before" in listed
