"""Log groups, the policies by which services write to them, and metric filters."""

from rehearsal.apply.builder import Builder, Order
from resources import Answer, words_in
from resources.logs import LOG_GROUP, LOG_METRIC_FILTER, LOG_RESOURCE_POLICY

_TRANSFORMATION = {
    "name": "metricName",
    "namespace": "metricNamespace",
    "value": "metricValue",
    "dimensions": "dimensions",
    "unit": "unit",
}


def _log_group(order: Order) -> Answer:
    logs, inputs = order.client("logs"), order.inputs
    name = inputs["name"]
    key = {"kmsKeyId": inputs["kmsKeyId"]} if "kmsKeyId" in inputs else {}
    logs.create_log_group(logGroupName=name, tags=inputs.get("tags", {}), **key)
    if inputs.get("retentionInDays"):
        logs.put_retention_policy(logGroupName=name, retentionInDays=inputs["retentionInDays"])
    found = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    arn = next(each["arn"] for each in found if each["logGroupName"] == name)
    return name, {"arn": arn.removesuffix(":*")}


def _resource_policy(order: Order) -> Answer:
    name, document = order.inputs["policyName"], order.inputs["policyDocument"]
    order.client("logs").put_resource_policy(policyName=name, policyDocument=document)
    return name, {"policyScope": "ACCOUNT"}


def _metric_filter(order: Order) -> Answer:
    inputs = order.inputs
    metric = inputs["metricTransformation"]
    order.client("logs").put_metric_filter(
        filterName=inputs["name"],
        logGroupName=inputs["logGroupName"],
        filterPattern=inputs["pattern"],
        metricTransformations=[{_TRANSFORMATION[name]: value for name, value in metric.items()}],
    )
    return inputs["name"], {}


BUILDERS = {
    LOG_GROUP: Builder(
        build=_log_group, properties=("name", "kmsKeyId", "retentionInDays", "tags"), at_deletion=("skipDestroy",)
    ),
    LOG_RESOURCE_POLICY: Builder(build=_resource_policy, properties=("policyName", "policyDocument")),
    LOG_METRIC_FILTER: Builder(
        build=_metric_filter, properties=words_in("name logGroupName pattern metricTransformation")
    ),
}
