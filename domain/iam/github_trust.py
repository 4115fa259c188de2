"""The GitHub workflows that may assume a role, compiled to the smallest trust policy."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from domain.document_text import to_json_text
from domain.iam.document import CURRENT_VERSION
from domain.iam.github import ISSUER, OWNER, REF, REPOSITORY, Subject
from domain.iam.limits import TRUST_TEXT_MAX
from domain.iam.oidc import AUDIENCE
from domain.iam.roles import role_name
from domain.problems import Problem, unless
from domain.wording import near

_REPOSITORY = re.compile(rf"{OWNER}/{REPOSITORY}")
_WORKFLOW = re.compile(rf"{_REPOSITORY.pattern}/\.github/workflows/[^\s*?@:\\]+\.ya?ml@(?:{REF}|[0-9a-f]{{40}})")
_ENVIRONMENT = re.compile(r"(?!\s)[^*?\x00-\x1f\x7f]{1,255}(?<!\s)")
_NO_PART_OF_A_CONDITION = re.compile(r"\$\{|[^\x20-\xff]")
"""IAM would fill the first in, and takes the second in no policy.
https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html"""
_TAGS = ":ref:refs/tags/"
_PLAIN = re.compile(r"[a-z0-9_=,.@-]+")
_KINDS = {"heads": "branch", "tags": "tag"}
_BETWEEN = "+"
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
    """Whether the subject has the ids: for repositories created or renamed since 15 July 2026, and those that opted in.
    https://docs.github.com/en/actions/reference/security/oidc"""
    workflow: str | None = None
    """The reusable workflow that must be running: owner/repository/path@ref."""

    @property
    def key(self) -> tuple[str, ...]:
        """Which workflows they are, however the role recognises them. GitHub ignores the case of all but refs."""
        environment = self.environment.casefold() if self.environment else ""
        return (self.github.casefold(), environment, self.workflow or "", *sorted(set(self.refs)))

    @property
    def owner(self) -> str:
        return self.github.partition("/")[0]

    @property
    def form(self) -> str:
        """Of the subject, in the catalog's words."""
        return IMMUTABLE if self.immutable else BY_NAME

    def subjects(self) -> list[str]:
        """Of its tokens, one for each ref."""
        if self.environment is not None:
            return [str(self._subject(environment=self.environment))]
        return [str(self._subject(ref=ref)) for ref in sorted(set(self.refs))]

    def _subject(self, *, ref: str | None = None, environment: str | None = None) -> Subject:
        owner, _, repository = self.github.partition("/")
        by_name = Subject(owner=owner, repository=repository, ref=ref, environment=environment)
        return replace(by_name, owner_id=self.owner_id, repository_id=self.repository_id) if self.immutable else by_name

    def role_name(self, stack: str) -> str:
        """Names stack, repository and refs or environment; where that does not fit, a hash distinguishes two roles."""
        if self.environment is not None:
            contexts = [f"environment-{self.environment.casefold()}"]
        else:
            parts = (ref.split("/", 2) for ref in set(self.refs))
            contexts = sorted(f"{_KINDS[kind]}-{name}" for _, kind, name in parts)
        name = _BETWEEN.join((f"{stack}.{self.github.casefold().replace('/', '.')}", *contexts))
        # A dot in the stack's name could as well end it. No context looks like the digits.
        plain = "." not in stack and self.workflow is None and all(map(_PLAIN.fullmatch, contexts))
        return role_name(name, key=(stack, *self.key), plain=plain)


def trust_policy(source: GitHubSource, *, provider: str) -> dict[str, object]:
    """Branches and environments under StringEquals; a pattern of tags in a statement of its own, under StringLike."""
    subjects = source.subjects()
    exact = [each for each in subjects if not _is_pattern(each)]
    patterns = [each for each in subjects if _is_pattern(each)]
    statements = [
        *([_statement("Workflows", source, provider, {"StringEquals": {_key("sub"): exact}})] if exact else []),
        *([_statement("Tags", source, provider, {"StringLike": {_key("sub"): patterns}})] if patterns else []),
    ]
    return {"Version": CURRENT_VERSION, "Statement": statements}


def _is_pattern(subject: str) -> bool:
    return "*" in subject.partition(_TAGS)[2]


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


def repository_problems(github: str) -> list[Problem]:
    sound = _REPOSITORY.fullmatch(github)
    meant = github.removeprefix("https://").removeprefix("github.com/").removesuffix("/").removesuffix(".git")
    instead = meant if _REPOSITORY.fullmatch(meant) else None
    return unless(sound, github, "is not a GitHub repository", "write it as acme/payments-api", instead)


def ref_problems(ref: str) -> list[Problem]:
    """A branch is named; of tags there may be a pattern, whose `*` matches any text."""
    fix = "write refs/heads/main, refs/tags/v1.2 or refs/tags/v* (a `*` only in a tag)"
    meant = _meant_ref(ref)
    instead = meant if _is_ref(meant) and not meant.lower().startswith("refs/heads/refs/") else None
    return unless(_is_ref(ref), ref, "is not a branch or tag ref", fix, instead)


def _is_ref(ref: str) -> bool:
    name = ref.replace("*", "-") if ref.startswith("refs/tags/") else ref
    return bool(re.fullmatch(REF, name)) and not _NO_PART_OF_A_CONDITION.search(ref)


def _meant_ref(ref: str) -> str:
    """The ref with its two first parts as they are meant, or with those that it lacks."""
    first, _, rest = ref.partition("/")
    kind, _, name = rest.partition("/")
    known_kind = near(kind, ("heads", "tags"))
    if known_kind and name and "*" not in kind and near(first, ("refs",)):
        return f"refs/{known_kind}/{name}"
    return f"refs/{ref}" if first in ("heads", "tags") else f"refs/heads/{ref}"


def environment_problems(environment: str) -> list[Problem]:
    sound = _ENVIRONMENT.fullmatch(environment) and not _NO_PART_OF_A_CONDITION.search(environment)
    return unless(sound, environment, "is not a valid environment name", "write its name, as in production")


def workflow_problems(workflow: str) -> list[Problem]:
    """GitHub's token has the whole ref, whatever the caller writes after the @: a branch, a tag, or a commit."""
    sound = _WORKFLOW.fullmatch(workflow) and not _NO_PART_OF_A_CONDITION.search(workflow)
    fix = "write acme/workflows/.github/workflows/publish.yml@refs/heads/main"
    return unless(sound, workflow, "is not a reusable workflow with a ref", fix)


def trust_problems(source: GitHubSource, *, provider: str) -> list[Problem]:
    """That the trust policy is too long for a role."""
    length = len(to_json_text(trust_policy(source, provider=provider)))
    if length <= TRUST_TEXT_MAX:
        return []
    message = f"makes the role's trust policy {length:,} characters long, and IAM allows {TRUST_TEXT_MAX:,}"
    if source.environment is not None:
        return [Problem(("job_workflow_ref",), source.workflow, message, "give the workflow a shorter path")]
    return [Problem(("refs",), source.refs, message, "name fewer refs, or an environment that they deploy to")]


def source_problems(source: GitHubSource) -> list[Problem]:
    """What is wrong with a source whose fields are valid one by one."""
    if not source.immutable or None not in (source.owner_id, source.repository_id):
        return []
    fix = f"add both: gh api repos/{source.github} --jq '.owner.id, .id'"
    return [Problem(("subject",), IMMUTABLE, "needs owner_id and repository_id", fix)]


def contradictions(sources: Sequence[GitHubSource]) -> Iterator[tuple[int, Problem]]:
    """Sources that contradict an earlier one, by their index. To GitHub the case of a name makes no difference, an
    owner and a repository have one id each, and a repository has one form of subject."""
    first: dict[tuple[str, ...], tuple[str | None, str]] = {}
    for index, source in enumerate(sources):
        reported: set[str] = set()
        for name, key, value in _facts(source):
            known, where = first.setdefault((name, *key), (value, source.github))
            # Without the same ids the form differs by itself.
            if value != known and name not in reported and not (name == "subject" and reported):
                reported.add(name)
                entry = f"in the first entry for {where}"
                if value is None:
                    message = f"is not set, but is {known!r} {entry}"
                else:
                    message = f"differs from {known!r} {entry}" if known else f"is not set {entry}"
                yield index, Problem((name,), value, message, "write the same everywhere")
        if source.repository_id:
            is_of = (source.github.casefold(), source.github)
            known, where = first.setdefault(("repository", source.repository_id), is_of)
            if known != is_of[0]:
                fix = f"look it up: gh api repos/{source.github} --jq .id"
                yield index, Problem(("repository_id",), source.repository_id, f"is the id of {where}", fix)


def _facts(source: GitHubSource) -> Iterator[tuple[str, tuple[str, ...], str | None]]:
    """Field, key and value of each fact; facts with the same field and key must have the same value."""
    repository = source.github.casefold()
    yield "github", (repository,), source.github
    if source.environment is not None:
        yield "environment", (repository, source.environment.casefold()), source.environment
    yield "owner_id", (repository,), source.owner_id
    if source.owner_id is not None:
        yield "owner_id", ("of", source.owner.casefold()), source.owner_id
    yield "repository_id", (repository,), source.repository_id
    yield "subject", (repository,), source.form
