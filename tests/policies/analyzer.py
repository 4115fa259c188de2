"""A policy pack behind the SDK's analyzer server, called over gRPC as the engine calls it."""

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc

from policies.pack.rule import CheckedResource

UNKNOWN_STRING = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""How the engine sends a text that is not known yet: sdk/go/common/resource/plugin/rpc.go"""
LEVELS = {"advisory": analyzer_pb2.ADVISORY, "mandatory": analyzer_pb2.MANDATORY, "disabled": analyzer_pb2.DISABLED}


class Analyzer:
    """One running pack."""

    def __init__(self, stub: analyzer_pb2_grpc.AnalyzerStub) -> None:
        self._stub = stub

    def rules(self) -> dict[str, analyzer_pb2.PolicyInfo]:
        return {each.name: each for each in self._stub.GetAnalyzerInfo(empty_pb2.Empty()).policies}

    def configure(self, levels: Mapping[str, Any]) -> None:
        """What `--policy-pack-config` says, as the engine hands it over."""
        request = analyzer_pb2.ConfigureAnalyzerRequest()
        for rule, value in levels.items():
            given = dict(value) if isinstance(value, Mapping) else {"enforcementLevel": value}
            request.policyConfig[rule].enforcementLevel = LEVELS[given.pop("enforcementLevel")]
            request.policyConfig[rule].properties.update(given)
        self._stub.Configure(request)

    def configure_from(self, file: Path) -> None:
        self.configure(json.loads(file.read_text(encoding="utf-8")))

    def analyze(self, resource: CheckedResource) -> list[tuple[str, str]]:
        """Which rules find what in a resource: id and message."""
        options = analyzer_pb2.AnalyzerResourceOptions(protect=resource.protect)
        request = analyzer_pb2.AnalyzeRequest(
            type=resource.type, urn=resource.urn, name=resource.name, properties=_struct(resource), options=options
        )
        return _reported(self._stub.Analyze(request))

    def analyze_stack(self, resources: Iterable[CheckedResource]) -> list[tuple[str, str]]:
        request = analyzer_pb2.AnalyzeStackRequest(
            resources=[
                analyzer_pb2.AnalyzerResource(
                    type=each.type, urn=each.urn, name=each.name, properties=_struct(each),
                    dependencies=each.dependencies,
                    options=analyzer_pb2.AnalyzerResourceOptions(protect=each.protect),
                )
                for each in resources
            ]
        )  # fmt: skip
        return _reported(self._stub.AnalyzeStack(request))


def _struct(resource: CheckedResource) -> struct_pb2.Struct:
    properties = struct_pb2.Struct()
    properties.update(resource.inputs)
    return properties


def _reported(response: analyzer_pb2.AnalyzeResponse) -> list[tuple[str, str]]:
    return [(each.policyName, each.message.partition("\n")[2] or each.message) for each in response.diagnostics]


@contextmanager
def serving(pack: Path) -> Iterator[Analyzer]:
    """The pack in that folder, started as the engine's Python host starts it."""
    command = [sys.executable, "-u", "-m", "pulumi.policy", "127.0.0.1:1", "."]
    with subprocess.Popen(command, cwd=pack, stdout=subprocess.PIPE, env={"PYTHONDONTWRITEBYTECODE": "1"}) as process:
        try:
            assert process.stdout
            port = process.stdout.readline().strip().decode()
            assert port.isdigit(), "the pack ended before it served"
            options = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
            with grpc.insecure_channel(f"127.0.0.1:{port}", options=options) as channel:
                yield Analyzer(analyzer_pb2_grpc.AnalyzerStub(channel))
        finally:
            process.kill()
