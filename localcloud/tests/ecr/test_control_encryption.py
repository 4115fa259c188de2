"""The key of a repository: which it is, and whether its policy lets Amazon ECR have it."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from domain.iam.access import Caller
from domain.kms import key_policy
from localcloud.calls import Call
from localcloud.ecr.api_errors import EcrError
from localcloud.tests.cases import cases
from localcloud.tests.clouds import ACCOUNT, OTHER_ACCOUNT, OTHER_REGION, REGION
from localcloud.tests.ecr.control_plane import ARN, NAME, Plane, a_key, root, user
from localcloud.tests.statements import allow, text

ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
KEY_ARN = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{ID}"
ALIAS = "alias/registry"
ADA = user().identity.arn
PROJECT_POLICY = key_policy(account=ACCOUNT, region=REGION)
CREATE_ALONE = allow("ecr:CreateRepository")
WITH_KEY = (CREATE_ALONE, allow("kms:DescribeKey", "kms:CreateGrant"))


def with_key(source: Mapping[str, object] | str = PROJECT_POLICY, **more: Any) -> Plane:
    plane = Plane()
    key = a_key(more.pop("arn", KEY_ARN), source, **more)
    plane.keys.keys = {KEY_ARN: key, ID: key, ALIAS: key, f"arn:aws:kms:{REGION}:{ACCOUNT}:{ALIAS}": key}
    return plane


def encrypted(key: str | None = KEY_ARN, kind: str = "KMS") -> dict[str, Any]:
    configuration = {"encryptionType": kind, **({"kmsKey": key} if key else {})}
    return {"repositoryName": NAME, "encryptionConfiguration": configuration}


def refusal(plane: Plane, by: Caller | None = None, key: str | None = KEY_ARN) -> str:
    error = plane.refused("CreateRepository", by=by, **encrypted(key))
    assert error.code == "KmsException"
    assert plane("DescribeRepositories")["repositories"] == []
    return error.message


@pytest.fixture
def plane() -> Plane:
    return with_key()


@cases("name", KEY_ARN, ID, ALIAS, f"arn:aws:kms:{REGION}:{ACCOUNT}:{ALIAS}")
def test_a_key_by_any_of_its_names_is_described_by_its_arn(plane: Plane, name: str) -> None:
    repository = plane("CreateRepository", **encrypted(name))["repository"]
    assert repository["encryptionConfiguration"] == {"encryptionType": "KMS", "kmsKey": KEY_ARN}
    assert plane("DescribeRepositories")["repositories"] == [repository]
    assert plane.keys.requests == [(name, ACCOUNT, REGION)]


def test_without_a_key_it_is_the_accounts_own_which_is_always_the_same() -> None:
    plane = Plane()
    own = plane("CreateRepository", **encrypted(None))["repository"]["encryptionConfiguration"]["kmsKey"]
    assert own.startswith(f"arn:aws:kms:{REGION}:{ACCOUNT}:key/")
    for number, name in enumerate(("alias/aws/ecr", own, f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/aws/ecr")):
        given = {**encrypted(name), "repositoryName": f"more/{number}"}
        answer = plane("CreateRepository", **given, by=user(CREATE_ALONE))
        assert answer["repository"]["encryptionConfiguration"]["kmsKey"] == own
    there = plane("CreateRepository", **encrypted(None), region=OTHER_REGION)
    others = plane("CreateRepository", **encrypted(None), by=root(OTHER_ACCOUNT))
    keys = [own, *(each["repository"]["encryptionConfiguration"]["kmsKey"] for each in (there, others))]
    assert (len({each.rpartition("/")[2] for each in keys}), plane.keys.requests) == (3, [])


@cases("kind", "AES256", "KMS_DSSE")
def test_a_key_belongs_to_the_types_that_have_one_here(kind: str) -> None:
    assert with_key().code("CreateRepository", **encrypted(kind=kind)) == "InvalidParameterException"


def test_two_layers_of_encryption_are_for_govcloud() -> None:
    answer = Plane()("CreateRepository", **encrypted(None, "KMS_DSSE"), region="us-gov-west-1")
    configuration = answer["repository"]["encryptionConfiguration"]
    assert configuration["encryptionType"] == "KMS_DSSE"
    assert configuration["kmsKey"].startswith(f"arn:aws-us-gov:kms:us-gov-west-1:{ACCOUNT}:key/")


@cases(
    "key, words",
    (ID.replace("1", "2"), "does not exist"),
    ("alias/missing", "does not exist"),
    ("nonsense", "does not exist"),
    (KEY_ARN.replace(ACCOUNT, "evil"), "is not the ARN of a KMS key"),
    (KEY_ARN.replace(ACCOUNT, ""), "is not the ARN of a KMS key"),
    (KEY_ARN.replace(":kms:", ":s3:"), "is not the ARN of a KMS key"),
    (KEY_ARN.replace("arn:aws:", "arn:aws-cn:"), "is not the ARN of a KMS key"),
    (KEY_ARN.replace(REGION, OTHER_REGION), "is not in the repository's region, which is us-east-1"),
)
def test_a_key_that_is_not_there_is_refused(key: str, words: str) -> None:
    assert words in refusal(with_key(), key=key)


@cases(
    "more, words",
    ({"enabled": False}, "is disabled"),
    ({"usage": "SIGN_VERIFY"}, "SIGN_VERIFY"),
    ({"spec": "RSA_2048"}, "RSA_2048"),
    ({"spec": "HMAC_256", "usage": "GENERATE_VERIFY_MAC"}, "HMAC_256"),
)
def test_a_key_that_encrypts_nothing_is_refused(more: dict[str, Any], words: str) -> None:
    assert words in refusal(with_key(**more))


def test_the_projects_key_policy_is_enough_for_the_accounts_root_and_its_people() -> None:
    with_key()("CreateRepository", **encrypted(), by=root())
    with_key()("CreateRepository", **encrypted(), by=user(*WITH_KEY))


@cases("action, other", ("kms:DescribeKey", "kms:CreateGrant"), ("kms:CreateGrant", "kms:DescribeKey"))
def test_each_action_must_be_the_callers_too(action: str, other: str) -> None:
    message = refusal(with_key(), by=user(CREATE_ALONE, allow(other)))
    assert f"is not authorized to perform: {action} on resource: {KEY_ARN}" in message


def test_without_its_statement_on_grants_the_key_policy_is_not_enough() -> None:
    statements: Any = PROJECT_POLICY["Statement"]
    (administer,) = [each for each in statements if each["Sid"] != "GrantToRegistry"]
    assert "kms:CreateGrant" in refusal(with_key({**PROJECT_POLICY, "Statement": [administer]}), by=root())


CONDITIONS = {
    ("Bool", "kms:GrantIsForAWSResource"): ("true", "false"),
    ("StringEquals", "kms:ViaService"): (f"ecr.{REGION}.amazonaws.com", f"s3.{REGION}.amazonaws.com"),
    ("StringEquals", "kms:CallerAccount"): (ACCOUNT, OTHER_ACCOUNT),
    ("StringEquals", "kms:GrantConstraintType"): ("EncryptionContextSubset", "EncryptionContextEquals"),
    ("StringEquals", "kms:GranteePrincipal"): (f"ecr.{REGION}.amazonaws.com", "x"),
    ("StringEquals", "kms:RetiringPrincipal"): (f"ecr.{REGION}.amazonaws.com", "x"),
    ("StringEquals", "aws:RequestedRegion"): (REGION, OTHER_REGION),
    ("StringEquals", "kms:EncryptionContext:aws:ecr:arn"): (ARN, f"{ARN}-other"),
    ("ForAnyValue:StringEquals", "kms:EncryptionContextKeys"): ("aws:ecr:arn", "aws:s3:arn"),
    ("ForAnyValue:StringEquals", "kms:GrantOperations"): ("GenerateDataKey", "Encrypt"),
}


@pytest.mark.parametrize(("operator", "key"), CONDITIONS)
def test_a_key_policy_can_ask_what_the_grant_is(operator: str, key: str) -> None:
    true, false = CONDITIONS[operator, key]
    describe = allow("kms:DescribeKey", Principal={"AWS": ACCOUNT})
    grant = allow("kms:CreateGrant", Principal={"AWS": ACCOUNT}, Condition={operator: {key: false}})
    assert "kms:CreateGrant" in refusal(with_key(text(describe, grant)))
    with_key(text(describe, {**grant, "Condition": {operator: {key: true}}}))("CreateRepository", **encrypted())


def test_a_key_of_another_account_is_for_whom_both_accounts_allow_it() -> None:
    theirs = KEY_ARN.replace(ACCOUNT, OTHER_ACCOUNT)
    source = text(allow("kms:DescribeKey", "kms:CreateGrant", Principal={"AWS": ADA}))
    plane = with_key(source, arn=theirs, account=OTHER_ACCOUNT)
    plane.keys.keys[theirs] = plane.keys.keys[KEY_ARN]
    assert "kms:DescribeKey" in refusal(plane, by=user(CREATE_ALONE), key=theirs)
    plane("CreateRepository", by=user(*WITH_KEY), **encrypted(theirs))


DELETE_ALONE = allow("ecr:DeleteRepository")


def test_who_deletes_a_repository_must_be_allowed_to_retire_its_grants(plane: Plane) -> None:
    plane("CreateRepository", **encrypted())
    message = plane.refused("DeleteRepository", by=user(DELETE_ALONE), repositoryName=NAME).message
    assert f"is not authorized to perform: kms:RetireGrant on resource: {KEY_ARN}" in message
    assert plane.repository().name == NAME
    plane("DeleteRepository", by=user(DELETE_ALONE, allow("kms:RetireGrant")), repositoryName=NAME)


@cases("more", {}, {"enabled": False})
def test_the_projects_key_policy_lets_the_accounts_root_retire_them(plane: Plane, more: dict[str, Any]) -> None:
    plane("CreateRepository", **encrypted())
    plane.keys.keys = with_key(**more).keys.keys
    plane("DeleteRepository", by=root(), repositoryName=NAME)


@cases("key", "kms:EncryptionContext:aws:ecr:arn", "kms:ViaService", "kms:GrantConstraintType")
def test_a_policy_can_ask_which_grant_is_retired(plane: Plane, key: str) -> None:
    plane("CreateRepository", **encrypted())
    held, free = (
        user(DELETE_ALONE, allow("kms:RetireGrant", Condition={"StringEquals": {key: value}}))
        for value in reversed(CONDITIONS["StringEquals", key])
    )
    assert plane.code("DeleteRepository", by=held, repositoryName=NAME) == "KmsException"
    plane("DeleteRepository", by=free, repositoryName=NAME)


def test_a_key_that_is_gone_or_the_accounts_own_does_not_prevent_the_deletion(plane: Plane) -> None:
    plane("CreateRepository", **encrypted())
    plane.keys.keys.clear()
    plane("DeleteRepository", by=user(DELETE_ALONE), repositoryName=NAME)
    plane("CreateRepository", **encrypted(None))
    plane("DeleteRepository", by=user(DELETE_ALONE), repositoryName=NAME)


def test_a_name_that_is_taken_is_refused_before_its_key_is_looked_at(plane: Plane) -> None:
    plane.create()
    assert plane.code("CreateRepository", **encrypted("alias/missing")) == "RepositoryAlreadyExistsException"


def test_of_two_who_create_or_delete_the_same_at_once_one_is_refused(plane: Plane) -> None:
    call = Call(caller=root(), region=REGION)

    async def both(operation: str, given: dict[str, Any]) -> list[Any]:
        calls = (plane.control.answer(operation, given, call) for _ in range(2))
        return await asyncio.gather(*calls, return_exceptions=True)

    for operation, given, code in (
        ("CreateRepository", encrypted(), "RepositoryAlreadyExistsException"),
        ("DeleteRepository", {"repositoryName": NAME}, "RepositoryNotFoundException"),
    ):
        first, second = asyncio.run(both(operation, given))
        assert first["repository"]["repositoryName"] == NAME
        assert (type(second), second.code) == (EcrError, code)
