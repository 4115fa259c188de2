"""The policy documents in a resource's inputs, parsed and judged once each."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, TypeVar

from domain.iam.document import Document, InvalidDocument, parse
from domain.problems import Path
from policies.checks.input_values import holds_unknown
from policies.pack.rule import Finding, Parameters, Undecided, Verdict

P = TypeVar("P", bound=Parameters)

Analysis = Callable[[Document, P], Iterable[str]]
"""What is wrong with a document, as messages; the same for equal documents and parameters."""

_KEPT = 4096
"""Documents of one run that are kept: several rules read each, and most repositories share a few."""


def verdicts(
    analysis: Analysis[P],
    parameters: P,
    inputs: Mapping[str, Any],
    key: str,
    *,
    path: Path = (),
    identity: bool = False,
) -> Iterator[Verdict]:
    """What the analysis says of the document under that key: nothing where there is none.

    A document that IAM would refuse is a finding. `identity` says that it stands in a policy of people or roles."""
    value = inputs.get(key)
    where = (*path, key)
    if value is None:
        return
    if holds_unknown(value):
        yield Undecided(where)
    elif isinstance(value, str):
        yield from (Finding(each, where) for each in _of_text(analysis, parameters, value, identity=identity))
    elif isinstance(value, Mapping):
        yield from (Finding(each, where) for each in _messages(analysis, parameters, value, identity=identity))
    else:
        yield Finding(f"is not a policy document, but {value!r}", where)


@lru_cache(maxsize=_KEPT)
def _of_text(analysis: Analysis[Any], parameters: Parameters, text: str, *, identity: bool) -> tuple[str, ...]:
    return _messages(analysis, parameters, text, identity=identity)


def _messages(
    analysis: Analysis[Any], parameters: Parameters, source: str | Mapping[str, Any], *, identity: bool
) -> tuple[str, ...]:
    try:
        document = (
            _parsed(source, identity=identity) if isinstance(source, str) else parse(source, incomplete_arns=identity)
        )
    except InvalidDocument as invalid:
        return (f"is not a valid policy: {str(invalid).splitlines()[0]}",)
    return tuple(analysis(document, parameters))


@lru_cache(maxsize=_KEPT)
def _parsed(text: str, *, identity: bool) -> Document:
    return parse(text, incomplete_arns=identity)
