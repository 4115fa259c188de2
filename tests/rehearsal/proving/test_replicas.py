"""The promises about replicas, of a stack with replicas of each kind: kept, and seen to fail when they are broken."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from localcloud.clients import Clients
from rehearsal.apply import program, table
from rehearsal.apply.program import Applied, apply
from rehearsal.proofs.harness.case import Case, PlaceCase
from rehearsal.proofs.harness.run import cases, found, promised, prove
from rehearsal.proofs.harness.visitors import Visitors
from settings import Settings, load
from tests.rehearsal.proving.conftest import build, outcome, project_of

HOME, OTHER = "550000110001", "444455556666"
REGION, COPY, PART, THERE = "us-east-1", "eu-west-1", "eu-central-1", "us-west-2"
STACK = f"""\
config:
  aws:region: {REGION}
  aws:allowedAccountIds: ["{HOME}"]
  container-registry:environment: dev
  container-registry:accounts: {{workloads: "{OTHER}"}}
  container-registry:protect: false
  container-registry:replicas:
    - region: {COPY}
    - {{region: {PART}, prefixes: [team/app]}}
    - {{region: {THERE}, account: workloads, role: deploy}}
"""
CATALOG = """\
retention:
  default: [{tag: "v*", keep: 10}, {untagged: true, expire_after_days: 7}]
repositories:
  team/app: {owner: team, mutable_tags: [latest], pull: [{account: workloads}]}
  team/web: {owner: team, pull: [{account: workloads, role: web-runner}]}
"""
APP, WEB = "team/app", "team/web"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return project_of(tmp_path_factory.mktemp("replicas"), STACK, CATALOG)


@pytest.fixture(scope="module")
def replicated(folder: Path, clients: Clients) -> Applied:
    return build(folder, "dev", clients)


@pytest.fixture(scope="module")
def places(replicated: Applied, clients: Clients, visitors: Visitors) -> dict[str, PlaceCase]:
    return {case.subject: case for case in cases(replicated.settings, clients, visitors)}


def test_every_promise_is_kept_at_replicas_of_each_kind(
    replicated: Applied, clients: Clients, visitors: Visitors
) -> None:
    promises = promised(replicated.settings, clients, visitors)
    subjects = {(proof.name, case.subject) for proof, case in promises}
    assert {subject for name, subject in subjects if name == "replication"} == {f"{APP}@{REGION}", f"{WEB}@{REGION}"}
    everywhere = {f"{APP}@{REGION}", f"{WEB}@{REGION}"} | {
        f"{APP}@{COPY}",
        f"{WEB}@{COPY}",
        f"{APP}@{PART}",
        f"{APP}@{OTHER}.{THERE}",
        f"{WEB}@{OTHER}.{THERE}",
    }
    for name in ("encryption", "grants", "lifecycle", "push_and_pull", "resource_tags", "scanning", "strangers"):
        assert {subject for each, subject in subjects if each == name} == everywhere, name
    replicas = {f"registry@{place}" for place in (COPY, PART, f"{OTHER}.{THERE}")}
    assert {subject for name, subject in subjects if name == "net"} == replicas
    assert [each for each in (prove(*promise) for promise in promises) if not each.held] == []


def test_what_happened_says_where_the_images_came(places: dict[str, PlaceCase]) -> None:
    assert outcome(places, "replication", f"{APP}@{REGION}")[1].endswith(f"at {COPY}, {PART}, {OTHER}.{THERE}")
    assert outcome(places, "replication", f"{WEB}@{REGION}")[1].endswith(f"at {COPY}, {OTHER}.{THERE}")
    assert outcome(places, "net", f"registry@{OTHER}.{THERE}") == (True, "rehearsal-undeclared was refused")


class At(NamedTuple):
    """A client of ECR at each registry's root."""

    clients: Clients

    def __call__(self, region: str = REGION, account: str = HOME) -> Any:
        return self.clients.root("ecr", region, account)


Break = Callable[[At], AbstractContextManager[None]]


def rules(changed: Callable[[list[Any]], list[Any]], region: str = REGION) -> Break:
    """Another replication configuration of a registry."""

    @contextmanager
    def broken(at: At) -> Iterator[None]:
        before = at(region).describe_registry()["replicationConfiguration"]
        put = at(region).put_replication_configuration
        put(replicationConfiguration={"rules": changed(json.loads(json.dumps(before["rules"])))})
        yield
        put(replicationConfiguration=before)

    return broken


def without_filters(before: list[Any]) -> list[Any]:
    return [{"destinations": [each for rule in before for each in rule["destinations"]]}]


@contextmanager
def everything_goes_everywhere(at: At) -> Iterator[None]:
    with rules(without_filters)(at):
        yield
    at(PART).delete_repository(repositoryName=WEB, force=True)


def template(region: str, **changes: Any) -> Break:
    """Another template of last resort."""

    @contextmanager
    def broken(at: At) -> Iterator[None]:
        (before,) = at(region).describe_repository_creation_templates()["repositoryCreationTemplates"]
        at(region).update_repository_creation_template(prefix="ROOT", **changes)
        yield
        at(region).update_repository_creation_template(prefix="ROOT", **{name: before[name] for name in changes})

    return broken


@contextmanager
def no_template(at: At) -> Iterator[None]:
    (before,) = at(COPY).describe_repository_creation_templates()["repositoryCreationTemplates"]
    at(COPY).delete_repository_creation_template(prefix="ROOT")
    yield
    kept = {name: value for name, value in before.items() if name not in ("createdAt", "updatedAt")}
    at(COPY).create_repository_creation_template(**kept)


def inbound(changed: Callable[[str], str]) -> Break:
    """Another policy of the other account's registry."""

    @contextmanager
    def broken(at: At) -> Iterator[None]:
        before = at(THERE, OTHER).get_registry_policy()["policyText"]
        at(THERE, OTHER).put_registry_policy(policyText=changed(before))
        yield
        at(THERE, OTHER).put_registry_policy(policyText=before)

    return broken


@contextmanager
def it_stands_where_it_is_not_meant_to(at: At) -> Iterator[None]:
    at(PART).create_repository(repositoryName=WEB)
    yield
    at(PART).delete_repository(repositoryName=WEB, force=True)


ELSE = [
    {
        "destinations": [{"region": "ap-south-1", "registryId": HOME}],
        "repositoryFilters": [{"filter": "other/", "filterType": "PREFIX_MATCH"}],
    }
]
ON = [{"destinations": [{"region": "ap-south-1", "registryId": HOME}]}]


class Breach(NamedTuple):
    """A proof, its subject, what breaks the promise, and a word of what the proof then says."""

    proof: str
    subject: str
    break_it: Break
    told: str


BREACHES_OF_REPLICAS = [
    Breach("net", f"registry@{COPY}", template(COPY, imageTagMutability="MUTABLE"), "mutability of rehearsal-undecl"),
    Breach("net", f"registry@{COPY}", template(COPY, resourceTags=[]), "tags of rehearsal-undeclared: declared {"),
    Breach("net", f"registry@{COPY}", template(COPY, encryptionConfiguration={"encryptionType": "KMS"}), "encryption"),
    Breach("net", f"registry@{COPY}", no_template, "declared {'encryptionType': 'KMS'"),
    Breach("net", f"registry@{COPY}", rules(lambda _: []), "did not come: not sent"),
    Breach(
        "net",
        f"registry@{OTHER}.{THERE}",
        inbound(lambda text: text.replace('"ecr:ReplicateImage"', '"ecr:ReplicateImage","ecr:CreateRepository"')),
        "came to another account: COMPLETE",
    ),
    Breach("replicas_end_here", f"{APP}@{COPY}", rules(lambda _: ON, COPY), "went on to 550000110001 ap-south-1"),
    Breach("replicas_end_here", f"{APP}@{COPY}", rules(lambda _: ELSE, COPY), "it has a replication configuration"),
    Breach("replication", f"{WEB}@{REGION}", everything_goes_everywhere, f", {HOME} {PART}, "),
    Breach("replication", f"{WEB}@{REGION}", rules(lambda _: []), "and it went to nowhere"),
    Breach("replication", f"{WEB}@{REGION}", rules(lambda before: before[1:]), "and it went to nowhere"),
    Breach(
        "replication",
        f"{WEB}@{REGION}",
        inbound(lambda text: text.replace(f"::{HOME}:", "::999900001111:")),
        "FAILED: ",
    ),
    Breach(
        "replication", f"{WEB}@{REGION}", it_stands_where_it_is_not_meant_to, f"it is not for {PART}, and stands there"
    ),
]


@pytest.mark.parametrize("breach", BREACHES_OF_REPLICAS, ids=lambda each: f"{each.proof}-{each.told[:20]}")
def test_a_broken_promise_fails_its_proof(places: dict[str, PlaceCase], clients: Clients, breach: Breach) -> None:
    assert outcome(places, breach.proof, breach.subject)[0]
    with breach.break_it(At(clients)):
        held, happened = outcome(places, breach.proof, breach.subject)
    assert not held
    assert breach.told in happened
    assert outcome(places, breach.proof, breach.subject)[0]


LIFECYCLE = "aws:ecr/lifecyclePolicy:LifecyclePolicy"


def broken_at(settings: Settings, clients: Clients, visitors: Visitors) -> set[str]:
    """Where another retention stands than these settings declare."""
    (lifecycle,) = [each for each in found() if each.name == "lifecycle"]
    copies = [case for case in cases(settings, clients, visitors) if isinstance(case, Case)]
    assert len(copies) == 7
    return {case.subject for case in copies if not prove(lifecycle, case).held}


@pytest.fixture
def changed(folder: Path, tmp_path: Path, clients: Clients, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The project with another retention, to be applied where it stands already: policies are put, all else stays."""
    monkeypatch.setattr(program, "NOT_BUILT", {kind: "stands already" for kind in table.BUILT if kind != LIFECYCLE})
    copied = shutil.copytree(folder, tmp_path / "changed")
    catalog = (copied / "catalog.yaml").read_text(encoding="utf-8")
    (copied / "catalog.yaml").write_text(catalog.replace("keep: 10", "keep: 25"), encoding="utf-8")
    yield copied
    apply(folder, "dev", clients, lambda _label: None)


def test_a_changed_retention_reaches_every_replica(
    replicated: Applied, changed: Path, clients: Clients, visitors: Visitors
) -> None:
    apps = {f"{APP}@{place}" for place in (REGION, COPY, PART, f"{OTHER}.{THERE}")}
    every = apps | {f"{WEB}@{place}" for place in (REGION, COPY, f"{OTHER}.{THERE}")}
    assert broken_at(load(changed, "dev"), clients, visitors) == every
    again = apply(changed, "dev", clients, lambda _label: None)
    assert again.built == len(every)
    assert broken_at(again.settings, clients, visitors) == set()
    assert broken_at(replicated.settings, clients, visitors) == every
