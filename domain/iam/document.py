"""IAM policy documents of every kind (identity, resource, trust, registry), parsed and normalised."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from domain import document_text
from domain.iam.reading import Reader, items
from domain.iam.statement import Statement
from domain.problems import Path, Problem

CURRENT_VERSION = "2012-10-17"
_OLD_VERSION = "2008-10-17"
"""What IAM takes a document to be that says nothing; it has no policy variables.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html"""


class InvalidDocument(ValueError):
    """A document that IAM would refuse, with everything that is wrong with it."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        lines = (f"{'.'.join(map(str, each.path)) or 'document'}: {each.message}; {each.fix}" for each in problems)
        super().__init__("\n".join(lines))


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A policy whose statements keep their order."""

    version: str = CURRENT_VERSION
    statements: tuple[Statement, ...]
    id: str | None = None

    def to_json(self) -> dict[str, object]:
        head: dict[str, object] = {"Version": self.version}
        if self.id is not None:
            head["Id"] = self.id
        return {**head, "Statement": [each.to_json() for each in self.statements]}


def parse(source: str | Mapping[str, object], *, incomplete_arns: bool = False) -> Document:
    """The document that a JSON text or its data holds; raises InvalidDocument with every problem.

    "When you specify an incomplete ARN (one with fewer than the standard six fields) in an identity-based policy, AWS
    automatically completes the ARN by adding wildcard characters (*) to all missing fields", and in no other.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
    """
    reader = Reader(incomplete_arns=incomplete_arns)
    raw = _loaded(source, reader) if isinstance(source, str) else source
    document = _document(raw, reader) if isinstance(raw, Mapping) else None
    if document is None and not reader.problems:
        reader.fault((), raw, "is not a policy document", "write an object with Version and Statement")
    if document is None or reader.problems:
        raise InvalidDocument(tuple(reader.problems))
    return document


def same(one: Document, other: Document) -> bool:
    """Whether they differ in nothing but order, letter case that IAM ignores, and single values against lists."""
    return _meaning(one) == _meaning(other)


def statement_path(source: Mapping[str, object], index: int) -> Path:
    """The path of a parsed document's statement in its source, which may have one without a list."""
    return ("Statement", index) if isinstance(source.get("Statement"), list | tuple) else ("Statement",)


def _meaning(document: Document) -> tuple[object, ...]:
    return document.version, document.id, frozenset(each.meaning() for each in document.statements)


def _loaded(text: str, reader: Reader) -> object:
    try:
        value = document_text.parse_json(text)
        reader.problems.extend(document_text.repeated_keys(value))
    except (ValueError, RecursionError) as error:
        reader.fault((), text, f"is not valid JSON: {error}", "write one JSON object")
        return None
    return value


def _document(raw: Mapping[object, object], reader: Reader) -> Document:
    reader.known(raw, ("Version", "Id", "Statement"), ())
    version = raw.get("Version", _OLD_VERSION)
    if version not in (CURRENT_VERSION, _OLD_VERSION):
        reader.fault(("Version",), version, "is not a version of the policy language", f"write '{CURRENT_VERSION}'")
    return Document(
        version=str(version), id=reader.text(raw, "Id", ()), statements=tuple(_statements(raw.get("Statement"), reader))
    )


def _statements(value: object, reader: Reader) -> Iterator[Statement]:
    if not value:
        reader.fault(("Statement",), value, "has no statement", "write at least one, or leave the policy out")
        return
    sids: set[str] = set()
    for path, each in items(value, ("Statement",)):
        statement = reader.statement(each, path)
        if statement is None:
            continue
        if statement.sid in sids:
            reader.fault((*path, "Sid"), statement.sid, "is the Sid of two statements", "give each its own, or none")
        if statement.sid:
            sids.add(statement.sid)
        yield statement
