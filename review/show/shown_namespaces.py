"""The namespaces of clusters that pull a repository: with what, and the image to write in a pod."""

from collections.abc import Iterator
from dataclasses import dataclass

from domain.aws import Arn
from domain.kubernetes.cluster import Cluster, Namespace
from domain.kubernetes.platforms import PullMode
from settings import Repository, Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownNamespace:
    """One that pulls; `pull_secret` is None where the kubelet pulls with a role alone."""

    cluster: str
    namespace: str
    mode: str
    pull_secret: str | None
    service_accounts: tuple[str, ...]
    """Those that the stack declares for it."""
    role_arn: str | None
    role_is_declared: bool
    """Whether the stack itself declares the role."""
    cluster_role: str
    """The command that prints the role, for an account that makes it or gives it a policy."""
    image: str

    @property
    def credentials(self) -> str:
        if self.pull_secret is not None:
            return f"the secret {self.pull_secret}"
        return "the role of its service account" if self.service_accounts else "the nodes' role"


def namespaces_that_pull(repository: Repository, settings: Settings, tag: str) -> Iterator[ShownNamespace]:
    for cluster in settings.clusters:
        for each in cluster.namespaces:
            if each.id in repository.namespaces:
                yield _shown(cluster, each, repository, settings, tag)


def _shown(
    cluster: Cluster, namespace: Namespace, repository: Repository, settings: Settings, tag: str
) -> ShownNamespace:
    own_role = settings.pull_role_arn(cluster, namespace)
    return ShownNamespace(
        cluster=cluster.name,
        namespace=namespace.name,
        mode=namespace.mode.value,
        pull_secret=None if namespace.mode is PullMode.NODE_ROLE else cluster.secret,
        service_accounts=namespace.service_accounts,
        role_arn=own_role or settings.node_role_arn(cluster),
        role_is_declared=own_role is not None and cluster.own_account,
        cluster_role=f".venv/bin/python -m ops cluster-role --stack {settings.stack} --cluster {cluster.name} "
        f"--namespace {namespace.name}",
        image=f"{_host(cluster, repository, settings)}/{repository.name}:{tag}",
    )


def _host(cluster: Cluster, repository: Repository, settings: Settings) -> str:
    """The registry in the cluster's own region, where the repository has a copy there; else home."""
    arn = Arn.parse(cluster.identifier) if cluster.platform.is_eks else None
    for registry in settings.registries:
        here = arn is not None and registry.region == arn.region and not registry.retire
        if here and any(copy.name == repository.name for copy in settings.copies(registry)):
            return registry.host
    return settings.home.host
