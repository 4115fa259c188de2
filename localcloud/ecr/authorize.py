"""Whether a caller may: IAM's answer for each call to ECR, from the policies of both sides."""

from collections.abc import Mapping

from domain.ecr.names import repository_arn
from domain.iam.access import Context, Policy, Request
from domain.iam.evaluate import evaluate, reason
from localcloud.calls import Call, call_context
from localcloud.ecr.api_errors import EcrError, access_denied
from localcloud.ecr.registry_state import StoredRegistry, StoredRepository


def require(
    call: Call,
    action: str,
    registry: StoredRegistry,
    name: str | None = None,
    *,
    context: Context | None = None,
    to_come: Policy | None = None,
) -> None:
    """Raises AccessDeniedException with the reason unless the caller may, on the named repository or the registry.

    A repository that is not there yet has the policy that is to come."""
    repository = registry.repositories.get(name or "")
    request = _request(action, registry, name, context or {})
    policies = [*_resource_policies(registry, repository), *([to_come] if to_come else [])]
    decision = evaluate(call.caller, request, policies)
    if not decision.allowed:
        raise access_denied(reason(decision, call.caller, request))


def may(call: Call, action: str, registry: StoredRegistry, name: str) -> bool:
    try:
        require(call, action, registry, name)
    except EcrError:
        return False
    return True


def may_under(call: Call, action: str, registry: StoredRegistry, repository: StoredRepository, policy: Policy) -> bool:
    """Whether the caller may, were this the repository's policy."""
    policies = [policy, *_resource_policies(registry, None)]
    return evaluate(call.caller, _request(action, registry, repository.name, {}), policies).allowed


def require_pass_role(call: Call, role: str, registry: StoredRegistry) -> None:
    """Raises AccessDeniedException unless the caller may hand the role to Amazon ECR."""
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
    context = {**call_context(registry.region), "iam:PassedToService": ("ecr.amazonaws.com",)}
    request = Request(action="iam:PassRole", resource=role, account=registry.account, context=context)
    decision = evaluate(call.caller, request)
    if not decision.allowed:
        raise access_denied(reason(decision, call.caller, request))


def _request(action: str, registry: StoredRegistry, name: str | None, context: Context) -> Request:
    repository = registry.repositories.get(name or "")
    return Request(
        action=f"ecr:{action}",
        resource=repository_arn(registry.region, registry.account, name) if name else "*",
        account=registry.account,
        context={**call_context(registry.region), **context, **resource_tags(repository.tags if repository else {})},
    )


def resource_tags(tags: Mapping[str, str]) -> Context:
    """The keys that a call has about a repository with these tags, or about one that it is to make with them."""
    return {f"{prefix}:ResourceTag/{key}": (value,) for key, value in tags.items() for prefix in ("aws", "ecr")}


def _resource_policies(registry: StoredRegistry, repository: StoredRepository | None) -> list[Policy]:
    texts = (registry.policy, repository.policy if repository else None)
    return [each.policy for each in texts if each is not None]
