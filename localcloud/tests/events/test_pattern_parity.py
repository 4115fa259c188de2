"""Our event patterns against the emulator's TestEventPattern: one by one, and where they differ, what AWS documents."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from domain.aws import RegistryId
from domain.events.patterns import matches, pattern_problems
from domain.monitoring.event_rules import Deployment, EventRule, event_rules, key_disabled
from domain.monitoring.monitoring_names import MonitoringNames
from localcloud.cloud import LocalCloud
from localcloud.tests.clouds import Connect, logged_in, refused_pull
from localcloud.tests.events.monitored import NAME, REGION, Monitored

Json = dict[str, Any]

LEAVES: tuple[object, ...] = (
    "running", "Running", "run", "rerunning", "", "12", 12, 12.0, 0, -1, 300, 301.8, True, False, None, [], ["running"],
    ["stopped", "running"], [None], {"y": "running"}, "10.0.0.7", "10.0.1.7", "2001:db8::1", "a*b", "a\\b", "dir/x.png",
    "dir/x.PNG",
)  # fmt: skip
"""Each pattern is tried with each of them, with the field missing, and with one that is beside it."""
WANTED: tuple[object, ...] = (
    "running", "", "12", 12, 12.0, 301.8, True, None, "10.0.0.7",
    {"prefix": "run"}, {"prefix": ""}, {"prefix": {"equals-ignore-case": "RUN"}}, {"suffix": "ning"},
    {"suffix": {"equals-ignore-case": ".png"}}, {"equals-ignore-case": "RUNNING"},
    {"anything-but": "running"}, {"anything-but": 12}, {"anything-but": ["running", "stopped"]},
    {"anything-but": [12, 300]}, {"anything-but": {"prefix": "run"}}, {"anything-but": {"suffix": "ning"}},
    {"anything-but": {"equals-ignore-case": "RUNNING"}}, {"anything-but": {"wildcard": "*unn*"}},
    {"anything-but": {"prefix": ["run", "re"]}},
    {"numeric": [">", 0]}, {"numeric": [">=", 12, "<", 300]}, {"numeric": ["=", 301.8]}, {"exists": True},
    {"exists": False}, {"cidr": "10.0.0.0/24"}, {"cidr": "2001:db8::/32"}, {"wildcard": "r*g"}, {"wildcard": "*"},
    {"wildcard": r"a\*b"}, {"wildcard": "dir/*.png"},
)  # fmt: skip
PATTERNS: tuple[tuple[Json, Json], ...] = (
    ({"detail": {"$or": [{"a": [1]}, {"b": [2]}]}}, {"a": 0, "b": 2}),
    ({"detail": {"$or": [{"a": [1]}, {"b": [2]}]}}, {"a": 0, "b": 0}),
    ({"detail": {"c": ["x"], "$or": [{"a": [1]}, {"b": [2]}]}}, {"a": 1, "c": "y"}),
    ({"detail": {"$or": [{"a": {"x": [1]}}, {"a": {"y": [{"exists": True}]}}]}}, {"a": {"y": None}}),
    ({"detail": {"list": {"x": [1], "y": [2]}}}, {"list": [{"x": 1, "y": 2}, {"x": 3, "y": 4}]}),
    ({"detail": {"list": {"x": [1], "y": [4]}}}, {"list": [{"x": 1, "y": 2}, {"x": 3, "y": 4}]}),
    ({"detail": {"list": {"x": [{"exists": False}]}}}, {"list": [{"x": 1}, {"y": 2}]}),
    ({"detail": {"list": {"code": [{"anything-but": ["a"]}]}}}, {"list": []}),
    ({"detail": {"list": {"code": [{"anything-but": ["a"]}]}}}, {"list": [{"code": "a"}]}),
    ({"detail": {"list": {"code": [{"anything-but": ["a"]}]}}}, {"list": [{"code": "a"}, {"code": "b"}]}),
    ({"detail": {"state.status": ["running"]}}, {"state": {"status": "running"}}),
    ({"detail": {"state": ["running"]}}, {"state": {"status": "running"}}),
    ({"source": ["aws.ecr"], "detail": {"a": [1]}}, {"a": 1}),
    ({"source": [{"prefix": "aws."}], "account": ["111122223333"]}, {}),
    ({"detail-type": ["Another"]}, {}),
    ({"resources": [{"suffix": "repository/one"}]}, {}),
    ({"resources": [{"exists": False}]}, {}),
    ({"nonesuch": [{"exists": False}]}, {}),
)  # fmt: skip
REFUSED: tuple[str, ...] = (
    "", "no JSON", "[]", "{}", '{"detail": {}}', '{"source": "aws.ecr"}', '{"source": []}', '{"source": [{}]}',
    '{"source": [{"prefix": 1}]}', '{"source": [{"exists": "yes"}]}', '{"source": [{"numeric": ["~", 1]}]}',
    '{"source": [{"numeric": [">", "1"]}]}', '{"source": [{"unknown": 1}]}',
    '{"source": [{"prefix": "a", "suffix": "b"}]}', '{"source": [{"anything-but": []}]}',
    '{"source": [{"anything-but": ["a", 1]}]}', '{"source": [{"wildcard": "a**b"}]}',
    '{"source": [{"cidr": "10.0.0.0/33"}]}', '{"source": [{"cidr": "no"}]}', '{"$or": [{"source": ["a"]}]}',
    '{"source": [["a"]]}', '{"source": [{"wildcard": "a\\\\b"}]}',
)  # fmt: skip
DIFFERENCES = (
    # "Exists matching ... checks for the presence or absence of a field", and one that is there in one item of a list
    # is there: EventBridge's own matcher rules its absence out by each field of the event that is consistent with what
    # has matched so far, and here nothing has (github.com/aws/event-ruler, NameState.getNameTransitions). The emulator
    # looks at each item by itself.
    ('{"detail": {"list": {"x": [{"exists": false}]}}}', '{"list": [{"x": 1}, {"y": 2}]}', False),
)
"""Pattern, detail and our answer, each with why it is AWS's."""


def event(detail: Json) -> Json:
    return {
        "version": "0", "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718", "source": "aws.ecr", "account": "111122223333",
        "detail-type": "ECR Image Action", "time": "2026-11-30T18:43:48Z", "region": "eu-central-1",
        "resources": ["arn:aws:ecr:eu-central-1:111122223333:repository/one"], "detail": detail,
    }  # fmt: skip


def fixtures() -> Iterator[tuple[Json, Json]]:
    for wanted in WANTED:
        for leaf in LEAVES:
            yield {"detail": {"x": [wanted]}}, event({"x": leaf})
        yield {"detail": {"x": [wanted]}}, event({"y": "running"})
    for pattern, detail in PATTERNS:
        yield pattern, event(detail)


def test_what_matches(cloud: LocalCloud, connect: Connect) -> None:
    client = connect(cloud, "events")

    def theirs(pattern: Json, event: Json) -> bool:
        answer = client.test_event_pattern(EventPattern=json.dumps(pattern), Event=json.dumps(event))
        return bool(answer["Result"])

    found = [
        (json.dumps(pattern), json.dumps(event["detail"]), matches(pattern, event))
        for pattern, event in fixtures()
        if matches(pattern, event) is not theirs(pattern, event)
    ]
    assert found == list(DIFFERENCES)


def test_the_project_s_own_rules_over_what_this_cloud_tells(monitored: Monitored) -> None:
    names = MonitoringNames(prefix="acme-dev", registry=RegistryId(account=monitored.account, region=REGION))
    own = f"arn:aws:iam::{monitored.account}:role/"
    key = monitored.key()
    deployment = Deployment(role_path=f"{own}registry/", deploy_role=f"{own}deploy")
    rules = [*event_rules(names, deployment=deployment, home=False, trail=True), key_disabled(names, [key])]
    happen(monitored, key)
    client, events = monitored.client("events"), monitored.seen().events

    def theirs(rule: EventRule, each: Json) -> bool:
        answer = client.test_event_pattern(EventPattern=json.dumps(rule.pattern), Event=json.dumps(each))
        return bool(answer["Result"])

    def matched(judge: Callable[[EventRule, Json], bool]) -> set[tuple[str, str]]:
        return {(rule.id, each["id"]) for rule in rules for each in events if judge(rule, each)}

    ours = matched(lambda rule, each: matches(rule.pattern, each))
    assert ours == matched(theirs)
    # Every rule has an event of its own here but that of a replica, which this account has not.
    assert {rule for rule, _ in ours} == {rule.id for rule in rules} - {"replication-failed"}
    assert len(ours) < len(events) * len(rules) / 10


def happen(monitored: Monitored, key: str) -> None:
    """One of everything, by the account's root."""
    ecr, here = monitored.client("ecr"), (monitored.account, REGION, NAME)
    ecr.create_pull_through_cache_rule(ecrRepositoryPrefix="quay", upstreamRegistryUrl="quay.io")
    ecr.put_image_tag_mutability(repositoryName=NAME, imageTagMutability="MUTABLE")
    digest = monitored.push("v1")
    for inspector in (False, True):
        for counts in ({"CRITICAL": 1}, {"HIGH": 0, "LOW": 3}, {}):
            monitored.cloud.events.plant_scan(*here, "v1", counts, inspector=inspector)
    for severity in ("CRITICAL", "LOW"):
        monitored.cloud.events.plant_finding(*here, "v1", severity=severity)
    monitored.cloud.events.plant_lifecycle_run(*here, expired=["v1"])
    monitored.cloud.events.plant_lifecycle_run(*here, failed=[digest])
    monitored.cloud.events.plant_lifecycle_run(*here, failed=[digest], failure_code="KmsError")
    for target in ("ARCHIVE", "STANDARD"):
        ecr.update_image_storage_class(repositoryName=NAME, imageId={"imageTag": "v1"}, targetStorageClass=target)
    with logged_in(ecr) as client:
        refused_pull(client, "quay/team/app", "v1")
    iam = monitored.client("iam")
    iam.create_user(UserName="ada")
    made = iam.create_access_key(UserName="ada")["AccessKey"]
    with pytest.raises(ecr.exceptions.ClientError, match="AccessDenied"):
        monitored.connect(monitored.cloud, "ecr", monitored.account, REGION, credentials=made).describe_registry()
    ecr.batch_delete_image(repositoryName=NAME, imageIds=[{"imageTag": "v1"}])
    ecr.delete_repository(repositoryName=NAME, force=True)
    monitored.client("kms").disable_key(KeyId=key)


def test_what_is_refused(cloud: LocalCloud, connect: Connect) -> None:
    client = connect(cloud, "events")

    def theirs(text: str) -> bool:
        try:
            client.test_event_pattern(EventPattern=text, Event=json.dumps(event({})))
        except client.exceptions.ClientError:
            return True
        return False

    found = [
        (text, bool(pattern_problems(text))) for text in REFUSED if bool(pattern_problems(text)) is not theirs(text)
    ]
    assert found == []
