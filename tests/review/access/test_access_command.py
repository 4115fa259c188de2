"""`python -m review access` as people and pipelines call it."""

import pytest

from tests.cases import cases
from tests.review.clones import Clone, Ended, review
from tests.stacks import PROJECT

LINES = ["account 777788889999 can now pull", "account 444455556666 can no longer pull"]


def access(*arguments: str, stack: str = "dev") -> Ended:
    return review(PROJECT, "access", "--stack", stack, *arguments)


def test_one_repository() -> None:
    ended = access("--repository", "payments/ledger", "--format", "json")
    assert ended.code == 0
    assert {each["repository"] for each in ended.report["cells"]} == {"payments/ledger"}


@cases(
    "arguments, stack, printed",
    (["--repository", "payments/apy"], "dev", "no repository 'payments/apy' (did you mean 'payments/api'?)"),
    ([], "prodd", "'prodd' is not a stack of this project (did you mean 'prod'?)"),
    (["--base", "no-such-revision"], "dev", "'no-such-revision' is not a revision of"),
    (["--format", "sarif"], "dev", "invalid choice: 'sarif'"),
)
def test_what_it_refuses_as_input(arguments: list[str], stack: str, printed: str) -> None:
    ended = access(*arguments, stack=stack)
    assert (ended.code, ended.text) == (2, "")
    assert printed in ended.error


@pytest.fixture
def changed(clone: Clone) -> Clone:
    """Of whose repositories another account may pull payments/api than in its commit."""
    clone.edit("catalog.yaml", "{account: workloads}, {org", "{account: data-platform}, {org")
    return clone


@cases("base, form", (["HEAD"], "table"), (["HEAD"], "markdown"), (["HEAD"], "json"), ([], "text"))
def test_beside_a_revision(changed: Clone, base: list[str], form: str) -> None:
    """Without one it is the last commit."""
    ended = review(changed.folder, "access", "--stack", "dev", "--base", *base, "--format", form)
    assert (ended.code, ended.error) == (0, "")
    assert [ended.text.count(line) for line in LINES] == [1, 1]


def test_beside_a_revision_one_repository(changed: Clone) -> None:
    def of(name: str) -> Ended:
        return review(changed.folder, "access", "--stack", "dev", "--base", "HEAD", "--repository", name)

    assert "can now pull `payments/api`" in of("payments/api").text
    assert "No access changes." in of("storefront/web").text
    assert (of("storefront/wep").code, of("storefront/wep").error.count("did you mean 'storefront/web'?")) == (2, 1)
