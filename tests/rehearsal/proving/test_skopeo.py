"""A client that we did not write gets the same digests in and out."""

import json
import shutil
import subprocess
from http import HTTPStatus
from pathlib import Path

import pytest

from localcloud.clients import Clients
from localcloud.tests.clouds import fetch
from oci.client import Client
from oci.image import Image, Index, image, index
from rehearsal.proofs.harness.case import Case
from rehearsal.proofs.harness.principals import login
from tests.rehearsal.proving.stacks import Stack

pytestmark = [pytest.mark.tools, pytest.mark.skipif(shutil.which("skopeo") is None, reason="skopeo is not on PATH")]


@pytest.fixture
def case(dev_stack: Stack) -> Case:
    found = dev_stack.case("payments/api")
    assert isinstance(found, Case)
    return found


@pytest.fixture
def password(case: Case, clients: Clients) -> str:
    return login(clients, case.registry.account, case.registry.region)[1]


def skopeo(*arguments: str, check: bool = True) -> str:
    ended = subprocess.run(["skopeo", *arguments], capture_output=True, text=True, check=False, timeout=60)
    assert not check or ended.returncode == 0, ended.stderr
    return ended.stdout + ended.stderr


def layout(folder: Path, what: Image | Index) -> str:
    """The image as a folder of the image layout specification."""
    images = what.images if isinstance(what, Index) else (what,)
    blobs = [what.manifest, *(each.manifest for each in images), *(blob for each in images for blob in each.blobs)]
    (folder / "blobs" / "sha256").mkdir(parents=True)
    for blob in blobs:
        (folder / "blobs" / "sha256" / blob.digest.partition(":")[2]).write_bytes(blob.content)
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}', encoding="utf-8")
    listed = {"schemaVersion": 2, "manifests": [what.manifest.descriptor]}
    (folder / "index.json").write_text(json.dumps(listed), encoding="utf-8")
    return f"oci:{folder}"


@pytest.mark.parametrize("made", [image("skopeo"), index("skopeo")], ids=["image", "index"])
def test_what_skopeo_pushes_comes_back_the_same(case: Case, password: str, tmp_path: Path, made: Image | Index) -> None:
    tag = f"skopeo-{made.digest[7:15]}"
    there = f"docker://{case.host}/{case.name}:{tag}"
    skopeo(
        "copy", "--all", "--preserve-digests", "--dest-tls-verify=false", f"--dest-creds=AWS:{password}",
        layout(tmp_path / "in", made), there,
    )  # fmt: skip
    with Client.on_loopback(case.host, password) as client:
        assert client.pull(case.name, tag).digest == made.digest
    skopeo(
        "copy", "--all", "--preserve-digests", "--src-tls-verify=false", f"--src-creds=AWS:{password}",
        there, f"oci:{tmp_path / 'out'}",
    )  # fmt: skip
    (listed,) = json.loads((tmp_path / "out" / "index.json").read_text())["manifests"]
    assert listed["digest"] == made.digest


def test_skopeo_reports_that_a_tag_is_immutable(case: Case, password: str, tmp_path: Path) -> None:
    with Client.on_loopback(case.host, password) as client:
        client.push(case.name, image("skopeo first"), "skopeo-fixed")
    told = skopeo(
        "copy", "--dest-tls-verify=false", f"--dest-creds=AWS:{password}",
        layout(tmp_path / "in", image("skopeo second")), f"docker://{case.host}/{case.name}:skopeo-fixed",
        check=False,
    )  # fmt: skip
    assert "tag invalid: The image tag 'skopeo-fixed' already exists" in told


def test_skopeo_lists_tags_and_is_refused_without_a_password(case: Case, password: str) -> None:
    with Client.on_loopback(case.host, password) as client:
        client.push(case.name, image("skopeo listed"), "skopeo-listed")
    repository = f"docker://{case.host}/{case.name}"
    told = json.loads(skopeo("list-tags", "--tls-verify=false", f"--creds=AWS:{password}", repository))
    assert "skopeo-listed" in told["Tags"]
    assert "unauthorized" in skopeo("list-tags", "--tls-verify=false", "--no-creds", repository, check=False).lower()
    assert fetch(f"http://{case.host}/v2/{case.name}/tags/list").status == HTTPStatus.UNAUTHORIZED
