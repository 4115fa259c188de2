"""The rules of a pull-through cache: created, described, deleted."""

from domain.ecr.limits import CACHE_RULES_MAX
from domain.ecr.upstreams import ROOT, CacheRule, Credentials, Upstream, rule_problems, upstream_of
from domain.problems import Problem
from localcloud.ecr.api_errors import EcrError, invalid_parameter
from localcloud.ecr.cache.upstream import secret_text
from localcloud.ecr.operations.paging import page, refuse_paging
from localcloud.ecr.operations.request import Answer, OperationRequest
from localcloud.ecr.registry_state import StoredCacheRule

_PREFIX, _PREFIXES = "ecrRepositoryPrefix", "ecrRepositoryPrefixes"
_MEMBERS = {
    "prefix": _PREFIX,
    "upstream_url": "upstreamRegistryUrl",
    "upstream_prefix": "upstreamRepositoryPrefix",
    "credential_arn": "credentialArn",
    "custom_role_arn": "customRoleArn",
}
"""What the API calls the fields of a rule."""


async def create_pull_through_cache_rule(request: OperationRequest) -> Answer:
    rule = CacheRule(
        prefix=request.input[_PREFIX],
        upstream_url=request.input["upstreamRegistryUrl"],
        upstream_prefix=request.input.get("upstreamRepositoryPrefix", ROOT),
        credential_arn=request.input.get("credentialArn"),
        custom_role_arn=request.input.get("customRoleArn"),
    )
    _require_upstream(rule, request.input.get("upstreamRegistry"))
    await _require_sound(request, rule)
    _require_free(request, rule.prefix)
    stored = StoredCacheRule(rule=rule, created_at=request.now)
    request.registry.cache_rules[_key(rule.prefix)] = stored
    return _rule_members(request, stored, "updatedAt")


async def describe_pull_through_cache_rules(request: OperationRequest) -> Answer:
    if _PREFIXES in request.input:
        refuse_paging(request, _PREFIXES)
        found = [_stored_rule(request, each) for each in request.input[_PREFIXES]]
        return {"pullThroughCacheRules": [_rule_members(request, each) for each in found]}
    found, more = page(request, "DescribePullThroughCacheRules", request.registry.cache_rules)
    return {"pullThroughCacheRules": [_rule_members(request, each) for each in found], **more}


async def delete_pull_through_cache_rule(request: OperationRequest) -> Answer:
    """What is cached stays, and is not looked for upstream any more."""
    stored = _stored_rule(request, request.input[_PREFIX])
    del request.registry.cache_rules[_key(stored.rule.prefix)]
    return _rule_members(request, stored, "updatedAt", "upstreamRegistry")


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


async def _require_sound(request: OperationRequest, rule: CacheRule) -> None:
    registry = request.registry
    if problems := rule_problems(rule, account=registry.account, region=registry.region):
        raise _invalid(problems[0])
    if rule.credential_arn is not None:
        await secret_text(rule.credential_arn, registry, request.services.backend)


def _require_free(request: OperationRequest, prefix: str) -> None:
    rules = request.registry.cache_rules
    if _key(prefix) in rules:
        text = f"A pull through cache rule with the prefix '{prefix}' already exists in the registry"
        raise EcrError("PullThroughCacheRuleAlreadyExistsException", text)
    if len(rules) >= CACHE_RULES_MAX:
        raise EcrError("LimitExceededException", f"The registry has {CACHE_RULES_MAX} pull through cache rules already")


def _stored_rule(request: OperationRequest, prefix: str) -> StoredCacheRule:
    found = request.registry.cache_rules.get(_key(prefix))
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


def _rule_members(request: OperationRequest, stored: StoredCacheRule, *without: str) -> Answer:
    """The rule, but for the members that an operation's answer does not have."""
    fields = {name: getattr(stored.rule, field) for field, name in _MEMBERS.items()}
    members = {
        **fields,
        "registryId": request.registry.account,
        "upstreamRegistry": _upstream(stored.rule).api,
        "createdAt": stored.created_at,
        "updatedAt": stored.created_at,
    }
    return {name: value for name, value in members.items() if value is not None and name not in without}
