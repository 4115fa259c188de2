"""Who may do what to which repository, as plain data."""

from dataclasses import dataclass, field
from enum import StrEnum

from domain.iam.actions import CONFIGURE_ACTIONS, DELETE_ACTIONS, PULL_ACTIONS, PUSH_ACTIONS
from review.access.partial_evaluation import Permission


class Access(StrEnum):
    """A column of the matrix. A pull and a push need all of their actions; for the others one is enough."""

    PULL = "pull"
    PUSH = "push"
    DELETE = "delete"
    CONFIGURE = "configure"

    @property
    def actions(self) -> tuple[str, ...]:
        return _ACTIONS[self]

    @property
    def needs_all(self) -> bool:
        return self in (Access.PULL, Access.PUSH)


_ACTIONS = {
    Access.PULL: PULL_ACTIONS,
    Access.PUSH: PUSH_ACTIONS,
    Access.DELETE: DELETE_ACTIONS,
    Access.CONFIGURE: CONFIGURE_ACTIONS,
}


class GranteeKind(StrEnum):
    """What a principal is, in the order in which they are told."""

    ROLE = "role"
    """Of the stack itself, whose policies are all known."""
    PRINCIPAL = "principal"
    """Any other role, user or session, by its ARN."""
    ACCOUNT = "account"
    ORGANIZATION = "organization"
    SERVICE = "service"
    GITHUB = "github"
    PROVIDER = "provider"
    """Whoever holds a token of an identity provider."""
    EVERYBODY = "everybody"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grantee:
    """Somebody, under a label that people know; what is code in it stands between backticks."""

    kind: GranteeKind
    id: str
    label: str
    entrants: tuple[str, ...] = ()
    """Of a role: who gets into it by its trust policy."""
    by_own_policies: bool = False
    """Whether policies that nobody here sees decide as well: this is the most that they can allow."""

    @property
    def names(self) -> tuple[str, ...]:
        """Who it is that may: of a role those who get into it."""
        return self.entrants or (self.label,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """That a principal may do something to a repository, in these regions, and the statement that lets it."""

    principal: Grantee
    repository: str
    regions: tuple[str, ...]
    account: str
    access: Access
    decision: Permission
    policy: str
    statement: str
    """The Sid, or the statement's place."""
    actions: tuple[str, ...] = ()
    """Which of the access's actions, where one is enough."""
    conditions: tuple[str, ...] = ()
    login: bool | None = None
    """Whether it may log in, without which nobody pulls or pushes; None where only its own account knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """All cells that are not empty, by repository, principal and access."""

    project: str
    stack: str
    account: str
    repositories: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The regions of each."""
    cells: tuple[Cell, ...] = ()
    notes: tuple[str, ...] = ()
    """What the reader must know of the matrix's own limits."""

    def of(self, repository: str) -> "Matrix":
        cells = tuple(each for each in self.cells if each.repository == repository)
        return Matrix(
            project=self.project,
            stack=self.stack,
            account=self.account,
            repositories={repository: self.repositories[repository]},
            cells=cells,
            notes=self.notes,
        )
