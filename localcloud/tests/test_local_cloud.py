"""The local cloud as a whole: fast, on loopback only, several side by side, and nothing left behind."""

import asyncio
import itertools
import os
import re
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiohttp import web
from botocore.exceptions import ClientError

from domain.kms import key_policy
from localcloud import cloud as local
from localcloud import emulator
from localcloud.clients import Clients
from localcloud.cloud import LocalCloud
from localcloud.ecr.authorization_tokens import AuthorizationToken
from localcloud.emulator import Emulator, EmulatorDied
from localcloud.server import Server, bound, port_of
from localcloud.tests.clouds import ACCOUNT, REGION, Connect, Recorder
from localcloud.tests.ecr.control_plane import a_key
from localcloud.tests.processes import NEEDS_PROC, alive, descendants, eventually
from oci.client import Client
from oci.image import image

pytestmark = NEEDS_PROC

LISTENING = "0A"


def _unstarted() -> LocalCloud:
    return LocalCloud(ecr=Recorder())


@pytest.fixture
def nothing_left(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Neither process nor thread nor file is more than before."""
    folder = tmp_path_factory.mktemp("temporary")
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    before = descendants(os.getpid()), threading.active_count()
    yield
    assert eventually(lambda: not alive(descendants(os.getpid()) - before[0]), 1)
    assert list(folder.iterdir()) == []
    assert eventually(lambda: threading.active_count() <= before[1], 1)


@pytest.mark.usefixtures("nothing_left")
def test_it_starts_and_stops_fast_and_leaves_nothing() -> None:
    cloud = _unstarted()
    begin = time.monotonic()
    cloud.start()
    started = time.monotonic()
    assert cloud.state.is_dir()
    cloud.stop()
    assert started - begin < 1.5
    assert time.monotonic() - started < 1
    assert not cloud.state.exists()
    cloud.stop()


def test_registries_have_the_ports_after_the_control_endpoint_s_that_are_free() -> None:
    with bound() as free:
        port = port_of(free) // 2  # below those that are given out
    with bound(port + 2), LocalCloud(port=port) as cloud, Clients(cloud.endpoint) as clients:
        hosts = []
        for region in ("us-east-1", "eu-west-1", "us-east-1"):
            (data,) = clients.root("ecr", region, ACCOUNT).get_authorization_token()["authorizationData"]
            hosts.append(data["proxyEndpoint"])
        assert cloud.endpoint == f"http://127.0.0.1:{port}"
        assert hosts == [f"http://127.0.0.1:{port + each}" for each in (1, 3, 1)]
        cloud.fix_password(ACCOUNT, "my-own-token")
        with Client.on_loopback(f"127.0.0.1:{port + 1}", "my-own-token") as client:
            clients.root("ecr", "us-east-1", ACCOUNT).create_repository(repositoryName="app")
            assert client.push("app", image("mine"), "v1")


@pytest.mark.usefixtures("nothing_left")
def test_open_connections_and_requests_do_not_hold_the_end() -> None:
    cloud = _unstarted()
    cloud.start()
    address = ("127.0.0.1", int(cloud.endpoint.rpartition(":")[2]))
    scope = f"{ACCOUNT}/20261121/us-east-1/sqs/aws4_request, SignedHeaders=host, Signature=x"
    url = f"/?Action=ReceiveMessage&WaitTimeSeconds=20&QueueUrl={cloud.endpoint}/{ACCOUNT}/none"
    request = f"GET {url} HTTP/1.1\r\nHost: a\r\nAuthorization: AWS4-HMAC-SHA256 Credential={scope}\r\n\r\n"
    with (
        socket.create_connection(address),
        socket.create_connection(address) as half,
        socket.create_connection(address) as waiting,
    ):
        half.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf of")
        waiting.sendall(request.encode())
        time.sleep(0.1)
        begin = time.monotonic()
        cloud.stop()
        assert time.monotonic() - begin < 1


@pytest.mark.usefixtures("nothing_left")
def test_a_request_that_writes_until_the_end_neither_holds_it_nor_fails(caplog: pytest.LogCaptureFixture) -> None:
    async def write(_: web.Request) -> web.Response:
        for number in itertools.count():
            (cloud.state / str(number)).touch()
            await asyncio.sleep(0)
        return web.Response()

    app = web.Application()
    app.router.add_get("/", write)
    cloud = _unstarted()
    cloud.start()
    port = cloud._server.wait(cloud._server.listen(app))
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert eventually((cloud.state / "100").exists, 2)
        begin = time.monotonic()
        cloud.stop()
        assert time.monotonic() - begin < 1
    assert not caplog.records


@pytest.mark.usefixtures("nothing_left")
def test_two_clouds_side_by_side_know_nothing_of_each_other(connect: Connect) -> None:
    with _unstarted() as one, _unstarted() as other:
        assert one.endpoint != other.endpoint
        assert one.state != other.state
        key = connect(one, "kms").create_key()["KeyMetadata"]["KeyId"]
        with pytest.raises(ClientError, match="NotFoundException"):
            connect(other, "kms").describe_key(KeyId=key)
        one.stop()
        assert connect(other, "kms").create_key()


@pytest.mark.usefixtures("nothing_left")
def test_many_start_at_the_same_time() -> None:
    clouds = [_unstarted() for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(LocalCloud.start, clouds))
    assert len({each.endpoint for each in clouds}) == 4
    for cloud in clouds:
        cloud.stop()


def test_nothing_listens_beyond_loopback(cloud: LocalCloud, connect: Connect) -> None:
    connect(cloud, "transfer").create_server()
    connect(cloud, "iot").describe_endpoint()
    connect(cloud, "dsql").create_cluster()
    processes = {os.getpid(), *_family(cloud)}
    listening = {address for pid in processes for address in _listening(pid)}
    assert listening
    assert {address for address in listening if not address.startswith("127.")} == set()


@pytest.mark.usefixtures("nothing_left")
def test_the_emulator_sees_nothing_of_the_users_and_writes_nowhere_else(
    monkeypatch: pytest.MonkeyPatch, connect: Connect
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAOFTHEUSER")
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("PERSIST_STATE", "1")
    monkeypatch.setenv("PYTHONPATH", "/of/the/users")
    with _unstarted() as cloud:
        connect(cloud, "s3").create_bucket(Bucket="bucket")
        connect(cloud, "s3").put_object(Bucket="bucket", Key="key", Body=b"body")
        for pid in _family(cloud):
            text = Path(f"/proc/{pid}/environ").read_text()
            environment = dict(line.split("=", 1) for line in text.split("\0") if line)
            assert not [name for name in environment if name.startswith("AWS_")]
            assert "PYTHONPATH" not in environment
            for name in ("PERSIST_STATE", "S3_PERSIST", "IOT_MTLS_ENABLED", "SFTP_ENABLED"):
                assert environment[name] == "0"
            for name in ("HOME", "TMPDIR", "S3_DATA_DIR", "STATE_DIR"):
                assert Path(environment[name]).is_relative_to(cloud.state)
            written = {each for each in _opened(pid) if each.startswith("/") and not each.startswith("/dev/")}
            assert all(Path(each).is_relative_to(cloud.state) for each in written)


def test_no_signal_of_the_terminal_reaches_what_it_starts(cloud: LocalCloud) -> None:
    assert os.getsid(0) not in {os.getsid(pid) for pid in _family(cloud)}


@pytest.mark.usefixtures("nothing_left")
def test_a_taken_port_is_reported_and_nothing_stays() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(OSError, match="in use"):
            LocalCloud(port=taken.getsockname()[1], ecr=Recorder()).start()


@pytest.mark.usefixtures("nothing_left")
def test_the_wanted_port_is_taken() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with LocalCloud(port=port, ecr=Recorder()) as cloud:
        assert cloud.endpoint == f"http://127.0.0.1:{port}"


@pytest.mark.usefixtures("nothing_left")
def test_an_emulator_that_cannot_start_is_reported_in_its_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho no emulator today >&2\nexit 1\n")
    python.chmod(0o755)
    monkeypatch.setattr(local, "installed", lambda *_: python)
    begin = time.monotonic()
    with pytest.raises(EmulatorDied, match=r"ended with exit code 1;(?s:.*)no emulator today"):
        _unstarted().start()
    assert time.monotonic() - begin < 2


@pytest.mark.usefixtures("nothing_left")
def test_an_emulator_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(emulator, "_START", 0.01)
    with pytest.raises(EmulatorDied, match="did not start within"):
        _unstarted().start()


@pytest.mark.usefixtures("nothing_left")
def test_a_fault_of_our_ecr_at_the_start_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise LookupError("no ECR")

    monkeypatch.setattr(local, "Services", broken)
    with pytest.raises(LookupError, match="no ECR"):
        LocalCloud().start()


def test_before_the_start_and_after_the_end_the_emulator_refuses_requests(tmp_path: Path) -> None:
    async def ask() -> None:
        stopped = Emulator(tmp_path, tmp_path / "python")
        with pytest.raises(RuntimeError, match="not started"):
            await stopped.request("GET", "/")
        await stopped.stop()
        with pytest.raises(EmulatorDied, match="was stopped"):
            await stopped.request("GET", "/")

    asyncio.run(ask())


def test_a_wait_needs_a_server_that_runs_and_ends_what_it_no_longer_waits_for() -> None:
    ended = threading.Event()

    async def endless() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    server = Server()
    with pytest.raises(RuntimeError, match="not running"):
        server.wait(endless())
    server.start()
    try:
        with pytest.raises(TimeoutError):
            server.wait(endless(), 0.05)
        assert ended.wait(1)
    finally:
        server.stop()


GIVEN = "given"
KEY = a_key(f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1", key_policy(account=ACCOUNT, region=REGION))


def test_what_a_caller_changes_is_changed_in_the_servers_thread(
    cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[str] = []

    def called(*_: object, **__: object) -> AuthorizationToken:
        threads.append(threading.current_thread().name)
        return AuthorizationToken(password=GIVEN, expires=datetime.now(UTC))

    monkeypatch.setattr(cloud._callers, "join", called)
    monkeypatch.setattr(cloud._backend, "add_key", called)
    monkeypatch.setattr(cloud._tokens, "issue", called)
    cloud.join(ACCOUNT, "o-a1b2c3d4e5")
    cloud.add_key(KEY)
    assert cloud.service_password("lambda.amazonaws.com", "arn:aws:lambda:us-east-1:1:function:a", ACCOUNT) == GIVEN
    assert threads == [cloud._server._thread.name] * 3


def _family(cloud: LocalCloud) -> set[int]:
    """The processes that the cloud started."""
    assert cloud._emulator is not None
    guardian = cloud._emulator._guardian
    assert guardian is not None
    return {guardian.pid, *descendants(guardian.pid)}


def _opened(pid: int) -> set[str]:
    found = set()
    for each in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed since
            found.add(str(each.readlink()))
    return found


def _listening(pid: int) -> set[str]:
    """The addresses at which the process takes connections."""
    inodes = {match[1] for each in _opened(pid) if (match := re.fullmatch(r"socket:\[(\d+)\]", each))}
    found = set()
    for table, family in (("tcp", socket.AF_INET), ("tcp6", socket.AF_INET6)):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == LISTENING and fields[9] in inodes:
                found.add(_address(fields[1].split(":")[0], family))
    return found


def _address(text: str, family: socket.AddressFamily) -> str:
    """The kernel writes words of 32 bits in its own byte order."""
    raw = b"".join(bytes.fromhex(text[at : at + 8])[::-1] for at in range(0, len(text), 8))
    return socket.inet_ntop(family, raw)
