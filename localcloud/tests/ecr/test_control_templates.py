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


def told(plane: Plane, prefix: str) -> dict[str, Any]:
    answer = plane("DescribeRepositoryCreationTemplates", prefixes=[prefix])
    assert answer["registryId"] == ACCOUNT
    (template,) = answer["repositoryCreationTemplates"]
    return dict(template)


def test_a_template_is_told_as_it_was_given(plane: Plane) -> None:
    created = create(plane, **FULL)
    assert told(plane, "prod/team") == created
    assert created.pop("createdAt") == created.pop("updatedAt")
    assert created == FULL


def test_what_a_template_does_not_say_is_ecrs_default() -> None:
    created = create(Plane(), **LEAST)
    assert {name: value for name, value in created.items() if not name.endswith("At")} == {
        **LEAST,
        "encryptionConfiguration": {"encryptionType": "AES256"},
        "imageTagMutability": "MUTABLE",
    }


def test_a_template_stands_once_for_a_prefix_with_and_without_its_slash(plane: Plane) -> None:
    create(plane, **LEAST)
    for prefix in ("prod", "prod/"):
        refusal = plane.refused("CreateRepositoryCreationTemplate", **{**LEAST, "prefix": prefix})
        assert refusal.code == "TemplateAlreadyExistsException"
    assert plane("DescribeRepositoryCreationTemplates", region=OTHER_REGION)["repositoryCreationTemplates"] == []


@cases("operation", "Delete", "Describe")
def test_a_template_that_is_not_there_is_told(operation: str) -> None:
    given: dict[str, Any] = {"prefixes": ["none"]} if operation == "Describe" else {"prefix": "none"}
    name = f"{operation}RepositoryCreationTemplate{'s' if operation == 'Describe' else ''}"
    refusal = Plane().refused(name, **given)
    assert refusal.code == "TemplateNotFoundException"
    assert "'none' does not exist" in refusal.message


def test_what_is_given_as_empty_is_not_there() -> None:
    emptied = dict.fromkeys(("description", "repositoryPolicy", "lifecyclePolicy", "customRoleArn"), "")
    created = create(Plane(), **LEAST, **emptied, resourceTags=[])
    assert not {*emptied, "resourceTags"} & set(created)


def test_a_deleted_template_is_told_once_more_and_gone(plane: Plane) -> None:
    created = create(plane, **FULL)
    answer = plane("DeleteRepositoryCreationTemplate", prefix="prod/team")
    assert answer == {"registryId": ACCOUNT, "repositoryCreationTemplate": created}
    assert plane("DescribeRepositoryCreationTemplates")["repositoryCreationTemplates"] == []


def test_templates_come_in_pages(plane: Plane) -> None:
    for prefix in ("a", "b", "ROOT"):
        create(plane, **{**LEAST, "prefix": prefix})
    first = plane("DescribeRepositoryCreationTemplates", maxResults=2)
    rest = plane("DescribeRepositoryCreationTemplates", maxResults=2, nextToken=first["nextToken"])
    found = [each["prefix"] for answer in (first, rest) for each in answer["repositoryCreationTemplates"]]
    assert sorted(found) == ["ROOT", "a", "b"]
    assert "nextToken" not in rest
    assert plane.code("DescribeRepositoryCreationTemplates", prefixes=["a"], maxResults=2) == (
        "InvalidParameterException"
    )


@cases(
    "given, words",
    ({"prefix": "Upper"}, "prefix"),
    ({"prefix": ""}, "prefix"),
    ({"prefix": "root/*"}, "prefix"),
    ({"appliedFor": []}, "appliedFor"),
    ({"appliedFor": ["ALWAYS"]}, "appliedFor"),
    (
        {"encryptionConfiguration": {"encryptionType": "AES256", "kmsKey": FULL["encryptionConfiguration"]["kmsKey"]}},
        "AES256",
    ),
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
    assert refusal.code == "InvalidParameterException"
    assert words in refusal.message
    assert plane("DescribeRepositoryCreationTemplates")["repositoryCreationTemplates"] == []


def test_an_empty_key_is_none() -> None:
    created = create(Plane(), **LEAST, encryptionConfiguration={"encryptionType": "AES256", "kmsKey": ""})
    assert created["encryptionConfiguration"] == {"encryptionType": "AES256"}


def test_a_template_with_a_key_or_tags_stands_without_a_role() -> None:
    """Only the creation of a repository fails then: UG, repository-creation-templates."""
    create(Plane(), **{name: value for name, value in FULL.items() if name != "customRoleArn"})


def test_who_gives_a_template_its_role_must_be_allowed_to_pass_it_to_ecr() -> None:
    given = {**LEAST, "customRoleArn": ROLE}
    refusal = Plane().refused("CreateRepositoryCreationTemplate", by=user(CREATE), **given)
    assert refusal.code == "AccessDeniedException"
    assert f"iam:PassRole on resource: {ROLE}" in refusal.message
    for service, allowed in (("ecr.amazonaws.com", True), ("ec2.amazonaws.com", False)):
        condition = {"StringEquals": {"iam:PassedToService": service}}
        caller = user(CREATE, allow("iam:PassRole", resource=ROLE, Condition=condition))
        if allowed:
            Plane()("CreateRepositoryCreationTemplate", by=caller, **given)
        else:
            assert Plane().code("CreateRepositoryCreationTemplate", by=caller, **given) == "AccessDeniedException"
    Plane()("CreateRepositoryCreationTemplate", by=user(CREATE), **LEAST)
