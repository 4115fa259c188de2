"""`python -m ops registry user`: the users of a registry of one's own. No password is in an argument or in a log."""

import argparse
import getpass
import secrets
import sys
from pathlib import Path

import bcrypt

from domain.problems import Problem
from domain.selfhosted.htpasswd import (
    fruitless_users,
    known_user,
    password_problems,
    unknown_user,
    user_problems,
    with_user,
)
from domain.wording import listed
from ops.registry.private_files import NotWritten, one_writer, write_private
from render.output import print_text, refuse

_ROUNDS = 10
"""Distribution checks the password at each request: 2^10 rounds take some 60 ms of it."""
_GENERATED_BYTES = 24


class FaultyInput(Exception):
    """What is wrong with what was given."""


def run(options: argparse.Namespace) -> int:
    """0 when the file is written, 2 when it stays as it was."""
    try:
        _change(options.action, options.name, options.file, generate=getattr(options, "generate", False))
    except (FaultyInput, NotWritten) as fault:
        return refuse(fault)
    return 0


def _change(action: str, user: str, file: Path, *, generate: bool) -> None:
    _refuse("the user", user_problems(user))
    hashed = None
    if action != "remove":  # before the lock: other runs do not wait until it is typed
        password = secrets.token_urlsafe(_GENERATED_BYTES) if generate else _given_password(user)
        _refuse("the password", password_problems(password))
        hashed = bcrypt.hashpw(password.encode(), bcrypt.gensalt(_ROUNDS)).decode()
    with one_writer(file.parent):
        text = _text(file)
        _refuse(f"{file}:", known_user(text, user) if action == "add" else unknown_user(text, user))
        text = with_user(text, user, hashed)
        write_private(file, text)
    if generate:
        print_text(password)
    print(_ended(action, user, file, generate=generate), file=sys.stderr)
    if others := list(fruitless_users(text)):
        print(f"{listed(others)} can't log in: the registry takes bcrypt alone (write `rotate`)", file=sys.stderr)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise FaultyInput(f"{file} can't be read: {getattr(error, 'strerror', None) or 'it is not text'}") from None


def _given_password(user: str) -> str:
    """The first line of standard input; of a terminal without its being shown."""
    if sys.stdin.isatty():
        password = getpass.getpass(f"Password of {user}: ")
        if getpass.getpass("Once more: ") != password:
            raise FaultyInput("the two passwords differ")
        return password
    try:
        given = sys.stdin.buffer.read().decode()
    except UnicodeDecodeError:
        raise FaultyInput("the password is not text in UTF-8 (write one line of text)") from None
    return given.removesuffix("\n").removesuffix("\r")


def _refuse(subject: str, problems: list[Problem]) -> None:
    for each in problems:
        value = "" if each.value is None else f" {each.value!r}"
        raise FaultyInput(f"{subject}{value} {each.message} ({each.fix})")


def _ended(action: str, user: str, file: Path, *, generate: bool) -> str:
    done = {"add": "added", "remove": "removed", "rotate": "has a new password"}[action]
    shown = " The password is shown this once." if generate else ""
    return f"{user}: {done} in {file}.{shown} The registry reads the file at the next login."
