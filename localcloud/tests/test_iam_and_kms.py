"""What our ECR is told of keys, and for how long it is remembered."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from domain.iam.access import ANONYMOUS, Identity
from domain.iam.document import parse
from localcloud.callers import Callers, root
from localcloud.cloud import LocalCloud
from localcloud.emulator import EmulatorAnswer
from localcloud.iam_and_kms import Backend, KmsKey
from localcloud.protocols import CallFailed
from localcloud.tests.cases import cases
from localcloud.tests.clouds import ACCOUNT, OTHER_ACCOUNT, OTHER_REGION, REGION, Connect, fetch
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
    [key] = {each.arn: each for each in found}.values()
    assert key == KmsKey(
        arn=made["Arn"],
        account=OTHER_ACCOUNT,
        region=OTHER_REGION,
        enabled=True,
        usage="ENCRYPT_DECRYPT",
        spec="SYMMETRIC_DEFAULT",
        policy=key.policy,
    )
    assert key.policy.document == parse(policy)
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


class _Counting:
    """Counts how often the emulator is asked."""

    def __init__(self, asked: Any) -> None:
        self._asked = asked
        self.operations: list[str] = []

    async def request(self, method: str, path: str, headers: Any = (), body: bytes = b"") -> EmulatorAnswer:
        target = dict(headers).get("X-Amz-Target")
        self.operations.append(target.rpartition(".")[2] if target else body.decode())
        answer: EmulatorAnswer = await self._asked.request(method, path, headers, body)
        return answer


def test_an_answer_is_remembered_until_its_account_writes(cloud: LocalCloud, connect: Connect, run: Run) -> None:
    counting = _Counting(cloud._emulator)
    backend = Backend(counting)
    arn = connect(cloud, "kms").create_key()["KeyMetadata"]["Arn"]

    def asked() -> list[str]:
        counting.operations.clear()
        assert run(backend.key(arn, account=ACCOUNT, region=REGION)) is not None
        return counting.operations

    assert asked() == ["DescribeKey", "GetKeyPolicy"]
    assert asked() == []
    backend.forget("kms", OTHER_ACCOUNT)
    backend.forget("iam", ACCOUNT)
    assert asked() == []
    backend.forget("kms", ACCOUNT)
    assert asked() == ["DescribeKey", "GetKeyPolicy"]
    backend.forget("kms")
    assert asked() == ["DescribeKey", "GetKeyPolicy"]


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


def test_many_who_ask_at_once_share_one_read(cloud: LocalCloud, connect: Connect, run: Run) -> None:
    counting = _Counting(cloud._emulator)
    backend = Backend(counting)
    arn = connect(cloud, "kms").create_key()["KeyMetadata"]["Arn"]

    async def all_at_once() -> list[Any]:
        return await asyncio.gather(*(backend.key(arn, account=ACCOUNT, region=REGION) for _ in range(50)))

    assert len(set(map(id, run(all_at_once())))) == 1
    assert counting.operations == ["DescribeKey", "GetKeyPolicy"]


def test_one_who_leaves_takes_nothing_from_who_waits(cloud: LocalCloud, connect: Connect, run: Run) -> None:
    counting = _Counting(cloud._emulator)
    backend = Backend(counting)
    arn = connect(cloud, "kms").create_key()["KeyMetadata"]["Arn"]

    async def one_leaves() -> KmsKey | None:
        leaving, waiting = (asyncio.ensure_future(backend.key(arn, account=ACCOUNT, region=REGION)) for _ in range(2))
        await asyncio.sleep(0)
        leaving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leaving
        return await waiting

    assert run(one_leaves()) is not None
    assert counting.operations == ["DescribeKey", "GetKeyPolicy"]


class _Broken:
    """Fails once, then answers."""

    def __init__(self, asked: Any) -> None:
        self._asked = asked
        self._failed = False

    async def request(self, method: str, path: str, headers: Any = (), body: bytes = b"") -> EmulatorAnswer:
        if not self._failed:
            self._failed = True
            raise ConnectionError("broke off")
        answer: EmulatorAnswer = await self._asked.request(method, path, headers, body)
        return answer


def test_a_failure_is_not_remembered(cloud: LocalCloud, connect: Connect, run: Run) -> None:
    backend = Backend(_Broken(cloud._emulator))
    arn = connect(cloud, "kms").create_key()["KeyMetadata"]["Arn"]
    with pytest.raises(ConnectionError):
        run(backend.key(arn, account=ACCOUNT, region=REGION))
    assert run(backend.key(arn, account=ACCOUNT, region=REGION)) is not None


def test_a_cloudformation_call_may_have_made_anything(cloud: LocalCloud, connect: Connect, run: Run) -> None:
    callers: Callers = cloud._callers
    backend = callers._backend
    run(backend.key("alias/none", account=ACCOUNT, region=REGION))
    assert ("kms", ACCOUNT) in backend._memory
    connect(cloud, "cloudformation").list_stacks()
    assert ("kms", ACCOUNT) not in backend._memory
