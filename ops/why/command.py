"""`python -m ops why`: the first thing in the way of a refused pull, push or login, and the line that mends it."""

import argparse
import json
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bootstrap.template import boundaries
from domain.document_text import parse_json
from domain.iam.github import Subject
from domain.problems import path_text
from ops.why.deciding import first_obstacle
from ops.why.finding import Obstacle, proven
from ops.why.refused_call import RefusedCall
from ops.why.signals import NothingSaid, Signal, read_event, read_text
from ops.why.untrusted import with_repository
from render.output import Style, painted, print_text, refuse, sign_styles, wrapped
from render.rendering import render
from settings import InvalidSettings, load

_VERSION = 1
_STYLES = re.compile(r"\x1b\[[0-9;]*m")
_MASKED = re.compile(r"\*\*\*(?=\.dkr[.-]|:repository/|:role/|:assumed-role/)")
NOTHING_FOUND = 1
_PROVEN = "Proven on a copy of the settings: this call passes, and no other access changes."


class UnusableInput(Exception):
    """A file that can't be read as what it is given for."""


def run(options: argparse.Namespace) -> int:
    try:
        settings, given = load(options.project, options.stack), _claims(options.claims)
        home = settings.home
        signal = _signal(options, home.account)
        claims, rendered = {**signal.claims, **given}, render(options.project, options.stack)
        made = boundaries(options.project, settings.project, settings.stack, home.account, home.region)
        call = RefusedCall(
            project=options.project, settings=settings, rendered=rendered, boundaries=made,
            signal=signal, claims=claims, named=options.repository,
        )  # fmt: skip
        call = with_repository(call)
        finding = proven(first_obstacle(call), call)
    except (InvalidSettings, UnusableInput) as fault:
        return refuse(fault)
    except NothingSaid as nothing:
        print(f"No cause was found: {nothing}", file=sys.stderr)
        return NOTHING_FOUND
    print_text(to_json(finding, call) if options.format == "json" else to_text(finding, call))
    return 0


def _signal(options: argparse.Namespace, account: str) -> Signal:
    if options.event:
        return read_event(_content(options.event))
    said = sys.stdin.buffer.read() if str(options.text) == "-" else _bytes(options.text)
    # GitHub masks an account's id where it is a secret of the repository.
    return read_text(_MASKED.sub(account, _STYLES.sub("", said.decode(errors="replace"))))


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise UnusableInput(f"{file} can't be read: {error.strerror or error} (name a file)") from error


def _content(file: Path) -> str:
    try:
        return _bytes(file).decode()
    except UnicodeDecodeError as error:
        raise UnusableInput(f"{file} is not UTF-8 at byte {error.start} (name a file of JSON)") from error


def _claims(file: Path | None) -> Mapping[str, str]:
    """Of a file with the claims of one token; a token itself is a credential, and is not taken."""
    if file is None:
        return {}
    fix = "write the claims alone, as JSON with `sub`"
    try:
        claims: Any = parse_json(_content(file))
    except ValueError as error:
        raise UnusableInput(f"{file}: is not JSON: {error} ({fix})") from error
    subject = claims.get("sub") if isinstance(claims, dict) else None
    if not isinstance(subject, str):
        raise UnusableInput(f"{file}: sub: {subject!r} is not the subject of a token ({fix})")
    if "iss" not in claims and subject.startswith("repo:") and Subject.parse(subject) is None:
        raise UnusableInput(f"{file}: sub: {subject!r} is not a subject of GitHub's ({fix})")
    return {name: each if isinstance(each, str) else json.dumps(each) for name, each in claims.items()}


def to_json(finding: Obstacle, call: RefusedCall) -> str:
    about = {"host": call.signal.host, "repository": call.repository, "access": call.access.value}
    body = {
        "version": _VERSION,
        "stack": call.settings.stack,
        "cause": asdict(finding.cause),
        "because": finding.because,
        "fix": finding.fix,
        "place": asdict(finding.place) if finding.place else None,
        "edits": [asdict(each) for each in finding.edits],
        "role": finding.role,
        "call": about,
        "recognised": {"by": call.signal.client, "words": call.signal.words, "seen_in": call.signal.seen_in},
    }
    return json.dumps(body, indent=1, ensure_ascii=False)


def to_text(finding: Obstacle, call: RefusedCall) -> str:
    return "\n".join(_lines(finding, call))


def _lines(finding: Obstacle, call: RefusedCall) -> Iterator[str]:
    """What is there to be copied is neither indented nor wrapped."""
    cause, signal, place = finding.cause, call.signal, finding.place
    yield from wrapped(f"{cause.id}: {cause.means}", "  ", Style.BOLD)
    yield from wrapped(f"  {finding.because}", "  ")
    yield from wrapped(f"  Recognised by the words of {signal.client}: {signal.seen_in}", "  ", Style.DIM)
    yield ""
    yield from wrapped(f"Fix, in {cause.mended}: {finding.fix}", "  ")
    if place:
        yield f"  {place.file}:{place.line}  {path_text(place.path)}"
    for edit in finding.edits:
        for sign, lines in (("-", edit.old), ("+", edit.new)):
            yield from (painted(f"{sign} {line}", *sign_styles(sign)) for line in lines)
    if finding.edits:
        yield from wrapped(f"  {_PROVEN}", "  ")
    if finding.edits and finding.role:
        yield from wrapped(f"  The workflow then assumes {finding.role}", "  ")
