"""A cluster in another account: its namespace's role, made by the printed commands, pulls what is declared for it."""

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError

from localcloud.clients import Clients
from oci.client import Client, Refused
from ops.cluster_role import PullRole, pull_role
from rehearsal.proofs.harness.cache_case import CacheCase
from rehearsal.proofs.harness.case import Case
from rehearsal.proofs.harness.principals import Principals
from rehearsal.proofs.harness.upstream_registries import TAG, UNDECLARED, content, names
from tests.ops.aws_commands import iam_call
from tests.rehearsal.proving.breaking import REGION
from tests.rehearsal.proving.stacks import CLUSTERS_ACCOUNT, FILES, WORKLOADS, Stack, Stacks, project_of

OWN, THEIRS = "550000440002", "550000440003"


@pytest.fixture(scope="session")
def stack(stacks: Stacks, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    """The stack with clusters, in accounts of this module's own."""
    texts = (text.replace(CLUSTERS_ACCOUNT, OWN).replace(WORKLOADS, THEIRS) for text in FILES["clusters"])
    return stacks.build(project_of(tmp_path_factory.mktemp("printed"), *texts))


@pytest.fixture(scope="session")
def role(stack: Stack, clients: Clients) -> PullRole:
    """Of the namespace team in the cluster far, made in its account as the commands say."""
    cluster = next(each for each in stack.settings.clusters if each.name == "far")
    printed = pull_role(stack.settings, cluster, cluster.namespaces[0])
    iam = clients.root("iam", REGION, printed.account)
    for command in (str(printed.provider), *printed.commands):
        operation, given = iam_call(command)
        getattr(iam, xform_name(operation))(**given)
    return printed


@pytest.fixture
def password(stack: Stack, role: PullRole, principals: Principals) -> str:
    """With which the namespace comes to the registries."""
    (cluster,) = (each for each in stack.settings.clusters if each.name == "far")
    token = principals.issuer(str(cluster.issuer)).token("team", "ecr-refresher")
    return principals.password(principals.by_token(role.arn, token, REGION), REGION)


def test_it_pulls_what_is_declared_and_nothing_else(stack: Stack, password: str) -> None:
    for case in (stack.case(each) for each in ("team/app", "team/web", "team/named")):
        assert isinstance(case, Case)
        pushed = case.pushed_image("printed")
        with Client.on_loopback(case.host, password) as client:
            if case.name == "team/app":
                assert client.pull(case.name, pushed.digest).digest == pushed.digest
            else:
                with pytest.raises(Refused, match="DENIED"):
                    client.manifest(case.name, pushed.digest)
            with pytest.raises(Refused, match="DENIED"):
                client.begin_upload(case.name)
            with pytest.raises(Refused, match="DENIED"):
                client.delete_manifest(case.name, pushed.digest)


def test_it_imports_through_the_caches_that_are_declared_for_it(stack: Stack, password: str) -> None:
    public, quay = (case for case in stack.cases.values() if isinstance(case, CacheCase))
    with Client.on_loopback(public.host, password) as client:
        name = names(public.cache)[UNDECLARED]
        assert client.pull(name, TAG).digest == content(public.cache, name).digest
        with pytest.raises(Refused):
            client.pull(names(quay.cache)[UNDECLARED], TAG)
    assert not quay.knows(names(quay.cache)[UNDECLARED])


def test_no_other_token_assumes_it(stack: Stack, role: PullRole, principals: Principals) -> None:
    issuers = {each.name: str(each.issuer) for each in stack.settings.clusters}
    others = (
        principals.issuer(issuers["far"]).token("web", "ecr-refresher"),
        principals.issuer(issuers["far"]).token("team", "default"),
        principals.issuer(issuers["storefront"]).token("team", "ecr-refresher"),
        principals.issuer(issuers["far"]).token("team", "ecr-refresher", audience="https://kubernetes.default.svc"),
    )
    for token in others:
        with pytest.raises(ClientError, match=r"AccessDenied|InvalidIdentityToken"):
            principals.by_token(role.arn, token, REGION)
