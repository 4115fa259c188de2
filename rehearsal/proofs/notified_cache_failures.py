"""An upstream that does not bring what is asked of it."""

from contextlib import suppress

from domain.ecr.upstreams import folder
from oci.client import Client, Refused
from rehearsal.proofs.harness import messages
from rehearsal.proofs.harness.case import Broken
from rehearsal.proofs.harness.monitoring_case import Inbox, MonitoringCase

PROMISE = "a pull through a cache that fails at its upstream raises a message"
_TAG = "rehearsal-missing"
_PREFIX, _UPSTREAM = "rehearsal-unreachable", "registry.k8s.io"
"""Of a rule that the proof makes where the stack has none."""

applies = messages.is_subscribed


def prove_monitoring(case: MonitoringCase) -> str:
    inbox = Inbox(case)
    rules = [each.rule for each in case.settings.caches if case.registry.home]
    if rules:
        _pull(case, name := f"{folder(rules[0].prefix)}rehearsal/missing")
    else:
        ecr, made = case.api("ecr"), {"ecrRepositoryPrefix": _PREFIX}
        ecr.create_pull_through_cache_rule(**made, upstreamRegistryUrl=_UPSTREAM)
        try:
            _pull(case, name := f"{_PREFIX}/rehearsal/missing")
        finally:
            ecr.delete_pull_through_cache_rule(**made)
    upstream = rules[0].upstream_url if rules else _UPSTREAM
    messages.require_messages(case, inbox, [("cache-failed", [f"{name}:{_TAG}", upstream])])
    return f"{name}:{_TAG} did not come from {upstream}"


def _pull(case: MonitoringCase, name: str) -> None:
    _, credentials = case.by_hand()
    password = case.principals.password(credentials, case.registry.region)
    with Client.on_loopback(case.host, password) as client, suppress(Refused):
        client.pull(name, _TAG)
        raise Broken(f"{name}:{_TAG} is not at its upstream, and came")
