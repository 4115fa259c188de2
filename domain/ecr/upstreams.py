"""Upstream registries of pull-through caches, and what ECR accepts as a rule for one of them.

"UG" is the Amazon ECR User Guide (https://docs.aws.amazon.com/AmazonECR/latest/userguide/), "API" the API reference
(https://docs.aws.amazon.com/AmazonECR/latest/APIReference/).
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from domain.aws import REGIONS, Arn
from domain.ecr.limits import CACHE_PREFIX_MAX_LENGTH, CACHE_PREFIX_MIN_LENGTH, CACHE_RULES_MAX
from domain.ecr.names import private_registry
from domain.problems import Problem, unless
from domain.registries import cloud_registries, docker_hub, hosted_registries

ROOT = "ROOT"
"""The prefix of every name that no other rule's prefix begins."""
SECRET_NAME_PREFIX = "ecr-pullthroughcache/"  # noqa: S105  how such secrets' names begin
"""UG, pull-through-cache-creating-secret"""
SECRET_KEYS = ("username", "accessToken")
"""UG, pull-through-cache-creating-secret: the same for every registry"""

# The API's PullThroughCacheRuleRepositoryPrefix, without ROOT and without the slash that it allows at the end.
_WORD = r"[a-z0-9]+(?:(?:[.]|_|__|-+)[a-z0-9]+)*"
_PREFIX = re.compile(rf"{_WORD}(?:/{_WORD})*")


class Credentials(Enum):
    """Whether a rule names a secret."""

    REQUIRED = "required"
    NOT_TAKEN = "not taken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Upstream:
    """A registry, or, where each customer has one of his own, a kind of registries."""

    name: str
    """For people."""
    api: str
    """The API's UpstreamRegistry."""
    url: str | None
    """None where each customer has another one; `form` is what it looks like."""
    form: str
    credentials: Credentials


# UG, pull-through-cache: which need a secret. API, CreatePullThroughCacheRule: the addresses, but Chainguard's, which
# is in UG, pull-through-cache-creating-rule. Quay takes none: https://github.com/aws/containers-roadmap/issues/2652
_PUBLIC = tuple(
    Upstream(name=name, api=api, url=url, form=url, credentials=credentials)
    for name, api, url, credentials in (
        ("ecr-public", "ecr-public", cloud_registries.ECR_PUBLIC.host, Credentials.NOT_TAKEN),
        ("kubernetes", "k8s", "registry.k8s.io", Credentials.NOT_TAKEN),
        ("quay", "quay", hosted_registries.QUAY.host, Credentials.NOT_TAKEN),
        ("docker-hub", "docker-hub", docker_hub.API_HOST, Credentials.REQUIRED),
        ("ghcr", "github-container-registry", hosted_registries.GHCR.host, Credentials.REQUIRED),
        ("gitlab", "gitlab-container-registry", hosted_registries.GITLAB.host, Credentials.REQUIRED),
        ("chainguard", "chainguard", "cgr.dev", Credentials.REQUIRED),
    )
)
AZURE = Upstream(
    name="azure",
    api="azure-container-registry",
    url=None,
    form=cloud_registries.AZURE.host,
    credentials=Credentials.REQUIRED,
)
ECR = Upstream(name="ecr", api="ecr", url=None, form=cloud_registries.ECR.host, credentials=Credentials.NOT_TAKEN)
UPSTREAMS = (*_PUBLIC, AZURE, ECR)


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheRule:
    """Names under `prefix` are cached from the upstream's names under `upstream_prefix`."""

    prefix: str
    upstream_url: str
    upstream_prefix: str = ROOT
    credential_arn: str | None = None
    custom_role_arn: str | None = None


def upstream_of(url: str) -> Upstream | None:
    """The registry at the address, None where ECR caches nothing from there."""
    if private_registry(url) is not None:
        return ECR
    if cloud_registries.AZURE.hosts and cloud_registries.AZURE.hosts.fullmatch(url):
        return AZURE
    return next((each for each in UPSTREAMS if each.url == url), None)


def rule_for(name: str, rules: Iterable[CacheRule]) -> CacheRule | None:
    """The rule whose prefix is the longest that the repository's name begins with; ROOT is the shortest."""
    found = [each for each in rules if each.prefix == ROOT or name.startswith(folder(each.prefix))]
    return max(found, key=lambda each: len(folder(each.prefix)), default=None)


def upstream_name(name: str, rule: CacheRule) -> str:
    """What the repository is called at the rule's upstream."""
    # UG, pull-through-cache-private-wildcards
    return folder(rule.upstream_prefix) + name.removeprefix(folder(rule.prefix))


def rule_problems(rule: CacheRule, *, account: str, region: str) -> list[Problem]:
    """What ECR would refuse in one rule of the account's registry in the region; a path begins with the field."""
    problems = [each.under("prefix") for each in prefix_problems(rule.prefix)]
    problems += [each.under("upstream_prefix") for each in upstream_prefix_problems(rule.upstream_prefix, rule.prefix)]
    upstream = upstream_of(rule.upstream_url)
    if upstream is None:
        fix = f"write one of {', '.join(each.form for each in UPSTREAMS)}"
        return [*problems, Problem(("upstream_url",), rule.upstream_url, "is not a registry that ECR can cache", fix)]
    credentials = credential_problems(upstream, rule.credential_arn, account=account, region=region)
    problems += [each.under("credential_arn") for each in credentials]
    role = custom_role_problems(rule.upstream_url, rule.custom_role_arn, account=account)
    return problems + [each.under("custom_role_arn") for each in role]


def registry_problems(prefixes: Sequence[str]) -> list[Problem]:
    """What ECR would refuse in the prefixes of a registry's rules taken together; a path begins with the index."""
    problems: list[Problem] = []
    if len(prefixes) > CACHE_RULES_MAX:
        fix = f"write at most {CACHE_RULES_MAX} for a registry"
        problems.append(Problem((), len(prefixes), f"has {len(prefixes)} rules", fix))
    seen: dict[str, int] = {}
    for index, prefix in enumerate(prefixes):
        first = seen.setdefault(folder(prefix), index)
        if first != index:
            problems.append(Problem((index,), prefix, "has a rule already", "give each rule a prefix of its own"))
    return problems


def prefix_problems(prefix: str) -> list[Problem]:
    """What ECR would refuse in a prefix, be it the cache's or the upstream's."""
    if prefix == ROOT:
        return []
    if not CACHE_PREFIX_MIN_LENGTH <= len(prefix) <= CACHE_PREFIX_MAX_LENGTH:
        fix = f"write {CACHE_PREFIX_MIN_LENGTH} to {CACHE_PREFIX_MAX_LENGTH}, or {ROOT}"
        return [Problem((), prefix, f"has {len(prefix)} characters", fix)]
    fix = f"use a-z and 0-9, with single '.', '_', '-' or '/' between them, or write {ROOT}"
    sound = _PREFIX.fullmatch(prefix.removesuffix("/"))
    return unless(sound, prefix, "is not a valid prefix of repository names", fix)


def upstream_prefix_problems(upstream_prefix: str, prefix: str) -> list[Problem]:
    # UG, pull-through-cache-private-wildcards
    if prefix == ROOT and upstream_prefix != ROOT:
        message = f"can't be given with the prefix {ROOT}"
        return [Problem((), upstream_prefix, message, "leave it out, or give the rule a prefix")]
    return prefix_problems(upstream_prefix)


def credential_problems(upstream: Upstream, arn: str | None, *, account: str, region: str) -> list[Problem]:
    """What is wrong with the secret that a rule in the account and region names for the upstream, if any."""
    if upstream.credentials is Credentials.NOT_TAKEN:
        return [] if arn is None else [Problem((), arn, f"is not supported for {upstream.name}", "leave it out")]
    if arn is None:
        fix = f"give the ARN of a secret whose name begins with {SECRET_NAME_PREFIX}"
        return [Problem((), arn, f"is missing: {upstream.name} requires authentication", fix)]
    parsed = Arn.parse(arn)
    if parsed is None or parsed.service != "secretsmanager" or not parsed.resource.startswith("secret:"):
        return [Problem((), arn, "is not the ARN of a secret", "give the whole ARN, with its six random characters")]
    problems = []
    if not parsed.resource.removeprefix("secret:").startswith(SECRET_NAME_PREFIX):
        fix = f"begin the secret's name with {SECRET_NAME_PREFIX}"
        problems.append(Problem((), arn, "is of a secret that ECR may not read", fix))
    if (parsed.partition, parsed.account, parsed.region) != (REGIONS[region].id, account, region):
        fix = f"name one in the account {account} and the region {region}, as the rule is"
        problems.append(Problem((), arn, "is of a secret in another account or region", fix))
    return problems


def custom_role_problems(upstream_url: str, arn: str | None, *, account: str) -> list[Problem]:
    """What is wrong with the role that a rule in the account names for the upstream, if any."""
    upstream = private_registry(upstream_url)
    if upstream is None:
        return [] if arn is None else [Problem((), arn, "is supported for a private ECR registry only", "leave it out")]
    if arn is None:
        # UG, pull-through-cache: a role must be there if the upstream is in another account.
        fix = "give the ARN of a role that pullthroughcache.ecr.amazonaws.com may assume"
        missing = Problem((), arn, f"is missing: the upstream is in the account {upstream.account}", fix)
        return [] if upstream.account == account else [missing]
    parsed = Arn.parse(arn)
    if parsed is None or parsed.service != "iam" or not parsed.resource.startswith("role/"):
        return [Problem((), arn, "is not the ARN of a role", "write arn:aws:iam::ACCOUNT:role/NAME")]
    fix = f"name one in the account {account}, as the rule is"
    return unless(parsed.account == account, arn, "is of a role in another account", fix)


def folder(prefix: str) -> str:
    """The prefix with the slash that ECR assumes at its end; nothing for ROOT."""
    return "" if prefix == ROOT else f"{prefix.removesuffix('/')}/"
