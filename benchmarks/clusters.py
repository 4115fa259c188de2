"""`python -m benchmarks.clusters`: the objects of clusters in a render, beside the SDK that declares the same alone.

20 clusters of 50 namespaces, each with a refresher and a service account, for a catalog of 100 repositories. The floor
is a program that holds the finished objects and does nothing but declare them, each after what it waits for, and the
text of its render. Ours makes them from the settings, and all of the registry with them: its cost is what it takes
beyond the same stack without clusters. Neither collects garbage meanwhile. Bars are held to CPU time, without imports;
each number is the median of the rounds.
"""

import argparse
import base64
import gc
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import pulumi
import pulumi_aws

from benchmarks.catalog import ACCOUNT, ACCOUNTS, ROOT, STACK, write_project
from benchmarks.handwritten.components import PROJECT
from render.as_json import to_json
from render.monitor import RecordingMonitor
from render.program_run import declared_by
from render.resource import Render, Resource

REPOSITORIES, CLUSTERS, FEW_CLUSTERS, NAMESPACES = 100, 20, 4, 50
OVER_FLOOR, GROWTH = 1.25, 1.15
_CA = base64.b64encode(b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n").decode()
_CAPITAL = re.compile("[A-Z]")
Declared = Mapping[str, Any]


def clusters(count: int) -> list[dict[str, Any]]:
    """In other accounts: the stack's own has no room for so many roles."""
    accounts = sorted(ACCOUNTS)
    return [
        {
            "name": f"cluster-{index:02}",
            "account": accounts[index % len(accounts)],
            "platform": "other",
            "endpoint": f"https://cluster-{index:02}.acme.example:6443",
            "ca": _CA,
            "cluster_identifier": f"cluster-{index:02}",
            "oidc_issuer": f"https://oidc.cluster-{index:02}.acme.example",
            "refresher": {"image": f"public.ecr.aws/docker/library/python@sha256:{'a' * 64}"},
            "admission": {"action": "deny"},
            "namespaces": [
                {"name": f"team-{number:02}", "mode": "refreshed-secret", "service_accounts": ["api"]}
                for number in range(NAMESPACES)
            ],
        }
        for index in range(count)
    ]


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.clusters", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=3, help="rounds (default: 3)")
    parser.add_argument("--check", action="store_true", help="exit with 1 when a bar is missed")
    parser.add_argument("--floor", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.floor:
        print(json.dumps({"seconds": floor(of_clusters(declared_in(options.floor)))}))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        return _measured(Path(folder), options.runs, check=options.check)


def _measured(folder: Path, runs: int, *, check: bool) -> int:
    sizes = (0, FEW_CLUSTERS, CLUSTERS)
    for size in sizes:
        write_project(folder / str(size), REPOSITORIES, clusters=clusters(size))
    seconds: dict[str, list[float]] = {}
    for number in range(1, runs + 1):
        for size in sizes:
            output = folder / f"{size}.json"
            seconds.setdefault(str(size), []).append(
                run_command("benchmarks.command", str(folder / str(size)), str(output))
            )
        seconds.setdefault("floor", []).append(run_command("benchmarks.clusters", "--floor", str(output)))
        print(f"round {number} of {runs}", file=sys.stderr, flush=True)
    counts = {size: len(declared_in(folder / f"{size}.json")) for size in sizes}
    few, many = (
        difference(seconds[str(size)], seconds["0"]) / (counts[size] - counts[0]) for size in (FEW_CLUSTERS, CLUSTERS)
    )
    least = median(seconds["floor"]) / (counts[CLUSTERS] - counts[0])
    print(f"{CLUSTERS} clusters of {NAMESPACES} namespaces: {counts[CLUSTERS] - counts[0]:,} resources more")
    print(f"ms each: ours {many * 1000:.2f}, of {FEW_CLUSTERS} clusters {few * 1000:.2f}, the floor {least * 1000:.2f}")
    bars = (("ours / the floor", many / least, OVER_FLOOR), (f"ours / of {FEW_CLUSTERS}", many / few, GROWTH))
    return judged(bars, check=check)


def judged(bars: Sequence[tuple[str, float, float]], *, check: bool) -> int:
    """Says of each whether it holds."""
    for text, value, limit in bars:
        print(f"{'holds ' if value <= limit else 'MISSED'}  {text}: {value:.2f}, at most {limit:.2f}")
    return 1 if check and any(value > limit for _, value, limit in bars) else 0


def difference(some: list[float], others: list[float]) -> float:
    """Of two that took turns."""
    return median(one - other for one, other in zip(some, others, strict=True))


def run_command(module: str, *arguments: str) -> float:
    """The seconds that a command of ours prints."""
    command = [sys.executable, "-m", module, *arguments]
    ran = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return float(json.loads(ran.stdout)["seconds"])


def declared_in(render: Path) -> list[Declared]:
    resources: list[Declared] = json.loads(render.read_text(encoding="utf-8"))["resources"]
    return resources


def floor(resources: list[Declared]) -> float:
    """Seconds of the SDK alone for these, and of their render's text."""
    gc.disable()
    started = time.process_time()
    declared = declared_alone(resources)
    to_json(Render(project=PROJECT, stack=STACK, preview=False, resources=declared, outputs={}))
    return time.process_time() - started


def declared_alone(resources: list[Declared]) -> tuple[Resource, ...]:
    monitor = RecordingMonitor(project=PROJECT, stack=STACK, account=ACCOUNT, preview=False)
    declared_by(lambda: _declare(resources), monitor)
    return tuple(monitor.declared)


def of_clusters(resources: list[Declared]) -> list[Declared]:
    return [each for each in ordered(resources) if "kubernetes" in each["type"] or ":Cluster" in each["type"]]


def _declare(resources: list[Declared]) -> None:
    made: dict[str, pulumi.Resource] = {}
    providers: dict[str, pulumi.ProviderResource] = {}
    for each in resources:
        urn, kind, name, inputs = each["urn"], each["type"], each["name"], each["inputs"]
        if kind.startswith("pulumi:providers:"):
            providers[name] = pulumi.ProviderResource("kubernetes", name, inputs)
        elif not each["custom"]:
            # The component of its name's end: a component itself has no provider.
            made[urn] = pulumi.ComponentResource(
                kind, name, None, pulumi.ResourceOptions(provider=providers.get(name.rpartition("@")[2]))
            )
        else:
            after = [made[urn] for urn in each["dependencies"] if urn in made]
            opts = pulumi.ResourceOptions(parent=made[each["parent"]], depends_on=after)
            made[urn] = _by_class(kind, name, inputs, opts) or pulumi.CustomResource(kind, name, inputs, opts)


def _by_class(
    kind: str, name: str, inputs: Mapping[str, Any], opts: pulumi.ResourceOptions
) -> pulumi.CustomResource | None:
    """Of AWS's resources, as any program declares them; those of Kubernetes are made without a class."""
    provider, module, of_module = kind.split(":")
    if provider != "aws":
        return None
    made: pulumi.CustomResource = getattr(getattr(pulumi_aws, module.partition("/")[0]), of_module)(
        name,
        opts=opts,
        **{_CAPITAL.sub(lambda found: f"_{found[0].lower()}", key): value for key, value in inputs.items()},
    )
    return made


def ordered(resources: list[Declared]) -> list[Declared]:
    """Providers, then components, then each object after those that it waits for."""
    by_urn, ordered = {each["urn"]: each for each in resources}, dict[str, Declared]()

    def visit(each: Declared) -> None:
        for urn in each["dependencies"]:
            if urn not in ordered:
                visit(by_urn[urn])
        ordered[each["urn"]] = each

    for each in sorted(resources, key=lambda each: (not each["type"].startswith("pulumi:"), each["custom"])):
        visit(each)
    return list(ordered.values())


if __name__ == "__main__":
    raise SystemExit(main())
