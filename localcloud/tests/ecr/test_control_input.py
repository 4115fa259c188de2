"""Input that AWS's model refuses, in AWS's words, and at no cost to the server."""

import time
from contextlib import suppress
from typing import Any

import pytest
from botocore.model import ListShape, Shape, StringShape, StructureShape

from localcloud.ecr.api_errors import EcrError
from localcloud.ecr.control_plane import OPERATIONS, accepted_input
from localcloud.protocols import service_model
from localcloud.tests.cases import cases
from localcloud.tests.ecr.control_plane import ARN, NAME, Plane, furnished, samples

NAMED = {"repositoryName": NAME}
MUTABILITIES = "enum value set: [MUTABLE, IMMUTABLE, IMMUTABLE_WITH_EXCLUSION, MUTABLE_WITH_EXCLUSION]"

REFUSED: list[tuple[str, dict[str, Any], str, str]] = [
    ("DeleteRepository", {}, "repositoryName", "Member must not be null"),
    ("DeleteRepository", {"repositoryName": None}, "repositoryName", "Member must not be null"),
    ("DeleteRepository", {"repositoryName": "Upper"}, "repositoryName", "must satisfy regular expression '"),
    ("DeleteRepository", {"repositoryName": "name\n"}, "repositoryName", "must satisfy regular expression '"),
    ("DeleteRepository", {"repositoryName": "a"}, "repositoryName", "length greater than or equal to 2"),
    ("DeleteRepository", {"repositoryName": "a" * 257}, "repositoryName", "length less than or equal to 256"),
    ("DeleteRepository", {"registryId": "12", "repositoryName": NAME}, "registryId", "pattern: [0-9]{12}"),
    ("DeleteRepository", {"registryId": "1" * 12 + "\n", "repositoryName": NAME}, "registryId", "pattern: [0-9]{12}"),
    ("DescribeRepositories", {"repositoryNames": []}, "repositoryNames", "length greater than or equal to 1"),
    ("DescribeRepositories", {"repositoryNames": [NAME] * 101}, "repositoryNames", "length less than or equal to 100"),
    ("DescribeRepositories", {"maxResults": 0}, "maxResults", "Member must have value greater than or equal to 1"),
    ("DescribeRepositories", {"maxResults": 1001}, "maxResults", "Member must have value less than or equal to 1000"),
    ("DescribeRepositories", {"repositoryNames": ["Upper"]}, "repositoryNames", "constraint: [must satisfy regular ex"),
    ("GetAuthorizationToken", {"registryIds": ["x"]}, "registryIds", "regular expression pattern: [0-9]{12}]"),
    ("PutImageTagMutability", {**NAMED, "imageTagMutability": "FROZEN"}, "imageTagMutability", MUTABILITIES),
    ("TagResource", {"resourceArn": ARN, "tags": [{"Key": "a", "Value": "b"}, {}]}, "tags.2.member.Key", "null"),
    ("BatchDeleteImage", {**NAMED, "imageIds": [{"imageTag": ""}]}, "imageIds.1.member.imageTag", "1'"),
    ("CreateRepository", {**NAMED, "encryptionConfiguration": {}}, "encryptionConfiguration.encryptionType", "null"),
    ("PutLifecyclePolicy", {**NAMED, "lifecyclePolicyText": "{}"}, "lifecyclePolicyText", "than or equal to 100"),
    ("PutLifecyclePolicy", {**NAMED, "lifecyclePolicyText": " " * 30_721}, "lifecyclePolicyText", "or equal to 30720"),
    ("SetRepositoryPolicy", {**NAMED, "policyText": " " * 10_241}, "policyText", "less than or equal to 10240"),
    ("PutImage", {**NAMED, "imageManifest": " " * 4_194_305}, "imageManifest", "less than or equal to 4194304"),
    ("RegisterPullTimeUpdateExclusion", {"principalArn": "arn:aws:iam::1:role/x"}, "principalArn", "pattern: ^arn:"),
]

MISTYPED: list[tuple[str, dict[str, Any]]] = [
    ("DeleteRepository", {"repositoryName": 7}),
    ("DeleteRepository", {"repositoryName": ["a", "b"]}),
    ("DeleteRepository", {"repositoryName": NAME, "force": "true"}),
    ("DescribeRepositories", {"repositoryNames": NAME}),
    ("DescribeRepositories", {"repositoryNames": {"a": "b"}}),
    ("DescribeRepositories", {"repositoryNames": [None]}),
    ("DescribeRepositories", {"maxResults": True}),
    ("DescribeRepositories", {"maxResults": 1.5}),
    ("DescribeImages", {"repositoryName": NAME, "filter": "TAGGED"}),
    ("DescribeImages", {"repositoryName": NAME, "imageIds": ["v1"]}),
    ("PutImage", {"repositoryName": NAME, "imageManifest": "\ud800"}),
]


@pytest.fixture
def plane() -> Plane:
    return furnished()


@cases("operation, given, place, words", *REFUSED)
def test_an_unmet_constraint_is_in_awss_words(operation: str, given: dict[str, Any], place: str, words: str) -> None:
    refusal = furnished().refused(operation, **given)
    assert (refusal.code, words in refusal.message) == ("InvalidParameterException", True), refusal
    assert refusal.message.startswith(f"Invalid parameter at '{place}' failed to satisfy constraint: '")


@pytest.mark.parametrize(("operation", "given"), MISTYPED)
def test_a_value_of_another_type_is_refused(operation: str, given: dict[str, Any]) -> None:
    assert furnished().code(operation, **given) == "SerializationException"


def test_input_that_is_no_object_is_refused() -> None:
    with pytest.raises(Exception, match="SerializationException"):
        accepted_input("DescribeRegistry", ["a"])  # type: ignore[arg-type]


def test_unknown_members_and_nulls_are_passed_over_as_aws_does(plane: Plane) -> None:
    assert plane("DescribeRepositories", colour="red", maxResults=None) == plane("DescribeRepositories")
    given: dict[str, Any] = {"repositoryName": NAME, "filter": {"tagStatus": "TAGGED", "colour": "red"}}
    assert len(plane("ListImages", **given)["imageIds"]) == 1


@cases(
    "operation, words",
    ("StartImageScan", "StartImageScan is an operation of Amazon ECR that is not built in the local cloud"),
    ("MakeCoffee", "'MakeCoffee' is not an operation"),
    ("", "'' is not an operation"),
)
def test_an_operation_that_is_not_built_is_refused_by_name(operation: str, words: str) -> None:
    refusal = Plane().refused(operation)
    assert (refusal.code, words in refusal.message) == ("UnknownOperationException", True), refusal


def hostile(place: str, shape: Shape) -> list[tuple[str, Any]]:
    """Every place of a text below, and values there on which a careless pattern never ends."""
    if isinstance(shape, StructureShape):
        rest = plain(shape)
        return [
            (found, {**rest, name: value})
            for name, each in shape.members.items()
            for found, value in hostile(f"{place}.{name}", each)
        ]
    if isinstance(shape, ListShape):
        return [(found, [value]) for found, value in hostile(f"{place}[]", shape.member)]
    if not isinstance(shape, StringShape):
        return []
    longest = min(shape.metadata.get("max", 10_000), 10_000)
    return [
        (f"{place} {stem} {size}", (stem * size)[: size - 1] + "!")
        for stem in ("a", "a-", "a/", "*", "arn:aws-a", "[", '{"a":')
        for size in (longest, 10_000)
    ]


def plain(shape: Shape) -> Any:
    """A value without fault, as small as it may be."""
    if isinstance(shape, StructureShape):
        return {name: plain(shape.members[name]) for name in shape.required_members}
    if isinstance(shape, ListShape):
        return [plain(shape.member)]
    return shape.enum[0] if isinstance(shape, StringShape) and shape.enum else "aa"


def texts() -> list[tuple[str, str, dict[str, Any]]]:
    found: list[tuple[str, str, dict[str, Any]]] = []
    for operation in sorted(OPERATIONS):
        shape = service_model("ecr").operation_model(operation).input_shape
        assert shape is not None
        for name, each in shape.members.items():
            found += [(operation, at, {name: value}) for at, value in hostile(f"{operation}.{name}", each)]
    return found


@cases(
    "operation, given",
    ("DeleteRepository", {"repositoryName": "a" * 60_000_000}),
    ("DescribeRepositories", {"nextToken": "a" * 60_000_000}),
)
def test_a_text_of_sixty_megabytes_is_judged_at_once(operation: str, given: dict[str, Any]) -> None:
    started = time.process_time()
    with suppress(EcrError):
        accepted_input(operation, given)
    assert time.process_time() - started < 0.3


def test_no_hostile_text_holds_the_server_up(plane: Plane) -> None:
    given = samples()
    times = {}
    for operation, place, value in texts():
        started = time.process_time()
        with suppress(EcrError):
            plane(operation, **{**given[operation], **value})
        times[place] = time.process_time() - started
    assert len(times) > 300
    slowest = max(times, key=lambda place: times[place])
    assert times[slowest] < 0.5, slowest
