import fnmatch

import pytest
from botocore.loaders import Loader

from domain.aws import REGIONS
from domain.document_text import to_json_text
from domain.iam.document import parse
from domain.iam.statement import Caseless, Effect, PrincipalKind
from domain.kms import (
    ADMINISTRATION_ACTIONS,
    DELETION_DAYS,
    GRANT_OPERATIONS,
    GRANTS_PER_KEY,
    KEY_POLICY_TEXT_MAX,
    deletion_window_problems,
    key_grants_problems,
    key_policy,
)
from domain.problems import Problem
from tests.cases import cases

ACCOUNT = "111122223333"
MODEL = Loader().load_service_model("kms", "service-2")
NEVER_BY_ADMINISTRATION = (
    "kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:GenerateDataKey",
    "kms:GenerateDataKeyPair", "kms:GenerateDataKeyWithoutPlaintext", "kms:GenerateDataKeyPairWithoutPlaintext",
    "kms:CreateGrant",
)  # fmt: skip


@pytest.mark.parametrize("action", NEVER_BY_ADMINISTRATION)
def test_no_administrator_reads_or_writes_under_the_key(action: str) -> None:
    assert not [each for each in ADMINISTRATION_ACTIONS if fnmatch.fnmatch(action.lower(), each.lower())]


def test_every_action_and_operation_is_one_of_the_service() -> None:
    operations = MODEL["operations"]
    assert {each.removeprefix("kms:") for each in ADMINISTRATION_ACTIONS} <= set(operations)
    assert set(GRANT_OPERATIONS) <= set(operations)
    assert "Operations" in MODEL["shapes"]["CreateGrantRequest"]["required"]


@pytest.mark.parametrize("region", sorted(REGIONS))
def test_the_account_alone_is_a_principal_in_every_region(region: str) -> None:
    policy = key_policy(account=ACCOUNT, region=region)
    assert len(to_json_text(policy).encode()) <= KEY_POLICY_TEXT_MAX
    assert f"arn:{REGIONS[region].id}:iam::{ACCOUNT}:root" in to_json_text(policy)
    for statement in parse(policy).statements:
        assert statement.effect is Effect.ALLOW
        (principal,) = statement.principals or ()
        assert principal.is_root
        assert (principal.kind, principal.value) == (PrincipalKind.AWS, ACCOUNT)


def test_a_grant_is_made_for_the_registry_alone() -> None:
    grant = parse(key_policy(account=ACCOUNT, region="us-east-1")).statements[1]
    assert grant.actions == (Caseless("kms:CreateGrant"),)
    assert {(str(each.operator), each.key.written): each.values for each in grant.conditions} == {
        ("Bool", "kms:GrantIsForAWSResource"): ("true",),
        ("StringEquals", "kms:ViaService"): ("ecr.us-east-1.amazonaws.com",),
        ("StringEquals", "kms:GrantConstraintType"): ("EncryptionContextSubset",),
        ("StringEquals", "aws:ResourceAccount"): ("${aws:PrincipalAccount}",),
        ("StringLike", "kms:EncryptionContext:aws:ecr:arn"): ("arn:aws:ecr:us-east-1:111122223333:repository/*",),
        ("ForAllValues:StringEquals", "kms:GrantOperations"): ("Decrypt", "GenerateDataKey"),
        ("Null", "kms:GrantOperations"): ("false",),
    }


@cases(
    "region, service",
    ("cn-north-1", "ecr.cn-north-1.amazonaws.com.cn"),
    ("us-gov-west-1", "ecr.us-gov-west-1.amazonaws.com"),
    ("eusc-de-east-1", "ecr.eusc-de-east-1.amazonaws.eu"),
)
def test_the_service_is_named_as_its_partition_does(region: str, service: str) -> None:
    grant = parse(key_policy(account=ACCOUNT, region=region)).statements[1]
    values = {each.key.written: each.values for each in grant.conditions}
    assert values["kms:ViaService"] == (service,)
    assert values["kms:EncryptionContext:aws:ecr:arn"][0].startswith(f"arn:{REGIONS[region].id}:ecr:{region}:")


@pytest.mark.parametrize(("days", "valid"), [(6, False), (7, True), (30, True), (31, False), (0, False)])
def test_deletion_window(days: int, valid: bool) -> None:
    assert (deletion_window_problems(days) == []) is valid


def test_deletion_window_is_the_service_s_own() -> None:
    shape = MODEL["shapes"]["ScheduleKeyDeletionRequest"]
    assert "between 7 and 30" in shape["members"]["PendingWindowInDays"]["documentation"]
    assert (DELETION_DAYS[0], DELETION_DAYS[-1]) == (7, 30)


def test_a_key_takes_two_grants_for_each_repository() -> None:
    def problems(repositories: int, most: int = GRANTS_PER_KEY) -> list[Problem]:
        return key_grants_problems(repositories, most, "us-east-1")

    assert problems(25_000) == []
    (found,) = problems(25_001)
    assert found.message.startswith("25,001 of them have one key in us-east-1: Amazon ECR makes 50,002 grants for it")
    assert "key_grants_max: 50002" in found.fix
    assert problems(25_001, 50_002) == []
