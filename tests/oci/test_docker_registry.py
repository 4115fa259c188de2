"""The client at Debian's docker-registry: by htpasswd, and by tokens of a server of ours, over TLS."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from oci.client import Client, Refused
from oci.credentials import Credential
from oci.image import image, index
from oci.manifest import Blob, Layer
from oci.transport import Connection, NotReached
from tests.cases import cases
from tests.oci.docker_registry import HTPASSWD, PROGRAM, Identity, TokenServer, docker_registry
from tests.oci.registry import SECRET, USER

pytestmark = [pytest.mark.tools, pytest.mark.skipif(shutil.which(PROGRAM) is None, reason=f"{PROGRAM} is not on PATH")]

LOGIN = Credential(user=USER, secret=SECRET)
PUSHED = image("docker-registry")


@pytest.fixture(scope="module")
def by_password(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("htpasswd")
    (folder / "htpasswd").write_text(HTPASSWD, encoding="utf-8")
    with docker_registry(folder, {"htpasswd": {"realm": "test", "path": str(folder / "htpasswd")}}) as address:
        yield address


@pytest.fixture(scope="module")
def identity() -> Identity:
    return Identity.made()


@pytest.fixture
def tokens(identity: Identity) -> TokenServer:
    rights = {"acme/app": frozenset({"pull", "push", "delete"}), "acme/read": frozenset({"pull"})}
    return TokenServer(identity, rights)


@pytest.fixture
def by_token(tokens: TokenServer, tmp_path: Path) -> Iterator[str]:
    certificate, key = tokens.identity.write(tmp_path)
    with tokens.served(tmp_path) as realm:
        auth = {"token": {"realm": realm, "service": "test", "issuer": "tests", "rootcertbundle": str(certificate)}}
        with docker_registry(tmp_path, auth, (certificate, key)) as address:
            yield address


def test_an_image_and_an_index_go_in_and_come_out_by_htpasswd(by_password: str) -> None:
    several = index("docker-registry")
    with Client(by_password, LOGIN) as client:
        client.check_login()
        for name, what in (("v1", PUSHED), ("v2", several)):
            assert client.push("acme/app", what, name) == what.digest
            assert client.pull("acme/app", name).digest == what.digest
        assert list(client.tags("acme/app")) == ["v1", "v2"]
        assert "acme/app" in client.repositories()
        assert client.mount("acme/other", PUSHED.blobs[0].digest, "acme/app")
        client.delete_manifest("acme/app", several.digest)
        assert client.digest("acme/app", "v2") is None


@cases("credential", None, Credential(user=USER, secret="wrong"))  # noqa: S106
def test_who_is_not_in_the_file_is_refused(by_password: str, credential: Credential | None) -> None:
    with Client(by_password, credential) as client, pytest.raises(Refused) as refused:
        client.check_login()
    assert (refused.value.status, refused.value.code) == (401, "UNAUTHORIZED")


def test_a_layer_goes_up_in_chunks(by_password: str) -> None:
    with Client(by_password, LOGIN, Connection(chunk_bytes=1000)) as client:
        blob = Blob(content=bytes(range(256)) * 20, media_type="application/octet-stream")
        layer = Layer(digest=blob.digest, size=len(blob.content), foreign=False)
        client.put_chunks("acme/chunks", layer, iter([blob.content[:3333], blob.content[3333:]]))
        client.check_blob("acme/chunks", blob.digest)


def test_a_token_pushes_what_its_user_is_allowed_to_and_no_more(
    by_token: str, tokens: TokenServer, tmp_path: Path
) -> None:
    trusted = Connection(ca_file=tmp_path / "certificate.pem")
    with Client(by_token, LOGIN, trusted) as client:
        assert client.push("acme/app", PUSHED, "v1") == PUSHED.digest
        assert client.pull("acme/app", "v1").digest == PUSHED.digest
        for name in ("acme/read", "acme/other"):
            with pytest.raises(Refused) as refused:
                client.push(name, PUSHED, "v1")
            assert refused.value.status == 401
    assert tokens.given[:2] == ["acme/app:pull", "acme/app:pull,push"]


def test_a_token_that_ends_in_the_middle_is_replaced(by_token: str, tokens: TokenServer, tmp_path: Path) -> None:
    tokens.seconds = -100  # the registry takes a minute of leeway
    with Client(by_token, LOGIN, Connection(ca_file=tmp_path / "certificate.pem")) as client:
        with pytest.raises(Refused):
            client.push("acme/app", PUSHED, "v1")
        tokens.seconds = 300
        assert client.push("acme/app", PUSHED, "v1") == PUSHED.digest


def test_a_certificate_that_is_not_trusted_ends_the_connection(by_token: str) -> None:
    says = r"certificate verify failed: self-signed certificate \(name the"
    with Client(by_token, LOGIN) as client, pytest.raises(NotReached, match=says):
        client.check_login()
