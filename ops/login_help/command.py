"""`python -m ops login-help`: how one logs in at the registry of a host, and what it lacks."""

import argparse
from collections.abc import Iterator

from domain.aws import region_problems
from domain.kubernetes.object_names import registry_host_problems
from domain.problems import problem_text
from domain.registries.cloud_registries import ECR
from domain.registries.kind import RegistryKind
from domain.registries.own_registries import SELF_HOSTED
from domain.registries.table import KINDS, kind_of, meant_host
from ops.login_help.described_kind import facts_of, laptop_title, seen, workflow_title
from ops.login_help.login_lines import cluster_lines, shell_lines, workflow_text
from render.output import Style, painted, print_text, refuse, wrapped

_UNKNOWN = f"No kind has this host for certain; what follows is for the kind {SELF_HOSTED.id} (--kind names another)."


class NotAHost(Exception):
    """What is wrong with the host, and what to write."""


def run(options: argparse.Namespace) -> int:
    try:
        kind, host = _found(options.host.lower(), options.kind)
    except NotAHost as fault:
        return refuse(fault)
    unknown = () if options.kind or kind_of(host) else wrapped(_UNKNOWN, "")
    print_text("\n".join((*unknown, *_text(kind, host))))
    return 0


def _found(host: str, wanted: str | None) -> tuple[RegistryKind, str]:
    """The kind, and the host as its images' names have it."""
    for problem in registry_host_problems(host):
        raise NotAHost(problem_text("HOST", (), host, problem.message, problem.fix))
    if wanted is not None:
        return next(each for each in KINDS if each.id == wanted), host
    kind = kind_of(host)
    if kind is None:
        if meant := meant_host(host):
            fix = f"did you mean {meant!r}? For a registry of your own add --kind {SELF_HOSTED.id}"
            raise NotAHost(problem_text("HOST", (), host, "is not a host that is known", fix))
        return SELF_HOSTED, host
    if kind is ECR:
        for problem in region_problems(kind.places(host)["region"]):
            raise NotAHost(problem_text("HOST", (), problem.value, problem.message, problem.fix))
    return kind, kind.host if kind.hosts and kind.hosts.fullmatch(kind.host) else host


def _text(kind: RegistryKind, host: str) -> Iterator[str]:
    """What is there to be copied is not indented, and never wrapped."""
    yield painted(f"{kind.name}: {host}", Style.BOLD)
    yield from wrapped(f"images: {host}/{kind.image}:TAG", "  ")
    yield from wrapped(f"a push makes the repository: {kind.made_by_push.value}", "  ")
    yield from ("", *wrapped(f"{laptop_title(kind)}:", "", Style.BOLD), shell_lines(kind, host))
    yield from ("", *wrapped(f"{workflow_title(kind)}:", "", Style.BOLD), workflow_text(kind, host))
    yield from ("", painted("From a cluster:", Style.BOLD), *wrapped(kind.login.cluster.replace("`", ""), "  "))
    yield from (*cluster_lines(kind, host), "", painted("What is known of it:", Style.BOLD))
    for about, text, fact in facts_of(kind):
        yield from wrapped(f"{about}: {text.replace('`', '')}", "  ")
        if fact.source:
            yield painted(f"  {fact.source} ({fact.day})", Style.DIM)
    yield from wrapped(f"Seen live: {seen(kind)}", "  ")
