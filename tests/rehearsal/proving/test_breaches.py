"""Each promise of a stack that stands: it is kept, and its proof fails while it is broken."""

from dataclasses import replace

import pytest

from domain.ecr.images import MANIFESTS
from domain.iam.access import Identity
from localcloud import web_identity
from localcloud.clients import Clients
from localcloud.ecr import data_plane, manifests
from rehearsal.proofs import calls_queried
from rehearsal.proofs.harness.case import Broken
from rehearsal.proofs.harness.monitoring_case import MonitoringCase
from rehearsal.proofs.harness.run import found
from resources.chatbot import SLACK_CHANNEL
from resources.logs import QUERY_DEFINITION
from tests.cases import cases
from tests.rehearsal.proving.breaches import API, API_ROLE, BREACHES
from tests.rehearsal.proving.breaking import Breach
from tests.rehearsal.proving.cluster_breaches import IN_CLUSTERS
from tests.rehearsal.proving.stacks import DEV_ACCOUNT, FILES, Stack, Stacks

BROKEN_BELOW = {"admitted_images", "anonymous", "calls_queried", "environment_admits"}
"""Seen to fail by other tests, since no call to AWS breaks them."""


@pytest.mark.parametrize("name", [*FILES, "dev", pytest.param("prod", marks=pytest.mark.proofs)])
def test_every_promise_is_kept(stacks: Stacks, name: str) -> None:
    stack = stacks[name]
    in_clusters = {each for each in stack.applied.not_built if each.startswith("kubernetes:")}
    at_github = {each for each in stack.applied.not_built if each.startswith("github:")}
    queries = {each for each in stack.applied.not_built if each.startswith(QUERY_DEFINITION)}
    chats = {each for each in stack.applied.not_built if each.startswith(SLACK_CHANNEL)}
    assert set(stack.applied.not_built) == in_clusters | at_github | queries | chats
    assert bool(queries) == any(each.queries for each in stack.settings.monitoring.values())
    assert len(chats) == len(stack.settings.chat_channels)
    assert (at_github != set()) == bool(stack.settings.github)
    assert (in_clusters != set()) == bool(stack.settings.clusters)
    assert len(stack.promises) > len(stack.settings.repositories) * len(stack.settings.all_registries) * 10
    assert [each for pair in stack.promises if not (each := stack.kept(*pair)).held] == []


TRIED = [(name, each) for name, breaches in BREACHES.items() for each in breaches]
FIRST = {each.proof: each for _, each in reversed(TRIED)}
"""Of each proof; the others are left to `make test-heavy`."""


@pytest.mark.parametrize(
    ("name", "breach"),
    [
        pytest.param(
            name,
            each,
            id=f"{each.proof}-{each.told[:20]}",
            marks=() if FIRST[each.proof] is each else pytest.mark.proofs,
        )
        for name, each in TRIED
    ],
)
def test_a_broken_promise_fails_its_proof(stacks: Stacks, clients: Clients, name: str, breach: Breach) -> None:
    stack = stacks[name]
    assert stack.kept(breach.proof, breach.subject).held
    with breach.break_it(clients):
        outcome = stack.broken(breach.proof, breach.subject)
    assert not outcome.held
    assert breach.told in outcome.happened


def test_every_proof_is_seen_to_fail() -> None:
    broken = {breach.proof for breaches in BREACHES.values() for breach in breaches}
    broken |= {breach.proof for breach in IN_CLUSTERS}
    assert broken | BROKEN_BELOW == {proof.name for proof in found()}


def test_an_sts_that_takes_old_tokens_breaks_the_promise(dev_stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    assert dev_stack.kept("trusted", API_ROLE).held
    monkeypatch.setattr(web_identity, "_require_current", lambda *_: None)
    outcome = dev_stack.broken("trusted", API_ROLE)
    assert (outcome.held, outcome.happened) == (False, "a token of yesterday got into the role, and nothing grants it")


def test_a_registry_that_loses_half_an_index_breaks_the_promise(
    dev_stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manifests, "MANIFESTS", tuple(each for each in MANIFESTS if "index" not in each))
    outcome = dev_stack.broken("multi_architecture", "storefront/web")
    assert not outcome.held
    assert "is not supported" in outcome.happened


def test_a_registry_that_accepts_a_client_with_no_login_breaks_the_promise(
    dev_stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert dev_stack.kept("anonymous", API).held
    owner = Identity(arn=f"arn:aws:iam::{DEV_ACCOUNT}:root", account=DEV_ACCOUNT)
    monkeypatch.setattr(data_plane._Plane, "_identity", lambda _plane, _request: owner)
    outcome = dev_stack.broken("anonymous", API)
    assert (outcome.held, outcome.happened) == (
        False,
        "a client with no login pulled a manifest, and nothing grants it",
    )


@cases(
    "name, old, new",
    ("who-pushed", '"PutImage"', '"BatchGetImage"'),
    ("who-pulled", "userIdentity.arn", "userIdentity.userName"),
    ("what-was-deleted", '"BatchDeleteImage", ', ""),
    ("denied-calls", "AccessDenied", "Denied by"),
)
def test_a_query_that_answers_something_else_breaks_the_promise(stacks: Stacks, name: str, old: str, new: str) -> None:
    """There are no saved queries in the local cloud, where one could be changed."""
    case = stacks["monitored"].case("monitoring")
    assert isinstance(case, MonitoringCase)
    queries = [replace(each, text=each.text.replace(old, new)) for each in case.monitored.queries if each.name == name]
    assert [each.text for each in queries] != [each.text for each in case.monitored.queries if each.name == name]
    with pytest.raises(Broken, match=f"{name} does not answer"):
        calls_queried.prove_monitoring(replace(case, monitored=replace(case.monitored, queries=tuple(queries))))
