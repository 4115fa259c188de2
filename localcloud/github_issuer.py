"""A stand-in for GitHub as the issuer of its workflows' tokens, with a signing key that this cloud alone trusts.

https://docs.github.com/en/actions/reference/security/oidc"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.iam.github import ISSUER, Subject
from domain.iam.oidc import SCHEME
from localcloud.oidc_issuers import ANY_ISSUERS_CLAIMS, SigningKey

URL = f"{SCHEME}{ISSUER}"
CONDITION_CLAIMS = ANY_ISSUERS_CLAIMS | {
    "actor",
    "actor_id",
    "enterprise_id",
    "environment",
    "job_workflow_ref",
    "ref",
    "repository",
    "repository_id",
    "repository_owner_id",
    "workflow",
}
"""The claims of GitHub's tokens that AWS makes condition keys of, in the trust policy alone.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html"""
_LIFE, _EARLY = timedelta(minutes=5), timedelta(minutes=10)
"""From iat to exp, and from nbf to iat, in the example of that page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job of a workflow, as far as its token has claims for it."""

    owner: str
    owner_id: str
    repository: str
    repository_id: str
    ref: str = "refs/heads/main"
    environment: str | None = None
    pull_request: bool = False
    ids_in_subject: bool = False
    """As in every repository that was created or renamed since 15 July 2026."""
    workflow: str = "release"
    job_workflow_ref: str | None = None
    """Of the reusable workflow that the job is in; None in one of the repository's own."""
    actor: str = "octocat"
    actor_id: str = "583231"
    enterprise_id: str | None = None

    @property
    def subject(self) -> Subject:
        """An environment comes before all else, a pull request before its ref."""
        plain = self.environment is None
        return Subject(
            owner=self.owner,
            repository=self.repository,
            owner_id=self.owner_id if self.ids_in_subject else None,
            repository_id=self.repository_id if self.ids_in_subject else None,
            ref=self.ref if plain and not self.pull_request else None,
            environment=self.environment,
            pull_request=plain and self.pull_request,
        )

    @property
    def claims(self) -> dict[str, str]:
        """What the token says beside who made it, for whom and when."""
        name = f"{self.owner}/{self.repository}"
        workflow = f"{name}/.github/workflows/{self.workflow}.yml@{self.ref}"
        given = {
            "sub": str(self.subject),
            "repository": name,
            "repository_id": self.repository_id,
            "repository_owner": self.owner,
            "repository_owner_id": self.owner_id,
            "repository_visibility": "private",
            "ref": self.ref,
            "ref_type": "tag" if self.ref.startswith("refs/tags/") else "branch",
            "event_name": "pull_request" if self.pull_request else "push",
            "environment": self.environment,
            "workflow": self.workflow,
            "workflow_ref": workflow,
            "job_workflow_ref": self.job_workflow_ref or workflow,
            "actor": self.actor,
            "actor_id": self.actor_id,
            "enterprise_id": self.enterprise_id,
            "runner_environment": "github-hosted",
        }
        return {name: value for name, value in given.items() if value is not None}


class GithubIssuer(SigningKey):
    """Signs the tokens of jobs."""

    def token(self, job: Job, *, audience: str, now: datetime) -> str:
        issued = {"iat": now, "nbf": now - _EARLY, "exp": now + _LIFE}
        return self.signed({**job.claims, **issued, "iss": URL, "aud": audience, "jti": str(uuid.uuid4())})
