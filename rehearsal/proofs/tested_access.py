"""What the catalog's tests of access expect, each tried by its principal."""

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

from botocore.exceptions import ClientError

from domain.iam.access_test import ALLOWED, AccessTest
from localcloud.clients import AwsCredentials
from oci.client import Client, Refused
from oci.image import Image, image
from rehearsal.proofs.harness.case import DENIED, Broken, Case
from rehearsal.proofs.harness.tested_sessions import sessions

PROMISE = "each test of access is answered as it expects"

Call = Callable[[], object]


def applies(case: Case) -> bool:
    return any(True for _ in _tests(case))


def prove(case: Case) -> str:
    pushed = case.pushed_image("tested")
    tried = []
    for test in _tests(case):
        for each in test.principals:
            allowed = any(_can(case, test.action, each.label, session, pushed) for session in sessions(case, each))
            if allowed is not (test.expect == ALLOWED):
                actual = "allowed" if allowed else "denied"
                raise Broken(f"{each.label}: {test.action} must be {test.expect}, and is {actual}")
            tried.append(f"{each.label}: {test.action} {test.expect}")
    return "; ".join(tried)


def _tests(case: Case) -> Iterator[AccessTest]:
    for test in case.settings.access_tests:
        if test.repository == case.name and case.registry.region in (test.regions or (case.registry.region,)):
            yield test


def _can(case: Case, action: str, who: str, session: AwsCredentials, pushed: Image) -> bool:
    """A pull or a push as a whole; of deletions and configurations any."""
    if action in ("pull", "push"):
        return _at_registry(case, action, who, session, pushed)
    ecr = case.principals.of("ecr", session, case.registry.region)
    return any(map(_is_answered, (_deletions if action == "delete" else _configurations)(case, ecr, pushed)))


def _at_registry(case: Case, action: str, who: str, session: AwsCredentials, pushed: Image) -> bool:
    try:
        password = case.principals.password(session, case.registry.region)
    except ClientError as refused:
        return _is_other(refused)
    try:
        with Client.on_loopback(case.host, password) as client:
            if action == "pull":
                client.pull(case.name, pushed.digest)
            else:
                mark = hashlib.sha256(f"{case.subject} {who}".encode()).hexdigest()[:8]
                client.push(case.name, image(f"{case.subject} {mark}", layers=1), f"{case.tag('tested')}-{mark}")
    except Refused as refused:
        if refused.code != DENIED:
            raise
        return False
    return True


def _is_answered(call: Call) -> bool:
    """Whether it is authorised, whatever comes of it."""
    try:
        call()
    except ClientError as refused:
        return _is_other(refused)
    return True


def _is_other(refused: ClientError) -> bool:
    return bool(refused.response["Error"]["Code"] != "AccessDeniedException")


def _deletions(case: Case, ecr: Any, pushed: Image) -> Iterator[Call]:
    """The image that is there keeps the repository."""
    of = {"registryId": case.registry.account, "repositoryName": case.name}
    yield lambda: ecr.batch_delete_image(**of, imageIds=[{"imageTag": f"nothing-{pushed.digest[-8:]}"}])
    yield lambda: ecr.delete_repository(**of)
    yield lambda: _undone(
        lambda: ecr.delete_lifecycle_policy(**of),
        lambda: case.api("ecr").put_lifecycle_policy(**of, lifecyclePolicyText=case.copy.lifecycle_text),
    )


def _configurations(case: Case, ecr: Any, pushed: Image) -> Iterator[Call]:
    """Calls that leave all as it is declared, should they be answered."""
    of = {"registryId": case.registry.account, "repositoryName": case.name}
    copy, there = case.copy, case.described()
    mutability: dict[str, object] = {"imageTagMutability": copy.mutability.value}
    filters = [{"filterType": "WILDCARD", "filter": each} for each in copy.mutable_tags]
    mutability |= {"imageTagMutabilityExclusionFilters": filters} if filters else {}
    scanning = {"imageScanningConfiguration": there["imageScanningConfiguration"]}
    tags = [{"Key": key, "Value": value} for key, value in copy.tags.items()]
    yield lambda: ecr.put_lifecycle_policy(**of, lifecyclePolicyText=copy.lifecycle_text)
    yield lambda: ecr.put_image_tag_mutability(**of, **mutability)
    yield lambda: ecr.put_image_scanning_configuration(**of, **scanning)
    yield lambda: ecr.tag_resource(resourceArn=case.arn, tags=tags)
    yield lambda: ecr.untag_resource(resourceArn=case.arn, tagKeys=["rehearsal-nothing"])
    image_id = {"imageDigest": pushed.digest}
    yield lambda: ecr.update_image_storage_class(**of, imageId=image_id, targetStorageClass="STANDARD")
    text = copy.policy_text
    if text is None:
        yield lambda: ecr.delete_repository_policy(**of)
    else:
        put = {**of, "policyText": text}
        yield lambda: ecr.set_repository_policy(**put)
        yield lambda: _undone(
            lambda: ecr.delete_repository_policy(**of), lambda: case.api("ecr").set_repository_policy(**put)
        )


def _undone(call: Call, undo: Call) -> None:
    call()
    undo()
