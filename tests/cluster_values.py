"""A cluster of every mode, as values."""

from dataclasses import replace

from domain.kubernetes.cluster import Admission, Cluster, Namespace, PullCredential, Refresher
from domain.kubernetes.object_names import ClusterNamespace
from domain.kubernetes.platforms import Platform, PullMode
from domain.kubernetes.pull_access import PullAccess

HOST = "111122223333.dkr.ecr.us-east-1.amazonaws.com"
OTHER_HOST = HOST.replace("us-east-1", "eu-west-1")
IMAGE = f"public.ecr.aws/docker/library/python@sha256:{'a4f5b7d0' * 8}"
ROLE = "arn:aws:iam::111122223333:role/container-registry/prod/prod.pull.storefront.payments"
SCRIPT = "print('refreshed')\n"
GHCR = PullCredential(name="ghcr", registry="ghcr.io", username="acme-bot")
DOCKER_HUB = PullCredential(name="docker-hub", registry="docker.io", username="acme")


def namespace(name: str, mode: PullMode, **fields: object) -> Namespace:
    plain = Namespace(
        id=ClusterNamespace("storefront", name), mode=mode, create=False, service_accounts=(),
        patched_service_accounts=(), role=None, trusted=(), refresh_interval="6h0m0s", credentials=(),
    )  # fmt: skip
    return replace(plain, **fields)  # type: ignore[arg-type]


PAYMENTS = namespace(
    "payments", PullMode.REFRESHED_SECRET, create=True, service_accounts=("api",),
    patched_service_accounts=("default",), role="prod.pull.storefront.payments", trusted=("ecr-refresher",),
)  # fmt: skip
WEB = namespace("web", PullMode.EXTERNAL_SECRETS, role="prod.pull.storefront.web", trusted=("ecr-pull",))
TOOLS = namespace(
    "tools", PullMode.STATIC_REGISTRY, credentials=(GHCR, DOCKER_HUB), service_accounts=("runner",)
)  # fmt: skip
BATCH = namespace("batch", PullMode.NODE_ROLE)
STOREFRONT = Cluster(
    name="storefront",
    account="555566667777",
    platform=Platform.EKS,
    endpoint="https://EXAMPLE.gr7.us-east-1.eks.amazonaws.com",
    ca="LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t",
    identifier="arn:aws:eks:us-east-1:555566667777:cluster/shop",
    issuer="https://oidc.eks.us-east-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE",
    node_role="storefront-nodes",
    secret="ecr-pull",  # noqa: S106  a name
    refresher=Refresher(name="ecr-refresher", image=IMAGE),
    admission=Admission(deny=True, excepted=("monitoring",)),
    namespaces=(PAYMENTS, WEB, TOOLS, BATCH),
    own_account=False,
)


def access(found: Namespace, role_arn: str | None = ROLE, cluster: Cluster = STOREFRONT) -> PullAccess:
    return PullAccess(
        cluster=cluster, namespace=found, hosts=(HOST, OTHER_HOST), role_arn=role_arn, script=SCRIPT
    )  # fmt: skip
