"""Amazon ECR's own backfill, where the installed client knows it: images go from registry to registry inside AWS.

https://docs.aws.amazon.com/AmazonECR/latest/userguide/replication-backfill.html
"""

from ops.backfill.copying import Told
from ops.backfill.patience import Stop
from ops.backfill.registry import Registry, Unavailable

_START, _RESULTS = "StartReplicationBackfill", "DescribeReplicationBackfillResults"
_ENDED = frozenset({"COMPLETE", "FAILED", "STOPPED"})
_SECONDS = 15.0
"""Between two looks at it: it takes minutes at least."""


def backfill(source: Registry, target: Registry, stop: Stop, told: Told) -> str | None:
    """How it ended, or why it did not begin; None where it is not known here. What it left is copied afterwards."""
    if not (source.offers(_START) and source.offers(_RESULTS)):
        return None
    destination = {"region": target.place.region, "registryId": target.place.account}
    try:
        started = source.call("start_replication_backfill", destination=destination)["replicationBackfillId"]
        while True:
            found = source.call("describe_replication_backfill_results", replicationBackfillId=started, maxResults=1)
            if found["status"] in _ENDED:
                return f"Amazon ECR's own backfill {started} ended as {found['status']}"
            told(f"Amazon ECR's own backfill {started}: {found['status']}")
            stop.sleep(_SECONDS)
    except Unavailable as refused:
        return f"Amazon ECR's own backfill is not used: {refused}"
