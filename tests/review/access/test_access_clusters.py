"""The namespaces of a stack's clusters in its matrix, and what of them a change grants and revokes."""

import pytest

from bootstrap.template import boundaries
from domain.iam.oidc import issuer_name
from render.as_json import from_json, to_json
from render.resource import Render
from review.access.access_diff import access_changes
from review.access.evaluation import access_matrix
from review.access.matrix import Access, Matrix
from tests.clusters import ACCOUNT, EDGE_ISSUER, ISSUER, WITH_CLUSTERS, WORKLOADS
from tests.stacks import ROOT, rendered

PATH = "role/container-registry/dev/dev.pull"
PAYMENTS, WEB, JOBS = (f"cluster storefront, namespace {each}" for each in ("payments", "web", "jobs"))
EDGE = f"cluster edge, namespace payments (role container-registry/dev/dev.pull.edge.payments of account {WORKLOADS})"
NODES = f"nodes of cluster storefront (role eks/storefront-nodes of account {ACCOUNT})"
EDGE_NODES = f"nodes of cluster edge (role edge-nodes of account {WORKLOADS})"


def of(stack: Render) -> Matrix:
    return access_matrix(stack, boundaries(ROOT, stack.project, stack.stack, stack.account, stack.home))


@pytest.fixture(scope="module")
def matrix() -> Matrix:
    return of(rendered("dev", *WITH_CLUSTERS))


def by_clusters(matrix: Matrix, repository: str) -> dict[str, set[Access]]:
    found: dict[str, set[Access]] = {}
    for cell in matrix.cells:
        for who in cell.principal.names:
            if cell.repository == repository and "cluster" in who:
                assert cell.login is not False
                found.setdefault(who, set()).add(cell.access)
    return found


def test_each_namespace_pulls_what_the_catalog_says_and_does_nothing_else(matrix: Matrix) -> None:
    pull = {Access.PULL}
    assert by_clusters(matrix, "payments/api") == dict.fromkeys((PAYMENTS, NODES, EDGE, EDGE_NODES), pull)
    assert by_clusters(matrix, "payments/ledger") == dict.fromkeys((PAYMENTS, WEB, JOBS), pull)
    assert by_clusters(matrix, "ecr-public/*") == dict.fromkeys((PAYMENTS, NODES), pull)
    assert all(not by_clusters(matrix, name) for name in ("storefront/web", "data/ingest", "data/notebooks"))
    assert matrix.notes == ()


def test_a_render_has_their_names_and_one_of_older_code_none() -> None:
    stack = rendered("dev", *WITH_CLUSTERS)
    assert stack.cluster_principals == {
        issuer_name(ISSUER): "cluster storefront",
        issuer_name(EDGE_ISSUER): "cluster edge",
        f"arn:aws:iam::{ACCOUNT}:role/eks/storefront-nodes": "nodes of cluster storefront",
        f"arn:aws:iam::{WORKLOADS}:role/edge-nodes": "nodes of cluster edge",
        f"arn:aws:iam::{ACCOUNT}:{PATH}.storefront.payments": PAYMENTS,
        f"arn:aws:iam::{ACCOUNT}:{PATH}.storefront.web": WEB,
        f"arn:aws:iam::{ACCOUNT}:{PATH}.storefront.jobs": JOBS,
        f"arn:aws:iam::{WORKLOADS}:{PATH}.edge.payments": "cluster edge, namespace payments",
    }
    assert from_json(to_json(stack)) == stack
    assert rendered("dev").cluster_principals == {}


def test_a_node_role_of_two_clusters_is_named_by_both() -> None:
    same = (
        ("Pulumi.dev.yaml", '"account": "workloads", ', ""),
        ("Pulumi.dev.yaml", '"node_role": "edge-nodes"', '"node_role": "eks/storefront-nodes"'),
    )
    names = rendered("dev", *WITH_CLUSTERS, *same).cluster_principals
    assert names[f"arn:aws:iam::{ACCOUNT}:role/eks/storefront-nodes"] == "nodes of clusters storefront and edge"


def test_a_change_says_which_namespace_gains_and_loses_access(matrix: Matrix) -> None:
    before = of(rendered("dev"))
    granted = {str(each) for each in access_changes(before, matrix)}
    assert granted == {
        f"{PAYMENTS} can now pull `ecr-public/*`, `payments/api` and `payments/ledger`",
        f"{NODES} can now pull `ecr-public/*` and `payments/api`",
        *(f"{each} can now pull `payments/ledger`" for each in (WEB, JOBS)),
        *(f"{each} can now pull `payments/api`" for each in (EDGE, EDGE_NODES)),
    }
    revoked = {str(each) for each in access_changes(matrix, before)}
    assert revoked == {each.replace("can now", "can no longer") for each in granted}
