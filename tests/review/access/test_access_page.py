"""docs/access.md: its matrices are those of the stacks, and nothing else of it is touched."""

from pathlib import Path

import pytest

from bootstrap.template import FILE
from review.access import page
from tests.stacks import ROOT, edited, rendering_once

AROUND = f"# Access\n\n{page.BEGIN}\nold\n{page.END}\n\nafter\n"


@pytest.fixture
def written(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project with its page, written by the command."""
    rendering_once(monkeypatch)
    (project / FILE).parent.symlink_to((ROOT / FILE).parent)
    (project / page.PAGE).parent.mkdir()
    (project / page.PAGE).write_text(AROUND, encoding="utf-8")
    assert page.main([], project) == 0
    return project / page.PAGE


def test_the_matrices_are_written_and_what_is_around_them_stays(written: Path) -> None:
    text = written.read_text(encoding="utf-8")
    assert text.startswith(f"# Access\n\n{page.BEGIN}\n\n<details><summary>Stack dev</summary>")
    assert text.endswith(f"</details>\n\n{page.END}\n\nafter\n")
    assert "old" not in text.splitlines()
    assert text.count("<details>") == text.count("</details>")


@pytest.mark.usefixtures("written")
def test_a_stale_matrix_fails_the_check(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert page.main(["--check"], project) == 0
    edited(project, (str(page.PAGE), "| yes |", "| - |"))
    assert page.main(["--check"], project) == 1
    assert "make access-page" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", page.BEGIN, page.END, f"{page.END}{page.BEGIN}"])
def test_a_page_without_a_place_for_them_is_refused(project: Path, text: str) -> None:
    with pytest.raises(page.NoMarkers):
        page.updated_page(text, project)


def test_faults_in_the_settings_are_reported_and_nothing_is_written(
    written: Path, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = written.read_text(encoding="utf-8")
    edited(project, ("catalog.yaml", "owner: payments", "ownr: payments"))
    assert page.main([], project) == 2
    assert "'ownr' is not a known key" in capsys.readouterr().err
    assert written.read_text(encoding="utf-8") == before
