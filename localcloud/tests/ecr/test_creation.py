"""Repositories that ECR makes by itself: by which template, as which role, with what."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import pytest

from domain.ecr.creation_templates import Occasion
from domain.kms import key_policy
from localcloud.ecr.api_errors import EcrError
from localcloud.ecr.registry_state import StoredRepository
from localcloud.ecr.repository_creation import create_by_template
from localcloud.tests.cases import cases
from localcloud.tests.clouds import ACCOUNT, OTHER_ACCOUNT, REGION
from localcloud.tests.ecr.control_plane import LIFECYCLE, TRUST, Plane, a_key, user
from localcloud.tests.statements import allow, text

NAME = "prod/api"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/registry/creator"
KEY_ARN = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
TAGS: dict[str, Any] = {"resourceTags": [{"Key": "owner", "Value": "platform"}]}
ENCRYPTED: dict[str, Any] = {"encryptionConfiguration": {"encryptionType": "KMS", "kmsKey": KEY_ARN}}
ANY = f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository"
POLICY = text({"Effect": "Allow", "Principal": {"AWS": OTHER_ACCOUNT}, "Action": "ecr:BatchGetImage"})
DOCUMENTED = (
    allow("ecr:CreateRepository", "ecr:ReplicateImage", "ecr:TagResource"),
    allow("kms:CreateGrant", "kms:RetireGrant", "kms:DescribeKey"),
)
"""https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-creation-templates-custom.html"""


def with_template(*statements: Mapping[str, Any], trust: str = TRUST, **given: Any) -> Plane:
    plane = Plane()
    plane.keys.add_role(ROLE, trust, *statements)
    plane.keys.keys[KEY_ARN] = a_key(KEY_ARN, key_policy(account=ACCOUNT, region=REGION))
    every = [each.value for each in Occasion]
    plane("CreateRepositoryCreationTemplate", **{"prefix": "prod", "appliedFor": every, **given})
    return plane


def made(plane: Plane, occasion: Occasion = Occasion.REPLICATION, name: str = NAME) -> StoredRepository:
    return asyncio.run(create_by_template(plane.registries.of(ACCOUNT, REGION), name, occasion, plane.keys))


def refused(plane: Plane, occasion: Occasion = Occasion.REPLICATION) -> str:
    with pytest.raises(EcrError) as caught:
        made(plane, occasion)
    assert caught.value.code == "RepositoryNotFoundException"
    assert caught.value.message.startswith(f"The repository with name '{NAME}' does not exist in the registry with id ")
    assert plane("DescribeRepositories")["repositories"] == []
    return caught.value.message


@cases("occasion", Occasion.REPLICATION, Occasion.PULL_THROUGH_CACHE)
def test_without_a_template_a_repository_has_ecrs_defaults(plane: Plane, occasion: Occasion) -> None:
    made(plane, occasion)
    (found,) = plane("DescribeRepositories")["repositories"]
    assert found["imageTagMutability"] == "MUTABLE"
    assert found["encryptionConfiguration"] == {"encryptionType": "AES256"}
    assert found["imageScanningConfiguration"] == {"scanOnPush": False}
    for operation in ("GetRepositoryPolicy", "GetLifecyclePolicy"):
        assert plane.code(operation, repositoryName=NAME).endswith("PolicyNotFoundException")


def test_a_push_makes_no_repository_without_a_template_for_the_occasion_and_the_prefix() -> None:
    for plane in (Plane(), with_template(appliedFor=["REPLICATION"]), with_template(prefix="test")):
        refused(plane, Occasion.CREATE_ON_PUSH)


@cases("occasion", *Occasion)
def test_a_repository_gets_everything_that_its_template_says(occasion: Occasion) -> None:
    mutability: dict[str, Any] = {
        "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION",
        "imageTagMutabilityExclusionFilters": [{"filterType": "WILDCARD", "filter": "dev-*"}],
    }
    documents: dict[str, Any] = {"repositoryPolicy": POLICY, "lifecyclePolicy": json.dumps(LIFECYCLE)}
    plane = with_template(*DOCUMENTED, customRoleArn=ROLE, **mutability, **documents, **TAGS, **ENCRYPTED)
    repository = made(plane, occasion)
    (found,) = plane("DescribeRepositories")["repositories"]
    assert {**mutability, **ENCRYPTED}.items() <= found.items()
    assert plane("ListTagsForResource", resourceArn=repository.arn)["tags"] == TAGS["resourceTags"]
    assert plane("GetRepositoryPolicy", repositoryName=NAME)["policyText"] == POLICY
    assert json.loads(plane("GetLifecyclePolicy", repositoryName=NAME)["lifecyclePolicyText"]) == LIFECYCLE


def test_the_policy_of_a_template_decides_in_its_repository() -> None:
    plane = with_template(repositoryPolicy=POLICY)
    made(plane)
    other = user(allow("ecr:*"), account=OTHER_ACCOUNT)
    given: dict[str, Any] = {"registryId": ACCOUNT, "repositoryName": NAME}
    plane("BatchGetImage", by=other, imageIds=[{"imageTag": "v1"}], **given)
    assert not plane.allows("ListImages", by=other, **given)


def test_a_repository_made_by_a_template_goes_its_own_way() -> None:
    plane = with_template(*DOCUMENTED, customRoleArn=ROLE, **TAGS)
    repository = made(plane)
    plane("TagResource", resourceArn=repository.arn, tags=[{"Key": "team", "Value": "red"}])
    (template,) = plane("DescribeRepositoryCreationTemplates")["repositoryCreationTemplates"]
    assert template["resourceTags"] == TAGS["resourceTags"]
    plane("DeleteRepositoryCreationTemplate", prefix="prod")
    tags = plane("ListTagsForResource", resourceArn=repository.arn)["tags"]
    assert {each["Value"] for each in tags} == {"platform", "red"}


def test_a_repository_that_is_there_is_left_as_it_is() -> None:
    plane = with_template(imageTagMutability="IMMUTABLE", **TAGS)
    there = plane.create(NAME)
    assert made(plane) is there
    assert there.mutability.value == "MUTABLE"


def test_of_several_who_need_the_same_repository_at_once_all_get_one() -> None:
    plane = with_template(*DOCUMENTED, customRoleArn=ROLE, **ENCRYPTED)
    registry = plane.registries.of(ACCOUNT, REGION)

    async def both() -> list[StoredRepository]:
        return await asyncio.gather(*(create_by_template(registry, NAME, each, plane.keys) for each in Occasion))

    first, *others = asyncio.run(both())
    assert all(each is first for each in others)


@cases("given", TAGS, ENCRYPTED, {"encryptionConfiguration": {"encryptionType": "KMS"}})
def test_tags_and_a_key_take_a_role(given: dict[str, Any]) -> None:
    """The template is created without one: UG, repository-creation-templates."""
    assert "customRoleArn" in refused(with_template(**given))


def test_the_key_that_is_aws_own_takes_no_permission_on_it() -> None:
    plane = with_template(DOCUMENTED[0], customRoleArn=ROLE, encryptionConfiguration={"encryptionType": "KMS"})
    assert (made(plane).key_arn or "").startswith(f"arn:aws:kms:{REGION}:{ACCOUNT}:key/")


@cases(
    "action, occasion",
    ("ecr:CreateRepository", Occasion.PULL_THROUGH_CACHE),
    ("ecr:TagResource", Occasion.PULL_THROUGH_CACHE),
    ("ecr:ReplicateImage", Occasion.REPLICATION),
    ("kms:CreateGrant", Occasion.CREATE_ON_PUSH),
    ("kms:DescribeKey", Occasion.CREATE_ON_PUSH),
)
def test_the_role_must_be_allowed_what_is_done_as_it(action: str, occasion: Occasion) -> None:
    others = [each for statement in DOCUMENTED for each in statement["Action"] if each != action]
    plane = with_template(allow(*others), customRoleArn=ROLE, **TAGS, **ENCRYPTED)
    assert f"assumed-role/creator/AmazonECR is not authorized to perform: {action}" in refused(plane, occasion)


def test_the_role_needs_to_replicate_for_a_replica_only() -> None:
    plane = with_template(allow("ecr:CreateRepository"), customRoleArn=ROLE)
    made(plane, Occasion.CREATE_ON_PUSH)


def test_a_role_can_be_held_to_repositories_and_tags() -> None:
    condition = {"StringEquals": {"aws:RequestTag/owner": "platform"}}
    for resource, allowed in ((f"{ANY}/prod/*", True), ("*", True), (f"{ANY}/test/*", False)):
        plane = with_template(allow("ecr:*", resource=resource, Condition=condition), customRoleArn=ROLE, **TAGS)
        (made if allowed else refused)(plane)
    tags: dict[str, Any] = {"resourceTags": [{"Key": "owner", "Value": "another"}]}
    refused(with_template(allow("ecr:*", Condition=condition), customRoleArn=ROLE, **tags))


@cases(
    "trust",
    TRUST.replace("ecr.amazonaws.com", "ec2.amazonaws.com"),
    TRUST.replace("sts:AssumeRole", "sts:TagSession"),
    TRUST.replace("Allow", "Deny"),
)
def test_a_role_that_does_not_trust_ecr_is_of_no_use(trust: str) -> None:
    message = refused(with_template(*DOCUMENTED, trust=trust, customRoleArn=ROLE))
    assert "ecr.amazonaws.com is not authorized to perform: sts:AssumeRole" in message


@cases("role", f"{ROLE}-none", ROLE.replace("registry/", ""), ROLE.replace("registry", "other"))
def test_a_role_that_does_not_exist_is_of_no_use(role: str) -> None:
    assert role in refused(with_template(*DOCUMENTED, customRoleArn=role))


def test_a_disabled_key_makes_no_repository() -> None:
    plane = with_template(*DOCUMENTED, customRoleArn=ROLE, **ENCRYPTED)
    plane.keys.keys.clear()
    assert "KmsException" in refused(plane)
