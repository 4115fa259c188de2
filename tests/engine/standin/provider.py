"""What the providers have in common."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import grpc
from google.protobuf import json_format, struct_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2_grpc
from pulumi.runtime.proto import provider_pb2 as proto

from resources import ResourceType, record_of
from tests.engine.standin.cloud import Cloud, RefusedError, Values


class Provider(provider_pb2_grpc.ResourceProviderServicer):
    """One process; the engine starts one for each provider of a stack."""

    version: ClassVar[str]

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud

    def GetPluginInfo(self, _request: Any, _context: Any) -> Any:  # noqa: N802
        return plugin_pb2.PluginInfo(version=self.version)

    def CheckConfig(self, request: Any, _context: Any) -> Any:  # noqa: N802
        return proto.CheckResponse(inputs=request.news)


def record_at(urn: str) -> ResourceType:
    """The record of the type in a resource's URN."""
    try:
        return record_of(urn.split("::")[2].rpartition("$")[2])
    except LookupError as unknown:
        raise RefusedError(str(unknown)) from unknown


@contextmanager
def refusals(context: Any) -> Iterator[None]:
    try:
        yield
    except RefusedError as refused:
        context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(refused))


def values(struct: Any) -> Values:
    values = json_format.MessageToDict(struct)
    return {name: value for name, value in values.items() if value is not None}


def struct(values: Values) -> struct_pb2.Struct:
    struct = struct_pb2.Struct()
    struct.update(values)
    return struct
