"""Clusters in a render and a plan: all that is declared in them is shown, and no secret of theirs."""

import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from domain.kubernetes.static_registry import docker_config
from render.as_json import to_json
from render.rendering import render
from render.resource import Render
from resources.kubernetes import SECRET, is_kubernetes
from resources.providers import CLUSTER_PROVIDER
from review.__main__ import main
from review.gate.settings_lines import SettingsLines
from review.plan import as_json, markdown, text
from review.plan.model import Plan
from review.plan.render_diff import plan
from review.tree import to_markdown, to_text
from settings.files import configuration
from tests.cases import cases
from tests.stacks import NO_GITHUB, NO_MONITORING, PROJECT, ROOT, TextEdit, copied, rendered

FILE = "Pulumi.prod.yaml"
TEXT = (PROJECT / FILE).read_text(encoding="utf-8")
(PAYMENTS,) = (f"{line}\n" for line in TEXT.splitlines() if "name: payments, mode: refreshed-secret" in line)
(MARKET,) = (f"{line}\n" for line in TEXT.splitlines() if "name: storefront, mode: external-secrets" in line)
(TOOLS,) = (f"{line}\n" for line in TEXT.splitlines() if "mode: static-registry" in line)
OWN = TEXT[TEXT.index("  container-registry:self_hosted") : TEXT.index("  container-registry:pull_credentials")]
CREDENTIALS = TEXT[TEXT.index("  container-registry:pull_credentials") :]
NOT_PULLED: TextEdit = ("catalog.yaml", ", {cluster: market, namespace: payments}", "")
CANARY = "ghp-canary-of-a-token"


BARE = (*NO_GITHUB, *NO_MONITORING)


def sections(rendered: Render) -> Iterator[str]:
    return (each for each in to_text(rendered).split("\n\n") if each.startswith("cluster "))


def test_each_cluster_has_a_section(prod: Render, snapshot: SnapshotAssertion) -> None:
    shown = "\n\n".join(sections(prod))
    assert re.sub("ecr-refresher-[0-9a-f]{8}", "ecr-refresher-HASH", shown) == snapshot


def test_every_object_is_in_the_section_of_its_cluster(prod: Render) -> None:
    declared = [each for each in prod.resources if is_kubernetes(each.type)]
    assert {str(each.provider).split("::")[3] for each in declared} == {"market", "factory"}
    for cluster, section in zip(("factory", "market"), sections(prod), strict=True):
        kinds = sorted(
            each.type.rpartition(":")[2] for each in declared if f"kubernetes::{cluster}::" in str(each.provider)
        )
        lines = [line.lstrip("│ ").split("  ")[0] for line in section.splitlines()[1:]]
        assert sorted(each for each in lines if each in kinds) == kinds
    assert to_markdown(prod).count("<summary>cluster ") == 2


def changed(*edits: TextEdit) -> Plan:
    return plan(rendered("prod", *BARE), rendered("prod", *BARE, *edits), date(2026, 11, 30))


WITHOUT = (FILE, PAYMENTS, "")
CHANGES: dict[str, tuple[TextEdit, ...]] = {
    "a namespace less": (WITHOUT, NOT_PULLED),
    "a secret less": ((FILE, TOOLS, ""), (FILE, CREDENTIALS, "")),
    "refreshed instead": ((FILE, MARKET, MARKET.replace("external-secrets", "refreshed-secret")),),
    "static instead": (
        (FILE, PAYMENTS, PAYMENTS.replace("refreshed-secret", "static-registry, credentials: [ghcr]")), NOT_PULLED,
        (FILE, "except: [monitoring]", "except: [monitoring, payments]"),
    ),
    "only warned of": ((FILE, "admission: {action: deny, except: [monitoring]}", "admission: {action: audit}"),),
    "not judged": ((FILE, "      admission: {action: deny, except: [monitoring]}\n", ""),),
    "refused from now on": ((FILE, "admission: {action: audit, except: [registry]}",
                             "admission: {action: deny, except: [tools, registry]}"),),
    "a registry of its own less": ((FILE, OWN, ""),),
    "a cluster of another name": (
        (FILE, "- name: factory", "- name: plant"), (FILE, "cluster: factory", "cluster: plant"),
        ("catalog.yaml", "{cluster: factory", "{cluster: plant"),
    ),
    "an account of another name": ((FILE, "service_accounts: [web]", "service_accounts: [web-2]"),),
}  # fmt: skip


def test_what_a_change_means_for_pods(snapshot: SnapshotAssertion) -> None:
    """A topic, whether the gate judges it, and the text."""
    lines = []
    for name, edits in CHANGES.items():
        lines.append(name)
        lines += [f"  {each.topic} {each.id or '-'}: {each.text}" for each in changed(*edits).consequences]
    assert "\n".join(lines) == snapshot


def test_a_change_is_shown_in_its_cluster(snapshot: SnapshotAssertion) -> None:
    assert text.to_text(changed(WITHOUT, NOT_PULLED)) == snapshot


def test_an_endpoint_that_moves_changes_the_provider_alone() -> None:
    found = changed((FILE, "https://factory.acme.example:6443", "https://factory-2.acme.example:6443"))
    assert [(each.name, each.place) for each in found.changes] == [("factory", "cluster factory")]


FEWER = (
    (FILE, TOOLS, TOOLS.replace("[ghcr, docker-hub]", "[ghcr]")),
    (FILE, "    docker-hub: {registry: docker.io, username: acme}\n", ""),
    (FILE, TEXT.splitlines(keepends=True)[-1], ""),
)


@pytest.mark.parametrize("edits", [(), (WITHOUT, NOT_PULLED), FEWER])
def test_no_token_is_shown_anywhere(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, edits: tuple[TextEdit, ...]
) -> None:
    monkeypatch.setattr(configuration, "UNREADABLE_SECRET", CANARY)
    before, after = (render(copied(tmp_path / each, *BARE, *of), "prod") for each, of in (("a", ()), ("b", edits)))
    secrets = [each for each in before.resources if each.type == SECRET]
    assert [each.inputs["data"] for each in secrets] == ["[secret]"] * 2
    assert [each.options["additionalSecretOutputs"] for each in secrets] == [["data", "stringData"]] * 2
    compared = plan(before, after)
    printed = [form(each) for form in (to_json, to_text, to_markdown) for each in (before, after)]
    printed += [form(compared) for form in (text.to_text, markdown.to_markdown, as_json.to_json)]
    config = docker_config([("ghcr.io", "acme-bot", CANARY)])
    for each in printed:
        assert CANARY not in each
        assert config[:40] not in each
        assert config[-40:] not in each


OBJECT = "container-registry:index:ClusterPullAccess$kubernetes:core/v1:ServiceAccount"


@cases(
    "kind, name, line",
    (OBJECT, "payments@market.api", "- {name: payments, mode: refreshed-secret"),
    (OBJECT, "storefront@factory", "- {name: storefront, mode: refreshed-secret"),
    (OBJECT, "policies@factory.images", "- name: factory"), (OBJECT, "gone@market", "- name: market"),
    (CLUSTER_PROVIDER, "market", "- name: market"), (OBJECT, "gone@gone", "container-registry:clusters:"),
)  # fmt: skip
def test_a_remark_points_at_the_namespace(kind: str, name: str, line: str) -> None:
    """Of what is left of it: the head need not declare the object any more."""
    lines = SettingsLines(PROJECT, "container-registry", "prod")
    found = lines.of_urn(f"urn:pulumi:prod::container-registry::{kind}::{name}")
    assert (found.file, TEXT.splitlines()[found.line - 1].strip().startswith(line)) == (FILE, True)


def test_a_rules_finding_points_at_the_namespace(prod: Render) -> None:
    lines = SettingsLines(PROJECT, "container-registry", "prod")
    (secret,) = [each for each in prod.resources if each.type == SECRET and each.name == "tools@factory"]
    found = lines.place(secret, ("data",), "any-rule")
    assert TEXT.splitlines(keepends=True)[found.line - 1] == TOOLS


def test_a_missing_sdk_is_named_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A stack without clusters needs none."""
    monkeypatch.setitem(sys.modules, "pulumi_kubernetes", None)
    project = ["--project", str(PROJECT)]
    assert main(["render", "--stack", "prod", *project]) == 2
    assert capsys.readouterr() == (
        "",
        "stack 'prod' declares clusters, whose SDK is not installed: run make install, or pip install '.[clusters]'\n",
    )
    assert main(["render", "--stack", "dev", *project]) == 0


def test_a_stack_imports_no_sdk_that_it_does_not_need() -> None:
    """Each costs as much as the whole render of a small stack; so do the modules of Kubernetes' core types."""
    program = (
        "import sys; from pathlib import Path; from render.rendering import render\n"
        "render(Path(sys.argv[1]), sys.argv[2])\n"
        "heavy = ('pulumi_aws', 'pulumi_kubernetes', 'pulumi_kubernetes.core.v1._inputs', 'pulumi_github')\n"
        "print(*(each for each in heavy if each in sys.modules))"
    )

    def imported(stack: str) -> list[str]:
        command = [sys.executable, "-c", program, str(PROJECT), stack]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()

    assert imported("dev") == ["pulumi_aws"]
    assert imported("prod") == ["pulumi_aws", "pulumi_kubernetes"]
