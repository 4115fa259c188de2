"""What is wrong with the pull-through caches of a stack: with one, and between them."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from domain.aws import RegistryId
from domain.ecr.cache import token_key
from domain.ecr.upstreams import CacheRule, Credentials, registry_problems, rule_for, rule_problems
from domain.problems import Path, Problem, unknown
from domain.registries.table import lasting_login_problems
from domain.wording import a
from settings.checks.across_fields import PULLER, PULLERS, exactly_one, namespace_key_problems
from settings.checks.cluster_entries import namespace_problems
from settings.declared.resolve import cache_rule
from settings.written.stack import CacheEntry, CachePull, StackKeys

_WRITTEN = {"upstream_url": "registry", "credential_arn": "credentials"}
"""A rule's fields, as the stack's file has them."""


def cache_problems(keys: StackKeys, registry: RegistryId) -> Iterator[Problem]:
    for index, cache in enumerate(keys.caches):
        pulls = (each.under("pull", at) for at, pull in enumerate(cache.pull) for each in _pull_problems(pull, keys))
        for problem in (*_entry_problems(cache), *_rule_problems(cache, registry), *pulls):
            yield problem.under(index)
    for problem in registry_problems([cache.own_prefix for cache in keys.caches]):
        yield replace(problem, path=(*problem.path, "prefix") if problem.path else ())


def cache_tokens(keys: StackKeys) -> dict[str, tuple[str, Path, str]]:
    """The secrets that caches need: for each its key of the stack, the path in it, and the user name."""
    found = ((index, each.username, each.own_prefix) for index, each in enumerate(keys.caches))
    return {token_key(prefix): ("caches", (index, "username"), user) for index, user, prefix in found if user}


def shadowed_problems(names: Collection[str], rules: Sequence[CacheRule]) -> Iterator[Problem]:
    """Repositories of our own where only a cache can put images."""
    for name in names:
        if rule := rule_for(name, rules):
            message = f"is under {rule.prefix}, which belongs to a pull-through cache: no image can be pushed there"
            yield Problem(("repositories", name), name, message, "rename it, or give the cache another prefix")


def _entry_problems(cache: CacheEntry) -> Iterator[Problem]:
    """Of its address and its login."""
    url = cache.kind.url
    if url is None and cache.registry is None:
        yield Problem(("registry",), None, "is missing", f"write its address: {cache.kind.form}")
    elif url is not None and cache.registry is not None:
        message, fix = f"is not a key of {cache.upstream}", f"it is {url}: remove it"
        yield Problem(("registry",), cache.registry, message, fix)
    if cache.username and cache.credentials:
        yield Problem(("username",), cache.username, "is given beside a secret that has one", "keep one of the two")
    elif cache.username and cache.kind.credentials is Credentials.NOT_TAKEN:
        yield Problem(("username",), cache.username, f"is not supported for {cache.upstream}", "remove it")
    elif cache.username:
        yield from lasting_login_problems(url or cache.registry or "", cache.username)


def _rule_problems(cache: CacheEntry, registry: RegistryId) -> Iterator[Problem]:
    """Those of the domain, but for an address that is missing and a secret that the stack is to make."""
    rule = cache_rule(cache, "", "", registry)
    for problem in rule_problems(rule, account=registry.account, region=registry.region):
        field = str(problem.path[0])
        if not (field == "credential_arn" and cache.username) and (field != "upstream_url" or rule.upstream_url):
            yield replace(problem, path=(_WRITTEN.get(field, field), *problem.path[1:]))


def _pull_problems(pull: CachePull, keys: StackKeys) -> Iterator[Problem]:
    written = pull.model_dump(exclude_none=True)
    yield from exactly_one(written, PULLERS, PULLER, CachePull)
    yield from namespace_key_problems(written)
    if pull.cluster is not None and pull.cluster not in (names := [each.name for each in keys.clusters]):
        yield unknown(("cluster",), pull.cluster, "is not a cluster of this stack", names)
    yield from namespace_problems(pull, keys)
    for name, known in (("account", keys.accounts), ("organization", keys.organizations)):
        value = getattr(pull, name)
        if value is not None and value not in known:
            yield unknown((name,), value, f"is not {a(name)} of this stack", known)
    if pull.role is not None and pull.account is None:
        yield Problem(("role",), pull.role, "has no account", "write {account: NAME, role: ROLE}")
