"""`python -m ops copy` between registries that differ, and what is in the way."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from domain.ecr.images import digest_of
from oci.image import image, index
from oci.manifest import Blob
from tests.cases import cases
from tests.oci.referring import signature_of
from tests.ops.registry_pair import RegistryPair, registry_pair

PUSHED = image("copied", layers=3)


@pytest.fixture
def copies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[RegistryPair]:
    with registry_pair(tmp_path, monkeypatch, capsys) as pair:
        with pair.client(pair.source) as client:
            client.push("acme/app", PUSHED, "v1")
        yield pair


def test_an_image_arrives_with_its_digest_and_a_second_run_sends_nothing(copies: RegistryPair) -> None:
    assert copies.run("copy", "SOURCE/acme/app:v1", "TARGET/mirror/app") == 0
    assert copies.target.tags["mirror/app"] == {"v1": PUSHED.digest}
    with copies.client(copies.target) as client:
        assert client.pull("mirror/app", "v1").blobs == tuple(each.digest for each in PUSHED.blobs)
    assert copies.out.startswith(f"TARGET/mirror/app:v1@{PUSHED.digest}: 1 manifest, 4 layers (")
    copies.target.seen.clear()
    assert copies.run("copy", "SOURCE/acme/app:v1", "TARGET/mirror/app") == 0
    assert {each.method for each in copies.target.seen} <= {"HEAD", "GET"}


def test_an_index_arrives_whole_and_under_another_tag(copies: RegistryPair) -> None:
    several = index("copied")
    with copies.client(copies.source) as client:
        client.push("acme/app", several, "v2")
    assert copies.run("copy", f"SOURCE/acme/app@{several.digest}", "TARGET/app:stable") == 0
    assert copies.target.tags["app"] == {"stable": several.digest}
    held = {digest for name, digest in copies.target.manifests if name == "app"}
    assert held == {several.digest, *(each.digest for each in several.images)}


def test_what_refers_to_an_image_comes_along(copies: RegistryPair) -> None:
    sbom = signature_of(PUSHED.manifest, "sbom")
    signed = signature_of(sbom, "signature of the sbom")
    with copies.client(copies.source) as client:
        client.put_blob("acme/app", Blob(content=b"{}", media_type=""))
        for each in (sbom, signed):
            client.put_manifest("acme/app", each, each.digest)
    assert copies.run("copy", "SOURCE/acme/app:v1", "TARGET/app", "--no-referrers") == 0
    assert ("app", sbom.digest) not in copies.target.manifests
    assert copies.run("copy", "SOURCE/acme/app:v1", "TARGET/app") == 0
    with copies.client(copies.target) as client:
        assert [each["digest"] for each in client.referrers("app", PUSHED.digest)] == [sbom.digest]
        assert [each["digest"] for each in client.referrers("app", sbom.digest)] == [signed.digest]


def test_a_check_copies_nothing_and_ends_with_1_where_there_is_drift(copies: RegistryPair) -> None:
    assert copies.run("copy", "SOURCE/acme/app:v1", "TARGET/app", "--check") == 1
    assert copies.out == f"different: TARGET/app:v1 does not exist, and SOURCE/acme/app:v1 is {PUSHED.digest}\n"
    assert copies.target.manifests == {}
    assert copies.run("copy", "SOURCE/acme/app:v1", "TARGET/app") == 0
    assert copies.run("copy", "SOURCE/acme/app:v1", "TARGET/app", "--check") == 0
    assert copies.out == f"same: TARGET/app:v1 is {PUSHED.digest}\n"


def test_a_tag_that_names_another_image_moves_only_when_it_is_asked_for(copies: RegistryPair) -> None:
    other = image("other", layers=1)
    with copies.client(copies.target) as client:
        client.push("app", other, "v1")
    assert copies.run("copy", "SOURCE/acme/app:v1", "TARGET/app") == 1
    assert copies.error.startswith(
        f"TARGET/app:v1 is {other.digest}, and SOURCE/acme/app:v1 is {PUSHED.digest} (--move"
    )
    assert copies.target.tags["app"] == {"v1": other.digest}
    assert copies.run("copy", "SOURCE/acme/app:v1", "TARGET/app", "--move") == 0
    tags = copies.target.tags["app"]
    assert tags.pop("v1") == PUSHED.digest
    ((name, kept),) = tags.items()
    assert (name[:10], kept) == ("v1.before-", other.digest)


@cases(
    "source, target, code, says",
    ("SOURCE/acme/app", "TARGET/app", 2, "names no image (add :TAG or @DIGEST)"),
    ("SOURCE/Acme/App:v1", "TARGET/app", 2, "write 'acme/app'"),
    ("SOURCE/acme/app:v1", f"TARGET/app@{PUSHED.digest}", 2, "a copy has the source's"),
    ("SOURCE/acme/app:v2", "TARGET/app", 1, "SOURCE/acme/app:v2 does not exist"),
    (f"SOURCE/acme/app@{digest_of(b'absent')}", "TARGET/app", 1, "does not exist"),
    ("SOURCE/acme/app:v1", f"{'1' * 12}.dkr.ecr.us-esat-1.amazonaws.com/app", 1, "'us-esat-1' is not a region with"),
)
def test_what_can_not_be_copied_says_why(copies: RegistryPair, source: str, target: str, code: int, says: str) -> None:
    assert copies.run("copy", source, target) == code
    assert says in copies.error
    assert copies.target.manifests == {}


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ops.copy.patience.WAITS", (0.0, 0.0))


@pytest.mark.usefixtures("impatient")
@cases("status", 429, 500, 503)
def test_a_registry_that_is_busy_is_asked_again(copies: RegistryPair, status: int) -> None:
    copies.target.quirks.failures = [(status, {"Retry-After": "0"})] * 2
    assert copies.run("copy", "SOURCE/acme/app:v1", "TARGET/app") == 0


@pytest.mark.usefixtures("impatient")
def test_a_registry_that_stays_busy_ends_the_run_and_the_next_one_goes_on(copies: RegistryPair) -> None:
    copies.target.quirks.failures = [(503, {})] * 3
    assert copies.run("copy", "SOURCE/acme/app:v1", "TARGET/app") == 1
    assert copies.error == "503: Service Unavailable\n"
    copies.target.quirks.failures = []
    assert copies.run("copy", "SOURCE/acme/app:v1", "TARGET/app") == 0


@pytest.mark.usefixtures("impatient")
def test_a_layer_that_lies_about_its_digest_is_not_kept(copies: RegistryPair) -> None:
    layer = PUSHED.blobs[-1]
    copies.source.blobs["acme/app", layer.digest] = layer.content[:-1] + b"x"
    assert copies.run("copy", "SOURCE/acme/app:v1", "TARGET/app", "--format", "json") == 1
    (failed,) = [each for each in json.loads(copies.out)["failed"] if layer.digest in each]
    assert "came as sha256:" in failed or "400" in failed
    assert copies.target.manifests == {}


@pytest.mark.usefixtures("impatient")
@cases("cuts, code", (1, 0), (50, 1))
def test_a_connection_that_breaks_in_a_layer_leaves_nothing_half_written(
    copies: RegistryPair, cuts: int, code: int
) -> None:
    copies.source.quirks.cuts = cuts
    assert copies.run("copy", "SOURCE/acme/app:v1", "TARGET/app") == code
    assert bool(copies.target.tags.get("app")) is (code == 0)
    copies.source.quirks.cuts = 0
    assert copies.run("copy", "SOURCE/acme/app:v1", "TARGET/app") == 0


@pytest.mark.usefixtures("impatient")
def test_a_registry_that_can_store_no_more_says_so_and_the_next_run_goes_on(copies: RegistryPair) -> None:
    copies.target.quirks.full_after = 2
    assert copies.run("copy", "SOURCE/acme/app:v1", "TARGET/app") == 1
    assert copies.out.splitlines()[1].endswith(": 500 UNKNOWN: no space left on device")
    assert (copies.target.manifests, len(copies.target.blobs)) == ({}, 2)
    copies.target.quirks.full_after = None
    assert copies.run("copy", "SOURCE/acme/app:v1", "TARGET/app") == 0


@pytest.mark.usefixtures("impatient")
def test_a_host_that_does_not_exist_is_named_at_once(copies: RegistryPair) -> None:
    assert copies.run("copy", "registry.invalid/app:v1", "TARGET/app") == 1
    assert copies.error == "registry.invalid: there is no host of this name\n"
    assert copies.run("copy", "127.0.0.1:1/app:v1", "TARGET/app") == 1
    assert "Connection refused" in copies.error
    assert len(copies.error.splitlines()) == 1
