"""`ops adopt --write`: what is printed, in the three files that it is for, and nothing else of them touched."""

import difflib
import json
from functools import partial
from pathlib import Path

import pytest

from ops.adopt import command
from ops.adopt.yaml_members import NotWritable, with_members
from policies.pack.levels import load_levels
from settings import load
from tests.cases import case, cases
from tests.ops.conftest import Adopt, run_adopt
from tests.ops.outputs import KEY, described, encrypted, repository
from tests.ops.test_adopt_golden import registry

FILES = ("catalog.yaml", "Pulumi.prod.yaml", "policies/prod.json")


@pytest.fixture
def write(project: Path, levels: Path) -> Adopt:  # noqa: ARG001  the copy needs its levels
    return partial(run_adopt, more=["--write"], project=project)


def texts(project: Path) -> dict[str, str]:
    return {each: (project / each).read_text(encoding="utf-8") for each in FILES}


def test_each_file_gets_what_it_needs_and_keeps_the_rest(write: Adopt, project: Path) -> None:
    before = texts(project)
    adopted = write(*registry(), format="yaml")
    after = texts(project)
    assert adopted.code == 0
    changed = [line for line in adopted.text.splitlines() if line.startswith(("+", "-"))]
    removed = [line for line in changed if line.startswith("-") and not line.startswith("---")]
    assert removed == ['-  "ecr-customer-key": "mandatory",']
    assert [line for line in changed if line.startswith("+++")] == [f"+++ b/{each}" for each in FILES]
    for name, text in before.items():
        lost = [line for line in difflib.ndiff(text.splitlines(), after[name].splitlines()) if line.startswith("- ")]
        assert len(lost) == (1 if name.endswith(".json") else 0)
    settings = load(project, "prod")
    adopting = {each.name: each.encryption.value for each in settings.repositories if each.adopt}
    assert adopting == {
        "legacy/cache": "aes256", "legacy/models": "customer", "legacy/orders": "aes256", "payments/ledger": "aes256",
    }  # fmt: skip
    exempt = load_levels(project / "policies" / "prod.json")["ecr-customer-key"].parameters.exceptions
    assert [each.repository for each in exempt] == ["legacy/cache", "legacy/orders", "payments/ledger"]
    assert "written: catalog.yaml, Pulumi.prod.yaml and policies/prod.json\n" in adopted.error
    assert "Merge policies/prod.json first, by itself" in adopted.error


def test_it_is_written_once(write: Adopt, project: Path) -> None:
    write(*registry(), format="yaml")
    written = texts(project)
    again = write(*registry(), format="yaml")
    assert (again.code, texts(project)) == (0, written)
    assert "there is nothing to write\n" in again.error


def test_the_report_is_json_where_that_is_asked_for(write: Adopt, project: Path) -> None:
    adopted = write([described(repository("legacy/a", **encrypted("AES256")))])
    assert adopted.report["stack"] == "prod"
    assert "+  legacy/a:" in adopted.error
    assert "legacy/a" in texts(project)["catalog.yaml"]


@cases("answer, code", ("n", 1), ("", 1), (None, 1), ("y", 0), ("Yes", 0))
def test_people_are_asked_once_they_have_seen_the_difference(
    write: Adopt, project: Path, monkeypatch: pytest.MonkeyPatch, answer: str | None, code: int
) -> None:
    """None is the end of the input, as Ctrl-D gives it."""
    asked: list[str] = []

    def ask(question: str) -> str:
        asked.append(question)
        if answer is None:
            raise EOFError
        return answer

    monkeypatch.setattr(command, "_can_answer", lambda _out: True)
    monkeypatch.setattr("builtins.input", ask)
    before = texts(project)
    adopted = write([described(repository("legacy/a", **encrypted("AES256")))], format="yaml")
    assert (adopted.code, asked) == (code, ["\nWrite these? [y/N] "])
    assert (texts(project) == before) is bool(code)
    assert ("nothing was written" in adopted.error) is bool(code)


def test_a_file_that_cannot_be_edited_is_named_and_none_is_written(write: Adopt, project: Path) -> None:
    catalog = project / "catalog.yaml"
    own = "    encryption:\n      key: other\n"
    keys = "  container-registry:keys: {other: {us-east-1: 'KEY', eu-west-1: 'KEY', ap-northeast-1: 'KEY'}}\n"
    stack = project / "Pulumi.prod.yaml"
    text = keys.replace("'KEY'", f"'{KEY}'", 1)
    for region in ("eu-west-1", "ap-northeast-1"):
        text = text.replace("'KEY'", f"'{KEY.replace('us-east-1', region)}'", 1)
    stack.write_text(f"{stack.read_text(encoding='utf-8')}{text}", encoding="utf-8")
    whole = catalog.read_text(encoding="utf-8")
    catalog.write_text(whole.replace("  payments/ledger:\n", f"  payments/ledger:\n{own}"), encoding="utf-8")
    before = texts(project)
    adopted = write([described(repository("payments/ledger", **encrypted("AES256")))], format="yaml")
    assert (adopted.code, adopted.text, texts(project)) == (2, "", before)
    assert adopted.error.startswith("catalog.yaml: can't be edited as it is written: line ")
    assert "(paste what the command prints without --write)" in adopted.error


BLOCK = "a:\n  one: 1  # of a\n\n  # the last\n  two:\n    - 2\n# of b\nb: 3\n"


@cases(
    "text, written",
    case("a block", BLOCK, BLOCK.replace("    - 2\n", "    - 2\n  new:\n    x: [1]\n    why: {z: no}\n")),
    case("no line break at the end", "a:\n  one: 1", "a:\n  one: 1\n  new:\n    x: [1]\n    why: {z: no}\n"),
    case("other indentation", "a:\n    one: 1\n", "a:\n    one: 1\n    new:\n      x: [1]\n      why: {z: no}\n"),
    case("lines", "a:\n  t: |\n    x\nb: 1\n", "a:\n  t: |\n    x\n  new:\n    x: [1]\n    why: {z: no}\nb: 1\n"),
    case("one line", "a: {one: 1}  # x\n", "a: {one: 1, new: {x: [1], why: {z: no}}}  # x\n"),
    case("an empty one", "a: {}\n", "a: {new: {x: [1], why: {z: no}}}\n"),
    case("some of it", "a:\n  new:\n    x: [2]\n", "a:\n  new:\n    x: [1]\n    why: {z: no}\n"),
    case("without it", "b: 1\n", "b: 1\na:\n  new:\n    x: [1]\n    why: {z: no}\n"),
)  # fmt: skip
def test_members_of_a_yaml_file(text: str, written: str) -> None:
    found = with_members(text, {"a": {"new": {"x": [1], "why": {"z": "no"}}}}, blocks=2)
    assert found == written.replace("no}", '"no"}')


@cases(
    "text, reason",
    case("a list", "a: [1]\n", None),
    case("a list of lines", "a:\n  - 1\n", "line 2 holds a block"),
    case("nothing", "", "it is empty"),
    case("a text", "x\n", "line 1 holds no mapping"),
    case("no YAML", "a: [\n", "while parsing"),
    case("an alias", "b: &b {one: 1}\na: *b\n", "is not read as it was meant"),
)
def test_a_yaml_file_of_another_form(text: str, reason: str | None) -> None:
    if reason is None:
        assert with_members(text, {"a": {"new": 1}}, blocks=1) == "a: {new: 1}\n"
        return
    with pytest.raises(NotWritable, match=reason):
        with_members(text, {"a": {"new": 1}}, blocks=1)


def test_a_rule_of_levels_keeps_its_parameters(write: Adopt, levels: Path) -> None:
    file = levels / "prod.json"
    raw = json.loads(file.read_text(encoding="utf-8"))
    level = {"enforcementLevel": "mandatory", "exceptions": [
        {"repository": "payments/api", "reason": "moves", "until": "2026-04-01"}
    ]}  # fmt: skip
    file.write_text(json.dumps({**raw, "ecr-customer-key": level}, indent=1), encoding="utf-8")
    write([described(repository("legacy/a", **encrypted("AES256")))], format="yaml")
    after = json.loads(file.read_text(encoding="utf-8"))
    assert [each["repository"] for each in after["ecr-customer-key"]["exceptions"]] == ["payments/api", "legacy/a"]
    assert {**after, "ecr-customer-key": 0} == {**raw, "ecr-customer-key": 0}
