"""What is wrong with the tests of access: they name what is not there, or more principals than one."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from domain.iam.github_trust import GitHubSource
from domain.problems import Path, Problem, unknown
from domain.wording import listed
from settings.checks.across_fields import exactly_one
from settings.declared.settings import Settings
from settings.declared.tested_principals import TESTS, StackPrincipals, entries_here
from settings.written.access_tests import PRINCIPALS, RUNS, AccessTestEntry, TestedPrincipal
from settings.written.catalog import Catalog
from settings.written.stack import StackKeys

_ELSEWHERE = "name the stacks that have it: `stacks: [NAME]`"
_NOT_IN = {
    "github": "is not a repository at GitHub that a push of the catalog names",
    "account": "is not an account of stack {}",
    "organization": "is not an organization of stack {}",
    "role": "is not a role of stack {}",
    "namespace": "is not a namespace of a cluster of stack {} that pulls from Amazon ECR",
}
_DEPEND_ON_ALL = ("github", "role", "namespace")
"""What is not known where a part of the settings is faulty."""


def written_test_problems(raw: Mapping[str, object]) -> Iterator[Problem]:
    """Of the tests as they are written, whatever the models say of their types."""
    holders: list[tuple[Path, object]] = [((), raw)]
    entries = raw.get("repositories")
    if isinstance(entries, Mapping):
        holders += [(("repositories", str(name)), entry) for name, entry in entries.items()]
    for path, holder in holders:
        tests = holder.get(TESTS) if isinstance(holder, Mapping) else None
        for index, test in enumerate(tests if isinstance(tests, list) else ()):
            principal = test.get("principal") if isinstance(test, Mapping) else None
            if isinstance(principal, Mapping):
                for each in _principal_problems(principal):
                    yield each.under(*path, TESTS, index, "principal")


def _principal_problems(principal: Mapping[str, object]) -> Iterator[Problem]:
    yield from exactly_one(principal, PRINCIPALS, "principal", TestedPrincipal)
    if principal.get("github") is not None:
        yield from exactly_one(principal, RUNS, "run of a workflow", TestedPrincipal)
    for holders, keys in ((("github",), (*RUNS, "job_workflow_ref")), (("account", "arn"), ("organization",))):
        for key in () if any(principal.get(each) is not None for each in holders) else keys:
            if principal.get(key) is not None:
                fix = f"name the {' or '.join(holders)} with it, or remove the key"
                yield Problem((key,), principal[key], f"has no {' or '.join(holders)}", fix)


def access_test_problems(
    settings: Settings, catalog: Catalog, keys: StackKeys, sources: Iterable[GitHubSource], *,
    repositories: Collection[str], whole: bool, elsewhere: Callable[[], Collection[str]],
) -> Iterator[Problem]:  # fmt: skip
    """Names that are not there. `repositories` are all that are written, `whole` says that no other part is faulty,
    `elsewhere` gives the regions of other stacks, which alone are asked there."""
    principals = StackPrincipals(settings, keys, sources)
    known = {key: list(principals.names(key)) for key in _NOT_IN}
    folded = {key: {_folded(key, each) for each in names} for key, names in known.items()}
    for path, test, names in entries_here(catalog, settings.stack):
        for key in _NOT_IN if whole else _NOT_IN.keys() - _DEPEND_ON_ALL:
            name = getattr(test.principal, key)
            if name is not None and _folded(key, name) not in folded[key]:
                yield _unknown((*path, "principal", key), name, key, known[key], settings.stack)
        if len(path) == len((TESTS, 0)):
            for index, name in enumerate(names):
                if name not in repositories:
                    place = (*path, "repositories", index)
                    yield unknown(place, name, "is not a repository of the catalog", repositories)
        if whole:
            yield from _region_problems(settings, path, test, names, elsewhere)


def _folded(key: str, name: str) -> str:
    """GitHub ignores the case of a repository's name."""
    return name.casefold() if key == "github" else name


def _unknown(path: Path, name: str, key: str, known: Iterable[str], stack: str) -> Problem:
    problem = unknown(path, name, _NOT_IN[key].format(stack), known)
    if key == "github" or problem.instead is not None:
        return problem
    return replace(problem, fix=f"{problem.fix}; {_ELSEWHERE}")


def _region_problems(
    settings: Settings,
    path: Path,
    test: AccessTestEntry,
    names: Collection[str],
    elsewhere: Callable[[], Collection[str]],
) -> Iterator[Problem]:
    for index, region in enumerate(test.regions or ()):
        for name in names:
            known = {each.region for each in settings.all_registries if name.startswith(each.prefixes or "")}
            own = any(each.region == region for each in settings.all_registries)
            if region not in known and (own or region not in elsewhere()):
                message, fix = f"has no registry with {name}", f"write {listed(sorted(known))}"
                yield Problem((*path, "regions", index), region, message, fix)
                break
