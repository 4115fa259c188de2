"""Amazon CloudWatch Logs: log groups, who writes to them, what is made of them. pulumi-aws has it under cloudwatch."""

from resources.record import Declaration, Grammar, Inputs, ResourceType, policy_lines

LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
LOG_RESOURCE_POLICY = "aws:cloudwatch/logResourcePolicy:LogResourcePolicy"
LOG_METRIC_FILTER = "aws:cloudwatch/logMetricFilter:LogMetricFilter"
QUERY_DEFINITION = "aws:cloudwatch/queryDefinition:QueryDefinition"


def _query(declaration: Declaration, id: str) -> dict[str, str]:
    return {"arn": declaration.arn("logs", f"query-definition:{id}"), "queryDefinitionId": id}


def _describe_group(inputs: Inputs) -> list[str]:
    days = inputs.get("retentionInDays", 0)
    key = "customer key" if "kmsKeyId" in inputs else "CloudWatch Logs' own key"
    return [inputs["name"], key, f"kept {days:.0f} days" if days else "kept for ever"]


def _describe_filter(inputs: Inputs) -> list[str]:
    metric = inputs["metricTransformation"]
    by = f" by {', '.join(metric['dimensions'])}" if metric.get("dimensions") else ""
    return [f"{metric['namespace']} {metric['name']}{by}", f"from {inputs['logGroupName']}"]


TYPES = (
    ResourceType(
        token=LOG_GROUP,
        # Retention is written beside the creation, and a key in place of another by a call of its own.
        source="logs/group.go 0073593: ForceNew on log_group_class, name, name_prefix",
        identity=("name",),
        make_outputs=lambda made, name: {"arn": made.arn("logs", f"log-group:{name}")},
        exclusive=True,
        replaces=("logGroupClass", "name", "namePrefix"),
        updates=("kmsKeyId", "retentionInDays", "skipDestroy", "tags"),
        optional=("logGroupClass",),
        tags="tags",
        unknown_in_replacement=("name",),
        reads=("DescribeLogGroups", "ListTagsForResource"),
        # A key and a retention are always declared: neither is ever taken away.
        creates=("CreateLogGroup", "PutRetentionPolicy"),
        changes=("AssociateKmsKey", "TagResource", "UntagResource", "DeleteLogGroup"),
        parameters={"logGroupName": "name", "tags": "tags"},
        settings_key="monitoring",
        describe=_describe_group,
    ),
    ResourceType(
        token=LOG_RESOURCE_POLICY,
        source="logs/resource_policy.go 00a3530: ForceNew on policy_name, resource_arn",
        identity=("policyName",),
        make_outputs=lambda _made, _name: {"policyScope": "ACCOUNT"},
        replaces=("policyName", "resourceArn"),
        updates=("policyDocument",),
        documents={"policyDocument": Grammar.IAM},
        reads=("DescribeResourcePolicies",),
        creates=("PutResourcePolicy",),
        changes=("DeleteResourcePolicy",),
        parameters={"policyName": "policyName"},
        settings_key="monitoring",
        describe=lambda inputs: policy_lines(inputs["policyDocument"]),
    ),
    ResourceType(
        token=LOG_METRIC_FILTER,
        # It is imported by LOG GROUP:NAME, which is not its id.
        source="logs/metric_filter.go 0f14e6f: ForceNew on log_group_name, name",
        identity=("logGroupName", "name"),
        make_id=lambda made: str(made.inputs["name"]),
        replaces=("logGroupName", "name"),
        updates=("applyOnTransformedLogs", "metricTransformation", "pattern"),
        optional=("applyOnTransformedLogs",),
        reads=("DescribeMetricFilters",),
        creates=("PutMetricFilter",),
        changes=("DeleteMetricFilter",),
        parameters={"logGroupName": "logGroupName", "filterName": "name"},
        settings_key="monitoring",
        describe=_describe_filter,
    ),
    ResourceType(
        token=QUERY_DEFINITION,
        # It is imported by its ARN, which is not its id.
        source="logs/query_definition.go 0ac6a8e",
        identity=None,
        make_id=lambda made: str(made.made_up()),
        make_outputs=_query,
        made_up=("arn", "queryDefinitionId"),
        updates=("logGroupNames", "name", "queryString"),
        reads=("DescribeQueryDefinitions",),
        creates=("PutQueryDefinition",),
        changes=("DeleteQueryDefinition",),
        parameters={"name": "name"},
        settings_key="monitoring",
        describe=lambda inputs: [inputs["name"], f"over {', '.join(inputs.get('logGroupNames', ['any log group']))}"],
    ),
)
