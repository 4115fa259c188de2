"""Builds a stack on a local cloud, proves every promise, and serves the registry until it is interrupted."""

import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from rich.console import Console
from rich.progress import Progress

from localcloud.clients import Clients
from localcloud.cloud import LocalCloud
from localcloud.emulator import EmulatorDied
from localcloud.emulator_environment import NotInstalled
from localcloud.server import PortUnavailable, signals
from oci.client import Client
from oci.image import image
from rehearsal import report
from rehearsal.apply import preconditions
from rehearsal.apply.applying import Applied, NotApplied, apply
from rehearsal.apply.builder import StandIn
from rehearsal.apply.kubernetes import ApiServers
from rehearsal.cluster.local_cluster import ClusterFailed
from rehearsal.leftovers import remove_leftovers, repository_names
from rehearsal.proofs.harness.case import RegistryCase, tag_at
from rehearsal.proofs.harness.http_endpoints import HttpEndpoints
from rehearsal.proofs.harness.principals import Principals, login
from rehearsal.proofs.harness.run import Proof, ProofOutcome, promised, prove
from rehearsal.proofs.harness.upstream_registries import Upstreams
from rehearsal.report import Endpoint, Report
from rehearsal.stack_clusters import StackClusters
from render.output import refuse
from render.progress_bar import progress_bar
from render.resource import UnknownRepository, check_known
from settings import InvalidSettings, Settings, StackRegistry, load

HELD, BROKEN, FAULTY_INPUT = 0, 1, 2
INTERRUPTED = 128 + signal.SIGINT
_SAMPLE = "sample"
"""The word of the tag of an image in each registry that is served, for the lines to copy."""
_PATIENCE = 1.0
"""Seconds that a proof under way is waited for at the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    project: Path
    stack: str
    once: bool
    json: bool
    verbose: bool = False
    repository: str | None = None
    port: int = 0
    token: str | None = None

    def password(self, settings: Settings, account: str) -> str | None:
        """The fixed one of an account's registries; it names its account, since the same would log in to another."""
        return self.token if account == settings.home.account or not self.token else f"{self.token}-{account}"


class _Stopped(Exception):
    """The main thread ended the work."""


_End = Report | EmulatorDied | Exception | SystemExit | None
"""What the main thread hears: the report, the emulator's failure, an error, a closed pipe; None is a signal."""


def up(options: Options) -> int:
    """The exit code: 0 when every promise held, 1 when one did not or nothing could be built, 2 for faulty settings."""
    begun = time.perf_counter()
    people = Console(stderr=options.json)
    try:
        settings = load(options.project, options.stack)
        if options.repository is not None:
            check_known(options.repository, (each.name for each in settings.repositories))
    except (InvalidSettings, UnknownRepository) as invalid:
        return refuse(invalid)
    ends: SimpleQueue[_End] = SimpleQueue()
    with signals(ends):
        try:
            with (
                StackClusters(settings) as clusters,
                LocalCloud(port=options.port) as cloud,
                Upstreams(cloud) as upstreams,
                HttpEndpoints() as http_endpoints,
            ):
                cloud.on_failure(ends.put)
                _fix(options, settings, cloud)
                stand_in(settings, cloud)
                upstreams.play(settings)
                shared: dict[str, Any] = {"clusters": clusters, "http_endpoints": http_endpoints, "begun": begun}
                rehearsed = partial(_rehearse, options, settings, cloud, people, **shared)
                with _at_work(rehearsed, ends):
                    end = ends.get()
                    if not isinstance(end, Report):
                        return _ended(end, people, INTERRUPTED)
                    _tell(options, end, people)
                    status = BROKEN if end.failed else HELD
                    return status if options.once else _ended(ends.get(), people, status)
        except (EmulatorDied, NotInstalled) as without:
            return _ended(without, people, BROKEN)
        except PortUnavailable as unavailable:
            return refuse(OSError(f"{unavailable}; give another --port, or none to get a free one"))


def _fix(options: Options, settings: Settings, cloud: LocalCloud) -> None:
    """The ports of the registries, in their order, and the password, where they are asked for."""
    with Clients(cloud.endpoint) as clients:
        for each in settings.all_registries if options.port else ():
            login(clients, each.account, each.region)
    for each in settings.all_registries:
        if password := options.password(settings, each.account):
            cloud.fix_password(each.account, password)


def stand_in(settings: Settings, cloud: LocalCloud) -> None:
    """What exists in AWS alone."""
    for key in preconditions.keys(settings):
        cloud.add_key(key)
    for arn, text in preconditions.secrets(settings).items():
        cloud.add_secret(arn, text)


def _ended(end: _End, people: Console, status: int) -> int:
    """The exit code after what ended a run from outside, or went wrong."""
    if isinstance(end, NotApplied | ClusterFailed | EmulatorDied | NotInstalled):
        print(end, file=sys.stderr)
        return BROKEN
    if isinstance(end, Exception | SystemExit):
        raise end
    people.print("stopped" if status != INTERRUPTED else "stopped before every promise was proven")
    return status


@contextmanager
def _at_work(work: Callable[[threading.Event], _End], ends: SimpleQueue[_End]) -> Iterator[None]:
    """The work in a thread of its own, so that the main one hears of any end at once; it stops with the block."""
    stop = threading.Event()

    def run() -> None:
        try:
            ends.put(work(stop))
        except _Stopped:
            return
        except (Exception, SystemExit) as failure:  # noqa: BLE001  the main thread prints it, or raises it again
            ends.put(failure)

    thread = threading.Thread(target=run, name="rehearsal", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(_PATIENCE)


def _rehearse(
    options: Options,
    settings: Settings,
    cloud: LocalCloud,
    people: Console,
    stop: threading.Event,
    *,
    clusters: StackClusters,
    http_endpoints: HttpEndpoints,
    begun: float,
) -> Report:
    people.print(f"local cloud at {cloud.endpoint}")
    with Clients(cloud.endpoint) as clients, progress_bar(people) as progress:
        starting = time.perf_counter()
        preconditions.bootstrap(settings, clients)
        servers = clusters.ready(cloud)
        applied = _apply(options, clients, servers, progress, stop, endpoint=http_endpoints.stand_in)
        progress.print(f"built {applied.built} resources in {time.perf_counter() - starting:.1f} s")
        principals, before = Principals(cloud, clients), repository_names(settings, clients)
        promises = promised(
            settings, clients, principals, options.repository, servers.clients,
            github=applied.github, http_endpoints=http_endpoints,
        )  # fmt: skip
        outcomes = _prove(promises, progress, stop)
        if not options.once:
            remove_leftovers(settings, clients, principals, before)
        return Report(
            stack=options.stack,
            applied=applied,
            outcomes=outcomes,
            seconds=time.perf_counter() - begun,
            control=cloud.endpoint,
            endpoints=_endpoints(options, applied.settings, clients),
        )


def _tell(options: Options, result: Report, people: Console) -> None:
    if options.json:
        print(report.to_json(result), flush=True)
    report.show(result, people, verbose=options.verbose)
    if not options.once:
        report.show_endpoints(result, people)
        people.print("\nserving until interrupted (Ctrl-C)", style="bold")


def _apply(
    options: Options,
    clients: Clients,
    servers: ApiServers,
    progress: Progress,
    stop: threading.Event,
    *,
    endpoint: StandIn = str,
) -> Applied:
    task = progress.add_task(f"building {options.stack}", total=None, detail="")

    def advance(label: str) -> None:
        if stop.is_set():
            raise _Stopped
        progress.update(task, advance=1, detail=label)

    applied = apply(options.project, options.stack, clients, advance, servers, endpoint=endpoint)
    progress.remove_task(task)
    return applied


def _prove(
    promises: Sequence[tuple[Proof, RegistryCase]], progress: Progress, stop: threading.Event
) -> list[ProofOutcome]:
    task = progress.add_task("proving", total=len(promises), detail="")
    outcomes = []
    for proof, case in promises:
        if stop.is_set():
            raise _Stopped
        progress.update(task, detail=f"{case.subject}: {proof.promise}")
        outcomes.append(prove(proof, case))
        progress.update(task, advance=1)
    progress.update(task, detail="")
    return outcomes


def _endpoints(options: Options, settings: Settings, clients: Clients) -> list[Endpoint]:
    def endpoint(registry: StackRegistry) -> Endpoint:
        host, password = login(clients, registry.account, registry.region)
        names = [each.name for each in settings.copies(registry)]
        name = options.repository if options.repository in names else next(iter(names), None)
        tag = tag_at(registry, _SAMPLE)
        if name is not None and not options.once:
            with Client.on_loopback(host, password) as client:
                client.push(name, image(tag, layers=1), tag)
        return Endpoint(
            account=registry.account,
            region=registry.region,
            host=host,
            password=options.password(settings, registry.account) or password,
            repository=name,
            tag=tag,
        )

    return [endpoint(each) for each in settings.all_registries]
