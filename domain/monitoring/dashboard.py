"""The dashboard of a registry.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
"""

from collections.abc import Sequence
from typing import Any

from domain.document_text import to_json_text
from domain.monitoring.derived_metrics import REPLICATED, SEVERITIES, findings_metric
from domain.monitoring.monitoring_names import MonitoringNames
from domain.monitoring.registry_alarms import API_ACTIONS, IMAGES, MINUTE, PULLS, api_dimensions, use_of_quota

Widget = dict[str, Any]
_WIDTH, _HALF, _HEIGHT = 24, 12, 6
_ALARMS_PER_WIDGET = 100
_HOUR, _DAY = 60 * MINUTE, 24 * 60 * MINUTE
_MOST_SHOWN = 20
"""Repositories in a graph: no one reads more lines than that."""


def dashboard_body(names: MonitoringNames, alarms: Sequence[str], *, runbooks: str, replica: bool) -> str:
    """As text; it does not grow with the repositories, but for the alarms that some ask for."""
    widgets = [
        _text(_heading(names, runbooks)),
        *(_alarm_states(names, some) for some in _parts(alarms, _ALARMS_PER_WIDGET)),
        _graph(names, "Pulls by repository: the most pulled", [_pulls()], _DAY),
        _graph(names, "Images by repository: the fullest", [_images()], _HOUR),
        _graph(names, "Findings that scans reported, by severity", _findings(names), _DAY),
        _graph(names, "Calls of an action, in percent of the quota of its rate", _use_of_quotas(), 5 * MINUTE),
    ]
    if replica:
        replicated = [[names.namespace, REPLICATED, {"label": "images replicated", "stat": "Sum"}]]
        widgets.append(_graph(names, "Images that were replicated to here", replicated, _HOUR))
    return to_json_text({"widgets": _placed(widgets)})


def _parts(items: Sequence[str], size: int) -> list[Sequence[str]]:
    return [items[at : at + size] for at in range(0, len(items), size)]


def _heading(names: MonitoringNames, runbooks: str) -> str:
    return (
        f"# Container registry, account {names.registry.account}, {names.registry.region}\n"
        f"An alarm names its runbook; all of them are in [{runbooks}]({runbooks}). What AWS does not publish is not "
        "here: bytes stored, the delay of replication, and pushes that fail, but for those that a trail's log group "
        "has. Findings are those of scans in the period: each scan counts them again."
    )


def _text(markdown: str) -> Widget:
    return {"type": "text", "width": _WIDTH, "height": 3, "properties": {"markdown": markdown}}


def _alarm_states(names: MonitoringNames, ids: Sequence[str]) -> Widget:
    arns = [names.alarm_arn(each) for each in ids]
    return {
        "type": "alarm", "width": _WIDTH, "height": 4,
        "properties": {"title": "Alarms", "alarms": arns, "sortBy": "stateUpdatedTimestamp"},
    }  # fmt: skip


def _graph(names: MonitoringNames, title: str, metrics: list[Any], period: int) -> Widget:
    properties = {"title": title, "region": names.registry.region, "view": "timeSeries", "period": period}
    return {"type": "metric", "width": _HALF, "height": _HEIGHT, "properties": {**properties, "metrics": metrics}}


def _pulls() -> list[Any]:
    query = f"{PULLS} GROUP BY RepositoryName ORDER BY SUM() DESC LIMIT {_MOST_SHOWN}"
    return [[{"expression": query, "id": "pulls", "label": ""}]]


def _images() -> list[Any]:
    query = f"{IMAGES} GROUP BY ResourceId ORDER BY MAX() DESC LIMIT {_MOST_SHOWN}"
    return [[{"expression": query, "id": "images", "label": ""}]]


def _findings(names: MonitoringNames) -> list[Any]:
    return [[names.namespace, findings_metric(each), {"label": each.lower(), "stat": "Sum"}] for each in SEVERITIES]


def _use_of_quotas() -> list[Any]:
    found: list[Any] = []
    for at, action in enumerate(API_ACTIONS):
        dimensions = [part for item in api_dimensions(action).items() for part in item]
        found.append(
            ["AWS/Usage", "CallCount", *dimensions, {"id": f"m{at}", "stat": "Sum", "visible": False, "period": MINUTE}]
        )
        found.append([{"expression": use_of_quota(f"m{at}"), "id": f"e{at}", "label": action}])
    return found


def _placed(widgets: Sequence[Widget]) -> list[Widget]:
    """From the left to the right, and down."""
    found: list[Widget] = []
    x = y = 0
    for each in widgets:
        if x + each["width"] > _WIDTH:
            x, y = 0, y + found[-1]["height"]
        found.append({**each, "x": x, "y": y})
        x += each["width"]
    return found
