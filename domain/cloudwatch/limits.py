"""Amazon CloudWatch's numbers, each with its source.

"UG" is the CloudWatch User Guide (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/), "API" its API
reference, "LUG" the CloudWatch Logs User Guide (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/), "LAPI" the
API reference of CloudWatch Logs; botocore's models have the bounds of both.
"""

# Alarms
ALARM_NAME_MAX_LENGTH = 255  # API, AlarmName: without control characters
ALARM_DESCRIPTION_MAX_LENGTH = 1_024  # API, AlarmDescription
ALARM_ACTIONS_MAX = 5  # API, ResourceList: for each state
ALARM_METRICS_MAX = 10  # UG, alarm-limits: of a math expression; not adjustable
ALARM_EVALUATION_MAX_SECONDS = 604_800  # API, PutMetricAlarm, Period: period times evaluation periods
ALARM_SHORT_EVALUATION_MAX_SECONDS = 86_400  # API, PutMetricAlarm, Period: where the period is below an hour
ALARM_SHORT_PERIOD_BELOW_SECONDS = 3_600  # API, PutMetricAlarm, Period
ALARM_PERIODS_BELOW_A_MINUTE = (10, 20, 30)  # API, PutMetricAlarm, Period: else a multiple of 60
DIMENSIONS_MAX = 30  # API, Dimensions
EXPRESSION_MAX_LENGTH = 2_048  # API, MetricExpression
QUERY_ALARMS_PER_REGION_MAX = 200  # UG, alarm-limits: of Metrics Insights; adjustable
QUERY_EVALUATION_MAX_SECONDS = 3 * 3_600  # UG, alarm-limits: only the latest three hours are evaluated
QUERY_METRICS_MAX = 10_000  # UG, alarm-limits: of more, the alarm is evaluated on partial data
QUERY_SERIES_MAX = 500  # UG, alarm-limits: likewise

# Composite alarms
COMPOSITE_RULE_MAX_LENGTH = 10_240  # API, AlarmRule
COMPOSITE_CHILDREN_MAX = 100  # API, PutCompositeAlarm, AlarmRule
COMPOSITE_ELEMENTS_MAX = 500  # API, PutCompositeAlarm, AlarmRule: children, TRUE, FALSE and parentheses
COMPOSITES_OF_AN_ALARM_MAX = 150  # API, PutCompositeAlarm

# Dashboards
DASHBOARD_NAME_MAX_LENGTH = 255  # API, PutDashboard
DASHBOARD_NAME_PATTERN = r"[A-Za-z0-9\-_]+"  # API, PutDashboard; the dashboards of an account are global
DASHBOARD_WIDGETS_MAX = 500  # API, CloudWatch-Dashboard-Body-Structure
DASHBOARD_METRICS_MAX = 2_500  # UG, cloudwatch_limits
WIDGET_METRICS_MAX = 500  # UG, cloudwatch_limits
DASHBOARD_GRID_WIDTH = 24  # API, CloudWatch-Dashboard-Body-Structure, width
DASHBOARD_BODY_MAX_BYTES = 1024 * 1024  # inferred: documented nowhere, and one megabyte by what is reported

# Log groups
LOG_GROUP_NAME_MAX_LENGTH = 512  # LAPI, LogGroupName
LOG_GROUP_NAME_PATTERN = r"[.\-_/#A-Za-z0-9]+"  # LAPI, LogGroupName
LOG_RETENTION_DAYS = (
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
)  # LAPI, Days  # fmt: skip
LOG_RESOURCE_POLICIES_MAX = 10  # LAPI, PutResourcePolicy: of an account and region
LOG_RESOURCE_POLICY_MAX_LENGTH = 5_120  # LUG, cloudwatch_limits_cwl; the model's bound is 51,200

# Metric filters
FILTERS_PER_LOG_GROUP_MAX = 100  # LAPI, PutMetricFilter
FILTER_NAME_MAX_LENGTH = 512  # LAPI, FilterName
FILTER_NAME_PATTERN = r"[^:*]*"  # LAPI, FilterName
FILTER_PATTERN_MAX_LENGTH = 1_024  # LAPI, FilterPattern
FILTER_DIMENSIONS_MAX = 3  # LAPI, MetricTransformation, dimensions
FILTER_DIMENSION_PAIRS_MAX = 1_000  # LAPI, PutMetricFilter: of name and value within an hour, else it may be disabled
METRIC_NAME_MAX_LENGTH = 255  # LAPI, MetricName
METRIC_NAMESPACE_MAX_LENGTH = 255  # LAPI, MetricNamespace

# Saved queries
QUERY_NAME_MAX_LENGTH = 255  # LAPI, QueryDefinitionName
QUERY_TEXT_MAX_LENGTH = 10_000  # LAPI, QueryDefinitionString
QUERY_ROWS_MAX = 10_000  # LUG, CWL_QuerySyntax-Limit
QUERY_LOG_GROUPS_MAX = 50  # LAPI, StartQuery, logGroupNames
