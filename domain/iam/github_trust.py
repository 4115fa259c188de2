"""Which workflows of GitHub get into a role, compiled to the smallest trust policy that says so."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from domain.aws import REGIONS, Arn
from domain.document_text import to_text
from domain.iam.document import CURRENT_VERSION
from domain.iam.github import AUDIENCE, ISSUER, Subject
from domain.iam.limits import ROLE_NAME_MAX, TRUST_TEXT_MAX
from domain.problems import Problem

_PATTERN = re.compile(r"[*?]")
_NO_PART_OF_A_NAME = re.compile(r"[^\w+=,.@-]", re.ASCII)
_BETWEEN = "+"
_PLAIN = re.compile(r"[a-z0-9_=,.@-]+")
_KINDS = {"heads": "branch", "tags": "tag"}
_DIGEST = 8
BY_NAME, IMMUTABLE = "name", "immutable"


@dataclass(frozen=True, slots=True, kw_only=True)
class GitHubSource:
    """The workflows of one repository that run for some of its refs, or in one of its environments."""

    github: str
    """owner/repository"""
    refs: tuple[str, ...] = ()
    """refs/heads/main, refs/tags/v1.2, or a pattern of tags."""
    environment: str | None = None
    owner_id: str | None = None
    repository_id: str | None = None
    immutable: bool = False
    """Whether the subject has the ids: of repositories created or renamed since 15 July 2026, and those that opted in.
    https://docs.github.com/en/actions/reference/security/oidc"""
    workflow: str | None = None
    """The reusable workflow that must be running: owner/repository/path@ref."""

    @property
    def place(self) -> tuple[str, ...]:
        """Whose workflows they are, however the role then recognises them. GitHub ignores the case of all but refs."""
        environment = self.environment.casefold() if self.environment else ""
        return (self.github.casefold(), environment, self.workflow or "", *sorted(self.refs))

    def subjects(self) -> list[str]:
        """Of its tokens, one for each ref."""
        if self.environment is not None:
            return [str(self._subject(environment=self.environment))]
        return [str(self._subject(ref=ref)) for ref in sorted(self.refs)]

    def _subject(self, *, ref: str | None = None, environment: str | None = None) -> Subject:
        owner, _, repository = self.github.partition("/")
        ids = (self.owner_id, self.repository_id) if self.immutable else (None, None)
        return Subject(
            owner=owner,
            repository=repository,
            owner_id=ids[0],
            repository_id=ids[1],
            ref=ref,
            environment=environment,
        )

    @property
    def form(self) -> str:
        """Of the subject, in the catalog's words."""
        return IMMUTABLE if self.immutable else BY_NAME

    def role_name(self, stack: str) -> str:
        """Tells people whose it is; where it can't say all of it, some digits tell two such roles apart. IAM tells an
        account's roles apart by name, whatever their case, and two stacks may share an account."""
        if self.environment is not None:
            contexts = [f"environment-{self.environment.casefold()}"]
        else:
            contexts = sorted(f"{_KINDS[kind]}-{name}" for _, kind, name in (ref.split("/", 2) for ref in self.refs))
        plain = _BETWEEN.join((f"{stack}.{self.github.casefold().replace('/', '.')}", *contexts))
        plainly = all(_PLAIN.fullmatch(each) for each in contexts) and self.workflow is None
        if plainly and len(plain) <= ROLE_NAME_MAX:
            return plain
        digest = hashlib.sha256("\n".join(self.place).encode()).hexdigest()[:_DIGEST]
        return f"{_NO_PART_OF_A_NAME.sub('_', plain)[: ROLE_NAME_MAX - _DIGEST - 1]}.{digest}"


def provider_arn(account: str, region: str) -> str:
    """Of the OIDC provider, which an account has once and the bootstrap makes."""
    return str(Arn(REGIONS[region].id, "iam", "", account, f"oidc-provider/{ISSUER}"))


def trust_policy(source: GitHubSource, *, provider: str) -> dict[str, object]:
    """A branch and an environment are fixed by StringEquals; a pattern of tags stands under StringLike, by itself."""
    subjects = source.subjects()
    exact = [each for each in subjects if not _PATTERN.search(each)]
    patterns = [each for each in subjects if _PATTERN.search(each)]
    statements = [
        *([_statement("Workflows", source, provider, {"StringEquals": {_key("sub"): exact}})] if exact else []),
        *([_statement("Tags", source, provider, {"StringLike": {_key("sub"): patterns}})] if patterns else []),
    ]
    return {"Version": CURRENT_VERSION, "Statement": statements}


def _statement(
    sid: str, source: GitHubSource, provider: str, subject: dict[str, dict[str, object]]
) -> dict[str, object]:
    claims = {
        "aud": AUDIENCE,
        "job_workflow_ref": source.workflow,
        "repository_id": source.repository_id,
        "repository_owner_id": source.owner_id,
    }
    fixed = {_key(name): value for name, value in claims.items() if value is not None}
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"Federated": provider},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {**subject, "StringEquals": {**fixed, **subject.get("StringEquals", {})}},
    }


def _key(claim: str) -> str:
    return f"{ISSUER}:{claim}"


def trust_problems(source: GitHubSource, *, provider: str) -> list[Problem]:
    """Of a trust policy that is too long for a role."""
    length = len(to_text(trust_policy(source, provider=provider)))
    if length <= TRUST_TEXT_MAX:
        return []
    message = f"the role's trust policy has {length:,} characters, and IAM takes {TRUST_TEXT_MAX:,}"
    return [Problem(("refs",), len(source.refs), message, "name fewer refs, or an environment that they deploy to")]


def source_problems(source: GitHubSource) -> list[Problem]:
    """What is wrong with a source whose parts are sound one by one."""
    ids = (source.owner_id, source.repository_id)
    if source.immutable and None in ids:
        fix = f"add both: gh api repos/{source.github} --jq '.owner.id, .id'"
        return [Problem(("subject",), "immutable", "needs owner_id and repository_id", fix)]
    return []


def contradictions(sources: Sequence[GitHubSource]) -> Iterator[tuple[int, Problem]]:
    """Sources that say of one repository of GitHub's what they can't both say, by their place in the sequence: it has
    one owner's id, one id of its own, and one form of subject."""
    first: dict[str, GitHubSource] = {}
    for index, source in enumerate(sources):
        known = first.setdefault(source.github.casefold(), source)
        for name, value, other in (
            ("github", source.github, known.github),
            ("owner_id", source.owner_id, known.owner_id),
            ("repository_id", source.repository_id, known.repository_id),
            ("subject", source.form, known.form),
        ):
            if value != other:
                message = f"is {value or 'not given'}, and {other or 'not given'} where the repository stands first"
                yield index, Problem((name,), value, message, f"write the same for {source.github} everywhere")
