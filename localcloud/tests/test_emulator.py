"""The emulator's end: reported at once and with its reason; and no other process's end leaves it behind."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from localcloud.cloud import LocalCloud
from localcloud.emulator import EmulatorDied
from localcloud.guardian import __file__ as guardian_file
from localcloud.tests.cases import cases
from localcloud.tests.clouds import Connect, Recorder, fetch
from localcloud.tests.processes import NEEDS_PROC, ROOT, alive, descendants, eventually

pytestmark = NEEDS_PROC


Mortal = tuple[LocalCloud, threading.Event, int]


@pytest.fixture
def mortal() -> Iterator[Mortal]:
    """A cloud to be broken; an event that its failure sets; its emulator's pid."""
    failed = threading.Event()
    with LocalCloud(ecr=Recorder()) as cloud:
        cloud.on_failure(lambda _: failed.set())
        assert cloud._emulator is not None
        assert cloud._emulator._pid is not None
        yield cloud, failed, cloud._emulator._pid


def test_a_killed_emulator_is_reported_at_once_with_the_end_of_its_log_and_leaves_nothing(
    mortal: Mortal, connect: Connect
) -> None:
    cloud, failed, pid = mortal
    assert not cloud.failure
    with cloud.log.open("a") as log:
        log.write("".join(f"line {number}\n" for number in range(50)))
    os.kill(pid, signal.SIGKILL)
    assert failed.wait(0.5)
    first, *rest = str(cloud.failure).splitlines()
    assert (type(cloud.failure), "ended with exit code -9" in first) == (EmulatorDied, True)
    assert rest == [f"line {number}" for number in range(30, 50)]

    begin = time.monotonic()
    for service, operation in (("kms", "list_keys"), ("iam", "list_roles")):
        with pytest.raises(ClientError, match=r"\(ServiceUnavailable\).*ended with exit code -9") as refused:
            getattr(connect(cloud, service), operation)()
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
    answer = fetch(cloud.endpoint)
    assert (answer.status, "exit code -9" in answer.json()["emulator"]) == (503, True)
    cloud.stop()
    assert time.monotonic() - begin < 1
    assert not cloud.state.exists()


def test_a_listener_that_comes_later_gets_the_failure_too(mortal: Mortal) -> None:
    cloud, failed, pid = mortal
    os.kill(pid, signal.SIGTERM)
    assert failed.wait(1)
    later: list[EmulatorDied] = []
    cloud.on_failure(later.append)
    assert later == [cloud.failure]
    assert "ended with exit code 0" in str(cloud.failure)


def test_a_request_that_waits_fails_with_the_end(mortal: Mortal) -> None:
    cloud, failed, pid = mortal
    assert cloud._emulator is not None
    os.kill(pid, signal.SIGSTOP)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(cloud._server.wait, cloud._emulator.request("GET", "/_ministack/health"), 5)
        time.sleep(0.1)
        os.kill(pid, signal.SIGKILL)
        assert waiting.exception(0.5) is cloud.failure  # no waiting for a word that came already
    assert failed.wait(0.5)


def test_a_killed_guardian_is_reported_and_takes_the_emulator_along(mortal: Mortal) -> None:
    cloud, failed, pid = mortal
    assert cloud._emulator is not None
    guardian = cloud._emulator._guardian
    assert guardian is not None
    os.kill(guardian.pid, signal.SIGKILL)
    assert failed.wait(0.5)
    assert "lost its guardian, which ended with exit code -9" in str(cloud.failure)
    assert eventually(lambda: not alive({pid}), 1)
    cloud.stop()
    assert not cloud.state.exists()


_PARENT = """
import sys, time
from localcloud.cloud import LocalCloud
from localcloud.tests.clouds import Recorder
with LocalCloud(ecr=Recorder()) as cloud:
    print(cloud.state, flush=True)
    time.sleep(60)
"""


def test_a_killed_parent_leaves_neither_process_nor_file() -> None:
    with subprocess.Popen([sys.executable, "-c", _PARENT], cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        state = Path(parent.stdout.readline().strip())
        family = descendants(parent.pid)
        assert len(family) == 2
        assert state.is_dir()
        parent.kill()
        assert eventually(lambda: not alive(family) and not state.exists(), 2)


_STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
open("ready", "w").write(str(child.pid))
time.sleep(60)
"""


Guarded = tuple[subprocess.Popen[bytes], Path, set[int]]


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Guarded]:
    """A guardian whose program ignores SIGTERM, and has a child."""
    state = tmp_path / "state"
    state.mkdir()
    with socket.socket() as listener, (tmp_path / "log").open("wb") as log:
        handle = str(listener.fileno())
        guardian = subprocess.Popen(
            [sys.executable, "-I", "-S", guardian_file, str(state), handle, sys.executable, "-c", _STUBBORN],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            pass_fds=(listener.fileno(),),
            start_new_session=True,
        )
    with guardian:
        assert eventually(lambda: (state / "ready").exists() and (state / "ready").read_text(), 5)
        yield guardian, state, descendants(guardian.pid)
        guardian.kill()


@cases("ended_by", "parent", "SIGTERM")
def test_a_stubborn_program_and_its_children_are_killed_with_the_guardians_end(guarded: Guarded, ended_by: str) -> None:
    guardian, state, family = guarded
    assert len(family) == 2
    assert guardian.stdin is not None
    guardian.stdin.close() if ended_by == "parent" else guardian.terminate()
    assert guardian.wait(1) == 0
    assert eventually(lambda: not alive(family), 1)
    assert not state.exists()


def test_ctrl_c_is_not_for_the_guardian(guarded: Guarded) -> None:
    guardian, state, family = guarded
    guardian.send_signal(signal.SIGINT)
    with pytest.raises(subprocess.TimeoutExpired):
        guardian.wait(0.6)
    assert alive(family) == family
    assert state.exists()


def test_an_end_of_the_program_is_reported_and_its_folder_kept(guarded: Guarded) -> None:
    guardian, state, family = guarded
    assert guardian.stdout is not None
    program = int(guardian.stdout.readline())
    assert program in family
    os.kill(program, signal.SIGKILL)
    assert int(guardian.stdout.readline()) == -9
    assert guardian.poll() is None
    assert state.exists()
