"""Parses the policy documents in a resource's inputs and checks them, once for each text."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, TypeVar

from domain.iam.document import Document, InvalidDocument, parse
from domain.iam.narrowing import Narrow, PublicPrincipal, narrowings
from domain.iam.statement import Effect, Principal, PrincipalKind, Statement
from domain.iam.statement_text import actions_text, statement_name
from domain.problems import Path
from domain.wording import listed
from policies.checks.input_values import holds_unknown
from policies.pack.rule import Finding, Parameters, Results, Undecided

P = TypeVar("P", bound=Parameters)

DocumentCheck = Callable[[Document, P], Iterable[str]]
"""The messages of its findings: always the same for the same document and parameters."""

_CACHE_SIZE = 4096
"""Several rules read each document, and most repositories have one of a few."""


def check_document(
    check: DocumentCheck[P],
    parameters: P,
    inputs: Mapping[str, Any],
    key: str,
    *,
    path: Path = (),
    identity: bool = False,
) -> Results:
    """The findings for the document under the key, which may be absent; an invalid one is a finding.

    `identity`: it is an identity-based policy."""
    value = inputs.get(key)
    where = (*path, key)
    if value is None:
        return
    if holds_unknown(value):
        yield Undecided(where)
    elif isinstance(value, str):
        yield from (Finding(each, where) for each in _check_text(check, parameters, value, identity=identity))
    elif isinstance(value, Mapping):
        yield from (Finding(each, where) for each in _messages(check, parameters, value, identity=identity))
    else:
        yield Finding(f"is not a policy document, but {value!r}", where)


@lru_cache(maxsize=_CACHE_SIZE)
def _check_text(check: DocumentCheck[Any], parameters: Parameters, text: str, *, identity: bool) -> tuple[str, ...]:
    return _messages(check, parameters, text, identity=identity)


def _messages(
    check: DocumentCheck[Any], parameters: Parameters, source: str | Mapping[str, Any], *, identity: bool
) -> tuple[str, ...]:
    try:
        document = (
            _parsed(source, identity=identity) if isinstance(source, str) else parse(source, incomplete_arns=identity)
        )
    except InvalidDocument as invalid:
        return (f"is not a valid policy: {str(invalid).splitlines()[0]}",)
    return tuple(check(document, parameters))


@lru_cache(maxsize=_CACHE_SIZE)
def _parsed(text: str, *, identity: bool) -> Document:
    return parse(text, incomplete_arns=identity)


def allow_statements(document: Document) -> Iterator[tuple[str, Statement]]:
    """The Allow statements of a document, each with its name in messages."""
    for index, statement in enumerate(document.statements):
        if statement.effect is Effect.ALLOW:
            yield statement_name(statement, index), statement


def check_principals_listed(name: str, statement: Statement, service: str) -> Iterator[str]:
    if statement.not_principals is not None:
        yield f"{name} allows every principal except some (NotPrincipal): list the allowed principals in Principal"
    elif statement.principals is None:
        yield f"{name} has no Principal: {service} rejects it"


def check_actions_listed(name: str, statement: Statement) -> Iterator[str]:
    if statement.not_actions is not None:
        yield f"{name} allows {actions_text(statement)} (NotAction): list the allowed actions in Action"


def check_resources_listed(name: str, statement: Statement) -> Iterator[str]:
    if statement.not_resources is not None:
        exceptions = listed(statement.not_resources)
        yield f"{name} applies to every resource except {exceptions} (NotResource): list the resources in Resource"


def is_known_principal(principal: Principal, statement: Statement, version: str, known: frozenset[str]) -> bool:
    """Whether a named principal is of a known account, and any other is restricted to known accounts."""
    if not principal.is_anyone and principal.kind is PrincipalKind.AWS:
        return principal.account in known
    found = [
        each for each in narrowings(statement, version, service=not principal.is_anyone) if isinstance(each, Narrow)
    ]
    # Where no condition restricts it, it is public, which is found already.
    return not found or any(each.names <= known for each in found)


def public_access_message(name: str, statement: Statement, public: PublicPrincipal, restriction: str) -> str:
    why = f" ({listed(public.why)})" if public.why else ""
    action = f"{name} allows {public} to call {actions_text(statement)}"
    return f"{action}: no condition restricts it to {restriction}{why}"
