"""What goes into a registry comes out of it, whichever way a client sends it."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.ecr.account import BLOB_MOUNTING
from domain.ecr.images import DOCKER_LIST, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST, digest_of
from domain.ecr.tags import TagMutability
from localcloud.tests.cases import case, cases
from localcloud.tests.ecr.registry_server import REPOSITORY, Server, encoded, image, nested

LAYER = bytes(range(256)) * 40
DIGEST = digest_of(LAYER)
BLOB = f"/v2/{REPOSITORY}/blobs/{DIGEST}"
UPLOADS = f"/v2/{REPOSITORY}/blobs/uploads/"
MANIFESTS = f"/v2/{REPOSITORY}/manifests"


def index_of(*digests: str, media_type: str = OCI_INDEX) -> dict[str, Any]:
    described = [{"mediaType": OCI_MANIFEST, "digest": each, "size": 500} for each in digests]
    return {"schemaVersion": 2, "mediaType": media_type, "manifests": described}


def monolithic_post(server: Server) -> None:
    assert server.ask("POST", f"{UPLOADS}?digest={DIGEST}", LAYER).status == 201


def monolithic_put(server: Server) -> None:
    answer = server.ask("PUT", f"{server.start_upload()}?digest={DIGEST}", LAYER)
    assert (answer.status, answer.headers["Docker-Content-Digest"]) == (201, DIGEST)
    assert server.ask("GET", answer.headers["Location"]).body == LAYER


def streamed(server: Server) -> None:
    place = server.start_upload()
    assert server.ask("PATCH", place, iter([LAYER[:7], LAYER[7:]])).status == 202
    assert server.ask("PUT", f"{place}?digest={DIGEST.replace(':', '%3A')}").status == 201


def chunked(server: Server) -> None:
    place = server.start_upload()
    first = server.ask("PATCH", place, LAYER[:4000], {"Content-Range": "0-3999"})
    assert (first.status, first.headers["Range"]) == (202, "0-3999")
    middle = server.ask("PATCH", place, LAYER[4000:9000], {"Content-Range": "4000-8999"})
    assert (middle.status, middle.headers["Range"]) == (202, "0-8999")
    last = {"Content-Range": f"9000-{len(LAYER) - 1}"}
    assert server.ask("PUT", f"{place}?digest={DIGEST}", LAYER[9000:], last).status == 201


@cases("push", monolithic_post, monolithic_put, streamed, chunked)
def test_a_layer_comes_back_as_it_was_sent(server: Server, push) -> None:  # type: ignore[no-untyped-def]
    push(server)
    looked, got = server.ask("HEAD", BLOB), server.ask("GET", BLOB)
    assert (looked.status, looked.body, looked.headers["Content-Length"]) == (200, b"", str(len(LAYER)))
    assert (got.status, got.body, got.headers["Etag"]) == (200, LAYER, looked.headers["Etag"])
    named = got.headers["Docker-Content-Digest"], got.headers["Content-Type"]
    assert named == (DIGEST, "application/octet-stream")
    assert not list((server.folder / "uploads").iterdir())


@given(st.lists(st.integers(1, len(LAYER) - 1), unique=True, max_size=6).map(sorted), st.booleans())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_split_into_chunks_gives_the_same_layer(server: Server, cuts: list[int], said: bool) -> None:
    server.registry.repositories[REPOSITORY].layers.clear()
    place = server.start_upload()
    for start, end in zip([0, *cuts], [*cuts, len(LAYER)], strict=True):
        headers = {"Content-Range": f"{start}-{end - 1}"} if said else {}
        assert server.ask("PATCH", place, LAYER[start:end], headers).status == 202
    assert server.ask("PUT", f"{place}?digest={DIGEST}").status == 201
    assert server.ask("GET", BLOB).body == LAYER


def test_an_upload_says_how_far_it_is(server: Server) -> None:
    place = server.start_upload()
    server.ask("PATCH", place, LAYER[:1000])
    status = server.ask("GET", place)
    assert (status.status, status.headers["Range"], status.headers["Location"]) == (204, "0-999", place)


def test_an_upload_that_was_cancelled_is_gone(server: Server) -> None:
    place = server.start_upload()
    server.ask("PATCH", place, LAYER[:1000])
    assert server.ask("DELETE", place).status == 204
    assert server.ask("GET", place).code == "BLOB_UPLOAD_UNKNOWN"
    assert not list((server.folder / "uploads").iterdir())


@cases(
    "requested, status, first, end",
    ("bytes=0-0", 206, 0, 1),
    ("bytes=500-1499", 206, 500, 1500),
    ("bytes=9000-", 206, 9000, len(LAYER)),
    ("bytes=-500", 206, len(LAYER) - 500, len(LAYER)),
    ("bytes=9000-99999", 206, 9000, len(LAYER)),
    (f"bytes={len(LAYER)}-", 416, 0, 0),
    ("bytes=500-0", 416, 0, 0),
)
def test_a_part_of_a_layer(server: Server, requested: str, status: int, first: int, end: int) -> None:
    server.push_blob(LAYER)
    answer = server.ask("GET", BLOB, headers={"Range": requested})
    assert (answer.status, answer.body) == (status, LAYER[first:end])
    if status == 206:
        assert answer.headers["Content-Range"] == f"bytes {first}-{end - 1}/{len(LAYER)}"


@cases("media_type", OCI_MANIFEST, DOCKER_MANIFEST)
def test_an_image_comes_back_by_tag_and_by_digest(server: Server, media_type: str) -> None:
    server.push_blob(b"{}")
    server.push_blob(LAYER)
    manifest = image(LAYER, mediaType=media_type)
    digest = digest_of(encoded(manifest))
    pushed = server.push_manifest(manifest, "v1")
    assert (pushed.status, pushed.headers["Docker-Content-Digest"]) == (201, digest)
    for reference in ("v1", digest, digest.replace(":", "%3a")):
        looked, got = (server.ask(method, f"{MANIFESTS}/{reference}") for method in ("HEAD", "GET"))
        assert (got.status, got.body) == (200, encoded(manifest))
        assert (looked.status, looked.headers["Content-Length"]) == (200, str(len(got.body)))
        assert looked.headers["Content-Type"] == got.headers["Content-Type"] == media_type
        assert looked.headers["Docker-Content-Digest"] == got.headers["Docker-Content-Digest"] == digest
    assert server.ask("GET", pushed.headers["Location"]).body == encoded(manifest)


def test_a_manifest_without_content_type_says_itself_what_it_is_and_by_digest_it_has_no_tag(server: Server) -> None:
    server.push_blob(b"{}")
    place = f"{MANIFESTS}/{digest_of(encoded(image()))}"
    assert server.ask("PUT", place, encoded(image())).status == 201
    assert server.ask("GET", place).headers["Content-Type"] == OCI_MANIFEST
    assert server.registry.repositories[REPOSITORY].tagged == {}


@cases("media_type", OCI_INDEX, DOCKER_LIST)
def test_an_index_comes_back_and_names_its_images(server: Server, media_type: str) -> None:
    index = index_of(*(server.push_image(tag, tag.encode()) for tag in ("amd64", "arm64")), media_type=media_type)
    assert server.push_manifest(index, "all").status == 201
    got = server.ask("GET", f"{MANIFESTS}/all")
    assert (got.body, got.headers["Content-Type"]) == (encoded(index), media_type)


def test_a_pull_is_recorded_and_a_look_is_not(server: Server) -> None:
    digest = server.push_image("v1")
    pushed = server.registry.repositories[REPOSITORY].images[digest]
    server.ask("HEAD", f"{MANIFESTS}/v1")
    assert pushed.pulled_at is None
    server.ask("GET", f"{MANIFESTS}/v1")
    assert pushed.pulled_at is not None


def test_an_immutable_tag_stays_and_an_excluded_one_moves(server: Server) -> None:
    server.repository(mutability=TagMutability.IMMUTABLE_WITH_EXCLUSION, exclusions=("latest",))
    for tag in ("v1", "latest"):
        server.push_image(tag)
    digest = server.push_image("latest", b"another layer")
    assert server.ask("HEAD", f"{MANIFESTS}/latest").headers["Docker-Content-Digest"] == digest
    answer = server.push_manifest(image(b"another layer"), "v1")
    there = f"The image tag 'v1' already exists in the '{REPOSITORY}' repository"
    text = f"{there} and cannot be overwritten because the tag is immutable."
    assert (answer.status, answer.errors) == (400, [("TAG_INVALID", text)])
    assert server.push_manifest(image(b"a layer"), "v1").status == 201  # the same image is no other


class TestTags:
    @pytest.fixture(autouse=True)
    def tagged(self, server: Server) -> None:
        for tag in ("v10", "v2", "a", "v1"):
            server.push_image(tag)

    def test_all_in_order(self, server: Server) -> None:
        answer = server.ask("GET", f"/v2/{REPOSITORY}/tags/list")
        assert answer.json == {"name": REPOSITORY, "tags": ["a", "v1", "v10", "v2"]}
        full = server.ask("GET", f"/v2/{REPOSITORY}/tags/list?n=4")  # a last page that is full
        assert "Link" not in {*answer.headers, *full.headers}
        assert server.ask("GET", f"/v2/{REPOSITORY}/tags/list?last=v11").json["tags"] == ["v2"]

    def test_page_by_page(self, server: Server) -> None:
        place, pages = f"/v2/{REPOSITORY}/tags/list?n=3", []
        while place:
            answer = server.ask("GET", place)
            pages.append(answer.json["tags"])
            place = answer.headers.get("Link", "").partition(">")[0].removeprefix("<")
        assert pages == [["a", "v1", "v10"], ["v2"]]

    def test_a_hundred_at_a_time_unless_more_are_requested(self, server: Server) -> None:
        repository = server.registry.repositories[REPOSITORY]
        repository.tagged |= {f"t{number:03}": repository.tagged["a"] for number in range(200)}
        answer = server.ask("GET", f"/v2/{REPOSITORY}/tags/list")
        assert len(answer.json["tags"]) == 100
        assert 'rel="next"' in answer.headers["Link"]
        assert len(server.ask("GET", f"/v2/{REPOSITORY}/tags/list?n=1000").json["tags"]) == 204

    @cases("number, code", ("1001", "UNSUPPORTED"), ("0", "UNSUPPORTED"), ("x", "PAGINATION_NUMBER_INVALID"))
    def test_numbers_that_are_refused(self, server: Server, number: str, code: str) -> None:
        assert server.ask("GET", f"/v2/{REPOSITORY}/tags/list?n={number}").code == code


def test_the_repositories_of_the_registry_are_listed_page_by_page(server: Server) -> None:
    names = [REPOSITORY, *(f"more/{number}" for number in range(4))]
    one = server.registry.repositories[REPOSITORY]
    server.registry.repositories.update({name: replace(one, name=name) for name in names})
    assert server.ask("GET", "/v2/_catalog").json == {"repositories": sorted(names)}
    place, pages = "/v2/_catalog?n=3", []
    while place:
        answer = server.ask("GET", place)
        pages.append(answer.json["repositories"])
        place = answer.headers.get("Link", "").partition(">")[0].removeprefix("<")
    assert pages == [sorted(names)[:3], sorted(names)[3:]]
    refused = server.ask("GET", "/v2/_catalog?n=1001")
    text = (
        "Invalid parameter at 'maxResults' failed to satisfy constraint: 'Member must have value less than or equal to"
    )
    assert refused.errors[0][0] == "UNSUPPORTED"
    assert refused.errors[0][1].startswith(text)
    assert server.ask("POST", "/v2/_catalog").code == "UNSUPPORTED"


class TestReferrers:
    @pytest.fixture
    def subject(self, server: Server) -> str:
        digest = server.push_image("v1")
        subject = {"mediaType": OCI_MANIFEST, "digest": digest, "size": 500}
        for kind in ("test/signature", "test/sbom"):
            manifest = image(artifactType=kind, subject=subject, annotations={"made.by": kind})
            answer = server.push_manifest(manifest, digest_of(encoded(manifest)))
            assert (answer.status, answer.headers["OCI-Subject"]) == (201, digest)
        return digest

    def test_all_of_them(self, server: Server, subject: str) -> None:
        answer = server.ask("GET", f"/v2/{REPOSITORY}/referrers/{subject}")
        assert answer.headers["Content-Type"] == answer.json["mediaType"] == OCI_INDEX
        assert answer.json["schemaVersion"] == 2
        for each in answer.json["manifests"]:
            content = server.ask("GET", f"{MANIFESTS}/{each['digest']}")
            assert (each["size"], each["mediaType"]) == (len(content.body), OCI_MANIFEST)
            assert each["annotations"] == {"made.by": each["artifactType"]}
        assert {each["artifactType"] for each in answer.json["manifests"]} == {"test/signature", "test/sbom"}

    def test_of_one_type(self, server: Server, subject: str) -> None:
        answer = server.ask("GET", f"/v2/{REPOSITORY}/referrers/{subject}?artifactType=test/sbom")
        assert answer.headers["OCI-Filters-Applied"] == "artifactType"
        assert [each["artifactType"] for each in answer.json["manifests"]] == ["test/sbom"]

    def test_with_annotations_that_are_none(self, server: Server) -> None:
        """Only texts under texts are listed, however deep the rest is nested."""
        subject = {"mediaType": OCI_MANIFEST, "digest": server.push_image("v1"), "size": 500}
        for depth in (1, 300, 700, 900):
            manifest = image(subject=subject, annotations={"a": "nested", "made.by": "us"}, artifactType=f"of/{depth}")
            sent = encoded(manifest).replace(b'"nested"', nested(depth).encode())
            assert server.ask("PUT", f"{MANIFESTS}/signature", sent, {"Content-Type": OCI_MANIFEST}).status == 201
            answer = server.ask("GET", f"/v2/{REPOSITORY}/referrers/{subject['digest']}")
            assert answer.status == 200
            assert {str(each["annotations"]) for each in answer.json["manifests"]} == {"{'made.by': 'us'}"}

    def test_none(self, server: Server) -> None:
        answer = server.ask("GET", f"/v2/{REPOSITORY}/referrers/{digest_of(b'nothing')}")
        assert (answer.status, answer.json["manifests"]) == (200, [])
        assert server.ask("GET", f"/v2/{REPOSITORY}/referrers/v1").code == "DIGEST_INVALID"


def test_an_image_is_deleted_and_neither_one_of_an_index_nor_a_layer(server: Server) -> None:
    child, alone = server.push_image("v1", LAYER), server.push_image("v2")
    server.push_manifest(index_of(child), "all")
    for path in (BLOB, f"{MANIFESTS}/{child}"):
        answer = server.ask("DELETE", path)
        assert (answer.status, answer.code) == (405, "UNSUPPORTED")
        assert server.ask("GET", path).status == 200
    assert server.ask("DELETE", f"{MANIFESTS}/{alone}").status == 202
    assert server.ask("GET", f"{MANIFESTS}/v2").code == "MANIFEST_UNKNOWN"


class TestMounting:
    """https://docs.aws.amazon.com/AmazonECR/latest/userguide/blob-mounting.html"""

    TARGET = "payments/web"

    @pytest.fixture(autouse=True)
    def shared(self, server: Server) -> None:
        server.repository(self.TARGET)
        server.registry.settings[BLOB_MOUNTING] = "ENABLED"
        server.push_image("v1", LAYER)

    def mounted(self, server: Server, source: str = f"&from={REPOSITORY}", digest: str = DIGEST) -> bool:
        answer = server.ask("POST", f"/v2/{self.TARGET}/blobs/uploads/?mount={digest}{source}")
        visible = server.ask("GET", f"/v2/{self.TARGET}/blobs/{digest}").status == 200
        assert (answer.status, visible) in {(201, True), (202, False)}
        if answer.status == 202:
            content = LAYER if digest == DIGEST else b"alone"
            assert server.ask("PUT", f"{answer.headers['Location']}?digest={digest}", content).status == 201
        return visible

    def test_a_layer_of_another_repository(self, server: Server) -> None:
        assert self.mounted(server)
        assert server.ask("GET", f"/v2/{self.TARGET}/blobs/{DIGEST}").body == LAYER

    def test_not_unless_the_registry_does_it(self, server: Server) -> None:
        server.registry.settings[BLOB_MOUNTING] = "DISABLED"
        assert not self.mounted(server)

    def test_not_between_keys(self, server: Server) -> None:
        server.registry.repositories[self.TARGET].encryption_type = "KMS"
        assert not self.mounted(server)

    @cases("source", case("no source", ""), case("a repository that is not there", "&from=payments/nothing"))
    def test_not_from(self, server: Server, source: str) -> None:
        assert not self.mounted(server, source)

    def test_not_a_layer_that_no_image_there_has(self, server: Server) -> None:
        assert not self.mounted(server, digest=server.push_blob(b"alone"))


def test_a_layer_is_seen_only_where_it_was_pushed(server: Server) -> None:
    server.repository("payments/web")
    server.push_blob(LAYER)
    for method in ("GET", "HEAD"):
        assert server.ask(method, f"/v2/payments/web/blobs/{DIGEST}").status == 404
    server.push_blob(LAYER, "payments/web")
    assert server.ask("GET", f"/v2/payments/web/blobs/{DIGEST}").body == LAYER


def test_every_answer_names_the_api(server: Server) -> None:
    server.push_blob(LAYER)
    for path in ("/v2/", BLOB, f"{MANIFESTS}/nothing"):
        assert server.ask("GET", path).headers["Docker-Distribution-Api-Version"] == "registry/2.0"
