"""The clusters of a stack, each with an API server of this machine in its place, where Kubernetes is built."""

from typing import Self

from localcloud.cloud import LocalCloud
from rehearsal.apply.kubernetes import ApiServers, make_namespaces
from rehearsal.cluster.binaries import NotBuilt
from rehearsal.cluster.local_cluster import ISSUER
from rehearsal.cluster.local_clusters import LocalClusters
from settings import Settings


class StackClusters:
    """For a block; they start while the caller does something else."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._reason = ""
        hosting = {each.cluster for each in settings.self_hosted}
        used = [each for each in settings.clusters if each.has_objects or each.name in hosting]
        issuers = {each.name: each.issuer or ISSUER for each in used}
        try:
            self._clusters = LocalClusters(issuers)
        except NotBuilt as reason:
            self._clusters, self._reason = LocalClusters({}), str(reason)

    def __enter__(self) -> Self:
        self._clusters.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._clusters.__exit__()

    def ready(self, cloud: LocalCloud) -> ApiServers:
        """Once all of them are, with what exists before the stack; the cloud's STS knows their tokens."""
        started = self._clusters.started()
        for cluster in started.values():
            cloud.add_issuer(cluster.issuer, cluster.keys())
        servers = ApiServers(clients={name: each.client for name, each in started.items()}, reason=self._reason)
        make_namespaces(self._settings, servers)
        return servers
