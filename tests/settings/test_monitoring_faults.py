"""What a stack says of its monitoring: faults of the input, and what is declared of good input."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from domain.monitoring.monitored_registry import MonitoredRegistry
from domain.monitoring.monitoring_limits import monitoring_problems
from domain.monitoring.registry_alarms import API_ACTIONS
from domain.monitoring.subscribers import Protocol, Subscription
from settings import load
from tests.settings.written import HEAD, catalog, key, only, words

QUEUE = "arn:aws:sqs:us-east-1:111122223333:events"
TRAIL = "arn:aws:logs:us-east-1:111122223333:log-group:trail"
Change = Callable[[Path], None]


def write(project: Path, **keys: Any) -> None:
    file = project / "Pulumi.dev.yaml"
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    file.write_text("".join(each for each in lines if "registry:monitoring" not in each), encoding="utf-8")
    key(project, f"monitoring: {json.dumps(keys)}")


def of(**keys: Any) -> Change:
    return lambda project: write(project, **keys)


def subscribed(*subscribers: object) -> Change:
    return of(subscribers=list(subscribers))


def asking(count: int, name: str = "team/service") -> Change:
    """So many repositories that ask for an alarm."""

    def change(project: Path) -> None:
        write(project)
        entries = [f"  {name}-{index}: {{owner: team, alarms: [pulls-stopped]}}\n" for index in range(count)]
        catalog(project, HEAD + "".join(entries))

    return change


def with_keys(count: int) -> Change:
    """So many named keys, each for one repository."""

    def change(project: Path) -> None:
        write(project, trail=True)
        arns = {f"k{index}": f"arn:aws:kms:us-east-1:111122223333:key/{index:036d}" for index in range(count)}
        key(project, f"keys: {json.dumps({name: {'us-east-1': arn} for name, arn in arns.items()})}")
        entries = [f"  team/{name}: {{owner: team, encryption: {{key: {name}}}}}\n" for name in arns]
        catalog(project, HEAD + "".join(entries))

    return change


CASES: dict[str, Change] = {
    "no key of it": of(subscriber=[]),
    "no subscriber": subscribed({}),
    "two at once": subscribed({"email": "a@acme.example", "sqs": QUEUE}),
    "the same twice": subscribed({"email": "a@acme.example"}, {"email": "a@acme.example"}),
    "a name in place of an address": subscribed({"email": "platform"}),
    "an address without a domain": subscribed({"email": "platform@acme"}),
    "another word for it": subscribed({"mail": "platform@acme.example"}),
    "not encrypted": subscribed({"https": "http://pager.acme.example/x"}),
    "no address": subscribed({"https": "pager.acme.example"}),
    "a login in an address": subscribed({"https": "https://me:secret@pager.acme.example"}),
    "a queue by its name": subscribed({"sqs": "events"}),
    "a queue in order": subscribed({"sqs": f"{QUEUE}.fifo"}),
    "a queue elsewhere": subscribed({"sqs": QUEUE.replace("us-east-1", "eu-west-1")}),
    "a channel by its name": subscribed({"slack": {"workspace": "T0123ABCD", "channel": "#registry"}}),
    "a workspace by its name": subscribed({"slack": {"workspace": "acme", "channel": "C0123ABCD"}}),
    "a secret address that is not there": subscribed({"https_secret": "pager"}),
    "a secret address by a path": subscribed({"https_secret": "on/call"}),
    "a retention that CloudWatch lacks": of(log_retention_days=100),
    "more than all": of(thresholds={"api_percent": 120}),
    "none": of(thresholds={"denied_calls": 0}),
    "fewer than none": of(thresholds={"images": -1}),
    "records without a trail": of(audit_log=True),
    "a trail's log group without a trail": of(trail_log_group=TRAIL),
    "a log group elsewhere": of(trail=True, trail_log_group=TRAIL.replace("111122223333", "444455556666")),
    "a log group by its name": of(trail=True, trail_log_group="trail"),
    "runbooks by http": of(runbooks="http://wiki.acme.example"),
    "more alarms than a composite takes": asking(100),
    "a name that is too long for an alarm": asking(1, "team/" + "s" * 230),
    "more keys than a pattern takes": with_keys(20),
}  # fmt: skip


def test_the_words_of_each_fault(project: Path, snapshot: SnapshotAssertion) -> None:
    assert words(project, CASES) == snapshot


def test_a_name_with_a_dot_is_no_name_of_a_queue(project: Path) -> None:
    write(project)
    for file in project.glob("Pulumi*.yaml"):
        file.write_text(
            file.read_text(encoding="utf-8").replace("container-registry", "acme.registry"), encoding="utf-8"
        )
    assert "'acme.registry-dev' is what names of topics, queues and dashboards begin with" in only(project)


def monitored(project: Path, **keys: Any) -> MonitoredRegistry:
    write(project, **keys)
    (found,) = load(project, "dev").monitoring.values()
    return found


def test_it_is_on_where_nothing_is_said(project: Path) -> None:
    file = project / "Pulumi.dev.yaml"
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    file.write_text("".join(each for each in lines if "registry:monitoring" not in each), encoding="utf-8")
    (found,) = load(project, "dev").monitoring.values()
    assert not found.subscriptions
    assert {each.id for each in found.alarms} >= {f"api-{action}" for action in API_ACTIONS}


def test_it_is_off_where_it_is_said(project: Path) -> None:
    write(project, enabled=False, audit_log=True)
    assert not load(project, "dev").monitoring


def test_rules_that_see_calls_are_declared_with_a_trail_alone(project: Path) -> None:
    without = {each.id for each in monitored(project).rules}
    assert {each.id for each in monitored(project, trail=True).rules} - without == {
        "call-denied", "configuration-changed", "lifecycle-failed", "repository-deleted", "undeclared-delete",
        "undeclared-push",
    }  # fmt: skip
    assert monitored(project).key_rule([]) is None


def test_a_subscriber_of_each_kind(project: Path) -> None:
    key(project, 'subscriber-url-pager: {secure: "v1:abc:def"}')
    found = monitored(
        project,
        subscribers=[{"email": "a@acme.example"}, {"https": "https://b"}, {"https_secret": "pager"}, {"sqs": QUEUE}],
    )
    assert found.subscriptions == (
        Subscription(protocol=Protocol.EMAIL, endpoint="a@acme.example"),
        Subscription(protocol=Protocol.HTTPS, endpoint="https://b"),
        Subscription(protocol=Protocol.HTTPS, endpoint="pager", secret=True),
        Subscription(protocol=Protocol.SQS, endpoint=QUEUE),
    )
    assert found.secret_endpoints == ("subscriber-url-pager",)


@pytest.mark.parametrize(
    ("keys", "read"),
    [({}, ()), ({"audit_log": True}, ("/aws/events/container-registry-dev-audit",)),
     ({"trail_log_group": f"{TRAIL}:*"}, ("trail",)), ({"trail_log_group": TRAIL, "audit_log": True}, ("trail",))],
)  # fmt: skip
def test_saved_queries_read_the_log_group_that_has_most(project: Path, keys: Any, read: tuple[str, ...]) -> None:
    found = monitored(project, trail=True, **keys)
    assert found.queried_log_groups == read
    assert bool(found.queries) == bool(read)
    assert all(("detail." in each.text) == ("audit" in read[0]) for each in found.queries)


def test_messages_lead_to_where_the_runbooks_are(project: Path) -> None:
    assert (
        monitored(project, runbooks="https://wiki.acme.example/registry/").runbooks
        == "https://wiki.acme.example/registry"
    )
    assert monitored(project).runbooks == "docs/runbooks"
    key(project, "github: {owner: acme, registry: {repository: registry}}")
    assert monitored(project).runbooks == "https://github.com/acme/registry/blob/HEAD/docs/runbooks"


def test_an_alarm_that_a_repository_asks_for(project: Path) -> None:
    asking(2)(project)
    (found,) = load(project, "dev").monitoring.values()
    asked = [each for each in found.alarms if each.runbook == "pulls-stopped"]
    assert [(each.id, each.owner) for each in asked] == [
        ("pulls-stopped-team/service-0", "team"), ("pulls-stopped-team/service-1", "team"),
    ]  # fmt: skip
    assert not list(monitoring_problems(found))


def test_zero_images_declare_no_alarm_that_is_charged_by_repository(project: Path) -> None:
    assert "images" in {each.id for each in monitored(project).alarms}
    assert "images" not in {each.id for each in monitored(project, thresholds={"images": 0}).alarms}
