"""The render: the program as the engine would see it, with nothing behind it."""

import asyncio
import gc
import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pulumi
import pytest

from domain.document_text import SECRET, UNKNOWN
from render.as_json import from_json
from render.monitor import RecordingMonitor
from render.program_run import declared_by
from render.rendering import render
from render.resource import Render, Resource
from review.__main__ import main
from review.tree import to_markdown, to_text
from settings import InvalidSettings
from tests.cases import cases
from tests.stacks import PROJECT, ROOT, TextEdit, edited, rendered

PULL_ROLES = {f"pull.{each}" for each in ("market.payments", "market.storefront", "factory.storefront")}
LEDGER = "  payments/ledger:\n"


def of_ledger(line: str) -> TextEdit:
    return ("catalog.yaml", LEDGER, f"{LEDGER}    {line}\n")


def of_dev(line: str) -> TextEdit:
    return ("Pulumi.dev.yaml", "config:\n", f"config:\n  {line}\n")


def of(rendered: Render, kind: str, **inputs: object) -> list[Resource]:
    return [
        resource
        for resource in rendered.resources
        if f":{resource.type}".endswith(f":{kind}") and inputs.items() <= resource.inputs.items()
    ]


def test_blobs_are_mounted_where_that_is_configured() -> None:
    mounting = rendered("dev", of_dev("container-registry:blob_mounting: true"))
    (setting,) = of(mounting, "AccountSetting", name="BLOB_MOUNTING")
    assert setting.inputs["value"] == "ENABLED"


@cases("stack, source", ("dev", "branch-main"), ("prod", "environment-production"))
def test_every_source_of_the_stack_has_a_role_and_nothing_else_has_without_a_request(stack: str, source: str) -> None:
    names = {f"payments-{each}+{source}" for each in ("api", "ledger")}
    names |= {f"{each}+branch-main" for each in ("storefront", "data-ingest", "notebooks")}
    declared = rendered(stack)
    found = {
        each.inputs["name"].partition("+tag")[0].removeprefix(f"{stack}.") for each in of(declared, "iam/role:Role")
    }
    own = {"dev": {"ecs-task-execution"}, "prod": {"chat", *PULL_ROLES}}[stack]
    assert found == {f"acme.{each}" for each in names} | {"creation-templates"} | own
    assert {each.inputs["name"] for each in of(declared, "iam/role:Role")} == set(declared.outputs["roles"])


def test_in_a_preview_what_only_aws_knows_is_unknown(prod_preview: Render, prod: Render) -> None:
    assert [resource.urn for resource in prod_preview.resources] == [resource.urn for resource in prod.resources]
    assert prod_preview.outputs["registries"]["eu-west-1"]["key_arn"] == UNKNOWN
    (repository,) = of(prod_preview, "Repository", name="payments/api", region="eu-west-1")
    assert repository.inputs["encryptionConfigurations"][0]["kmsKey"] == UNKNOWN
    assert repository.inputs["imageTagMutability"] == "IMMUTABLE_WITH_EXCLUSION"
    assert not repository.outputs


def test_all_that_is_configured_is_declared(dev: Render, prod: Render) -> None:
    assert dev.not_built == prod.not_built == ()


def test_the_collector_is_left_as_it_was(project: Path) -> None:
    assert gc.isenabled()
    render(project, "dev")
    assert gc.isenabled()


@pytest.mark.parametrize("token", ["github:index/repository:Repository", "kubernetes:apps/v1:StatefulSet"])
def test_a_type_without_a_record_ends_the_render_and_no_tree(token: str, dev: Render) -> None:
    """Its short name is that of another provider's type, whose inputs it lacks."""

    def program() -> None:
        pulumi.CustomResource(token, "registry@us-east-1", {"name": "x"})

    monitor = RecordingMonitor(project="p", stack="dev", account="111122223333", preview=False)
    with pytest.raises(LookupError, match=f"{token} has no record: add one to resources/"):
        declared_by(program, monitor)
    component = next(each for each in dev.resources if each.type.endswith(":EncryptionKey"))
    child = replace(component, urn="urn", type=token, custom=True, parent=component.urn, inputs={"name": "x"})
    shown = to_text(replace(dev, resources=(component, child)))
    assert f"    {token.rpartition(':')[2]}\n" in f"{shown}\n"


def test_what_waits_for_a_failure_is_given_up_without_a_word(caplog: pytest.LogCaptureFixture) -> None:
    from pulumi_aws import Provider, kms

    monitor = RecordingMonitor(project="p", stack="s", account="111122223333", preview=False)
    waited = False

    async def late() -> str:
        nonlocal waited
        await asyncio.sleep(1)
        waited = True
        return "late"

    def program() -> None:
        awaited: Any = late()
        description = pulumi.Output.from_input(awaited)
        kms.Key("waits", region="eu-west-1", description=description)
        for _ in range(2):
            Provider("same", region="eu-west-1")

    with pytest.raises(RuntimeError, match="two resources have one name"):
        declared_by(program, monitor)
    gc.collect()
    assert not waited
    assert not caplog.records


def test_dependencies_are_reported(prod: Render) -> None:
    (policy,) = of(prod, "LifecyclePolicy", repository="payments/api", region="us-east-1")
    assert any("aws:ecr/repository:Repository::payments/api@us-east-1" in urn for urn in policy.dependencies)


@pytest.mark.parametrize(("stack", "protect", "force"), [("dev", False, True), ("prod", False, None)])
def test_a_retiring_repository(stack: str, protect: bool, force: bool | None) -> None:
    retiring = rendered(stack, of_ledger("retire: {until: 2027-01-31, reason: replaced by the new book}"))
    for repository in of(retiring, "Repository", name="payments/ledger"):
        assert repository.inputs["tags"]["retire-until"] == "2027-01-31"
        assert repository.protect is protect
        assert repository.inputs.get("forceDelete") is force
    assert any("payments-api" in role.name for role in of(retiring, "Role"))
    assert not any("payments-ledger" in role.name for role in of(retiring, "Role"))


def test_a_retiring_region() -> None:
    retire = "{region: eu-west-1, retire: {until: 2027-01-31, reason: moved}}"
    retiring = rendered("prod", ("Pulumi.prod.yaml", "region: eu-west-1", retire))
    for resource in of(retiring, "Repository") + of(retiring, "Key"):
        assert resource.protect is (resource.region != "eu-west-1")
    for repository in of(retiring, "Repository"):
        assert ("retire-until" in repository.inputs["tags"]) is (repository.region == "eu-west-1")


def test_adoption_is_an_import_of_the_repository_alone() -> None:
    dev, prod = (rendered(stack, of_ledger("adopt: [prod]")) for stack in ("dev", "prod"))
    imported = {each.name: each.options["importId"] for each in prod.resources if "importId" in each.options}
    # The plain name at home, with its region elsewhere: see settings.declared.settings.
    assert imported == {
        "payments/ledger@us-east-1": "payments/ledger",
        "payments/ledger@eu-west-1": "payments/ledger@eu-west-1",
        "payments/ledger@ap-northeast-1": "payments/ledger@ap-northeast-1",
    }
    assert not any("importId" in resource.options for resource in dev.resources)


@cases(
    "written, expected",
    ("aes256", {"encryptionType": "AES256"}),
    ("aws-managed", {"encryptionType": "KMS"}),
    ("{key: shared}", {"encryptionType": "KMS", "kmsKey": "arn:aws:kms:us-east-1:111122223333:key/1"}),
)
def test_encryption(written: str, expected: dict[str, str]) -> None:
    keys = of_dev("container-registry:keys: {shared: {us-east-1: 'arn:aws:kms:us-east-1:111122223333:key/1'}}")
    encrypted = rendered("dev", keys, of_ledger(f"encryption: {written}"))
    (repository,) = of(encrypted, "Repository", name="payments/ledger")
    assert repository.inputs["encryptionConfigurations"] == [expected]


def test_a_registry_policy_is_declared_only_when_given(prod: Render) -> None:
    assert not of(prod, "RegistryPolicy")
    policy = (
        "{Version: '2012-10-17', Statement: {Effect: Allow, Principal: {AWS: 'arn:aws:iam::444455556666:root'}, "
        "Action: 'ecr:ReplicateImage', Resource: 'arn:aws:ecr:us-east-1:111122223333:repository/*'}}"
    )
    given = rendered("dev", of_dev(f"container-registry:registry_policy: {policy}"))
    (declared,) = of(given, "RegistryPolicy")
    assert json.loads(declared.inputs["policy"])["Statement"][0]["Action"] == "ecr:ReplicateImage"
    assert "Allow: arn:aws:iam::444455556666:root" in to_text(given)


def test_secrets_are_marked_and_not_shown() -> None:
    monitor = RecordingMonitor(project="p", stack="s", account="111122223333", preview=False)

    def program() -> None:
        from pulumi_aws import Provider

        Provider("other", region="eu-west-1", secret_key=pulumi.Output.secret("hush"))

    declared_by(program, monitor)
    assert monitor.declared[0].inputs["secretKey"] == SECRET
    assert "hush" not in str(monitor.declared[0])


def test_options_are_recorded() -> None:
    monitor = RecordingMonitor(project="p", stack="s", account="111122223333", preview=False)

    def program() -> None:
        from pulumi_aws import kms

        first = kms.Key("first", region="eu-west-1")
        options = pulumi.ResourceOptions(
            deleted_with=first, retain_on_delete=True, ignore_changes=["tags"], delete_before_replace=True
        )
        kms.Key("second", region="eu-west-1", opts=options)

    declared_by(program, monitor)
    first, second = monitor.declared
    assert not first.options
    assert second.options == {
        "deletedWith": first.urn,
        "retainOnDelete": True,
        "ignoreChanges": ["tags"],
        "deleteBeforeReplace": True,
    }


def test_an_encrypted_key_of_the_provider_passes_and_one_of_ours_is_reported(project: Path) -> None:
    edited(project, of_dev("aws:profile: {secure: v1:def}"))
    assert render(project, "dev").resources
    edited(project, ("Pulumi.dev.yaml", "environment: dev", "environment: {secure: v1:abc}"))
    with pytest.raises(InvalidSettings, match=r"container-registry:environment: .* is encrypted"):
        render(project, "dev")


def test_the_command_reads_nothing_but_files(dev: Render) -> None:
    """No network, no credentials, no home: an empty environment gives the same."""
    command = [sys.executable, "-m", "review", "render", "--stack=dev", "--format=json", f"--project={PROJECT}"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, env={"AWS_PROFILE": "none"})
    assert from_json(ended.stdout) == dev


def test_a_reader_that_stops_early_is_no_error() -> None:
    command = f"{sys.executable} -m review render --stack prod --format json --project {PROJECT} | head -1"
    ended = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.stdout == "{\n"
    assert not ended.stderr


def regions_of(text: str) -> list[str]:
    """The lines that head the trees."""
    return [each for each in text.splitlines() if ".dkr.ecr." in each and not each.startswith((" ", "│", "├", "└"))]


def test_regions_that_differ_in_their_names_alone_are_one(prod: Render) -> None:
    host = "222233334444.dkr.ecr.{}.amazonaws.com".format
    text = to_text(prod)
    assert regions_of(text) == [
        f"ap-northeast-1, eu-west-1  {host('REGION')}",
        f"us-east-1  {host('us-east-1')}",
    ]
    assert "codebuild:REGION:555566667777" in text.replace("\n│       ", "")
    assert "codebuild:us-east-1:555566667777" in text.replace("\n│       ", "")


def test_a_region_that_differs_is_one_of_its_own() -> None:
    retire = "{region: eu-west-1, retire: {until: 2027-01-31, reason: moved}}"
    retiring = to_text(rendered("prod", ("Pulumi.prod.yaml", "region: eu-west-1", retire)))
    assert [each.partition("  ")[0] for each in regions_of(retiring)] == ["ap-northeast-1", "eu-west-1", "us-east-1"]


def test_one_repository(project: Path, prod: Render, capsys: pytest.CaptureFixture[str]) -> None:
    def shown(name: str, form: str = "json") -> tuple[int, str, str]:
        code = main(["render", "--stack=prod", f"--project={project}", f"--format={form}", f"--repository={name}"])
        return code, *capsys.readouterr()

    code, out, _ = shown("payments/api")
    expected = {each.urn for each in prod.resources if each.name.startswith("payments/api@")}
    assert (code, len(expected)) == (0, 12)
    assert {each.urn for each in from_json(out).resources} == expected
    text = shown("payments/api", "text")[1]
    assert [each.partition("  ")[0] for each in regions_of(text)] == ["ap-northeast-1, eu-west-1, us-east-1"]
    assert "payments/ledger" not in text
    assert "without a region" not in text
    unknown = "the stack declares no repository 'payments/apy' (did you mean 'payments/api'?)\n"
    assert shown("payments/apy") == (2, "", unknown)


def test_the_tree_of_a_comment_is_that_of_a_terminal(dev: Render) -> None:
    title, *sections = to_markdown(dev).split("\n\n<details><summary>")
    shown = [line for each in sections for line in each.split("\n") if line not in ("", "```text", "```", "</details>")]
    text = [line for line in to_text(dev).split("\n") if line]
    assert (title, *(line.removesuffix("</summary>") for line in shown)) == (f"### {text[0]}", *text[1:])


@cases("command", "render", "plan", "access", "gate")
def test_each_command_of_a_pull_request_prints_the_same_formats(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main([command, "--stack", "dev", "--format", "toml"])
    assert re.search("choose from '?text'?, '?json'?, '?markdown'?", capsys.readouterr().err)
