"""Amazon ECR's own backfill: what the replication configuration covers goes from registry to registry inside AWS.

https://docs.aws.amazon.com/AmazonECR/latest/userguide/replication-backfill.html
"""

from collections.abc import Mapping
from itertools import chain, repeat
from typing import Any

from domain.wording import counted
from ops.backfill.live_registry import LiveRegistry
from ops.copy.patience import WAITS, Stop, Stopped
from ops.copy.progress import CopyProgress

_ENDED = frozenset({"COMPLETE", "FAILED", "STOPPED"})
_PAGE = 50


def backfill(source: LiveRegistry, target: LiveRegistry, stop: Stop, shown: CopyProgress) -> str:
    """How it ended, in words; raises Unavailable where ECR refuses it. One that is under way already is followed."""
    destination = {"region": target.registry.region, "registryId": target.registry.account}
    listed = source.pages("list_replication_backfills", "backfills", size=_PAGE)
    running = [each for each in listed if each["destination"] == destination and each["status"] not in _ENDED]
    begun = running[0] if running else source.call("start_replication_backfill", destination=destination)
    name = str(begun["replicationBackfillId"])
    results, waits = "describe_replication_backfill_results", chain(WAITS, repeat(WAITS[-1]))
    try:
        while (found := source.call(results, replicationBackfillId=name, maxResults=1))["status"] not in _ENDED:
            shown(f"Amazon ECR's own backfill {name}: {found['status']}")
            progress = found.get("progress") or {}
            shown.reach(progress.get("completedReplicationCount", 0), progress.get("totalReplicationCount"))
            stop.sleep(next(waits))
    except Stopped:
        region = source.registry.region
        stop_it = f"aws ecr stop-replication-backfill --region {region} --replication-backfill-id {name}"
        words = "stopped; Amazon ECR's own backfill goes on. The same command follows it again; to stop it"
        raise Stopped(f"{words}: {stop_it}") from None
    return backfilled(name, found)


def backfilled(name: str, found: Mapping[str, Any]) -> str:
    """How Amazon ECR's own backfill ended."""
    progress = found.get("progress") or {}
    done, total = progress.get("completedReplicationCount", 0), progress.get("totalReplicationCount", 0)
    failed = ""
    if progress.get("failedReplicationCount"):
        failed = f", {progress['failedReplicationCount']} failed ({', '.join(progress['failureCodes'])})"
    return f"Amazon ECR's own backfill {name}: {found['status']}, {done} of {counted(total, 'replication')}{failed}."
