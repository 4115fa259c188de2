"""`python3 install.py [EXTRA]`: makes .venv, and installs into it what pyproject.toml names, by uv or else by pip.

An older Python is refused in one line: before the version is known, nothing here needs more than Python 3.7.
`python3 install.py --requirements` writes requirements.txt, which Pulumi's engine reads; `--check` compares it.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

OLDEST = (3, 11)
PIP = "pip>=26"
ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
REQUIREMENTS = ROOT / "requirements.txt"
_HEAD = "# Written by `make requirements` from pyproject.toml: don't edit.\n"
_OWN = re.compile(r"container-registry\[(.+)\]")
_CLUSTERS = re.compile(
    r"""^[^#\n]*[\s{,"'][\w-]+:clusters["']?[ \t]*:(?![ \t]*(\[[ \t]*\]|~|null)[ \t]*$)""", re.MULTILINE
)
"""Where a stack's file declares clusters; without a YAML parser, which is not there yet."""
_FOR = {
    "": "the program",
    "clusters": "clusters",
    "pages": "pages for a browser",
    "ops": "`python -m ops`",
    "rehearsal": "the rehearsal",
    "dev": "the checks and tests",
}
"""What each extra is for."""


class StepFailed(Exception):
    """A step of the installation ended with an error, which it printed itself."""


def packages(extra: str) -> list[str]:
    """What pyproject.toml names for the program and its stacks, and for the extra with those that it includes."""
    import tomllib  # noqa: PLC0415  newer than the Pythons that are refused

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    found, left = list(project["dependencies"]), [extra] if extra else []
    left += ["clusters"] if _declares_clusters() else []
    while left:
        for each in project["optional-dependencies"][left.pop()]:
            own = _OWN.fullmatch(each)
            (left if own else found).append(own[1] if own else each)
    return list(dict.fromkeys(found))


def _declares_clusters() -> bool:
    return any(_CLUSTERS.search(each.read_text(encoding="utf-8")) for each in ROOT.glob("Pulumi.*.yaml"))


def install(extra: str, venv: Path = VENV) -> None:
    """Installs the packages unless exactly these are there; raises StepFailed."""
    wanted, done = packages(extra), _stamp(venv, extra)
    if not done.is_file() or done.read_text(encoding="utf-8") != _digest(extra):
        begun, uv = time.monotonic(), shutil.which("uv")
        print(f"installing {_FOR[extra]} into {venv.name} by {'uv' if uv else 'pip'} ...", file=sys.stderr, flush=True)
        for step in _steps(wanted, venv, uv):
            if subprocess.run(step, check=False).returncode:  # noqa: S603  our own steps
                raise StepFailed(f"`{' '.join(step[:4])} …` failed: mend what it says above, then start again")
        print(f"installed in {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
    for each in _FOR:  # what an extra includes is installed with it
        if set(packages(each)) <= set(wanted):
            _stamp(venv, each).write_text(_digest(each), encoding="utf-8")


def _steps(wanted: list[str], venv: Path, uv: str | None) -> list[list[str]]:
    """Nothing is compiled beforehand: Python compiles what a command imports, and of pulumi_aws that is little."""
    python = str(venv / "bin" / "python")
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
    if uv:
        made = [[uv, "venv", "--quiet", "--seed", "--python", sys.executable, str(venv)]]
        install = [uv, "pip", "install", "--quiet", "--python", python]
    elif find_spec("pip"):
        # A newer pip first, which takes half the time of those that come with Python, by the pip that is there.
        made = [[sys.executable, "-m", "venv", "--without-pip", str(venv)]]
        made.append([sys.executable, "-I", "-m", "pip", "--python", python, *install[3:], PIP])
    else:
        made = [[sys.executable, "-m", "venv", str(venv)], [*install, PIP]]
    ready = venv / "bin" / ("python" if uv else "pip")  # the last that is made
    return [*([] if ready.exists() else made), [*install, *wanted]]


def _stamp(venv: Path, extra: str) -> Path:
    """Holds the digest of what is installed; make compares its age with pyproject.toml's."""
    return venv / f".{extra or 'run'}"


def _digest(extra: str) -> str:
    return hashlib.sha256("\n".join(packages(extra)).encode()).hexdigest()


def requirements() -> str:
    return _HEAD + "".join(f"{each}\n" for each in packages(""))


def main(arguments: list[str]) -> int:
    if sys.version_info < OLDEST:
        version, oldest = sys.version.split()[0], ".".join(map(str, OLDEST))
        sys.exit(f"{sys.executable} is Python {version}: {oldest} or newer is needed (make PYTHON=python{oldest} ...)")
    if arguments[:1] != ["--requirements"]:
        try:
            install(arguments[0] if arguments else "")
        except StepFailed as failed:
            sys.exit(str(failed))
    elif "--check" not in arguments:
        REQUIREMENTS.write_text(requirements(), encoding="utf-8")
    elif REQUIREMENTS.read_text(encoding="utf-8") != requirements():
        sys.exit("requirements.txt is not what pyproject.toml names: run `make requirements` and commit it")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
