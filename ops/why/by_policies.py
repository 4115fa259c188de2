"""Why the policies deny a call, or do not where AWS did: which of them, and which pull or push would allow it."""

from collections.abc import Iterator, Mapping

from domain.aws import Arn
from domain.iam.actions import LOGIN_ACTION, reads_only
from domain.iam.statement import Caseless
from domain.problems import value_in
from domain.wording import listed, nearest
from ops.why.finding import Obstacle, SettingsChange, obstacle, undeployed
from ops.why.missing_images import missing_repository
from ops.why.recognisers import Symptom
from ops.why.refused_call import RefusedCall
from ops.why.untrusted import untrusted
from ops.why.written_pushes import written_pushes
from policies.checks.input_values import as_list
from review.access.access_questions import AccessAnswer, AccessStep
from review.access.matrix import Access
from settings.declared.iam_roles import task_role
from settings.declared.values import Publisher

_UNGRANTED = {
    Access.DELETE: (
        "delete-not-granted",
        "let a rule of retention expire it, or retire the repository: docs/catalog.md",
    ),
    Access.CONFIGURE: ("configure-not-granted", "change the catalog, and deploy it"),
}
_READING = (
    "reads-not-granted",
    "read with the auditor's role, which the stack's roles name the principals of; a push or a pull needs no such call",
)


def by_policies(call: RefusedCall) -> Obstacle | None:
    signal, answer = call.signal, call.answer
    if signal.symptom not in (Symptom.NOT_AUTHORIZED, Symptom.FORBIDDEN):
        return None
    if call.service_source:
        return _of_service(call, call.service_source)
    if (signal.action or "ecr:").startswith("ecr:") and (finding := _by_action(call)):
        return finding
    if answer is None or not (signal.action or "ecr:").startswith("ecr:"):
        return None
    return _allowed(call, answer) if answer.permission and _is_believed(call, answer) else _denied(call, answer)


def _is_believed(call: RefusedCall, answer: AccessAnswer) -> bool:
    """Whether it is allowed by what is known. AWS denied it, so a condition that only AWS can decide did not hold."""
    if all(each.startswith("permissions boundary") for each in answer.conditions):
        return True
    return not call.stack_role and "resource" not in (call.signal.lacking or "")


def _by_action(call: RefusedCall) -> Obstacle | None:
    """Of what is no push, pull or import."""
    if call.signal.action == LOGIN_ACTION:
        return _of_login(call)
    if call.access not in _UNGRANTED or (call.stack_role and call.answer and call.answer.permission):
        return None
    if reads_only(Caseless(str(call.signal.action))):
        cause, fix = _READING
        return obstacle(cause, call.signal.words, fix, call.in_stack("roles"))
    cause, fix = _UNGRANTED[call.access]
    return obstacle(cause, call.signal.words, fix)


def _of_service(call: RefusedCall, source: Arn) -> Obstacle:
    service, name = source.service, str(call.repository)
    if call.service_is_allowed:
        return undeployed(call, f"{call.signal.service} is allowed it for {source.account}")
    because = f"{call.signal.service} for account {source.account} is in no pull of {name}"
    fix = "declare the service's pull"
    if source.account == call.settings.home.account:
        pull = {"service": service}
    elif account := call.account_name(source.account):
        pull = {"service": service, "account": account}
    else:
        return obstacle(
            "service-not-declared", because, f"give {source.account} a name in `accounts` of each stack first"
        )
    return _pull(call, "service-not-declared", because, fix, pull)


def _of_login(call: RefusedCall) -> Obstacle:
    if call.stack_role:
        because = f"role {call.stack_role.rpartition('/')[2]} has no {call.signal.action}"
        fix = "log in with a role that pulls or pushes; an auditor's pulls where the stack's roles say audit_layers"
        return obstacle("login-not-allowed", because, fix, call.in_stack("roles"))
    who, account = call.signal.principal, call.caller_account
    return obstacle("login-not-allowed", str(who), f"allow ecr:GetAuthorizationToken on * in account {account}")


def _allowed(call: RefusedCall, answer: AccessAnswer) -> Obstacle:
    """What our settings allow: the caller's own account, or what is deployed, does not."""
    signal, own = call.signal, call.caller_account == call.settings.home.account
    kind = signal.lacking or signal.denying or "policy of its own account"
    if call.stack_role and "boundary" in kind:
        fix = "deploy bootstrap/account.yaml again: it is older than the project"
        return obstacle("boundary-outdated", f"{answer}, within the project's boundary", fix)
    if call.stack_role or not call.caller_account or "resource" in kind:
        return undeployed(call, str(answer))
    name = (call.session_role or "").rpartition("/")[2]
    if own and name.startswith(f"{call.settings.stack}."):
        names = nearest(name, [each.rpartition("/")[2] for each in call.questions.role_arns])
        return obstacle("role-not-declared", f"role {name}, of which the session is", f"assume another role ({names})")
    because = f"the stack's policies allow it, and AWS found no {kind} that does"
    fix = f"let {signal.principal} do {listed(call.access.actions)} on {call.target.arn if call.target else '*'}"
    return obstacle("own-account-policies" if own else "other-account-policies", because, fix)


def _denied(call: RefusedCall, answer: AccessAnswer) -> Obstacle:
    because = str(answer)
    if answer.step is AccessStep.ASSUME:
        return untrusted(call)
    if answer.permission is None and answer.step is AccessStep.BOUNDARY:
        fix = "the boundary is for all roles of the stack: change bootstrap/account.yaml, and deploy it first"
        return obstacle("boundary", because, fix)
    if answer.permission is None and answer.step is AccessStep.REGISTRY and answer.statement:
        sids = [value_in(each, ("Sid",)) for each in as_list(call.in_stack_value("registry_policy", "Statement"))]
        at = [index for index, sid in enumerate(sids) if answer.statement == f"statement {sid or index + 1}"]
        place = call.in_stack("registry_policy", *(("Statement", at[0]) if at else ()))
        return obstacle("registry-policy-denies", because, "change that statement", place)
    if call.cache:
        return cache_pull(call, because)
    if call.entry is None and not call.stack_role:
        return missing_repository(call)
    return _of_role(call, because) if call.stack_role else _from_outside(call, because)


def _of_role(call: RefusedCall, because: str) -> Obstacle:
    """Of a role that the stack declares: what it is for, and what of that the catalog could say."""
    role = call.stack_role.rpartition("/")[2]
    if publisher := next((each for each in call.settings.publishers if each.name == role), None):
        return _of_publisher(call, because, publisher)
    pull = next(_stack_pulls(call), None)
    if pull is None:
        return obstacle("role-pulls-nothing", because, "pull with another role", call.in_stack("roles"))
    cause = "tasks-not-declared" if "service" in pull else "namespace-not-declared"
    return _pull(call, cause, because, "declare the pull", pull)


def _of_publisher(call: RefusedCall, because: str, publisher: Publisher) -> Obstacle:
    path = ("repositories", str(call.repository))
    if call.access is not Access.PUSH:
        return obstacle("publisher-pulls", because, "pull with the role of what runs the image; a push needs no pull")
    if call.token:
        return untrusted(call)
    if len(publisher.source.refs) > 1:
        fix = "say which branch or tag: --claims claims.json"
        return obstacle("push-not-declared", because, fix, call.in_catalog(*path))
    change = SettingsChange(file=call.catalog_file, path=(*path, "push"), value=_same_push(call, publisher.name))
    fix = f"declare that {publisher.source.github} pushes it, too"
    return obstacle("push-not-declared", because, fix, call.in_catalog(*path), change)


def _same_push(call: RefusedCall, role: str) -> dict[str, object]:
    """The entry by which the role pushes elsewhere, for this stack."""
    entry = next(each for each in written_pushes(call) if each.source.role_name(call.settings.stack) == role)
    raw = call.entries[entry.repository]["push"][entry.index]
    return {**raw, **({"stacks": [call.settings.stack]} if call.other_stacks else {})}


def _from_outside(call: RefusedCall, because: str) -> Obstacle:
    account = str(call.caller_account)
    if call.access is Access.PUSH:
        fix = "push from a workflow with a role of the stack; a cache or a replica brings images of another registry"
        return obstacle("push-across-accounts", because, fix)
    role = (call.session_role or "").partition(":role/")[2]
    if account == call.settings.home.account and not call.account_name(account):
        return obstacle("own-account-policies", because, f"let a policy of {call.signal.principal} allow it")
    if not role:
        return obstacle(
            "pull-not-declared", because, f"name a role: {call.signal.principal} is none, and a user can't be named"
        )
    if not call.account_name(account):
        fix = f"give {account} a name in `accounts` of each stack, then add {{account: NAME, role: {role}}} to its pull"
        return obstacle(
            "pull-not-declared", because, fix, call.in_catalog("repositories", str(call.repository), "pull")
        )
    path = "" if call.signal.role or "/" in role else "; a role with a path has it in the name"
    pull = {"account": call.account_name(account), "role": role}
    return _pull(call, "pull-not-declared", because, f"declare that this role pulls it{path}", pull)


def _pull(call: RefusedCall, cause: str, because: str, fix: str, pull: Mapping[str, object]) -> Obstacle:
    path = ("repositories", str(call.repository), "pull")
    return obstacle(
        cause, because, fix, call.in_catalog(*path), SettingsChange(file=call.catalog_file, path=path, value=dict(pull))
    )


def cache_pull(call: RefusedCall, because: str) -> Obstacle:
    cache = call.cache
    assert cache is not None  # noqa: S101  the caller has asked
    place = call.cache_place
    role = (call.session_role or "").partition(":role/")[2]
    pull: Mapping[str, object] | None = None
    if call.stack_role:
        pull = next(_stack_pulls(call), None)
    elif call.caller_account and (name := call.account_name(call.caller_account)) and role:
        pull = {"account": name, "role": role}
    fix = f"add the principal to the pull of the cache {cache.rule.prefix}"
    if pull is None:
        return obstacle("cache-pull-not-declared", because, fix, place)
    change = SettingsChange(file=place.file, path=(*place.path, "pull"), value=dict(pull))
    return obstacle("cache-pull-not-declared", because, fix, place, change)


def _stack_pulls(call: RefusedCall) -> Iterator[Mapping[str, object]]:
    """How a cache's pull names a role of the stack."""
    name = call.stack_role.rpartition("/")[2]
    if name == task_role(call.settings.stack):
        yield {"service": "ecs"}
    for cluster in call.settings.clusters:
        yield from (
            {"cluster": cluster.name, "namespace": each.name} for each in cluster.namespaces if each.role == name
        )
