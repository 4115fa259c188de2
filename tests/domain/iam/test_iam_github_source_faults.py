"""What is wrong with a source of pushes is reported, with what to write in its place."""

from dataclasses import replace

import pytest

from domain.document_text import to_json_text
from domain.iam.github_trust import (
    GitHubSource,
    contradictions,
    environment_problems,
    ref_problems,
    repository_problems,
    source_problems,
    trust_policy,
    trust_problems,
    workflow_problems,
)
from domain.iam.limits import TRUST_TEXT_MAX
from domain.problems import Problem
from tests.cases import cases
from tests.domain.iam.github_sources import API, KNOWN, MAIN, PROVIDER, RELEASES, WORKFLOW

TOO_LONG = "makes the role's trust policy 2,049 characters long, and IAM allows 2,048"
BOTH = ("needs owner_id and repository_id", "add both: gh api repos/acme/payments-api --jq '.owner.id, .id'")


def test_a_trust_policy_has_a_limit() -> None:
    def refs(count: int, last: int = 1) -> tuple[str, ...]:
        return (*(f"refs/heads/{n:02}" for n in range(count)), f"refs/heads/{'x' * last}")

    room = TRUST_TEXT_MAX - len(to_json_text(trust_policy(replace(API, refs=refs(20)), provider=PROVIDER)))
    fits = replace(API, refs=refs(20, 1 + room))
    assert len(to_json_text(trust_policy(fits, provider=PROVIDER))) == TRUST_TEXT_MAX
    assert trust_problems(fits, provider=PROVIDER) == []
    over = replace(API, refs=refs(20, 2 + room))
    assert trust_problems(over, provider=PROVIDER) == [
        Problem(("refs",), over.refs, TOO_LONG, "name fewer refs, or an environment that they deploy to")
    ]
    workflow = WORKFLOW.replace("publish", "x" * 2_000)
    (problem,) = trust_problems(replace(API, refs=(), environment="x", workflow=workflow), provider=PROVIDER)
    assert (problem.path, problem.value) == (("job_workflow_ref",), workflow)
    assert problem.fix == "give the workflow a shorter path"


@pytest.mark.parametrize("ids", [(None, None), ("1024", None), (None, "65536")])
def test_an_immutable_subject_needs_both_ids(ids: tuple[str | None, str | None]) -> None:
    source = replace(API, owner_id=ids[0], repository_id=ids[1])
    assert source_problems(source) == []
    assert source_problems(replace(source, immutable=True)) == [Problem(("subject",), "immutable", *BOTH)]
    assert source_problems(KNOWN) == []


LEDGER = replace(KNOWN, github="acme/ledger", repository_id="65537")
EVERYWHERE = "write the same everywhere"
FIRST = "in the first entry for acme/payments-api"


def differs(key: str, value: str | None, first: str, *, how: str = "differs from") -> Problem:
    return Problem((key,), value, f"{how} '{first}' {FIRST}", EVERYWHERE)


@cases(
    "other",
    KNOWN,
    replace(KNOWN, refs=("refs/heads/x",), workflow=WORKFLOW),
    LEDGER,
    GitHubSource(github="acme/web", refs=(MAIN,)),
    GitHubSource(github="other/web", refs=(MAIN,), owner_id="7"),
)
def test_what_can_be_said_beside_another(other: GitHubSource) -> None:
    assert list(contradictions([KNOWN, other])) == []


OF_API = ("is the id of acme/payments-api", "look it up: gh api repos/acme/ledger --jq .id")


@cases(
    "first, other, expected",
    (KNOWN, replace(KNOWN, github="Acme/payments-api"), differs("github", "Acme/payments-api", API.github)),
    (KNOWN, replace(KNOWN, immutable=False), differs("subject", "name", "immutable")),
    (KNOWN, replace(API, repository_id="65536"), differs("owner_id", None, "1024", how="is not set, but is")),
    (KNOWN, replace(KNOWN, repository_id="65538"), differs("repository_id", "65538", "65536")),
    (KNOWN, replace(LEDGER, owner_id="2048"), differs("owner_id", "2048", "1024")),
    (KNOWN, replace(LEDGER, repository_id="65536"), Problem(("repository_id",), "65536", *OF_API)),
    # What only the later one has is reported there.
    (API, replace(API, owner_id="1024"), Problem(("owner_id",), "1024", f"is not set {FIRST}", EVERYWHERE)),
)
def test_what_can_not_be_said_of_one_repository(first: GitHubSource, other: GitHubSource, expected: Problem) -> None:
    assert list(contradictions([first, other])) == [(1, expected)]


def test_an_environment_is_spelt_in_one_way() -> None:
    """GitHub's token has it as it is spelt, and IAM compares letter for letter."""
    sources = [replace(API, refs=(), environment=each) for each in ("production", "staging", "Production")]
    assert list(contradictions(sources)) == [(2, differs("environment", "Production", "production"))]


@pytest.mark.parametrize("ref", [MAIN, RELEASES, "refs/tags/*", "refs/tags/v1.2", "refs/heads/a/b+c@d", "refs/heads/é"])
def test_refs(ref: str) -> None:
    assert ref_problems(ref) == []


@cases(
    "ref",
        "", "*", "main", "refs/*", "refs/heads/", "refs/tags/", "refs/heads/*", "refs/heads/release-*", "refs/tag*/v1",
        "refs/heads/refs/tags/*", "refs/pull/1/merge", "refs/tags/v?", "refs/heads/a b", "refs/heads/a\n",
        "refs/heads/a:b", "refs/tags/a:b", "refs/heads/${aws:username}", "refs/heads/${x}", "refs/tags/${x}*",
        "refs/tags/v[12]", "refs/heads/a\x7f", "refs/heads/日本", "REFS/heads/main",
)  # fmt: skip
def test_no_refs(ref: str) -> None:
    fix = "write refs/heads/main, refs/tags/v1.2 or refs/tags/v* (a `*` only in a tag)"
    instead = "refs/heads/main" if ref in ("main", "REFS/heads/main") else None
    assert ref_problems(ref) == [Problem((), ref, "is not a branch or tag ref", fix, instead=instead)]


@pytest.mark.parametrize("environment", ["production", "Prod:EU", "zwei Wörter", "a/b", "x" * 255])
def test_environments(environment: str) -> None:
    assert environment_problems(environment) == []


@cases("environment", "", " ", "*", "prod*", "prod?", "${x}", " prod", "prod ", "a\nb", "a\x00", "生産", "x" * 256)
def test_no_environments(environment: str) -> None:
    expected = Problem((), environment, "is not a valid environment name", "write its name, as in production")
    assert environment_problems(environment) == [expected]


@cases("github", "acme", "acme/", "/api", "acme/api/x", "acme/*", "*/api", "a b/c", "-a/b", "a-/b", "acme/a@b", "")
def test_no_repositories(github: str) -> None:
    expected = Problem((), github, "is not a GitHub repository", "write it as acme/payments-api")
    assert repository_problems(github) == [expected]
    assert repository_problems("some_acme/.github") == []


@pytest.mark.parametrize("at", [MAIN, "refs/tags/v1", "0123456789abcdef0123456789abcdef01234567"])
def test_reusable_workflows(at: str) -> None:
    """https://docs.github.com/en/actions/how-tos/secure-your-work/security-harden-deployments/oidc-with-reusable-workflows"""
    assert workflow_problems(f"acme/workflows/.github/workflows/a/publish.yaml@{at}") == []


@cases(
    "workflow",
        "", "*", "acme/workflows/.github/workflows/publish.yml", "acme/workflows/.github/workflows/publish.yml@main",
        "acme/workflows/.github/workflows/publish.yml@v1", "acme/workflows/.github/workflows/publish.yml@0123abc",
        "acme/workflows/.github/workflows/*.yml@refs/heads/main", "acme/workflows/publish.yml@refs/heads/main",
        "acme/workflows/.github/workflows/publish.yml@refs/tags/v*", "./.github/workflows/publish.yml@refs/heads/main",
        "acme/workflows/.github/workflows/${x}.yml@refs/heads/main",
        "acme/workflows/.github/workflows/日.yml@refs/heads/main",
)  # fmt: skip
def test_no_reusable_workflows(workflow: str) -> None:
    fix = "write acme/workflows/.github/workflows/publish.yml@refs/heads/main"
    assert workflow_problems(workflow) == [Problem((), workflow, "is not a reusable workflow with a ref", fix)]
