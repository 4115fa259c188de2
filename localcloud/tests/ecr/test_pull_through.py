"""Pulls through the cache: what comes from upstream, when it is requested again, and for whom."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from domain.aws import RegistryId
from domain.ecr.creation_templates import Occasion
from domain.ecr.replication import ReplicationRule
from domain.ecr.tags import TagMutability
from domain.ecr.upstreams import CacheRule
from localcloud.ecr.cache.pull_through import CHECKED_EVERY
from localcloud.ecr.cache.upstream import Login
from localcloud.ecr.registry_state import StoredCacheRule
from localcloud.tests.cases import cases
from localcloud.tests.clouds import ACCOUNT, refused_pull
from localcloud.tests.ecr.control_plane import TRUST
from localcloud.tests.ecr.registry_server import REGION, Server, a_template
from localcloud.tests.processes import eventually
from localcloud.tests.statements import allow
from localcloud.upstream_registry import UpstreamRegistry
from oci.client import Client, Refused
from oci.image import image, index

URL, HUB = "quay.io", "registry-1.docker.io"
THERE, HERE = "team/app", "quay/team/app"
SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:ecr-pullthroughcache/hub-AbCdEf"
ADA = Login(username="ada", access_token="dckr_pat_of_ada")  # noqa: S106
APP = image("app")
PULL = ("BatchGetImage", "GetDownloadUrlForLayer")
IMPORT, CREATE = "BatchImportUpstreamImage", "CreateRepository"


@pytest.fixture
def upstream() -> Iterator[UpstreamRegistry]:
    """It has one image."""
    with UpstreamRegistry() as played:
        played.put(THERE, APP, "v1")
        yield played


@pytest.fixture
def server(server: Server, upstream: UpstreamRegistry) -> Server:
    add_rule(server, "quay", URL)
    server.upstream_hosts[URL] = upstream.host
    return server


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    with Client.on_loopback(f"127.0.0.1:{server.port}", server.password) as made:
        yield made


def add_rule(server: Server, prefix: str, url: str, **more: Any) -> None:
    rule = CacheRule(prefix=prefix, upstream_url=url, **more)
    now = datetime.now(UTC)
    server.registry.cache_rules[prefix] = StoredCacheRule(rule=rule, created_at=now)


def a_day_goes_by(server: Server, tag: str = "v1", name: str = HERE) -> None:
    server.registry.repositories[name].upstream_checks[tag] -= CHECKED_EVERY


def refusal(client: Client, reference: str, name: str = HERE) -> Refused:
    return refused_pull(client, name, reference)


class TestWhatComes:
    def test_an_image_comes_with_its_layers(self, server: Server, client: Client) -> None:
        pulled = client.pull(HERE, "v1")
        assert (pulled.digest, set(pulled.blobs)) == (APP.digest, {each.digest for each in APP.blobs})
        made = server.registry.repositories[HERE]
        assert (made.mutability, made.encryption_type, made.tags) == (TagMutability.MUTABLE, "AES256", {})
        assert made.images[APP.digest].pulled_at is not None

    def test_an_index_comes_with_every_image(self, server: Server, client: Client, upstream: UpstreamRegistry) -> None:
        wanted = index("app", ("amd64", "arm64", "s390x"))
        upstream.put(THERE, wanted, "v1")
        assert client.manifest(HERE, "v1").digest == wanted.digest
        made = server.registry.repositories[HERE]
        assert made.images.keys() == {wanted.digest, *(each.digest for each in wanted.images)}
        assert made.layers == {blob.digest for each in wanted.images for blob in each.blobs}
        before = len(upstream.asked)
        client.pull(HERE, "v1")
        assert len(upstream.asked) == before

    def test_a_digest_is_enough(self, client: Client) -> None:
        assert client.pull(HERE, APP.digest).digest == APP.digest

    @cases("method", "HEAD", "GET")
    def test_one_look_brings_it(self, server: Server, method: str) -> None:
        answer = server.ask(method, f"/v2/{HERE}/manifests/v1")
        assert (answer.status, answer.headers["Docker-Content-Digest"]) == (200, APP.digest)

    @cases("method", "HEAD", "GET")
    def test_a_layer_alone_comes_too(self, server: Server, method: str) -> None:
        server.repository(HERE)
        assert server.ask(method, f"/v2/{HERE}/blobs/{APP.blobs[-1].digest}").status == 200
        absent = image("other").blobs[-1].digest
        assert server.ask(method, f"/v2/{HERE}/blobs/{absent}").status == 404

    def test_pulls_that_come_together_bring_it_once(
        self, server: Server, client: Client, upstream: UpstreamRegistry
    ) -> None:
        with ThreadPoolExecutor(8) as pool:
            assert {each.digest for each in pool.map(client.pull, [HERE] * 8, ["v1"] * 8)} == {APP.digest}
        assert upstream.asked.count(f"/v2/{THERE}/manifests/v1") == 1
        assert len(upstream.asked) == len(set(upstream.asked))
        assert server.is_healthy()

    def test_the_names_are_mapped(self, server: Server, client: Client, upstream: UpstreamRegistry) -> None:
        add_rule(server, "mine", URL, upstream_prefix="theirs")
        digest = upstream.put("theirs/app", image("app"), "v1")
        assert client.pull("mine/app", "v1").digest == digest

    def test_root_is_for_every_other_name(self, server: Server, client: Client) -> None:
        add_rule(server, "ROOT", URL)
        assert client.pull(THERE, "v1").digest == APP.digest

    def test_a_template_shapes_the_repository(self, server: Server, client: Client) -> None:
        occasions = (Occasion.PULL_THROUGH_CACHE,)
        server.registry.templates["quay"] = a_template(prefix="quay", occasions=occasions)
        client.pull(HERE, "v1")
        assert server.registry.repositories[HERE].mutability is TagMutability.IMMUTABLE

    def test_it_is_replicated_as_a_push_is(self, server: Server, client: Client, upstream: UpstreamRegistry) -> None:
        destination = RegistryId(account=ACCOUNT, region="us-west-2")
        server.registry.replication = (ReplicationRule(destinations=(destination,)),)
        wanted = index("app")
        upstream.put(THERE, wanted, "v1")
        client.pull(HERE, "v1")
        copies = server.registries.of(ACCOUNT, "us-west-2").repositories
        assert eventually(lambda: HERE in copies and copies[HERE].tagged == {"v1": wanted.digest}, 5)
        assert copies[HERE].images.keys() == {wanted.digest, *(each.digest for each in wanted.images)}

    def test_what_is_not_what_its_digest_says_is_not_cached(
        self, server: Server, client: Client, upstream: UpstreamRegistry
    ) -> None:
        wrong = image("wrong")
        upstream._content[f"/v2/{THERE}/manifests/{APP.digest}"] = wrong.manifest
        upstream._content[f"/v2/{THERE}/blobs/{APP.blobs[-1].digest}"] = wrong.blobs[-1]
        assert refusal(client, APP.digest).code == "DIGEST_INVALID"
        assert refusal(client, "v1").code == "BLOB_UPLOAD_INVALID"
        assert server.registry.repositories[HERE].images == {}


class TestWhenItIsAskedAgain:
    def test_a_moved_tag_is_seen_after_a_day(self, server: Server, client: Client, upstream: UpstreamRegistry) -> None:
        first = upstream.put(THERE, image("first"), "v1")
        assert client.pull(HERE, "v1").digest == first
        second = upstream.put(THERE, image("second"), "v1")
        assert client.pull(HERE, "v1").digest == first
        a_day_goes_by(server)
        assert client.pull(HERE, "v1").digest == second
        assert client.pull(HERE, first).digest == first

    def test_it_is_requested_once_a_day(self, server: Server, client: Client, upstream: UpstreamRegistry) -> None:
        for _ in range(3):
            client.pull(HERE, "v1")
            client.pull(HERE, "v1")
            a_day_goes_by(server)
        assert upstream.asked.count(f"/v2/{THERE}/manifests/v1") == 3

    def test_an_immutable_tag_never_moves(self, server: Server, client: Client, upstream: UpstreamRegistry) -> None:
        server.repository(HERE, mutability=TagMutability.IMMUTABLE_WITH_EXCLUSION, exclusions=("latest",))
        first = upstream.put(THERE, image("first"), "v1")
        upstream.put(THERE, image("first"), "latest")
        for tag in ("v1", "latest"):
            assert client.pull(HERE, tag).digest == first
            a_day_goes_by(server, tag)
        second = upstream.put(THERE, image("second"), "v1")
        upstream.put(THERE, image("second"), "latest")
        assert client.pull(HERE, "v1").digest == first
        assert client.pull(HERE, "latest").digest == second
        assert upstream.asked.count(f"/v2/{THERE}/manifests/v1") == 1

    @cases("away", "down", "without a registry", "without the tag", "without the rule")
    def test_what_is_cached_is_served_without_the_upstream(
        self, server: Server, client: Client, upstream: UpstreamRegistry, away: str
    ) -> None:
        client.pull(HERE, "v1")
        a_day_goes_by(server)
        match away:
            case "down":
                upstream.stop()
            case "without a registry":
                server.upstream_hosts.clear()
            case "without the tag":
                upstream._content.clear()
            case "without the rule":
                server.registry.cache_rules.clear()
        assert client.pull(HERE, "v1").digest == APP.digest


class TestWhatDoesNotCome:
    def test_what_upstream_has_not(self, server: Server, client: Client) -> None:
        missing = refusal(client, "v2")
        assert (missing.status, missing.code) == (404, "MANIFEST_UNKNOWN")
        assert missing.message.startswith("Requested image not found: ")
        assert HERE not in server.registry.repositories

    def test_an_upstream_that_is_down(self, client: Client, upstream: UpstreamRegistry) -> None:
        upstream.stop()
        assert (refusal(client, "v1").status, refusal(client, "v1").code) == (404, "MANIFEST_UNKNOWN")

    def test_an_upstream_without_a_registry(self, server: Server, client: Client) -> None:
        server.upstream_hosts.clear()
        assert "the local cloud has no registry for it" in refusal(client, "v1").message

    def test_a_name_outside_every_rule(self, client: Client, upstream: UpstreamRegistry) -> None:
        assert refusal(client, "v1", "quays/team/app").code == "NAME_UNKNOWN"
        assert upstream.asked == []

    def test_an_upstream_that_needs_a_login(self, server: Server, client: Client) -> None:
        server.upstream_hosts[URL] = f"127.0.0.1:{server.port}"
        assert refusal(client, "v1").status == 403


class TestWhoMay:
    @cases(
        "actions, code",
        ((*PULL, IMPORT), "NAME_UNKNOWN"),
        ((*PULL, CREATE), "NAME_UNKNOWN"),
        (PULL, "NAME_UNKNOWN"),
        ((IMPORT, CREATE, "GetDownloadUrlForLayer"), "DENIED"),
    )
    def test_who_lacks_a_permission_brings_nothing(
        self, server: Server, client: Client, upstream: UpstreamRegistry, actions: tuple[str, ...], code: str
    ) -> None:
        server.callers.actions = actions
        assert refusal(client, "v1").code == code
        assert (upstream.asked, HERE in server.registry.repositories) == ([], False)

    def test_who_may_import_and_create_brings_it(self, server: Server, client: Client) -> None:
        server.callers.actions = (*PULL, IMPORT, CREATE)
        assert client.pull(HERE, "v1").digest == APP.digest

    def test_a_repository_that_is_there_needs_no_creation(self, server: Server, client: Client) -> None:
        server.repository(HERE)
        server.callers.actions = PULL
        assert refusal(client, "v1").code == "MANIFEST_UNKNOWN"
        assert server.ask("GET", f"/v2/{HERE}/blobs/{APP.blobs[-1].digest}").status == 404
        server.callers.actions = (*PULL, IMPORT)
        assert client.pull(HERE, "v1").digest == APP.digest

    def test_who_may_not_import_is_served_from_the_cache(
        self, server: Server, client: Client, upstream: UpstreamRegistry
    ) -> None:
        client.pull(HERE, "v1")
        upstream.put(THERE, image("second"), "v1")
        a_day_goes_by(server)
        server.callers.actions = PULL
        assert client.pull(HERE, "v1").digest == APP.digest


class TestCredentials:
    @pytest.fixture
    def client(self, server: Server, client: Client) -> Iterator[Client]:
        """It pulls through a cache of an upstream that wants a login."""
        add_rule(server, "hub", HUB, credential_arn=SECRET)
        self.keep(server, ADA.access_token)
        with UpstreamRegistry(ADA) as played:
            played.put(THERE, APP, "v1")
            server.upstream_hosts[HUB] = played.host
            yield client

    def keep(self, server: Server, token: str) -> None:
        server.backend.secrets[SECRET] = {"SecretString": f'{{"username": "ada", "accessToken": "{token}"}}'}

    def test_the_secret_opens_the_upstream_and_no_other_token_which_is_not_logged(
        self, server: Server, client: Client, caplog: pytest.LogCaptureFixture
    ) -> None:
        self.keep(server, "wrong-token")
        refused = refusal(client, "v1", "hub/team/app")
        assert (refused.status, refused.code) == (403, "DENIED")
        assert refused.message == f"{HUB} does not authorize the secret's user"
        self.keep(server, ADA.access_token)
        assert client.pull("hub/team/app", "v1").digest == APP.digest
        a_day_goes_by(server, name="hub/team/app")
        self.keep(server, "wrong-token")
        client.pull("hub/team/app", "v1")
        assert ("stays as it is cached" in caplog.text, "wrong-token" in caplog.text) == (True, False)

    def test_a_secret_that_is_gone(self, server: Server, client: Client) -> None:
        server.backend.secrets.clear()
        refused = refusal(client, "v1", "hub/team/app")
        assert (refused.status, "was not found" in refused.message) == (403, True)

    @cases(
        "value",
        ADA.access_token,
        "[]",
        "{}",
        f'{{"accessToken": "{ADA.access_token}"}}',
        f'{{"username": 1, "accessToken": "{ADA.access_token}"}}',
    )
    def test_a_secret_without_a_login(self, server: Server, client: Client, value: str) -> None:
        server.backend.secrets[SECRET] = {"SecretString": value}
        refused = refusal(client, "v1", "hub/team/app")
        words = "The secret must be a JSON object with the keys username and accessToken"
        assert (refused.status, refused.message) == (403, words)

    def test_a_login_shows_no_token(self) -> None:
        assert ADA.access_token not in repr(ADA)


def test_the_rules_role_must_exist_and_trust_ecr(server: Server, client: Client) -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/cache"
    add_rule(server, "other", f"444455556666.dkr.ecr.{REGION}.amazonaws.com", custom_role_arn=role)
    assert "does not exist" in refusal(client, "v1", "other/app").message
    server.backend.add_role(role, TRUST, allow("ecr:*"))
    refused = refusal(client, "v1", "other/app")
    assert (refused.status, "sts:AssumeRole" in refused.message) == (403, True)


def test_the_day_is_a_day() -> None:
    assert timedelta(days=1) == CHECKED_EVERY


class TestWhatIsTold:
    """ECR Pull Through Cache Action: what the User Guide's sample has, and for a failure what the CDK's schema has."""

    def events_at(self, server: Server) -> list[dict[str, Any]]:
        found = server.events.of("ECR Pull Through Cache Action")
        assert all(each["resources"] == [f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{HERE}"] for each in found)
        return [each["detail"] for each in found]

    def test_an_image_that_comes(self, server: Server, client: Client) -> None:
        client.pull(HERE, "v1")
        client.pull(HERE, "v1")
        common = {"rule-version": "1", "sync-status": "SUCCESS", "ecr-repository-prefix": "quay"}
        named = {"repository-name": HERE, "upstream-registry-url": URL, "image-tag": "v1", "image-digest": APP.digest}
        assert self.events_at(server) == [{**common, **named}]

    @cases(
        "status, code",
        (404, "ImageNotFound"),
        (401, "UpstreamAccessDenied"),
        (429, "UpstreamTooManyRequests"),
        (503, "UpstreamUnavailable"),
    )
    def test_a_failure_says_why(self, server: Server, client: Client, status: int, code: str) -> None:
        with answering(status) as host:
            server.upstream_hosts[URL] = host
            refusal(client, "v1")
        (event,) = self.events_at(server)
        assert (event["sync-status"], event["failure-code"], event["image-tag"]) == ("FAILURE", code, "v1")
        assert URL in event["failure-reason"]
        assert "image-digest" not in event

    def test_an_upstream_that_can_not_be_reached(self, server: Server, client: Client) -> None:
        del server.upstream_hosts[URL]
        refusal(client, APP.digest)
        (event,) = self.events_at(server)
        assert (event["failure-code"], event["image-digest"]) == ("UpstreamUnavailable", APP.digest)

    def test_a_cached_image_that_can_not_be_updated(self, server: Server, client: Client) -> None:
        client.pull(HERE, "v1")
        a_day_goes_by(server)
        del server.upstream_hosts[URL]
        client.pull(HERE, "v1")
        assert [each["sync-status"] for each in self.events_at(server)] == ["SUCCESS", "FAILURE"]


@contextmanager
def answering(status: int) -> Iterator[str]:
    """An upstream that has nothing but this status."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as upstream:
        thread = Thread(target=upstream.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"127.0.0.1:{upstream.server_address[1]}"
        upstream.shutdown()
        thread.join()
