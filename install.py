"""`python3 install.py [EXTRA]`: makes .venv, and installs into it what pyproject.toml names, by uv or else by pip.

An older Python is refused in one line: until the version was looked at, nothing here needs more than Python 3.7.
`python3 install.py --requirements` writes requirements.txt, which Pulumi's engine reads; `--check` compares it.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

OLDEST = (3, 11)
ROOT = Path(__file__).resolve().parent
REQUIREMENTS = ROOT / "requirements.txt"
HEAD = "# Written by `make requirements` from pyproject.toml: don't edit.\n"
_OWN = re.compile(r"container-registry\[(.+)\]")
_FOR = {"": "the program", "ops": "`python -m ops`", "rehearsal": "the rehearsal", "dev": "the checks and tests"}


def packages(extra: str) -> list[str]:
    """What pyproject.toml names for the program, and for the extra with those that it includes."""
    import tomllib  # noqa: PLC0415  newer than the Pythons that are refused

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    def named(extra: str) -> list[str]:
        found = []
        for each in project["optional-dependencies"][extra]:
            own = _OWN.fullmatch(each)
            found += named(own.group(1)) if own else [each]
        return found

    return [*project["dependencies"], *(named(extra) if extra else [])]


def install(extra: str, venv: Path) -> None:
    """Once for each list of packages: what is installed already costs a look at the list."""
    wanted, done = packages(extra), _stamp(venv, extra)
    if not done.is_file() or done.read_text(encoding="utf-8") != _digest(extra):
        begun = time.monotonic()
        uv, python = shutil.which("uv"), str(venv / "bin" / "python")
        how = "uv" if uv else "pip"
        print(f"installing {_FOR[extra]} into {venv.name} by {how}, once ...", end="", file=sys.stderr, flush=True)
        if not Path(python).exists():
            _run([uv, "venv", "--quiet", "--seed", "--python", sys.executable, str(venv)] if uv else [sys.executable, "-m", "venv", str(venv)])
        # Nothing is compiled beforehand: Python compiles what a command imports, once, and most is never imported.
        if uv:
            _run([uv, "pip", "install", "--quiet", "--python", python, *wanted])
        else:
            _run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile", *wanted])
        print(f" {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
    for each in _FOR:  # what an extra includes is installed with it
        if set(packages(each)) <= set(wanted):
            _stamp(venv, each).write_text(_digest(each), encoding="utf-8")


def _stamp(venv: Path, extra: str) -> Path:
    """Holds the digest of the packages that are installed; make compares its age with pyproject.toml's."""
    return venv / f".{extra or 'run'}"


def _digest(extra: str) -> str:
    return hashlib.sha256("\n".join(packages(extra)).encode()).hexdigest()


def _run(command: list[str]) -> None:
    ended = subprocess.run(command, check=False)  # noqa: S603  our own steps
    if ended.returncode:
        sys.exit(f"\n`{' '.join(command[:4])} …` ended with exit code {ended.returncode}: see above, mend that, and start again")


def requirements() -> str:
    return HEAD + "".join(f"{each}\n" for each in packages(""))


def main(arguments: list[str]) -> int:
    if sys.version_info < OLDEST:
        version, oldest = sys.version.split()[0], ".".join(map(str, OLDEST))
        print(f"{sys.executable} is Python {version}: {oldest} or newer is needed (make PYTHON=python{oldest} …)", file=sys.stderr)
        return 2
    if "--check" in arguments:
        if REQUIREMENTS.read_text(encoding="utf-8") == requirements():
            return 0
        print("requirements.txt is not what pyproject.toml names: run `make requirements` and commit it", file=sys.stderr)
        return 1
    if "--requirements" in arguments:
        REQUIREMENTS.write_text(requirements(), encoding="utf-8")
        return 0
    install(arguments[0] if arguments else "", ROOT / ".venv")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
