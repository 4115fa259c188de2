"""The provider's process: the engine starts it, reads its port from the first line, and calls it over gRPC."""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from tests.engine.standin.aws import AwsProvider
from tests.engine.standin.cloud import Cloud
from tests.engine.standin.github import GitHubProvider
from tests.engine.standin.kubernetes import KubernetesProvider

PROVIDERS = {"aws": AwsProvider, "github": GitHubProvider, "kubernetes": KubernetesProvider}


def main() -> None:
    server = grpc.server(ThreadPoolExecutor(max_workers=8))
    cloud = Cloud(Path(os.environ["STANDIN_CLOUD"]))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(PROVIDERS[sys.argv[1]](cloud), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    server.wait_for_termination()


if __name__ == "__main__":
    main()
