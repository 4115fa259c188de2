"""What reaches secrets of a cluster can only write the pull secret."""

from dataclasses import replace
from typing import Any

from domain.document_text import UNKNOWN
from domain.kubernetes.refreshed_secret import SecretRefresh, refresher_objects
from policies.rules.k8s_refresher_narrow import RULE
from resources.kubernetes import POLICY_ROLE
from tests.cases import case, cases
from tests.policies.conftest import Declared, findings, paths
from tests.policies.rules.clusters import IMAGE, beginnings, binding, declared, role, rule, service_account

ALLOWED = "allowed are create and patch"
UNLIMITED = "is about every secret of its namespace, without resourceNames"
EMPTY_NAME = "names '' in resourceNames, the name in each request to create a secret of any name"
CLUSTER_WIDE = "reaches the secrets of every namespace, as a ClusterRole"
TOKENS = "allows to make tokens of service accounts (serviceaccounts/token)"
AGGREGATES = "takes the rules of other roles (aggregationRule), which nothing here checks"
ANY_VERB = "allows *, by which it gets any other right"


def escalates(verb: str) -> str:
    return f"allows {verb}, by which it gets any other right"


def beside(verbs: str, what: str) -> str:
    return f"allows {verbs} of {what} beside secrets"


def rights(resources: Any, verbs: Any, groups: Any = ("",), names: Any = None) -> dict[str, Any]:
    return rule(verbs, names, resources=resources, apiGroups=groups)


@cases(
    "rules, expected",
    case("compliant", [rule()], []),
    case("patch alone", [rule(("patch",))], []),
    case("two names", [rule(names=("ecr-pull", "other"))], []),
    case("unset", [], []),
    case("nothing about secrets", [rights(("configmaps",), ("get",))], []),
    case("secrets of another group", [rights(("secrets",), ("get",), ("acme.example",))], []),
    *(case(f"{verb} too", [rule(("create", "patch", verb))], [f"allows {verb} of secrets"]) for verb in (
        "get", "list", "watch", "delete", "update", "deletecollection", "Patch", "*",
    )),
    case("no names", [rule(names=None)], [UNLIMITED]),
    case("an empty list of names", [rule(names=())], [UNLIMITED]),
    case("an empty name", [rule(names=("ecr-pull", ""))], [EMPTY_NAME]),
    case("a wildcard as a name", [rule(names=("*",))], ["names '*' in resourceNames, which takes no pattern"]),
    case("a pattern as a name", [rule(names=("ecr-*",))], ["names 'ecr-*' in resourceNames, which takes no pattern"]),
    case("any group", [rule(("get",), apiGroups=("*",))], ["allows get of secrets"]),
    case("one group of two", [rule(("get",), apiGroups=("apps", ""))], ["allows get of secrets"]),
    case("any resource", [rule(("get",), resources=("*",))], ["allows get of secrets", beside("get", "*")]),
    case("another resource in the same rule", [rule(resources=("secrets", "pods"))],
         [beside("create and patch", "pods")]),
    case("another rule", [rule(), rights(("pods",), ("create",))], [beside("create", "pods")]),
    case("another rule before it", [rights(("pods",), ("create",)), rule()], [beside("create", "pods")]),
    case("the second rule of two", [rule(), rule(("get",))], ["allows get of secrets"]),
    case("tokens", [rights(("serviceaccounts/token",), ("create",))], [TOKENS]),
    case("tokens of any resource", [rights(("*/token",), ("*",))], [TOKENS]),
    case("tokens, with a name", [rights(("serviceaccounts/token",), ("create",), names=("api",))], [TOKENS]),
    case("tokens that are only read", [rights(("serviceaccounts/token",), ("get",))], []),
    case("a subresource without a name", [rights(("*/",), ("get",))], []),
    case("any verb of service accounts", [rights(("serviceaccounts",), ("*",))], [ANY_VERB]),
    case("any verb of roles", [rights(("roles",), ("*",), ("rbac.authorization.k8s.io",))], [ANY_VERB]),
    case("any verb of everything else", [rights(("*",), ("*",), ("apps",))], []),
    case("everything", [rights(("*",), ("*",), ("*",))],
         [ANY_VERB, "allows * of secrets", beside("*", "*"), UNLIMITED]),
    *(case(verb, [rights(("roles",), (verb,), ("rbac.authorization.k8s.io",))], [escalates(verb)]) for verb in (
        "bind", "escalate", "impersonate",
    )),
    case("a text in place of a list", [rule("get", "ecr-pull", resources="secrets", apiGroups="")],
         ["allows get of secrets"]),
)  # fmt: skip
def test_a_role(rules: list[Any], expected: list[str]) -> None:
    assert beginnings(RULE, role(*rules)) == expected


@cases(
    "rules, expected",
    case("not known yet", UNKNOWN, ["rules"]),
    case("a rule", [UNKNOWN], ["rules.0"]),
    case("verbs", [rule(UNKNOWN)], ["rules.0.verbs"]),
    case("names", [rule(names=UNKNOWN)], ["rules.0.resourceNames"]),
    case("one name", [rule(names=("ecr-pull", UNKNOWN))], ["rules.0.resourceNames"]),
    case("one verb", [rule((UNKNOWN, "patch"))], ["rules.0.verbs"]),
    case("resources", [rule(resources=UNKNOWN)], ["rules.0.resources"]),
    case("groups", [rule(apiGroups=(UNKNOWN,))], ["rules.0.apiGroups"]),
)
def test_a_rule_that_is_not_known_yet(rules: Any, expected: list[str]) -> None:
    found = beginnings(RULE, declared(POLICY_ROLE, metadata={"name": "x", "namespace": "payments"}, rules=rules))
    assert found == [f"undecided {each}" for each in expected]


def test_what_is_known_of_such_a_rule_is_checked() -> None:
    found = beginnings(RULE, role(rule(("get", UNKNOWN), (UNKNOWN, "*"))))
    names = "names '*' in resourceNames, which takes no pattern"
    assert found == ["undecided rules.0.verbs", "undecided rules.0.resourceNames", "allows get of secrets", names]


@cases(
    "cluster_role, expected",
    case("compliant", role(rights(("nodes",), ("get",)), kind="ClusterRole"), []),
    case("secrets, as narrow as a role may be", role(rule(), kind="ClusterRole"), [CLUSTER_WIDE]),
    case("any resource", role(rights(("*",), ("get",), ("*",)), kind="ClusterRole"), [CLUSTER_WIDE]),
    case("aggregated", role(kind="ClusterRole", aggregationRule={"clusterRoleSelectors": [{}]}), [AGGREGATES]),
    case("aggregated, not known yet", role(kind="ClusterRole", aggregationRule=UNKNOWN), [AGGREGATES]),
    case("a patch", role(rule(), kind="ClusterRolePatch"), [CLUSTER_WIDE]),
    case("a patch of a role", role(rule(("get",)), kind="RolePatch"), ["allows get of secrets"]),
)
def test_a_cluster_role(cluster_role: Declared, expected: list[str]) -> None:
    assert beginnings(RULE, cluster_role) == expected


def undeclared(kind: str, name: str) -> str:
    return f"binds the {kind} {name!r}, which the stack does not declare"


ROLE, HARMLESS = role(rule()), role(rights(("nodes",), ("get",)), kind="ClusterRole")
OTHER = replace(role(rights(("pods",), ("create",))), inputs=role(rights(("pods",), ("create",))).inputs | {
    "metadata": {"name": "starter", "namespace": "payments"}})  # fmt: skip
GROUP = {"kind": "Group", "name": "system:serviceaccounts"}
WRITES = "write a pull secret"


@cases(
    "bound, expected",
    case("compliant", binding(), []),
    case("a service account without a namespace", binding(service_account(namespace=None)), []),
    case("cluster-admin", binding(to=("ClusterRole", "cluster-admin")), [undeclared("ClusterRole", "cluster-admin")]),
    case("cluster-admin everywhere", binding(to=("ClusterRole", "cluster-admin"), kind="ClusterRoleBinding"),
         [undeclared("ClusterRole", "cluster-admin")]),
    case("edit", binding(to=("ClusterRole", "edit")), [undeclared("ClusterRole", "edit")]),
    case("a role of another name", binding(to=("Role", "reader")), [undeclared("Role", "reader")]),
    case("a cluster role of the role's name", binding(to=("ClusterRole", "refresher")),
         [undeclared("ClusterRole", "refresher")]),
    case("a role of another cluster", replace(binding(), provider="factory"), [undeclared("Role", "ecr-refresher")]),
    case("a binding in place of a role", binding(to=("ClusterRoleBinding", "ecr-refresher"), kind="ClusterRoleBinding"),
         [undeclared("ClusterRoleBinding", "ecr-refresher")]),
    case("no role", binding(to={}), [undeclared("role", "")]),
    case("not known yet", binding(to=UNKNOWN), ["undecided roleRef"]),
    case("a name that is not known yet", binding(to=("Role", UNKNOWN)), ["undecided roleRef"]),
    case("a patch", binding(to=("ClusterRole", "admin"), kind="RoleBindingPatch"),
         [undeclared("ClusterRole", "admin")]),
    case("every service account", binding(GROUP), [f"lets the Group 'system:serviceaccounts' {WRITES}"]),
    case("one of two subjects", binding(service_account(), GROUP),
         [f"lets the Group 'system:serviceaccounts' {WRITES}"]),
    case("a service account as a user", binding({"kind": "User", "name": "system:serviceaccount:a:b"}),
         [f"lets the User 'system:serviceaccount:a:b' {WRITES}"]),
    case("of another namespace", binding(service_account(namespace="web")),
         ["lets the service account web/ecr-refresher write a secret of another namespace"]),
    case("a subject that is not known yet", binding(service_account(name=UNKNOWN)), ["undecided subjects"]),
    case("a declared cluster role", binding(service_account("api"), to=("ClusterRole", "ecr-refresher")), []),
)  # fmt: skip
def test_a_binding(bound: Declared, expected: list[str]) -> None:
    assert beginnings(RULE, ROLE, HARMLESS, bound) == expected


def test_a_role_of_another_namespace_is_another() -> None:
    elsewhere = binding()
    elsewhere.inputs["metadata"]["namespace"] = "web"
    assert undeclared("Role", "ecr-refresher") in beginnings(RULE, ROLE, elsewhere)


def test_a_refresher_has_no_second_role() -> None:
    first = replace(binding(), name="first")
    second = binding(service_account(namespace=None), to=("Role", "starter"))
    found = beginnings(RULE, ROLE, OTHER, first, second)
    assert found == ["gives ecr-refresher, which writes a pull secret, the Role 'starter' too"]
    assert beginnings(RULE, ROLE, OTHER, first, binding(service_account("api"), to=("Role", "starter"))) == []
    elsewhere = (replace(each, provider="factory") for each in (OTHER, second))
    assert beginnings(RULE, ROLE, first, *elsewhere) == []


def test_a_list_of_roles() -> None:
    listed = declared(f"{POLICY_ROLE}List", items=[ROLE.inputs, role(rule(("get",))).inputs])
    assert paths(RULE, listed) == [("items", 1, "rules", 0, "verbs")]
    assert findings(RULE, listed) == ["payments@market allows get of secrets: allowed are create and patch"]


def test_where_it_is_written() -> None:
    assert paths(RULE, role(rule(("get",), ("*",), resources=("secrets", "pods")))) == [
        ("rules", 0, "verbs"), ("rules", 0, "resources"), ("rules", 0, "resourceNames", 0),
    ]  # fmt: skip
    assert paths(RULE, role(rule(names=None), rights(("pods",), ("get",)))) == [
        ("rules", 0, "resourceNames"), ("rules", 1),
    ]  # fmt: skip
    assert paths(RULE, role(rule(), kind="ClusterRole")) == [("rules", 0, "resources")]
    assert paths(RULE, ROLE, binding(GROUP)) == [("subjects",)]
    assert paths(RULE, role(rights(("serviceaccounts/token",), ("create", "bind")))) == [
        ("rules", 0, "resources"), ("rules", 0, "verbs"),
    ]  # fmt: skip


def test_our_own_refresher_passes() -> None:
    refresh = SecretRefresh(
        name="ecr-refresher", cluster="market", namespace="payments", secret="ecr-pull", image=IMAGE,  # noqa: S106
        script="", hosts=(), role_arn=None, api_port=443,
    )  # fmt: skip
    objects = [each for step in refresher_objects(refresh) for each in step]
    made = [declared(each.token, **each.manifest) for each in objects]
    assert any(each.type == POLICY_ROLE for each in made)
    assert findings(RULE, *made) == []
