"""What is planted and what passes by: findings, runs of a lifecycle policy, and changes of a key, as events."""

from typing import Any

import pytest

from localcloud.ecr.api_errors import EcrError
from localcloud.tests.cases import cases
from localcloud.tests.clouds import fetch
from localcloud.tests.events.monitored import EVENTS, NAME, REGION, Monitored
from localcloud.tests.statements import allow, text


def test_a_basic_scan_has_no_severity_without_findings(monitored: Monitored) -> None:
    digest = monitored.push("v1")
    event = monitored.cloud.events.plant_scan(monitored.account, REGION, NAME, "v1", {"CRITICAL": 10, "MEDIUM": 9})
    assert event in monitored.seen().events
    assert (event["source"], event["detail-type"]) == ("aws.ecr", "ECR Image Scan")
    assert event["resources"] == [monitored.arn("ecr", f"repository/{NAME}")]
    assert event["detail"] == {
        "scan-status": "COMPLETE",
        "repository-name": NAME,
        "finding-severity-counts": {"CRITICAL": 10, "MEDIUM": 9},
        "image-digest": digest,
        "image-tags": ["v1"],
    }


def test_inspector_s_scan_names_the_repository_by_its_arn(monitored: Monitored) -> None:
    digest = monitored.push("v1")
    here = monitored.account, REGION, NAME
    event = monitored.cloud.events.plant_scan(*here, digest, {"HIGH": 2, "LOW": 1}, inspector=True)
    assert (event["source"], event["detail-type"]) == ("aws.inspector2", "Inspector2 Scan")
    detail = event["detail"]
    assert detail["repository-name"] == monitored.arn("ecr", f"repository/{NAME}")
    assert detail["finding-severity-counts"] == {"HIGH": 2, "LOW": 1, "TOTAL": 3}
    assert (detail["scan-status"], detail["image-digest"]) == ("INITIAL_SCAN_COMPLETE", digest)


def test_a_finding_reaches_its_rule(monitored: Monitored) -> None:
    digest, queue = monitored.push("v1"), monitored.open_queue("findings", EVENTS)
    detail: dict[str, Any] = {"severity": ["CRITICAL", "HIGH"], "status": ["ACTIVE"]}
    pattern = {"source": ["aws.inspector2"], "detail-type": ["Inspector2 Finding"], "detail": detail}
    monitored.rule("findings", pattern, queue)
    for severity, status in (("HIGH", "ACTIVE"), ("HIGH", "CLOSED"), ("LOW", "ACTIVE")):
        plant = monitored.cloud.events.plant_finding
        plant(monitored.account, REGION, NAME, "v1", severity=severity, status=status, vulnerability="CVE-2026-1")
    (message,) = monitored.messages(queue)
    found = message["body"]["detail"]
    assert (found["severity"], found["title"]) == ("HIGH", "CVE-2026-1 - openssl")
    assert found["packageVulnerabilityDetails"]["vulnerabilityId"] == "CVE-2026-1"
    container = found["resources"][0]["details"]["awsEcrContainerImage"]
    assert (container["repositoryName"], container["imageHash"], container["imageTags"]) == (NAME, digest, ["v1"])


def test_a_run_of_a_lifecycle_policy_says_what_it_could_not_expire(monitored: Monitored) -> None:
    digest = monitored.push("v1")
    here = monitored.account, REGION, NAME
    monitored.cloud.events.plant_lifecycle_run(*here, expired=["v1"])
    event = monitored.cloud.events.plant_lifecycle_run(*here, failed=[digest])
    assert (event["source"], event["detail-type"]) == ("aws.ecr", "AWS Service Event via CloudTrail")
    record = event["detail"]
    assert (record["eventName"], record["eventType"]) == ("PolicyExecutionEvent", "AwsServiceEvent")
    details = record["serviceEventDetails"]
    assert (details["repositoryName"], details["lifecycleEventImageActions"]) == (NAME, [])
    (failure,) = details["lifecycleEventFailureDetails"]
    assert failure["failureCode"] == "ImageReferencedByManifestList"
    assert failure["lifecycleEventImage"]["digest"] == digest
    first = monitored.seen().records[-2]["serviceEventDetails"]
    assert (len(first["lifecycleEventImageActions"]), first["lifecycleEventFailureDetails"]) == (1, [])


def test_nothing_is_planted_in_what_is_not_there(monitored: Monitored) -> None:
    with pytest.raises(EcrError, match="ImageNotFoundException"):
        monitored.cloud.events.plant_scan(monitored.account, REGION, NAME, "missing", {})


def test_a_key_that_is_disabled_or_goes_is_recorded_with_who_did_it(monitored: Monitored) -> None:
    key = monitored.key()
    kms = monitored.client("kms")
    kms.disable_key(KeyId=key)
    kms.schedule_key_deletion(KeyId=key.rpartition("/")[2], PendingWindowInDays=7)
    _, disabled, scheduled = (each for each in monitored.seen().records if each["eventSource"] == "kms.amazonaws.com")
    assert (disabled["eventName"], scheduled["eventName"]) == ("DisableKey", "ScheduleKeyDeletion")
    assert disabled["requestParameters"] == {"keyId": key}
    assert scheduled["requestParameters"]["pendingWindowInDays"] == 7
    owner = {"accountId": monitored.account, "type": "AWS::KMS::Key", "ARN": key}
    assert (disabled["resources"], scheduled["resources"]) == ([owner], [owner])
    assert disabled["userIdentity"]["type"] == "Root"
    assert "errorCode" not in disabled


def test_a_denied_change_of_a_key_is_recorded_too(monitored: Monitored) -> None:
    key, iam = monitored.key(), monitored.client("iam")
    iam.create_user(UserName="ada")
    iam.put_user_policy(UserName="ada", PolicyName="own", PolicyDocument=text(allow("ecr:*")))
    made = iam.create_access_key(UserName="ada")["AccessKey"]
    kms = monitored.connect(monitored.cloud, "kms", monitored.account, REGION, credentials=made)
    with pytest.raises(kms.exceptions.ClientError, match="AccessDenied"):
        kms.disable_key(KeyId=key)
    record = monitored.seen().records[-1]
    assert (record["eventName"], record["errorCode"]) == ("DisableKey", "AccessDenied")
    identity = record["userIdentity"]
    assert (identity["type"], identity["userName"]) == ("IAMUser", "ada")
    assert identity["principalId"] == iam.get_user(UserName="ada")["User"]["UserId"]


@cases("body", b"no JSON", b"[1]", b'{"KeyId": 7}', b"")
def test_a_wrong_call_about_a_key_is_recorded_and_fails_by_itself(monitored: Monitored, body: bytes) -> None:
    headers = {
        "Authorization": f"AWS4-HMAC-SHA256 Credential={monitored.account}/20260101/{REGION}/kms/aws4_request, "
        "SignedHeaders=host, Signature=00",
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": "TrentService.DisableKey",
    }
    answer = fetch(monitored.cloud.endpoint, method="POST", body=body, headers=headers)
    record = monitored.seen().records[-1]
    # The answer is the emulator's own, which is none for what it did not expect; ours would say what failed.
    assert (answer.status >= 400, b"ServerException" in answer.data) == (True, False)
    assert (record["eventName"], record["resources"], "errorCode" in record) == ("DisableKey", [], True)


def test_a_role_s_push_is_recorded_with_the_role_s_own_path(monitored: Monitored) -> None:
    iam = monitored.client("iam")
    trust = text({"Effect": "Allow", "Principal": {"AWS": monitored.account}, "Action": "sts:AssumeRole"})
    role = iam.create_role(RoleName="pusher", Path="/registry/", AssumeRolePolicyDocument=trust)["Role"]
    iam.put_role_policy(RoleName="pusher", PolicyName="own", PolicyDocument=text(allow("ecr:*")))
    assumed = monitored.client("sts").assume_role(RoleArn=role["Arn"], RoleSessionName="run-7")
    given = assumed["Credentials"]
    ecr = monitored.connect(monitored.cloud, "ecr", monitored.account, REGION, credentials=given)
    ecr.describe_repositories()
    identity = monitored.seen().records[-1]["userIdentity"]
    issuer = identity["sessionContext"]["sessionIssuer"]
    assert (issuer["arn"], issuer["principalId"]) == (role["Arn"], role["RoleId"])
    assert identity["principalId"] == f"{role['RoleId']}:run-7"
    assert identity["sessionContext"]["attributes"]["creationDate"].endswith("Z")
