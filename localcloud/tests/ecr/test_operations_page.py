"""The table of ECR's operations: each once, and the page that holds it is written and compared."""

import re
from pathlib import Path

import pytest

from localcloud.ecr import operations_page
from localcloud.ecr.control_plane import OPERATIONS, STORED
from localcloud.ecr.operations_page import BEGIN, END, main, operations_table
from localcloud.protocols import service_model


def test_every_operation_of_the_api_has_one_place() -> None:
    rows = operations_table().splitlines()[2:]
    enforced, stored, refused = (re.findall(r"[A-Z][A-Za-z]+(?=[,\s])", row.rpartition(" | ")[2]) for row in rows)
    assert set(stored) == set(STORED)
    assert set(enforced) | set(stored) == set(OPERATIONS)
    assert sorted((*enforced, *stored, *refused)) == sorted(service_model("ecr").operation_names)
    for each, row in zip((enforced, stored, refused), rows, strict=True):
        assert f"| {len(each)} |" in row


def test_the_page_is_written_once_and_then_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", encoding="utf-8")
    monkeypatch.setattr(operations_page, "PAGE", page)
    assert main(["--check"]) == 1
    assert "make operations-page" in capsys.readouterr().err
    assert (main([]), main(["--check"])) == (0, 0)
    text = page.read_text(encoding="utf-8")
    assert text == f"before\n{BEGIN}\n\n{operations_table()}\n\n{END}\nafter\n"
