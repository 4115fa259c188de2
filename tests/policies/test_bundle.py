"""The pack in a folder of its own, far from the project, behind the SDK's own server."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from domain.ecr.retention import RetentionEffect, Rule, Selector, compile_policy
from policies.pack import bundle as bundling
from policies.pack.levels import FOLDER
from policies.pack.rule import all_rules
from render.resource import Render
from resources.chatbot import SLACK_CHANNEL
from resources.ecr import LIFECYCLE_POLICY, REPOSITORY
from resources.kms import KEY
from resources.kubernetes import is_kubernetes
from resources.sns import TOPIC, TOPIC_POLICY, TOPIC_SUBSCRIPTION
from resources.sqs import QUEUE
from tests.policies.analyzer import UNKNOWN_STRING, Analyzer, serving
from tests.policies.conftest import Declared
from tests.policies.rules import clusters
from tests.policies.rules.clusters import SECURE, container, encoded, job, role, secret
from tests.policies.rules.texts import lifecycle, lifecycle_of, repository_with
from tests.stacks import PROJECT, ROOT

SIGNATURE_KEY, SECRET_SIGNATURE = "4dabf18193072939515e22adb298388d", "1b47061264138c4ac30d75fd1eb44270"
"""How the engine marks a secret: sdk/go/common/resource/properties.go"""


@pytest.fixture(scope="module", params=["bundle", "project"])
def analyzer(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Analyzer]:
    pack = FOLDER
    if request.param == "bundle":
        pack = tmp_path_factory.mktemp("elsewhere") / "pack"
        bundling.bundle(pack)
    with serving(pack) as served:
        yield served


def test_every_rule_is_a_policy_of_its_own(analyzer: Analyzer) -> None:
    served = analyzer.rules()
    assert list(served) == list(all_rules())
    for name, rule in all_rules().items():
        assert served[name].description == rule.title
        assert set(served[name].configSchema.properties) == set(rule.parameters.model_fields)


@pytest.mark.parametrize("command", [["-m", "policies"], ["policies"]])
def test_on_a_terminal_it_says_what_it_is(command: list[str]) -> None:
    ours, terminal = pty.openpty()
    try:
        ended = subprocess.run(
            [sys.executable, *command], cwd=ROOT, stdout=terminal, stderr=subprocess.PIPE, text=True, timeout=30,
            check=False,
        )  # fmt: skip
    finally:
        os.close(terminal)
        os.close(ours)
    assert ended.returncode == 2
    assert "This is a policy pack: Pulumi's engine runs it" in ended.stderr
    assert f"pulumi preview --stack STACK --policy-pack {FOLDER}\n" in ended.stderr


def test_no_module_hides_one_of_pythons_own() -> None:
    """The engine puts the pack's folder first on the path."""
    assert not {each.stem for each in FOLDER.glob("*.py")} & sys.stdlib_module_names


def test_it_finds_what_the_rules_find(analyzer: Analyzer) -> None:
    analyzer.configure_from(PROJECT / "policies" / "prod.json")
    assert ("kms-rotation", "is not rotated") in analyzer.analyze(Declared(type=KEY, inputs={}))


def test_what_is_not_known_yet_is_no_violation(analyzer: Analyzer, prod: Render) -> None:
    """The SDK's own arguments raise on it, which would be shown as an advisory violation."""
    analyzer.configure_from(PROJECT / "policies" / "prod.json")
    declared = next(each for each in prod.resources if each.type == REPOSITORY)
    assert analyzer.analyze(declared) == []
    for key in declared.inputs:
        assert analyzer.analyze(replace(declared, inputs=declared.inputs | {key: UNKNOWN_STRING})) == []
    [encryption] = declared.inputs["encryptionConfigurations"]
    inside = {"encryptionConfigurations": [encryption | {"kmsKey": UNKNOWN_STRING}]}
    assert analyzer.analyze(replace(declared, inputs=declared.inputs | inside)) == []


def test_a_stack_rule_sees_all_resources_and_names_the_one(analyzer: Analyzer) -> None:
    analyzer.configure_from(PROJECT / "policies" / "prod.json")
    repository = Declared(type=REPOSITORY, name="bare", inputs={"name": "payments/api", "region": "us-east-1"})
    assert {rule for rule, _ in analyzer.analyze_stack([repository])} == {"ecr-lifecycle-present", "ecr-scan-on-push"}


def test_secrets_of_a_cluster_are_read_as_the_engine_shows_them(analyzer: Analyzer) -> None:
    """It marks them, and its SDK unwraps them: what is not marked can't be told from what is."""
    analyzer.configure_from(PROJECT / "policies" / "prod.json")

    def found(host: str) -> list[str]:
        config = encoded({"auths": {host: {"username": "acme", "password": "canary"}}})
        hidden = {SIGNATURE_KEY: SECRET_SIGNATURE, "value": {".dockerconfigjson": config}}
        return [text for rule, text in analyzer.analyze(secret(data=hidden)) if rule == "k8s-pull-secret"]

    assert found("ghcr.io") == []
    [message] = found("111122223333.dkr.ecr.us-east-1.amazonaws.com")
    assert message.startswith("has a token of Amazon ECR (entry number 1), which expires in 12 hours (")
    unknown = secret(data={SIGNATURE_KEY: SECRET_SIGNATURE, "value": UNKNOWN_STRING})
    assert "k8s-pull-secret" not in dict(analyzer.analyze(unknown))


MONITORED = (
    "alarm-has-action", "event-rule-delivers", "monitoring-subscribed", "monitoring-trail", "topic-encrypted",
    "topic-policy-narrow",
)  # fmt: skip


def test_monitoring_is_judged_by_what_depends_on_what(analyzer: Analyzer, prod: Render) -> None:
    """The engine sends URNs; in a first preview no ARN of a topic, queue or key is known."""
    analyzer.configure_from(PROJECT / "policies" / "prod.json")
    rules = {each.id for each in all_rules().values() if each.id in MONITORED}
    assert rules == set(MONITORED)
    judged = prod.judged()
    made = {each.outputs["arn"] for each in judged if each.type in (TOPIC, QUEUE, KEY)}
    first = [replace(each, inputs=hidden(each.inputs, made)) for each in judged]
    for resources in (judged, first):
        assert [each for each in analyzer.analyze_stack(resources) if each[0] in rules] == []
    deaf = [
        replace(each, inputs=each.inputs | {"policy": NO_ONE}) if each.type in (TOPIC_POLICY, KEY) else each
        for each in first
    ]
    found = [rule for rule, _ in analyzer.analyze_stack(deaf) if rule in rules]
    assert set(found) == {"event-rule-delivers", "topic-encrypted"}
    alone = [each for each in first if each.type not in (TOPIC_SUBSCRIPTION, SLACK_CHANNEL)]
    assert {rule for rule, _ in analyzer.analyze_stack(alone)} & rules == {"monitoring-subscribed"}


NO_ONE = json.dumps(
    {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Principal": "*", "Action": "sns:*", "Resource": "*"}}
)


def hidden(value: Any, made: set[object]) -> Any:
    if isinstance(value, dict):
        return {key: hidden(each, made) for key, each in value.items()}
    if isinstance(value, list):
        return [hidden(each, made) for each in value]
    return UNKNOWN_STRING if value in made else value


def test_objects_of_clusters_are_judged(analyzer: Analyzer, prod: Render) -> None:
    analyzer.configure_from(PROJECT / "policies" / "prod.json")
    objects = [each for each in prod.resources if is_kubernetes(each.type)]
    assert [each for one in objects for each in analyzer.analyze(one)] == []
    assert [each for each in analyzer.analyze_stack(prod.resources) if each[0].startswith("k8s")] == []
    root = job(container(securityContext={**SECURE, "runAsUser": 0}, image="nginx"))
    assert {rule for rule, _ in analyzer.analyze(root)} == {"k8s-namespace-restricted"}
    broad = role(clusters.rule(("get",)))
    assert {each for each, _ in analyzer.analyze_stack([root, broad])} >= {
        "k8s-images-from-registry", "k8s-refresher-narrow",
    }  # fmt: skip


@pytest.mark.parametrize("days", [89, 90])
def test_numbers_that_arrive_as_floats_are_read(analyzer: Analyzer, days: int) -> None:
    """A lifecycle policy that is an object, and a rule's parameter."""
    policy = json.loads(lifecycle({"untagged": True, "expire_after_days": days}))
    analyzer.configure(
        {"ecr-moving-tag-outlives-deployment": {"enforcementLevel": "advisory", "untagged_days_min": 90}}
    )
    pair = repository_with(["latest", "dev-*"]), lifecycle_of(policy)
    found = analyzer.analyze_stack(pair)
    rules = {"ecr-moving-tags-retained", "ecr-scan-on-push"}
    assert {rule for rule, _ in found} == rules | ({"ecr-moving-tag-outlives-deployment"} if days == 89 else set())
    assert {rule for rule, _ in analyzer.analyze_stack([pair[0], lifecycle_of(UNKNOWN_STRING)])} == {"ecr-scan-on-push"}


def test_a_level_and_an_exception_count(analyzer: Analyzer) -> None:
    key, today = Declared(type=KEY, inputs={}), datetime.now(UTC).date()
    exception = {"urn": key.urn, "reason": "it leaves", "until": str(today + timedelta(days=30))}
    analyzer.configure({"kms-rotation": {"enforcementLevel": "mandatory", "exceptions": [exception]}})
    assert "kms-rotation" not in dict(analyzer.analyze(key))
    ended = exception | {"until": "2020-01-01"}
    analyzer.configure({"kms-rotation": {"enforcementLevel": "mandatory", "exceptions": [ended]}})
    fix = f'remove the exception, or write a day that is allowed, as in "until": "{today + timedelta(days=366)}"'
    assert [message for rule, message in analyzer.analyze(key) if rule == "kms-rotation"] == [
        f"has an exception that expired on 2020-01-01 (it leaves): fix the finding, or renew the exception ({fix})",
        "is not rotated",
    ]
    analyzer.configure({"ecr-tags-immutable": {"enforcementLevel": "mandatory", "exceptions": [
        {"repository": "payments/ledger", "reason": "it leaves", "until": str(today + timedelta(days=30))}
    ]}})  # fmt: skip
    excepted, other = (Declared(type=REPOSITORY, inputs={"name": name}) for name in ("payments/ledger", "payments/api"))
    assert "ecr-tags-immutable" not in dict(analyzer.analyze(excepted))
    assert "ecr-tags-immutable" in dict(analyzer.analyze(other))
    analyzer.configure({"kms-rotation": "disabled"})
    assert "kms-rotation" not in dict(analyzer.analyze(key))


def test_a_fix_of_its_own_is_in_the_message(analyzer: Analyzer) -> None:
    analyzer.configure_from(PROJECT / "policies" / "prod.json")
    few = Rule(selector=Selector.TAGGED, patterns=("v*",), effect=RetentionEffect.KEEP, count=3)
    inputs = {"repository": "payments/api", "policy": json.dumps(compile_policy([few]))}
    found = dict(analyzer.analyze(Declared(type=LIFECYCLE_POLICY, inputs=inputs)))
    assert found["ecr-lifecycle-sound"].endswith(" (write `keep: 5`)")


def test_faulty_parameters_are_a_violation(analyzer: Analyzer) -> None:
    analyzer.configure({"kms-rotation": {"enforcementLevel": "mandatory", "exeptions": []}})
    found = dict(analyzer.analyze(Declared(type=KEY, inputs={"enableKeyRotation": True})))
    invalid = "the rule's parameters are invalid: exeptions: is not a known key (did you mean 'exceptions'?)"
    assert invalid in found["kms-rotation"]


def test_the_bundle_says_how_to_begin(tmp_path: Path) -> None:
    assert bundling.main([str(tmp_path / "pack")]) == 0
    readme = (tmp_path / "pack" / "README.md").read_text(encoding="utf-8")
    assert "pulumi install" in readme
    assert "virtualenv: venv" in (tmp_path / "pack" / "PulumiPolicy.yaml").read_text(encoding="utf-8")
    lines = (tmp_path / "pack" / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert [line.partition("==")[0] for line in lines] == list(bundling.NEEDED)


def test_it_is_written_over_itself_and_over_nothing_else(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert [bundling.main([str(tmp_path / "pack")]) for _ in range(2)] == [0, 0]
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.txt").write_text("years of work", encoding="utf-8")
    assert bundling.main([str(tmp_path / "other")]) == 2
    assert "not a policy pack" in capsys.readouterr().err
    assert [each.name for each in (tmp_path / "other").iterdir()] == ["thesis.txt"]
