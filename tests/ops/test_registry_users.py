"""Users of a registry of one's own: bcrypt, atomic, and no password anywhere but in its place."""

import io
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from types import ModuleType

import bcrypt
import pytest

from domain.selfhosted.htpasswd import users_in
from ops.__main__ import main
from ops.registry.private_files import one_writer, write_private
from tests.cases import case, cases
from tests.stacks import ROOT

CANARY = "canary-of-a-password"
OLD = "# ours\nbob:$apr1$x$y\ncarol:$2y$05$abcdefghijklmnopqrstuuw1Bp6tyl9qXUMa3oNPoAEzrXMXK4p0m\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "htpasswd"


def user(monkeypatch: pytest.MonkeyPatch, file: Path, *words: str, given: bytes = f"{CANARY}\n".encode()) -> int:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given)))
    return main(["registry", "user", *words, "--file", str(file)])


def test_a_user_comes_gets_another_password_and_goes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], file: Path
) -> None:
    file.write_text(OLD, encoding="utf-8")
    assert user(monkeypatch, file, "add", "alice") == 0
    first = users_in(file.read_text(encoding="utf-8"))["alice"]
    assert bcrypt.checkpw(CANARY.encode(), first.encode())
    assert user(monkeypatch, file, "rotate", "alice", given=b"another-password") == 0
    second = users_in(file.read_text(encoding="utf-8"))["alice"]
    assert bcrypt.checkpw(b"another-password", second.encode())
    assert (file.stat().st_mode & 0o777, list(file.parent.iterdir())) == (0o600, [file])
    assert user(monkeypatch, file, "remove", "alice") == 0
    assert file.read_text(encoding="utf-8") == OLD
    said = capsys.readouterr()
    assert CANARY not in said.out + said.err
    assert said.err.count("bob can't log in: the registry takes bcrypt alone") == 3


def test_a_password_that_is_made_is_shown_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], file: Path
) -> None:
    assert user(monkeypatch, file, "add", "alice", "--generate", given=b"") == 0
    said = capsys.readouterr()
    password = said.out.removesuffix("\n")
    assert len(password) == 32
    assert password not in said.err
    assert bcrypt.checkpw(password.encode(), users_in(file.read_text(encoding="utf-8"))["alice"].encode())


@cases(
    "words, given, message",
    case("there already", ["add", "carol"], b"12345678", "'carol' is a user of the file already (write `rotate`"),
    case("not there", ["rotate", "carl"], b"12345678", "'carl' is not a user of the file (did you mean 'carol'?)"),
    case("no such user to remove", ["remove", "dave"], b"", "'dave' is not a user of the file (known: bob, carol)"),
    case("colon", ["add", "a:b"], b"12345678", "the user 'a:b' is not a valid user (write one word"),
    case("comment", ["add", "#a"], b"12345678", "is not a valid user"),
    case("new line", ["add", "a\nb"], b"12345678", "is not a valid user"),
    case("no password", ["add", "alice"], b"\n", "the password is missing (write it to standard input"),
    case("short", ["add", "alice"], b"1234567\n", "the password has fewer than 8 characters"),
    case("long", ["add", "alice"], b"x" * 73, "the password has 73 bytes, and bcrypt reads 72"),
    case("two lines", ["add", "alice"], b"12345678\n12345678\n", "the password has a control character"),
    case("no text", ["add", "alice"], b"\xff" * 9, "the password is not text in UTF-8"),
)
def test_what_is_refused_leaves_the_file_as_it_was(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, *, words: list[str],
    given: bytes, message: str,
) -> None:  # fmt: skip
    file = tmp_path / "htpasswd"
    file.write_text(OLD, encoding="utf-8")
    assert user(monkeypatch, file, *words, given=given) == 2
    assert message in capsys.readouterr().err
    assert file.read_text(encoding="utf-8") == OLD


def test_a_folder_that_is_not_there_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert user(monkeypatch, tmp_path / "none" / "htpasswd", "add", "alice") == 2
    assert f"{tmp_path / 'none'} can't be opened: No such file" in capsys.readouterr().err


@cases("module, at", (os, "fsync"), (tempfile, "mkstemp"))
def test_a_disk_that_is_full_leaves_the_old_file_and_no_other(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], file: Path, module: ModuleType, at: str
) -> None:
    file.write_text(OLD, encoding="utf-8")

    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, at, fail)
    assert user(monkeypatch, file, "add", "alice") == 2
    assert "can't be written: No space left on device" in capsys.readouterr().err
    assert (file.read_text(encoding="utf-8"), list(file.parent.iterdir())) == (OLD, [file])


def test_another_writer_of_the_file_is_waited_for(file: Path) -> None:
    """As a process of its own, whose arguments have no password."""
    command = [sys.executable, "-m", "ops", "registry", "user", "add", "alice", "--file", str(file)]
    with one_writer(file.parent):
        added = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        assert CANARY.encode() not in Path(f"/proc/{added.pid}/cmdline").read_bytes()
        assert added.stdin is not None
        added.stdin.write(CANARY.encode())
        added.stdin.close()
        with pytest.raises(subprocess.TimeoutExpired):
            added.wait(3)
        write_private(file, OLD)
    added.stdin = None
    _, said = added.communicate(timeout=60)
    assert (added.returncode, CANARY.encode() in said) == (0, False)
    assert sorted(users_in(file.read_text(encoding="utf-8"))) == ["alice", "bob", "carol"]
