"""Which callers are allowed, and what each request needs."""

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.ecr.account import BLOB_MOUNTING
from domain.ecr.images import digest_of
from domain.iam.access import Caller, Decision, Identity, Policy, Request
from domain.iam.evaluate import evaluate
from localcloud.ecr import authorize
from localcloud.ecr.authorization_tokens import LIFE, Tokens
from localcloud.ecr.registry_state import StoredPolicy
from localcloud.tests.cases import cases
from localcloud.tests.clouds import ACCOUNT, OTHER_ACCOUNT
from localcloud.tests.ecr.registry_server import PUSHER, REGION, REPOSITORY, Answer, Server, image
from localcloud.tests.statements import policy, trusts

LAYER = b"a layer"
DIGEST, PART = digest_of(LAYER), f"digest={digest_of(b'part')}"
OTHER_USER = Identity(arn=f"arn:aws:iam::{OTHER_ACCOUNT}:user/other", account=OTHER_ACCOUNT)
LAMBDA = Identity(arn="lambda.amazonaws.com", account=None)
PULL = ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")


@pytest.fixture
def server(server: Server) -> Server:
    server.push_image("v1", LAYER)
    return server


class TestTokens:
    @cases(
        "header",
        None,
        "Bearer abc",
        "Bearer " + base64.b64encode(b"AWS:token").decode(),
        "Basic",
        "Basic !!!",
        "Basic \xe9",
        "Basic \xff",
        "Basic \xc3\xa9",
        "Basic " + base64.b64encode(b"\xff\xfe").decode(),
        "Basic " + base64.b64encode(b"AWS").decode() + "=garbage",
    )
    def test_who_sends_no_login_is_challenged(self, server: Server, header: str | None) -> None:
        for path in ("/v2/", f"/v2/{REPOSITORY}/manifests/v1"):
            answer = server.ask("GET", path, authorization=header)
            assert (answer.status, answer.body) == (401, b"Not Authorized\n")
            expected = f'Basic realm="https://127.0.0.1:{server.port}/",service="ecr.amazonaws.com"'
            assert answer.headers["WWW-Authenticate"] == expected

    def test_the_user_is_aws(self, server: Server) -> None:
        assert server.ask("GET", "/v2/", authorization=server.authorization(user="root")).status == 401

    def test_a_token_that_is_forged_of_another_cloud_or_expired(self, server: Server) -> None:
        invalid = (400, "Your Authorization Token is invalid.")
        expired = (403, "Your authorization token has expired. Reauthenticate and try again.")
        elsewhere = Tokens().issue(PUSHER, now=datetime.now(UTC)).password
        old = server.tokens.issue(PUSHER, now=datetime.now(UTC) - LIFE - timedelta(seconds=1)).password
        forged = dict.fromkeys(("", "no token", "forged.forged", "é", elsewhere), invalid)
        for password, (status, text) in {**forged, old: expired}.items():
            for path in ("/v2/", f"/v2/{REPOSITORY}/manifests/v1"):
                answer = server.ask("GET", path, authorization=server.authorization(password))
                assert (answer.status, answer.errors) == (status, [("DENIED", text)]), password


@dataclass(frozen=True)
class Endpoint:
    """A request, what it takes, and how it is answered when that is given."""

    name: str
    actions: tuple[str, ...]
    status: int
    send: Callable[[Server, str], Answer]
    """From the server and an upload that was started before."""


def plain(name: str, action: str, method: str, path: str, status: int = 200) -> Endpoint:
    return Endpoint(name, (action,), status, lambda server, _: server.ask(method, f"/v2/{REPOSITORY}/{path}"))


ENDPOINTS = (
    plain("HEAD blob, to a pusher", "BatchCheckLayerAvailability", "HEAD", f"blobs/{DIGEST}"),
    plain("HEAD blob, to a puller", "GetDownloadUrlForLayer", "HEAD", f"blobs/{DIGEST}"),
    plain("GET blob", "GetDownloadUrlForLayer", "GET", f"blobs/{DIGEST}"),
    plain("POST upload", "InitiateLayerUpload", "POST", "blobs/uploads/", 202),
    Endpoint(
        "POST upload, all of it",
        ("InitiateLayerUpload", "UploadLayerPart", "CompleteLayerUpload"),
        201,
        lambda server, _: server.ask("POST", f"/v2/{REPOSITORY}/blobs/uploads/?digest={DIGEST}", LAYER),
    ),
    Endpoint("PATCH upload", ("UploadLayerPart",), 202, lambda server, place: server.ask("PATCH", place, b"more")),
    Endpoint("PUT upload", ("CompleteLayerUpload",), 201, lambda server, place: server.ask("PUT", f"{place}?{PART}")),
    Endpoint(
        "PUT upload with the last part",
        ("CompleteLayerUpload", "UploadLayerPart"),
        201,
        lambda server, place: server.ask("PUT", f"{place}?digest={digest_of(b'part more')}", b" more"),
    ),
    Endpoint("GET upload", ("UploadLayerPart",), 204, lambda server, place: server.ask("GET", place)),
    Endpoint("DELETE upload", ("UploadLayerPart",), 204, lambda server, place: server.ask("DELETE", place)),
    Endpoint("PUT manifest", ("PutImage",), 201, lambda server, _: server.push_manifest(image(LAYER), "v2")),
    plain("GET manifest", "BatchGetImage", "GET", "manifests/v1"),
    plain("HEAD manifest", "BatchGetImage", "HEAD", "manifests/v1"),
    plain("DELETE manifest", "BatchDeleteImage", "DELETE", "manifests/v1", 202),
    plain("referrers", "BatchGetImage", "GET", f"referrers/{DIGEST}"),
    plain("tags", "ListImages", "GET", "tags/list"),
)


@pytest.fixture
def upload(server: Server) -> str:
    place = server.start_upload()
    assert server.ask("PATCH", place, b"part").status == 202
    return place


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda each: each.name)
class TestActions:
    def test_these_are_enough(self, server: Server, upload: str, endpoint: Endpoint) -> None:
        server.callers.actions = endpoint.actions
        assert endpoint.send(server, upload).status == endpoint.status

    def test_each_is_needed_and_no_other_takes_its_place(self, server: Server, upload: str, endpoint: Endpoint) -> None:
        for missing in endpoint.actions:
            server.callers.actions = tuple(EVERY_ACTION - {missing} - set(INSTEAD.get(endpoint.name, ())))
            answer = endpoint.send(server, upload)
            assert answer.status == 403
            if answer.body:
                required = f"User: {PUSHER.arn} is not authorized to perform: ecr:{missing} on resource: "
                resource = f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{REPOSITORY}"
                assert (answer.code, answer.message.startswith(required + resource)) == ("DENIED", True)


EVERY_ACTION = {action for endpoint in ENDPOINTS for action in endpoint.actions}
INSTEAD = {
    "HEAD blob, to a pusher": ("GetDownloadUrlForLayer",),
    "HEAD blob, to a puller": ("BatchCheckLayerAvailability",),
}


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda each: each.name)
def test_a_repository_that_is_not_there_is_a_secret(server: Server, endpoint: Endpoint) -> None:
    del server.registry.repositories[REPOSITORY]
    server.callers.actions = ("DescribeImages",)
    assert endpoint.send(server, f"/v2/{REPOSITORY}/blobs/uploads/nothing").status == 403


def test_a_login_takes_no_action(server: Server) -> None:
    server.callers.actions = ("DescribeImages",)
    assert server.ask("GET", "/v2/").status == 200


def test_a_mount_takes_the_right_to_read_the_source(server: Server) -> None:
    server.registry.settings[BLOB_MOUNTING] = "ENABLED"
    server.repository("payments/web")
    mount = f"/v2/payments/web/blobs/uploads/?mount={DIGEST}&from={REPOSITORY}"
    server.callers.actions = ("InitiateLayerUpload",)
    assert server.ask("POST", mount).status == 202
    server.callers.actions = ("InitiateLayerUpload", "GetDownloadUrlForLayer")
    assert server.ask("POST", mount).status == 201


def pulls(server: Server, identity: Identity) -> set[int]:
    header = server.identify(identity)
    paths = ("manifests/v1", f"blobs/{DIGEST}")
    return {server.ask("GET", f"/v2/{REPOSITORY}/{path}", authorization=header).status for path in paths}


def grant(server: Server, principal: dict[str, str], *actions: str, condition: Any = None) -> None:
    statement = trusts(principal, *(actions or PULL), Condition=condition or {})
    server.registry.repositories[REPOSITORY].policy = StoredPolicy(text="", policy=policy("repository", statement))


def test_another_account_pulls_where_its_own_policy_and_the_repository_s_allow_it(server: Server) -> None:
    assert pulls(server, OTHER_USER) == {403}
    grant(server, {"AWS": OTHER_ACCOUNT})
    assert pulls(server, OTHER_USER) == {200}
    server.callers.actions = ("DescribeImages",)
    assert pulls(server, OTHER_USER) == {403}


class TestServices:
    """A service has neither account nor policies: the repository's alone counts."""

    def test_the_repository_s_policy_lets_it_in(self, server: Server) -> None:
        assert pulls(server, LAMBDA) == {403}
        grant(server, {"Service": "lambda.amazonaws.com"})
        assert pulls(server, LAMBDA) == {200}

    def test_for_one_source_only(self, server: Server) -> None:
        ours, theirs = (
            Identity(arn=LAMBDA.arn, account=None, session_context={"aws:SourceAccount": (account,)})
            for account in (ACCOUNT, OTHER_ACCOUNT)
        )
        condition = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
        grant(server, {"Service": "lambda.amazonaws.com"}, condition=condition)
        assert (pulls(server, ours), pulls(server, theirs)) == ({200}, {403})


def test_an_upload_is_its_account_s_own(server: Server, upload: str) -> None:
    grant(server, {"AWS": OTHER_ACCOUNT}, "ecr:*")
    answer = server.ask("GET", upload, authorization=server.identify(OTHER_USER))
    assert (answer.status, answer.code) == (404, "BLOB_UPLOAD_UNKNOWN")
    assert server.ask("GET", upload).status == 204


@cases("method", "HEAD", "GET")
@cases("path", "manifests/v1", f"blobs/{DIGEST}")
def test_a_request_of_a_pull_is_authorized_once(
    server: Server, monkeypatch: pytest.MonkeyPatch, method: str, path: str
) -> None:
    evaluated: list[str] = []

    def counted(caller: Caller, request: Request, policies: Sequence[Policy] = ()) -> Decision:
        evaluated.append(request.action)
        return evaluate(caller, request, policies)

    monkeypatch.setattr(authorize, "evaluate", counted)
    assert server.ask(method, f"/v2/{REPOSITORY}/{path}").status == 200
    assert evaluated == ["ecr:BatchGetImage" if "manifests" in path else "ecr:GetDownloadUrlForLayer"]
