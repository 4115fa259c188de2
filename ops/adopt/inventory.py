"""What exists: every repository that was described, with all that is known of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from domain.problems import Problem
from domain.wording import listed
from ops.adopt.reading import Document, InvalidInput
from ops.adopt.shapes import (
    Key,
    LifecyclePolicy,
    Repositories,
    Repository,
    RepositoryPolicy,
    Tagging,
    repository_arn,
    repository_name,
)
from settings.faults import Fault

Where = tuple[str, str]
"""A registry: account and region."""
Place = tuple[Where, str]
"""A registry, and a repository's name in it."""

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A repository as it stands in one registry; None is what was not given."""

    name: str
    account: str
    region: str
    mutability: str
    filters: tuple[str, ...]
    scan_on_push: bool
    encryption: str | None
    key: str | None
    tags: Mapping[str, str] | None = None
    lifecycle: str | None = None
    policy: str | None = None

    @property
    def where(self) -> Where:
        return self.account, self.region


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    repositories: tuple[Found, ...]
    managers: Mapping[str, str]
    """Who manages a key, by its ARN: AWS or CUSTOMER."""
    notes: tuple[str, ...]
    """What people should know of what they gave."""

    @property
    def registries(self) -> set[Where]:
        return {found.where for found in self.repositories}


class _Once(Generic[K, V]):
    """Values that may be given twice, but not in two forms."""

    def __init__(self, faults: list[Fault]) -> None:
        self.values: dict[K, V] = {}
        self._faults = faults
        self._first: dict[K, Document] = {}

    def add(self, key: K, value: V, document: Document, what: str) -> None:
        first = self._first.setdefault(key, document)
        if self.values.setdefault(key, value) != value:
            message, fix = f"is told otherwise by {first}", "leave out the older of the two"
            self._faults.append(_fault(document, what, message, fix))


class _Gathering:
    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.notes: list[str] = []
        self.repositories: _Once[Place, Found] = _Once(self.faults)
        self.tags: _Once[Place, Mapping[str, str]] = _Once(self.faults)
        self.lifecycles: _Once[Place, str] = _Once(self.faults)
        self.policies: _Once[Place, str] = _Once(self.faults)
        self.managers: dict[str, str] = {}
        self.tagged: set[Where] = set()
        """Registries whose tags were given: a repository there that isn't listed has none."""
        self.in_file: dict[str, set[Place]] = {}
        """What each file describes."""

    def add_repositories(self, output: Repositories, document: Document) -> None:
        for each in output.repositories:
            found = _found(each)
            place = (found.where, found.name)
            self.repositories.add(place, found, document, f"repository {found.name}")
            self.in_file.setdefault(document.file, set()).add(place)
        if output.next:
            self._cut(document, "repositories")

    def add_tags(self, output: Tagging, document: Document) -> None:
        places = {each.arn: _place(each.arn) for each in output.resources}
        for each in output.resources:
            if place := places[each.arn]:
                tags = {tag.key: tag.value for tag in each.tags}
                self.tags.add(place, tags, document, f"tags of {place[1]}")
        told = {place[0] for place in places.values() if place}
        self.tagged |= told or {where for where, _ in self.in_file.get(document.file, ())}
        if output.next:
            self._cut(document, "tags")

    def add_policy(self, output: LifecyclePolicy | RepositoryPolicy, document: Document) -> None:
        lifecycle = isinstance(output, LifecyclePolicy)
        kind, kept = ("lifecycle", self.lifecycles) if lifecycle else ("repository", self.policies)
        what = f"{kind} policy of {output.name}"
        own, everywhere = self.in_file.get(document.file, set()), set(self.repositories.values)
        places = _named(output, own) or _named(output, everywhere)
        if len(places) == 1:
            kept.add(places[0], output.text, document, what)
        elif places:
            regions = listed(sorted(region for (_, region), _ in places))
            fix = "write one file for each region, which begins with its `aws ecr describe-repositories`"
            self.faults.append(_fault(document, what, f"says no region, and the repository is in {regions}", fix))
        else:
            self.notes.append(f"{document}: {what} is left out: no such repository is described")

    def _cut(self, document: Document, what: str) -> None:
        self.notes.append(
            f"{document}: more {what} follow after this page, and what is on none counts as missing: "
            "leave out --max-items and --no-paginate, or give the other pages too"
        )


def gather(documents: Sequence[Document]) -> Inventory:
    """What the documents say of each repository, together; raises InvalidInput where they contradict each other."""
    gathering = _Gathering()
    for document in documents:
        match document.output:
            case Repositories() as described:
                gathering.add_repositories(described, document)
            case Key(metadata=key):
                gathering.managers[key.arn] = key.manager
    for document in documents:  # once it is known what each file describes
        match document.output:
            case Tagging() as tagging:
                gathering.add_tags(tagging, document)
            case LifecyclePolicy() | RepositoryPolicy() as policy:
                gathering.add_policy(policy, document)
    if not any(isinstance(document.output, Repositories) for document in documents):
        gathering.faults.append(_fault(documents[0], None, "describes no repository", "give describe-repositories too"))
    if gathering.faults:
        raise InvalidInput(gathering.faults)
    return Inventory(
        repositories=tuple(_complete(place, gathering) for place in sorted(gathering.repositories.values)),
        managers=gathering.managers,
        notes=tuple(gathering.notes),
    )


def _found(repository: Repository) -> Found:
    (account, region), name = _required(_place(repository.arn))
    return Found(
        name=name,
        account=account,
        region=region,
        mutability=repository.mutability,
        filters=tuple(each.filter for each in repository.filters),
        scan_on_push=repository.scanning.on_push,
        encryption=repository.encryption.type if repository.encryption else None,
        key=repository.encryption.key if repository.encryption else None,
    )


def _complete(place: Place, gathering: _Gathering) -> Found:
    unlisted: Mapping[str, str] | None = {} if place[0] in gathering.tagged else None
    return replace(
        gathering.repositories.values[place],
        tags=gathering.tags.values.get(place, unlisted),
        lifecycle=gathering.lifecycles.values.get(place),
        policy=gathering.policies.values.get(place),
    )


def _place(arn: str) -> Place | None:
    parsed = repository_arn(arn)
    return ((parsed.account, parsed.region), repository_name(parsed)) if parsed else None


def _required(place: Place | None) -> Place:
    if place is None:
        raise ValueError("the shape lets no other ARN pass")
    return place


def _named(output: LifecyclePolicy | RepositoryPolicy, places: Iterable[Place]) -> list[Place]:
    return [(where, name) for where, name in places if name == output.name and output.account in (None, where[0])]


def _fault(document: Document, value: object, message: str, fix: str) -> Fault:
    return Fault.of(Problem((), value, message, fix), document.file, document.line)
