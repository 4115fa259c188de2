"""Pulumi.yaml and the stacks' files: nothing in them makes the engine run or reach something else."""

from pathlib import Path

import pytest

from settings import InvalidSettings, load
from settings.files.configuration import read_configuration
from tests.cases import cases
from tests.conftest import Edit
from tests.settings.written import faults, key, only

RUNTIME = "runtime:\n  name: python\n  options:\n    toolchain: pip\n    virtualenv: .venv\n"


@cases(
    "line, reported",
    ("main: evil", "main: 'evil' makes the engine run another program than the one that is judged (remove it)"),
    ("stackConfigDir: conf", "stackConfigDir: 'conf' makes the engine read other stacks' files"),
    ("plugins: {providers: [{name: aws, path: evil}]}", "plugins: an object with providers makes the engine start"),
    ("packages: {aws: ./evil}", "packages: an object with aws makes the engine take a provider"),
    ("backend: {url: 's3://evil'}", "backend: an object with url makes the engine keep the state elsewhere"),
    ("options: {refresh: always}", "options: an object with refresh makes"),
    ("Main: evil", "Main: 'Main' is not a key that this project expects"),
    ("licence: Apache-2.0", "licence: 'licence' is not a key that this project expects (write `license: Apache-2.0`)"),
)
def test_a_key_that_the_project_does_not_expect(project: Path, edit: Edit, line: str, reported: str) -> None:
    edit("Pulumi.yaml", "description: A", f"{line}\ndescription: A")
    assert only(project).startswith(f"Pulumi.yaml:2: {reported}")


@pytest.mark.parametrize("line", ["author: acme", "license: Apache-2.0", "website: https://example.com"])
def test_what_only_describes_the_project_passes(project: Path, edit: Edit, line: str) -> None:
    edit("Pulumi.yaml", "description: A", f"{line}\ndescription: A")
    assert load(project, "dev")


@cases(
    "runtime, reported",
    ("runtime: nodejs\n", "3: runtime: 'nodejs' makes the engine run another program than the one that is judged"),
    (RUNTIME.replace("python", "evil"), "4: runtime.name: 'evil' makes the engine run another program"),
    (RUNTIME.replace(".venv", "evil"), "7: runtime.options.virtualenv: 'evil' makes the engine run another program"),
    (RUNTIME.replace("pip", "uv"), "6: runtime.options.toolchain: 'uv' makes the engine run another program"),
    (f"{RUNTIME}    typechecker: mypy\n", "8: runtime.options.typechecker: 'typechecker' is not a key of"),
    (f"{RUNTIME}  binary: evil\n", "8: runtime.binary: 'binary' is not a key of this project's runtime"),
)
def test_another_runtime(project: Path, edit: Edit, runtime: str, reported: str) -> None:
    edit("Pulumi.yaml", RUNTIME, runtime)
    assert only(project).startswith(f"Pulumi.yaml:{reported}")


@pytest.mark.parametrize("name", ["Pulumi.json", "Pulumi.yml"])
def test_a_project_file_that_the_engine_finds_too(project: Path, name: str) -> None:
    (project / name).write_text("{}", encoding="utf-8")
    reported = f"{name}: {name!r} is a project's file, too, and the engine may take it instead (remove {name})"
    assert only(project) == reported


@pytest.mark.parametrize("key", ["aws:accessKey", "aws:secretKey", "aws:token", "aws:endpoints", "aws:insecure"])
@pytest.mark.parametrize("value", ["hush", "{secure: v1:hush}"])
def test_a_key_of_the_provider_that_has_no_place_in_a_file(project: Path, edit: Edit, key: str, value: str) -> None:
    edit("Pulumi.dev.yaml", "config:\n", f"config:\n  {key}: {value}\n")
    assert only(project).startswith(f"Pulumi.dev.yaml:3: config.{key}: {key!r} ")
    assert "hush" not in only(project)


def test_checks_of_the_provider_stay_on_wherever_they_are_written(project: Path, edit: Edit) -> None:
    key = "aws:skipRequestingAccountId"
    values = read_configuration(project, "dev").as_engine_gives_it()
    with pytest.raises(InvalidSettings, match=rf"Pulumi\.dev\.yaml: config\.{key}"):
        load(project, "dev", {**values, key: "true"})
    edit("Pulumi.yaml", "config:\n", f"config:\n  {key}: {{value: true}}\n")
    assert only(project).startswith(f"Pulumi.yaml:10: config.{key}: ")


def test_a_stacks_file_brings_no_values_from_elsewhere(project: Path, edit: Edit) -> None:
    edit("Pulumi.dev.yaml", "config:\n", "environment: [evil]\nconfig:\n")
    assert only(project).startswith("Pulumi.dev.yaml:2: environment: a list of 1 brings configuration from Pulumi ESC")
    edit("Pulumi.dev.yaml", "environment: [evil]\n", "encryptionsalt: v1:abc\nsecretsprovider: awskms://x\n")
    assert load(project, "dev")


def test_two_stacks_in_one_place(project: Path, edit: Edit) -> None:
    edit("Pulumi.prod.yaml", "222233334444", "111122223333")
    assert only(project) == (
        "Pulumi.dev.yaml:3: config.aws:region: 'us-east-1' in account 111122223333 is a registry of stack prod, too "
        "(Pulumi.prod.yaml:3) (give each stack an account or regions of its own)"
    )


def test_a_replica_where_another_stack_is(project: Path, edit: Edit) -> None:
    edit("Pulumi.prod.yaml", "222233334444", "111122223333")
    for service in ("eks", "sqs", "logs"):
        edit("Pulumi.prod.yaml", f"{service}:us-east-1:222233334444", f"{service}:us-east-1:111122223333")
    edit("Pulumi.dev.yaml", "us-east-1", "eu-west-1")
    assert only(project).endswith("(Pulumi.prod.yaml:12) (give each stack an account or regions of its own)")
    assert only(project, "prod").startswith(
        "Pulumi.prod.yaml:12: config.container-registry:replicas[0].region: 'eu-west-1' in account 111122223333 is"
    )


@pytest.mark.parametrize("text", ["", "config: 3", "[", "config: {aws:region: us-east-1, aws:allowedAccountIds: 3}"])
def test_another_stack_that_cannot_be_understood_is_its_own_matter(project: Path, text: str) -> None:
    (project / "Pulumi.prod.yaml").write_text(text, encoding="utf-8")
    assert load(project, "dev")


def test_replicas_of_another_stack_that_cannot_be_understood(project: Path, edit: Edit) -> None:
    edit("Pulumi.prod.yaml", "- region: eu-west-1", "- {region: [x], account: [y]}\n    - 3\n    - {account: zzz}")
    assert load(project, "dev")


def test_a_copy_in_an_account_that_another_stack_lives_in(project: Path, edit: Edit) -> None:
    edit("Pulumi.dev.yaml", '"444455556666"', '"222233334444"')
    key(project, "replicas: [{region: eu-west-1, account: workloads, role: replica}]")
    assert [fault.path[-1] for fault in faults(project)] == ["region"]
