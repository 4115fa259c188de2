"""The auditor reads what is declared of every repository, and images only where that is declared."""

from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from domain.aws import Arn
from oci.client import Client
from oci.image import Image
from rehearsal.proofs.harness.case import Broken, Case
from rehearsal.proofs.harness.denied_calls import CHANGES, RegistryPrincipal, require_denied, require_refused
from rehearsal.proofs.harness.stack_roles import auditor_session

PROMISE = "the auditor reads what is declared of the repository, and no more"

_ABSENT = frozenset({"RepositoryPolicyNotFoundException"})
"""What is there to be read, and is not set."""


def applies(case: Case) -> bool:
    return bool(case.settings.role_options.auditors) and case.registry.role is None


def prove(case: Case) -> str:
    pushed = case.pushed_image("auditor")
    auditor, *_ = [each for arn in case.settings.role_options.auditors if (each := Arn.parse(arn))]
    session = auditor_session(case, auditor)
    ecr = case.principals.of("ecr", session, case.registry.region)
    read = _reads(ecr, case.name, case.arn, pushed)
    for what, call in read.items():
        try:
            call()
        except ClientError as refused:
            if refused.response["Error"]["Code"] not in _ABSENT:
                raise Broken(f"the auditor can't read {what}: {refused}") from refused
    if not case.settings.role_options.audit_layers:
        require_denied("the auditor", _images(ecr, case.name, pushed))
        return f"read {', '.join(read)}; no image"
    password = case.principals.password(session, case.registry.region)
    with Client.on_loopback(case.host, password) as client:
        client.pull(case.name, pushed.digest)
    require_refused(case, RegistryPrincipal(who="the auditor", password=password), pushed, CHANGES)
    return f"read {', '.join(read)}; pulled {pushed.digest[:19]}"


def _reads(ecr: Any, name: str, arn: str, pushed: Image) -> Mapping[str, Callable[[], object]]:
    """All that the local cloud answers; it has neither scan findings nor the preview of a lifecycle policy."""
    known = {"imageDigest": pushed.digest}
    return {
        "description": lambda: ecr.describe_repositories(repositoryNames=[name]),
        "images": lambda: ecr.describe_images(repositoryName=name, imageIds=[known]),
        "ids": lambda: ecr.list_images(repositoryName=name, maxResults=1),
        "tags": lambda: ecr.list_tags_for_resource(resourceArn=arn),
        "lifecycle policy": lambda: ecr.get_lifecycle_policy(repositoryName=name),
        "repository policy": lambda: ecr.get_repository_policy(repositoryName=name),
        "scanning": lambda: ecr.batch_get_repository_scanning_configuration(repositoryNames=[name]),
        "replication": lambda: ecr.describe_image_replication_status(repositoryName=name, imageId=known),
    }


def _images(ecr: Any, name: str, pushed: Image) -> Mapping[str, Callable[[], object]]:
    known = {"imageDigest": pushed.digest}
    return {
        "logged in": ecr.get_authorization_token,
        "got a manifest": lambda: ecr.batch_get_image(repositoryName=name, imageIds=[known]),
        "deleted an image": lambda: ecr.batch_delete_image(repositoryName=name, imageIds=[known]),
        "deleted a lifecycle policy": lambda: ecr.delete_lifecycle_policy(repositoryName=name),
    }
