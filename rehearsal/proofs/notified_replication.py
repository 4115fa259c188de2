"""Images that do not arrive at a replica."""

from datetime import UTC, datetime
from hashlib import sha256

from localcloud.events.event import new_event
from rehearsal.proofs.harness import messages
from rehearsal.proofs.harness.monitoring_case import Inbox, MonitoringCase

PROMISE = "an image that does not arrive at a replica raises a message there, and one that arrives none"


def applies(case: MonitoringCase) -> bool:
    return messages.is_subscribed(case) and not case.registry.home


def prove_monitoring(case: MonitoringCase) -> str:
    """Amazon ECR documents no event of a failure: planted, with another result than that of success."""
    inbox, name = Inbox(case), case.made_repository()
    digests = {result: f"sha256:{sha256(result.encode()).hexdigest()}" for result in ("SUCCESS", "FAILED")}
    for result, digest in digests.items():
        _replicated(case, name, digest, result)
    source = case.settings.home.region
    for subscriber, got in inbox.messages().items():
        messages.require_none(subscriber, got, digests["SUCCESS"])
    _replicated(case, name, digests["FAILED"], "FAILED")
    messages.require_messages(case, inbox, [("replication-failed", [name, digests["FAILED"], source, "FAILED"])])
    case.remove(name)
    return f"{name} from {source}"


def _replicated(case: MonitoringCase, name: str, digest: str, result: str) -> None:
    home, detail = case.settings.home, {"result": result, "repository-name": name, "image-digest": digest}
    source = {"source-account": home.account, "source-region": home.region, "action-type": "REPLICATE"}
    account, region = case.place
    case.events.put(
        new_event(
            "aws.ecr", "ECR Replication Action", {**detail, **source, "image-tag": "v1"},
            account=account, region=region, now=datetime.now(UTC),
        )
    )  # fmt: skip
