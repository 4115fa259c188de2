"""What our ECR learns of keys, and for how long it is remembered."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from domain.iam.access import ANONYMOUS, Identity
from localcloud.callers import root
from localcloud.cloud import LocalCloud
from localcloud.emulator import EmulatorAnswer
from localcloud.iam_and_kms import Backend, KmsKey
from localcloud.protocols import CallFailed
from localcloud.tests.cases import cases
from localcloud.tests.clouds import ACCOUNT, OTHER_ACCOUNT, OTHER_REGION, REGION, Connect, fetch
from localcloud.tests.ecr.control_plane import a_key
from localcloud.tests.statements import allow, text

Run = Callable[[Coroutine[Any, Any, Any]], Any]


@pytest.fixture
def backend(cloud: LocalCloud) -> Backend:
    return cloud._callers._backend


@pytest.fixture
def run(cloud: LocalCloud) -> Run:
    return cloud._server.wait


def test_a_key_is_found_by_arn_id_and_alias_with_its_policy(
    cloud: LocalCloud, connect: Connect, backend: Backend, run: Run
) -> None:
    kms = connect(cloud, "kms", OTHER_ACCOUNT, OTHER_REGION)
    policy = text(allow("kms:*", Principal={"AWS": "*"}))
    made = kms.create_key(Policy=policy)["KeyMetadata"]
    kms.create_alias(AliasName="alias/registry", TargetKeyId=made["KeyId"])
    alias = f"arn:aws:kms:{OTHER_REGION}:{OTHER_ACCOUNT}:alias/registry"
    there = {"account": OTHER_ACCOUNT, "region": OTHER_REGION}
    found = [run(backend.key(each, **there)) for each in (made["Arn"], made["KeyId"], "alias/registry", alias)]
    key = a_key(made["Arn"], policy, **there)
    assert found == [key] * 4
    elsewhere = {"account": ACCOUNT, "region": REGION}
    assert run(backend.key(made["Arn"], **elsewhere)) == key
    assert run(backend.key(alias, **elsewhere)) == key
    assert run(backend.key(made["KeyId"], **elsewhere)) is None
    assert run(backend.key("alias/registry", **elsewhere)) is None


def test_a_disabled_keys_state_is_seen_at_once(cloud: LocalCloud, connect: Connect, backend: Backend, run: Run) -> None:
    kms = connect(cloud, "kms")
    arn = kms.create_key(KeyUsage="GENERATE_VERIFY_MAC", KeySpec="HMAC_256")["KeyMetadata"]["Arn"]
    before = run(backend.key(arn, account=ACCOUNT, region=REGION))
    assert (before.enabled, before.usage, before.spec) == (True, "GENERATE_VERIFY_MAC", "HMAC_256")
    kms.disable_key(KeyId=arn)
    assert not run(backend.key(arn, account=ACCOUNT, region=REGION)).enabled


def test_a_key_that_comes_later_is_found_then(cloud: LocalCloud, connect: Connect, backend: Backend, run: Run) -> None:
    assert run(backend.key("alias/later", account=ACCOUNT, region=REGION)) is None
    kms = connect(cloud, "kms")
    kms.create_alias(AliasName="alias/later", TargetKeyId=kms.create_key()["KeyMetadata"]["KeyId"])
    assert run(backend.key("alias/later", account=ACCOUNT, region=REGION)) is not None


@cases("identity", root(ACCOUNT), ANONYMOUS, Identity(arn="lambda.amazonaws.com", account=None))
def test_who_is_neither_user_nor_role_has_no_policies(backend: Backend, run: Run, identity: Identity) -> None:
    assert run(backend.attached_policies(identity)) == ((), None, {})


def test_a_refusal_is_raised_with_code_and_message(backend: Backend, run: Run) -> None:
    with pytest.raises(CallFailed, match=r"iam GetRole: NoSuchEntity: .*none") as failed:
        run(backend.call("iam", "GetRole", {"RoleName": "none"}, account=ACCOUNT, region=REGION))
    assert failed.value.code == "NoSuchEntity"


class _Counted:
    """A key, and a backend that reads it through what writes down the calls of the emulator, or fails."""

    def __init__(self, emulator: Any, arn: str) -> None:
        self._emulator, self._arn = emulator, arn
        self.backend = Backend(self)
        self.operations: list[str] = []
        self.failure: Exception | None = None

    async def request(self, method: str, path: str, headers: Any = (), body: bytes = b"") -> EmulatorAnswer:
        if self.failure is not None:
            raise self.failure
        self.operations.append(dict(headers)["X-Amz-Target"].rpartition(".")[2])
        answer: EmulatorAnswer = await self._emulator.request(method, path, headers, body)
        return answer

    async def key(self) -> KmsKey | None:
        return await self.backend.key(self._arn, account=ACCOUNT, region=REGION)


READS = ["DescribeKey", "GetKeyPolicy"]


@pytest.fixture
def counted(cloud: LocalCloud, connect: Connect) -> _Counted:
    return _Counted(cloud._emulator, connect(cloud, "kms").create_key()["KeyMetadata"]["Arn"])


def test_an_answer_is_remembered_until_its_account_writes(counted: _Counted, run: Run) -> None:
    def calls() -> list[str]:
        counted.operations.clear()
        assert run(counted.key()) is not None
        return [*counted.operations]

    assert (calls(), calls()) == (READS, [])
    counted.backend.forget("kms", OTHER_ACCOUNT)
    counted.backend.forget("iam", ACCOUNT)
    assert calls() == []
    counted.backend.forget("kms", ACCOUNT)
    assert calls() == READS
    counted.backend.forget("kms")
    assert calls() == READS


def test_reads_that_pass_the_front_are_no_reason_to_forget(
    cloud: LocalCloud, connect: Connect, backend: Backend, run: Run
) -> None:
    kms = connect(cloud, "kms")
    arn = kms.create_key()["KeyMetadata"]["Arn"]
    run(backend.key(arn, account=ACCOUNT, region=REGION))
    kms.describe_key(KeyId=arn)
    kms.list_keys()
    kms.get_key_policy(KeyId=arn, PolicyName="default")
    connect(cloud, "kms", OTHER_ACCOUNT).create_key()
    assert (REGION, arn) in backend._memory["kms", ACCOUNT]
    kms.tag_resource(KeyId=arn, Tags=[])
    assert ("kms", ACCOUNT) not in backend._memory


def test_a_write_of_who_knows_whom_is_a_reason_to_forget_all(cloud: LocalCloud, backend: Backend, run: Run) -> None:
    run(backend.key("alias/none", account=ACCOUNT, region=REGION))
    assert ("kms", ACCOUNT) in backend._memory
    credential = f"AKIAUNKNOWNUNKNOWN00/20261121/{REGION}/kms/aws4_request"
    headers = {
        "Authorization": f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=x",
        "X-Amz-Target": "TrentService.CreateKey",
    }
    fetch(cloud.endpoint, method="POST", body=b"{}", headers=headers)
    assert ("kms", ACCOUNT) not in backend._memory


def test_requests_at_once_share_one_read(counted: _Counted, run: Run) -> None:
    async def all_at_once() -> list[Any]:
        return await asyncio.gather(*(counted.key() for _ in range(50)))

    assert len(set(map(id, run(all_at_once())))) == 1
    assert counted.operations == READS


def test_a_request_that_is_given_up_takes_nothing_from_one_that_waits(counted: _Counted, run: Run) -> None:
    async def one_leaves() -> KmsKey | None:
        leaving, waiting = (asyncio.ensure_future(counted.key()) for _ in range(2))
        await asyncio.sleep(0)
        leaving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leaving
        return await waiting

    assert run(one_leaves()) is not None
    assert counted.operations == READS


def test_a_failure_is_not_remembered(counted: _Counted, run: Run) -> None:
    counted.failure = ConnectionError("broke off")
    with pytest.raises(ConnectionError):
        run(counted.key())
    counted.failure = None
    assert run(counted.key()) is not None


def test_a_cloudformation_call_may_have_made_anything(
    cloud: LocalCloud, connect: Connect, backend: Backend, run: Run
) -> None:
    run(backend.key("alias/none", account=ACCOUNT, region=REGION))
    assert ("kms", ACCOUNT) in backend._memory
    connect(cloud, "cloudformation").list_stacks()
    assert ("kms", ACCOUNT) not in backend._memory
