"""What is wrong with the pull-through caches of a stack: with one, and between them."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from domain.aws import RegistryId
from domain.ecr.cache import token_key
from domain.ecr.upstreams import CacheRule, Credentials, registry_problems, rule_for, rule_problems
from domain.problems import Problem, unknown
from domain.wording import a, nearest
from settings.checks.across_fields import exactly_one
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


def token_problems(
    keys: StackKeys, given: Collection[str], secret: Collection[str], *, project: str, stack: str
) -> Iterator[Problem]:
    """Of the tokens' keys, which are reported without their values."""
    command = f"pulumi config set --stack {stack} --secret {project}:"
    wanted = {token_key(cache.own_prefix): index for index, cache in enumerate(keys.caches) if cache.username}
    for name, index in wanted.items():
        if name not in given:
            fix = f"{command}{name}"
            message = f"logs in with a token that the stack's configuration does not have: {project}:{name}"
            yield Problem(("caches", index, "username"), keys.caches[index].username, message, fix)
    for name in given:
        if name not in wanted:
            fix = nearest(name, set(wanted)) if wanted else "remove it, or name the cache's username"
            yield Problem((name,), None, "is not the token of a cache", fix)
        elif name not in secret:
            message = "is written in plain text, for every reader of the repository"
            yield Problem((name,), None, message, f"make a new token, and {command}{name}")


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


def _rule_problems(cache: CacheEntry, registry: RegistryId) -> Iterator[Problem]:
    """Those of the domain, but for an address that is missing and a secret that the stack is to make."""
    rule = cache_rule(cache, "", "", registry)
    for problem in rule_problems(rule, account=registry.account, region=registry.region):
        field = str(problem.path[0])
        if not (field == "credential_arn" and cache.username) and (field != "upstream_url" or rule.upstream_url):
            yield replace(problem, path=(_WRITTEN.get(field, field), *problem.path[1:]))


def _pull_problems(pull: CachePull, keys: StackKeys) -> Iterator[Problem]:
    who = ("account", "organization", "service")
    yield from exactly_one(pull.model_dump(exclude_none=True), who, "account, organization or service", CachePull)
    for name, known in (("account", keys.accounts), ("organization", keys.organizations)):
        value = getattr(pull, name)
        if value is not None and value not in known:
            yield unknown((name,), value, f"is not {a(name)} of this stack", known)
    if pull.role is not None and pull.account is None:
        yield Problem(("role",), pull.role, "has no account", "write {account: NAME, role: ROLE}")
