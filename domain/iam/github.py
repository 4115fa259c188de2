"""The subjects of the tokens that GitHub gives its workflows.

https://docs.github.com/en/actions/reference/security/oidc"""

import re
from dataclasses import dataclass

ISSUER = "token.actions.githubusercontent.com"

OWNER = r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,98}[A-Za-z0-9])?"
REPOSITORY = r"[A-Za-z0-9._-]{1,100}"
REF = r"refs/(?:heads|tags)/[^\s:*?\[\\^~\x00-\x1f\x7f]+"
"""What git refuses in the name of a ref is no part of one: https://git-scm.com/docs/git-check-ref-format"""

# In a repository that was created or renamed since 15 July 2026, both names have the ids that no successor can get.
_SUBJECT = re.compile(
    rf"repo:(?P<owner>{OWNER})(?:@(?P<owner_id>[0-9]+))?/(?P<repository>{REPOSITORY})(?:@(?P<repository_id>[0-9]+))?"
    rf":(?:ref:(?P<ref>{REF})"
    r"|environment:(?P<environment>[^:*?\x00-\x1f\x7f]+)"
    r"|(?P<pull_request>pull_request))"
)
_COLON = "%3A"
"""Any `:` within the metadata values will be replaced with `%3A` in the subject claim. Same page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Whose workflow a token is of: of one repository, and there of a branch, tag, environment or any pull request."""

    owner: str
    repository: str
    owner_id: str | None = None
    repository_id: str | None = None
    ref: str | None = None
    """refs/heads/... or refs/tags/..., of a job without an environment."""
    environment: str | None = None
    pull_request: bool = False

    def __post_init__(self) -> None:
        if [self.ref is not None, self.environment is not None, self.pull_request].count(True) != 1:
            raise ValueError("a subject has a ref, an environment or a pull request")

    @classmethod
    def parse(cls, text: str) -> "Subject | None":
        """The subject that the text is, in the form with ids or without; None for any other, and for a pattern."""
        found = _SUBJECT.fullmatch(text)
        if found is None or (found["owner_id"] is None) != (found["repository_id"] is None):
            return None
        environment = found["environment"]
        return cls(
            owner=found["owner"],
            repository=found["repository"],
            owner_id=found["owner_id"],
            repository_id=found["repository_id"],
            ref=found["ref"],
            environment=environment and environment.replace(_COLON, ":"),
            pull_request=found["pull_request"] is not None,
        )

    def __str__(self) -> str:
        owner = f"{self.owner}@{self.owner_id}" if self.owner_id else self.owner
        repository = f"{self.repository}@{self.repository_id}" if self.repository_id else self.repository
        return f"repo:{owner}/{repository}:{self._context()}"

    def _context(self) -> str:
        if self.environment is not None:
            return f"environment:{self.environment.replace(':', _COLON)}"
        return "pull_request" if self.pull_request else f"ref:{self.ref}"
