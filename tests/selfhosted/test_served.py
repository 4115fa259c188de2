"""The generated configuration on Debian's docker-registry: logins, TLS, deletion, read-only mode, collection, proxy."""

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import urllib3

from domain.selfhosted.cluster_registry import in_base64
from domain.selfhosted.own_registry import READ_ONLY, UPSTREAM_PASSWORD, ProxiedRegistry, TokenServer
from oci.client import Client, Refused
from oci.credentials import Credential
from oci.image import image, index
from oci.transport import Connection
from ops.__main__ import main
from tests.oci.docker_registry import PROGRAM, Identity
from tests.oci.docker_registry import TokenServer as Tokens
from tests.oci.registry import SECRET, USER
from tests.selfhosted.own import REGISTRY
from tests.selfhosted.served import Machine

pytestmark = [pytest.mark.tools, pytest.mark.skipif(shutil.which(PROGRAM) is None, reason=f"{PROGRAM} is not on PATH")]

LOGIN = Credential(user=USER, secret=SECRET)
IMAGE = image("self-hosted")
KEPT = replace(REGISTRY, collection=None)
"""Whose collection leaves untagged manifests alone: that of 2.8, which runs here, would take children along."""


@pytest.fixture(scope="module")
def identity() -> Identity:
    return Identity.made()


@pytest.fixture
def machine(tmp_path: Path, identity: Identity) -> Machine:
    return Machine(tmp_path, KEPT, identity)


@pytest.fixture
def served(machine: Machine) -> Iterator[Machine]:
    with machine.serving():
        yield machine


def client(machine: Machine, login: Credential | None = LOGIN) -> Client:
    return Client(machine.url, login, Connection(ca_file=machine.certificate))


def blobs(machine: Machine) -> set[str]:
    return {each.parent.name for each in (machine.folder / "data").rglob("blobs/sha256/*/*/data")}


def test_who_is_in_the_file_pushes_pulls_and_deletes(served: Machine) -> None:
    with client(served) as known:
        assert known.push("acme/app", IMAGE, "v1") == IMAGE.digest
        assert known.pull("acme/app", "v1").digest == IMAGE.digest
        known.delete_manifest("acme/app", IMAGE.digest)
        assert known.digest("acme/app", "v1") is None
    for login in (None, Credential(user=USER, secret="wrong")):  # noqa: S106
        with client(served, login) as unknown, pytest.raises(Refused) as refused:
            unknown.check_login()
        assert refused.value.status == 401


def test_a_user_that_is_added_logs_in_at_once(served: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    file = served.folder / "auth/htpasswd"
    assert main(["registry", "user", "add", "alice", "--generate", "--file", str(file)]) == 0
    password = capsys.readouterr().out.strip()
    with client(served, Credential(user="alice", secret=password)) as alice:
        alice.check_login()
    assert main(["registry", "user", "remove", "alice", "--file", str(file)]) == 0
    with client(served, Credential(user="alice", secret=password)) as alice, pytest.raises(Refused):
        alice.check_login()


def test_it_is_measured_and_its_health_is_known(served: Machine) -> None:
    debug = f"http://127.0.0.1:{served.debug_port}"
    assert b"registry_http_in_flight_requests" in urllib3.request("GET", f"{debug}/metrics").data
    assert urllib3.request("GET", f"{debug}/debug/health").data == b"{}"


def test_in_read_only_mode_pulls_go_on_and_pushes_are_refused(machine: Machine) -> None:
    with machine.serving(), client(machine) as known:
        known.push("acme/app", IMAGE, "v1")
    with machine.serving(READ_ONLY), client(machine) as known:
        assert known.pull("acme/app", "v1").digest == IMAGE.digest
        with pytest.raises(Refused) as refused:
            known.push("acme/app", image("another"), "v2")
        assert refused.value.status == 405
        with pytest.raises(Refused) as refused:
            known.delete_manifest("acme/app", IMAGE.digest)
        assert refused.value.status == 405


def test_the_collection_takes_what_was_deleted_and_leaves_all_else(machine: Machine) -> None:
    several, other = index("self-hosted"), image("deleted")
    with machine.serving(), client(machine) as known:
        known.push("acme/app", several, "v1")
        known.push("acme/app", other, "v2")
        known.delete_manifest("acme/app", other.digest)
    before = blobs(machine)
    with machine.serving(READ_ONLY), client(machine) as known:
        machine.collect()
        assert known.pull("acme/app", "v1").digest == several.digest
    gone = {each.digest.partition(":")[2] for each in (*other.blobs, other.manifest)}
    kept = {each.digest.partition(":")[2] for each in several.images[0].blobs}
    assert gone - kept
    assert before - blobs(machine) == gone - kept


@pytest.fixture
def by_token(tmp_path: Path, identity: Identity) -> Iterator[Machine]:
    rights = {"acme/app": frozenset({"pull", "push"}), "acme/read": frozenset({"pull"})}
    folder = tmp_path / "by-token"
    folder.mkdir()
    with Tokens(identity, rights).served(tmp_path) as realm:
        certificates = (tmp_path / "certificate.pem").read_text(encoding="ascii")
        login = TokenServer(realm=realm, service="test", issuer="tests", certificates=certificates)
        machine = Machine(folder, replace(KEPT, login=login, page=None), identity)
        with machine.serving():
            yield machine


def test_a_token_server_takes_the_place_of_users(by_token: Machine) -> None:
    with client(by_token) as known:
        assert known.push("acme/app", IMAGE, "v1") == IMAGE.digest
        with pytest.raises(Refused) as refused:
            known.push("acme/read", IMAGE, "v1")
        assert refused.value.status == 401


@pytest.fixture
def upstream(request: pytest.FixtureRequest) -> Machine:
    """2.8 logs in by tokens alone; 3.1 gives its login to a token server of the upstream's own domain alone, which is
    on loopback the same port: realmAllowed in registry/proxy/proxyauth.go."""
    version = subprocess.run([PROGRAM, "--version"], capture_output=True, text=True, check=True).stdout
    found: Machine = request.getfixturevalue("by_token" if "/docker/distribution 2." in version else "served")
    return found


def test_a_pull_through_registry_fetches_and_takes_no_push(
    upstream: Machine, tmp_path: Path, identity: Identity
) -> None:
    with client(upstream) as known:
        known.push("acme/app", IMAGE, "v1")
    folder = tmp_path / "cache"
    folder.mkdir()
    proxied = ProxiedRegistry(url=upstream.url, username=USER, days=2)
    cache = Machine(folder, replace(KEPT, page=None, upstream=proxied), identity)
    trusted = {"SSL_CERT_FILE": str(upstream.certificate), UPSTREAM_PASSWORD: SECRET}
    with cache.serving(**trusted), client(cache) as known:
        assert known.pull("acme/app", "v1").digest == IMAGE.digest
        with pytest.raises(Refused) as refused:
            known.push("acme/app", image("another"), "v2")
        assert refused.value.status == 405
    assert blobs(cache)


@pytest.mark.skipif(shutil.which("skopeo") is None, reason="skopeo is not on PATH")
def test_skopeo_stays_at_the_address_that_it_came_by(served: Machine, tmp_path: Path) -> None:
    """Locations are relative; the login is in a file, and in no argument."""
    with client(served) as known:
        known.push("acme/app", IMAGE, "v1")
        host, login = f"127.0.0.1:{served.port}", tmp_path / "login.json"
        entry = {"auths": {host: {"auth": in_base64(f"{USER}:{SECRET}")}}}
        login.write_text(str(entry).replace("'", '"'), encoding="utf-8")
        command = ["skopeo", "copy", "--all", "--preserve-digests", "--authfile", str(login)]
        command += ["--src-tls-verify=false", "--dest-tls-verify=false"]
        command += [f"docker://{host}/acme/app:v1", f"docker://{host}/acme/copy:v1"]
        assert SECRET not in " ".join(command)
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        assert ended.returncode == 0, ended.stderr
        assert known.digest("acme/copy", "v1") == IMAGE.digest
