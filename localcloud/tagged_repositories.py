"""The repositories of our ECR in the answers of AWS's tagging API; what else they hold is the emulator's."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

from localcloud.calls import Call, ControlPlane

TAGGED = ("tagging", "GetResources")
"""The service, as signatures name it, and its operation."""
_TYPES = ("ecr", "ecr:repository")
_LIST = "ResourceTagMappingList"


async def with_repositories(
    answer: Mapping[str, Any], given: Mapping[str, Any], ecr: ControlPlane, owner: Call
) -> Mapping[str, Any]:
    """The emulator's answer to GetResources, which has one page, with our tagged repositories that the call is about.

    `owner` is the account's root, since the tagging API asks for no permission of ECR's."""
    types = given.get("ResourceTypeFilters") or _TYPES
    if not set(types) & set(_TYPES):
        return answer
    ours = [each async for each in _tagged(ecr, owner) if _is_meant(each, given)]
    return {**answer, _LIST: [*answer[_LIST], *ours]}


async def _tagged(ecr: ControlPlane, owner: Call) -> AsyncIterator[dict[str, Any]]:
    page: Mapping[str, Any] = {}
    while True:
        page = await ecr.answer("DescribeRepositories", {"nextToken": page.get("nextToken")}, owner)
        for each in page.get("repositories", ()):
            arn = each["repositoryArn"]
            tags = (await ecr.answer("ListTagsForResource", {"resourceArn": arn}, owner))["tags"]
            if tags:
                yield {"ResourceARN": arn, "Tags": tags}
        if "nextToken" not in page:
            return


def _is_meant(resource: Mapping[str, Any], given: Mapping[str, Any]) -> bool:
    """AWS wants every filter to match, by one of its values where it has any."""
    tags = {each["Key"]: each["Value"] for each in resource["Tags"]}
    filters = given.get("TagFilters") or ()
    named = given.get("ResourceARNList") or (resource["ResourceARN"],)
    return resource["ResourceARN"] in named and all(
        each["Key"] in tags and tags[each["Key"]] in (each.get("Values") or (tags[each["Key"]],)) for each in filters
    )
