"""What Pulumi and its provider ask of AWS: a call, by the records of the types, and the requests that it becomes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from domain.iam.access import Policy, Request
from render.resource import Resource
from resources import record_of
from resources.ecr import LIFECYCLE_POLICY, REPOSITORY, REPOSITORY_POLICY
from resources.kms import ALIAS, KEY
from resources.secretsmanager import SECRET_VERSION

Parameters = Mapping[str, Any]

KEY_ID = "9f8e7d6c-1111-4222-8333-0123456789ab"
"""Of the key that encrypts images, in each region."""
NOT_LOOKED_AT = SECRET_VERSION
"""What drift.yml leaves out of its search: to look at one is to read the token that it holds."""
DESTROYING = ("DeleteRepository", "ScheduleKeyDeletion")
"""What takes the destroy role."""
GLOBAL = "us-east-1"
"""Where IAM is asked from wherever in the partition `aws`."""


@dataclass(frozen=True, kw_only=True)
class Call:
    """One operation of one service, with the parameters that decide what it is about."""

    service: str
    operation: str
    region: str
    parameters: Parameters = field(default_factory=dict)

    @property
    def action(self) -> str:
        return f"{self.service}:{self.operation}"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request that a call makes of IAM, and the policy of what it is about, where that has one that counts."""

    request: Request
    resource_policies: tuple[Policy, ...] = ()


def reads(resource: Resource) -> Iterator[Call]:
    """What the provider would call to read the resource, beside sts:GetCallerIdentity, which needs no permission."""
    return _calls(resource, record_of(resource.type).reads)


def writes(resource: Resource) -> Iterator[Call]:
    """What it would call to create, update and delete the resource, but what takes the destroy role."""
    record = record_of(resource.type)
    return _calls(resource, tuple(each for each in (*record.creates, *record.changes) if each not in DESTROYING))


def deletions(resource: Resource) -> Iterator[Call]:
    """What it would call to delete a repository, a key, or what can't be there without one, and to see it gone."""
    if resource.type not in (REPOSITORY, LIFECYCLE_POLICY, REPOSITORY_POLICY, KEY, ALIAS):
        return iter(())
    deleting = (each for each in record_of(resource.type).changes if each in DESTROYING or each.startswith("Delete"))
    watching = {REPOSITORY: ("DescribeRepositories",), KEY: ("DescribeKey",)}
    return _calls(resource, (*deleting, *watching.get(resource.type, ())))


def _calls(resource: Resource, operations: tuple[str, ...]) -> Iterator[Call]:
    record, inputs = record_of(resource.type), resource.inputs
    given = {name: inputs[key] for name, key in record.parameters.items() if key in inputs}
    parameters: dict[str, Any] = {"KeyId": KEY_ID, **given}
    for operation in operations:
        region = inputs.get("region", GLOBAL)
        yield Call(service=record.service, operation=operation, region=region, parameters=parameters)
