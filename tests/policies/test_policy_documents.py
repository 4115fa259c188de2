"""Documents are judged once for each text and each set of parameters."""

import json
from collections.abc import Iterator

import pytest

from domain.document_text import SECRET, UNKNOWN
from domain.iam.document import Document
from policies.checks.policy_documents import check_document
from policies.pack.rule import Finding, Parameters, Undecided
from tests.cases import cases

DENY = {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "arn:aws:s3"}}
IDENTITY = json.dumps(DENY)


class Named(Parameters):
    name: str


@pytest.fixture
def calls() -> list[str]:
    return []


def test_a_text_is_judged_once_for_each_parameters(calls: list[str]) -> None:
    def analysis(document: Document, parameters: Named) -> Iterator[str]:
        calls.append(parameters.name)
        yield f"{parameters.name} {len(document.statements)}"

    for name in ("a", "b", "a"):
        # Not one and the same string, as two resources don't have.
        found = list(check_document(analysis, Named(name=name), {"p": "".join(IDENTITY)}, "p", identity=True))
        assert found == [Finding(f"{name} 1", ("p",))]
    assert calls == ["a", "b"]


def test_each_analysis_judges_by_itself() -> None:
    for word in ("one", "other"):
        found = check_document(lambda *_, word=word: [word], Parameters(), {"p": IDENTITY}, "p", identity=True)
        assert list(found) == [Finding(word, ("p",))]


@pytest.mark.parametrize("source", [IDENTITY, DENY])
def test_an_incomplete_arn_is_for_people_and_roles_only(source: object) -> None:
    def judged(*, identity: bool) -> list[object]:
        return list(check_document(lambda *_: [], Parameters(), {"p": source}, "p", identity=identity))

    assert judged(identity=True) == []
    assert judged(identity=False) == list(check_document(lambda *_: [], Parameters(), {"p": source}, "p"))
    (refused,) = judged(identity=False)
    assert isinstance(refused, Finding)
    assert refused.message.startswith("is not a valid policy: Statement.Resource: is not a valid resource")


@cases(
    "value, undecided",
    (UNKNOWN, True),
    (SECRET, True),
    ({**DENY, "Id": UNKNOWN}, True),
    ({"Statement": [{**DENY["Statement"], "Resource": ["*", SECRET]}]}, True),  # type: ignore[dict-item]
    (None, False),
    (IDENTITY, False),
    (DENY, False),
)
def test_what_is_not_known_is_undecided(value: object, undecided: bool) -> None:
    found = list(check_document(lambda *_: [], Parameters(), {"p": value}, "p", path=("list", 0), identity=True))
    assert found == ([Undecided(("list", 0, "p"))] if undecided else [])


@pytest.mark.parametrize("value", [5, True, 1.5, ["{}"]])
def test_what_is_no_document(value: object) -> None:
    (found,) = check_document(lambda *_: [], Parameters(), {"p": value}, "p")
    assert found == Finding(f"is not a policy document, but {value!r}", ("p",))


def test_a_refusal_is_one_line() -> None:
    """Even of a document with many faults, or with line breaks in its names."""
    text = json.dumps({"Statement": [{"Effect": "Allow", "a\nb": 1}], "c\u2028d": 2})
    (found,) = check_document(lambda *_: [], Parameters(), {"p": text}, "p")
    assert isinstance(found, Finding)
    assert len(found.message.splitlines()) == 1
