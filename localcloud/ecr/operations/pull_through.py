"""The rules of a pull-through cache: created, described, deleted."""

from domain.ecr.limits import CACHE_RULES_MAX
from domain.ecr.upstreams import ROOT, CacheRule, Credentials, Upstream, rule_problems, upstream_of
from domain.problems import Problem
from localcloud.ecr.cache.login import secret_text
from localcloud.ecr.errors import EcrError, invalid_parameter
from localcloud.ecr.operations.asked import Answer, Asked
from localcloud.ecr.operations.paging import page, refuse_paging
from localcloud.ecr.state import StandingCacheRule

_PREFIX, _PREFIXES = "ecrRepositoryPrefix", "ecrRepositoryPrefixes"
_MEMBERS = {
    "prefix": _PREFIX,
    "upstream_url": "upstreamRegistryUrl",
    "upstream_prefix": "upstreamRepositoryPrefix",
    "credential_arn": "credentialArn",
    "custom_role_arn": "customRoleArn",
}
"""What the API calls the fields of a rule."""


async def create(asked: Asked) -> Answer:
    rule = CacheRule(
        prefix=asked.given[_PREFIX],
        upstream_url=asked.given["upstreamRegistryUrl"],
        upstream_prefix=asked.given.get("upstreamRepositoryPrefix", ROOT),
        credential_arn=asked.given.get("credentialArn"),
        custom_role_arn=asked.given.get("customRoleArn"),
    )
    _require_upstream(rule, asked.given.get("upstreamRegistry"))
    await _require_sound(asked, rule)
    _require_free(asked, rule.prefix)
    standing = StandingCacheRule(rule=rule, created_at=asked.now)
    asked.registry.cache_rules[_key(rule.prefix)] = standing
    return _told(asked, standing, "updatedAt")


async def describe(asked: Asked) -> Answer:
    if _PREFIXES in asked.given:
        refuse_paging(asked, _PREFIXES)
        found = [_standing(asked, each) for each in asked.given[_PREFIXES]]
        return {"pullThroughCacheRules": [_told(asked, each) for each in found]}
    found, more = page(asked, "DescribePullThroughCacheRules", asked.registry.cache_rules)
    return {"pullThroughCacheRules": [_told(asked, each) for each in found], **more}


async def delete(asked: Asked) -> Answer:
    """What is cached stays, and is not looked for upstream any more."""
    standing = _standing(asked, asked.given[_PREFIX])
    del asked.registry.cache_rules[_key(standing.rule.prefix)]
    return _told(asked, standing, "updatedAt", "upstreamRegistry")


def _require_upstream(rule: CacheRule, named: str | None) -> None:
    """Raises UnsupportedUpstreamRegistryException in the words that AWS has for it."""
    # https://github.com/aws-controllers-k8s/community/issues/2589
    upstream, code = upstream_of(rule.upstream_url), "UnsupportedUpstreamRegistryException"
    if upstream is None:
        raise EcrError(code, f"The upstream registry URL {rule.upstream_url} is invalid.")
    if upstream.credentials is Credentials.REQUIRED and rule.credential_arn is None:
        text = "The specified upstream registry requires authentication. Specify a valid Secrets Manager ARN."
        raise EcrError(code, text)
    if named not in (None, upstream.api):
        raise invalid_parameter("upstreamRegistry", f"'{rule.upstream_url}' is the address of {upstream.api}")


async def _require_sound(asked: Asked, rule: CacheRule) -> None:
    registry = asked.registry
    if problems := rule_problems(rule, account=registry.account, region=registry.region):
        raise _invalid(problems[0])
    if rule.credential_arn is not None:
        await secret_text(rule.credential_arn, registry, asked.services.neighbour)


def _require_free(asked: Asked, prefix: str) -> None:
    rules = asked.registry.cache_rules
    if _key(prefix) in rules:
        text = f"A pull through cache rule with the prefix '{prefix}' already exists in the registry"
        raise EcrError("PullThroughCacheRuleAlreadyExistsException", text)
    if len(rules) >= CACHE_RULES_MAX:
        raise EcrError("LimitExceededException", f"The registry has {CACHE_RULES_MAX} pull through cache rules already")


def _standing(asked: Asked, prefix: str) -> StandingCacheRule:
    found = asked.registry.cache_rules.get(_key(prefix))
    if found is None:
        text = f"The pull through cache rule with the prefix '{prefix}' does not exist in the registry"
        raise EcrError("PullThroughCacheRuleNotFoundException", text)
    return found


def _invalid(problem: Problem) -> EcrError:
    field, *_ = problem.path
    return invalid_parameter(_MEMBERS[str(field)], f"{problem.message}, {problem.fix}")


def _key(prefix: str) -> str:
    return prefix.removesuffix("/")


def _upstream(rule: CacheRule) -> Upstream:
    upstream = upstream_of(rule.upstream_url)
    if upstream is None:
        raise LookupError(f"{rule.upstream_url} was taken as an upstream, and is none")
    return upstream


def _told(asked: Asked, standing: StandingCacheRule, *without: str) -> Answer:
    """The rule, but for the members that an operation's answer does not have."""
    fields = {name: getattr(standing.rule, field) for field, name in _MEMBERS.items()}
    members = {
        **fields,
        "registryId": asked.registry.account,
        "upstreamRegistry": _upstream(standing.rule).api,
        "createdAt": standing.created_at,
        "updatedAt": standing.created_at,
    }
    return {name: value for name, value in members.items() if value is not None and name not in without}
