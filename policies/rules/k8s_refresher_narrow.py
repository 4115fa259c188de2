"""What reaches secrets of a cluster writes the pull secret alone.

Secrets are written by server-side apply, whose request names the secret: so `create`, too, can be limited to names."""

from collections.abc import Iterator, Sequence

from domain.kubernetes.object_names import subdomain_problems
from domain.problems import Path
from domain.wording import listed
from policies.checks.cluster_objects import ClusterObject
from policies.checks.cluster_roles import (
    ANY,
    CORE,
    RBAC,
    ROLE_TYPES,
    RULE_KEYS,
    RoleKey,
    RoleRule,
    Subject,
    bindings_in,
    bound_role,
    key_of,
    roles_in,
    subjects_of,
)
from policies.checks.input_values import as_list, holds_unknown, is_unknown, value_within
from policies.pack.rule import (
    CheckedResource,
    CheckResult,
    Finding,
    Parameters,
    Results,
    RuleContext,
    StackResults,
    StackRule,
    Undecided,
)

_ALLOWED = ("create", "patch")
_SECRETS, _TOKENS, _ACCOUNT = "secrets", "serviceaccounts/token", "ServiceAccount"
_ESCALATION = frozenset({"bind", "escalate", "impersonate"})
"""https://kubernetes.io/docs/concepts/security/rbac-good-practices/#privilege-escalation-risks"""
_ROLES = ("roles", "clusterroles", "rolebindings", "clusterrolebindings")
_IDENTITIES = ("serviceaccounts", "users", "groups")
_NAMES = "resourceNames"


def check(resources: Sequence[CheckedResource], _context: RuleContext[Parameters]) -> StackResults:
    declared, writers = set[RoleKey](), set[RoleKey]()
    for role in roles_in(resources):
        declared.add(key_of(role))
        if any(_reaches_secrets(rule) for _, rule in _rules(role)):
            writers.add(key_of(role))
        yield from ((role.resource, each) for each in _check_role(role))
    bindings = [(each, bound_role(each)) for each in bindings_in(resources)]
    refreshers = {
        (key[0], subject) for each, key in bindings if key in writers and key for subject in subjects_of(each)
    }
    for binding, key in bindings:
        found = _check_binding(binding, key, declared, writers, refreshers)
        yield from ((binding.resource, each) for each in found)


def _rules(role: ClusterObject) -> Iterator[tuple[Path, RoleRule]]:
    for index, value in enumerate(as_list(value_within(role.value, ("rules",)))):
        yield (*role.path, "rules", index), RoleRule.of(value)


def _reaches_secrets(rule: RoleRule) -> bool:
    return rule.reaches(CORE, _SECRETS)


def _check_role(role: ClusterObject) -> Results:
    if value_within(role.value, ("aggregationRule",)):
        path = (*role.path, "aggregationRule")
        yield Finding("takes the rules of other roles (aggregationRule), which nothing here checks", path)
    yield from _undecided(role)
    rules = list(_rules(role))
    writes = any(_reaches_secrets(each) for _, each in rules)
    for path, rule in rules:
        yield from _check_escalation(rule, path)
        if _reaches_secrets(rule):
            yield from _check_cluster_wide(path) if role.kind == "ClusterRole" else _check_secrets(rule, path)
        elif writes and rule.verbs:
            reached = listed(sorted(rule.resources)) or "more"
            message = (
                f"allows {listed(rule.verbs)} of {reached} beside secrets: a refresher's role has its secret alone"
            )
            yield Finding(message, path)


def _undecided(role: ClusterObject) -> Results:
    rules = value_within(role.value, ("rules",))
    if is_unknown(rules):
        yield Undecided((*role.path, "rules"))
        return
    for index, rule in enumerate(as_list(rules)):
        if is_unknown(rule):
            yield Undecided((*role.path, "rules", index))
        for key in RULE_KEYS:
            if not is_unknown(rule) and holds_unknown(value_within(rule, (key,))):
                yield Undecided((*role.path, "rules", index, key))


def _check_escalation(rule: RoleRule, path: Path) -> Results:
    """Other ways to secrets: the rights of another account, or a role with more rights."""
    if not _reaches_secrets(rule) and rule.reaches(CORE, _TOKENS) and {ANY, "create"} & set(rule.verbs):
        yield Finding(f"allows to make tokens of service accounts ({_TOKENS})", (*path, "resources"))
    any_verb = ANY in rule.verbs and (rule.reaches(RBAC, *_ROLES) or rule.reaches(CORE, *_IDENTITIES))
    if found := sorted(_ESCALATION & set(rule.verbs)) or ([ANY] if any_verb else []):
        yield Finding(f"allows {listed(found)}, by which it gets any other right", (*path, "verbs"))


def _check_cluster_wide(path: Path) -> Results:
    fix = "declare a Role in each namespace"
    yield Finding("reaches the secrets of every namespace, as a ClusterRole", (*path, "resources"), fix)


def _check_secrets(rule: RoleRule, path: Path) -> Results:
    if excess := [each for each in rule.verbs if each not in _ALLOWED]:
        yield Finding(f"allows {listed(excess)} of secrets: allowed are {listed(_ALLOWED)}", (*path, "verbs"))
    if others := sorted(rule.resources - {_SECRETS}):
        yield Finding(f"allows {listed(rule.verbs)} of {listed(others)} beside secrets", (*path, "resources"))
    if not rule.has_names:
        yield Finding(f"is about every secret of its namespace, without {_NAMES}", (*path, _NAMES))
    for index, name in enumerate(rule.names):
        if not name:
            message = "names '' in resourceNames, the name in each request to create a secret of any name"
            yield Finding(message, (*path, _NAMES, index))
        elif subdomain_problems(name):
            yield Finding(f"names {name!r} in {_NAMES}, which takes no pattern", (*path, _NAMES, index))


def _check_binding(
    binding: ClusterObject,
    key: RoleKey | None,
    declared: set[RoleKey],
    writers: set[RoleKey],
    refreshers: set[tuple[str | None, Subject]],
) -> Iterator[CheckResult]:
    where = (*binding.path, "roleRef")
    if key is None:
        yield Undecided(where)
        return
    _, kind, _, name = key
    if key not in declared:
        yield Finding(
            f"binds the {kind or 'role'} {name!r}, which the stack does not declare: nothing checks it", where
        )
        return
    subjects = subjects_of(binding)
    if key in writers:
        yield from _check_subjects(binding, subjects)
    elif both := [each for provider, each in refreshers if provider == key[0] and each in subjects]:
        names = listed(sorted(each[2] for each in both))
        yield Finding(f"gives {names}, which writes a pull secret, the {kind} {name!r} too", where)


def _check_subjects(binding: ClusterObject, subjects: Sequence[Subject]) -> Iterator[CheckResult]:
    where = (*binding.path, "subjects")
    if holds_unknown(value_within(binding.value, ("subjects",))):
        yield Undecided(where)
    own = str(value_within(binding.value, ("metadata", "namespace")) or "")
    for kind, namespace, name in subjects:
        if kind != _ACCOUNT:
            yield Finding(f"lets the {kind} {name!r} write a pull secret: bind one service account", where)
        elif namespace != own:
            yield Finding(f"lets the service account {namespace}/{name} write a secret of another namespace", where)


RULE = StackRule(
    id="k8s-refresher-narrow",
    title="What reaches secrets of a cluster can only write the pull secret",
    severity="critical",
    risk="A role that reads secrets, or writes any of them, has all passwords of the namespace; one that makes tokens "
    "of service accounts, or binds roles, has the rights of each. A refresher's pod is reached by all who can start "
    "pods beside it.",
    remediation="Allow create and patch, with the secret's name in resourceNames, in a Role of the namespace, and bind "
    "it to the refresher's service account; write the secret by server-side apply, which needs no more. Bind no role "
    "that the stack does not declare.",
    controls=(
        "CIS Kubernetes 5.1.1", "CIS Kubernetes 5.1.2", "CIS Kubernetes 5.1.3", "CIS Kubernetes 5.1.8",
        "CIS Kubernetes 5.1.13", "CIS EKS 4.1.2", "NIST SP 800-53 AC-6", "trivy KSV-0041", "trivy KSV-0113",
    ),
    parameters=Parameters,
    types=ROLE_TYPES,
    check=check,
)  # fmt: skip
