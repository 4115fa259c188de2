"""The pages of the gate and of a repository: what they hold, that no catalog's text is code there, and no request."""

import base64
import hashlib
import re
import sys
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
import yaml

from policies.pack.rule import Level
from review.access.command import matrix_of
from review.access.matrix import Access
from review.gate import command as gate_command
from review.gate.remarks import GateReport, Remark, RemarkKind
from review.page.estate import estate
from review.page.gate_page import to_html
from review.page.plots import bars
from review.page.show_page import to_html as show_page_of
from review.show import command as show_command
from settings import InvalidSettings, load
from tests.cases import cases
from tests.review.clones import Clone, review
from tests.review.page.parsed import ParsedPage
from tests.stacks import PROJECT, rendered

PLANTED = "<script>planted</script>"


def gate_page(clone: Clone, *arguments: str, stack: str = "prod") -> str:
    return clone.gate(*arguments, "--format", "html", stack=stack).text


def show_page(folder: Path, repository: str = "payments/api") -> str:
    ended = review(folder, "show", "--stack", "prod", "--repository", repository, "--format", "html")
    assert (ended.code, ended.error) == (0, "")
    return ended.text


def letters(text: str) -> str:
    """The text without what elements and Markdown put between its words."""
    return re.sub(r"\W", "", text)


def test_the_gates_page_has_every_fact_of_the_comment(four: Clone) -> None:
    ended = four.gate("--base", "HEAD", "--format", "html", stack="prod")
    assert (ended.code, ended.error) == (1, "")
    page = ParsedPage(ended.text)
    comment = four.gate("--base", "HEAD", "--format", "markdown", stack="prod").text
    facts = [_parts(line) for line in comment.splitlines() if re.match(r"(> )?- ", line)]
    assert len(facts) > 10
    assert [fact for fact in facts if any(part not in letters(page.text) for part in fact)] == []
    assert "Stack prod failed" in page.text
    assert "3mandatory2advisory" in re.sub(r"\D*(\d+)\W+(mandatory|advisory).*?", r"\1\2", comment.splitlines()[0])
    assert "mandatory3advisory2" in letters(page.text)
    for each in ("findings", "changes", "estate", "access"):
        assert each in page.values("id")
        assert f"#{each}" in page.values("href")


def _parts(line: str) -> list[str]:
    """A line of the comment, of which the page has the parts in elements of their own."""
    text = re.sub(r"&#(\d+);", lambda found: chr(int(found[1])), re.sub(r"<[^>]+>|\*Fix: |❌", "|", line))
    return [letters(part) for part in re.split(r"[|:(]", text)]


def test_a_change_of_nothing_says_so(clone: Clone) -> None:
    page = ParsedPage(gate_page(clone, "--base", "HEAD", stack="dev"))
    for each in ("Stack dev passed", "Nothing to decide", "no changes"):
        assert each in page.text
    assert "changes" not in ParsedPage(gate_page(clone, "--alone", stack="dev")).values("id")


def test_the_matrix_has_each_row_of_the_access_command(clone: Clone) -> None:
    page = ParsedPage(gate_page(clone, "--alone"))
    table = review(clone.folder, "access", "--stack", "prod", "--format", "markdown").text
    rows = [line.split(" | ")[1:5] for line in table.splitlines() if re.match(r"\| (?!principal|---)", line)]
    assert len(rows) > 20
    assert [each["class"] for tag, each in page.elements if tag == "td"] == [mark for row in rows for mark in row]


def test_the_diagram_has_registries_caches_roles_and_who_uses_them(clone: Clone) -> None:
    stack = "Pulumi.prod.yaml"
    clone.edit(stack, "replicas:\n", "replicas:\n    - {region: eu-central-1, account: workloads, role: deploy}\n")
    clone.edit(
        stack, "  container-registry:repl", "  container-registry:caches: [{upstream: quay}]\n  container-registry:repl"
    )
    page = ParsedPage(gate_page(clone, "--alone"))
    diagram = letters(page.text.partition("Registries 4")[0][-2_000:] + page.text.partition("Registries 4")[2][:3_000])
    for each in (
        "acme/payments-api in environment production", "role prod.acme.payments-api", "quay.io pulled through as quay/",
        "home us-east-1 account 222233334444", "222233334444.dkr.ecr.us-east-1.amazonaws.com",
        "replica eu-central-1 account 555566667777", "555566667777.dkr.ecr.eu-central-1.amazonaws.com",
        "account 888899990000", "prod.creation-templates Makes the repositories",
    ):  # fmt: skip
        assert letters(each) in diagram, each


def test_the_estate_is_that_of_the_render() -> None:
    found = estate(rendered("prod"), matrix_of(rendered("prod"), PROJECT))
    assert (found.home.region, found.home.is_monitored) == ("us-east-1", True)
    assert [each.region for each in found.replicas if each.replicated_to] == ["ap-northeast-1", "eu-west-1"]
    assert {each.repositories for each in (found.home, *found.replicas)} == {len(load(PROJECT, "prod").repositories)}


def test_many_users_are_counted_and_found_in_the_matrix() -> None:
    made = rendered("dev")
    matrix = matrix_of(made, PROJECT)
    [cell, *_] = (each for each in matrix.cells if each.access is Access.PULL and not each.principal.entrants)
    more = [replace(cell, principal=replace(cell.principal, id=str(i), label=f"account {i}")) for i in range(100)]
    page = ParsedPage(to_html(_report(), made, replace(matrix, cells=(*matrix.cells, *more))))
    assert page.values("class").count("node") < 30
    assert re.search(r"and \d+ more in the matrix below", page.text)
    assert page.count("tr") > 100


def test_a_repository_has_what_the_text_has() -> None:
    text = review(PROJECT, "show", "--stack", "prod", "--repository", "data/ingest").text
    page = letters(ParsedPage(show_page(PROJECT, "data/ingest")).text)
    lines = [re.sub("^(Note:|Workflow of)", "", line) for line in text.splitlines()[1:]]
    lines = [line for line in lines if not line.startswith(("  owner ", "Push to", "Pull from"))]
    assert len(lines) > 30
    assert [line for line in lines if letters(line) not in page] == []


# Nothing that a catalog says is read as HTML.


def _leaves(value: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], str]]:
    if isinstance(value, dict | list):
        for key, each in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _leaves(each, (*path, key))
    elif isinstance(value, str):
        yield path, value


def _set(catalog: Any, path: tuple[Any, ...], text: str) -> None:
    for each in path[:-1]:
        catalog = catalog[each]
    catalog[path[-1]] = text


def _plant(folder: Path) -> list[str]:
    """Puts a script into each text of the catalog that can hold one: as the whole text, or at its end."""
    catalog = yaml.safe_load((folder / "catalog.yaml").read_text(encoding="utf-8"))
    catalog["repositories"]["payments/ledger"]["retire"] = {"until": "2027-01-31", "reason": "replaced"}
    forms = {
        path: [text, f"{text}<script>{i}</script>", f"<script>{i}</script>"]
        for i, (path, text) in enumerate(_leaves(catalog))
    }
    again = list(forms)
    while again:
        for path in again:
            _set(catalog, path, forms[path].pop())
        (folder / "catalog.yaml").write_text(yaml.safe_dump(catalog, sort_keys=False), encoding="utf-8")
        refused = _refused(folder)
        again = [path for path, some in forms.items() if some and any(path[: len(each)] == each for each in refused)]
    return [text for _, text in _leaves(catalog) if "<script>" in text]


def _refused(folder: Path) -> set[tuple[Any, ...]]:
    try:
        load(folder, "prod")
    except InvalidSettings as invalid:
        return {each.path for each in invalid.faults}
    return set()


def test_a_script_in_any_text_of_the_catalog_is_text(clone: Clone) -> None:
    clone.edit("Pulumi.prod.yaml", "environments:\n      production: {reviewers: {teams: [4201]}}", "environments: {}")
    planted = _plant(clone.folder)
    assert len(planted) > 12, "patterns of tags, refs, environments and reasons take any text"
    names = yaml.safe_load((clone.folder / "catalog.yaml").read_text(encoding="utf-8"))["repositories"]
    pages = [gate_page(clone, "--base", "HEAD"), *(show_page(clone.folder, each) for each in names)]
    assert [ParsedPage(each).count("script") for each in pages] == [1] * len(pages), "our own"
    text = letters(" ".join(ParsedPage(each).text for each in pages))
    shown = [each for each in planted if letters(each) in text]
    assert len(shown) > 8, "as they are written"


_KEPT = frozenset(
    ("id", "region", "regions", "account", "home", "type", "urn", "urns", "registryId", "stack", "docker")
)
"""What a page looks up, and what is no text of a catalog."""


def _poisoned(value: Any) -> Any:
    """The value with a script at the end of every text in it."""
    if isinstance(value, str) and not isinstance(value, Enum):
        return f"{value}{PLANTED}"
    if isinstance(value, tuple | list):
        return type(value)(map(_poisoned, value))
    if isinstance(value, dict):
        return {name: each if name in _KEPT else _poisoned(each) for name, each in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        texts = {each.name: getattr(value, each.name) for each in fields(value) if each.name not in _KEPT}
        return replace(value, **{name: _poisoned(each) for name, each in texts.items()})
    return value


def _report(**more: Any) -> GateReport:
    return GateReport(stack="prod", resources=400, remarks=(), **more)


def test_every_place_of_a_page_escapes(four: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the settings refuse today: no template prints a text as it is."""
    seen: list[Any] = []

    def kept(*parts: object) -> str:
        seen.extend(parts)
        return ""

    for command in (gate_command, show_command):
        monkeypatch.setattr(command, "page_writer", lambda _: kept)
    gate_page(four, "--base", "HEAD")
    show_page(PROJECT)
    report, made, matrix, found = seen
    one = Remark(kind=RemarkKind.CODE, id="rule", level=Level.ADVISORY, message="m", note="n", fix="f", file="x")
    more = [replace(one, kind=each) for each in RemarkKind if each is not RemarkKind.ACCESS]
    report = replace(report, remarks=(*report.remarks, *more))
    matrix = replace(matrix, repositories={f"{name}{PLANTED}": some for name, some in matrix.repositories.items()})
    for page in (to_html(*map(_poisoned, (report, made, matrix))), show_page_of(_poisoned(found))):
        assert ParsedPage(page).count("script") == 1, "our own"
        assert ParsedPage(page).text.count(PLANTED) > 30


def test_a_plot_escapes_its_labels_and_has_no_style_or_script() -> None:
    drawn = ParsedPage(bars({"yes": {PLANTED: 2, "push": 0}, "if": {PLANTED: 1, "push": 3}}, f'"{PLANTED}'))
    assert PLANTED in drawn.text
    assert {tag for tag, _ in drawn.elements} == {"div", "svg", "defs", "g", "rect", "text"}
    assert not drawn.values("style")
    assert drawn.values("aria-label") == [f'"{PLANTED}']


# One file, which requests nothing.


def test_only_our_own_style_and_script_apply_and_nothing_is_requested(clone: Clone) -> None:
    for page in (gate_page(clone, "--alone"), show_page(PROJECT)):
        [policy] = (each for each in ParsedPage(page).values("content") if "default-src" in each)
        rules = dict(each.split(" ", 1) for each in policy.split("; "))
        assert rules["default-src"] == "'none'"
        for tag in ("style", "script"):
            [inside] = re.findall(f"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
            assert (
                rules[f"{tag}-src"] == f"'sha256-{base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()}'"
            )
        parsed = ParsedPage(page)
        names = {name for _, attributes in parsed.elements for name in attributes}
        assert not [each for each in names if each in ("style", "src", "srcset", "action") or each.startswith("on")]
        assert all(each.startswith("#") for each in parsed.values("href"))
        assert not re.search(r"url\(|@import", page.partition("</style>")[0])


@cases("command", ("gate", "--alone"), ("show", "--repository", "payments/api"))
def test_without_the_packages_of_pages_a_command_says_what_to_install(
    command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    for each in [name for name in sys.modules if name.startswith(("review.page.", "jinja2"))]:
        monkeypatch.delitem(sys.modules, each)
    monkeypatch.setitem(sys.modules, "jinja2", None)
    name, *options = command
    ended = review(PROJECT, name, "--stack", "dev", *options, "--format", "html")
    assert (ended.code, ended.text) == (2, "")
    assert ended.error == "--format html needs jinja2, which is not installed (run `python3 install.py pages`)\n"
