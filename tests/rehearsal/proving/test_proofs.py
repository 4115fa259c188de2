"""Each proof alone, against one cloud that all share: it holds, fails once its promise is broken, and holds again."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from urllib3.exceptions import ProtocolError

from domain.ecr.images import MANIFESTS
from domain.iam.access import Identity
from domain.iam.grants import AccountGrant
from localcloud import web_identity
from localcloud.clients import Clients
from localcloud.ecr import data, manifests
from oci.image import Blob
from oci.whole_images import Client, Corrupt, Pulled, Refused
from rehearsal.apply.program import Applied
from rehearsal.proofs import immutable_tags
from rehearsal.proofs.harness.case import Broken, Case, PlaceCase
from rehearsal.proofs.harness.publisher_case import OTHERS, PublisherCase
from rehearsal.proofs.harness.run import Proof, found, promised, prove
from rehearsal.proofs.harness.visitors import Visitors
from settings import load
from tests.conftest import Edit
from tests.rehearsal.proving.breaches import ACCOUNT, API, BREACHES, INGEST, LEDGER, REGION, WEB, Breach
from tests.rehearsal.proving.breaches_of_roles import API_ROLE, BREACHES_OF_ROLES, RoleBreach
from tests.rehearsal.proving.conftest import Prove, build
from tests.rehearsal.proving.test_caches import BREACHES_OF_CACHES
from tests.rehearsal.proving.test_replicas import BREACHES_OF_REPLICAS
from tests.rehearsal.proving.test_standing_roles import STANDING

BROKEN_OTHERWISE = {"anonymous", "multi_architecture"}


@pytest.mark.parametrize("breach", BREACHES, ids=lambda each: f"{each.proof}-{each.told[:20]}")
def test_a_broken_promise_fails_its_proof(proven: Prove, clients: Clients, breach: Breach) -> None:
    assert proven(breach.proof, breach.subject)[0]
    with breach.break_it(clients.root("ecr", REGION, ACCOUNT), clients.root("kms", REGION, ACCOUNT)):
        held, happened = proven(breach.proof, breach.subject)
    assert not held
    assert breach.told in happened
    assert proven(breach.proof, breach.subject)[0]


@pytest.mark.parametrize("breach", BREACHES_OF_ROLES, ids=lambda each: f"{each.proof}-{each.told[:20]}")
def test_a_role_that_does_not_keep_its_promise_fails_its_proof(
    proven: Prove, clients: Clients, breach: RoleBreach
) -> None:
    assert proven(breach.proof, breach.subject)[0]
    with breach.break_it(clients):
        held, happened = proven(breach.proof, breach.subject)
    assert not held
    assert breach.told in happened
    assert proven(breach.proof, breach.subject)[0]


def test_an_sts_that_takes_old_tokens_breaks_the_promise(proven: Prove, monkeypatch: pytest.MonkeyPatch) -> None:
    assert proven("impostors", API_ROLE)[0]
    monkeypatch.setattr(web_identity, "_require_current", lambda *_: None)
    assert proven("impostors", API_ROLE) == (False, "a token of yesterday got into the role, and nothing grants it")


def test_every_proof_is_seen_to_fail() -> None:
    broken = {breach.proof for breach in BREACHES} | {breach.proof for breach in BREACHES_OF_ROLES}
    broken |= {breach.proof for breach in BREACHES_OF_REPLICAS} | STANDING
    broken |= {breach.proof for breach in BREACHES_OF_CACHES}
    assert broken | BROKEN_OTHERWISE == {proof.name for proof in found()}


def test_a_registry_that_loses_half_an_index_breaks_the_promise(proven: Prove, monkeypatch: pytest.MonkeyPatch) -> None:
    assert proven("multi_architecture", API)[0]
    monkeypatch.setattr(manifests, "MANIFESTS", tuple(each for each in MANIFESTS if "index" not in each))
    held, happened = proven("multi_architecture", WEB)
    assert not held
    assert "is not supported" in happened


def test_a_registry_that_lets_everybody_in_breaks_the_promise(proven: Prove, monkeypatch: pytest.MonkeyPatch) -> None:
    assert proven("anonymous", API)[0]
    owner = Identity(arn=f"arn:aws:iam::{ACCOUNT}:root", account=ACCOUNT)
    monkeypatch.setattr(data._Plane, "_identity", lambda _plane, _request: owner)
    assert proven("anonymous", API) == (False, "somebody with no login pulled a manifest, and nothing grants it")


def test_what_is_declared_of_the_key_comes_from_the_settings(
    project: Path, edit: Edit, clients: Clients, visitors: Visitors
) -> None:
    """Not from the cloud: with the key that AWS manages, another is expected."""
    edit("catalog.yaml", f"  {INGEST}:\n", f"  {INGEST}:\n    encryption: aws-managed\n")
    edit("Pulumi.dev.yaml", ACCOUNT, "333311112222")
    built = build(project, "dev", clients)
    outcomes = [prove(*each) for each in promised(built.settings, clients, visitors) if each[0].name == "encryption"]
    told = {each.subject: each.happened for each in outcomes if each.held}
    assert told.keys() == {f"{each.name}@{REGION}" for each in built.settings.repositories}
    assert told[f"{INGEST}@{REGION}"] == "KMS, the key that AWS manages"


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_the_tests_own_stacks_keep_every_promise(
    root: Path, clients: Clients, visitors: Visitors, applied: Applied, stack: str
) -> None:
    built = applied if stack == "dev" else build(root, stack, clients)
    assert not built.not_built
    outcomes = [prove(*promise) for promise in promised(built.settings, clients, visitors)]
    assert len(outcomes) > len(built.settings.repositories) * len(built.settings.places) * 10
    assert [each for each in outcomes if not each.held] == []


class Lie(NamedTuple):
    """A proof, what of its client answers something else than the registry does, and a word of what the proof says."""

    proof: str
    method: str
    answer: Callable[..., object]
    told: str


def refuse(*_: object) -> Any:
    raise Refused(500, "INTERNAL", "out of order")


def another(*_: object) -> Pulled:
    return Pulled(digest=f"sha256:{'0' * 64}", media_type=MANIFESTS[0], manifest=b"{}", blobs=())


def another_digest(client: Client, name: str, reference: str) -> Pulled:
    return replace(PULL(client, name, reference), digest=another().digest)


def another_by_digest(client: Client, name: str, reference: str) -> Pulled:
    return another() if ":" in reference else PULL(client, name, reference)


def fewer_blobs(client: Client, name: str, reference: str) -> Pulled:
    pulled = PULL(client, name, reference)
    return replace(pulled, blobs=pulled.blobs[1:])


PULL = Client.pull
LIES = [
    Lie("push_and_pull", "pull", another, "and by tag came sha256:000"),
    Lie("push_and_pull", "pull", fewer_blobs, "and by tag came"),
    Lie("push_and_pull", "pull", another_digest, "and by tag came sha256:000"),
    Lie("multi_architecture", "pull", another_digest, "and sha256:000"),
    Lie("push_and_pull", "pull", another_by_digest, "and by digest came sha256:000"),
    Lie("multi_architecture", "pull", another, "and sha256:000"),
    Lie("multi_architecture", "pull", fewer_blobs, "blobs"),
    Lie("mutable_tags", "manifest", lambda *_: Blob(content=b"{}", media_type=MANIFESTS[0]), "and is sha256:"),
    Lie("anonymous", "manifest", refuse, "out of order"),
    Lie("anonymous", "delete_manifest", refuse, "out of order"),
    Lie("strangers", "check_blob", refuse, "out of order"),
    Lie("grants", "begin_upload", refuse, "out of order"),
]


@pytest.mark.parametrize("lie", LIES, ids=lambda each: f"{each.proof}-{each.method}")
def test_a_registry_that_answers_otherwise_breaks_the_promise(
    proven: Prove, monkeypatch: pytest.MonkeyPatch, lie: Lie
) -> None:
    assert proven(lie.proof, WEB)[0]
    monkeypatch.setattr(Client, lie.method, lie.answer)
    held, happened = proven(lie.proof, WEB)
    assert not held
    assert lie.told in happened


def test_a_refusal_for_another_reason_keeps_no_tag(proven: Prove, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second push must be refused because of the tag, not because the registry is out of order."""
    put, pushed = Client.put_manifest, list[str]()

    def once(client: Client, name: str, manifest: Blob, reference: str) -> str:
        pushed.append(reference)
        return put(client, name, manifest, reference) if len(pushed) == 1 else refuse()

    monkeypatch.setattr(Client, "put_manifest", once)
    assert proven("immutable_tags", WEB) == (False, "500 INTERNAL: out of order")


def test_a_repository_that_is_missing_fails_its_proofs_and_not_the_run(subjects: dict[str, PlaceCase]) -> None:
    case = subjects[f"{WEB}@{REGION}"]
    assert isinstance(case, Case)
    gone = replace(case, copy=replace(case.copy, name="storefront/gone"))
    outcomes = [prove(proof, gone) for proof in found() if proof.about is Case]
    assert [each.proof for each in outcomes if each.held] == []


@pytest.mark.parametrize(
    ("mutable", "tried"), [((), "v1.0.0-"), (("v*",), "rehearsal-"), (("v*", "rehearsal-*"), ""), (("*",), None)]
)
def test_a_tag_is_tried_that_may_not_move(
    subjects: dict[str, PlaceCase], mutable: tuple[str, ...], tried: str | None
) -> None:
    case = repository_case(subjects, WEB)
    case = replace(case, repository=replace(case.repository, mutable_tags=mutable))
    tag = immutable_tags._fixed_tag(case)
    assert immutable_tags.applies(case) is (tried is not None)
    assert (tag and tag[:-8]) == tried


def repository_case(subjects: dict[str, PlaceCase], name: str) -> Case:
    case = subjects[f"{name}@{REGION}"]
    assert isinstance(case, Case)
    return case


def test_a_publisher_does_nothing_but_push_there(subjects: dict[str, PlaceCase]) -> None:
    case = repository_case(subjects, API)
    with Client(case.host, case.publisher()) as client:
        with pytest.raises(Refused, match=r"DENIED.*ecr:ListImages"):
            client._send("GET", client._url(API, "tags", "list"), 200)
        with pytest.raises(Refused, match=r"DENIED.*ecr:InitiateLayerUpload"):
            client.put_blob(WEB, Blob(content=b"x", media_type=""))


def test_who_pulls_here_does_nothing_but_pull(subjects: dict[str, PlaceCase]) -> None:
    case = repository_case(subjects, API)
    for password in (case.puller(), case.visitor(case.place.account)):
        with Client(case.host, password) as client, pytest.raises(Refused, match=r"DENIED.*ecr:InitiateLayerUpload"):
            client.begin_upload(API)


def test_a_role_stands_where_its_name_says(proven: Prove, clients: Clients) -> None:
    assert proven("grants", INGEST)[0]
    role = clients.root("iam", REGION, "444455556666").get_role(RoleName="ingest-runner")["Role"]
    assert role["Arn"] == "arn:aws:iam::444455556666:role/batch/ingest-runner"


def test_a_stranger_is_nobody_of_the_settings(subjects: dict[str, PlaceCase]) -> None:
    case = repository_case(subjects, API)
    granted = replace(case.repository, pull=(AccountGrant(account=case.stranger),))
    assert replace(case, settings=replace(case.settings, repositories=(granted,))).stranger != case.stranger
    there = replace(case.place, account=case.stranger)
    assert replace(case, settings=replace(case.settings, places=(there,))).stranger != case.stranger
    assert replace(case, settings=replace(case.settings, elsewhere=(there,))).stranger != case.stranger


@pytest.mark.parametrize(
    "failure",
    [
        Broken("it moved"),
        Refused(403, "DENIED", "no"),
        Corrupt("came as another"),
        ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "GetLifecyclePolicy"),
        EndpointConnectionError(endpoint_url="http://127.0.0.1:1"),
        ProtocolError("the connection was closed"),
    ],
    ids=lambda each: type(each).__name__,
)
def test_whatever_an_unkept_promise_looks_like_is_told(subjects: dict[str, PlaceCase], failure: Exception) -> None:
    outcome = prove(proof_that_raises(failure), subjects[f"{API}@{REGION}"])
    assert (outcome.held, outcome.happened) == (False, str(failure))
    assert 0.01 <= outcome.seconds < 1


def test_a_fault_of_a_proof_ends_the_run(subjects: dict[str, PlaceCase]) -> None:
    with pytest.raises(ZeroDivisionError):
        prove(proof_that_raises(ZeroDivisionError()), subjects[f"{API}@{REGION}"])


def proof_that_raises(failure: Exception) -> Proof:
    def fail(_case: object) -> str:
        time.sleep(0.01)
        raise failure

    return Proof(name="name", promise="promise", about=Case, prove=fail, applies=bool)


def test_all_that_is_promised_is_proven_and_no_more(root: Path, clients: Clients, visitors: Visitors) -> None:
    settings = load(root, "prod")
    subjects: dict[str, set[str]] = {proof.name: set() for proof in found()}
    for proof, case in promised(settings, clients, visitors):
        subjects[proof.name].add(case.subject)
    names, regions = {each.name for each in settings.repositories}, {each.region for each in settings.places}
    assert len(regions) == 3
    assert subjects["registry_settings"] == {f"registry@{region}" for region in regions}
    assert subjects["lifecycle"] == {f"{name}@{region}" for name in names for region in regions}
    assert subjects["grants"] == subjects["lifecycle"]
    assert subjects["mutable_tags"] == {
        f"{name}@{region}" for name in (API, WEB, "data/notebooks") for region in regions
    }


def test_a_publisher_is_tried_at_the_names_most_like_its_own(subjects: dict[str, PlaceCase]) -> None:
    case = subjects[API_ROLE]
    assert isinstance(case, PublisherCase)
    assert case.others()[0] == LEDGER
    assert set(case.others()) == {each.name for each in case.settings.repositories} - {API}
    one = case.settings.repositories[0]
    many = tuple(
        replace(one, name=f"{prefix}/{number}") for prefix in ("other", "payments") for number in range(OTHERS)
    )
    crowded = replace(case, settings=replace(case.settings, repositories=many))
    assert crowded.others() == [f"payments/{number}" for number in range(OTHERS)]
