"""The statements of a document as findings name them."""

from collections.abc import Iterable, Iterator

from domain.iam.document import Document
from domain.iam.statement import Caseless, Effect, Statement
from domain.wording import listed


def allows(document: Document) -> Iterator[tuple[str, Statement]]:
    """The statements that grant something, each with its name for people."""
    for place, statement in enumerate(document.statements, start=1):
        if statement.effect is Effect.ALLOW:
            yield f"statement {statement.sid!r}" if statement.sid else f"statement {place}", statement


def written(actions: Iterable[Caseless]) -> str:
    return listed(each.written for each in actions)


def asked(statement: Statement) -> str:
    """The actions that a statement is about, in words."""
    if statement.not_actions is not None:
        return f"everything but {written(statement.not_actions)}"
    return written(statement.actions or ())
