"""What skopeo, oras and crane copy between two docker-registries, and what `ops copy` does: the same digests."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from oci.client import Client
from oci.image import Image, Index, image, index
from oci.manifest import Blob
from ops.__main__ import main
from tests.cases import cases
from tests.oci.docker_registry import PROGRAM, docker_registry
from tests.oci.referring import signature_of

pytestmark = [pytest.mark.tools, pytest.mark.skipif(shutil.which(PROGRAM) is None, reason=f"{PROGRAM} is not on PATH")]

MADE: dict[str, Image | Index] = {"image": image("beside others", layers=3), "index": index("beside others")}
Copy = Callable[[str, str], list[str]]


def skopeo(source: str, target: str) -> list[str]:
    plain = ("--src-tls-verify=false", "--dest-tls-verify=false")
    return ["skopeo", "copy", "--all", "--preserve-digests", *plain, f"docker://{source}", f"docker://{target}"]


def oras(source: str, target: str) -> list[str]:
    return ["oras", "cp", "--recursive", "--from-plain-http", "--to-plain-http", source, target]


def crane(source: str, target: str) -> list[str]:
    return ["crane", "copy", "--insecure", source, target]


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Two registries; the first has an image and an index, each signed."""
    folders = [tmp_path_factory.mktemp(name) for name in ("source", "target")]
    with docker_registry(folders[0], {}) as source, docker_registry(folders[1], {}) as target:
        with Client(source) as client:
            for name, made in MADE.items():
                client.push("team/app", made, name)
                client.put_blob("team/app", Blob(content=b"{}", media_type=""))
                signed = signature_of(made.manifest, name)
                client.put_manifest("team/app", signed, signed.digest)
        yield source.removeprefix("http://"), target.removeprefix("http://")


@pytest.mark.parametrize("name", MADE)
@cases("peer, referrers", (skopeo, False), (oras, True), (crane, False))
def test_others_copy_the_same(
    hosts: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, peer: Copy, name: str, *, referrers: bool
) -> None:
    if shutil.which(peer.__name__) is None:
        pytest.skip(f"{peer.__name__} is not on PATH")
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    source, theirs, ours = f"{hosts[0]}/team/app:{name}", f"{hosts[1]}/{peer.__name__}/app", f"{hosts[1]}/ours/app"
    subprocess.run(peer(source, f"{theirs}:{name}"), check=True, capture_output=True, env=dict(os.environ), timeout=120)
    assert main(["copy", source, ours]) == 0
    with Client(f"http://{hosts[1]}") as client:
        assert client.digest(f"{peer.__name__}/app", name) == client.digest("ours/app", name) == MADE[name].digest
        found = [client.referrers(each, MADE[name].digest) for each in (f"{peer.__name__}/app", "ours/app")]
        digests = [[each["digest"] for each in some] for some in found]
        signed = [signature_of(MADE[name].manifest, name).digest]
        assert digests == [signed if referrers else [], signed]
    # What they copied is what ours would have: it has nothing left to do.
    assert main(["copy", source, f"{theirs}:{name}", "--check"]) == 0
