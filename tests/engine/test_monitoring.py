"""The monitoring of a registry under a real engine: declared, changed a little at a time, switched off, destroyed."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from resources.chatbot import SLACK_CHANNEL
from resources.cloudwatch import COMPOSITE_ALARM, DASHBOARD, METRIC_ALARM
from resources.ecr import REPOSITORY
from resources.events import EVENT_RULE, EVENT_TARGET
from resources.iam import ROLE
from resources.kms import ALIAS, KEY
from resources.logs import LOG_GROUP, LOG_METRIC_FILTER, LOG_RESOURCE_POLICY
from resources.sns import TOPIC, TOPIC_POLICY, TOPIC_SUBSCRIPTION
from resources.sqs import QUEUE, QUEUE_POLICY
from tests.engine.conftest import Make
from tests.engine.workspace import Resource, Workspace, of_type

pytestmark = pytest.mark.engine

FILE = "Pulumi.dev.yaml"
KEY_NAME = "container-registry:monitoring"
SECRET_NAME = "container-registry:subscriber-url-pager"  # noqa: S105  the name of one
SECRET_URL = "https://hooks.acme.example/T0P5Vd8Rk3y/events"  # noqa: S105  opens nothing
OPTIONS = {
    "subscribers": [
        {"email": "platform@acme.example"},
        {"https_secret": "pager"},
        {"slack": {"workspace": "T0123ABCD", "channel": "C0123ABCD"}},
    ]
}
OF_CALLS = {
    "call-denied", "configuration-changed", "key-disabled", "lifecycle-failed", "repository-deleted",
    "undeclared-delete", "undeclared-push",
}  # fmt: skip
"""The rules that see nothing without a trail."""


@dataclass
class Lived:
    """One stack, which each test changes further: each call costs seconds. What the engine has shown is kept."""

    workspace: Workspace
    shown: str
    state: dict[str, Resource]

    def changing(self, **options: object) -> dict[str, set[str]]:
        """What a preview would do with AWS once the key has these options, too."""

        def change(stack: dict[str, Any]) -> None:
            stack["config"][KEY_NAME].update(options)

        self.workspace.edit(FILE, change)
        return {urn: steps for urn, steps in self.workspace.steps().items() if "$aws:" in urn}

    def update(self) -> None:
        self.shown += self.workspace.pulumi("up", "--yes", "--diff", "--stack", self.workspace.stack).ok().output
        assert self.workspace.preview("--expect-no-changes").code == 0
        self.state = self.workspace.state()


@pytest.fixture(scope="module")
def lived(make: Make) -> Lived:
    def monitor(stack: dict[str, Any]) -> None:
        stack["config"][KEY_NAME] = OPTIONS

    workspace = make("dev", (FILE, monitor))
    workspace.pulumi("config", "set", "--secret", SECRET_NAME, SECRET_URL, "--stack", "dev").ok()
    # No key has an ARN yet, so a rule of the pack meets inputs that are not known.
    lived = Lived(workspace, workspace.preview("--json").ok().output + workspace.events(), {})
    lived.update()
    return lived


def test_the_pack_judges_what_is_not_known_yet(lived: Lived) -> None:
    lines = [json.loads(line) for line in lived.shown.splitlines() if line.startswith('{"')]
    found = [line["policyEvent"] for line in lines if "policyEvent" in line]
    assert [each for each in found if each["enforcementLevel"] == "mandatory"] == []
    assert "can't run policy" not in lived.shown


def test_every_kind_is_declared_and_a_second_preview_has_nothing_to_do(lived: Lived) -> None:
    # `update` has seen to the preview.
    declared = {each["type"] for each in lived.state.values()}
    assert {
        COMPOSITE_ALARM, DASHBOARD, EVENT_RULE, EVENT_TARGET, LOG_GROUP, LOG_METRIC_FILTER, LOG_RESOURCE_POLICY,
        METRIC_ALARM, QUEUE, QUEUE_POLICY, SLACK_CHANNEL, TOPIC, TOPIC_POLICY, TOPIC_SUBSCRIPTION,
    } <= declared  # fmt: skip
    monitored = lived.workspace.render()
    assert set(lived.state) - set(monitored) == {urn for urn in lived.state if urn.endswith("::container-registry-dev")}


def test_a_secret_endpoint_reaches_aws_and_is_shown_nowhere(lived: Lived) -> None:
    made = Path(lived.workspace.environment["STANDIN_CLOUD"]).read_text(encoding="utf-8")
    kept = json.dumps(lived.state) + (lived.workspace.folder / FILE).read_text(encoding="utf-8")
    assert SECRET_URL in made
    for text in (kept, lived.shown):
        assert SECRET_URL not in text
        assert SECRET_URL.split("/")[3] not in text
    (subscription,) = of_type(lived.state, TOPIC_SUBSCRIPTION, protocol="https").values()
    assert "ciphertext" in subscription["inputs"]["endpoint"]


def test_a_threshold_changes_its_alarm_alone(lived: Lived) -> None:
    (alarm,) = of_type(lived.state, METRIC_ALARM, name="container-registry-dev-repositories")
    assert lived.changing(thresholds={"repositories_percent": 70}) == {alarm: {"update"}}
    lived.update()
    assert lived.state[alarm]["inputs"]["threshold"] == 70


def test_a_subscriber_leaves_alone(lived: Lived) -> None:
    (subscription,) = of_type(lived.state, TOPIC_SUBSCRIPTION, protocol="email")
    assert lived.changing(subscribers=OPTIONS["subscribers"][1:]) == {subscription: {"delete"}}
    lived.update()


def test_a_trail_brings_the_rules_that_need_it(lived: Lived) -> None:
    steps = lived.changing(trail=True)
    made = {urn for urn, each in steps.items() if each == {"create"}}
    assert _named(made, EVENT_RULE) | _named(made, EVENT_TARGET) <= OF_CALLS
    assert OF_CALLS - _named(set(lived.state), EVENT_RULE) == _named(made, EVENT_RULE) == _named(made, EVENT_TARGET)
    # The alarm on rules that fail knows the new ones; nothing is replaced, and nothing leaves.
    assert {frozenset(each) for each in steps.values()} <= {frozenset({"create"}), frozenset({"update"})}
    changed = {_type(urn) for urn, each in steps.items() if each == {"update"}}
    assert changed <= {METRIC_ALARM, COMPOSITE_ALARM, DASHBOARD}
    lived.update()
    (rule,) = of_type(lived.state, EVENT_RULE, name="container-registry-dev-key-disabled").values()
    watched = json.loads(rule["inputs"]["eventPattern"])
    keys = [each["outputs"]["arn"] for each in of_type(lived.state, KEY).values()]
    assert [arn for arn in keys if arn not in json.dumps(watched)] == []


def test_without_a_trail_its_rules_leave(lived: Lived) -> None:
    steps = lived.changing(trail=False)
    left = {urn for urn, each in steps.items() if each == {"delete"}}
    assert _named(left, EVENT_RULE) <= OF_CALLS
    # What refers to an alarm or a rule is changed or deleted before it: the stand-in refuses another order.
    lived.update()
    assert left & set(lived.state) == set()


def test_where_keys_are_protected_a_preview_refuses_to_switch_it_off(lived: Lived) -> None:
    protect(lived, True)
    own = {urn for urn, each in of_type(lived.state, KEY).items() if "registry@" not in urn}
    lived.workspace.edit(FILE, lambda stack: stack["config"][KEY_NAME].update(enabled=False))
    refused = lived.workspace.preview()
    assert refused.code != 0
    assert {urn for urn in lived.state if f"`pulumi state unprotect '{urn}'`" in refused.output} == own
    assert len(own) == 2
    lived.workspace.edit(FILE, lambda stack: stack["config"][KEY_NAME].update(enabled=True))
    protect(lived, False)


def protect(lived: Lived, on: bool) -> None:
    lived.workspace.edit(FILE, lambda stack: stack["config"].update({"container-registry:protect": on}))
    lived.update()


def test_switched_off_it_is_deleted_in_an_order_that_aws_takes(lived: Lived) -> None:
    before = lived.state
    lived.changing(trail=True)
    lived.update()
    steps = lived.changing(enabled=False)
    assert {frozenset(each) for each in steps.values()} == {frozenset({"delete"})}
    lived.update()
    kept = {each["type"] for each in lived.state.values() if each["type"].startswith("aws:")}
    monitored = {urn: each for urn, each in before.items() if each["type"] not in kept}
    assert {each["type"] for each in monitored.values()} & lived.workspace.cloud.types() == set()
    # Of the types that are not monitoring's alone.
    assert len(of_type(lived.state, KEY)) == len(of_type(lived.state, ALIAS)) == 1
    assert [each for each in of_type(lived.state, ROLE).values() if "chat" in each["inputs"]["name"]] == []
    repositories = [
        {urn: each["created"] for urn, each in of_type(state, REPOSITORY).items()} for state in (before, lived.state)
    ]
    assert repositories[0] == repositories[1]


def test_a_destroy_leaves_nothing(lived: Lived) -> None:
    # Last in this file: it takes the stack down.
    lived.changing(enabled=True)
    lived.update()
    lived.workspace.destroy().ok()
    assert lived.workspace.state() == {}
    assert lived.workspace.cloud.types() == set()


def _type(urn: str) -> str:
    return urn.split("::")[2].rpartition("$")[2]


def _named(urns: set[str], type: str) -> set[str]:
    """The ids of rules by the ends of their names."""
    return {urn.rpartition(".")[2] for urn in urns if _type(urn) == type}
