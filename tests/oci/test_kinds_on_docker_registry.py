"""Every kind's login, as `login-help` prints it, typed into real clients: at docker-registry with tokens of ours."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import pytest

from domain.registries.kind import RegistryKind, Support
from domain.registries.table import KINDS
from oci.client import Client, Refused
from oci.credentials import Credential, DockerLogins
from oci.image import index
from oci.manifest import Blob
from oci.transport import Connection
from ops.login_help.login_lines import CLIENTS, shell_lines
from tests.oci.docker_registry import PROGRAM, Identity, TokenServer, docker_registry
from tests.oci.referring import signature_of
from tests.oci.registry import SECRET

pytestmark = [pytest.mark.tools, pytest.mark.skipif(shutil.which(PROGRAM) is None, reason=f"{PROGRAM} is not on PATH")]

PUSHED = index("kinds")
every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.id)
every_client = pytest.mark.parametrize(
    "client",
    [
        pytest.param(each, marks=pytest.mark.skipif(shutil.which(each) is None, reason=f"{each} is not on PATH"))
        for each in CLIENTS
    ],
)


@dataclass(frozen=True, slots=True)
class Served:
    """A registry that takes the tokens of one server."""

    host: str
    tokens: TokenServer
    certificate: Path

    def client(self, credential: Credential) -> Client:
        return Client(f"https://{self.host}", credential, Connection(ca_file=self.certificate))


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("kinds")
    tokens = TokenServer(Identity.made(), {})
    certificate, key = tokens.identity.write(folder)
    with tokens.served(folder) as realm:
        auth = {"token": {"realm": realm, "service": "test", "issuer": "tests", "rootcertbundle": str(certificate)}}
        with docker_registry(folder, auth, (certificate, key)) as address:
            yield Served(address.removeprefix("https://"), tokens, certificate)


def typed(kind: RegistryKind, served: Served, client: str, folder: Path, secret: str) -> tuple[int, DockerLogins]:
    """The lines as a person types them, with the clouds' own commands played; where the client keeps the login."""
    programs = folder / "programs"
    programs.mkdir()
    for name in ("aws", "gcloud", "az"):
        (programs / name).write_text('#!/bin/sh\nprintf %s "$PLAYED"\n', encoding="utf-8")
        (programs / name).chmod(0o755)
    kept = {"DOCKER_CONFIG": str(folder), "REGISTRY_AUTH_FILE": str(folder / "config.json")}
    lines = shell_lines(kind, served.host, [client])
    ran = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {lines}"], input=f"{secret}\n", capture_output=True, text=True, check=False,
        env={
            **kept, "PATH": f"{programs}:{os.environ['PATH']}", "HOME": str(folder), "PLAYED": secret,
            "SSL_CERT_FILE": str(served.certificate),
        },
    )  # fmt: skip
    assert secret not in lines + ran.stdout + ran.stderr
    return ran.returncode, DockerLogins(environment=kept, home=folder)


@every_kind
@every_client
def test_the_lines_log_in_and_what_is_kept_pushes_and_pulls(
    kind: RegistryKind, client: str, served: Served, tmp_path: Path
) -> None:
    name = kind.image.lower()
    served.tokens.user, served.tokens.rights = kind.login.user, {name: frozenset({"pull", "push"})}
    _, logins = typed(kind, served, client, tmp_path, SECRET)
    found = logins.credential(served.host, name)
    assert found == Credential(user=kind.login.user, secret=SECRET)
    with served.client(found) as images:
        assert images.push(name, PUSHED, "v1") == PUSHED.digest
        assert images.pull(name, "v1").digest == PUSHED.digest
        images.put_blob(name, Blob(content=b"{}", media_type=""))
        signature = signature_of(PUSHED.manifest, "signature")
        images.put_manifest(name, signature, signature.digest)
        assert [each["digest"] for each in images.referrers(name, PUSHED.digest)] == [signature.digest]
        with pytest.raises(Refused) as refused:
            images.push("somebody/else", PUSHED, "v1")
        assert refused.value.status == 401


@every_kind
def test_what_the_kind_lacks_its_tokens_do_not_allow(kind: RegistryKind, served: Served) -> None:
    """A deletion and the catalog, as the row says; the referrers API docker-registry lacks itself."""
    name, has = kind.image.lower(), (Support.YES, Support.OPTIONAL)
    deletes, lists = kind.deletion.support in has, kind.catalog.support in has
    served.tokens.user = kind.login.user
    served.tokens.rights = {
        name: frozenset({"pull", "push", *(["delete"] if deletes else [])}),
        "catalog": frozenset("*" if lists else ""),
    }
    with served.client(Credential(user=kind.login.user, secret=SECRET)) as images:
        images.push(name, PUSHED, "v2")
        with nullcontext() if lists else pytest.raises(Refused, match="UNAUTHORIZED"):
            assert name in images.repositories()
        with nullcontext() if deletes else pytest.raises(Refused, match="UNAUTHORIZED"):
            images.delete_manifest(name, PUSHED.digest)
        assert (images.digest(name, "v2") is None) is deletes


@every_client
def test_a_wrong_token_is_told_and_kept_nowhere(client: str, served: Served, tmp_path: Path) -> None:
    kind = KINDS[0]
    served.tokens.user = kind.login.user
    code, logins = typed(kind, served, client, tmp_path, "wrong-canary")
    assert code != 0
    assert logins.credential(served.host) is None


@every_kind
def test_another_kinds_user_is_refused(kind: RegistryKind, served: Served) -> None:
    served.tokens.user = kind.login.user
    other = next(each.login.user for each in KINDS if each.login.user != kind.login.user)
    with served.client(Credential(user=other, secret=SECRET)) as images, pytest.raises(Refused) as refused:
        images.check_login()
    assert refused.value.status == 401
