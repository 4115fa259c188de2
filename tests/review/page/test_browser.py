"""The pages in Chromium: at a telephone's and a wide screen's width, light and dark, by the keyboard, on paper."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from review.access.command import matrix_of
from review.access.matrix import Matrix
from review.gate.remarks import GateReport
from review.page.gate_page import to_html
from tests.cases import cases
from tests.review.clones import Clone, review
from tests.review.page.browser import PROGRAM, Tab, chromium
from tests.stacks import PROJECT, rendered

pytestmark = [pytest.mark.browser, pytest.mark.skipif(PROGRAM is None, reason="chromium is not on PATH")]

NARROW, MIDDLE, WIDE = 400, 1200, 1600
LOOKS = Path(__file__).with_name("looks.js").read_text(encoding="utf-8")
ROWS = 'document.querySelectorAll(".grid tbody:not([hidden]) tr:not(.repository):not([hidden])").length'
SAID = 'document.querySelector(".filters output").textContent'


@pytest.fixture(scope="module")
def tab() -> Iterator[Tab]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def gate(four: Clone, tmp_path: Path) -> Path:
    return written(tmp_path, four.gate("--base", "HEAD", "--format", "html", stack="prod").text)


@pytest.fixture
def show(tmp_path: Path) -> Path:
    ended = review(PROJECT, "show", "--stack", "prod", "--repository", "payments/api", "--format", "html")
    return written(tmp_path, ended.text)


def written(folder: Path, page: str) -> Path:
    (folder / "page.html").write_text(page, encoding="utf-8")
    return folder / "page.html"


@cases("page", "gate", "show")
def test_it_is_read_at_both_widths_light_and_dark(tab: Tab, page: str, request: pytest.FixtureRequest) -> None:
    file: Path = request.getfixturevalue(page)
    grounds = set()
    for width in (NARROW, MIDDLE, WIDE):
        for scheme in ("light", "dark"):
            tab.open(file, width, scheme)
            assert tab.value("document.documentElement.scrollWidth") == width, (width, "it scrolls to the side")
            for fault in ("outside", "small", "pale"):
                assert tab.value(f"(() => {{ {LOOKS} return {fault}(); }})()") == [], (fault, width, scheme)
            assert tab.requested == [file.as_uri()]
            assert tab.reported == []
            assert tab.picture().startswith(b"\x89PNG")
            grounds.add(tab.value("getComputedStyle(document.body).backgroundColor"))
    assert len(grounds) == 2, "light and dark"


def test_the_policy_refuses_what_is_not_ours(tab: Tab, show: Path) -> None:
    for code in (
        'document.body.insertAdjacentHTML("beforeend", "<img src=//acme.example/x onerror=alert(1)>")',
        'document.body.insertAdjacentHTML("beforeend", "<p style=color:red>red</p>")',
        'document.head.append(Object.assign(document.createElement("style"), {textContent: "p {color: red}"}))',
        'document.head.append(Object.assign(document.createElement("script"), {textContent: "window.planted = 1"}))',
        'fetch("https://acme.example/").catch(() => 0)',
    ):
        tab.open(show, WIDE)
        tab.value(f"{{ {code}; new Promise((done) => setTimeout(done, 50)) }}")
        assert any("Content Security Policy" in each for each in tab.reported), code
        assert tab.value("window.planted ?? 0") == 0
        assert tab.loaded == [show.as_uri()]


def test_the_matrix_filters_by_the_keyboard_alone(tab: Tab, gate: Path) -> None:
    tab.open(gate, WIDE)
    every = tab.value(ROWS)
    tab.press("/PAY")
    assert tab.value("document.activeElement.name") == "repository"
    of_payments = tab.value(ROWS)
    assert 0 < of_payments < every
    assert tab.value(SAID) == f"{of_payments} rows of 2 repositories"
    tab.press("\taccount")
    assert 0 < tab.value(ROWS) < of_payments
    tab.press("\x1b")
    assert tab.value(f"new Promise((done) => setTimeout(() => done({ROWS}), 50))") == every
    tab.press("\t\t ")
    assert tab.value("document.activeElement.parentElement.textContent.trim()") == "push"
    pushed = tab.value(ROWS)
    assert pushed == tab.value(
        'document.querySelectorAll(".grid td.yes:nth-child(3), .grid td.if:nth-child(3)").length'
    )
    tab.press("\t ")
    assert tab.value(ROWS) == pushed, "delete: no one more"
    assert tab.value("getComputedStyle(document.activeElement.parentElement).outlineStyle") == "solid"


def test_on_paper_it_is_light_and_whole(tab: Tab, gate: Path) -> None:
    tab.open(gate, WIDE, "dark")
    tab.media("dark", "print")
    tab.value('dispatchEvent(new Event("beforeprint"))')
    assert tab.value('getComputedStyle(document.querySelector(".filters")).display') == "none"
    assert tab.value('document.querySelectorAll("details:not([open])").length') == 0
    assert tab.value('getComputedStyle(document.querySelector(".card")).backgroundColor') == "rgb(255, 255, 255)"
    tab.media("light")


def test_a_line_is_copied(tab: Tab, show: Path) -> None:
    tab.call("Browser.grantPermissions", permissions=["clipboardReadWrite", "clipboardSanitizedWrite"])
    tab.open(show, WIDE)
    tab.call("Page.bringToFront")
    tab.value('document.querySelector(".copy").click()')
    copied = tab.value("new Promise((done) => setTimeout(done, 100)).then(() => navigator.clipboard.readText())")
    assert copied == "222233334444.dkr.ecr.us-east-1.amazonaws.com/payments/api"


def test_a_thousand_repositories_stay_usable(tab: Tab, tmp_path: Path) -> None:
    made = rendered("prod")
    report = GateReport(stack="prod", resources=4_000, remarks=())
    tab.open(written(tmp_path, to_html(report, made, _larger(matrix_of(made, PROJECT), 1_000))), WIDE)
    assert tab.value("document.querySelectorAll('.grid tr').length") > 5_000
    tab.press("/")
    took = "performance.now() - window.began"
    for text in ("7", "77", "\x1b"):
        tab.value("window.began = performance.now()")
        tab.press(text)
        assert tab.value(f"new Promise((done) => requestAnimationFrame(() => setTimeout(() => done({took}))))") < 1_000
    tab.press("team-777/")
    assert tab.value(SAID).endswith(" of 1 repository")


def _larger(matrix: Matrix, count: int) -> Matrix:
    """With copies of one repository's rows under other names."""
    cells = matrix.of("payments/api").cells
    names = [f"team-{number}/api" for number in range(count)]
    return replace(
        matrix,
        repositories=dict.fromkeys(names, matrix.repositories["payments/api"]),
        cells=tuple(replace(cell, repository=name) for name in names for cell in cells),
    )
