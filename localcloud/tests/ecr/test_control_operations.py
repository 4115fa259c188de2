"""Which operations there are, that each answers in AWS's form, and that none answers whom IAM refuses."""

from typing import Any

import pytest

from domain.iam.actions import WITHOUT_RESOURCE
from localcloud.ecr.control_plane import OPERATIONS, About
from localcloud.tests.cases import cases
from localcloud.tests.clouds import ACCOUNT, OTHER_ACCOUNT, OTHER_REGION, REGION
from localcloud.tests.ecr.control_plane import ARN, NAME, Plane, digest_of, furnished, manifest, root, samples, user
from localcloud.tests.statements import allow, deny, text

BUILT = sorted(samples())
ON_REPOSITORIES = sorted(name for name, each in OPERATIONS.items() if each.about is not About.REGISTRY)
ON_REGISTRY = sorted(set(BUILT) - set(ON_REPOSITORIES))
NOT_LISTED = {"DescribeReplicationBackfillResults", "ListReplicationBackfills", "StartReplicationBackfill"}
"""AWS's list of actions does not have them yet; they name no repository."""


@pytest.fixture
def plane() -> Plane:
    return furnished()


def test_each_operation_has_a_sample_and_those_on_the_registry_no_resource_type() -> None:
    assert (sorted(OPERATIONS), len(BUILT)) == (BUILT, 44)
    listed = {each for each in BUILT if each.lower() in WITHOUT_RESOURCE["ecr"]}
    assert (set(ON_REGISTRY), listed & NOT_LISTED) == (listed | NOT_LISTED, set())


@pytest.mark.parametrize("operation", BUILT)
def test_who_may_nothing_or_everything_else_is_refused(operation: str) -> None:
    for caller in (user(), user(allow("ecr:*"), deny(f"ecr:{operation}"))):
        refusal = furnished().refused(operation, by=caller, **samples()[operation])
        assert (refusal.code, f"ecr:{operation}" in refusal.message) == ("AccessDeniedException", True), refusal


@pytest.mark.parametrize("operation", BUILT)
def test_the_one_action_on_the_one_resource_is_enough(operation: str) -> None:
    given = samples()[operation]
    names = given.get("repositoryNames", [given.get("repositoryName", NAME)])
    resources = ["*"] if operation in ON_REGISTRY else [ARN.replace(NAME, each) for each in names]
    furnished()(operation, by=user(allow(f"ecr:{operation}", resource=resources)), **given)


@pytest.mark.parametrize("operation", BUILT)
def test_the_action_on_another_repository_or_without_resource_type_on_any_is_not_enough(operation: str) -> None:
    repository = "*" if operation in ON_REGISTRY else f"{NAME}-two"
    caller = user(allow(f"ecr:{operation}", resource=ARN.replace(NAME, repository)))
    assert not furnished().allows(operation, by=caller, **samples()[operation])


@pytest.mark.parametrize("operation", ON_REPOSITORIES)
def test_who_may_not_does_not_learn_whether_the_repository_is_there(operation: str) -> None:
    there = furnished().refused(operation, by=user(), **samples()[operation])
    absent = Plane().refused(operation, by=user(), **samples()[operation])
    assert (there.code, there.message) == (absent.code, absent.message)


def test_each_repository_that_is_named_must_be_allowed(plane: Plane) -> None:
    plane.create("secret")
    for operation in ("DescribeRepositories", "BatchGetRepositoryScanningConfiguration"):
        caller = user(allow(f"ecr:{operation}", resource=ARN))
        assert not plane.allows(operation, by=caller, repositoryNames=[NAME, "secret"])


def test_describing_all_repositories_needs_the_action_on_all(plane: Plane) -> None:
    some = user(allow("ecr:DescribeRepositories", resource=ARN))
    refusal = plane.refused("DescribeRepositories", by=some)
    assert f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/*" in refusal.message
    every = user(allow("ecr:DescribeRepositories", resource=f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/*"))
    assert len(plane("DescribeRepositories", by=every)["repositories"]) == 1


def test_tags_at_creation_need_the_action_that_tags() -> None:
    given: dict[str, Any] = {"repositoryName": "new/one", "tags": [{"Key": "owner", "Value": "payments"}]}
    creator = user(allow("ecr:CreateRepository"))
    refusal = Plane().refused("CreateRepository", by=creator, **given)
    assert (refusal.code, "ecr:TagResource" in refusal.message) == ("AccessDeniedException", True)
    Plane()("CreateRepository", by=user(allow("ecr:CreateRepository", "ecr:TagResource")), **given)
    Plane()("CreateRepository", by=creator, repositoryName="new/one", tags=[])


@cases("operation", "CreateRepository", "TagResource")
def test_the_tags_of_a_request_can_be_a_condition(operation: str) -> None:
    condition = {
        "StringEquals": {"aws:RequestTag/owner": "payments"},
        "ForAllValues:StringEquals": {"aws:TagKeys": ["owner"]},
    }
    caller = user(allow("ecr:CreateRepository", "ecr:TagResource", Condition=condition))
    owner, other = {"Key": "owner", "Value": "payments"}, {"Key": "owner", "Value": "search"}
    given = {name: value for name, value in samples()[operation].items() if name != "tags"}
    for tags, allowed in (([other], False), ([owner, {"Key": "more", "Value": ""}], False), ([owner], True)):
        assert furnished().allows(operation, by=caller, **given, tags=tags) is allowed


@cases("key", "aws:ResourceTag/owner", "ecr:ResourceTag/owner")
def test_the_tags_that_a_repository_is_to_have_can_be_a_condition(key: str) -> None:
    caller = user(allow("ecr:CreateRepository", "ecr:TagResource", Condition={"StringEquals": {key: "payments"}}))
    owner, other = {"Key": "owner", "Value": "payments"}, {"Key": "owner", "Value": "search"}
    for tags, allowed in (([other], False), ([], False), ([owner], True)):
        assert Plane().allows("CreateRepository", by=caller, repositoryName=NAME, tags=tags) is allowed


@cases("key", "aws:ResourceTag/team", "ecr:ResourceTag/team")
def test_the_tags_that_a_repository_is_given_are_not_yet_its_own(key: str) -> None:
    caller = user(allow("ecr:TagResource", Condition={"StringEquals": {key: "red"}}))
    assert not furnished().allows("TagResource", by=caller, resourceArn=ARN, tags=[{"Key": "team", "Value": "red"}])


def test_the_tag_keys_that_go_can_be_a_condition() -> None:
    condition = {"ForAnyValue:StringEquals": {"aws:TagKeys": "owner"}}
    caller = user(allow("ecr:UntagResource"), deny("ecr:UntagResource", Condition=condition))
    for keys, allowed in ((["team", "owner"], False), (["team"], True)):
        assert furnished().allows("UntagResource", by=caller, resourceArn=ARN, tagKeys=keys) is allowed


SETTING = ("StringEquals", "ecr:AccountSetting", "BLOB_MOUNTING", "REGISTRY_POLICY_SCOPE")


@cases(
    "operation, operator, key, true, false",
    ("DescribeRegistry", "Bool", "aws:ViaAWSService", "false", "true"),
    ("DescribeRegistry", "Bool", "aws:SecureTransport", "true", "false"),
    ("DescribeRegistry", "NumericGreaterThan", "aws:EpochTime", "1700000000", "99999999999"),
    ("DescribeRegistry", "DateGreaterThan", "aws:EpochTime", "2024-01-01T00:00:00Z", "2999-01-01T00:00:00Z"),
    ("DescribeRegistry", "DateGreaterThan", "aws:CurrentTime", "2024-01-01T00:00:00Z", "2999-01-01T00:00:00Z"),
    ("DescribeRegistry", "IpAddress", "aws:SourceIp", "127.0.0.0/8", "10.0.0.0/8"),
    ("DescribeRegistry", "StringEquals", "aws:RequestedRegion", REGION, OTHER_REGION),
    ("GetAccountSetting", *SETTING),
    ("PutAccountSetting", *SETTING),
    ("ListImages", "StringEquals", "aws:ResourceTag/team", "blue", "red"),
    ("ListImages", "StringEquals", "ecr:ResourceTag/team", "blue", "red"),
)
def test_what_a_call_brings_can_be_a_condition(operation: str, operator: str, key: str, true: str, false: str) -> None:
    for value, allowed in ((true, True), (false, False)):
        caller = user(allow(f"ecr:{operation}", Condition={operator: {key: value}}))
        assert furnished().allows(operation, by=caller, **samples()[operation]) is allowed


def test_another_account_is_allowed_by_the_repository_and_by_its_own_policy(plane: Plane) -> None:
    given: dict[str, Any] = {"registryId": ACCOUNT, "repositoryName": NAME, "imageIds": [{"imageTag": "v1"}]}
    answer = plane("BatchGetImage", by=user(allow("ecr:BatchGetImage"), account=OTHER_ACCOUNT), **given)
    assert answer["images"][0]["registryId"] == ACCOUNT
    assert plane.code("BatchGetImage", by=user(account=OTHER_ACCOUNT), **given) == "AccessDeniedException"
    plane("DeleteRepositoryPolicy", repositoryName=NAME)
    assert plane.code("BatchGetImage", by=root(OTHER_ACCOUNT), **given) == "AccessDeniedException"


def test_the_registry_is_the_callers_unless_another_is_named(plane: Plane) -> None:
    assert plane.code("ListImages", by=root(OTHER_ACCOUNT), repositoryName=NAME) == "RepositoryNotFoundException"
    assert plane.code("ListImages", region=OTHER_REGION, repositoryName=NAME) == "RepositoryNotFoundException"
    policy = text({"Effect": "Allow", "Principal": {"AWS": OTHER_ACCOUNT}, "Action": "ecr:*"})
    plane("SetRepositoryPolicy", repositoryName=NAME, policyText=policy)
    listed = plane("ListImages", by=root(OTHER_ACCOUNT), repositoryName=NAME, registryId=ACCOUNT)
    assert [each["imageDigest"] for each in listed["imageIds"]] == [digest_of(manifest(1))]


def test_a_region_that_aws_does_not_have_is_refused() -> None:
    assert Plane().code("DescribeRegistry", region="mars-north-1") == "InvalidSignatureException"
