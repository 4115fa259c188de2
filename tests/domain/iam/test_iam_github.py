from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.iam.github import Subject
from tests.cases import cases


def subject(
    owner: str = "acme", repository: str = "api", ids: tuple[str, str] | None = None, **context: Any
) -> Subject:
    owner_id, repository_id = ids or (None, None)
    return Subject(owner=owner, repository=repository, owner_id=owner_id, repository_id=repository_id, **context)


SUBJECTS = {
    "repo:acme/payments-api:ref:refs/heads/main": subject(repository="payments-api", ref="refs/heads/main"),
    "repo:acme/api:ref:refs/tags/v1.2": subject(ref="refs/tags/v1.2"),
    "repo:acme/api:ref:refs/heads/feature/a": subject(ref="refs/heads/feature/a"),
    "repo:acme/.github:environment:production": subject(repository=".github", environment="production"),
    "repo:acme/api:environment:Production%3AV1": subject(environment="Production:V1"),
    "repo:acme/api:environment:zwei Wörter": subject(environment="zwei Wörter"),
    "repo:acme/api:pull_request": subject(pull_request=True),
    "repo:acme@1234/api@98765:ref:refs/heads/main": subject(ids=("1234", "98765"), ref="refs/heads/main"),
    "repo:acme@1/api@2:environment:prod": subject(ids=("1", "2"), environment="prod"),
    "repo:acme@1/api@2:pull_request": subject(ids=("1", "2"), pull_request=True),
    "repo:some_acme/api:pull_request": subject("some_acme", pull_request=True),
}


@pytest.mark.parametrize("text", SUBJECTS)
def test_a_subject_is_read_and_written(text: str) -> None:
    assert Subject.parse(text) == SUBJECTS[text]
    assert str(SUBJECTS[text]) == text


@cases(
    "text",
    "", "*", "repo:*", "repo:acme/*", "repo:acme/api", "repo:acme/api:*", "repo:acme/api:ref:*",
    "repo:acme/api:ref:refs/*", "repo:acme/api:ref:refs/heads/*", "repo:acme/api:ref:refs/tags/v*",
    "repo:acme/api:ref:refs/tags/v?", "repo:acme/api:ref:refs/heads/", "repo:acme/api:ref:refs/pull/1/merge",
    "repo:acme/api:ref:main", "repo:acme/api:environment:", "repo:acme/api:environment:*",
    "repo:acme/api:environment:a:b",
    "repo:acme/api:environment:prod:job_workflow_ref:acme/x/.github/workflows/a.yaml@refs/heads/main",
    "repo:acme/api:pull_request:x", "repo:acme/*:environment:prod", "repo:*/api:environment:prod",
    "repo:ac?e/api:environment:prod", "repo:acme/api/x:environment:prod", "repo:acme:environment:prod",
    "repo:/api:environment:prod", "repo:-acme/api:environment:prod", "repo:acme@1/api:environment:prod",
    "repo:acme/api@2:environment:prod", "repo:acme@*/api@*:environment:prod", "repo:acme@x/api@2:environment:prod",
    "Repo:acme/api:environment:prod", "repo:acme/api:ENVIRONMENT:prod", " repo:acme/api:environment:prod",
    "repo:acme/api:environment:prod\n", "repo:acme/api:ref:refs/heads/main\n", "repo:acme/api:ref:refs/heads/a b",
    "repository_owner:acme",
    "repo:acme@１/api@2:environment:prod",  # noqa: RUF001
    "repo:аcme/api:environment:prod",  # noqa: RUF001
)  # fmt: skip
def test_no_subject(text: str) -> None:
    assert Subject.parse(text) is None


@cases(
    "context",
    {},
    {"ref": "refs/heads/main", "environment": "prod"},
    {"ref": "refs/heads/main", "pull_request": True},
    {"environment": "prod", "pull_request": True},
)
def test_a_subject_has_one_context(context: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="a ref, an environment or a pull request"):
        Subject(owner="acme", repository="api", **context)  # type: ignore[arg-type]


NAMES = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9-]{0,10}[A-Za-z0-9])?", fullmatch=True)
IDS = st.from_regex(r"[0-9]{1,12}", fullmatch=True)


@given(NAMES, NAMES, st.none() | st.tuples(IDS, IDS), st.from_regex(r"[^*?\x00-\x1f\x7f]+", fullmatch=True))
def test_every_environment_comes_back(owner: str, repository: str, ids: tuple[str, str] | None, name: str) -> None:
    found = subject(owner, repository, ids, environment=name.replace("%3A", ":"))
    assert Subject.parse(str(found)) == found
