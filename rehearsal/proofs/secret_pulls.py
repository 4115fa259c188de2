"""The pull secrets that the first jobs wrote pull what is declared for their namespaces."""

import base64
import json

from domain.kubernetes.objects import DOCKER_CONFIG, DOCKER_CONFIG_TYPE
from domain.kubernetes.platforms import PullMode
from rehearsal.proofs.harness.case import OTHERS, Broken, Case
from rehearsal.proofs.harness.denied_calls import CHANGES, PULLS, RegistryPrincipal, require_pulled, require_refused
from rehearsal.proofs.harness.namespaces import PullingNamespace, pulling_namespaces

PROMISE = "the pull secrets in clusters pull what is declared for their namespaces, and do nothing else"


def applies(case: Case) -> bool:
    return case.registry.role is None and bool(_refreshed(case))


def prove(case: Case) -> str:
    pushed = case.pushed_image("secrets")
    found = _refreshed(case)
    pulling, others = [each for each in found if each.pulls(case)], [each for each in found if not each.pulls(case)]
    for each in pulling:
        principal = _principal(case, each)
        require_pulled(case, case.name, pushed.digest, principal)
        require_refused(case, principal, pushed, CHANGES)
    for each in others[:OTHERS]:
        require_refused(case, _principal(case, each), pushed, {**PULLS, **CHANGES})
    names = ", ".join(each.who for each in pulling) or "no namespace"
    return f"the secrets of {names} pulled, and none of {len(others[:OTHERS])} others"


def _refreshed(case: Case) -> list[PullingNamespace]:
    """Of the clusters that are built."""
    return [
        each
        for each in pulling_namespaces(case.settings)
        if each.namespace.mode is PullMode.REFRESHED_SECRET and each.cluster.name in case.clusters
    ]


def _principal(case: Case, pulling: PullingNamespace) -> RegistryPrincipal:
    """By the secret's login, as a kubelet reads it."""
    name, namespace = pulling.cluster.secret, pulling.namespace.name
    found = case.clusters[pulling.cluster.name].get("v1", "Secret", namespace, name)
    who = f"secret {name} of {pulling.who}"
    if found["type"] != DOCKER_CONFIG_TYPE:
        raise Broken(f"{who} has the type {found['type']}")
    auths = json.loads(base64.b64decode(found["data"][DOCKER_CONFIG]))["auths"]
    if case.registry.host not in auths:
        raise Broken(f"{who} has no login for {case.registry.host}")
    return RegistryPrincipal(who=who, password=auths[case.registry.host]["password"])
