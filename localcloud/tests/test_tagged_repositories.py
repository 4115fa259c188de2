"""AWS's tagging API knows the repositories of our ECR."""

from collections.abc import Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.cloud import LocalCloud
from localcloud.tests.cases import case, cases
from localcloud.tests.clouds import Connect
from localcloud.tests.statements import allow, text

ACCOUNT = "660000000001"
API = "resourcegroupstaggingapi"
TAGGED = {"legacy/orders": {"Owner": "orders", "cost-center": "1234"}, "legacy/cache": {"owner": "platform"}}


def arn(name: str, region: str = "us-east-1") -> str:
    return f"arn:aws:ecr:{region}:{ACCOUNT}:repository/{name}"


@pytest.fixture(scope="session")
def tagged(cloud: LocalCloud, connect: Connect) -> LocalCloud:
    """Two with tags, one without, one elsewhere, and a queue with the tag of one of them."""
    ecr = connect(cloud, "ecr", ACCOUNT)
    for name, tags in {**TAGGED, "legacy/bare": {}}.items():
        ecr.create_repository(repositoryName=name, tags=[{"Key": key, "Value": each} for key, each in tags.items()])
    connect(cloud, "ecr", ACCOUNT, "eu-west-1").create_repository(
        repositoryName="legacy/there", tags=[{"Key": "Owner", "Value": "there"}]
    )
    connect(cloud, "sqs", ACCOUNT).create_queue(QueueName="tagged", tags={"Owner": "orders"})
    return cloud


def found(cloud: LocalCloud, connect: Connect, **given: Any) -> dict[str, Mapping[str, str]]:
    answer = connect(cloud, API, ACCOUNT).get_resources(**given)["ResourceTagMappingList"]
    return {each["ResourceARN"]: {tag["Key"]: tag["Value"] for tag in each["Tags"]} for each in answer}


@cases("types", ["ecr:repository"], ["ecr"], ["ecr", "s3"])
def test_the_tags_are_those_of_the_repositories(tagged: LocalCloud, connect: Connect, types: list[str]) -> None:
    assert found(tagged, connect, ResourceTypeFilters=types) == {arn(name): tags for name, tags in TAGGED.items()}


@cases(
    "given, names",
    case("a key", {"TagFilters": [{"Key": "Owner"}]}, {"legacy/orders"}),
    case("a value", {"TagFilters": [{"Key": "owner", "Values": ["x", "platform"]}]}, {"legacy/cache"}),
    case("another value", {"TagFilters": [{"Key": "owner", "Values": ["x"]}]}, set()),
    case("two", {"TagFilters": [{"Key": "Owner"}, {"Key": "owner"}]}, set()),
    case("by name", {"ResourceARNList": [arn("legacy/cache"), arn("legacy/bare")]}, {"legacy/cache"}),
    case("another service", {"ResourceTypeFilters": ["sqs"]}, set()),
    case("another type", {"ResourceTypeFilters": ["ecr:other"]}, set()),
)
def test_filters(tagged: LocalCloud, connect: Connect, given: dict[str, Any], names: set[str]) -> None:
    ours = {each for each in found(tagged, connect, **given) if ":ecr:" in each}
    assert ours == {arn(name) for name in names}


def test_what_the_emulator_has_is_there_too(tagged: LocalCloud, connect: Connect) -> None:
    both = found(tagged, connect, TagFilters=[{"Key": "Owner", "Values": ["orders"]}])
    assert [each.split(":")[2] for each in both] == ["sqs", "ecr"]


def test_a_tag_that_is_taken_away_is_gone(cloud: LocalCloud, connect: Connect) -> None:
    ecr = connect(cloud, "ecr", ACCOUNT, "eu-central-1")
    made = ecr.create_repository(repositoryName="moved", tags=[{"Key": "Owner", "Value": "x"}])["repository"]
    ecr.untag_resource(resourceArn=made["repositoryArn"], tagKeys=["Owner"])
    answer = connect(cloud, API, ACCOUNT, "eu-central-1").get_resources(ResourceTypeFilters=["ecr:repository"])
    assert answer["ResourceTagMappingList"] == []


def test_only_those_who_can_get_resources_see_them(tagged: LocalCloud, connect: Connect) -> None:
    iam = connect(tagged, "iam", ACCOUNT)
    for name, action in (("reader", "tag:GetResources"), ("other", "ecr:*")):
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=text(allow(action)))
    keys = {name: iam.create_access_key(UserName=name)["AccessKey"] for name in ("reader", "other")}

    def seen(credentials: Mapping[str, Any]) -> int:
        api = connect(tagged, API, credentials=credentials)
        return len(api.get_resources(ResourceTypeFilters=["ecr"])["ResourceTagMappingList"])

    assert seen(keys["reader"]) == 2
    with pytest.raises(ClientError, match="tag:GetResources"):
        seen(keys["other"])
    with pytest.raises(ClientError, match="InvalidSignature"):
        seen({**keys["reader"], "SecretAccessKey": "another"})
