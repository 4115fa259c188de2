"""Amazon CloudWatch: alarms and dashboards."""

import json

from resources.record import Grammar, Inputs, ResourceType, words_in

METRIC_ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
COMPOSITE_ALARM = "aws:cloudwatch/compositeAlarm:CompositeAlarm"
DASHBOARD = "aws:cloudwatch/dashboard:Dashboard"

_COMPARISONS = {
    "GreaterThanThreshold": ">",
    "GreaterThanOrEqualToThreshold": "≥",
    "LessThanThreshold": "<",
    "LessThanOrEqualToThreshold": "≤",
}
_ACTIONS = ("alarmActions", "insufficientDataActions", "okActions")
_MINUTE = 60


def _describe_alarm(inputs: Inputs) -> list[str]:
    measured, period = _measured(inputs)
    comparison = _COMPARISONS.get(inputs["comparisonOperator"], inputs["comparisonOperator"])
    of = inputs["evaluationPeriods"]
    count = inputs.get("datapointsToAlarm", of)
    lasting = f"{f'{count:g} of ' if count != of else ''}{of:g} {'period' if of == 1 else 'periods'}"
    return [
        inputs["name"],
        f"{measured} {comparison} {inputs.get('threshold', 'a band'):g}",
        f"{lasting} of {period / _MINUTE:g} min" if period else lasting,
        f"no data: {inputs.get('treatMissingData', 'missing')}",
    ]


def _measured(inputs: Inputs) -> tuple[str, float]:
    """What is compared with the threshold, and its period in seconds."""
    queries = inputs.get("metricQueries")
    if not queries:
        return f"{inputs.get('statistic', inputs.get('extendedStatistic'))} {inputs['metricName']}", inputs["period"]
    (returned,) = (each for each in queries if each.get("returnData"))
    periods = [each.get("period") or each.get("metric", {}).get("period") for each in (returned, *queries)]
    metric = returned.get("metric")
    text = returned.get("expression") or f"{metric['stat']} {metric['metricName']}"
    return text, next((each for each in periods if each), 0)


def _describe_composite(inputs: Inputs) -> list[str]:
    count = inputs["alarmRule"].count("ALARM(")
    return [inputs["alarmName"], f"of {count} {'alarm' if count == 1 else 'alarms'}"]


TYPES = (
    ResourceType(
        token=METRIC_ALARM,
        # It looks for one of the name first, and refuses to write over it.
        source="cloudwatch/metric_alarm.go 055611a: ForceNew on alarm_name",
        identity=("name",),
        make_outputs=lambda made, name: {"arn": made.arn("cloudwatch", f"alarm:{name}")},
        replaces=("name",),
        updates=words_in(
            "actionsEnabled alarmActions alarmDescription comparisonOperator datapointsToAlarm dimensions "
            "evaluateLowSampleCountPercentiles evaluationPeriods extendedStatistic insufficientDataActions metricName "
            "metricQueries namespace okActions period statistic tags threshold thresholdMetricId treatMissingData unit"
        ),
        optional=("evaluateLowSampleCountPercentiles",),
        sets=(*_ACTIONS, "metricQueries"),
        tags="tags",
        reads=("DescribeAlarms", "ListTagsForResource"),
        creates=("PutMetricAlarm",),
        changes=("TagResource", "UntagResource", "DeleteAlarms"),
        parameters={"AlarmName": "name", "AlarmActions": "alarmActions", "OKActions": "okActions", "Tags": "tags"},
        settings_key="monitoring",
        describe=_describe_alarm,
    ),
    ResourceType(
        token=COMPOSITE_ALARM,
        source="cloudwatch/composite_alarm.go 050ac11: ForceNew on actions_enabled, alarm_name",
        identity=("alarmName",),
        make_outputs=lambda made, name: {"arn": made.arn("cloudwatch", f"alarm:{name}")},
        replaces=("actionsEnabled", "alarmName"),
        updates=words_in("alarmActions alarmDescription alarmRule insufficientDataActions okActions tags"),
        sets=_ACTIONS,
        tags="tags",
        reads=("DescribeAlarms", "ListTagsForResource"),
        creates=("PutCompositeAlarm",),
        changes=("TagResource", "UntagResource", "DeleteAlarms"),
        parameters={
            "AlarmName": "alarmName",
            "AlarmActions": "alarmActions",
            "OKActions": "okActions",
            "Tags": "tags",
        },
        settings_key="monitoring",
        describe=_describe_composite,
    ),
    ResourceType(
        token=DASHBOARD,
        # It takes a region and has none: its name is the account's.
        source="cloudwatch/dashboard.go 0620f2a: ForceNew on dashboard_name",
        identity=("dashboardName",),
        make_outputs=lambda made, name: {"dashboardArn": made.arn("cloudwatch", f"dashboard/{name}", regional=False)},
        replaces=("dashboardName",),
        updates=("dashboardBody",),
        documents={"dashboardBody": Grammar.JSON},
        reads=("GetDashboard",),
        creates=("PutDashboard",),
        changes=("DeleteDashboards",),
        parameters={"DashboardName": "dashboardName"},
        settings_key="monitoring",
        describe=lambda inputs: [
            inputs["dashboardName"],
            f"{len(json.loads(inputs['dashboardBody']).get('widgets', []))} widgets",
        ],
    ),
)
