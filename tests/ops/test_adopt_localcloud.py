"""What a local cloud describes is adopted as what AWS describes."""

from localcloud.clients import Clients
from localcloud.cloud import LocalCloud
from tests.ops.conftest import Adopt
from tests.ops.outputs import HOME, PROD


def test_the_tag_owner_comes_through_the_tagging_api(adopt: Adopt) -> None:
    with LocalCloud() as cloud, Clients(cloud.endpoint) as clients:
        ecr = clients.root("ecr", HOME, PROD)
        tags = [{"Key": "Owner", "Value": "orders-team"}]
        ecr.create_repository(repositoryName="legacy/orders", tags=tags)
        (repository,) = ecr.describe_repositories()["repositories"]
        described = {"repositories": [{**repository, "createdAt": None}]}
        api = clients.root("resourcegroupstaggingapi", HOME, PROD)
        tagged = api.get_resources(ResourceTypeFilters=["ecr:repository"])
        given = {"ResourceTagMappingList": tagged["ResourceTagMappingList"]}
    found = adopt([described, given]).repository("legacy/orders")
    assert found["entry"]["owner"] == "orders-team"
    assert "owner: from the tag Owner" in found["guesses"]
