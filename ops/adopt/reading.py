"""Reads files of the AWS CLI's output: JSON documents one after another, each recognised by its keys."""

import codecs
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from domain.problems import Problem
from domain.wording import counted
from ops.adopt.shapes import FORMS, STRANGE_FORMS, Output
from settings.faults import Fault
from settings.written.errors import describe

_BETWEEN = re.compile(r"[\s\ufeff]*")
_JSON = "print it with `--output json`"
_NO_JSON: tuple[tuple[re.Pattern[str], str, str], ...] = (
    (re.compile(r"An error occurred|aws: |usage: aws"), "is an error of the AWS CLI", "leave stderr out of the file"),
    (re.compile(r"[-+]{4}|\|"), "is a table", _JSON),
    (re.compile(r"(- )?[A-Za-z]+:(\s|$)"), "is YAML", _JSON),
    (re.compile(r"[A-Z]+\t"), "is plain text", _JSON),
)
_SHOWN = 40


class InvalidInput(Exception):
    """Everything that is wrong with what was given; nothing was printed."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        lines = "\n".join(f"  {fault}" for fault in faults)
        super().__init__(f"{counted(len(faults), 'fault')} in the input\n{lines}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One output, with the file and the line where it begins."""

    file: str
    line: int
    output: Output

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


def read(files: Sequence[Path]) -> list[Document]:
    """The outputs in all files; raises InvalidInput with every fault there is."""
    found: list[Document] = []
    faults: list[Fault] = []
    for file in files:
        _read_file(file, found, faults)
    if faults:
        raise InvalidInput(faults)
    return found


def _read_file(file: Path, found: list[Document], faults: list[Fault]) -> None:
    name = str(file)
    try:
        text = _decoded(file.read_bytes())
    except OSError as error:
        problem = Problem((), None, f"can't be read: {error.strerror}", "name a file that can be read")
        faults.append(Fault.of(problem, name, None))
        return
    except UnicodeDecodeError as error:
        problem = Problem((), None, f"is no UTF-8 text at byte {error.start}", "save it as UTF-8")
        faults.append(Fault.of(problem, name, None))
        return
    before = len(found) + len(faults)
    for line, value in _values(text):
        problems = [value] if isinstance(value, Problem) else list(_recognised(value, name, line, found))
        faults.extend(Fault.of(problem, name, line) for problem in problems)
    if len(found) + len(faults) == before:
        problem = Problem((), None, "is empty", "see whether the command that wrote it failed")
        faults.append(Fault.of(problem, name, None))


def _decoded(data: bytes) -> str:
    """PowerShell's `>` writes UTF-16."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16")
    return data.decode("utf-8")


def _values(text: str) -> Iterator[tuple[int, object]]:
    """Each JSON value with its line; where the text goes on as something else, the problem, and no more."""
    decoder = json.JSONDecoder()
    at, counted, line = _after_blanks(text, 0), 0, 1
    while at < len(text):
        line, counted = line + text.count("\n", counted, at), at
        try:
            value, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            broken = error.lineno if isinstance(error, json.JSONDecodeError) else line
            yield broken, _no_json(text, at, error)
            return
        yield line, value
        at = _after_blanks(text, end)


def _after_blanks(text: str, at: int) -> int:
    blanks = _BETWEEN.match(text, at)
    return blanks.end() if blanks else at


def _no_json(text: str, at: int, error: Exception) -> Problem:
    shown = text[at : at + _SHOWN].partition("\n")[0]
    for pattern, message, fix in _NO_JSON:
        if pattern.match(text, at):
            return Problem((), shown, message, fix)
    told = error.msg if isinstance(error, json.JSONDecodeError) else "nested too deep"
    return Problem((), shown, f"is no JSON: {told}", f"give the whole output, and {_JSON}")


def _recognised(value: object, file: str, line: int, found: list[Document]) -> Iterator[Problem]:
    """Adds the output that a value is, or tells why it is none."""
    if not isinstance(value, dict):
        yield Problem((), value, "is no output of a command", "leave `--query` out")
        return
    for key, (message, fix) in STRANGE_FORMS.items():
        if key in value:
            yield Problem((), value, message, fix)
            return
    form = next((form for key, form in FORMS.items() if key in value), None)
    if form is None:
        yield Problem((), value, "is no output that is known here", f"known: objects with {', '.join(FORMS)}")
        return
    try:
        found.append(Document(file=file, line=line, output=form.model_validate(value)))
    except ValidationError as invalid:
        yield from (describe(form, error) for error in invalid.errors(include_url=False))
