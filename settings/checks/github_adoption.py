"""What is wrong with `adopt` of a stack's key `github`: what exists already must be what the stack declares."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from domain.github_source import Environment, GitHubRepository
from domain.problems import Path, Problem, unknown_key
from settings.written.github_options import AdoptedEntry, GitHubOptions

_PATH = "adopt"


def adoption_problems(options: GitHubOptions, repositories: Iterable[GitHubRepository]) -> Iterator[Problem]:
    """At their paths inside the key `github`; `repositories` are those that the stack declares."""
    declared = {each.name.casefold(): each for each in repositories}
    yield from _twice((_PATH,), options.adopt)
    for name, entry in options.adopt.items():
        path, repository = (_PATH, name), declared.get(name.casefold())
        if repository is None:
            known = [each.name for each in declared.values()]
            yield unknown_key(path, f"is not a repository of {options.owner} that this stack declares", known)
            continue
        if repository.renamed_from:
            message = (
                f"was {repository.renamed_from} (`renamed_from`): what a stack has of it by that name would be "
                "imported once more, and then deleted"
            )
            fix = "remove it here; a stack that does not have it yet adopts it once `renamed_from` is removed"
            yield Problem(path, name, message, fix)
        yield from _ruleset_problems((*path, "ruleset"), entry, repository, options)
        yield from _policy_problems((*path, "policies"), entry, repository.environments)
    yield from _same_numbers(options.adopt)


def _ruleset_problems(
    path: Path, entry: AdoptedEntry, repository: GitHubRepository, options: GitHubOptions
) -> Iterator[Problem]:
    if entry.ruleset is None or repository.ruleset:
        return
    message = f"is the ruleset of {repository.full_name}, and this stack declares none"
    if not options.owns_repositories:
        fix = "write it in the stack that has `owns_repositories: true`, or remove it"
    else:
        fix = f"name its checks in the catalog (sources: {{{repository.full_name}: {{required_checks: [build]}}}})"
    yield Problem(path, entry.ruleset, message, fix)


def _policy_problems(path: Path, entry: AdoptedEntry, environments: Sequence[Environment]) -> Iterator[Problem]:
    by_name = {each.name.casefold(): each for each in environments}
    yield from _twice(path, entry.policies)
    for name, numbers in entry.policies.items():
        environment = by_name.get(name.casefold())
        if environment is None:
            names = [each.name for each in environments if each.admits]
            yield unknown_key((*path, name), "is not an environment of it that this stack declares", names)
        elif not environment.admits:
            message = "admits every branch and tag: it has no policies"
            yield Problem((*path, name), dict(numbers), message, "remove it")
        else:
            for ref in numbers:
                if ref not in environment.admits:
                    yield unknown_key((*path, name, ref), f"is not what {name} admits", environment.admits)


def _twice(path: Path, names: Iterable[str]) -> Iterator[Problem]:
    """GitHub takes names that differ in case alone for one."""
    found: dict[str, str] = {}
    for name in names:
        if (first := found.setdefault(name.casefold(), name)) != name:
            yield Problem((*path, name), name, f"is {first}, which is there already", "make one of the two")


def _same_numbers(adopt: Mapping[str, AdoptedEntry]) -> Iterator[Problem]:
    """A number is one ruleset's, and another one's one policy's, of all of GitHub."""
    rulesets = [((_PATH, name, "ruleset"), entry.ruleset) for name, entry in adopt.items() if entry.ruleset]
    policies = [
        ((_PATH, name, "policies", environment, ref), number)
        for name, entry in adopt.items()
        for environment, numbers in entry.policies.items()
        for ref, number in numbers.items()
    ]
    for kind in (rulesets, policies):
        first: dict[int, Path] = {}
        for path, number in kind:
            where = first.setdefault(number, path)
            if where != path:
                message = f"is also the number of {' '.join(map(str, where[1:]))}"
                yield Problem(path, number, message, "give each its own: docs/github.md prints them")
