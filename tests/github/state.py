"""What the tests' GitHub holds: owners, and their repositories with what can be declared of them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any, TypeVar

from tests.github.cut_schema import Value

T = TypeVar("T")
ORGANIZATION, USER = "Organization", "User"


class RefusedError(Exception):
    """An answer that is no success."""

    def __init__(self, status: int, message: str, *errors: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.errors = errors
        self.headers = headers or {}


@dataclass
class Owner:
    """An organization or a user."""

    login: str
    id: int
    type: str = ORGANIZATION
    teams: dict[int, str] = field(default_factory=dict)
    """Slugs by their ids."""
    claim_keys: list[str] = field(default_factory=lambda: ["repo", "context"])
    """The organization's own template of subjects."""
    immutable: bool = False
    rulesets: dict[int, Value] = field(default_factory=dict)
    """Which count for its repositories, too."""


@dataclass
class Environment:
    """A deployment environment."""

    name: str
    id: int
    settings: Value = field(default_factory=dict)
    """As the last PUT gave them."""
    policies: dict[int, Value] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def has_policies(self) -> bool:
        return bool((self.settings.get("deployment_branch_policy") or {}).get("custom_branch_policies"))


@dataclass
class Repository:
    """One, by its present name."""

    owner: Owner
    name: str
    id: int
    archived: bool = False
    old_names: list[str] = field(default_factory=list)
    environments: dict[str, Environment] = field(default_factory=dict)
    """By their names, whose case makes no difference."""
    variables: dict[str, str] = field(default_factory=dict)
    rulesets: dict[int, Value] = field(default_factory=dict)
    claim_keys: list[str] | None = None
    """Its own template of subjects; None for GitHub's."""
    immutable: bool | None = None
    """None where the organization says it."""

    @property
    def full_name(self) -> str:
        return f"{self.owner.login}/{self.name}"

    @property
    def prefix(self) -> str:
        """Of its tokens' subjects."""
        immutable = self.owner.immutable if self.immutable is None else self.immutable
        if immutable:
            return f"repo:{self.owner.login}@{self.owner.id}/{self.name}@{self.id}"
        return f"repo:{self.full_name}"

    def environment(self, name: str) -> Environment:
        return found(self.environments, name.casefold())


@dataclass
class Holdings:
    """All there is; ids go up."""

    owners: dict[str, Owner] = field(default_factory=dict)
    repositories: list[Repository] = field(default_factory=list)
    users: dict[int, str] = field(default_factory=dict)
    ids: Iterator[int] = field(default_factory=lambda: count(9001))

    def owner(self, login: str) -> Owner:
        return found(self.owners, login.casefold())

    def add_owner(self, login: str, id: int, **more: Any) -> Owner:
        return self.owners.setdefault(login.casefold(), Owner(login, id, **more))

    def add(self, owner: Owner, name: str, id: int, **more: Any) -> Repository:
        repository = Repository(owner, name, id, **more)
        self.repositories.append(repository)
        return repository

    def repository(self, owner: str, name: str) -> Repository | None:
        full = f"{owner}/{name}".casefold()
        return next((each for each in self.repositories if each.full_name.casefold() == full), None)

    def renamed(self, owner: str, name: str) -> Repository | None:
        full = f"{owner}/{name}".casefold()
        return next((each for each in self.repositories if full in map(str.casefold, each.old_names)), None)


def found(things: dict[Any, T], key: object) -> T:
    if key not in things:
        raise RefusedError(404, "Not Found")
    return things[key]
