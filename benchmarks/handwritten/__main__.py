"""`python -m benchmarks.handwritten COUNT`: declares it all, and prints how long that took after the imports."""

import argparse
import asyncio
import gc
import json
import time

import pulumi

from benchmarks.catalog import ACCOUNT, REGION, REPLICAS, STACK, Entry, entries
from benchmarks.handwritten.components import (
    PROJECT,
    TEMPLATE_ROLE,
    EncryptionKey,
    ImageRepository,
    RegistryRoles,
    RegistrySettings,
    Replication,
)
from benchmarks.handwritten.documents import role_name
from benchmarks.handwritten.mocks import AwsMocks


def program(repositories: dict[str, Entry]) -> None:
    sources: dict[str, tuple[Entry, list[str]]] = {}
    for name, entry in repositories.items():
        for push in entry["push"]:
            sources.setdefault(role_name(push), (push, []))[1].append(name)
    tasks = [name for name, entry in repositories.items() if {"service": "ecs"} in entry["pull"]]
    roles = RegistryRoles("registry", sources, tasks)
    keys, replicas, registries = {}, [], {}
    for region in [REGION, *REPLICAS]:
        keys[region] = EncryptionKey(f"registry@{region}", region)
        RegistrySettings(f"registry@{region}", region)
        outputs = {}
        for name, entry in repositories.items():
            repository = ImageRepository(name, region, entry, keys[region].arn)
            outputs[name] = {"arn": repository.arn, "url": repository.url}
            if region != REGION:
                replicas.append(repository)
        host = f"{ACCOUNT}.dkr.ecr.{region}.amazonaws.com"
        registries[region] = {"host": host, "key_arn": keys[region].arn, "repositories": outputs}
    Replication(f"registry@{REGION}", REGION, keys, roles.arns[TEMPLATE_ROLE], replicas)
    pulumi.export("roles", roles.arns)
    pulumi.export("registries", registries)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.handwritten", description=__doc__)
    parser.add_argument("count", type=int)
    parser.add_argument("--no-collector", action="store_true")
    options = parser.parse_args()
    if options.no_collector:
        gc.disable()
    started = time.process_time()
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    mocks = AwsMocks()
    pulumi.runtime.set_mocks(mocks, project=PROJECT, stack=STACK)
    pulumi.runtime.test(program)(entries(options.count))  # type: ignore[no-untyped-call]  # the SDK's own
    print(json.dumps({"resources": len(mocks.declared), "seconds": time.process_time() - started}))
    loop.close()


if __name__ == "__main__":
    main()
