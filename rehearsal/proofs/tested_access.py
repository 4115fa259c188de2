"""What the catalog's tests of access expect, each tried by its principal."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
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
    yield _deleted(ecr.delete_lifecycle_policy, case.api("ecr").put_lifecycle_policy, of, _lifecycle(case, of))


def _configurations(case: Case, ecr: Any, pushed: Image) -> Iterator[Call]:
    """Calls that leave all as it is, should they be answered; what is declared may be something else."""
    of = {"registryId": case.registry.account, "repositoryName": case.name}
    there, root = case.described(), case.api("ecr")
    mutability = {key: there[key] for key in there if key.startswith("imageTagMutability")}
    scanning = {"imageScanningConfiguration": there["imageScanningConfiguration"]}
    tags = root.list_tags_for_resource(resourceArn=case.arn)["tags"]
    image_id, lifecycle = {"imageDigest": pushed.digest}, _lifecycle(case, of)
    yield lambda: ecr.put_image_tag_mutability(**of, **mutability)
    yield lambda: ecr.put_image_scanning_configuration(**of, **scanning)
    yield lambda: ecr.tag_resource(resourceArn=case.arn, tags=tags)
    yield lambda: ecr.untag_resource(resourceArn=case.arn, tagKeys=["rehearsal-nothing"])
    yield lambda: ecr.update_image_storage_class(**of, imageId=image_id, targetStorageClass="STANDARD")
    if lifecycle:
        yield lambda: ecr.put_lifecycle_policy(**of, **lifecycle)
    policy = _text("policyText", lambda: root.get_repository_policy(**of))
    if policy:
        yield lambda: ecr.set_repository_policy(**of, **policy)
    yield _deleted(ecr.delete_repository_policy, root.set_repository_policy, of, policy)


def _lifecycle(case: Case, of: Mapping[str, str]) -> dict[str, str]:
    return _text("lifecyclePolicyText", lambda: case.api("ecr").get_lifecycle_policy(**of))


def _text(name: str, read: Callable[[], Mapping[str, str]]) -> dict[str, str]:
    """A document that is there; nothing where there is none."""
    try:
        return {name: read()[name]}
    except ClientError as absent:
        if not absent.response["Error"]["Code"].endswith("PolicyNotFoundException"):
            raise
        return {}


def _deleted(
    delete: Callable[..., object], put: Callable[..., object], of: Mapping[str, str], text: Mapping[str, str]
) -> Call:
    """A deletion, after which the document is there again."""

    def call() -> None:
        delete(**of)
        if text:
            put(**of, **text)

    return call
