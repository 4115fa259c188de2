"""One local cloud for all tests that don't break it, clients for it, and rehearsals in processes of their own."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import urllib3
from botocore.config import Config

from localcloud.call import Call
from localcloud.clients import isolated_session
from localcloud.cloud import LocalCloud

ROOT = Path(__file__).parents[2]
ACCOUNT = "111122223333"
OTHER_ACCOUNT = "444455556666"
REGION = "us-east-1"
OTHER_REGION = "eu-west-1"
Credentials = Mapping[str, Any]
"""As STS and IAM give them: AccessKeyId, SecretAccessKey, SessionToken."""
CATALOG = """\
repositories:
  team/app:
    owner: team
    retention: [{tag: "v*", keep: 10}]
    pull: [{account: workloads}]
"""
PATIENCE = 30
"""Seconds that a rehearsal is waited for."""


class Connect:
    """Makes botocore clients, untouched by the user's AWS environment; the same one given twice, closed at the end."""

    def __init__(self) -> None:
        self._session = isolated_session()
        self._clients: dict[object, Any] = {}

    def __call__(
        self,
        cloud: LocalCloud,
        service: str,
        account: str = ACCOUNT,
        region: str = REGION,
        *,
        credentials: Credentials | None = None,
    ) -> Any:
        """A client of the account's root, or with credentials as they are."""
        key = credentials or {"AccessKeyId": account, "SecretAccessKey": "anything"}
        known = cloud.endpoint, service, region, tuple(sorted((name, str(value)) for name, value in key.items()))
        if known not in self._clients:
            self._clients[known] = self._session.create_client(
                service,
                region_name=region,
                endpoint_url=cloud.endpoint,
                aws_access_key_id=key["AccessKeyId"],
                aws_secret_access_key=key["SecretAccessKey"],
                aws_session_token=key.get("SessionToken"),
                config=Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=20),
            )
        return self._clients[known]

    def close(self) -> None:
        for each in self._clients.values():
            each.close()


class Recorder:
    """Stands where ECR is to be, writes down who asks for what, and answers what it is told to."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Mapping[str, Any], Call]] = []
        self.answers: dict[str, dict[str, Any] | Exception] = {}

    async def answer(self, operation: str, parameters: Mapping[str, Any], call: Call) -> dict[str, Any]:
        self.calls.append((operation, parameters, call))
        answer = self.answers.get(operation, {})
        if isinstance(answer, Exception):
            raise answer
        return answer


Door = tuple[LocalCloud, Recorder]


@pytest.fixture(scope="session")
def connect() -> Iterator[Connect]:
    made = Connect()
    yield made
    made.close()


@pytest.fixture(scope="session")
def cloud() -> Iterator[LocalCloud]:
    """A whole local cloud; other tests use it too: take repositories, keys and roles under names of your own."""
    with LocalCloud() as made:
        yield made


@pytest.fixture(scope="session")
def door() -> Iterator[Door]:
    """A local cloud whose ECR only writes down what reaches it."""
    recorder = Recorder()
    with LocalCloud(ecr=lambda _: recorder) as made:
        yield made, recorder


def fetch(
    url: str, *, method: str = "GET", body: bytes | None = None, headers: Mapping[str, str] | None = None
) -> urllib3.BaseHTTPResponse:
    """What a client that knows nothing of AWS is answered."""
    with urllib3.PoolManager(retries=False, timeout=10) as pool:
        return pool.request(method, url, body=body, headers=headers)


def eventually(holds: Callable[[], object], seconds: float) -> bool:
    """Whether it holds within that time."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


NEEDS_PROC = pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="reads processes in /proc, as Linux has it"
)


def alive(pids: set[int]) -> set[int]:
    """Those that run; a zombie, which only waits to be read, does not."""
    return {pid for pid in pids if _stat(pid)[0] not in ("", "Z")}


def descendants(pid: int) -> set[int]:
    everybody = {int(each.name): _stat(int(each.name)) for each in Path("/proc").iterdir() if each.name.isdigit()}
    found = {pid}
    while more := {each for each, (_, parent) in everybody.items() if parent in found} - found:
        found |= more
    return found - {pid}


def _stat(pid: int) -> tuple[str, int]:
    """State and parent."""
    try:
        state, parent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:2]
    except (FileNotFoundError, ProcessLookupError):
        return "", 0
    return state, int(parent)


class Running(NamedTuple):
    process: subprocess.Popen[str]
    said: str
    """On stdout, up to the line that was waited for."""


@pytest.fixture
def small(project: Path) -> Path:
    """A project of one repository."""
    (project / "catalog.yaml").write_text(CATALOG, encoding="utf-8")
    return project


@pytest.fixture
def run(small: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts a rehearsal of the small project; what it leaves in the folder of temporary files fails the test."""
    temporary = tmp_path_factory.mktemp("temporary")
    before = sorted(small.rglob("*"))

    def start(*arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "rehearsal", "up", "--stack", "dev", "--project", str(small), *arguments],
            cwd=ROOT,
            env={**os.environ, "TMPDIR": str(temporary), "PYTHONUNBUFFERED": ""},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    yield start
    assert list(temporary.iterdir()) == []
    assert sorted(small.rglob("*")) == before


@contextmanager
def waiting_for(text: str, process: subprocess.Popen[str]) -> Iterator[Running]:
    """The rehearsal once it has said this; whatever happens, it ends with the block."""
    with process:
        impatient = threading.Timer(PATIENCE, process.kill)
        impatient.start()
        try:
            assert process.stdout is not None
            said = ""
            while text not in said:
                line = process.stdout.readline()
                assert line, process.stderr and process.stderr.read()
                said += line
            yield Running(process, said)
        finally:
            impatient.cancel()
            process.kill()
