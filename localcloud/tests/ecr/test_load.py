"""Many at once, and much at once: the local cloud in a process of its own, as `python -m localcloud` starts it."""

import hashlib
import http.client
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from localcloud.clients import Clients
from localcloud.tests.processes import ROOT

pytestmark = pytest.mark.load

ACCOUNT = "111122223333"
REGION = "eu-west-1"
REPOSITORY = "payments/api"
MIB = 1024 * 1024
LAYER_BYTES = 5 * MIB
CLIENTS = 16
SECONDS = 10
GREAT_LAYER_MIB = 1024
PEAK_MIB = 200


@dataclass(frozen=True)
class Registry:
    host: str
    authorization: str
    process: int

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self.host, timeout=120)

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Basic {self.authorization}"}

    @property
    def peak_mib(self) -> float:
        """The most memory that the server ever had."""
        [kibibytes] = re.findall(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{self.process}/status").read_text())
        return int(kibibytes) / 1024


@pytest.fixture
def registry() -> Iterator[Registry]:
    command = [sys.executable, "-m", "localcloud"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as cloud:
        try:
            assert cloud.stdout is not None
            [endpoint] = re.findall(r"http://127\.0\.0\.1:\d+", cloud.stdout.readline())
            with Clients(endpoint) as clients:
                ecr = clients.root("ecr", REGION, ACCOUNT)
                ecr.create_repository(repositoryName=REPOSITORY)
                [given] = ecr.get_authorization_token()["authorizationData"]
            yield Registry(urlsplit(given["proxyEndpoint"]).netloc, given["authorizationToken"], cloud.pid)
        finally:
            cloud.terminate()


def start_upload(registry: Registry, connection: http.client.HTTPConnection) -> str:
    """Where the upload goes on."""
    connection.request("POST", f"/v2/{REPOSITORY}/blobs/uploads/", headers=registry.headers)
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (202, b"")
    return answer.headers["Location"]


def test_many_push_and_pull_at_once(registry: Registry) -> None:
    end = time.monotonic() + SECONDS

    def work(number: int) -> int:
        connection, done, content = registry.connect(), 0, bytearray(os.urandom(LAYER_BYTES))
        while time.monotonic() < end:
            content[:8] = number.to_bytes(4) + done.to_bytes(4)
            push_and_pull(connection, bytes(content))
            done += 1
        connection.close()
        return done

    def push_and_pull(connection: http.client.HTTPConnection, content: bytes) -> None:
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        place = start_upload(registry, connection)
        connection.request("PUT", f"{place}?digest={digest}", content, registry.headers)
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (201, b"")
        connection.request("GET", f"/v2/{REPOSITORY}/blobs/{digest}", headers=registry.headers)
        answer = connection.getresponse()
        assert answer.status == 200
        assert f"sha256:{hashlib.sha256(answer.read()).hexdigest()}" == digest

    with ThreadPoolExecutor(CLIENTS) as pool:
        done = list(pool.map(work, range(CLIENTS)))
    print(f"{sum(done)} layers of 5 MiB up and down in {SECONDS} s, peak {registry.peak_mib:.0f} MiB")
    assert min(done) > 0
    assert registry.peak_mib < PEAK_MIB


def test_a_great_layer_takes_little_memory(registry: Registry) -> None:
    block = os.urandom(MIB)

    def content() -> Iterator[bytes]:
        for number in range(GREAT_LAYER_MIB):
            yield number.to_bytes(8) + block[8:]

    connection, seen = registry.connect(), hashlib.sha256()
    for each in content():
        seen.update(each)
    place = start_upload(registry, connection)
    start = time.monotonic()
    headers = {**registry.headers, "Content-Length": str(GREAT_LAYER_MIB * MIB)}
    connection.request("PUT", f"{place}?digest=sha256:{seen.hexdigest()}", content(), headers)
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (201, b"")
    up = time.monotonic() - start

    connection.request("GET", f"/v2/{REPOSITORY}/blobs/sha256:{seen.hexdigest()}", headers=registry.headers)
    answer, got = connection.getresponse(), hashlib.sha256()
    while part := answer.read(MIB):
        got.update(part)
    connection.close()
    down = time.monotonic() - start - up
    print(f"1 GiB up in {up:.1f} s, down in {down:.1f} s, peak {registry.peak_mib:.0f} MiB")
    assert got.digest() == seen.digest()
    assert registry.peak_mib < PEAK_MIB
