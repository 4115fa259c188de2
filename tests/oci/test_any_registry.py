"""The client at registries that differ in how one logs in, where they keep layers, and what they lack."""

import json
from collections.abc import Iterator

import pytest

from domain.ecr.images import OCI_MANIFEST, digest_of
from oci.challenge import Challenge
from oci.client import Client, Refused
from oci.credentials import Credential
from oci.image import image
from oci.manifest import Blob, Corrupt, Layer
from oci.transport import Connection, NotReached, RateLimit, Transport
from tests.cases import cases
from tests.oci.referring import signature_of
from tests.oci.registry import SECRET, USER, AwkwardRegistry, registry

LOGIN = Credential(user=USER, secret=SECRET)
PUSHED = image("any registry", layers=2)


@pytest.fixture
def by_token() -> Iterator[AwkwardRegistry]:
    with registry(scheme="bearer") as made:
        yield made


@cases("scheme", None, "basic", "bearer")
def test_an_image_is_pushed_and_pulled_by_each_kind_of_login(scheme: str | None) -> None:
    with registry(scheme=scheme) as there, Client(there.address, LOGIN) as client:
        assert client.push("acme/app", PUSHED, "v1") == PUSHED.digest
        assert client.pull("acme/app", "v1").blobs == tuple(each.digest for each in PUSHED.blobs)
        assert client.digest("acme/app", "v1") == PUSHED.digest
        assert client.digest("acme/app", "v2") is None


def test_a_password_goes_to_the_token_server_alone(by_token: AwkwardRegistry) -> None:
    with Client(by_token.address, LOGIN) as client:
        client.push("acme/app", PUSHED, "v1")
    logins = {(each.path.startswith("/token"), (each.authorization or "-").split()[0]) for each in by_token.seen}
    assert logins == {(True, "Basic"), (False, "-"), (False, "Bearer")}


def test_a_token_is_asked_for_once_for_each_scope(by_token: AwkwardRegistry) -> None:
    with Client(by_token.address, LOGIN) as client:
        client.push("acme/app", PUSHED, "v1")
        client.pull("acme/app", "v1")
        client.pull("acme/app", "v1")
    asked = [each.path for each in by_token.seen if each.path.startswith("/token")]
    assert asked == [
        "/token?service=test%2C+registry&scope=repository%3Aacme%2Fapp%3Apull",
        "/token?service=test%2C+registry&scope=repository%3Aacme%2Fapp%3Apull%2Cpush",
    ]


def test_a_token_that_the_registry_takes_no_longer_is_replaced(by_token: AwkwardRegistry) -> None:
    with Client(by_token.address, LOGIN) as client:
        client.push("acme/app", PUSHED, "v1")
        by_token.tokens.clear()
        assert client.pull("acme/app", "v1").digest == PUSHED.digest


def test_an_identity_token_is_exchanged_and_not_shown_to_the_registry(by_token: AwkwardRegistry) -> None:
    by_token.quirks.identity_token = SECRET
    with Client(by_token.address, Credential(user="", secret=SECRET, is_identity_token=True)) as client:
        client.push("acme/app", PUSHED, "v1")
    assert {SECRET.encode() in each.body for each in by_token.seen if not each.path.startswith("/token")} == {False}


def test_what_is_public_is_pulled_without_a_login(by_token: AwkwardRegistry) -> None:
    by_token.quirks.anonymous = frozenset({"acme/app"})
    with Client(by_token.address, LOGIN) as client:
        client.push("acme/app", PUSHED, "v1")
    with Client(by_token.address) as client:
        assert client.pull("acme/app", "v1").digest == PUSHED.digest
        with pytest.raises(Refused) as refused:
            client.put_blob("acme/app", Blob(content=b"new", media_type="text/plain"))
    assert (refused.value.status, refused.value.code) == (401, "UNAUTHORIZED")


@cases("scheme", "basic", "bearer")
def test_a_wrong_password_is_refused_once_and_not_repeated(scheme: str) -> None:
    wrong = Credential(user=USER, secret="wrong-canary")  # noqa: S106
    with registry(scheme=scheme) as there, Client(there.address, wrong) as client:
        with pytest.raises(Refused, match="incorrect username or password" if scheme == "bearer" else "required") as no:
            client.manifest("acme/app", "v1")
        assert no.value.status == 401
        assert "canary" not in f"{no.value}{no.value!r}{wrong}"
        assert len(there.seen) == 2
        with pytest.raises(Refused):
            client.manifest("acme/app", "v1")
        assert len(there.seen) == 3


def test_a_scope_that_the_registry_names_is_asked_for_as_well(by_token: AwkwardRegistry) -> None:
    by_token.quirks.other_scope = "repository:acme/quota:pull"
    with Client(by_token.address, LOGIN) as client:
        assert client.push("acme/app", PUSHED, "v1") == PUSHED.digest


def test_a_layer_in_storage_is_fetched_without_the_login() -> None:
    with registry() as storage, registry(scheme="bearer", storage=storage) as there:
        with Client(there.address, LOGIN) as client:
            client.push("acme/app", PUSHED, "v1")
            assert client.pull("acme/app", "v1").digest == PUSHED.digest
        assert {each.authorization for each in storage.seen} == {None}
        assert len(storage.seen) >= len(PUSHED.blobs)


def test_a_login_is_not_sent_where_the_token_server_can_be_overheard(by_token: AwkwardRegistry) -> None:
    transport = Transport("https://registry.example", LOGIN, Connection())
    challenge = Challenge(scheme="bearer", parameters={"realm": f"{by_token.address}/token"})
    with pytest.raises(Corrupt, match="not reached by TLS"):
        transport._token(challenge, ())
    assert by_token.seen == []


@cases("address", "http://registry.example", "http://10.0.0.1:5000", "http://localhost.example")
def test_plain_http_is_for_this_machine_alone_unless_it_is_meant(address: str) -> None:
    with pytest.raises(Corrupt, match="without TLS"):
        Client(address, LOGIN)
    Client(address, LOGIN, Connection(plain_http=True)).close()
    Client("http://localhost:5000", LOGIN).close()


def test_all_pages_are_read() -> None:
    with registry(page=2) as there, Client(there.address) as client:
        for number in range(5):
            client.push(f"acme/app-{number}", PUSHED, "v1")
            client.put_manifest("acme/app-0", PUSHED.manifest, f"v{number}")
        assert list(client.tags("acme/app-0")) == ["v0", "v1", "v2", "v3", "v4"]
        assert list(client.repositories()) == [f"acme/app-{number}" for number in range(5)]


def test_a_next_page_of_another_host_is_not_read() -> None:
    with registry() as there, Client(there.address) as client:
        there.quirks.failures = [(200, {"Link": '<http://127.0.0.1:1/v2/_catalog>; rel="next"'})]
        with pytest.raises(Corrupt, match=r"127\.0\.0\.1:1"):
            list(client.repositories())


@cases("has_referrers", False, True)
def test_referrers_are_found_with_and_without_the_api(has_referrers: bool) -> None:
    with registry(has_referrers=has_referrers) as there, Client(there.address) as client:
        client.push("acme/app", PUSHED, "v1")
        assert client.referrers("acme/app", PUSHED.digest) == ()
        made = [signature_of(PUSHED.manifest, name) for name in ("first", "second")]
        for each in (*made, made[0]):
            client.put_manifest("acme/app", each, each.digest)
        found = [each["digest"] for each in client.referrers("acme/app", PUSHED.digest)]
        assert found == [each.digest for each in made]
        fallback = f"sha256-{PUSHED.digest.removeprefix('sha256:')}"
        assert (fallback in there.tags["acme/app"]) is not has_referrers


def test_a_fallback_tag_that_names_the_image_itself_has_no_referrers() -> None:
    """As GitLab answers. https://github.com/oras-project/oras-go/issues/1396"""
    index = Blob(
        content=json.dumps({"manifests": [PUSHED.manifest.descriptor]}).encode(),
        media_type="application/vnd.oci.image.index.v1+json",
    )
    with registry() as there, Client(there.address) as client:
        client.push("acme/app", PUSHED, "v1")
        client.put_manifest("acme/app", index, index.digest.replace(":", "-"))
        assert client.referrers("acme/app", index.digest) == ()


@cases("chunk, patches", (None, 0), (1000, 3), (2500, 1), (625, 4))
def test_an_upload_is_cut_into_chunks_of_the_size_that_is_asked_for(chunk: int | None, patches: int) -> None:
    content = bytes(range(250)) * 10
    layer = Layer(digest=digest_of(content), size=len(content), foreign=False)
    with registry(scheme="bearer") as there, Client(there.address, LOGIN, Connection(chunk_bytes=chunk)) as client:
        client.put_chunks("acme/app", layer, (content[at : at + 700] for at in range(0, len(content), 700)))
        assert there.blobs["acme/app", layer.digest] == content
        assert len([each for each in there.seen if each.method == "PATCH"]) == patches


def test_a_blob_of_another_repository_is_mounted_where_the_registry_can(by_token: AwkwardRegistry) -> None:
    blob = PUSHED.blobs[0]
    with Client(by_token.address, LOGIN) as client:
        client.put_blob("acme/base", blob)
        assert client.mount("acme/app", blob.digest, "acme/base")
        assert client.has_blob("acme/app", blob.digest)
        assert not client.mount("acme/app", digest_of(b"absent"), "acme/base")


@cases("header, seconds", ("7", 7.0), ("soon", None), ("Mon, 30 Nov 2020 10:00:00 GMT", 0.0))
def test_a_registry_says_how_long_it_wants_to_be_left_alone(header: str, seconds: float | None) -> None:
    with registry(failures=[(429, {"Retry-After": header})]) as there, Client(there.address) as client:
        with pytest.raises(Refused) as refused:
            client.manifest("acme/app", "v1")
        assert (refused.value.status, refused.value.retry_after) == (429, seconds)


def test_a_limit_of_pulls_is_known_before_it_is_reached() -> None:
    with registry(limit="76;w=21600") as there, Client(there.address) as client:
        known = [client.rate_limit]
        client.push("acme/app", PUSHED, "v1")
        known.append(client.rate_limit)
        there.quirks.limit = "unlimited"
        client.manifest("acme/app", "v1")
        assert [*known, client.rate_limit] == [None, RateLimit(remaining=76, limit=100, seconds=21600), None]


def test_a_manifest_of_more_than_four_mebibytes_is_not_kept() -> None:
    huge = b" " * (4 * 1024 * 1024 + 1)
    with registry() as there, Client(there.address) as client:
        there.manifests["acme/app", digest_of(huge)] = OCI_MANIFEST, huge
        with pytest.raises(Corrupt, match="more than 4 MiB"):
            client.manifest("acme/app", digest_of(huge))


@cases("no_proxy, proxied", ("", True), ("registry.example", False))
def test_a_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch, no_proxy: str, proxied: bool) -> None:
    with registry() as proxy:
        monkeypatch.setenv("http_proxy", proxy.address.replace("http://", "http://proxy-user:proxy-word@"))
        monkeypatch.setenv("no_proxy", no_proxy)
        with Client("http://registry.example", LOGIN, Connection(plain_http=True)) as client:
            if proxied:
                client.check_login()
            else:
                with pytest.raises(NotReached):
                    client.check_login()
        assert [each.path for each in proxy.seen] == ["http://registry.example/v2/"] * proxied
