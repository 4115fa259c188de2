"""The saved queries, asked of the calls that were made."""

from collections.abc import Mapping
from typing import Any

from domain.cloudwatch.log_queries import run_log_query
from oci.client import Client
from rehearsal.proofs.harness.case import Broken
from rehearsal.proofs.harness.denied_calls import require_denied
from rehearsal.proofs.harness.monitoring_case import MonitoringCase

PROMISE = "the saved queries say who pushed, who pulled, what was deleted and by whom, and what was denied"


def applies(case: MonitoringCase) -> bool:
    return bool(case.monitored.queries)


def prove_monitoring(case: MonitoringCase) -> str:
    """There are no saved queries in the local cloud: those that are declared, over its records of AWS CloudTrail."""
    name, region = case.made_repository(), case.registry.region
    who, credentials = case.by_hand()
    denied_role, none = case.by_hand("rehearsal-denied", "sts:GetCallerIdentity")
    pushed, tag = case.push_as(credentials, name)
    with Client.on_loopback(case.host, case.principals.password(credentials, region)) as client:
        client.pull(name, tag)
    denied = case.principals.of("ecr", none, region)
    require_denied(denied_role, {"listed its images": lambda: denied.list_images(repositoryName=name)})
    ecr = case.principals.of("ecr", credentials, region)
    ecr.batch_delete_image(repositoryName=name, imageIds=[{"imageDigest": pushed.digest}])
    ecr.delete_repository(repositoryName=name)
    answers: Mapping[str, list[tuple[str, ...]]] = {
        "who-pushed": [(name, tag, who)],
        "who-pulled": [(name, who)],
        "what-was-deleted": [(name, "BatchDeleteImage", who), (name, "DeleteRepository", who)],
        "denied-calls": [(name, "ListImages", denied_role)],
    }
    events = _events(case)
    for query in case.monitored.queries:
        rows = [{str(value) for value in row.values()} for row in run_log_query(query.text, events)]
        for wanted in answers[query.name]:
            if not any(set(wanted) <= row for row in rows):
                raise Broken(f"{query.name} does not answer {', '.join(wanted)}: it has {len(rows)} other rows")
    return f"{', '.join(each.name for each in case.monitored.queries)} over {len(events)} calls"


def _events(case: MonitoringCase) -> list[Mapping[str, Any]]:
    """As the log group has them that is queried: a trail's has records, our own has events."""
    seen = case.events.seen(*case.place)
    records = seen.records if case.monitored.trail_log_group else seen.events
    return [{"@timestamp": number, **each} for number, each in enumerate(records)]
