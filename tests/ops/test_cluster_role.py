"""The printed role of a namespace: what it trusts and can pull, by IAM's evaluation, and commands that IAM takes."""

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from domain.ecr.names import repository_arn
from domain.iam.access import Caller, Identity, Policy, Request
from domain.iam.actions import DELETE_ACTIONS, IMPORT_ACTIONS, PULL_ACTIONS, PUSH_ACTIONS
from domain.iam.document import parse
from domain.iam.evaluate import evaluate
from domain.iam.oidc import provider_arn
from ops.__main__ import main
from resources.ecr import REPOSITORY_POLICY
from resources.iam import ROLE, ROLE_POLICY
from settings import load
from tests.cases import case, cases
from tests.clusters import ACCOUNT, EDGE_ISSUER, ISSUER, LAST_KEY, WITH_CLUSTERS, WORKLOADS
from tests.ops.aws_commands import iam_call
from tests.stacks import TextEdit, copied, rendered

CREDENTIALS = """\
  container-registry:pull_credentials: {ghcr: {registry: ghcr.io, username: acme}}
  container-registry:pull-token-ghcr: {secure: v1:abc}
"""
STATIC: tuple[TextEdit, ...] = (
    (
        "Pulumi.dev.yaml",
        '"name": "web", "mode": "external-secrets"',
        '"name": "web", "mode": "static-registry", "credentials": ["ghcr"]',
    ),
    ("Pulumi.dev.yaml", LAST_KEY, f"{LAST_KEY}{CREDENTIALS}"),
    ("catalog.yaml", ", {cluster: storefront, namespace: web}", ""),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return copied(tmp_path, *WITH_CLUSTERS)


def printed(folder: Path, capsys: pytest.CaptureFixture[str], cluster: str, namespace: str, *more: str) -> str:
    where = ["--stack", "dev", "--project", str(folder), "--cluster", cluster, "--namespace", namespace]
    assert main(["cluster-role", *where, *more]) == 0
    return capsys.readouterr().out


def role_of(folder: Path, capsys: pytest.CaptureFixture[str], cluster: str, namespace: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(printed(folder, capsys, cluster, namespace, "--format", "json"))
    assert found["version"] == 1
    return found


def pulled(role: dict[str, Any], folder: Path) -> set[str]:
    """The repositories, and those of caches, on which it can do all that a pull takes; it can do nothing else."""
    names = [each.name for each in load(folder, "dev").repositories] + ["ecr-public/x", "quay/x"]
    caller = Caller(
        identity=Identity(arn=f"{role['arn']}/session", account=role["account"], role_arn=role["arn"]),
        policies=(Policy(name="pull", document=parse(role["policy"])),),
    )

    def can(action: str, resource: str) -> bool:
        return evaluate(caller, Request(action=action, resource=resource, account=role["account"])).allowed

    arns = {repository_arn("us-east-1", ACCOUNT, name): name for name in names}
    denied = (set(PUSH_ACTIONS) | set(DELETE_ACTIONS)) - set(PULL_ACTIONS)
    assert can("ecr:GetAuthorizationToken", "*")
    assert [(each, arn) for arn in arns for each in denied if can(each, arn)] == []
    cached = {name for arn, name in arns.items() if all(can(each, arn) for each in IMPORT_ACTIONS)}
    assert cached == {name for arn, name in arns.items() if "/x" in name and can(PULL_ACTIONS[0], arn)}
    return {name for arn, name in arns.items() if all(can(each, arn) for each in PULL_ACTIONS)}


def test_a_role_in_another_account_is_the_one_that_the_repository_policy_names(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    role = role_of(folder, capsys, "edge", "payments")
    stack = rendered("dev", *WITH_CLUSTERS)
    named = [
        each.name for each in stack.resources if each.type == REPOSITORY_POLICY and role["arn"] in str(each.inputs)
    ]
    assert named == ["payments/api@us-east-1"]
    assert not [each for each in stack.resources if each.type == ROLE and each.inputs["name"] == role["name"]]
    assert role["arn"] == f"arn:aws:iam::{WORKLOADS}:role{role['path']}{role['name']}"
    assert (role["account"], role["path"]) == (WORKLOADS, "/container-registry/dev/")
    [statement] = role["trust"]["Statement"]
    assert statement["Principal"] == {"Federated": provider_arn(EDGE_ISSUER, WORKLOADS, "us-east-1")}
    assert statement["Condition"]["StringEquals"]["oidc.edge.acme.example:sub"] == [
        "system:serviceaccount:payments:ecr-refresher"
    ]
    assert pulled(role, folder) == {"payments/api"}


def test_a_role_of_the_stack_is_printed_as_it_is_declared(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    role = role_of(folder, capsys, "storefront", "payments")
    declared = {
        each.type: each.inputs for each in rendered("dev", *WITH_CLUSTERS).resources if role["name"] in each.name
    }
    assert json.loads(declared[ROLE]["assumeRolePolicy"]) == role["trust"]
    assert json.loads(declared[ROLE_POLICY]["policy"]) == role["policy"]
    assert (role["commands"], role["provider"]) == ([], None)
    assert "there is nothing to make" in role["about"]
    assert pulled(role, folder) == {"payments/api", "payments/ledger", "ecr-public/x"}


@cases(
    "cluster, arn, repositories",
    ("storefront", f"{ACCOUNT}:role/eks/storefront-nodes", {"payments/api", "ecr-public/x"}),
    ("edge", f"{WORKLOADS}:role/edge-nodes", {"payments/api"}),
)
def test_the_nodes_role_gets_what_it_lacks(
    folder: Path, capsys: pytest.CaptureFixture[str], cluster: str, arn: str, repositories: set[str]
) -> None:
    role = role_of(folder, capsys, cluster, "batch")
    assert role["arn"] == f"arn:aws:iam::{role['account']}:role{role['path']}{role['name']}" == f"arn:aws:iam::{arn}"
    assert role["trust"] is None
    assert pulled(role, folder) == repositories
    assert [shlex.split(each)[2] for each in role["commands"]] == ["put-role-policy"]


def test_the_nodes_role_pulls_for_all_that_share_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A policy for one namespace alone, put under the same name, would take the others' pulls away."""
    shared = ("Pulumi.dev.yaml", '"name": "web", "mode": "external-secrets"', '"name": "web", "mode": "node-role"')
    folder = copied(tmp_path, *WITH_CLUSTERS, shared)
    one, other = (role_of(folder, capsys, "storefront", each) for each in ("web", "batch"))
    assert one == other
    assert pulled(one, folder) == {"payments/api", "payments/ledger", "ecr-public/x"}
    assert "can pull what is declared for web and batch" in one["about"]


@cases("namespace", "payments", "batch")
def test_iam_takes_the_commands(folder: Path, capsys: pytest.CaptureFixture[str], namespace: str) -> None:
    role = role_of(folder, capsys, "edge", namespace)
    given = dict(map(iam_call, filter(None, (role["provider"], *role["commands"]))))
    assert json.loads(given["PutRolePolicy"]["PolicyDocument"]) == role["policy"]
    assert given["PutRolePolicy"]["RoleName"] == role["name"]
    if namespace == "payments":
        assert list(given) == ["CreateOpenIDConnectProvider", "CreateRole", "PutRolePolicy"]
        assert json.loads(given["CreateRole"]["AssumeRolePolicyDocument"]) == role["trust"]
        assert (given["CreateRole"]["RoleName"], given["CreateRole"]["Path"]) == (role["name"], role["path"])
        assert given["CreateOpenIDConnectProvider"] == {"Url": EDGE_ISSUER, "ClientIDList": ["sts.amazonaws.com"]}


def test_the_text_has_the_same(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    role = role_of(folder, capsys, "edge", "payments")
    text = printed(folder, capsys, "edge", "payments")
    parts = (
        role["arn"],
        role["provider"],
        *role["commands"],
        *(json.dumps(role[key], indent=2) for key in ("trust", "policy")),
    )
    assert [each for each in parts if f"\n{each}\n" not in f"\n{text}\n"] == []


@cases(
    "cluster, namespace, message",
    case("cluster", "storefrot", "web", "declares no cluster 'storefrot' (did you mean 'storefront'?)"),
    case("namespace", "edge", "jobs", "cluster edge has no namespace 'jobs' (known: batch, payments)"),
    case("static", "storefront", "web", "has the mode static-registry: it pulls from other registries alone"),
)
def test_what_has_no_role(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], cluster: str, namespace: str, message: str
) -> None:
    where = ["--stack", "dev", "--project", str(copied(tmp_path, *WITH_CLUSTERS, *STATIC))]
    assert main(["cluster-role", *where, "--cluster", cluster, "--namespace", namespace]) == 2
    assert message in capsys.readouterr().err


def test_a_stack_without_clusters_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = ["--stack", "dev", "--project", str(copied(tmp_path))]
    assert main(["cluster-role", *where, "--cluster", "edge", "--namespace", "web"]) == 2
    assert "the stack dev declares no clusters" in capsys.readouterr().err


def test_per_service_account_both_are_trusted(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    [statement] = role_of(folder, capsys, "storefront", "jobs")["trust"]["Statement"]
    key = f"{ISSUER.removeprefix('https://')}:sub"
    subjects = [f"system:serviceaccount:jobs:{each}" for each in ("janitor", "runner")]
    assert statement["Condition"]["StringEquals"][key] == subjects
