"""A declared workflow pushes, with the role that the stack declares and GitHub's token."""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from domain.iam import document
from domain.iam.roles import push_policy
from localcloud.clients import AwsCredentials
from localcloud.github_issuer import Job
from oci.client import Client, Refused
from oci.image import Image, image
from rehearsal.proofs.harness.case import Broken, PublisherCase
from rehearsal.proofs.harness.denied_calls import CHANGES, RegistryPrincipal, require_denied, require_refused_in
from rehearsal.proofs.harness.workflows import jobs

PROMISE = "the declared workflows push their repositories, and do nothing else"

_DELETION = {what: each for what, each in CHANGES.items() if what.startswith("deleted")}


def prove_publisher(case: PublisherCase) -> str:
    comers = jobs(case.publisher.source)
    *_, credentials = [_entered(case, each) for each in comers]
    own, others = case.publisher.repositories, case.others()
    publisher = RegistryPrincipal(
        who=case.subject, password=case.principals.password(credentials, case.registry.region)
    )
    with Client.on_loopback(case.host, publisher.password) as client:
        for name in own:
            pushed = _pushed(case, client, name)
            require_refused_in(name, client, publisher, pushed, _DELETION)
        for name in others:
            require_refused_in(name, client, publisher, pushed, CHANGES)
    require_denied(case.subject, _settings_changed(case, case.principals.of("ecr", credentials, case.registry.region)))
    _require_policy(case)
    subjects = ", ".join(f"environment {each.environment}" if each.environment else each.ref for each in comers)
    return f"{subjects} pushed {', '.join(own)}, and none of {len(others)} others"


def _entered(case: PublisherCase, job: Job) -> AwsCredentials:
    try:
        return case.session(job)
    except ClientError as refused:
        raise Broken(f"{job.subject} is declared, and was refused: {refused}") from refused


def _pushed(case: PublisherCase, client: Client, name: str) -> Image:
    # Publishers of one repository come with an image and a tag each.
    mark = hashlib.sha256(case.subject.encode()).hexdigest()[:8]
    pushed = image(f"{name} {case.subject}", layers=1)
    try:
        client.push(name, pushed, f"{case.tag('publisher')}-{mark}")
    except Refused as refused:
        raise Broken(f"{name} is declared, and its push was refused: {refused}") from refused
    return pushed


def _settings_changed(case: PublisherCase, ecr: Any) -> Mapping[str, Callable[[], object]]:
    """Calls that leave everything as it is declared, should they be answered."""
    name = case.publisher.repositories[0]
    copy = next(each for each in case.settings.copies(case.registry) if each.name == name)
    images, lifecycle = [{"imageTag": "rehearsal-nothing"}], {"lifecyclePolicyText": copy.lifecycle_text}
    mutability, policy = {"imageTagMutability": copy.mutability.value}, copy.policy_text or "{}"
    return {
        "deleted an image by the API": lambda: ecr.batch_delete_image(repositoryName=name, imageIds=images),
        "put a lifecycle policy": lambda: ecr.put_lifecycle_policy(repositoryName=name, **lifecycle),
        "set a tag's mutability": lambda: ecr.put_image_tag_mutability(repositoryName=name, **mutability),
        "set a repository policy": lambda: ecr.set_repository_policy(repositoryName=name, policyText=policy),
    }


def _require_policy(case: PublisherCase) -> None:
    """The role's one policy is the declared one: what holds for the repositories that are not tried, too."""
    iam, role = case.api("iam"), case.publisher.name
    names = iam.list_role_policies(RoleName=role)["PolicyNames"]
    attached = [each["PolicyName"] for each in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]]
    if len(names) != 1 or attached:
        raise Broken(f"declared one policy, and there are {', '.join([*names, *attached]) or 'none'}")
    actual = document.parse(iam.get_role_policy(RoleName=role, PolicyName=names[0])["PolicyDocument"])
    declared = document.parse(push_policy(case.publisher.repositories, case.registry.id))
    if not document.same(actual, declared):
        raise Broken(f"declared {declared.to_json()}, and there is {actual.to_json()}")
