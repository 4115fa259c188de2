"""What the data plane says when something behind it breaks: an error of the specification's form, and a log."""

from pathlib import Path

import pytest

from domain.iam.access import Caller, Identity
from localcloud.emulator import EmulatorDied
from localcloud.iam_and_kms import UnreadablePolicy
from localcloud.tests.cases import cases
from localcloud.tests.ecr.registry_server import REPOSITORY, FakeCallers, serving


class Broken(FakeCallers):
    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    async def caller(self, identity: Identity) -> Caller:  # noqa: ARG002 - the name is the signature's
        raise self.error


@cases(
    "error",
    UnreadablePolicy("the policy own can't be read"),
    EmulatorDied("gone"),
    ConnectionError("gone"),
    KeyError(1),
)
def test_a_fault_is_told_and_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture, error: Exception) -> None:
    with serving(tmp_path, Broken(error)) as server:
        answer = server.ask("GET", f"/v2/{REPOSITORY}/manifests/v1")
        assert (answer.status, answer.errors) == (500, [("UNKNOWN", f"{type(error).__name__}: {error}")])
        assert server.is_well()
    (record,) = caplog.records
    assert record.exc_info is not None
    assert record.exc_info[1] is error


def test_a_host_that_is_no_text_is_challenged_all_the_same(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        answer = server.raw(b"GET /v2/ HTTP/1.1\r\nHost: \xff\r\nConnection: close\r\n\r\n")
        assert answer.split(b" ")[1] in {b"400", b"401"}
        assert server.is_well()
