"""The stack's configuration as the engine gives it, offline and under the engine."""

import json
from pathlib import Path

import pulumi
import pytest
import yaml

from settings import InvalidSettings, load
from settings.files.configuration import engine_text, read_configuration
from settings.files.source import read
from settings.from_engine import engine_values as engine_values_here
from settings.written.stack import AwsKeys, StackKeys
from tests.cases import cases
from tests.conftest import Edit


def engine_values(project: Path, stack: str = "dev", **changed: str) -> dict[str, str]:
    """What the engine would hand to the program, with `--config` values over the files'."""
    values = read_configuration(project, stack).as_engine_gives_it()
    return {**values, **{f"container-registry:{key}": value for key, value in changed.items()}}


def test_pulumi_yaml_declares_each_key_that_is_read_with_the_same_default(root: Path) -> None:
    declared = yaml.safe_load((root / "Pulumi.yaml").read_text(encoding="utf-8"))["config"]
    assert set(declared) == {f"container-registry:{name}" for name in StackKeys.model_fields}
    defaults = {name.partition(":")[2]: each["default"] for name, each in declared.items() if "default" in each}
    assert StackKeys.model_validate({"environment": "dev", **defaults}) == StackKeys(environment="dev")
    assert set(StackKeys.model_fields) - set(defaults) == {"environment"}
    assert all(each["description"] for each in declared.values())


def test_a_stacks_object_replaces_the_default_whole(project: Path, edit: Edit) -> None:
    edit("Pulumi.yaml", "default: {}", 'default: {other: "111122223333"}')
    accounts = {"workloads": "444455556666", "data-platform": "777788889999"}
    assert read_configuration(project, "dev").own()["accounts"] == accounts


@pytest.mark.parametrize(
    ("value", "text"), [("a", "a"), (True, "true"), (7, "7"), ({"a": "1"}, '{"a":"1"}'), (["a"], '["a"]'), (None, "")]
)
def test_values_reach_the_program_as_text(value: object, text: str) -> None:
    assert engine_text(value) == text


@cases(
    "key, written, fits",
    ("protect", "'true'", True), ("protect", "1", False), ("key_deletion_days", "'7'", True),
    ("key_deletion_days", "7.5", False), ("environment", "7", True), ("environment", "[dev]", False),
    ("accounts", "[]", False), ("replicas", "{}", False), ("replicas", "[eu-west-1]", False),
    ("pull_time_exclusions", "[7]", False),
)  # fmt: skip
def test_types_are_held_as_the_engine_holds_them(project: Path, key: str, written: str, fits: bool) -> None:
    content = yaml.safe_load((project / "Pulumi.dev.yaml").read_text(encoding="utf-8"))
    content["config"][f"container-registry:{key}"] = yaml.safe_load(written)
    (project / "Pulumi.dev.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    reported = [str(fault) for fault in read_configuration(project, "dev").faults]
    assert bool(reported) is not fits
    assert all("is not of type" in fault for fault in reported)


def test_under_the_engine_the_files_give_the_lines(project: Path, edit: Edit) -> None:
    values = engine_values(project)
    edit("Pulumi.dev.yaml", '"444455556666"', "444455556666")
    values["container-registry:accounts"] = '{"data-platform":"777788889999","workloads":444455556666}'
    with pytest.raises(InvalidSettings, match=r"Pulumi\.dev\.yaml:7: .*accounts\.workloads: 444455556666"):
        load(project, "dev", values)


def test_under_the_engine_an_octal_account_keeps_its_line(project: Path, edit: Edit) -> None:
    edit("Pulumi.dev.yaml", '"444455556666"', "012345670123")
    values = engine_values(project)
    assert json.loads(values["container-registry:accounts"])["workloads"] == 0o12345670123
    with pytest.raises(InvalidSettings, match=r"Pulumi\.dev\.yaml:7: "):
        load(project, "dev", values)


def test_under_the_engine_a_config_option_wins_and_has_no_line(project: Path) -> None:
    assert load(project, "dev", engine_values(project, protect="true")).protect
    with pytest.raises(InvalidSettings, match=r"Pulumi\.dev\.yaml: config.container-registry:key_deletion_days: "):
        load(project, "dev", engine_values(project, key_deletion_days="3"))
    registries = load(project, "dev", engine_values(project, replicas='[{"region":"eu-west-1"}]')).registries
    assert [registry.region for registry in registries] == ["us-east-1", "eu-west-1"]


def test_a_config_option_must_hold_each_key_once(project: Path) -> None:
    twice = '{"workloads":"444455556666","workloads":"111122223333","data-platform":"777788889999"}'
    for accounts in (twice, "[" * 100_000):
        with pytest.raises(
            InvalidSettings, match=r"dev\.yaml: config.container-registry:accounts: .* is not an object"
        ):
            load(project, "dev", engine_values(project, accounts=accounts))


def test_the_engine_s_values_are_the_programs_and_not_the_environments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_CONFIG", '{"a:b": "from the engine"}')
    assert engine_values_here() == {"a:b": "from the engine"}
    pulumi.runtime.set_all_config({"c:d": "set by a render"})
    try:
        assert engine_values_here() == {"c:d": "set by a render"}
    finally:
        pulumi.runtime.set_all_config({})


@cases(
    "written, reported",
    ("config: [a]", "config: a list of 1 is not an object"),
    ("name: 3", "name: 3 is not a valid project name"),
    ("runtime: {}", "name: is not a valid project name"),
    ("config: {a: {type: int}}", "config.a.type: 'int' is not a configuration type of Pulumi"),
)
def test_a_faulty_project_is_reported_alone(project: Path, written: str, reported: str) -> None:
    head = "" if "name" in written or "runtime" in written else "name: container-registry\n"
    (project / "Pulumi.yaml").write_text(head + written + "\n", encoding="utf-8")
    with pytest.raises(InvalidSettings) as raised:
        load(project, "dev")
    assert [reported in str(fault) and fault.file == "Pulumi.yaml" for fault in raised.value.faults] == [True]


def test_a_default_in_the_engines_short_form(project: Path) -> None:
    text = (project / "Pulumi.yaml").read_text(encoding="utf-8") + "  aws:profile: acme\n  aws:token: {value: t}\n"
    (project / "Pulumi.yaml").write_text(text, encoding="utf-8")
    values = read_configuration(project, "dev").as_engine_gives_it()
    assert (values["aws:profile"], values["aws:token"]) == ("acme", "t")


def test_a_stack_of_an_endless_name(project: Path) -> None:
    with pytest.raises(InvalidSettings, match="is not a stack"):
        load(project, "x" * 300)


def test_under_the_engine_the_file_may_stand_elsewhere(project: Path) -> None:
    values = engine_values(project)
    (project / "Pulumi.dev.yaml").unlink()
    assert load(project, "dev", values).environment == "dev"


def test_under_the_engine_an_encrypted_key_is_in_plain(project: Path, edit: Edit) -> None:
    values = engine_values(project)
    edit("Pulumi.dev.yaml", "environment: dev", "environment: {secure: v1:abc}")
    assert load(project, "dev", values).environment == "dev"


def test_what_the_engine_gives_and_what_the_files_say_are_the_same_settings(project: Path) -> None:
    for stack in ("dev", "prod"):
        assert load(project, stack, engine_values(project, stack)) == load(project, stack)


def test_the_aws_keys_are_read_by_their_own_names() -> None:
    assert {field.alias for field in AwsKeys.model_fields.values()} == {"aws:region", "aws:allowedAccountIds"}


@cases(
    "written, value",
    ("yes", "yes"), ("on", "on"), ("true", True), ("'true'", "true"), ("0123", 83.0), ("0888", 888.0),
    ("'0123'", "0123"), ("1_000", 1000), ("12:30:45", "12:30:45"), ("2027-01-31", "2027-01-31"), ("1.5", 1.5),
)  # fmt: skip
def test_a_scalar_is_read_as_the_engine_reads_it(tmp_path: Path, written: str, value: object) -> None:
    file = tmp_path / "file.yaml"
    file.write_bytes(f"a: {written}\r\n".encode())
    source, faults = read(file, "file.yaml")
    assert source is not None
    assert (faults, source.value, type(source.value["a"])) == ([], {"a": value}, type(value))
