"""The workflows that come for a publisher: one for each thing that is declared, and all that only look like it."""

from dataclasses import replace

from domain.iam.github_trust import GitHubSource
from rehearsal.proofs.harness.workflows import impostors, jobs
from tests.cases import case, cases

PLAIN = GitHubSource(github="acme/api", refs=("refs/heads/main", "refs/tags/v*", "refs/tags/?.0"))
ENVIRONMENT = GitHubSource(github="acme/api", environment="production")
STRICT = replace(
    ENVIRONMENT,
    owner_id="1024",
    repository_id="65537",
    immutable=True,
    workflow="acme/shared/.github/workflows/push.yml@refs/heads/main",
)
ALWAYS = {
    "a pull request",
    "another repository of the owner",
    "a fork",
    "another environment",
    "another branch",
    "another tag",
    "a token for another audience",
    "a token of yesterday",
}


def subjects(source: GitHubSource) -> list[str]:
    return [str(each.subject) for each in jobs(source)]


def test_one_job_for_each_ref_and_a_tag_for_a_pattern() -> None:
    assert subjects(PLAIN) == [
        "repo:acme/api:ref:refs/heads/main",
        "repo:acme/api:ref:refs/tags/v1.2.0",
        "repo:acme/api:ref:refs/tags/1.0",
    ]
    assert subjects(ENVIRONMENT) == ["repo:acme/api:environment:production"]


def test_ids_and_the_reusable_workflow_are_as_declared() -> None:
    (job,) = jobs(STRICT)
    assert str(job.subject) == "repo:acme@1024/api@65537:environment:production"
    assert job.claims["job_workflow_ref"] == STRICT.workflow


OUTSIDE = "a job outside of the environment"
OF_THE_NAME = {"another owner of the name", "another repository of the name"}


@cases(
    "source, more, less",
    case("refs", PLAIN, set(), set()),
    case("any tag", replace(PLAIN, refs=("refs/tags/*",)), set(), {"another tag"}),
    case("environment", ENVIRONMENT, {OUTSIDE}, set()),
    case("strict", STRICT, {OUTSIDE, *OF_THE_NAME, "another workflow"}, set()),
)
def test_each_job_that_is_not_declared_is_tried(source: GitHubSource, more: set[str], less: set[str]) -> None:
    assert {each.who for each in impostors(source)} == (ALWAYS | more) - less


def test_each_differs_from_the_declared_one_in_what_it_is_named_for() -> None:
    (job,) = jobs(STRICT)
    changed = {
        each.who: {name for name, value in each.job.claims.items() if job.claims.get(name) != value}
        | {name for name in job.claims if name not in each.job.claims}
        for each in impostors(STRICT)
    }
    assert changed["another owner of the name"] == {"repository_owner_id", "sub"}
    assert changed["another repository of the name"] == {"repository_id", "sub"}
    assert changed["another workflow"] == {"job_workflow_ref"}
    assert changed["another environment"] == {"environment", "sub"}
    assert changed["a job outside of the environment"] == {"environment", "sub"}
    assert changed["a pull request"] == {"environment", "sub", "event_name"}
    assert changed["a fork"] >= {"repository", "repository_id", "repository_owner", "repository_owner_id", "sub"}
    assert changed["another repository of the owner"] == {"repository", "repository_id", "sub", "workflow_ref"}
    assert changed["a token for another audience"] == changed["a token of yesterday"] == set()
