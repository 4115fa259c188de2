"""dev.json and prod.json: every rule, no word too many, and faults with their lines."""

import json
import re
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from policies.pack import levels, readme
from policies.pack.levels import FOLDER, InvalidLevels, load_levels
from policies.pack.rule import Level, all_rules, resource_rules, stack_rules
from resources.kms import KEY
from tests.cases import case, cases
from tests.stacks import PROJECT

RULE = "kms-rotation"
LEVELS = PROJECT / "policies"


@pytest.fixture
def edited(tmp_path: Path) -> Any:
    """prod.json with other values for some rules; None takes one out."""

    def edited(**values: object) -> Path:
        content = json.loads((LEVELS / "prod.json").read_text(encoding="utf-8"))
        content |= {name.replace("_", "-"): value for name, value in values.items()}
        file = tmp_path / "prod.json"
        file.write_text(json.dumps({k: v for k, v in content.items() if v is not None}, indent=2), encoding="utf-8")
        return file

    return edited


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_the_projects_own_name_every_rule(stack: str) -> None:
    assert list(load_levels(levels.levels_file(LEVELS.parent, stack))) == list(all_rules())


def test_every_file_is_checked(edited: Any) -> None:
    assert list(levels.errors_in(LEVELS)) == []
    [fault] = levels.errors_in(edited(kms_rotation="never").parent)
    assert "kms-rotation: 'never' is not a valid enforcementLevel" in fault


def test_each_rule_is_found_by_its_file() -> None:
    files = {each.stem.replace("_", "-") for each in (FOLDER / "rules").glob("[a-z]*.py")}
    assert set(all_rules()) == files
    assert {rule.id for rules in resource_rules().values() for rule in rules} | {r.id for r in stack_rules()} == files
    assert RULE in [rule.id for rule in resource_rules()[KEY]]


def test_a_level_alone_or_with_parameters(edited: Any) -> None:
    exception = {"urn": "urn:pulumi:prod::x::y::z", "reason": "why", "until": "2027-01-31"}
    assert load_levels(edited(kms_rotation="advisory"))[RULE].level is Level.ADVISORY
    setting = load_levels(edited(kms_rotation={"enforcementLevel": "disabled", "exceptions": [exception]}))[RULE]
    assert setting.level is Level.DISABLED
    assert setting.parameters.exceptions[0].until == date(2027, 1, 31)


EXCEPTION = {"urn": "x", "reason": "", "until": "soon"}
ADVISORY = {"enforcementLevel": "advisory"}


@cases(
    "value, reported",
    case("a rule missing", None, ":1: kms-rotation: is missing (add it with a level:"),
    case("level", "remediate", "kms-rotation: 'remediate' is not a valid enforcementLevel (write"),
    case("no level", {}, "kms-rotation.enforcementLevel: is missing"),
    case("a number", 3, "kms-rotation: 3 is not a valid enforcementLevel"),
    case(
        "extra",
        ADVISORY | {"days": 3},
        "kms-rotation.days: 'days' is not a known key (known:",
    ),
    case("a near level", "manditory", '(write `"kms-rotation": "mandatory"`)'),
    case("a near level among others", {"enforcementLevel": "mandatry"}, '(write `"enforcementLevel": "mandatory"`)'),
    case("a near key", {"enforcementlevel": "mandatory"}, '(write `"enforcementLevel": "mandatory"`)'),
    case("a near parameter", ADVISORY | {"exeptions": []}, '(write `"exceptions": []`)'),
    case(
        "exception",
        ADVISORY | {"exceptions": [EXCEPTION]},
        "kms-rotation.exceptions[0].until: 'soon' is not a date",
    ),
)
def test_faults_are_reported_with_their_line_and_a_fix(edited: Any, value: object, reported: str) -> None:
    file = edited(kms_rotation=value)
    with pytest.raises(InvalidLevels) as invalid:
        load_levels(file)
    assert reported in str(invalid.value)
    assert all(line.startswith("policies/prod.json:") for line in str(invalid.value).splitlines())


BOTH = {"urn": "urn:pulumi:x", "repository": "a/b", "reason": "why", "until": "2027-01-31"}
OF_ONE = {key: each for key, each in BOTH.items() if key != "urn"}


@cases(
    "exception, told",
    case("both", BOTH, "has both a repository and a urn"),
    case("neither", {"reason": "why", "until": "2027-01-31"}, "has neither a repository nor a urn"),
    case("an empty one", BOTH | {"repository": ""}, r"exceptions.*repository"),
    case(
        "a pattern", OF_ONE | {"repository": "payments/*"}, r"'payments/\*' is a pattern, and an exception takes none"
    ),
    case("new", {key: each for key, each in BOTH.items() if key != "repository"} | {"new": True}, "new"),
)
def test_an_exception_is_for_a_repository_or_a_resource(edited: Any, exception: object, told: str) -> None:
    with pytest.raises(InvalidLevels, match=told):
        load_levels(edited(kms_rotation={**ADVISORY, "exceptions": [exception]}))


@cases(
    "rule, parameter, value, written",
    ("ecr-lifecycle-sound", "minimum_kept", "3", 'write `"minimum_kept": 3`'),
    ("ecr-lifecycle-sound", "minimum_kept", True, "write a whole number"),
    ("ecr-lifecycle-sound", "minimum_kept", 3.5, "write a whole number"),
    ("iam-github-trust", "allow_pull_requests", "yes", 'write `"allow_pull_requests": true`'),
    ("iam-github-trust", "allow_pull_requests", 1, "write true or false"),
)
def test_a_parameter_is_of_its_type(edited: Any, rule: str, parameter: str, value: object, written: str) -> None:
    with pytest.raises(InvalidLevels, match=rf"json:[0-9]+: {rule}\.{parameter}: .* \({re.escape(written)}"):
        load_levels(edited(**{rule: {**ADVISORY, parameter: value}}))


@cases(
    "until",
        20270131, 4102444800, 4102444800.0, "4102444800", "1893456000", "2027-01-31T00:00:00", "2027-01-31T00:00:00Z",
        "20270131", "2027-W05-1", "2027-1-31", " 2027-01-31", "\u0662\u0660\u0662\u0667-01-31", "", None, True,
)  # fmt: skip
def test_a_last_day_is_written_as_a_day(edited: Any, until: object) -> None:
    exception = {"urn": "urn:pulumi:prod::x::y::z", "reason": "why", "until": until}
    file = edited(kms_rotation={**ADVISORY, "exceptions": [exception]})
    line = file.read_text(encoding="utf-8").partition('"until"')[0].count("\n") + 1
    with pytest.raises(InvalidLevels, match=rf"json:{line}: kms-rotation\.exceptions\[0\]\.until: "):
        load_levels(file)


@pytest.mark.parametrize("reason", ["", " ", "\t\n", "\u00a0"])
def test_a_reason_is_not_blank(edited: Any, reason: str) -> None:
    exception = {"urn": "urn:pulumi:prod::x::y::z", "reason": reason, "until": "2027-01-31"}
    with pytest.raises(InvalidLevels, match=r"kms-rotation\.exceptions\[0\]\.reason: "):
        load_levels(edited(kms_rotation={**ADVISORY, "exceptions": [exception]}))


def test_all_faults_are_reported_at_once_each_with_its_line(edited: Any) -> None:
    file = edited(kms_rotation="never", zzz="advisory")
    with pytest.raises(InvalidLevels) as invalid:
        load_levels(file)
    lines = file.read_text(encoding="utf-8").splitlines()
    numbers = [next(n for n, line in enumerate(lines, 1) if key in line) for key in ('"kms-rotation"', '"zzz"')]
    assert [each.split(":")[1] for each in str(invalid.value).splitlines()] == [str(n) for n in numbers]


@cases(
    "text, reported",
    case("no JSON", "{", r"dev\.json:1: is not JSON: Expecting property name .* \(write a JSON object\)"),
    case("no comma", '{\n"a": 1\n"b": 2}', r"dev\.json:3: a comma is missing \(put one at the end of line 2\)"),
    case("no comma in a line", '{"a": [1 2 ]}', r"dev\.json:1: a comma is missing \(put one before 2\)"),
    case("not closed", '{"a": 1\n', r"dev\.json:2: is not JSON: .* \(write a JSON object\)"),
    case("a comma left", '{\n"a": 1,\n\n}', r"dev\.json:2: the last entry .* end of line 2\)"),
    case("one in a list", '{"a": [1,\n]}', r"dev\.json:1: .* \(remove the comma at the end of line 1\)"),
    case("a list", "[]", "is not a JSON object"),
    case("deep", "[" * 100_000, "can't be read"),
    case("twice", '{"kms-rotation": "advisory", "kms-rotation": "disabled"}', "written more than once"),
)
def test_what_is_no_file_of_levels_is_reported(tmp_path: Path, text: str, reported: str) -> None:
    file = tmp_path / "dev.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidLevels, match=reported):
        load_levels(file)


def test_a_missing_file_is_reported_with_the_fix(tmp_path: Path) -> None:
    with pytest.raises(InvalidLevels, match=r"staging\.json: does not exist \(copy policies/prod\.json"):
        load_levels(tmp_path / "staging.json")


def test_the_readme_is_what_the_records_and_the_levels_say(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = shutil.copytree(LEVELS, tmp_path / "policies")
    assert readme.main([], folder) == 0
    assert readme.main(["--check"], folder) == 0
    page = (folder / readme.NAME).read_text(encoding="utf-8")
    assert "| Rule | Severity | dev | prod |" in page
    for rule in all_rules().values():
        assert f"\n## {rule.id}\n" in page
        assert rule.risk in page
        assert all(control in page for control in rule.controls)
    (folder / "dev.json").unlink()
    assert readme.main(["--check"], folder) == 1
    assert "policies/README.md does not match the rules: run `make policy-readme`" in capsys.readouterr().err
