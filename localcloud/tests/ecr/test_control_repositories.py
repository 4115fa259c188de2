"""Repositories: made, described, tagged, deleted, and whether their tags may move."""

from datetime import UTC, datetime, timedelta
from typing import Any

from domain.resource_tags import TAGS_MAX
from localcloud.tests.cases import cases
from localcloud.tests.clouds import ACCOUNT, OTHER_ACCOUNT, OTHER_REGION, REGION
from localcloud.tests.ecr.control_plane import ARN, NAME, Plane, furnished, manifest, root

FILTERS = [{"filterType": "WILDCARD", "filter": "dev-*"}]


def tags(count: int, prefix: str = "key") -> list[dict[str, str]]:
    return [{"Key": f"{prefix}{number}", "Value": ""} for number in range(count)]


def test_a_repository_is_made_with_awss_defaults(plane: Plane) -> None:
    repository = plane("CreateRepository", repositoryName=NAME)["repository"]
    created = repository.pop("createdAt")
    assert timedelta(0) <= datetime.now(UTC) - created < timedelta(minutes=1)
    assert repository == {
        "repositoryArn": ARN,
        "registryId": ACCOUNT,
        "repositoryName": NAME,
        "repositoryUri": f"127.0.0.1:5001/{NAME}",
        "imageTagMutability": "MUTABLE",
        "imageScanningConfiguration": {"scanOnPush": False},
        "encryptionConfiguration": {"encryptionType": "AES256"},
    }


def test_what_was_requested_is_what_is_described(plane: Plane) -> None:
    made = plane(
        "CreateRepository",
        repositoryName=NAME,
        imageTagMutability="IMMUTABLE_WITH_EXCLUSION",
        imageTagMutabilityExclusionFilters=FILTERS,
        imageScanningConfiguration={"scanOnPush": True},
        tags=[{"Key": "team", "Value": "blue"}],
    )["repository"]
    assert made["imageTagMutabilityExclusionFilters"] == FILTERS
    assert made["imageScanningConfiguration"] == {"scanOnPush": True}
    assert plane("DescribeRepositories", repositoryNames=[NAME])["repositories"] == [made]
    assert plane("DescribeRepositories")["repositories"] == [made]
    assert plane("ListTagsForResource", resourceArn=ARN) == {"tags": [{"Key": "team", "Value": "blue"}]}


def test_a_name_is_taken_once_in_each_registry(plane: Plane) -> None:
    here = plane("CreateRepository", repositoryName=NAME)["repository"]
    words = f"The repository with name '{NAME}' already exists in the registry with id '{ACCOUNT}'"
    assert plane.refused("CreateRepository", repositoryName=NAME).message == words
    there = plane("CreateRepository", repositoryName=NAME, region=OTHER_REGION)["repository"]
    assert there["repositoryArn"] == ARN.replace(REGION, OTHER_REGION)
    assert (here["repositoryUri"], there["repositoryUri"]) == (f"127.0.0.1:5001/{NAME}", f"127.0.0.1:5002/{NAME}")
    assert plane("DescribeRepositories") == {"repositories": [here]}


def test_a_repository_with_images_is_deleted_by_force_only() -> None:
    plane = furnished()
    which = f"The repository with name '{NAME}' in registry with id '{ACCOUNT}'"
    refusal = str(plane.refused("DeleteRepository", repositoryName=NAME))
    assert refusal == f"RepositoryNotEmptyException: {which} cannot be deleted because it still contains images"
    assert plane.code("DeleteRepository", repositoryName=NAME, force=False) == "RepositoryNotEmptyException"
    gone = plane("DeleteRepository", repositoryName=NAME, force=True)["repository"]
    assert gone["repositoryArn"] == ARN
    assert plane("DescribeRepositories")["repositories"] == []


def test_a_repository_without_images_is_deleted_and_comes_back_empty(plane: Plane) -> None:
    plane.create(tags=tags(1))
    plane("DeleteRepository", repositoryName=NAME)
    plane.create()
    assert plane("ListTagsForResource", resourceArn=ARN) == {"tags": []}


def test_layers_that_no_repository_has_any_more_go_with_their_last(plane: Plane) -> None:
    shared, own = (f"sha256:{digit * 64}" for digit in "ab")
    for digest in (shared, own):
        plane.blobs.path(digest).write_bytes(b"layer")
    plane.create("one").layers = {shared, own}
    plane("CreateRepository", repositoryName="two", by=root(OTHER_ACCOUNT), region=OTHER_REGION)
    plane.registries.of(OTHER_ACCOUNT, OTHER_REGION).repositories["two"].layers = {shared}
    plane("DeleteRepository", repositoryName="one")
    assert [plane.blobs.path(each).exists() for each in (shared, own)] == [True, False]
    plane("DeleteRepository", repositoryName="two", by=root(OTHER_ACCOUNT), region=OTHER_REGION)
    assert not plane.blobs.path(shared).exists()


@cases(
    "operation, given",
    ("DeleteRepository", {"repositoryName": "missing"}),
    ("DescribeRepositories", {"repositoryNames": [NAME, "missing"]}),
    ("PutImageTagMutability", {"repositoryName": "missing", "imageTagMutability": "MUTABLE"}),
    ("TagResource", {"resourceArn": ARN.replace(NAME, "missing"), "tags": tags(1)}),
    ("ListTagsForResource", {"resourceArn": ARN.replace(NAME, "missing")}),
    ("PutImage", {"repositoryName": "missing", "imageManifest": manifest()}),
)
def test_a_repository_that_is_not_there_is_named_with_its_registry(operation: str, given: dict[str, Any]) -> None:
    expected = f"The repository with name 'missing' does not exist in the registry with id '{ACCOUNT}'"
    assert str(furnished().refused(operation, **given)) == f"RepositoryNotFoundException: {expected}"


@cases("operation", "PutImageTagMutability", "CreateRepository")
@cases(
    "mode, filters, accepted",
    ("MUTABLE", None, True),
    ("IMMUTABLE", None, True),
    ("IMMUTABLE_WITH_EXCLUSION", ["dev-*"], True),
    ("MUTABLE_WITH_EXCLUSION", ["v*", "release-*"], True),
    ("IMMUTABLE_WITH_EXCLUSION", None, False),
    ("MUTABLE_WITH_EXCLUSION", None, False),
    ("MUTABLE", ["dev-*"], False),
    ("IMMUTABLE", ["dev-*"], False),
    ("IMMUTABLE_WITH_EXCLUSION", ["*a*b*"], False),
)
def test_filters_belong_to_the_modes_with_exclusion(
    operation: str, mode: str, filters: list[str] | None, accepted: bool
) -> None:
    plane = Plane()
    given: dict[str, Any] = {"repositoryName": NAME, "imageTagMutability": mode}
    if filters is not None:
        given["imageTagMutabilityExclusionFilters"] = [{"filterType": "WILDCARD", "filter": each} for each in filters]
    if operation == "PutImageTagMutability":
        plane.create()
    if not accepted:
        assert plane.code(operation, **given) == "InvalidParameterException"
        return
    answer = plane(operation, **given)
    found = answer.get("repository", answer)
    assert found["imageTagMutability"] == mode
    assert [each["filter"] for each in found.get("imageTagMutabilityExclusionFilters", [])] == (filters or [])


def test_filters_leave_with_the_mode_that_needs_them(plane: Plane) -> None:
    plane.create(imageTagMutability="IMMUTABLE_WITH_EXCLUSION", imageTagMutabilityExclusionFilters=FILTERS)
    answer = plane("PutImageTagMutability", repositoryName=NAME, imageTagMutability="IMMUTABLE")
    assert answer == {"registryId": ACCOUNT, "repositoryName": NAME, "imageTagMutability": "IMMUTABLE"}


def test_tags_are_added_replaced_and_removed(plane: Plane) -> None:
    plane.create(tags=[{"Key": "team", "Value": "blue"}, {"Key": "cost", "Value": "7"}])
    plane("TagResource", resourceArn=ARN, tags=[{"Key": "team", "Value": "red"}, {"Key": "tier", "Value": ""}])
    plane("UntagResource", resourceArn=ARN, tagKeys=["cost", "never-there"])
    left = {each["Key"]: each["Value"] for each in plane("ListTagsForResource", resourceArn=ARN)["tags"]}
    assert left == {"team": "red", "tier": ""}


def test_a_repository_has_fifty_tags_at_most(plane: Plane) -> None:
    plane.create(tags=tags(TAGS_MAX))
    plane("TagResource", resourceArn=ARN, tags=tags(TAGS_MAX))
    assert plane.code("TagResource", resourceArn=ARN, tags=tags(1, "more")) == "TooManyTagsException"
    assert plane.code("CreateRepository", repositoryName="two", tags=tags(TAGS_MAX + 1)) == "TooManyTagsException"
    assert len(plane("ListTagsForResource", resourceArn=ARN)["tags"]) == TAGS_MAX


@cases(
    "key, value, accepted",
    ("k" * 128, "v" * 256, True),
    ("größe", "5 µm + _.:/=-@", True),
    ("", "v", False),
    ("k" * 129, "v", False),
    ("k", "v" * 257, False),
    ("aws:name", "v", False),
    ("AWS:name", "v", False),
    ("k", "aws:v", True),
    ("k?", "v", False),
    ("k", "a\nb", False),
)
def test_tags_are_held_to_awss_rules(plane: Plane, key: str, value: str, accepted: bool) -> None:
    plane.create()
    given: dict[str, Any] = {"resourceArn": ARN, "tags": [{"Key": key, "Value": value}]}
    if accepted:
        plane("TagResource", **given)
        assert plane("ListTagsForResource", resourceArn=ARN)["tags"] == given["tags"]
    else:
        assert plane.code("TagResource", **given) == "InvalidTagParameterException"


def test_a_tag_key_is_given_once(plane: Plane) -> None:
    twice = [{"Key": "team", "Value": "blue"}, {"Key": "team", "Value": "red"}]
    assert plane.code("CreateRepository", repositoryName=NAME, tags=twice) == "InvalidTagParameterException"
    assert plane("DescribeRepositories")["repositories"] == []


@cases(
    "arn",
    "x",
    f"arn:aws:ecr:{OTHER_REGION}:{ACCOUNT}:repository/{NAME}",
    f"arn:aws-cn:ecr:{REGION}:{ACCOUNT}:repository/{NAME}",
    f"arn:aws:s3:{REGION}:{ACCOUNT}:repository/{NAME}",
    f"arn:aws:ecr:{REGION}:{ACCOUNT}:registry/{NAME}",
    f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/",
    f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/*",
    f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{'a' * 257}",
    f"arn:aws:ecr:{REGION}::repository/{NAME}",
)
def test_what_is_no_repositorys_arn_here_is_refused(arn: str) -> None:
    refusal = furnished().refused("ListTagsForResource", resourceArn=arn)
    assert refusal.message == "Invalid parameter at 'resourceArn' failed to satisfy constraint: 'Invalid ARN'"


def test_a_repository_of_another_account_is_that_accounts() -> None:
    arn = ARN.replace(ACCOUNT, OTHER_ACCOUNT)
    assert furnished().code("ListTagsForResource", resourceArn=arn) == "AccessDeniedException"
