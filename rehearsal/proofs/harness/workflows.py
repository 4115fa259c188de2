"""Jobs of GitHub's workflows: those that a publisher is declared for, and those that only look like them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from fnmatch import fnmatchcase

from domain.iam.github_trust import GitHubSource
from domain.iam.oidc import AUDIENCE
from localcloud.github_issuer import Job

DENIED, INVALID, EXPIRED = "AccessDenied", "InvalidIdentityToken", "ExpiredTokenException"
"""What STS says to a workflow that a role does not trust, to a token for another audience, and to one of yesterday."""
_OTHER = "rehearsal-other"
OWNER_ID, REPOSITORY_ID = "1024", "65536"
"""Where none are declared, and the role asks for none."""
_VERSION = "1.2.0"
"""In place of the rest of a tag where a pattern has a `*`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Impostor:
    """Whose token a job comes with, and how STS refuses it."""

    who: str
    job: Job
    audience: str = AUDIENCE
    age: timedelta = timedelta()
    code: str = DENIED


def jobs(source: GitHubSource) -> list[Job]:
    """One for each ref that is declared, a tag for a pattern of tags; or the one of the environment."""
    owner, _, repository = source.github.partition("/")
    job = Job(
        owner=owner,
        owner_id=source.owner_id or OWNER_ID,
        repository=repository,
        repository_id=source.repository_id or REPOSITORY_ID,
        environment=source.environment,
        ids_in_subject=source.immutable,
        job_workflow_ref=source.workflow,
    )
    return [replace(job, ref=example_ref(ref)) for ref in source.refs] or [job]


def impostors(source: GitHubSource) -> Iterator[Impostor]:
    job = jobs(source)[0]
    yield from _elsewhere(source, job)
    yield Impostor(who="a pull request", job=replace(job, environment=None, pull_request=True))
    yield Impostor(who="another repository of the owner", job=replace(job, repository=_OTHER, repository_id="1"))
    yield Impostor(who="a fork", job=replace(job, owner=_OTHER, owner_id="1", repository_id="1"))
    if source.owner_id is not None:
        yield Impostor(who="another owner of the name", job=replace(job, owner_id=f"{source.owner_id}0"))
    if source.repository_id is not None:
        yield Impostor(who="another repository of the name", job=replace(job, repository_id=f"{source.repository_id}0"))
    if source.workflow is not None:
        yield Impostor(who="another workflow", job=replace(job, job_workflow_ref=None))
    yield Impostor(who="a token for another audience", job=job, audience="https://github.com/acme", code=INVALID)
    yield Impostor(who="a token of yesterday", job=job, age=timedelta(days=1), code=EXPIRED)


def _elsewhere(source: GitHubSource, job: Job) -> Iterator[Impostor]:
    """The same repository's, at another ref or in another environment."""
    if source.environment is not None:
        yield Impostor(who="a job outside of the environment", job=replace(job, environment=None))
    yield Impostor(who="another environment", job=replace(job, environment=_OTHER))
    for who, ref in (("another branch", f"refs/heads/{_OTHER}"), ("another tag", f"refs/tags/{_OTHER}")):
        if not any(fnmatchcase(ref, each) for each in source.refs):
            yield Impostor(who=who, job=replace(job, environment=None, ref=ref))


def example_ref(ref: str) -> str:
    """A ref that the pattern matches."""
    return ref.replace("*", _VERSION).replace("?", "1")
