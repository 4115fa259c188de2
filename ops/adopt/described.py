"""What exists: every repository that was described, with all that was given of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from domain.aws import RegistryId
from domain.problems import Problem
from domain.wording import listed
from ops.adopt.cli_output import CliDocument, CliOutput, DescribedRepository, InvalidInput, parse_repository_arn
from settings.faults import Fault

_At = tuple[RegistryId, str]
"""A registry, and the name of a repository in it."""
_LIFECYCLE, _POLICY = "lifecycle policy", "repository policy"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExistingRepository:
    """A repository in one registry; None is what was not given."""

    name: str
    registry: RegistryId
    described: DescribedRepository
    tags: Mapping[str, str] | None
    lifecycle: str | None
    policy: str | None

    @property
    def region(self) -> str:
        return self.registry.region

    @property
    def filters(self) -> tuple[str, ...]:
        return tuple(each.filter for each in self.described.filters)


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    repositories: tuple[ExistingRepository, ...]
    managers: Mapping[str, str]
    """Who manages a key, by its ARN: AWS or CUSTOMER."""
    notes: tuple[str, ...]
    """What people should know of what they gave."""

    @property
    def registries(self) -> set[RegistryId]:
        return {each.registry for each in self.repositories}


def gather(documents: Sequence[CliDocument]) -> Described:
    """What the documents say of each repository, together; raises InvalidInput where they contradict each other."""
    gathered = _Gathered()
    for document in documents:
        gathered.add_repositories(document.output, document)
    for document in documents:  # once it is known what each file describes
        gathered.add_tags(document.output, document)
        gathered.add_policy(document.output, document)
    if all(document.output.repositories is None for document in documents):
        gathered.fault(documents[0], None, "describes no repository", "give describe-repositories too")
    if gathered.faults:
        raise InvalidInput(gathered.faults)
    return Described(repositories=tuple(gathered.existing()), managers=gathered.managers, notes=tuple(gathered.notes))


@dataclass(slots=True)
class _Gathered:
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    managers: dict[str, str] = field(default_factory=dict)
    tagged: set[RegistryId] = field(default_factory=set)
    """Registries whose tags were given: a repository there that isn't listed has none."""
    in_file: dict[str, set[_At]] = field(default_factory=dict)
    """What each file describes."""
    _given: dict[tuple[str, _At], tuple[Any, CliDocument]] = field(default_factory=dict)
    """Values by what they are, with the document that gave them first."""

    def add_repositories(self, output: CliOutput, document: CliDocument) -> None:
        """Keys too, which are no repository's."""
        if output.key:
            self.managers[output.key.arn] = output.key.manager
        for each in output.repositories or ():
            if at := _at(each.arn):
                self._add("repository", at, each, document)
                self.in_file.setdefault(document.file, set()).add(at)
        if output.next:
            what = "repositories" if output.tagged is None else "tags"
            self.notes.append(
                f"{document}: more {what} follow after this page, and what is on none counts as missing: "
                "leave out --max-items and --no-paginate, or give the other pages too"
            )

    def add_tags(self, output: CliOutput, document: CliDocument) -> None:
        if output.tagged is not None:
            found = {at: each.tags for each in output.tagged if (at := _at(each.arn))}
            for at, tags in found.items():
                self._add("tags", at, {tag.key: tag.value for tag in tags}, document)
            self.tagged |= {registry for registry, _ in set(found) or self.in_file.get(document.file, set())}

    def add_policy(self, output: CliOutput, document: CliDocument) -> None:
        kind, text = (_POLICY, output.policy) if output.lifecycle is None else (_LIFECYCLE, output.lifecycle)
        if text is None:
            return
        found = _named(output, self.in_file.get(document.file, ()))
        found = found or _named(output, {at for described in self.in_file.values() for at in described})
        if len(found) == 1:
            self._add(kind, found[0], text, document)
        elif found:
            regions = listed(sorted(registry.region for registry, _ in found))
            message = f"says no region, and the repository is in {regions}"
            fix = "write one file for each region, which begins with its `aws ecr describe-repositories`"
            self.fault(document, f"{kind} of {output.name}", message, fix)
        else:
            self.notes.append(f"{document}: {kind} of {output.name} is left out: no such repository is described")

    def existing(self) -> Iterable[ExistingRepository]:
        described = [at for kind, at in self._given if kind == "repository"]
        for at in sorted(described, key=lambda at: (at[0].account, at[0].region, at[1])):
            yield ExistingRepository(
                name=at[1],
                registry=at[0],
                described=self._get("repository", at),
                tags=self._get("tags", at, {} if at[0] in self.tagged else None),
                lifecycle=self._get(_LIFECYCLE, at),
                policy=self._get(_POLICY, at),
            )

    def fault(self, document: CliDocument, value: object, message: str, fix: str) -> None:
        self.faults.append(Fault.of(Problem((), value, message, fix), document.file, document.line))

    def _add(self, kind: str, at: _At, value: object, document: CliDocument) -> None:
        known, first = self._given.setdefault((kind, at), (value, document))
        if known != value:
            what = f"{kind} of {at[1]}"
            self.fault(document, what, f"differs from what {first} says", "leave out the older of the two")

    def _get(self, kind: str, at: _At, default: object = None) -> Any:
        return self._given.get((kind, at), (default, None))[0]


def _at(arn: str) -> _At | None:
    parsed = parse_repository_arn(arn)
    return (RegistryId(account=parsed.account, region=parsed.region), parsed.resource) if parsed else None


def _named(output: CliOutput, some: Iterable[_At]) -> list[_At]:
    return [at for at in some if at[1] == output.name and output.account in (None, at[0].account)]
