"""The statements of a document as findings name them."""

from collections.abc import Iterable, Iterator

from domain.iam.document import Document
from domain.iam.statement import Caseless, Effect, Statement

_NAMED_MOST = 5
"""Values that a message names before it only counts the rest."""


def allows(document: Document) -> Iterator[tuple[str, Statement]]:
    """The statements that grant something, each with its name for people."""
    for place, statement in enumerate(document.statements, start=1):
        if statement.effect is Effect.ALLOW:
            yield f"statement {statement.sid!r}" if statement.sid else f"statement {place}", statement


def listed(values: Iterable[str]) -> str:
    """The values in one line, cut where they are many."""
    found = list(values)
    rest = len(found) - _NAMED_MOST
    return ", ".join(found[:_NAMED_MOST]) + (f" and {rest} more" if rest > 0 else "")


def written(actions: Iterable[Caseless]) -> str:
    return listed(each.written for each in actions)


def asked(statement: Statement) -> str:
    """The actions that a statement is about, in words."""
    if statement.not_actions is not None:
        return f"everything but {written(statement.not_actions)}"
    return written(statement.actions or ())
