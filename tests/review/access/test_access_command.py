"""`python -m review access` as people and pipelines call it."""

import json
import subprocess
from pathlib import Path

import pytest

from review.__main__ import main
from tests.conftest import ROOT
from tests.review.plan.changed import Edit, edited, written

PULL: Edit = ("catalog.yaml", "{account: workloads}, {org", "{account: data-platform}, {org")


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone whose commit is another revision than its files: the code is a link, since it is the same."""
    folder = written(tmp_path_factory.mktemp("clone") / "project")
    for package in ("domain", "resources", "settings", "components", "policies", "review", "bootstrap"):
        (folder / package).symlink_to(ROOT / package)
    _git(folder, "init", "--quiet", "--initial-branch=main")
    _git(folder, "add", "--all")
    _git(folder, "commit", "--quiet", "--message", "all")
    return edited(folder, PULL)


def _git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=acme", "-c", "user.email=registry@acme.example", "-c", "commit.gpgsign=false")
    subprocess.run(["git", "-C", str(folder), *identity, *arguments], check=True, capture_output=True)


def access(capsys: pytest.CaptureFixture[str], *arguments: str, stack: str = "dev") -> tuple[int, str, str]:
    code = main(["access", "--stack", stack, *arguments])
    told = capsys.readouterr()
    return code, told.out, told.err


def test_one_repository(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = access(capsys, "--project", str(ROOT), "--repository", "payments/ledger", "--format", "json")
    cells = json.loads(out)["cells"]
    assert code == 0
    assert {each["repository"] for each in cells} == {"payments/ledger"}
    assert cells


@pytest.mark.parametrize(
    ("arguments", "stack", "told"),
    [
        (["--repository", "payments/apy"], "dev", "no repository 'payments/apy' (did you mean 'payments/api'?)"),
        ([], "dve", "'dve' is no stack of this project (did you mean 'dev'?)"),
        (["--base", "no-such-revision"], "dev", "'no-such-revision' is no revision of"),
    ],
)
def test_what_it_cannot_be_told(
    capsys: pytest.CaptureFixture[str], arguments: list[str], stack: str, told: str
) -> None:
    code, out, error = access(capsys, "--project", str(ROOT), *arguments, stack=stack)
    assert (code, out) == (2, "")
    assert told in error


def test_a_format_that_it_does_not_have(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        access(capsys, "--format", "text")
    assert "invalid choice: 'text'" in capsys.readouterr().err


@pytest.mark.parametrize("form", ["table", "markdown", "json"])
def test_beside_a_revision(capsys: pytest.CaptureFixture[str], changed: Path, form: str) -> None:
    code, out, error = access(capsys, "--project", str(changed), "--base", "HEAD", "--format", form)
    assert (code, error) == (0, "")
    lines = ["account 777788889999 can now pull", "account 444455556666 can no longer pull"]
    assert [out.count(line) for line in lines] == [1, 1]


def test_beside_a_revision_one_repository(capsys: pytest.CaptureFixture[str], changed: Path) -> None:
    arguments = ("--project", str(changed), "--base", "HEAD", "--repository")
    assert "can now pull `payments/api`" in access(capsys, *arguments, "payments/api")[1]
    assert "Nobody can do more or less than before." in access(capsys, *arguments, "storefront/web")[1]
    code, _, error = access(capsys, *arguments, "storefront/wep")
    assert (code, error.count("did you mean 'storefront/web'?")) == (2, 1)
