"""The promises about pull-through caches of each kind: kept, and seen to fail when they are broken."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Any, NamedTuple

import pytest

from localcloud.clients import Clients
from localcloud.cloud import LocalCloud
from oci.whole_images import Client, Pulled
from rehearsal.apply import preconditions
from rehearsal.apply.program import Applied
from rehearsal.proofs.harness.case import PlaceCase
from rehearsal.proofs.harness.run import cases, promised, prove
from rehearsal.proofs.harness.upstreams import Upstreams
from rehearsal.proofs.harness.visitors import Visitors
from rehearsal.up import stand_in
from settings import load
from tests.rehearsal.proving.conftest import build, outcome, project_of

HOME, OTHER, OWNER = "550000330001", "444455558888", "999988887777"
REGION = "us-east-1"
SECRET = f"arn:aws:secretsmanager:{REGION}:{HOME}:secret:ecr-pullthroughcache/hub-a1b2c3"
STACK = f"""\
config:
  aws:region: {REGION}
  aws:allowedAccountIds: ["{HOME}"]
  container-registry:environment: dev
  container-registry:accounts: {{workloads: "{OTHER}", self: "{HOME}"}}
  container-registry:organizations: {{acme: o-a1b2c3d4e5}}
  container-registry:protect: false
  container-registry:caches:
    - {{upstream: ecr-public, pull: [{{account: workloads}}, {{organization: acme}}, {{service: ecs}}]}}
    - {{upstream: quay, prefix: their/quay, upstream_prefix: team, pull: [{{account: workloads, role: ci/runner}}]}}
    - {{upstream: docker-hub, credentials: "{SECRET}", pull: [{{account: self}}, {{account: self, role: builder}}]}}
    - {{upstream: ecr, registry: {OWNER}.dkr.ecr.eu-west-1.amazonaws.com, pull: [{{account: workloads}}]}}
    - {{upstream: kubernetes}}
"""
CATALOG = "repositories:\n  team/app: {owner: team, retention: [{any: true, keep: 10}]}\n"
PUBLIC, QUAY = f"cache ecr-public@{REGION}", f"cache their/quay@{REGION}"
CACHES = {PUBLIC, QUAY, *(f"cache {name}@{REGION}" for name in ("docker-hub", "ecr", "kubernetes"))}


@pytest.fixture(scope="module")
def stack(
    tmp_path_factory: pytest.TempPathFactory, cloud: LocalCloud, clients: Clients, upstreams: Upstreams
) -> Applied:
    project = project_of(tmp_path_factory.mktemp("caches"), STACK, CATALOG)
    settings = load(project, "dev")
    stand_in(settings, cloud)
    upstreams.play(settings)
    return build(project, "dev", clients)


@pytest.fixture(scope="module")
def places(stack: Applied, clients: Clients, visitors: Visitors) -> dict[str, PlaceCase]:
    return {case.subject: case for case in cases(stack.settings, clients, visitors)}


def test_every_promise_is_kept(stack: Applied, clients: Clients, visitors: Visitors) -> None:
    promises = promised(stack.settings, clients, visitors)
    subjects = {(proof.name, case.subject) for proof, case in promises}
    assert {subject for name, subject in subjects if name == "caches"} == CACHES - {f"cache kubernetes@{REGION}"}
    assert {subject for name, subject in subjects if name == "cache_strangers"} == CACHES
    assert "grants" not in {name for name, _ in subjects}  # no repository here has any
    assert [each for each in (prove(*promise) for promise in promises) if not each.held] == []


def test_what_happened_says_who_pulled_from_where(places: dict[str, PlaceCase]) -> None:
    assert outcome(places, "caches", PUBLIC)[1] == f"pulled by {OTHER}, o-a1b2c3d4e5, a task from public.ecr.aws"
    assert outcome(places, "caches", QUAY)[1] == f"pulled by {OTHER} ci/runner from quay.io"
    assert outcome(places, "cache_strangers", QUAY)[1].endswith(f", another role of {OTHER}")


def test_what_stood_in_is_told(stack: Applied) -> None:
    told = preconditions.told(stack.settings)
    assert f"secret {SECRET} exists in AWS alone: a made-up login stood in" in told
    assert "upstream public.ecr.aws was played by a registry on loopback" in told
    assert len(told) == 1 + len(CACHES)


def test_another_image_than_the_upstreams_breaks_the_promise(
    places: dict[str, PlaceCase], monkeypatch: pytest.MonkeyPatch
) -> None:
    pull = Client.pull

    def another(client: Client, name: str, reference: str) -> Pulled:
        return replace(pull(client, name, reference), digest=f"sha256:{'0' * 64}")

    monkeypatch.setattr(Client, "pull", another)
    held, happened = outcome(places, "caches", QUAY)
    assert (held, happened.endswith(f"and sha256:{'0' * 64} came")) == (False, True)


Break = Callable[[Clients], AbstractContextManager[None]]


def ecr_of(clients: Clients) -> Any:
    return clients.root("ecr", REGION, HOME)


def registry_policy(changed: Callable[[list[Any]], list[Any]]) -> Break:
    @contextmanager
    def broken(clients: Clients) -> Iterator[None]:
        before = ecr_of(clients).get_registry_policy()["policyText"]
        document = json.loads(before)
        changed_to = {**document, "Statement": changed(document["Statement"])}
        ecr_of(clients).put_registry_policy(policyText=json.dumps(changed_to))
        yield
        ecr_of(clients).put_registry_policy(policyText=before)

    return broken


def without(sid: str) -> Break:
    return registry_policy(lambda statements: [each for each in statements if each["Sid"] != sid])


def letting(principal: str) -> Break:
    """This one brings in what it likes."""
    allow = {
        "Sid": "More",
        "Effect": "Allow",
        "Principal": {"AWS": principal},
        "Action": ["ecr:BatchGetImage", "ecr:BatchImportUpstreamImage", "ecr:CreateRepository"],
        "Resource": f"arn:aws:ecr:{REGION}:{HOME}:repository/*",
    }
    return registry_policy(lambda statements: [*statements, allow])


def template(**changes: Any) -> Break:
    """Another template of the cache of ECR Public."""

    @contextmanager
    def broken(clients: Clients) -> Iterator[None]:
        ecr, wanted = ecr_of(clients), {"prefixes": ["ecr-public"]}
        (before,) = ecr.describe_repository_creation_templates(**wanted)["repositoryCreationTemplates"]
        ecr.update_repository_creation_template(prefix="ecr-public", **changes)
        yield
        ecr.update_repository_creation_template(prefix="ecr-public", **{name: before[name] for name in changes})

    return broken


@contextmanager
def no_rule(clients: Clients) -> Iterator[None]:
    ecr = ecr_of(clients)
    ecr.delete_pull_through_cache_rule(ecrRepositoryPrefix="ecr-public")
    yield
    ecr.create_pull_through_cache_rule(ecrRepositoryPrefix="ecr-public", upstreamRegistryUrl="public.ecr.aws")


@contextmanager
def a_repository_policy(clients: Clients) -> Iterator[None]:
    ecr_of(clients).set_repository_policy(repositoryName="team/app", policyText=to_everybody(*PULL))
    yield
    ecr_of(clients).delete_repository_policy(repositoryName="team/app")


def to_everybody(*actions: str) -> str:
    statement = {"Effect": "Allow", "Principal": "*", "Action": list(actions)}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


class Breach(NamedTuple):
    """A proof, its subject, what breaks the promise, and a word of what the proof then says."""

    proof: str
    subject: str
    break_it: Break
    told: str


PULL = ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
FEWER = '{"rules":[{"rulePriority":1,"selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":7},'
FEWER += '"action":{"type":"expire"}}]}'
BREACHES_OF_CACHES = [
    Breach("repository_policy", f"team/app@{REGION}", a_repository_policy, "declared no policy"),
    Breach("caches", PUBLIC, without("Import1ByAccounts"), f"{OTHER} may pull, and was refused"),
    Breach("caches", PUBLIC, without("Import1ByOrganizations"), "o-a1b2c3d4e5 may pull, and was refused"),
    Breach("caches", QUAY, without("Import2ByAccounts"), f"{OTHER} ci/runner may pull, and was refused"),
    Breach("caches", PUBLIC, no_rule, f"{OTHER} may pull, and was refused"),
    Breach("caches", PUBLIC, template(imageTagMutability="IMMUTABLE"), "mutability of ecr-public/rehearsal/0"),
    Breach("caches", PUBLIC, template(resourceTags=[]), "tags of ecr-public/rehearsal/0: declared {"),
    Breach("caches", PUBLIC, template(lifecyclePolicy=FEWER), "lifecycle policy of ecr-public/rehearsal/0"),
    Breach("caches", PUBLIC, template(repositoryPolicy=to_everybody(*PULL)), "repository policy of ecr-public"),
    Breach("cache_strangers", PUBLIC, template(repositoryPolicy=to_everybody(*PULL)), "pulled a manifest, and nothing"),
    Breach("cache_strangers", PUBLIC, template(repositoryPolicy=to_everybody("ecr:PutImage")), "pushed a manifest"),
    Breach("cache_strangers", PUBLIC, letting("*"), "brought ecr-public/rehearsal/strangers in, and nothing grants it"),
    Breach("cache_strangers", QUAY, letting(f"arn:aws:iam::{OTHER}:role/rehearsal-other"), f"role of {OTHER} brought"),
    Breach(
        "cache_strangers",
        PUBLIC,
        letting(f"arn:aws:iam::{HOME}:role/rehearsal-puller"),
        "a role that may pull brought ecr-public/rehearsal/strangers in",
    ),
]


@pytest.mark.parametrize("breach", BREACHES_OF_CACHES, ids=lambda each: f"{each.proof}-{each.told[:20]}")
def test_a_broken_promise_fails_its_proof(places: dict[str, PlaceCase], clients: Clients, breach: Breach) -> None:
    assert outcome(places, breach.proof, breach.subject)[0]
    with breach.break_it(clients):
        held, happened = outcome(places, breach.proof, breach.subject)
    assert not held
    assert breach.told in happened
    assert outcome(places, breach.proof, breach.subject)[0]
