"""Which operations there are, that each answers in AWS's form, and that none answers whom IAM refuses."""

from typing import Any

import pytest

from localcloud.ecr.control_plane import OPERATIONS, About
from localcloud.protocols import service_model
from localcloud.tests.cases import cases
from localcloud.tests.clouds import ACCOUNT, OTHER_ACCOUNT, OTHER_REGION, REGION
from localcloud.tests.ecr.control_plane import ARN, NAME, Plane, digest_of, furnished, manifest, root, samples, user
from localcloud.tests.statements import allow, deny, text

BUILT = sorted(samples())
ON_REPOSITORIES = sorted(name for name, each in OPERATIONS.items() if each.about is not About.REGISTRY)
ON_REGISTRY = sorted(set(BUILT) - set(ON_REPOSITORIES))
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerregistry.html
# It does not list the three of backfill yet, which name no repository.
WITHOUT_RESOURCE_TYPE = {
    "CreatePullThroughCacheRule",
    "CreateRepositoryCreationTemplate",
    "DeletePullThroughCacheRule",
    "DeleteRegistryPolicy",
    "DeleteRepositoryCreationTemplate",
    "DeregisterPullTimeUpdateExclusion",
    "DescribePullThroughCacheRules",
    "DescribeRegistry",
    "DescribeReplicationBackfillResults",
    "DescribeRepositoryCreationTemplates",
    "GetAccountSetting",
    "GetAuthorizationToken",
    "GetRegistryPolicy",
    "GetRegistryScanningConfiguration",
    "ListPullTimeUpdateExclusions",
    "ListReplicationBackfills",
    "PutAccountSetting",
    "PutRegistryPolicy",
    "PutRegistryScanningConfiguration",
    "PutReplicationConfiguration",
    "RegisterPullTimeUpdateExclusion",
    "StartReplicationBackfill",
}


def resource_of(operation: str) -> str:
    given = samples()[operation]
    if operation in WITHOUT_RESOURCE_TYPE:
        return "*"
    return ARN.replace(NAME, given.get("repositoryName", NAME))


@pytest.fixture
def plane() -> Plane:
    return furnished()


def test_the_operations_built_are_those_with_a_sample_and_aws_has_them_all() -> None:
    assert sorted(OPERATIONS) == BUILT
    assert len(BUILT) == 43
    assert set(BUILT) <= set(service_model("ecr").operation_names)


def test_the_operations_on_the_registry_are_those_without_a_resource_type() -> None:
    assert set(ON_REGISTRY) == WITHOUT_RESOURCE_TYPE


@pytest.mark.parametrize("operation", BUILT)
def test_each_operation_answers_in_the_form_of_the_model(operation: str) -> None:
    furnished()(operation, **samples()[operation])


@pytest.mark.parametrize("operation", BUILT)
def test_who_may_nothing_is_refused(operation: str) -> None:
    refusal = furnished().refused(operation, by=user(), **samples()[operation])
    assert refusal.code == "AccessDeniedException"
    assert f"ecr:{operation}" in refusal.message


@pytest.mark.parametrize("operation", BUILT)
def test_who_may_everything_else_is_refused(operation: str) -> None:
    caller = user(allow("ecr:*"), deny(f"ecr:{operation}"))
    assert furnished().code(operation, by=caller, **samples()[operation]) == "AccessDeniedException"


@pytest.mark.parametrize("operation", BUILT)
def test_the_one_action_on_the_one_resource_is_enough(operation: str) -> None:
    resources: Any = resource_of(operation)
    if operation == "BatchGetRepositoryScanningConfiguration":
        resources = [ARN, ARN.replace(NAME, "missing")]
    furnished()(operation, by=user(allow(f"ecr:{operation}", resource=resources)), **samples()[operation])


@pytest.mark.parametrize("operation", ON_REPOSITORIES)
def test_the_action_on_another_repository_is_not_enough(operation: str) -> None:
    caller = user(allow(f"ecr:{operation}", resource=f"{ARN}-two"))
    assert furnished().code(operation, by=caller, **samples()[operation]) == "AccessDeniedException"


@pytest.mark.parametrize("operation", ON_REGISTRY)
def test_an_action_without_resource_type_is_not_granted_on_repositories(operation: str) -> None:
    caller = user(allow(f"ecr:{operation}", resource=f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/*"))
    assert furnished().code(operation, by=caller, **samples()[operation]) == "AccessDeniedException"


@pytest.mark.parametrize("operation", ON_REPOSITORIES)
def test_who_may_not_does_not_learn_whether_the_repository_is_there(operation: str) -> None:
    there = furnished().refused(operation, by=user(), **samples()[operation])
    absent = Plane().refused(operation, by=user(), **samples()[operation])
    assert (there.code, there.message) == (absent.code, absent.message)


def test_each_repository_that_is_named_must_be_allowed(plane: Plane) -> None:
    plane.create("secret")
    names: dict[str, Any] = {"repositoryNames": [NAME, "secret"]}
    for operation in ("DescribeRepositories", "BatchGetRepositoryScanningConfiguration"):
        caller = user(allow(f"ecr:{operation}", resource=ARN))
        assert plane.code(operation, by=caller, **names) == "AccessDeniedException"


def test_describing_all_repositories_is_asked_of_all(plane: Plane) -> None:
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
def test_the_tags_that_are_asked_for_can_be_a_condition(operation: str) -> None:
    condition = {
        "StringEquals": {"aws:RequestTag/owner": "payments"},
        "ForAllValues:StringEquals": {"aws:TagKeys": ["owner"]},
    }
    caller = user(allow("ecr:CreateRepository", "ecr:TagResource", Condition=condition))
    owner, other = {"Key": "owner", "Value": "payments"}, {"Key": "owner", "Value": "search"}
    given = {name: value for name, value in samples()[operation].items() if name != "tags"}
    for tags in ([other], [owner, {"Key": "more", "Value": ""}]):
        assert furnished().code(operation, by=caller, **given, tags=tags) == "AccessDeniedException"
    furnished()(operation, by=caller, **given, tags=[owner])


@cases("key", "aws:ResourceTag/owner", "ecr:ResourceTag/owner")
def test_the_tags_that_a_repository_is_to_have_can_be_a_condition(key: str) -> None:
    caller = user(allow("ecr:CreateRepository", "ecr:TagResource", Condition={"StringEquals": {key: "payments"}}))
    owner, other = {"Key": "owner", "Value": "payments"}, {"Key": "owner", "Value": "search"}
    for tags in ([other], []):
        assert Plane().code("CreateRepository", by=caller, repositoryName=NAME, tags=tags) == "AccessDeniedException"
    Plane()("CreateRepository", by=caller, repositoryName=NAME, tags=[owner])


@cases("key", "aws:ResourceTag/team", "ecr:ResourceTag/team")
def test_the_tags_that_a_repository_is_given_are_not_yet_its_own(key: str) -> None:
    caller = user(allow("ecr:TagResource", Condition={"StringEquals": {key: "red"}}))
    tags = [{"Key": "team", "Value": "red"}]
    assert furnished().code("TagResource", by=caller, resourceArn=ARN, tags=tags) == "AccessDeniedException"


def test_the_tag_keys_that_go_can_be_a_condition() -> None:
    condition = {"ForAnyValue:StringEquals": {"aws:TagKeys": "owner"}}
    caller = user(allow("ecr:UntagResource"), deny("ecr:UntagResource", Condition=condition))
    refused: dict[str, Any] = {"resourceArn": ARN, "tagKeys": ["team", "owner"]}
    assert furnished().code("UntagResource", by=caller, **refused) == "AccessDeniedException"
    furnished()("UntagResource", by=caller, resourceArn=ARN, tagKeys=["team"])


@cases(
    "operator, key, true, false",
    ("Bool", "aws:ViaAWSService", "false", "true"),
    ("Bool", "aws:SecureTransport", "true", "false"),
    ("NumericGreaterThan", "aws:EpochTime", "1700000000", "99999999999"),
    ("DateGreaterThan", "aws:EpochTime", "2024-01-01T00:00:00Z", "2999-01-01T00:00:00Z"),
    ("DateGreaterThan", "aws:CurrentTime", "2024-01-01T00:00:00Z", "2999-01-01T00:00:00Z"),
    ("IpAddress", "aws:SourceIp", "127.0.0.0/8", "10.0.0.0/8"),
    ("StringEquals", "aws:RequestedRegion", REGION, OTHER_REGION),
)
def test_what_every_call_brings_can_be_a_condition(operator: str, key: str, true: str, false: str) -> None:
    for value, allowed in ((true, True), (false, False)):
        caller = user(allow("ecr:DescribeRegistry", Condition={operator: {key: value}}))
        if allowed:
            Plane()("DescribeRegistry", by=caller)
        else:
            assert Plane().code("DescribeRegistry", by=caller) == "AccessDeniedException"


@cases("operation", "GetAccountSetting", "PutAccountSetting")
def test_the_account_setting_can_be_a_condition(operation: str) -> None:
    for setting, allowed in (("BLOB_MOUNTING", True), ("REGISTRY_POLICY_SCOPE", False)):
        condition = {"StringEquals": {"ecr:AccountSetting": setting}}
        caller = user(allow(f"ecr:{operation}", Condition=condition))
        if allowed:
            furnished()(operation, by=caller, **samples()[operation])
        else:
            assert furnished().code(operation, by=caller, **samples()[operation]) == "AccessDeniedException"


@cases("key", "aws:ResourceTag/team", "ecr:ResourceTag/team")
def test_the_tags_that_are_there_can_be_a_condition(key: str) -> None:
    for value, allowed in (("blue", True), ("red", False)):
        caller = user(allow("ecr:ListImages", Condition={"StringEquals": {key: value}}))
        if allowed:
            furnished()("ListImages", by=caller, repositoryName=NAME)
        else:
            assert furnished().code("ListImages", by=caller, repositoryName=NAME) == "AccessDeniedException"


def test_another_account_is_let_in_by_the_repository_and_by_its_own_policy(plane: Plane) -> None:
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
