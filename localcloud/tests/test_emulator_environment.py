"""The emulator's environment: made where it is needed first, once, and again when its requirements file changes."""

import subprocess
import sys
from pathlib import Path

import pytest

from localcloud import cloud, emulator_environment
from localcloud.__main__ import serve
from localcloud.emulator_environment import NotInstalled, installed
from localcloud.tests.processes import ROOT

_INSTALL = """
import sys; from pathlib import Path; from localcloud.emulator_environment import installed
print(installed(Path(sys.argv[1]), Path(sys.argv[2])))
"""


@pytest.fixture
def requirements(tmp_path: Path) -> Path:
    file = tmp_path / "requirements-emulator.txt"
    file.write_text("# nothing, so that no package index is requested\n", encoding="utf-8")
    return file


def test_of_two_processes_one_makes_it_and_a_changed_file_makes_it_again(
    tmp_path: Path, requirements: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "emulator"
    command = (sys.executable, "-c", _INSTALL, str(folder), str(requirements))
    both = [
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)
    ]
    answers = [process.communicate(timeout=60) for process in both]
    python = folder / "bin" / "python"
    assert [out for out, _ in answers] == [f"{python}\n"] * 2
    assert sorted(err for _, err in answers) == ["", f"installing the emulator into {folder}, once ...\n"]
    where = subprocess.run((python, "-c", "import sys; print(sys.prefix)"), capture_output=True, text=True, check=True)
    assert where.stdout == f"{folder}\n"

    (folder / "stays").touch()
    assert installed(folder, requirements) == python
    assert capsys.readouterr().err == ""
    assert (folder / "stays").exists()

    requirements.write_text(f"{tmp_path}/absent-1-py3-none-any.whl\n", encoding="utf-8")
    for _ in range(2):  # what failed is not taken for done
        with pytest.raises(NotInstalled) as failure:
            installed(folder, requirements)
        assert str(requirements) in str(failure.value)
        assert "`pip` ended with exit code 1" in str(failure.value)
        assert f"No such file or directory: '{tmp_path}/absent-1-py3-none-any.whl'" in str(failure.value)
    assert not (folder / "stays").exists()


def test_it_is_beside_what_runs_us_and_its_requirements_are_in_the_project() -> None:
    assert Path(sys.prefix) / "emulator" == emulator_environment.FOLDER
    assert emulator_environment.REQUIREMENTS.is_relative_to(ROOT)
    assert "ministack==" in emulator_environment.REQUIREMENTS.read_text(encoding="utf-8")


def test_a_fault_ends_the_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def fail(*_: object) -> Path:
        raise NotInstalled("no index")

    monkeypatch.setattr(cloud, "installed", fail)
    assert serve() == 1
    assert capsys.readouterr().err == "no index\n"
