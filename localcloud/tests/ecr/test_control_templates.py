"""Repository creation templates over the API: created, described, deleted, refused."""

import json
from typing import Any

from localcloud.tests.cases import cases
from localcloud.tests.clouds import ACCOUNT, OTHER_ACCOUNT, OTHER_REGION
from localcloud.tests.ecr.control_plane import LIFECYCLE, ROLE, Plane, user
from localcloud.tests.statements import allow, text

POLICY = text({"Effect": "Allow", "Principal": {"AWS": OTHER_ACCOUNT}, "Action": "ecr:BatchGetImage"})
FULL: dict[str, Any] = {
    "prefix": "prod/team",
    "description": "what is replicated",
    "encryptionConfiguration": {"encryptionType": "KMS", "kmsKey": f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1234abcd"},
    "resourceTags": [{"Key": "owner", "Value": "platform"}],
    "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION",
    "imageTagMutabilityExclusionFilters": [{"filterType": "WILDCARD", "filter": "dev-*"}],
    "repositoryPolicy": POLICY,
    "lifecyclePolicy": json.dumps(LIFECYCLE, separators=(",", ":")),
    "appliedFor": ["REPLICATION", "PULL_THROUGH_CACHE", "CREATE_ON_PUSH"],
    "customRoleArn": ROLE,
}
LEAST: dict[str, Any] = {"prefix": "prod", "appliedFor": ["REPLICATION"]}
CREATE = allow("ecr:CreateRepositoryCreationTemplate")


def create(plane: Plane, **given: Any) -> dict[str, Any]:
    answer = plane("CreateRepositoryCreationTemplate", **given)
    assert answer["registryId"] == ACCOUNT
    return dict(answer["repositoryCreationTemplate"])


def test_a_template_is_described_as_it_was_given(plane: Plane) -> None:
    created = create(plane, **FULL)
    described = plane("DescribeRepositoryCreationTemplates", prefixes=["prod/team"])
    assert described == {"registryId": ACCOUNT, "repositoryCreationTemplates": [created]}
    assert created.pop("createdAt") == created.pop("updatedAt")
    assert created == FULL


def test_what_a_template_does_not_say_is_ecrs_default() -> None:
    created = create(Plane(), **LEAST)
    assert {name: value for name, value in created.items() if not name.endswith("At")} == {
        **LEAST,
        "encryptionConfiguration": {"encryptionType": "AES256"},
        "imageTagMutability": "MUTABLE",
    }


def test_a_prefix_has_one_template_with_and_without_its_slash(plane: Plane) -> None:
    create(plane, **LEAST)
    for prefix in ("prod", "prod/"):
        code = plane.code("CreateRepositoryCreationTemplate", **{**LEAST, "prefix": prefix})
        assert code == "TemplateAlreadyExistsException"
    assert plane("DescribeRepositoryCreationTemplates", region=OTHER_REGION)["repositoryCreationTemplates"] == []


@cases(
    "operation, given",
    ("DeleteRepositoryCreationTemplate", {"prefix": "none"}),
    ("DescribeRepositoryCreationTemplates", {"prefixes": ["none"]}),
)
def test_a_template_that_is_not_there_is_named(operation: str, given: dict[str, Any]) -> None:
    refusal = Plane().refused(operation, **given)
    assert (refusal.code, "'none' does not exist" in refusal.message) == ("TemplateNotFoundException", True), refusal


def test_what_is_given_as_empty_is_not_there() -> None:
    emptied = dict.fromkeys(("description", "repositoryPolicy", "lifecyclePolicy", "customRoleArn"), "")
    no_key = {"encryptionType": "AES256", "kmsKey": ""}
    created = create(Plane(), **LEAST, **emptied, resourceTags=[], encryptionConfiguration=no_key)
    assert not {*emptied, "resourceTags"} & set(created)
    assert created["encryptionConfiguration"] == {"encryptionType": "AES256"}


def test_a_deleted_template_is_answered_once_more_and_gone(plane: Plane) -> None:
    created = create(plane, **FULL)
    answer = plane("DeleteRepositoryCreationTemplate", prefix="prod/team")
    assert answer == {"registryId": ACCOUNT, "repositoryCreationTemplate": created}
    assert plane("DescribeRepositoryCreationTemplates")["repositoryCreationTemplates"] == []


@cases(
    "given, words",
    ({"prefix": "Upper"}, "prefix"),
    ({"prefix": ""}, "prefix"),
    ({"prefix": "root/*"}, "prefix"),
    ({"appliedFor": []}, "appliedFor"),
    ({"appliedFor": ["ALWAYS"]}, "appliedFor"),
    ({"encryptionConfiguration": {**FULL["encryptionConfiguration"], "encryptionType": "AES256"}}, "AES256"),
    ({"encryptionConfiguration": {"encryptionType": "KMS", "kmsKey": "alias/registry"}}, "kmsKey"),
    ({"encryptionConfiguration": {"encryptionType": "KMS_DSSE"}}, "GovCloud"),
    ({"resourceTags": [{"Key": "aws:owner", "Value": ""}]}, "resourceTags"),
    ({"resourceTags": [{"Key": f"k{each}", "Value": ""} for each in range(51)]}, "resourceTags"),
    ({"imageTagMutability": "IMMUTABLE_WITH_EXCLUSION"}, "imageTagMutabilityExclusionFilters"),
    ({"imageTagMutabilityExclusionFilters": [{"filterType": "WILDCARD", "filter": "v*"}]}, "MUTABLE"),
    ({"repositoryPolicy": "{}"}, "Invalid repository policy"),
    ({"lifecyclePolicy": "{}"}, "Lifecycle policy validation failure"),
    ({"customRoleArn": "scanner"}, "customRoleArn"),
    ({"customRoleArn": ROLE.replace(ACCOUNT, OTHER_ACCOUNT)}, "customRoleArn"),
    ({"customRoleArn": ROLE.replace("role/", "user/")}, "customRoleArn"),
    ({"customRoleArn": f"arn:aws:iam::{ACCOUNT}:role/"}, "customRoleArn"),
    ({"customRoleArn": ROLE.replace("arn:aws:", "arn:aws-cn:")}, "customRoleArn"),
)
def test_what_aws_refuses_changes_nothing(plane: Plane, given: dict[str, Any], words: str) -> None:
    refusal = plane.refused("CreateRepositoryCreationTemplate", **{**LEAST, **given})
    assert (refusal.code, words in refusal.message) == ("InvalidParameterException", True), refusal
    assert plane("DescribeRepositoryCreationTemplates")["repositoryCreationTemplates"] == []


def test_who_gives_a_template_its_role_must_be_allowed_to_pass_it_to_ecr() -> None:
    given = {**LEAST, "customRoleArn": ROLE}
    refusal = Plane().refused("CreateRepositoryCreationTemplate", by=user(CREATE), **given)
    assert f"iam:PassRole on resource: {ROLE}" in refusal.message
    for service, allowed in (("ecr.amazonaws.com", True), ("ec2.amazonaws.com", False)):
        condition = {"StringEquals": {"iam:PassedToService": service}}
        caller = user(CREATE, allow("iam:PassRole", resource=ROLE, Condition=condition))
        assert Plane().allows("CreateRepositoryCreationTemplate", by=caller, **given) is allowed
    Plane()("CreateRepositoryCreationTemplate", by=user(CREATE), **LEAST)
