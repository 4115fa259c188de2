"""What AWS would refuse of the roles and documents that keys make together, at the key that asks for the most."""

import json
from collections.abc import Iterator, Mapping, Sequence

from domain.document_text import to_json_text
from domain.iam.cluster_trust import cluster_trust_problems, service_account_subject
from domain.iam.github import ISSUER
from domain.iam.github_trust import GitHubSource, contradictions, source_problems, trust_problems
from domain.iam.grants import Grant, repository_policy_problems
from domain.iam.limits import INLINE_TEXT_MAX, ROLES_MAX
from domain.iam.oidc import provider_arn
from domain.iam.roles import cache_role, pull_policy
from domain.problems import Path, Problem
from settings.declared.iam_roles import auditor_role, task_role
from settings.declared.resolve import here, source
from settings.declared.settings import Settings, policy_text
from settings.written.catalog import TASKS, RepositoryEntry

Entries = Sequence[tuple[str, RepositoryEntry]]
Pushes = Sequence[tuple[Path, GitHubSource]]
"""Each with its path in the catalog."""
_FEWER = "name whole accounts or an organization in place of many roles, or fewer prefixes"


def policy_problems_in_catalog(settings: Settings, entries: Entries) -> Iterator[Problem]:
    """At their paths in the catalog."""
    yield from _policy_problems(settings, entries)
    found = ((name, index, push) for name, entry in entries for index, push in here(entry, settings.stack))
    pushes = [(("repositories", name, "push", index), source(push)) for name, index, push in found]
    yield from _source_problems(pushes, provider_arn(ISSUER, settings.home.account, settings.home.region))
    lengths = {role.name: len(to_json_text(role.policy)) for role in settings.roles}
    yield from _push_problems(settings, {each.key: path for path, each in pushes}, lengths)
    yield from _task_problems(settings, entries)
    if len(lengths) > ROLES_MAX:
        message = f"make {len(lengths):,} roles, and an account has {ROLES_MAX:,}"
        yield Problem(("repositories",), None, message, "name fewer push sources, or ask AWS for a higher quota")


def _policy_problems(settings: Settings, entries: Entries) -> Iterator[Problem]:
    """The first that is wrong with what a repository's grants compile to, in one of the stack's own registries."""
    written = {name: len(entry.pull) for name, entry in entries}
    found: dict[object, Problem | None] = {}
    for repository in settings.repositories:
        if repository.pull not in found:
            found[repository.pull] = next(_policies(settings, repository.pull), None)
        if problem := found[repository.pull]:
            value = f"{written[repository.name]} grants to {repository.name}"
            yield Problem(("repositories", repository.name, "pull"), value, problem.message, problem.fix)


def _policies(settings: Settings, pull: tuple[Grant, ...]) -> Iterator[Problem]:
    for registry in settings.registries:
        text = policy_text(pull, registry.id)
        for problem in repository_policy_problems(json.loads(text)) if text else ():
            yield Problem((), None, f"{problem.message} in {registry.region}", problem.fix)


def _source_problems(pushes: Pushes, provider: str) -> Iterator[Problem]:
    for path, each in pushes:
        for problem in (*source_problems(each), *trust_problems(each, provider=provider)):
            yield problem.under(*path)
    for index, problem in contradictions([each for _, each in pushes]):
        yield problem.under(*pushes[index][0])


def _push_problems(
    settings: Settings, last: Mapping[tuple[str, ...], Path], lengths: Mapping[str, int]
) -> Iterator[Problem]:
    """Of a role's policy that is too long, at the last of its repositories."""
    for publisher in settings.publishers:
        length = lengths[publisher.name]
        if length > INLINE_TEXT_MAX:
            fix = "let another environment of the repository push some of them"
            message = f"pushes {len(publisher.repositories)} repositories, {_too_long(length)}"
            yield Problem((*last[publisher.source.key], "github"), publisher.source.github, message, fix)


def _task_problems(settings: Settings, entries: Entries) -> Iterator[Problem]:
    length = _tasks_length(settings)
    if length > INLINE_TEXT_MAX:
        paths = [path for name, entry in entries for path in _task_paths(name, entry)]
        fix = "let some be pulled by roles of your own: {account: NAME, role: ROLE}"
        count = len({path[1] for path in paths})
        yield Problem(paths[-1], TASKS, f"pulls {count} repositories, {_too_long(length)}", fix)


def _tasks_length(settings: Settings) -> int:
    """Of the policy of the account's tasks, as far as the catalog makes it."""
    names = [each.name for each in settings.repositories if each.tasks]
    return len(to_json_text(pull_policy(names, [registry.id for registry in settings.registries])))


def _task_paths(name: str, entry: RepositoryEntry) -> list[Path]:
    found = (index for index, pull in enumerate(entry.pull) if pull.service == TASKS)
    return [("repositories", name, "pull", index, "service") for index in found]


def _too_long(length: int) -> str:
    return f"and its role's policy has {length:,} characters where IAM takes {INLINE_TEXT_MAX:,}"


def policy_problems_in_stack(settings: Settings) -> Iterator[tuple[str, Problem]]:
    """The stack's key that asks for the most of it, and the problem inside that key's value."""
    for registry in settings.all_registries:
        text = settings.registry_policy_of(registry)
        for problem in repository_policy_problems(json.loads(text)) if text else ():
            message = f"make the registry policy in {registry.name} invalid: {problem.message}"
            yield "replicas" if registry.role else "caches", Problem((), None, message, problem.fix)
    for index, cache in enumerate(settings.caches):
        for problem in repository_policy_problems(json.loads(cache.policy_text)) if cache.policy_text else ():
            message = f"makes the repository policy invalid: {problem.message}"
            yield "caches", Problem((index, "pull"), cache.rule.prefix, message, problem.fix)
    yield from _role_problems(settings)


def _role_problems(settings: Settings) -> Iterator[tuple[str, Problem]]:
    """Of the roles that a stack has once; what the catalog makes too long is reported there."""
    stack = settings.stack
    keys = {task_role(stack): "caches", auditor_role(stack): "roles", cache_role(stack): "caches"}
    keys |= {each.role: "clusters" for cluster in settings.clusters for each in cluster.namespaces if each.role}
    reported = {publisher.name for publisher in settings.publishers}
    if _tasks_length(settings) > INLINE_TEXT_MAX:
        reported.add(task_role(stack))
    for role in settings.roles:
        length = len(to_json_text(role.policy))
        if role.name not in reported and length > INLINE_TEXT_MAX:
            message = f"make the policy of {role.name} {length:,} characters long where IAM takes {INLINE_TEXT_MAX:,}"
            yield keys.get(role.name, "replicas"), Problem((), None, message, _FEWER)
    yield from _namespace_role_problems(settings)


def _namespace_role_problems(settings: Settings) -> Iterator[tuple[str, Problem]]:
    """Of trust policies that name too many service accounts."""
    for index, cluster in enumerate(settings.clusters):
        for at, namespace in enumerate(cluster.namespaces):
            if cluster.issuer and namespace.role:
                provider = provider_arn(cluster.issuer, cluster.account, settings.home.region)
                subjects = [service_account_subject(namespace.name, name) for name in namespace.trusted]
                for problem in cluster_trust_problems(cluster.issuer, subjects, provider=provider):
                    yield "clusters", problem.under(index, "namespaces", at, "service_accounts")
