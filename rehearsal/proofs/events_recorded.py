"""What happened can be looked up, and is counted."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from domain.cloudwatch.metric_filters import published
from domain.document_text import parse_json
from domain.monitoring.derived_metrics import DENIED_CALLS, PUSH_FAILURES, DerivedMetric, findings_metric
from oci.client import Client, Refused
from rehearsal.proofs.harness.case import Broken
from rehearsal.proofs.harness.monitoring_case import MonitoringCase

PROMISE = "the log groups have the registry's events, and metric filters count findings, failed pushes and denied calls"
_COUNTS = {"CRITICAL": 2, "HIGH": 3, "LOW": 5}


def prove_monitoring(case: MonitoringCase) -> str:
    since, name = datetime.now(UTC), case.made_repository()
    before = {each["eventID"] for each in case.events.seen(*case.place).records}
    _, credentials = case.by_hand()
    pushed, tag = case.push_as(credentials, name)
    scan = case.events.plant_scan(*case.place, name, tag, _COUNTS)
    denied_role, none = case.by_hand("rehearsal-denied", "sts:GetCallerIdentity")
    with Client.on_loopback(case.host, case.principals.password(none, case.registry.region)) as client:
        for attempt in (lambda: client.begin_upload(name), lambda: client.manifest(name, pushed.digest)):
            try:
                attempt()
            except Refused:
                continue
            raise Broken(f"{denied_role} is allowed nothing, and was not refused")
    case.events.settled()
    case.remove(name)
    monitored, names = case.monitored, case.monitored.names
    kept = _kept(case, names.events_log, since)
    _require_events(kept, names.events_log, scan["id"], pushed.digest)
    made = [each for each in case.events.seen(*case.place).records if each["eventID"] not in before]
    records = [each for each in made if _is_by(each, denied_role, name)]
    if monitored.audited:
        ids = {each.get("detail", {}).get("eventID") for each in _kept(case, names.audit_log, since)}
        if missing := {each["eventID"] for each in records} - ids:
            raise Broken(f"{names.audit_log} has no record of {len(missing)} of {len(records)} calls")
    own = [each for each in kept if name in str(each)]
    findings = {findings_metric(severity): count for severity, count in _COUNTS.items()}
    _require_counts(case, names.events_log, monitored.metrics_of_events, own, findings)
    failed = {PUSH_FAILURES: 1, DENIED_CALLS: 2}
    _require_counts(case, monitored.trail_log_group, monitored.metrics_of_trail, records, failed)
    return f"{len(own)} events in {names.events_log}, counted as {findings}"


def _is_by(record: Mapping[str, Any], caller: str, repository: str) -> bool:
    named = (record.get("requestParameters") or {}).get("repositoryName")
    return (record["userIdentity"].get("arn"), named) == (caller, repository)


def _kept(case: MonitoringCase, log_group: str, since: datetime) -> list[Any]:
    """The events of a log group, as JSON."""
    logs = case.api("logs")
    pages = logs.get_paginator("filter_log_events").paginate(
        logGroupName=log_group, startTime=int(since.timestamp() * 1000)
    )
    return [parse_json(each["message"]) for page in pages for each in page["events"]]


def _require_events(kept: Sequence[Any], log_group: str, scan: str, digest: str) -> None:
    if scan not in [each["id"] for each in kept]:
        raise Broken(f"the scan's event {scan} is not among the {len(kept)} of {log_group}")
    details = [each["detail"] for each in kept]
    if not any((each.get("action-type"), each.get("image-digest")) == ("PUSH", digest) for each in details):
        raise Broken(f"the push of {digest} is not among the {len(kept)} of {log_group}")


def _require_counts(
    case: MonitoringCase,
    log_group: str | None,
    declared: Sequence[DerivedMetric],
    records: Sequence[Any],
    expected: Mapping[str, float],
) -> None:
    """By the filters that are there: each declared metric has the sum that is expected, and where none is, nothing."""
    if log_group is None:
        return
    counted: Counter[str] = Counter()
    for metric, value in _published(case, log_group, records):
        counted[metric] += int(value)
    wanted = {each.metric: expected.get(each.metric, 0) for each in declared}
    for metric, value in wanted.items():
        if counted[metric] != value:
            raise Broken(f"{metric} of {log_group} should be {value:.0f}, and is {counted[metric]}")


def _published(case: MonitoringCase, log_group: str, records: Sequence[Any]) -> Iterator[tuple[str, float]]:
    pages = case.api("logs").get_paginator("describe_metric_filters").paginate(logGroupName=log_group)
    for each in (found for page in pages for found in page["metricFilters"]):
        for metric in each["metricTransformations"]:
            if metric["metricNamespace"] != case.monitored.names.namespace:
                continue
            for record in records:
                point = published(each["filterPattern"], metric["metricValue"], metric.get("dimensions", {}), record)
                if point is not None:
                    yield metric["metricName"], point[1]
