"""A key takes only so many grants, and Amazon ECR makes two for each repository."""

from pathlib import Path

import pytest

from settings import load
from tests.conftest import Edit
from tests.settings.written import faults, key, only

MESSAGE = (
    "catalog.yaml:19: repositories: 5 of them have one key in us-east-1: Amazon ECR makes 10 grants for it, 2 a "
    "repository, and AWS KMS takes 9 a key (give some another key (encryption: {key: NAME}), or have AWS raise the "
    "quota, and write key_grants_max: 10 in the stack's file)"
)


def test_the_default_is_the_quota_of_aws(project: Path) -> None:
    assert load(project, "dev").key_grants_max == 50_000


def test_one_repository_too_many(project: Path) -> None:
    key(project, "key_grants_max: 9")
    assert only(project) == MESSAGE


def test_as_many_as_the_quota_allows(project: Path) -> None:
    key(project, "key_grants_max: 10")
    assert load(project, "dev").key_grants_max == 10


@pytest.mark.parametrize("encryption", ["aws-managed", "aes256", "{key: own}"])
def test_a_repository_with_another_key_does_not_count(project: Path, edit: Edit, encryption: str) -> None:
    for stack, account in (("dev", "111122223333"), ("prod", "222233334444")):
        key(project, f"keys: {{own: {{us-east-1: 'arn:aws:kms:us-east-1:{account}:key/1'}}}}", stack)
    key(project, "key_grants_max: 9")
    edit("catalog.yaml", "  payments/ledger:\n", f"  payments/ledger:\n    encryption: {encryption}\n")
    assert load(project, "dev").repositories


def test_each_registry_has_a_key_of_its_own(project: Path, edit: Edit) -> None:
    key(project, "key_grants_max: 8", "prod")
    edit("Pulumi.prod.yaml", "region: eu-west-1", "{region: eu-west-1, prefixes: [payments/, data/]}")
    regions = [str(each).partition(" one key in ")[2].partition(":")[0] for each in faults(project, "prod")]
    assert regions == ["us-east-1", "ap-northeast-1"]


@pytest.mark.parametrize("written", ["1", "0", "-50000"])
def test_what_is_no_quota(project: Path, written: str) -> None:
    key(project, f"key_grants_max: {written}")
    expected = (
        f"Pulumi.dev.yaml:18: config.container-registry:key_grants_max: {written} is not a valid number of grants"
    )
    assert only(project).startswith(expected)
