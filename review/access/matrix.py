"""The access matrix as plain data: principals, repositories, and what each principal can do."""

from collections.abc import Container
from dataclasses import dataclass, field, replace
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
    """The kind of a principal, in the order of the lines."""

    ROLE = "role"
    """A role of the stack, whose policies are all known."""
    PRINCIPAL = "principal"
    """Any other role, user or session, by its ARN."""
    ACCOUNT = "account"
    ORGANIZATION = "organization"
    SERVICE = "service"
    GITHUB = "github"
    NAMESPACE = "namespace"
    """Service accounts of one namespace of a Kubernetes cluster."""
    PROVIDER = "provider"
    """Any identity of an identity provider."""
    EVERYONE = "everyone"


_BY_OWN_POLICIES = frozenset(
    (GranteeKind.PRINCIPAL, GranteeKind.ACCOUNT, GranteeKind.ORGANIZATION, GranteeKind.EVERYONE)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grantee:
    """A principal that has access; code in its label is between backticks."""

    kind: GranteeKind
    id: str
    label: str
    entrants: tuple[str, ...] = ()
    """Of a role: the principals that can assume it, by its trust policy."""

    @property
    def by_own_policies(self) -> bool:
        """Whether the principal's identity policies, which are not in the stack, must allow it as well."""
        return self.kind in _BY_OWN_POLICIES

    @property
    def names(self) -> tuple[str, ...]:
        """Of a role the principals that can assume it."""
        return self.entrants or (self.label,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One access of a principal to a repository in these regions, and the statement that allows it."""

    principal: Grantee
    repository: str
    regions: tuple[str, ...]
    account: str
    access: Access
    decision: Permission
    policy: str
    statement: str
    """The Sid, or the statement's position."""
    actions: tuple[str, ...] = ()
    """The allowed actions, where one is enough for the access."""
    conditions: tuple[str, ...] = ()
    login: bool | None = None
    """Whether it can log in, which a pull and a push need; None where that is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """All cells with an access, by repository, principal and access."""

    project: str
    stack: str
    account: str
    repositories: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The regions of each."""
    cells: tuple[Cell, ...] = ()
    notes: tuple[str, ...] = ()
    """What is not known."""
    topics: tuple[str, ...] = ()
    """Who publishes to the topics of monitoring, and to whom these deliver."""

    def without(self, names: Container[str]) -> "Matrix":
        """The matrix of the other repositories."""
        return replace(
            self,
            repositories={name: regions for name, regions in self.repositories.items() if name not in names},
            cells=tuple(each for each in self.cells if each.repository not in names),
        )

    def of(self, repository: str) -> "Matrix":
        return replace(
            self,
            repositories={repository: self.repositories[repository]},
            cells=tuple(each for each in self.cells if each.repository == repository),
        )
