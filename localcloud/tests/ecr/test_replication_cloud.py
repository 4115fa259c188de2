"""Replication in a whole local cloud: from a push at one port to a pull at another, by a template's role and key."""

import json
from typing import Any

import pytest

from domain.kms import key_policy
from localcloud.cloud import LocalCloud
from localcloud.tests.clouds import Connect, logged_in
from localcloud.tests.ecr.control_plane import TRUST
from localcloud.tests.processes import eventually
from localcloud.tests.statements import allow, text
from oci.image import index

SOURCE, TARGET = "888877776666", "888877775555"
REGION = "eu-north-1"
NAME = "replicated/app"
PERMISSIONS = allow(
    "ecr:CreateRepository", "ecr:ReplicateImage", "ecr:TagResource", "kms:CreateGrant", "kms:DescribeKey"
)


@pytest.fixture
def target(cloud: LocalCloud, connect: Connect) -> Any:
    """A registry that takes images of the source, and makes their repositories by a template."""
    key = connect(cloud, "kms", TARGET, REGION).create_key(
        Policy=json.dumps(key_policy(account=TARGET, region=REGION))
    )["KeyMetadata"]["Arn"]
    iam = connect(cloud, "iam", TARGET, REGION)
    role = iam.create_role(RoleName="creator", Path="/registry/", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    iam.put_role_policy(RoleName="creator", PolicyName="own", PolicyDocument=text(PERMISSIONS))
    ecr = connect(cloud, "ecr", TARGET, REGION)
    ecr.create_repository_creation_template(
        prefix="replicated",
        appliedFor=["REPLICATION"],
        encryptionConfiguration={"encryptionType": "KMS", "kmsKey": key},
        resourceTags=[{"Key": "owner", "Value": "platform"}],
        customRoleArn=role,
    )
    source = {"AWS": f"arn:aws:iam::{SOURCE}:root"}
    ecr.put_registry_policy(policyText=text(allow("ecr:ReplicateImage", "ecr:CreateRepository", Principal=source)))
    return ecr


def test_an_index_that_is_pushed_here_is_pulled_there(cloud: LocalCloud, connect: Connect, target: Any) -> None:
    source = connect(cloud, "ecr", SOURCE, REGION)
    source.create_repository(repositoryName=NAME)
    destinations = [{"region": REGION, "registryId": TARGET}]
    source.put_replication_configuration(replicationConfiguration={"rules": [{"destinations": destinations}]})
    with logged_in(source) as pusher:
        digest = pusher.push(NAME, index("replicated"), "v1")
    wanted = {"repositoryName": NAME, "imageId": {"imageDigest": digest}}

    def status() -> dict[str, str]:
        (found,) = source.describe_image_replication_status(**wanted)["replicationStatuses"]
        return dict(found)

    assert eventually(lambda: status()["status"] != "IN_PROGRESS", 10)
    assert status() == {"region": REGION, "registryId": TARGET, "status": "COMPLETE"}
    (image,) = target.describe_images(repositoryName=NAME, filter={"tagStatus": "TAGGED"})["imageDetails"]
    assert (image["imageDigest"], image["imageTags"]) == (digest, ["v1"])
    with logged_in(target) as puller:
        assert puller.pull(NAME, "v1").digest == digest
    (repository,) = target.describe_repositories(repositoryNames=[NAME])["repositories"]
    assert repository["encryptionConfiguration"]["encryptionType"] == "KMS"
    tags = target.list_tags_for_resource(resourceArn=repository["repositoryArn"])["tags"]
    assert tags == [{"Key": "owner", "Value": "platform"}]
