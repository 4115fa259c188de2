"""Policies that several keys make together, once each key is sound by itself: what AWS would refuse in the whole."""

import json
from collections.abc import Iterator

from domain.document_text import to_text
from domain.iam.grants import repository_policy_problems
from domain.iam.limits import INLINE_TEXT_MAX, ROLES_MAX
from domain.iam.roles import cache_role
from domain.problems import Problem
from settings.declared.roles import auditor_role, registry_roles, task_role
from settings.declared.settings import Settings

_FEWER = "name whole accounts or an organization in place of many roles, or fewer prefixes"


def count_problems(settings: Settings) -> Iterator[Problem]:
    """Of more roles than an account has, at their place in the catalog."""
    count = len(registry_roles(settings))
    if count > ROLES_MAX:
        message = f"make {count:,} roles, and an account has {ROLES_MAX:,}"
        yield Problem(("repositories",), None, message, "let fewer sources push, or ask AWS for a higher quota")


def size_problems(settings: Settings) -> Iterator[tuple[str, Problem]]:
    """The stack's key that asks for the most of it, and the problem inside that key's value."""
    yield from _registry_policies(settings)
    for index, cache in enumerate(settings.declared_caches()):
        for problem in repository_policy_problems(json.loads(cache.policy_text)) if cache.policy_text else ():
            yield "caches", Problem((index, "pull"), cache.rule.prefix, f"is for many: {problem.message}", problem.fix)
    yield from _roles(settings)


def _registry_policies(settings: Settings) -> Iterator[tuple[str, Problem]]:
    for place in settings.all_places:
        text = settings.registry_policy_of(place)
        for problem in repository_policy_problems(json.loads(text)) if text else ():
            message = f"ask much of the registry policy in {place.name}: {problem.message}"
            yield "replicas" if place.role else "caches", Problem((), None, message, problem.fix)


def _roles(settings: Settings) -> Iterator[tuple[str, Problem]]:
    """Of the roles that a stack has once; a publisher is told where the catalog asks for it."""
    stack = settings.stack
    keys = {task_role(stack): "caches", auditor_role(stack): "roles", cache_role(stack): "caches"}
    publishers = {publisher.name for publisher in settings.publishers}
    for role in registry_roles(settings):
        length = len(to_text(role.policy))
        if role.name not in publishers and length > INLINE_TEXT_MAX:
            message = f"make the policy of {role.name} {length:,} characters long where IAM takes {INLINE_TEXT_MAX:,}"
            yield keys.get(role.name, "replicas"), Problem((), None, message, _FEWER)
