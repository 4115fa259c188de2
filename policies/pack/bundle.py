"""`python -m policies.pack.bundle FOLDER`: the pack as a folder of its own, for other Pulumi projects."""

import shutil
import sys
from pathlib import Path

from policies.pack.levels import FOLDER

ROOT = FOLDER.parent
PACKAGES = ("policies", "resources", "domain")
NEEDED = ("pulumi", "pulumi_policy", "pydantic")
"""The packages that the pack imports, with the versions of requirements.txt."""

_VIRTUALENV = "venv"
_README = """\
# The policy pack of container-registry

Rules for container registries on AWS; policies/README.md describes each.

    pulumi install

creates the pack's virtual environment (`{virtualenv}/`, from requirements.txt). Run it first, in this folder: without
it, the engine hangs when it starts the pack. Then, in the folder of a Pulumi project:

    pulumi preview --stack STACK --policy-pack {name} --policy-pack-config {name}/policies/prod.json

`policies/prod.json` and `policies/dev.json` set the level, parameters and exceptions of each rule.
"""


def bundle(folder: Path) -> None:
    """Writes the pack to a folder that is empty or holds a pack."""
    if folder.exists() and any(folder.iterdir()) and not (folder / "PulumiPolicy.yaml").is_file():
        raise FileExistsError(f"{folder} is not empty and not a policy pack (choose another folder)")
    for package in PACKAGES:
        shutil.rmtree(folder / package, ignore_errors=True)
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("PulumiPolicy.yaml", "__main__.py"):
        (folder / PACKAGES[0] / name).unlink()
    project = (FOLDER / "PulumiPolicy.yaml").read_text(encoding="utf-8")
    _write(folder / "PulumiPolicy.yaml", project.replace("../.venv", _VIRTUALENV))
    _write(folder / "__main__.py", (FOLDER / "__main__.py").read_text(encoding="utf-8"))
    _write(folder / "requirements.txt", _requirements())
    _write(folder / "README.md", _README.format(virtualenv=_VIRTUALENV, name=folder.resolve().name))


def _requirements() -> str:
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return "".join(f"{line}\n" for line in lines if line.partition("==")[0] in NEEDED)


def _write(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print("usage: python -m policies.pack.bundle FOLDER", file=sys.stderr)
        return 2
    try:
        bundle(Path(arguments[0]))
    except OSError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{arguments[0]}: run `pulumi install` there, then pass the folder to --policy-pack")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
