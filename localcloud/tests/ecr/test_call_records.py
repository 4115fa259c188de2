"""Calls to Amazon ECR as CloudTrail has them: of the API and of clients, allowed and denied, by each principal."""

import json
from dataclasses import replace
from typing import Any

import pytest

from domain.ecr import images
from domain.iam.access import Caller, Identity
from localcloud.tests.cases import cases
from localcloud.tests.clouds import ACCOUNT, OTHER_ACCOUNT, REGION
from localcloud.tests.ecr.control_plane import ARN, NAME, Plane, digest_of, furnished, manifest, root, samples, user
from localcloud.tests.ecr.registry_server import REGION as SERVED
from localcloud.tests.ecr.registry_server import REPOSITORY, Server, encoded, image
from localcloud.tests.statements import allow, policy, text

HERE: dict[str, Any] = {"repositoryName": NAME}
FIELDS = {
    "eventVersion", "userIdentity", "eventTime", "eventSource", "eventName", "awsRegion", "eventID", "sourceIPAddress",
    "userAgent", "requestParameters", "responseElements", "requestID", "readOnly", "resources", "eventType",
    "managementEvent", "recipientAccountId", "eventCategory",
}  # fmt: skip
ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/registry/pusher"


def records(of: Plane | Server, account: str = ACCOUNT) -> list[dict[str, Any]]:
    """The account's, each with what every record has."""
    found = [each for each in of.events.of("AWS API Call via CloudTrail") if each["account"] == account]
    for each in found:
        record = each["detail"]
        assert record.keys() - {"errorCode", "errorMessage"} == FIELDS, record
        assert (each["source"], record["eventSource"]) == ("aws.ecr", "ecr.amazonaws.com")
        assert record["recipientAccountId"] == each["account"]
        json.dumps(each)
    return [each["detail"] for each in found]


def names(of: Plane | Server) -> list[str]:
    return [each["eventName"] for each in records(of)]


def session(**context: tuple[str, ...]) -> Caller:
    identity = Identity(
        arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/pusher/run-7", account=ACCOUNT, role_arn=ROLE_ARN,
        session_context={key.replace("_", ":"): value for key, value in context.items()},
    )  # fmt: skip
    return Caller(identity=identity, policies=(policy("own", allow("ecr:*")),))


@pytest.mark.parametrize("operation", sorted(samples()))
def test_every_call_of_the_api_is_recorded_once_allowed_or_denied(operation: str) -> None:
    for caller in (root(), user()):
        plane = furnished()
        plane.events.put_so_far.clear()
        allowed = caller == root()
        (plane if allowed else plane.refused)(operation, by=caller, **samples()[operation])
        (record,) = (each for each in records(plane) if each["eventName"] == operation)
        assert record.get("errorCode") == (None if allowed else "AccessDenied")
        assert allowed or f"ecr:{operation}" in record["errorMessage"]
        assert record["requestParameters"] == json.loads(json.dumps(samples()[operation]))
        reads = operation.startswith(("Get", "List", "Describe", "BatchGet"))
        assert record["readOnly"] is reads
        assert (record["responseElements"] is None) is (reads or not allowed)


def test_a_put_is_recorded_as_the_user_guide_shows_it(plane: Plane) -> None:
    plane.create()
    plane.push(manifest(1), "v1")
    record = records(plane)[-1]
    assert record["requestParameters"] == {**HERE, "imageManifest": manifest(1), "imageTag": "v1"}
    answered = record["responseElements"]["image"]
    assert answered["imageId"] == {"imageDigest": digest_of(manifest(1)), "imageTag": "v1"}
    assert record["resources"] == [{"ARN": ARN, "accountId": ACCOUNT}]
    assert (record["awsRegion"], record["eventType"]) == (REGION, "AwsApiCall")
    created = records(plane)[0]["responseElements"]["repository"]
    assert created["createdAt"].endswith("M")  # Jul 11, 2018 10:17:44 PM


@cases(
    "caller, identity",
    (
        root(),
        {"type": "Root", "principalId": ACCOUNT, "arn": f"arn:aws:iam::{ACCOUNT}:root", "accountId": ACCOUNT},
    ),
    (
        user(allow("ecr:*"), name="team/ada"),
        {"type": "IAMUser", "arn": f"arn:aws:iam::{ACCOUNT}:user/team/ada", "accountId": ACCOUNT, "userName": "ada"},
    ),
    (
        session(aws_userid=("AROA1:run-7",), aws_TokenIssueTime=("2026-11-30T18:00:00+00:00",)),
        {
            "type": "AssumedRole",
            "principalId": "AROA1:run-7",
            "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/pusher/run-7",
            "accountId": ACCOUNT,
            "sessionContext": {
                "sessionIssuer": {
                    "type": "Role",
                    "principalId": "AROA1",
                    "arn": ROLE_ARN,
                    "accountId": ACCOUNT,
                    "userName": "pusher",
                },
                "attributes": {"creationDate": "2026-11-30T18:00:00Z", "mfaAuthenticated": "false"},
            },
        },
    ),
)
def test_each_principal_is_recorded_as_cloudtrail_has_it(
    plane: Plane, caller: Caller, identity: dict[str, Any]
) -> None:
    plane("DescribeRegistry", by=caller)
    (record,) = records(plane)
    assert record["userIdentity"] == identity


def test_another_account_s_call_is_recorded_in_both_and_names_no_principal_to_the_owner(plane: Plane) -> None:
    plane.create()
    plane.push(manifest(1), "v1")
    reader = user(allow("ecr:BatchGetImage"), account=OTHER_ACCOUNT)
    pull: dict[str, Any] = {**HERE, "registryId": ACCOUNT, "imageIds": [{"imageTag": "v1"}]}
    plane.refused("BatchGetImage", by=reader, **pull)
    assert [each["errorCode"] for each in records(plane, OTHER_ACCOUNT)] == ["AccessDenied"]
    assert "BatchGetImage" not in names(plane)
    public = text({"Effect": "Allow", "Principal": {"AWS": OTHER_ACCOUNT}, "Action": "ecr:BatchGetImage"})
    plane("SetRepositoryPolicy", **HERE, policyText=public)
    plane("BatchGetImage", by=reader, **pull)
    assert records(plane, OTHER_ACCOUNT)[-1]["userIdentity"]["type"] == "IAMUser"
    assert records(plane)[-1]["userIdentity"] == {"type": "AWSAccount", "accountId": OTHER_ACCOUNT}


def test_a_wrong_input_is_recorded_with_its_error_and_a_great_one_left_out(plane: Plane) -> None:
    plane.create()
    plane.refused("PutImage", **HERE, imageManifest="x" * 200_000)
    plane.refused("DescribeImages", repositoryName=7)
    plane.refused("DescribeImages", repositoryName="UPPER", registryId="me")
    _, large, mistyped, wrong = records(plane)
    assert (large["errorCode"], large["requestParameters"]) == ("InvalidParameterException", None)
    assert (mistyped["errorCode"], mistyped["resources"]) == ("SerializationException", [])
    assert wrong["requestParameters"] == {"repositoryName": "UPPER", "registryId": "me"}


def test_a_push_and_a_pull_of_a_client_are_the_api_s_calls(server: Server) -> None:
    digest = server.push_image("v1")
    upload = ["InitiateLayerUpload", "UploadLayerPart", "CompleteLayerUpload"]
    assert names(server) == [*upload, *upload, "PutImage"]
    server.events.put_so_far.clear()
    for method, path in (
        ("HEAD", "manifests/v1"), ("GET", f"manifests/{digest}"), ("HEAD", f"blobs/{images.digest_of(b'{}')}"),
        ("GET", f"blobs/{images.digest_of(b'{}')}"), ("GET", "tags/list"), ("GET", f"referrers/{digest}"),
        ("DELETE", "manifests/v1"),
    ):  # fmt: skip
        server.ask(method, f"/v2/{REPOSITORY}/{path}", headers={"Accept": "application/json"})
    assert names(server) == [
        "BatchGetImage", "BatchGetImage", "BatchCheckLayerAvailability", "GetDownloadUrlForLayer", "ListImages",
        "ListImageReferrers", "BatchDeleteImage",
    ]  # fmt: skip
    first, second, *_, last = records(server)
    about = {"registryId": ACCOUNT, "repositoryName": REPOSITORY}
    accepted = {"acceptedMediaTypes": ["application/json"]}
    assert first["requestParameters"] == {**about, "imageIds": [{"imageTag": "v1"}], **accepted}
    assert second["requestParameters"]["imageIds"] == [{"imageDigest": digest}]
    assert (first["sourceIPAddress"], first["userAgent"]) == ("ecr.amazonaws.com", "ecr.amazonaws.com")
    assert first["resources"] == [
        {"accountId": ACCOUNT, "ARN": f"arn:aws:ecr:{SERVED}:{ACCOUNT}:repository/{REPOSITORY}"}
    ]
    assert (first["readOnly"], last["readOnly"]) == (True, False)


def test_the_list_of_repositories_is_a_call_about_none_of_them(server: Server) -> None:
    server.ask("GET", "/v2/_catalog")
    (record,) = records(server)
    assert (record["eventName"], record["requestParameters"]) == ("DescribeRepositories", {"registryId": ACCOUNT})
    assert record["resources"] == []
    server.callers.actions = ("ListImages",)
    assert server.ask("GET", "/v2/_catalog").status == 403
    assert records(server)[-1]["errorCode"] == "AccessDenied"


def test_an_image_that_a_client_puts_is_recorded_with_its_manifest(server: Server) -> None:
    server.push_image("v1")
    record = records(server)[-1]
    content = encoded(image(b"a layer")).decode()
    assert (record["requestParameters"]["imageTag"], record["requestParameters"]["imageManifest"]) == ("v1", content)
    assert record["responseElements"]["image"]["imageId"] == {
        "imageDigest": images.digest_of(content.encode()),
        "imageTag": "v1",
    }


@cases(
    "method, path, allowed, recorded",
    ("POST", "blobs/uploads/", (), ["InitiateLayerUpload"]),
    (
        "POST",
        f"blobs/uploads/?digest={images.digest_of(b'')}",
        ("InitiateLayerUpload",),
        ["InitiateLayerUpload", "UploadLayerPart"],
    ),
    ("GET", "manifests/v1", (), ["BatchGetImage"]),
    ("GET", f"blobs/{images.digest_of(b'')}", (), ["GetDownloadUrlForLayer"]),
    ("HEAD", f"blobs/{images.digest_of(b'')}", (), ["BatchCheckLayerAvailability"]),
    ("PUT", "manifests/v1", (), ["PutImage"]),
    ("DELETE", "manifests/v1", (), ["BatchDeleteImage"]),
    ("GET", "tags/list", (), ["ListImages"]),
)
def test_a_client_that_is_denied_is_recorded_with_the_action_that_it_lacks(
    server: Server, method: str, path: str, allowed: tuple[str, ...], recorded: list[str]
) -> None:
    server.callers.actions = allowed or ("DescribeRegistry",)
    assert server.ask(method, f"/v2/{REPOSITORY}/{path}").status == 403
    assert names(server) == recorded
    *before, last = records(server)
    assert all("errorCode" not in each for each in before)
    assert last["errorCode"] == "AccessDenied"


def test_what_fails_for_another_reason_has_its_own_code(server: Server) -> None:
    server.ask("GET", f"/v2/{REPOSITORY}/manifests/missing")
    server.push_manifest(image(b"missing"), "v1")
    server.ask("POST", f"/v2/{REPOSITORY}/blobs/uploads/?digest={images.digest_of(b'')}", b"other")
    failed = [(each["eventName"], each["errorCode"]) for each in records(server) if "errorCode" in each]
    assert failed == [
        ("BatchGetImage", "ImageNotFoundException"),
        ("PutImage", "LayersNotFoundException"),
        ("CompleteLayerUpload", "InvalidLayerException"),
    ]


def test_a_service_is_recorded_by_its_name_and_who_says_no_identity_not_at_all(server: Server) -> None:
    server.push_image("v1")
    server.events.put_so_far.clear()
    server.ask("GET", f"/v2/{REPOSITORY}/manifests/v1", authorization=None)
    service = Identity(arn="lambda.amazonaws.com", account=None)
    statement = {"Effect": "Allow", "Principal": {"Service": service.arn}, "Action": "ecr:BatchGetImage"}
    repository = server.registry.repository(REPOSITORY)
    server.registry.repositories[REPOSITORY] = replace(repository, policy=stored(statement))
    server.ask("GET", f"/v2/{REPOSITORY}/manifests/v1", authorization=server.identify(service))
    (record,) = records(server)
    assert record["userIdentity"] == {"type": "AWSService", "invokedBy": "lambda.amazonaws.com"}


def stored(statement: dict[str, Any]) -> Any:
    from localcloud.ecr.registry_state import StoredPolicy

    return StoredPolicy(text=text(statement), policy=policy("own", statement))
