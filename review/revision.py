"""Another revision of the project: its files in a folder, and the output of its own code."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from render.as_json import InvalidRender, from_json
from render.output import FAULTY_INPUT
from render.resource import Render
from settings.files.configuration import stack_file

_SYMLINK = "120000"
# A git hook points these at the repository it runs in, and python's at our own code: neither may reach the other side.
_NOT_PASSED_ON = frozenset(
    ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "PYTHONPATH", "PYTHONHOME", "PYTHONSAFEPATH")
)


class RevisionFault(Exception):
    """A revision that can't be read or rendered; the text has the reason and the fix."""


def base_render(project: Path, revision: str, stack: str) -> Render | None:
    """What that revision's own code declares for the stack; None where it has no such stack."""
    with checked_out(project, revision) as folder:
        try:
            return rendered_by(folder, stack)
        except RevisionFault as fault:
            raise RevisionFault(f"{revision}: {fault}") from fault


def rendered_by(folder: Path, stack: str) -> Render | None:
    """What the folder's own code declares for the stack; None where it has no such stack."""
    if not (folder / "Pulumi.yaml").is_file() or not (folder / stack_file(stack)).is_file():
        return None
    try:
        return from_json(run_review(folder, ["render", "--stack", stack, "--format", "json"]))
    except InvalidRender as invalid:
        raise RevisionFault(f"what its code prints {invalid}") from invalid


def changed_files(project: Path, revision: str, but: Sequence[str]) -> list[str]:
    """The project's files that differ from that revision, new ones included, but for those that the patterns name."""
    paths = ["--", ".", *(f":(exclude,glob){each}" for each in but)]
    options = ("--name-only", "-z", "--relative", "--no-renames", "--end-of-options")
    tracked = _git(project, "diff", *options, revision, *paths)
    if tracked.returncode != 0:
        raise RevisionFault(f"{revision} can't be compared with: {tracked.stderr.strip()} (fetch it first)")
    new = _git(project, "ls-files", "--others", "--exclude-standard", "-z", *paths)
    return sorted({*tracked.stdout.split("\0"), *new.stdout.split("\0")} - {""})


def has_project(project: Path, revision: str) -> bool:
    """Whether git has the project in that revision."""
    try:
        return _git(project, "cat-file", "-e", f"{revision}:./Pulumi.yaml").returncode == 0
    except RevisionFault:
        return False


def commits_since(project: Path, revision: str, file: Path) -> Iterator[tuple[str, str]]:
    """The commits since that revision that change a file of the project, the first one first, each with its text."""
    options = ("--reverse", "--format=%h", "--end-of-options", f"{revision}..HEAD")
    for commit in _git(project, "log", *options, "--", file.as_posix()).stdout.split():
        yield commit, _git(project, "show", "--end-of-options", f"{commit}:./{file.as_posix()}").stdout


@contextmanager
def checked_out(project: Path, revision: str) -> Iterator[Path]:
    """The project's folder as it was in that revision; nothing of it stays, in the repository or elsewhere."""
    repository, prefix = _repository(project)
    commit = _commit(repository, revision)
    with tempfile.TemporaryDirectory(prefix="container-registry-base-") as temporary:
        _extract(repository, commit, prefix, Path(temporary))
        folder = Path(temporary) / prefix
        if not folder.is_dir():
            raise RevisionFault(f"{revision} has no folder {prefix} (name a later revision)")
        yield folder


def place_in_repository(project: Path) -> str:
    """The project's folder in its repository, with a slash behind it; empty at the top."""
    return _repository(project)[1]


def run_review(folder: Path, arguments: Sequence[str], *, passing: Sequence[int] = (0,)) -> str:
    """The standard output of `python -m review …` by the folder's own code, and nothing of ours."""
    if not (folder / "review" / "__main__.py").is_file():
        raise RevisionFault("it has no `review` to render it with (name a later revision)")
    own = folder / ".venv" / "bin" / "python"
    interpreter = str(own) if own.exists() else sys.executable
    ran = subprocess.run(  # noqa: S603  the code is the project's own, of a revision that the caller names
        [interpreter, "-m", "review", *arguments],
        cwd=folder,
        env=_environment(),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if ran.returncode == FAULTY_INPUT and not ran.stderr.startswith("usage:"):
        raise RevisionFault(f"its own code refuses (mend that first, or name another revision)\n{ran.stderr.strip()}")
    if ran.returncode not in passing:
        message = f"its `python -m review {' '.join(arguments)}` ended with {ran.returncode}"
        raise RevisionFault(f"{message} (see what it said)\n{ran.stderr.strip()}")
    return ran.stdout


def _repository(project: Path) -> tuple[Path, str]:
    """The repository's top folder, and the project's path in it."""
    ran = _git(project, "rev-parse", "--show-toplevel", "--show-prefix")
    if ran.returncode != 0:
        reason = ran.stderr.strip().removeprefix("fatal: ")
        raise RevisionFault(f"{project.resolve()}: no revision can be read: {reason} (run it inside a git clone)")
    top, _, prefix = ran.stdout.partition("\n")
    return Path(top), prefix.strip()


def _commit(repository: Path, revision: str) -> str:
    ran = _git(repository, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    if ran.returncode == 0:
        return ran.stdout.strip()
    shallow = _git(repository, "rev-parse", "--is-shallow-repository").stdout.strip() == "true"
    if shallow:
        fix = "this clone is shallow: `git fetch --unshallow`, or fetch-depth: 0 in the workflow's checkout"
    else:
        fix = "name a branch, tag or commit that `git log` shows, or fetch it first"
    raise RevisionFault(f"{revision!r} is not a revision of {repository} ({fix})")


def _extract(repository: Path, commit: str, prefix: str, into: Path) -> None:
    """Exactly what the commit holds: `git archive` leaves out what a .gitattributes marks export-ignore."""
    listed = _git(repository, "ls-tree", "-r", "-z", "--full-tree", commit, "--", prefix or ".")
    entries = [entry.partition("\t") for entry in listed.stdout.split("\0") if entry]
    files = [(head.split(), name) for head, _, name in entries if " blob " in head]
    contents = _contents(repository, commit, [words[2] for words, _ in files])
    for ((mode, *_), name), content in zip(files, contents, strict=True):
        file = into / name
        if not file.resolve().is_relative_to(into.resolve()):
            raise RevisionFault(f"{commit} holds {name!r}, which leads out of it (remove it in a later revision)")
        file.parent.mkdir(parents=True, exist_ok=True)
        if mode == _SYMLINK:
            file.symlink_to(content.decode("utf-8", "surrogateescape"))
        else:
            file.write_bytes(content)


def _contents(repository: Path, commit: str, objects: Sequence[str]) -> Iterator[bytes]:
    ran = subprocess.run(  # noqa: S603
        ["git", "-C", str(repository), "cat-file", "--batch"],  # noqa: S607  the user's own git
        input="".join(f"{each}\n" for each in objects).encode(),
        env=_environment(),
        capture_output=True,
        check=False,
    )
    place = 0
    for each in objects:
        end = ran.stdout.find(b"\n", place)
        head = ran.stdout[place:end].split()
        if end < 0 or head[1:2] != [b"blob"]:
            missing = f"{commit} can't be read: {each} is missing"
            raise RevisionFault(f"{missing} (a partial clone? fetch the revision first)")
        start = end + 1
        place = start + int(head[2]) + 1
        yield ran.stdout[start : place - 1]


def _git(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(  # noqa: S603
            ["git", "-C", str(folder), *arguments],  # noqa: S607  the user's own git
            env=_environment(),
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            check=False,
        )
    except FileNotFoundError as missing:
        raise RevisionFault("there is no `git` on PATH (install it)") from missing


def _environment() -> Mapping[str, str]:
    passed_on = {name: value for name, value in os.environ.items() if name not in _NOT_PASSED_ON}
    # A revision's folder goes again: its bytecode would stay behind where that is kept elsewhere (PYTHONPYCACHEPREFIX).
    return {**passed_on, "PYTHONDONTWRITEBYTECODE": "1"}
