"""What is wrong with what a stack declares at GitHub: with its key `github`, and beside other stacks."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path as FilePath

from pydantic import ValidationError

from domain.github_source import (
    ENVIRONMENT_VARIABLES_MAX,
    REPOSITORY_VARIABLES_MAX,
    REQUESTS_PER_HOUR,
    VARIABLE_VALUE_MAX,
    GitHubRepository,
    reads,
)
from domain.problems import Path, Problem, unknown, unknown_key
from domain.wording import near
from settings.declared.resolve import here
from settings.declared.source_repositories import registry_environments
from settings.files.configuration import read_configuration, stacks
from settings.written.catalog import Catalog, Push
from settings.written.github_options import EVERY_OTHER, EnvironmentEntry, GitHubOptions

Entries = list[tuple[Path, Push]]
"""The pushes of one stack from repositories that it declares, with their paths in the catalog."""


def pushes_of(catalog: Catalog, stack: str, options: GitHubOptions | None) -> Entries:
    """The pushes of the stack from repositories that it declares, if it declares any."""
    if options is None:
        return []
    return [
        (("repositories", name, "push", index), push)
        for name, entry in catalog.repositories.items()
        for index, push in here(entry, stack)
        if options.declares(push.github)
    ]


def catalog_problems_of_sources(catalog: Catalog, pushes: Entries) -> Iterator[Problem]:
    """At their paths in the catalog."""
    every = [push for entry in catalog.repositories.values() for push in entry.push]
    known = {push.github.casefold(): push.github for push in every}
    for name, source in catalog.sources.items():
        if name.casefold() not in known:
            yield unknown_key(("sources", name), "pushes to no repository", known.values())
        elif source.archived and (path := _first(pushes, name)):
            message = f"is archived (sources: {name}): none of its workflows runs"
            yield Problem((*path, "github"), name, message, "remove the entry, or `archived`")
        old = f"{name.partition('/')[0]}/{source.renamed_from}" if source.renamed_from else ""
        if old.casefold() in known:
            message = "pushes by that name as well: what is declared of it can't be of both"
            yield Problem(
                ("sources", name, "renamed_from"), source.renamed_from, message, f"write {name} in its entries"
            )
    admitted: dict[tuple[str, str], tuple[tuple[str, ...], str]] = {}
    for path, push in pushes:
        if push.environment is None:
            if "admits" in push.model_fields_set:
                fix = "remove it: the refs themselves are what the role trusts"
                yield Problem((*path, "admits"), list(push.admits), "is not a key of a push from refs", fix)
            continue
        key = (push.github.casefold(), push.environment.casefold())
        first, where = admitted.setdefault(key, (push.admits, push.github))
        if first != push.admits:
            message = f"differs from {', '.join(first)} in the first entry for this environment of {where}"
            yield Problem((*path, "admits"), list(push.admits), message, "write the same everywhere")


def _first(pushes: Entries, name: str) -> Path | None:
    return next((path for path, push in pushes if push.github.casefold() == name.casefold()), None)


def options_problems(options: GitHubOptions, catalog: Catalog, pushes: Entries) -> Iterator[Problem]:
    """At their paths inside the key `github`."""
    every = [push.github for entry in catalog.repositories.values() for push in entry.push]
    mine = {name for each in every for owner, _, name in [each.partition("/")] if _same(owner, options.owner)}
    owners = {each.partition("/")[0] for each in every}
    # An owner of this project alone is sound, unless another was meant.
    if every and not mine and (options.registry is None or near(options.owner, owners)):
        yield unknown(("owner",), options.owner, "owns no repository that pushes", owners)
        return
    for index, name in enumerate(options.repositories or ()):
        if not any(_same(name, each) for each in mine):
            yield unknown(("repositories", index), name, f"is not a repository of {options.owner} that pushes", mine)
    used = {push.environment for _, push in pushes if push.environment}
    for name in options.environments:
        if name != EVERY_OTHER and not any(_same(name, each) for each in used):
            yield unknown_key(("environments", name), "is not an environment that pushes in this stack", used)
    yield from _team_problems(options)


def _same(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()


def _team_problems(options: GitHubOptions) -> Iterator[Problem]:
    """Of reviewers: only an organization has teams."""
    if not options.owner_is_user:
        return
    given: Iterable[tuple[Path, EnvironmentEntry]] = (
        (("environments", name), each) for name, each in options.environments.items()
    )
    entries: list[tuple[Path, tuple[int, ...]]] = [(path, each.reviewers.teams) for path, each in given]
    if options.registry is not None:
        entries.append((("registry",), options.registry.reviewers.teams))
    for path, teams in entries:
        if teams:
            message = f"are teams, and {options.owner} is a user"
            yield Problem((*path, "reviewers", "teams"), list(teams), message, "name users")


def declared_problems(repositories: Iterable[GitHubRepository]) -> Iterator[Problem]:
    """What GitHub would refuse of what the entries make together."""
    found = list(repositories)
    if (count := reads(found)) > REQUESTS_PER_HOUR:
        message = f"makes {count:,} environments, variables and rulesets, each read with a request, and GitHub answers"
        yield Problem((), None, f"{message} {REQUESTS_PER_HOUR:,} in an hour", "name fewer with `repositories`")
    for each in found:
        counts = [(len(each.variables), REPOSITORY_VARIABLES_MAX, each.full_name)]
        counts += [
            (len(one.variables), ENVIRONMENT_VARIABLES_MAX, f"{one.name} of {each.full_name}")
            for one in each.environments
        ]
        for count, most, where in counts:
            if count > most:
                yield Problem((), None, f"makes {count} variables in {where}, and GitHub takes {most}", "ask for fewer")
        held = [*each.variables, *(variable for one in each.environments for variable in one.variables)]
        for variable in held:
            if len(variable.value) > VARIABLE_VALUE_MAX:
                message = f"makes the variable {variable.name} of {each.full_name} {len(variable.value):,} characters"
                fix = "let another environment of the repository push some of them"
                yield Problem((), None, f"{message} long, and GitHub takes {VARIABLE_VALUE_MAX:,}", fix)


def shared_problems(
    root: FilePath, stack: str, options: GitHubOptions, catalog: Catalog, pushes: Entries
) -> Iterator[tuple[str, Problem]]:
    """What another stack declares, too: the file (`catalog` or `stack`) and the problem there."""
    own = _environments(pushes)
    yield from _of_registry(own, options, stack)
    for other in stacks(root):
        theirs = _options(root, other) if other != stack else None
        if theirs is None:
            continue
        yield from _of_registry(own, theirs, other)
        their_pushes = pushes_of(catalog, other, theirs)
        for (repository, environment), path in own.items():
            if (repository, environment) in _environments(their_pushes):
                message = f"is declared by stack {other}, too: two stacks would undo each other's work"
                yield "catalog", Problem((*path, "environment"), environment, message, "give each stack its own")
        if options.owns_repositories and theirs.owns_repositories:
            for name in sorted(_names(pushes, options) & _names(their_pushes, theirs)):
                message = f"is also true in stack {other}, and both declare {name}"
                yield (
                    "stack",
                    Problem(
                        ("owns_repositories",), options.owns_repositories, message, "let one stack own repositories"
                    ),
                )
                break


def _of_registry(
    own: Mapping[tuple[str, str], Path], options: GitHubOptions, stack: str
) -> Iterator[tuple[str, Problem]]:
    """A push from an environment that has the secrets and reviewers of a stack's own jobs."""
    if options.registry is None:
        return
    repository = f"{options.owner}/{options.registry.repository}".casefold()
    for each in registry_environments(stack):
        if path := own.get((repository, each.casefold())):
            message = f"is an environment of this project's own jobs (`registry` of stack {stack})"
            yield "catalog", Problem((*path, "environment"), each, message, "push from another")


def _environments(pushes: Entries) -> dict[tuple[str, str], Path]:
    found: dict[tuple[str, str], Path] = {}
    for path, push in pushes:
        if push.environment is not None:
            found.setdefault((push.github.casefold(), push.environment.casefold()), path)
    return found


def _names(pushes: Entries, options: GitHubOptions) -> set[str]:
    own = {f"{options.owner}/{options.registry.repository}".casefold()} if options.registry else set()
    return {push.github.casefold() for _, push in pushes} | own


def _options(root: FilePath, stack: str) -> GitHubOptions | None:
    """Another stack's, as far as it can be understood: its own faults are reported with it."""
    written = read_configuration(root, stack).own().get("github")
    try:
        return GitHubOptions.model_validate(written) if isinstance(written, Mapping) and written else None
    except ValidationError:
        return None
