"""Saved queries of CloudWatch Logs Insights over records of AWS CloudTrail.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html
"""

from collections.abc import Iterator
from dataclasses import dataclass

_ECR = "ecr.amazonaws.com"
_DELETIONS = '["BatchDeleteImage", "DeleteRepository", "PolicyExecutionEvent"]'


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedQuery:
    """A query by its name."""

    name: str
    text: str


def saved_queries(records: str = "") -> Iterator[SavedQuery]:
    """`records` is where a record begins: at the top, or in `detail.` of an event."""
    at = records
    repository, caller = f"{at}requestParameters.repositoryName", f"{at}userIdentity.arn"
    ours, sound = f'{at}eventSource = "{_ECR}"', f"not ispresent({at}errorCode)"
    yield _query(
        "who-pushed",
        f"fields @timestamp, {repository} as repository, {at}requestParameters.imageTag as tag, {caller} as caller, "
        f"{at}sourceIPAddress as address",
        f'filter {ours} and {at}eventName = "PutImage" and {sound}',
        "sort @timestamp desc",
        "limit 1000",
    )
    yield _query(
        "who-pulled",
        f'filter {ours} and {at}eventName in ["BatchGetImage", "GetDownloadUrlForLayer"] and {sound}',
        f"stats count(*) as calls by {repository}, {caller}",
        "sort calls desc",
        "limit 1000",
    )
    yield _query(
        "what-was-deleted",
        f"fields @timestamp, {at}eventName as call, {repository} as repository, "
        f"{at}serviceEventDetails.repositoryName as by_lifecycle_policy, {caller} as caller, {at}eventID as event",
        f"filter {ours} and {at}eventName in {_DELETIONS} and {sound}",
        "sort @timestamp desc",
        "limit 1000",
    )
    yield _query(
        "denied-calls",
        f"filter {ours} and {at}errorCode like /AccessDenied/",
        f"stats count(*) as calls by {at}eventName, {repository}, {caller}",
        "sort calls desc",
        "limit 1000",
    )


def _query(name: str, *commands: str) -> SavedQuery:
    return SavedQuery(name=name, text="\n| ".join(commands))
