"""Every proof for everything that it is about, one after another."""

import importlib
import pkgutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType, ModuleType
from typing import Any

import urllib3
from botocore.exceptions import BotoCoreError, ClientError

from localcloud.clients import Clients
from oci.client import Refused
from oci.manifest import Corrupt
from rehearsal import proofs
from rehearsal.cluster.kubernetes_client import KubernetesClient, KubernetesRefusal
from rehearsal.github_record import GitHubRecord
from rehearsal.proofs.harness.cache_case import CacheCase
from rehearsal.proofs.harness.case import Broken, Case, PublisherCase, RegistryCase
from rehearsal.proofs.harness.http_endpoints import HttpEndpoints
from rehearsal.proofs.harness.monitoring_case import MonitoringCase
from rehearsal.proofs.harness.principals import Principals, login
from settings import Settings

_FAILURES = (Broken, KubernetesRefusal, Refused, Corrupt, ClientError, BotoCoreError, urllib3.exceptions.HTTPError)
"""All that an unkept promise looks like; anything else is a fault of the proof itself, and ends the run."""

_ABOUT: dict[str, type[RegistryCase]] = {
    "prove": Case,
    "prove_registry": RegistryCase,
    "prove_publisher": PublisherCase,
    "prove_cache": CacheCase,
    "prove_monitoring": MonitoringCase,
}
"""What a proof is about, by the name of its function."""
_NOTHING_AT_GITHUB = GitHubRecord()


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """One promise; `prove` answers what happened, or raises. `applies` says whether anything was promised at all."""

    name: str
    promise: str
    about: type[RegistryCase]
    """The kind of cases that it is for."""
    prove: Callable[[Any], str]
    applies: Callable[[Any], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofOutcome:
    proof: str
    promise: str
    subject: str
    held: bool
    happened: str
    seconds: float


def found() -> tuple[Proof, ...]:
    """Every proof there is: each module of rehearsal.proofs is one."""
    names = sorted(module.name for module in pkgutil.iter_modules(proofs.__path__) if not module.ispkg)
    return tuple(_proof(name, importlib.import_module(f"{proofs.__name__}.{name}")) for name in names)


def cases(
    settings: Settings,
    clients: Clients,
    principals: Principals,
    clusters: Mapping[str, KubernetesClient] = MappingProxyType({}),
    *,
    github: GitHubRecord = _NOTHING_AT_GITHUB,
    http_endpoints: HttpEndpoints | None = None,
) -> Iterator[RegistryCase]:
    """Each registry with its monitoring, then each repository in it; at home publishers and caches, too."""
    endpoints = http_endpoints or HttpEndpoints()
    entries = {each.name: each for each in settings.repositories}
    for registry in settings.all_registries:
        host, _ = login(clients, registry.account, registry.region)
        shared: dict[str, Any] = {
            "settings": settings, "registry": registry, "host": host, "clients": clients, "principals": principals,
            "clusters": clusters, "github": github,
        }  # fmt: skip
        yield RegistryCase(**shared)
        if monitored := settings.monitoring.get(registry):
            yield MonitoringCase(**shared, monitored=monitored, http_endpoints=endpoints)
        if registry.home:
            yield from (PublisherCase(**shared, publisher=each) for each in settings.publishers)
            yield from (CacheCase(**shared, cache=each) for each in settings.caches)
        for copy in settings.copies(registry):
            yield Case(**shared, repository=entries[copy.name], copy=copy)


def promised(
    settings: Settings,
    clients: Clients,
    principals: Principals,
    repository: str | None = None,
    clusters: Mapping[str, KubernetesClient] = MappingProxyType({}),
    *,
    github: GitHubRecord = _NOTHING_AT_GITHUB,
    http_endpoints: HttpEndpoints | None = None,
) -> list[tuple[Proof, RegistryCase]]:
    """Everything that is to be proven, in order; of one repository what is promised of it and of its publishers."""
    everything = found()
    return [
        (proof, case)
        for case in cases(settings, clients, principals, clusters, github=github, http_endpoints=http_endpoints)
        if repository is None or case.is_about(repository)
        for proof in everything
        if proof.about is type(case) and proof.applies(case)
    ]


def prove(proof: Proof, case: RegistryCase) -> ProofOutcome:
    begun = time.perf_counter()
    try:
        held, happened = True, proof.prove(case)
    except _FAILURES as failure:
        held, happened = False, str(failure)
    seconds = time.perf_counter() - begun
    return ProofOutcome(
        proof=proof.name, promise=proof.promise, subject=case.subject, held=held, happened=happened, seconds=seconds
    )


def _proof(name: str, module: ModuleType) -> Proof:
    (function, about), *_ = [each for each in _ABOUT.items() if hasattr(module, each[0])]
    prove, applies = getattr(module, function), getattr(module, "applies", lambda _case: True)
    return Proof(name=name, promise=module.PROMISE, about=about, prove=prove, applies=applies)
