"""Amazon SQS: queues and their policies."""

from domain.aws import REGIONS
from resources.record import Declaration, Grammar, Inputs, ResourceType, policy_lines, words_in

QUEUE = "aws:sqs/queue:Queue"
QUEUE_POLICY = "aws:sqs/queuePolicy:QueuePolicy"

_DAY = 24 * 60 * 60
_DEFAULT_RETENTION = 4 * _DAY


def _url(declaration: Declaration) -> str:
    region = declaration.inputs["region"]
    host = f"sqs.{region}.{REGIONS[region].dns_suffix}"
    return f"https://{host}/{declaration.account}/{declaration.inputs['name']}"


def _describe_queue(inputs: Inputs) -> list[str]:
    days = inputs.get("messageRetentionSeconds", _DEFAULT_RETENTION) // _DAY
    key = "customer key" if "kmsMasterKeyId" in inputs else "Amazon SQS's own key"
    return [inputs["name"], key, f"messages kept {days:.0f} days"]


TYPES = (
    ResourceType(
        token=QUEUE,
        source="sqs/queue.go 00a3530: ForceNew on fifo_queue, name, name_prefix",
        identity=("name",),
        make_id=_url,
        make_outputs=lambda made, url: {"arn": made.arn("sqs", made.inputs["name"]), "url": url},
        exclusive=True,
        replaces=("fifoQueue", "name", "namePrefix"),
        updates=words_in(
            "contentBasedDeduplication deduplicationScope delaySeconds fifoThroughputLimit "
            "kmsDataKeyReusePeriodSeconds kmsMasterKeyId maxMessageSize messageRetentionSeconds policy "
            "receiveWaitTimeSeconds redriveAllowPolicy redrivePolicy sqsManagedSseEnabled tags visibilityTimeoutSeconds"
        ),
        optional=words_in(
            "deduplicationScope fifoThroughputLimit kmsDataKeyReusePeriodSeconds policy redriveAllowPolicy "
            "redrivePolicy sqsManagedSseEnabled"
        ),
        documents={"policy": Grammar.IAM, "redriveAllowPolicy": Grammar.JSON, "redrivePolicy": Grammar.JSON},
        tags="tags",
        reads=("GetQueueAttributes", "ListQueueTags"),
        creates=("CreateQueue",),
        changes=("SetQueueAttributes", "TagQueue", "UntagQueue", "DeleteQueue"),
        parameters={"QueueName": "name", "tags": "tags"},
        settings_key="monitoring",
        describe=_describe_queue,
    ),
    ResourceType(
        token=QUEUE_POLICY,
        # A deletion puts an empty policy.
        source="sqs/queue_policy.go af55dfb: ForceNew on queue_url",
        identity=("queueUrl",),
        replaces=("queueUrl",),
        updates=("policy",),
        documents={"policy": Grammar.IAM},
        reads=("GetQueueAttributes",),
        creates=("SetQueueAttributes",),
        parameters={"QueueUrl": "queueUrl"},
        settings_key="monitoring",
        describe=lambda inputs: policy_lines(inputs["policy"]),
    ),
)
