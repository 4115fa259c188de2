import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.iam.github import Subject
from tests.cases import cases

SUBJECTS = {
    "repo:acme/payments-api:ref:refs/heads/main": Subject(
        owner="acme", repository="payments-api", ref="refs/heads/main"
    ),
    "repo:acme/api:ref:refs/tags/v1.2": Subject(owner="acme", repository="api", ref="refs/tags/v1.2"),
    "repo:acme/api:ref:refs/heads/feature/a": Subject(owner="acme", repository="api", ref="refs/heads/feature/a"),
    "repo:acme/.github:environment:production": Subject(owner="acme", repository=".github", environment="production"),
    "repo:acme/api:environment:Production%3AV1": Subject(owner="acme", repository="api", environment="Production:V1"),
    "repo:acme/api:environment:zwei Wörter": Subject(owner="acme", repository="api", environment="zwei Wörter"),
    "repo:acme/api:pull_request": Subject(owner="acme", repository="api", pull_request=True),
    "repo:acme@1234/api@98765:ref:refs/heads/main": Subject(
        owner="acme", owner_id="1234", repository="api", repository_id="98765", ref="refs/heads/main"
    ),
    "repo:acme@1/api@2:environment:prod": Subject(
        owner="acme", owner_id="1", repository="api", repository_id="2", environment="prod"
    ),
    "repo:acme@1/api@2:pull_request": Subject(
        owner="acme", owner_id="1", repository="api", repository_id="2", pull_request=True
    ),
    "repo:some_acme/api:pull_request": Subject(owner="some_acme", repository="api", pull_request=True),
}


@pytest.mark.parametrize("text", SUBJECTS)
def test_a_subject_is_read_and_written(text: str) -> None:
    assert Subject.parse(text) == SUBJECTS[text]
    assert str(SUBJECTS[text]) == text


@cases(
    "text",
    "",
    "*",
    "repo:*",
    "repo:acme/*",
    "repo:acme/api",
    "repo:acme/api:*",
    "repo:acme/api:ref:*",
    "repo:acme/api:ref:refs/*",
    "repo:acme/api:ref:refs/heads/*",
    "repo:acme/api:ref:refs/tags/v*",
    "repo:acme/api:ref:refs/tags/v?",
    "repo:acme/api:ref:refs/heads/",
    "repo:acme/api:ref:refs/pull/1/merge",
    "repo:acme/api:ref:main",
    "repo:acme/api:environment:",
    "repo:acme/api:environment:*",
    "repo:acme/api:environment:a:b",
    "repo:acme/api:environment:prod:job_workflow_ref:acme/x/.github/workflows/a.yaml@refs/heads/main",
    "repo:acme/api:pull_request:x",
    "repo:acme/*:environment:prod",
    "repo:*/api:environment:prod",
    "repo:ac?e/api:environment:prod",
    "repo:acme/api/x:environment:prod",
    "repo:acme:environment:prod",
    "repo:/api:environment:prod",
    "repo:-acme/api:environment:prod",
    "repo:acme@1/api:environment:prod",
    "repo:acme/api@2:environment:prod",
    "repo:acme@*/api@*:environment:prod",
    "repo:acme@x/api@2:environment:prod",
    "repo:acme@１/api@2:environment:prod",  # noqa: RUF001
    "repo:аcme/api:environment:prod",  # noqa: RUF001
    "Repo:acme/api:environment:prod",
    "repo:acme/api:ENVIRONMENT:prod",
    " repo:acme/api:environment:prod",
    "repo:acme/api:environment:prod\n",
    "repo:acme/api:ref:refs/heads/main\n",
    "repo:acme/api:ref:refs/heads/a b",
    "repository_owner:acme",
)
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
    owner_id, repository_id = ids or (None, None)
    environment = name.replace("%3A", ":")
    subject = Subject(
        owner=owner, owner_id=owner_id, repository=repository, repository_id=repository_id, environment=environment
    )
    assert Subject.parse(str(subject)) == subject
