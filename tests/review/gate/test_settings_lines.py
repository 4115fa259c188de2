"""Where a finding about a cluster's object is written."""

from pathlib import Path

import pytest

from policies.rules import k8s_images_from_registry, k8s_pull_secret
from render.resource import Render
from resources import TYPES
from resources.kubernetes import CRON_JOB, NAMESPACE, SECRET
from review.gate.settings_lines import SettingsLine, SettingsLines
from tests.cases import case, cases
from tests.policies.conftest import Declared
from tests.stacks import PROJECT

FILE = "Pulumi.prod.yaml"
TEXT = (PROJECT / FILE).read_text(encoding="utf-8").splitlines()
LINES = SettingsLines(PROJECT, "container-registry", "prod")
SECRETS, IMAGES = k8s_pull_secret.RULE.id, k8s_images_from_registry.RULE.id


def line(begin: str, after: str = "") -> SettingsLine:
    """The first line that begins so, after another."""
    start = next(index for index, each in enumerate(TEXT) if each.strip().startswith(after))
    found = next(index for index in range(start, len(TEXT)) if TEXT[index].strip().startswith(begin))
    return SettingsLine(FILE, found + 1)


MARKET, FACTORY = "- name: market", "- name: factory"


@cases(
    "kind, name, rule, expected",
    case("a namespace", NAMESPACE, "payments@market", SECRETS, line("- {name: payments")),
    case("one of the other cluster", SECRET, "storefront@factory", SECRETS, line("- {name: storefront", FACTORY)),
    case("of the same name in the first", SECRET, "storefront@market", SECRETS, line("- {name: storefront", MARKET)),
    case("a part", NAMESPACE, "storefront@factory.web", SECRETS, line("- {name: storefront", FACTORY)),
    case("the refresher's image", CRON_JOB, "storefront@factory", IMAGES, line("refresher:", FACTORY)),
    case("the cluster's policies", SECRET, "policies@factory.images", SECRETS, line(FACTORY)),
    case("a registry of one's own", SECRET, "own@factory.auth", SECRETS, line("- name: own")),
    case("a namespace that is not there any more", SECRET, "gone@factory", SECRETS, line(FACTORY)),
    case("a cluster that is not", SECRET, "payments@gone", SECRETS, line("container-registry:clusters")),
    case("a namespace called as a repository", SECRET, "payments/api@market", SECRETS, line(MARKET)),
)
def test_an_object(kind: str, name: str, rule: str, expected: SettingsLine) -> None:
    assert LINES.place(Declared(type=kind, inputs={}, name=name), ("spec",), rule) == expected


@pytest.mark.parametrize("kind", ["ClusterPullAccess", "ClusterPolicies", "providers"])
def test_by_its_urn(prod: Render, kind: str) -> None:
    urns = [each.urn for each in prod.resources if f":{kind}" in each.urn and "::kubernetes" not in each.name]
    begins = {"ClusterPolicies": ("- name:",), "providers": ("- name:",), "ClusterPullAccess": ("- {name:",)}[kind]
    found = {TEXT[LINES.of_urn(each).line - 1].strip().partition(":")[0] + ":" for each in urns if "kubernetes" in each}
    assert found == set(begins)


def test_a_file_without_clusters(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("config:\n  aws:region: us-east-1\n", encoding="utf-8")
    place = SettingsLines(tmp_path, "container-registry", "prod").place(
        Declared(type=SECRET, inputs={}, name="payments@market"), (), SECRETS
    )
    assert place == SettingsLine(FILE, 2)
    lost = SettingsLines(tmp_path, "container-registry", "other").place(
        Declared(type=SECRET, inputs={}, name="payments@market"), (), SECRETS
    )
    assert lost.line == 1


def test_what_monitoring_declares_is_at_its_key(prod: Render) -> None:
    """Also what a repository asked for: the alarm is the stack's."""
    here = line("container-registry:monitoring")
    made = [each for each in prod.resources if each.type in TYPES and TYPES[each.type].settings_key == "monitoring"]
    assert {LINES.place(each, ("policy",), "topic-policy-narrow") for each in made} == {here}
    assert {LINES.of_urn(each.urn) for each in made} == {here}
    assert len({each.type for each in made}) == 15
