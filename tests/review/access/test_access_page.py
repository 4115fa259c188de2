"""docs/access.md: its matrices are those of the stacks, and nothing else of it is touched."""

from pathlib import Path

import pytest

from review.access import page


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the page."""
    copy = tmp_path / "access.md"
    copy.write_text(page.FILE.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(page, "FILE", copy)
    return copy


def test_the_page_shows_who_may_do_what_now() -> None:
    assert page.main(["--check"]) == 0


def test_a_stale_matrix_is_told_and_written_anew(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sound = file.read_text(encoding="utf-8")
    file.write_text(sound.replace("| yes |", "| - |", 1), encoding="utf-8")
    assert page.main(["--check"]) == 1
    assert "make access-page" in capsys.readouterr().err
    assert page.main([]) == 0
    assert file.read_text(encoding="utf-8") == sound


def test_what_people_wrote_around_it_stays() -> None:
    text = page.written(f"before\n\n{page.BEGIN}\nold\n{page.END}\n\nafter\n")
    assert text.startswith(f"before\n\n{page.BEGIN}\n\n<details><summary>Stack dev</summary>")
    assert text.endswith(f"</details>\n\n{page.END}\n\nafter\n")
    assert "old" not in text.splitlines()
    assert text.count("<details>") == text.count("</details>")


@pytest.mark.parametrize("text", ["", page.BEGIN, page.END, f"{page.END}{page.BEGIN}"])
def test_a_page_without_a_place_for_them_is_refused(text: str) -> None:
    with pytest.raises(page.NoMarkers):
        page.written(text)
