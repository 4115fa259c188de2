"""The emulator's own virtual environment, beside what runs us: `.venv/emulator`. Its pins bind no other package.

`make` installs it by `python -m localcloud.emulator_environment`, and without make the first start of a local cloud
does.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

REQUIREMENTS = Path(__file__).with_name("requirements-emulator.txt")
FOLDER = Path(sys.prefix) / "emulator"
_DONE = ".done"
"""Holds the hash of the requirements file that is installed; it is written last."""
_TAIL = 5


class NotInstalled(Exception):
    """The emulator can't be installed; the text has the file, the step that failed, and its last words."""


def installed(folder: Path, requirements: Path) -> Path:
    """The environment's interpreter; raises NotInstalled.

    It is installed first where it is missing, or was installed from another text of the file."""
    done, wanted = folder / _DONE, hashlib.sha256(requirements.read_bytes()).hexdigest()
    if not _holds(done, wanted):
        with _alone(folder.parent):
            if not _holds(done, wanted):  # another process may have been faster
                print(f"installing the emulator into {folder}, once ...", file=sys.stderr, flush=True)
                _install(folder, requirements)
                done.write_text(wanted, encoding="utf-8")
    return _python(folder)


def _holds(done: Path, wanted: str) -> bool:
    return done.is_file() and done.read_text(encoding="utf-8") == wanted


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One process at a time; the lock ends with the process that holds it, however that ends."""
    lock = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _install(folder: Path, requirements: Path) -> None:
    # -I: no PYTHON* variable of the user's decides what is installed. Without uv, pip is our own.
    ours, python, uv = (sys.executable, "-I", "-m"), str(_python(folder)), shutil.which("uv")
    pip = (*ours, "pip", "--python", python, "install", "--disable-pip-version-check", "--no-compile")
    tool = (uv, "--quiet", "--no-progress", "pip", "install", "--python", python) if uv else (*pip, "--quiet")
    for step in ((*ours, "venv", "--clear", "--without-pip", str(folder)), (*tool, "--requirement", str(requirements))):
        ended = subprocess.run(  # noqa: S603 - our own steps
            step, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", check=False
        )
        if ended.returncode:
            last = "\n".join(ended.stdout.splitlines()[-_TAIL:])
            raise NotInstalled(
                f"{requirements} can't be installed into {folder}: `{step[3]}` ended with exit code "
                f"{ended.returncode}:\n{last}\nMend that (is pip's package index reachable?), then start again."
            )


def _python(folder: Path) -> Path:
    return folder / "bin" / "python"


if __name__ == "__main__":
    try:
        installed(FOLDER, REQUIREMENTS)
    except NotInstalled as failure:
        sys.exit(str(failure))
