"""What Pulumi's provider calls for a declared resource, by the records of the types."""

from collections.abc import Iterator
from typing import Any

from render.resource import Resource
from resources import record_of
from resources.secretsmanager import SECRET_VERSION
from tests.bootstrap.calls import KEY_ID, Call

NOT_LOOKED_AT = SECRET_VERSION
"""What drift.yml leaves out of its search: to look at one is to read the token that it holds."""

GLOBAL = "us-east-1"
"""Where IAM is asked from wherever in the partition `aws`."""


def reads(resource: Resource) -> Iterator[Call]:
    """What the provider would call to read the resource, beside sts:GetCallerIdentity, which needs no permission."""
    return _calls(resource, record_of(resource.type).reads)


def writes(resource: Resource) -> Iterator[Call]:
    """What it would call to create, update and delete the resource."""
    record = record_of(resource.type)
    return _calls(resource, (*record.creates, *record.changes))


def _calls(resource: Resource, operations: tuple[str, ...]) -> Iterator[Call]:
    record, inputs = record_of(resource.type), resource.inputs
    given = {name: inputs[key] for name, key in record.parameters.items() if key in inputs}
    parameters: dict[str, Any] = {"KeyId": KEY_ID, **given}
    for operation in operations:
        yield Call(
            service=record.service, operation=operation, region=inputs.get("region", GLOBAL), parameters=parameters
        )
