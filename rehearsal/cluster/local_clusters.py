"""Control planes that start side by side, while their caller does something else."""

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Self

from rehearsal.cluster.local_cluster import LocalCluster


class LocalClusters:
    """One for each name, with that issuer, for a block. Raises NotBuilt."""

    def __init__(self, issuers: Mapping[str, str]) -> None:
        self._clusters = {name: LocalCluster(issuer) for name, issuer in issuers.items()}
        self._starts: dict[str, Future[LocalCluster]] = {}

    def __enter__(self) -> Self:
        """Begins to start them."""
        if self._clusters:
            self._threads = ThreadPoolExecutor(len(self._clusters), "cluster")
            self._starts = {
                name: self._threads.submit(each.__enter__) for name, each in self._clusters.items()
            }  # fmt: skip
        return self

    def __exit__(self, *_: object) -> None:
        """Ends all of them, also those that are still starting."""
        for each in self._clusters.values():
            each.give_up()
        if self._starts:
            self._threads.shutdown()
        for each, start in zip(self._clusters.values(), self._starts.values(), strict=True):
            if start.exception() is None:
                each.stop()

    def started(self) -> Mapping[str, LocalCluster]:
        """All of them, as soon as each takes pods; raises ClusterFailed."""
        return {name: each.result() for name, each in self._starts.items()}
