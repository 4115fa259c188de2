"""Alarms and dashboards."""

from collections.abc import Mapping
from typing import Any

from rehearsal.apply.builder import Builder, NotMade, Order
from resources import Answer
from resources.cloudwatch import COMPOSITE_ALARM, DASHBOARD, METRIC_ALARM

_ACTIONS = {
    "actionsEnabled": "ActionsEnabled",
    "alarmActions": "AlarmActions",
    "alarmDescription": "AlarmDescription",
    "insufficientDataActions": "InsufficientDataActions",
    "okActions": "OKActions",
}
_OF_ALARM = {
    **_ACTIONS,
    "comparisonOperator": "ComparisonOperator",
    "datapointsToAlarm": "DatapointsToAlarm",
    "evaluationPeriods": "EvaluationPeriods",
    "metricName": "MetricName",
    "name": "AlarmName",
    "namespace": "Namespace",
    "period": "Period",
    "statistic": "Statistic",
    "threshold": "Threshold",
    "treatMissingData": "TreatMissingData",
    "unit": "Unit",
}
_OF_COMPOSITE = {**_ACTIONS, "alarmName": "AlarmName", "alarmRule": "AlarmRule"}
_OF_QUERY = {
    "accountId": "AccountId",
    "expression": "Expression",
    "id": "Id",
    "label": "Label",
    "period": "Period",
    "returnData": "ReturnData",
}


def _metric_alarm(order: Order) -> Answer:
    inputs, more = order.inputs, {}
    if "dimensions" in inputs:
        more["Dimensions"] = _dimensions(inputs["dimensions"])
    if "metricQueries" in inputs:
        more["Metrics"] = [_query(each) for each in inputs["metricQueries"]]
    order.client("cloudwatch").put_metric_alarm(**_given(_OF_ALARM, inputs), **more, Tags=order.tags())
    return inputs["name"], {"arn": _arn(order, inputs["name"], "MetricAlarm")}


def _composite_alarm(order: Order) -> Answer:
    name = order.inputs["alarmName"]
    order.client("cloudwatch").put_composite_alarm(**_given(_OF_COMPOSITE, order.inputs), Tags=order.tags())
    return name, {"arn": _arn(order, name, "CompositeAlarm")}


def _dashboard(order: Order) -> Answer:
    cloudwatch, name = order.client("cloudwatch"), order.inputs["dashboardName"]
    made = cloudwatch.put_dashboard(DashboardName=name, DashboardBody=order.inputs["dashboardBody"])
    # The call succeeds where a widget is refused.
    for message in made.get("DashboardValidationMessages", ()):
        raise NotMade("PutDashboard has a message: {DataPath}: {Message}".format_map(message))
    return name, {"dashboardArn": cloudwatch.get_dashboard(DashboardName=name)["DashboardArn"]}


def _arn(order: Order, name: str, kind: str) -> str:
    found = order.client("cloudwatch").describe_alarms(AlarmNames=[name], AlarmTypes=[kind])
    (alarm,) = found[f"{kind}s"]
    return str(alarm["AlarmArn"])


def _query(query: Mapping[str, Any]) -> dict[str, Any]:
    given = {"ReturnData": False, **_given(_OF_QUERY, query)}
    if "metric" not in query:
        return given
    metric = query["metric"]
    named = {"Namespace": metric["namespace"], "MetricName": metric["metricName"]}
    whole = {"Metric": {**named, "Dimensions": _dimensions(metric.get("dimensions", {}))}}
    unit = {"Unit": metric["unit"]} if "unit" in metric else {}
    return {**given, "MetricStat": {**whole, "Period": metric["period"], "Stat": metric["stat"], **unit}}


def _dimensions(dimensions: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in dimensions.items()]


def _given(names: Mapping[str, str], inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {of_cloudwatch: inputs[name] for name, of_cloudwatch in names.items() if name in inputs}


BUILDERS = {
    METRIC_ALARM: Builder(build=_metric_alarm, properties=("dimensions", "metricQueries", "tags", *_OF_ALARM)),
    COMPOSITE_ALARM: Builder(build=_composite_alarm, properties=("tags", *_OF_COMPOSITE)),
    DASHBOARD: Builder(build=_dashboard, properties=("dashboardName", "dashboardBody")),
}
