"""What a real `pulumi` asks of an S3 bucket and a KMS key, held against the roles."""

import json
import re
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
import urllib3

from localcloud.clients import AwsCredentials, Clients
from localcloud.cloud import LocalCloud
from resources.ecr import LIFECYCLE_POLICY
from tests.bootstrap.backend import Backend
from tests.bootstrap.calls import Asked
from tests.bootstrap.conftest import granted, refused
from tests.bootstrap.deployed import DEPLOY, DESTROY, PREVIEW, DeployedAccount, fill_in
from tests.engine.workspace import Workspace, _environment, _write_plugin, copied_with_code

pytestmark = pytest.mark.engine

ACCOUNT, REGION = "111122223333", "us-east-1"
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MOMENT = re.compile(r"dev([-.])\d{10,}")

Seen = tuple[str, str | None]
"""An action, and the object's name; "" for the bucket, None for the key."""


class _Listener(ThreadingHTTPServer):
    """Passes everything on to the local cloud, and writes down what it was."""

    def __init__(self, cloud: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.cloud = cloud
        self.seen: list[Seen] = []
        self.pool = urllib3.PoolManager(retries=False, timeout=30)

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Listener

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.seen += self._asked()
        headers = {name: value for name, value in self.headers.items() if name.lower() != "content-length"}
        answer = self.server.pool.request(
            self.command, self.server.cloud + self.path, body=body, headers=headers, decode_content=False
        )
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            if name.lower() not in ("content-length", "transfer-encoding", "connection", "server", "date"):
                self.send_header(name, value)
        length = answer.headers.get("Content-Length", "0") if self.command == "HEAD" else str(len(answer.data))
        self.send_header("Content-Length", length)
        self.end_headers()
        self.wfile.write(answer.data)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _pass_on  # noqa: N815  the server's names

    def _asked(self) -> Iterator[Seen]:
        if target := self.headers.get("X-Amz-Target"):
            yield f"kms:{target.partition('.')[2]}", None
            return
        url = urlsplit(self.path)
        name = unquote(url.path).lstrip("/").partition("/")[2]
        if "list-type" in parse_qs(url.query):
            yield "s3:ListBucket", ""
            return
        if copied := self.headers.get("x-amz-copy-source"):
            yield "s3:GetObject", unquote(copied).lstrip("/").partition("/")[2]
        verb = {"GET": "GetObject", "HEAD": "GetObject", "PUT": "PutObject", "DELETE": "DeleteObject"}[self.command]
        yield f"s3:{verb}", name

    def log_message(self, *_: Any) -> None:
        """Nothing: pytest shows what matters."""


@dataclass(frozen=True)
class Bench:
    """A workspace whose state lies in the local cloud's S3."""

    account: DeployedAccount
    listener: _Listener
    workspace: Workspace
    url: str

    @property
    def backend(self) -> Backend:
        return Backend(self.account, "container-registry/dev")

    def asked(self, *arguments: str) -> set[Seen]:
        """What one `pulumi` command asks for, and that it went well."""
        self.listener.seen.clear()
        self.workspace.pulumi(*arguments).ok()
        return set(self.listener.seen)

    def requests(self, seen: set[Seen]) -> list[Asked]:
        return [self.backend.asked(*each) for each in seen]


@pytest.fixture(scope="module")
def bench(template: dict[str, Any], local: LocalCloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    missing = [program for program in ("pulumi", "pulumi-language-python") if shutil.which(program) is None]
    if missing:
        pytest.skip(f"the engine tests need {' and '.join(missing)} on PATH: https://www.pulumi.com/docs/install/")
    account = fill_in(template, ACCOUNT, REGION, GitHubOwner="acme", GitHubRepository="container-registry")
    provider = account.outputs["SecretsProvider"]
    bucket = account.outputs["StateBucketName"]
    _prepare(local, bucket, provider.removeprefix("awskms://").partition("?")[0])
    listener = _Listener(local.endpoint)
    thread = threading.Thread(target=listener.serve_forever, daemon=True)
    thread.start()
    workspace = _workspace(tmp_path_factory.mktemp("state"), listener.endpoint)
    url = f"s3://{bucket}?region={REGION}&endpoint={listener.endpoint}&use_path_style=true"
    workspace.pulumi("login", url).ok()
    workspace.pulumi("stack", "init", "dev", "--secrets-provider", provider).ok()
    yield Bench(account, listener, workspace, url)
    listener.shutdown()
    listener.server_close()
    listener.pool.clear()
    thread.join()


def _prepare(local: LocalCloud, bucket: str, alias: str) -> None:
    """What the bootstrap would have made; the emulator behind the local cloud checks no trust policy."""
    with Clients(local.endpoint) as clients:
        clients.root("s3", REGION, ACCOUNT).create_bucket(Bucket=bucket)
        kms = clients.root("kms", REGION, ACCOUNT)
        key = kms.create_key()["KeyMetadata"]["KeyId"]
        kms.create_alias(AliasName=alias, TargetKeyId=key)


def _workspace(temporary: Path, endpoint: str) -> Workspace:
    folder, plugin = temporary / "project", temporary / "programs"
    copied_with_code(folder)
    plugin.mkdir(exist_ok=True)
    _write_plugin(plugin, "aws")
    file_backend = ("PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE", "PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS")
    own = {name: value for name, value in _environment(temporary).items() if name not in file_backend}
    credentials = {"AWS_ACCESS_KEY_ID": ACCOUNT, "AWS_SECRET_ACCESS_KEY": AwsCredentials(ACCOUNT).secret}
    credentials |= {"AWS_ENDPOINT_URL": endpoint, "AWS_REGION": REGION}
    workspace = Workspace(folder, "dev", {**own, **credentials})
    # What a deployment asks of AWS is the same without GitHub.
    workspace.edit("Pulumi.dev.yaml", lambda stack: stack["config"].pop("container-registry:github"))
    return workspace


def _alike(seen: set[Seen]) -> set[Seen]:
    """Without what differs from run to run."""
    return {(action, path and _MOMENT.sub(r"dev\g<1>1795288856", _UUID.sub("1b9d6bcd", path))) for action, path in seen}


def _of(asked: list[Asked], backend: Backend) -> set[Seen]:
    return {(each.request.action, _path(each.request.resource, backend)) for each in asked}


def _path(resource: str, backend: Backend) -> str | None:
    return (
        None
        if resource == backend.account.secrets_key
        else resource.removeprefix(backend.account.bucket).removeprefix("/")
    )


def test_what_pulumi_asks_is_what_the_roles_may(bench: Bench) -> None:
    backend = bench.backend
    preview, deploy = bench.account.session(PREVIEW), bench.account.session(DEPLOY)
    looks = (
        bench.asked("login", bench.url)
        | bench.asked("preview", "--stack", "dev", "--json")
        | bench.asked("refresh", "--preview-only", "--expect-no-changes", "--stack", "dev")
    )
    assert _alike(looks) == _of(backend.looks(), backend)
    assert refused(preview, bench.requests(looks)) == []

    up = bench.asked("up", "--yes", "--stack", "dev")
    # `up` encrypts nothing where the stack's file holds the encrypted key, as it does after `stack init`.
    assert _alike(up) - _alike(looks) == _of(backend.changes(), backend) - {("kms:Encrypt", None)}
    assert refused(deploy, bench.requests(up)) == []
    assert granted(preview, bench.requests(up - looks)) == []

    after = bench.asked("preview", "--stack", "dev", "--json")
    assert _alike(after) <= _alike(looks)

    # What the job that deletes does with the state: deploy.yml, destroy.
    destroy, file = bench.account.session(DESTROY), ("--stack", "dev", "--file", "state.json")
    exported = bench.asked("stack", "export", *file)
    state = json.loads((bench.workspace.folder / "state.json").read_text(encoding="utf-8"))["deployment"]
    urn = next(each["urn"] for each in state["resources"] if each["type"] == LIFECYCLE_POLICY)
    handled = (
        exported
        | bench.asked("stack", "import", *file)
        | bench.asked("destroy", "--yes", "--stack", "dev", "--target", urn)
    )
    assert refused(destroy, bench.requests(handled)) == []
