"""A pod that refreshes its namespace's secret, and what it calls."""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pytest

from components.cluster_pull import refresh
from localcloud.cloud import LocalCloud
from tests.components.cluster_pull.servers import NAMESPACE, SECRET, TOKEN, Answer, FakeApi, Scripted, serving

HOST = "111122223333.dkr.ecr.us-east-1.amazonaws.com"
WEB_TOKEN, KEY_SECRET, SESSION_TOKEN, PASSWORD = (
    "canary-of-web",
    "canary-of-key",
    "canary-of-session",
    "canary-of-ecr",
)
EXPIRES = 1_900_000_000
CREDENTIALS = f"""\
<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials>
<AccessKeyId>ASIAEXAMPLE</AccessKeyId><SecretAccessKey>{KEY_SECRET}</SecretAccessKey>
<SessionToken>{SESSION_TOKEN}</SessionToken></Credentials></AssumeRoleWithWebIdentityResult>
</AssumeRoleWithWebIdentityResponse>"""


def ecr_answer(password: str = PASSWORD, expires: float = EXPIRES) -> str:
    token = base64.b64encode(f"AWS:{password}".encode()).decode()
    data = {"authorizationToken": token, "expiresAt": expires, "proxyEndpoint": "https://of-another.example"}
    return json.dumps({"authorizationData": [data]})


class Ended(NamedTuple):
    code: int
    out: str
    err: str


class Pod:
    """Runs the script with its environment and no other.

    `run` does it in this process, by a clock that passes while it is slept and not otherwise."""

    def __init__(
        self, folder: Path, api: FakeApi, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.folder = folder
        self.api = api
        self.environment: dict[str, str] = {}
        self.pauses: list[float] = []
        self._monkeypatch, self._capsys = monkeypatch, capsys

    def write(self, name: str, text: str) -> str:
        (self.folder / name).write_text(text, encoding="utf-8")
        return str(self.folder / name)

    def run(self, **more: str) -> Ended:
        with self._monkeypatch.context() as patched:
            patched.setattr(refresh, "time", self)
            patched.setattr(refresh, "secret_texts", set())
            patched.setattr(os, "environ", {**self.environment, **more})
            code = refresh.main()
        return Ended(code, *self._capsys.readouterr())

    def run_process(self) -> Ended:
        """As the container does it."""
        ended = subprocess.run(
            [sys.executable, "-I", "-B", refresh.__file__],
            env=self.environment, capture_output=True, encoding="utf-8", timeout=60, check=False,
        )  # fmt: skip
        return Ended(ended.returncode, ended.stdout, ended.stderr)

    def monotonic(self) -> float:
        return sum(self.pauses)

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)

    @property
    def auths(self) -> dict[str, dict[str, str]]:
        """What the secret holds."""
        config = json.loads(base64.b64decode(self.api.secrets[SECRET]["data"][".dockerconfigjson"]))
        assert config.keys() == {"auths"}
        found: dict[str, dict[str, str]] = config["auths"]
        return found


@dataclass
class Services:
    """AWS by a script."""

    sts: Scripted
    ecr: Scripted


@pytest.fixture(scope="session")
def cloud() -> Iterator[LocalCloud]:
    with LocalCloud() as made:
        yield made


@pytest.fixture
def pod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Pod]:
    """One whose service account is known to the API, and that has no credentials of AWS yet."""
    api = FakeApi()
    made = Pod(tmp_path, api, monkeypatch, capsys)
    with serving(api, tmp_path / "ca.crt"):
        made.write("namespace", NAMESPACE)
        made.write("token", TOKEN)
        made.environment = {
            "REGISTRIES": HOST,
            "SECRET_NAME": SECRET,
            "RETRY_SECONDS": "0",
            "SERVICE_ACCOUNT_FOLDER": str(tmp_path),
            "KUBERNETES_SERVICE_HOST": "127.0.0.1",
            "KUBERNETES_SERVICE_PORT": api.url.rpartition(":")[2],
        }
        yield made


@pytest.fixture
def services(pod: Pod) -> Iterator[Services]:
    """By IRSA, and all is well as long as a test changes nothing."""
    made = Services(Scripted(Answer(body=CREDENTIALS)), Scripted(Answer(body=ecr_answer())))
    with ExitStack() as stack:
        for each in (made.sts, made.ecr):
            stack.enter_context(serving(each))
        pod.environment |= {
            "AWS_ROLE_ARN": "arn:aws:iam::111122223333:role/container-registry/dev/pull",
            "AWS_WEB_IDENTITY_TOKEN_FILE": pod.write("web-token", WEB_TOKEN),
            "AWS_ENDPOINT_URL_STS": made.sts.url,
            "AWS_ENDPOINT_URL_ECR": made.ecr.url,
        }
        yield made
