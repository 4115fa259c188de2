"""Which request goes where, and what each caller is answered."""

import base64
import socket
import threading
from datetime import UTC, datetime
from typing import Any, Self
from urllib.parse import parse_qsl

import pytest
from botocore.exceptions import ClientError

from localcloud import emulator, gateway
from localcloud.cloud import LocalCloud
from localcloud.ecr.api_errors import EcrError
from localcloud.tests.cases import case, cases
from localcloud.tests.clouds import ACCOUNT, OTHER_ACCOUNT, OTHER_REGION, REGION, Connect, Door, fetch

LARGEST_MANIFEST = 4 * 1024 * 1024


def _scope(service: str) -> str:
    credential = f"{ACCOUNT}/20261121/us-east-1/{service}/aws4_request"
    return f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=x"


def _to_ecr(operation: str) -> dict[str, str]:
    """The headers of a call by an account's root."""
    return {"X-Amz-Target": f"AmazonEC2ContainerRegistry_V20150921.{operation}", "Authorization": _scope("ecr")}


FORM = {"Content-Type": "application/x-www-form-urlencoded", "Authorization": _scope("sts")}


def test_a_call_to_ecr_reaches_our_own_with_account_region_and_parameters(door: Door, connect: Connect) -> None:
    cloud, recorder = door
    recorder.calls.clear()
    connect(cloud, "ecr", OTHER_ACCOUNT, OTHER_REGION).describe_repositories(repositoryNames=["a/b"])
    [(operation, parameters, call)] = recorder.calls
    assert (operation, parameters) == ("DescribeRepositories", {"repositoryNames": ["a/b"]})
    assert (call.account, call.region, call.caller.identity.is_root) == (OTHER_ACCOUNT, OTHER_REGION, True)


def test_moments_and_bytes_arrive_as_a_client_knows_them(door: Door, connect: Connect) -> None:
    cloud, recorder = door
    moment = datetime(2026, 11, 21, 12, 30, 0, 250000, tzinfo=UTC)
    blob = b"\x00\xff" * 40
    recorder.answers["GetLifecyclePolicy"] = {"lifecyclePolicyText": blob, "lastEvaluatedAt": moment}
    answer = connect(cloud, "ecr").get_lifecycle_policy(repositoryName="a/b")
    assert answer["lastEvaluatedAt"] == moment
    assert base64.b64decode(answer["lifecyclePolicyText"]) == blob
    raw = fetch(cloud.endpoint, method="POST", body=b"{}", headers=_to_ecr("GetLifecyclePolicy"))
    assert raw.json()["lastEvaluatedAt"] == moment.timestamp()
    assert raw.headers["Content-Type"] == "application/x-amz-json-1.1"


def test_a_refusal_of_our_ecr_has_its_code_message_and_status(door: Door, connect: Connect) -> None:
    cloud, recorder = door
    recorder.answers["DeleteRepository"] = EcrError("RepositoryNotEmptyException", "it holds images", 400)
    with pytest.raises(ClientError, match="it holds images") as refused:
        connect(cloud, "ecr").delete_repository(repositoryName="a/b")
    assert refused.value.response["Error"]["Code"] == "RepositoryNotEmptyException"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert type(refused.value).__name__ == "RepositoryNotEmptyException"


def test_a_fault_of_our_ecr_is_an_error_of_one_call_only(
    door: Door, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    cloud, recorder = door
    recorder.answers["ListImages"] = RuntimeError("a fault of ours")
    with pytest.raises(ClientError) as refused:
        connect(cloud, "ecr").list_images(repositoryName="a/b")
    assert refused.value.response["Error"]["Code"] == "ServerException"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert "Traceback" in caplog.text.partition("RuntimeError: a fault of ours")[0]
    connect(cloud, "ecr").describe_registry()


def test_another_services_errors_pass_unchanged(cloud: LocalCloud, connect: Connect) -> None:
    with pytest.raises(ClientError, match=r"\(NotFoundException\)"):  # in JSON
        connect(cloud, "kms").describe_key(KeyId="alias/none")
    with pytest.raises(ClientError, match=r"\(NoSuchEntity\)"):  # in the query protocol's XML
        connect(cloud, "iam").get_role(RoleName="none")
    with pytest.raises(ClientError, match=r"\(NoSuchBucket\)"):  # in S3's XML
        connect(cloud, "s3").get_object(Bucket="none", Key="none")


@cases("size", 0, 1, 3_000_000)
def test_bodies_pass_unchanged_in_both_directions(cloud: LocalCloud, connect: Connect, size: int) -> None:
    s3 = connect(cloud, "s3")
    s3.create_bucket(Bucket=f"bucket-{size}")
    body = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    s3.put_object(Bucket=f"bucket-{size}", Key="a key/with spaces+plus", Body=body, ContentEncoding="gzip")
    assert s3.head_object(Bucket=f"bucket-{size}", Key="a key/with spaces+plus")["ContentLength"] == len(body)
    assert s3.get_object(Bucket=f"bucket-{size}", Key="a key/with spaces+plus")["Body"].read() == body


def test_a_compressed_request_arrives_compressed(cloud: LocalCloud, connect: Connect) -> None:
    cloudwatch = connect(cloud, "cloudwatch")
    data = [{"MetricName": f"metric-{n}", "Value": 1.0} for n in range(400)]  # botocore compresses from 10 KiB on
    cloudwatch.put_metric_data(Namespace="compressed", MetricData=data)
    metrics = cloudwatch.get_paginator("list_metrics").paginate(Namespace="compressed").build_full_result()["Metrics"]
    assert len(metrics) == 400


def test_accounts_and_regions_are_apart(cloud: LocalCloud, connect: Connect) -> None:
    key = connect(cloud, "kms").create_key()["KeyMetadata"]
    assert f":{REGION}:{ACCOUNT}:" in key["Arn"]
    assert connect(cloud, "kms").describe_key(KeyId=key["KeyId"])
    for account, region in ((ACCOUNT, OTHER_REGION), (OTHER_ACCOUNT, REGION)):
        with pytest.raises(ClientError, match="NotFoundException"):
            connect(cloud, "kms", account, region).describe_key(KeyId=key["KeyId"])


def test_the_emulator_enforces_what_its_identities_may(cloud: LocalCloud, connect: Connect) -> None:
    iam = connect(cloud, "iam")
    iam.create_user(UserName="powerless")
    key = iam.create_access_key(UserName="powerless")["AccessKey"]
    with pytest.raises(ClientError, match="AccessDenied"):
        connect(cloud, "kms", credentials=key).list_keys()


def test_an_unsigned_request_is_answered_with_what_it_lacks(cloud: LocalCloud) -> None:
    target = {"X-Amz-Target": "AmazonEC2ContainerRegistry_V20150921.DescribeRepositories"}
    answer = fetch(cloud.endpoint, method="POST", body=b"{}", headers=target)
    assert (answer.status, answer.json()["__type"]) == (400, "MissingAuthenticationTokenException")
    form = {"Content-Type": FORM["Content-Type"]}
    answer = fetch(cloud.endpoint, method="POST", body=b"Action=ListRoles&Version=2010-05-08", headers=form)
    assert answer.status == 400
    assert b"<Code>MissingAuthenticationTokenException</Code>" in answer.data


@cases("path", "/", "/health")
def test_a_browser_gets_what_answers_here(cloud: LocalCloud, path: str) -> None:
    answer = fetch(cloud.endpoint + path)
    assert answer.status == 200
    assert answer.json()["emulator"] == "healthy"


@cases(
    "service, target, code",
    ("ecr-public", "SpencerFrontendService.DescribeRepositories", "UnknownOperationException"),
    ("ecr", "SpencerFrontendService.DescribeRepositories", "UnknownOperationException"),
    ("kms", "AmazonEC2ContainerRegistry_V20150921.DescribeRepositories", "InvalidSignatureException"),
)
def test_nothing_of_the_emulators_own_ecr_is_reached(door: Door, service: str, target: str, code: str) -> None:
    cloud, recorder = door
    recorder.calls.clear()
    headers = {"X-Amz-Target": target, "Authorization": _scope(service)}
    answer = fetch(cloud.endpoint, method="POST", body=b"{}", headers=headers)
    assert (answer.status, answer.json()["__type"]) == (400, code)
    assert not recorder.calls


@cases("body", b"{", b"[]", b'"text"', b"\xff", case("deep", b"[" * 100_000))
def test_a_body_that_is_no_object_is_refused(cloud: LocalCloud, body: bytes) -> None:
    answer = fetch(cloud.endpoint, method="POST", body=body, headers=_to_ecr("ListImages"))
    assert (answer.status, answer.json()["__type"]) == (400, "SerializationException")


def test_queue_urls_lead_to_the_front(cloud: LocalCloud, connect: Connect) -> None:
    sqs = connect(cloud, "sqs")
    url = sqs.create_queue(QueueName="front")["QueueUrl"]
    assert url.startswith(cloud.endpoint)
    sqs.send_message(QueueUrl=url, MessageBody="hello")
    assert sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"] == "hello"


def test_a_body_beyond_all_bounds_is_refused(door: Door) -> None:
    endpoint, headers = door[0].endpoint, _to_ecr("PutImage")
    manifest = b'{"imageManifest": "' + rb"\u0020" * LARGEST_MANIFEST + b'"}'
    assert fetch(endpoint, method="POST", body=manifest, headers=headers).status == 200
    answer = fetch(endpoint, method="POST", body=b" " * 9 * LARGEST_MANIFEST, headers=headers)
    assert (answer.status, answer.json()["__type"]) == (413, "RequestEntityTooLarge")


def test_a_header_that_is_no_text_is_refused_in_a_form_too(door: Door) -> None:
    got = _raw(door[0].endpoint, "POST / HTTP/1.1", "Authorization: \xff", f"Content-Type: {FORM['Content-Type']}")
    assert got.startswith("HTTP/1.1 400 ")
    assert "<Code>IncompleteSignatureException</Code>" in got


@cases("target", "http://evil.example/x", "http://evil.example/")
def test_another_hosts_url_is_refused(door: Door, target: str) -> None:
    got = _raw(door[0].endpoint, f"GET {target} HTTP/1.1", f"Authorization: {_scope('s3')}")
    assert got.startswith("HTTP/1.1 400 ")
    assert "MalformedHttpRequestException" in got


def test_a_connection_that_the_emulator_breaks_is_a_bad_gateway(
    cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cloud._emulator is not None
    monkeypatch.setattr(emulator, "_NOTICE", 0.01)
    monkeypatch.setattr(cloud._emulator, "_address", "http://127.0.0.1:9")
    answer = fetch(cloud.endpoint, headers={"Authorization": _scope("s3")})
    assert (answer.status, answer.json()["__type"]) == (502, "BadGateway")
    assert "broke off" in answer.json()["message"]


AS_TLS = "X-Forwarded-Proto: https"
"""By which aws:SecureTransport is true to the emulator."""


def test_a_request_goes_out_as_it_came_in_and_so_does_the_answer(
    cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = (
        f"Authorization: {_scope('s3')}",
        "X-Amz-Meta-Odd:  two  spaces",
        "X-Amz-Meta-Odd: twice",
        "Content-Length: 2",
    )
    line = "PUT /a/../%41/%7e//b?c=%20+&d&e=%2f HTTP/1.1"
    answer = b"HTTP/1.1 299 Odd\r\nContent-Length: 3\r\nX-Odd: 1\r\nX-Odd: 2\r\nConnection: close\r\n\r\nabc"
    with _Peer(answer) as peer:
        monkeypatch.setattr(cloud._emulator, "_address", peer.address)
        got = _raw(cloud.endpoint, line, *headers, "X-Forwarded-Proto: http", body="{}")
    sent, _, body = peer.got.partition("\r\n\r\n")
    assert body == "{}"
    first, *rest = sent.split("\r\n")
    assert first == line
    assert sorted(rest) == sorted(each.replace(":  ", ": ") for each in ("Host: a.example:1234", AS_TLS, *headers))
    assert got.startswith("HTTP/1.1 299 ")
    assert got.endswith("\r\n\r\nabc")
    assert [each for each in got.split("\r\n") if each.startswith("X-")] == ["X-Odd: 1", "X-Odd: 2"]


def _raw(endpoint: str, line: str, *headers: str, body: str = "") -> str:
    """What comes back for headers that no HTTP library would send."""
    host, port = endpoint.removeprefix("http://").split(":")
    request = "\r\n".join((line, "Host: a.example:1234", *headers, "Connection: close", "", body))
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(request.encode("latin-1"))
        return b"".join(iter(lambda: connection.recv(65536), b"")).decode()


class _Peer:
    """Stands where the emulator is, and keeps what arrives, to the byte."""

    def __init__(self, answer: bytes) -> None:
        self.got = ""
        self._answer = answer
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve)

    def _serve(self) -> None:
        connection, _ = self._listener.accept()
        with connection:
            while not self.got.endswith("{}"):
                self.got += connection.recv(65536).decode()
            connection.sendall(self._answer)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join(5)
        self._listener.close()


WHO = b"Action=GetCallerIdentity&Version=2011-06-15"


@cases(
    "more, status, code",
    case("long", b"&a=" + b"b" * 1024 * 1024, 413, b"<Code>RequestEntityTooLarge</Code>"),
    case("of many fields", b"&a" * 20_000, 400, b"<Code>MalformedQueryString</Code>"),
    case("ordinary", b"&a=b" * 1_000, 200, b"<GetCallerIdentityResult>"),
)
def test_a_form_is_bounded(door: Door, more: bytes, status: int, code: bytes) -> None:
    answer = fetch(door[0].endpoint, method="POST", body=WHO + more, headers=FORM)
    assert answer.status == status
    assert code in answer.data


def test_a_form_is_read_once(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[bytes] = []

    def counted(text: str, **more: Any) -> list[tuple[str, str]]:
        read.append(text.encode())
        return parse_qsl(text, **more)

    monkeypatch.setattr(gateway, "parse_qsl", counted)
    assert fetch(door[0].endpoint, method="POST", body=WHO, headers=FORM).status == 200
    assert read == [WHO]


def test_what_is_no_call_is_no_form(door: Door) -> None:
    """`curl --data-binary` calls every body a form."""
    signed, endpoint = {**FORM, "Authorization": _scope("s3")}, door[0].endpoint
    assert fetch(f"{endpoint}/forms", method="PUT", headers=signed).status == 200
    body = b"&" * 2 * 1024 * 1024
    assert fetch(f"{endpoint}/forms/key", method="PUT", body=body, headers=signed).status == 200
