"""What a proof believes, tries and tells, on the tests' own stack."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from urllib3.exceptions import ProtocolError

from domain.ecr.images import MANIFESTS
from domain.iam.grants import AccountGrant
from localcloud.clients import Clients
from oci.client import Client, Pulled, Refused
from oci.manifest import Blob, Corrupt
from rehearsal.proofs import immutable_tags, pull_grants
from rehearsal.proofs.harness.case import OTHERS, Broken, Case, PublisherCase
from rehearsal.proofs.harness.principals import Principals
from rehearsal.proofs.harness.run import Proof, found, promised, prove
from settings import load
from tests.cases import cases
from tests.conftest import Edit
from tests.rehearsal.proving.breaches import API, API_ROLE, DEV, INGEST, LEDGER, WEB
from tests.rehearsal.proving.breaking import REGION, allow, and_also
from tests.rehearsal.proving.stacks import DEV_ACCOUNT, WORKLOADS, Stack, Stacks


@pytest.fixture
def case(dev_stack: Stack) -> Case:
    """Of payments/api."""
    return case_of(dev_stack, API)


def case_of(stack: Stack, name: str) -> Case:
    case = stack.case(name)
    assert isinstance(case, Case)
    return case


def test_what_is_declared_of_the_key_comes_from_the_settings(
    project: Path, edit: Edit, stacks: Stacks, account: str
) -> None:
    """Not from the cloud: with the key that AWS manages, another is expected."""
    edit("catalog.yaml", f"  {INGEST}:\n", f"  {INGEST}:\n    encryption: aws-managed\n")
    edit("Pulumi.dev.yaml", DEV_ACCOUNT, account)
    stack = stacks.build(project)
    told = {name: stack.prove("encrypted", name) for name in (INGEST, API)}
    assert all(each.held for each in told.values())
    assert told[INGEST].happened == "KMS, the key that AWS manages" != told[API].happened


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
    Lie("denied", "check_blob", refuse, "out of order"),
    Lie("pull_grants", "begin_upload", refuse, "out of order"),
]


@pytest.mark.parametrize("lie", LIES, ids=lambda each: f"{each.proof}-{each.method}")
def test_a_registry_that_answers_otherwise_breaks_the_promise(
    dev_stack: Stack, monkeypatch: pytest.MonkeyPatch, lie: Lie
) -> None:
    assert dev_stack.kept(lie.proof, WEB).held
    monkeypatch.setattr(Client, lie.method, lie.answer)
    outcome = dev_stack.prove(lie.proof, WEB)
    assert (outcome.held, lie.told in outcome.happened) == (False, True), outcome.happened


def test_another_image_than_the_upstreams_breaks_the_promise(stacks: Stacks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Client, "pull", another_digest)
    outcome = stacks["caches"].prove("cached", "cache their/quay")
    assert (outcome.held, outcome.happened.endswith(f"and {another().digest} came")) == (False, True)


def test_a_refusal_for_another_reason_keeps_no_tag(dev_stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second push must be refused because of the tag, not because the registry is out of order."""
    put, pushed = Client.put_manifest, list[str]()

    def once(client: Client, name: str, manifest: Blob, reference: str) -> str:
        pushed.append(reference)
        return put(client, name, manifest, reference) if len(pushed) == 1 else refuse()

    monkeypatch.setattr(Client, "put_manifest", once)
    outcome = dev_stack.prove("immutable_tags", WEB)
    assert (outcome.held, outcome.happened) == (False, "500 INTERNAL: out of order")


def test_a_repository_that_is_missing_fails_its_proofs_and_not_the_run(case: Case) -> None:
    gone = replace(case, copy=replace(case.copy, name="storefront/gone"))
    outcomes = [prove(proof, gone) for proof in found() if proof.about is Case]
    assert [each.proof for each in outcomes if each.held] == []


@cases("mutable, tried", ((), "v1.0.0-"), (("v*",), "rehearsal-"), (("v*", "rehearsal-*"), ""), (("*",), None))
def test_a_tag_is_tried_that_may_not_move(case: Case, mutable: tuple[str, ...], tried: str | None) -> None:
    case = replace(case, repository=replace(case.repository, mutable_tags=mutable))
    tag = immutable_tags._fixed_tag(case)
    assert immutable_tags.applies(case) is (tried is not None)
    assert (tag and tag[:-8]) == tried


def test_a_publisher_does_nothing_but_push_there(case: Case) -> None:
    with Client.on_loopback(case.host, case.publisher()) as client:
        with pytest.raises(Refused, match=r"DENIED.*ecr:ListImages"):
            list(client.tags(API))
        with pytest.raises(Refused, match=r"DENIED.*ecr:InitiateLayerUpload"):
            client.put_blob(WEB, Blob(content=b"x", media_type=""))


def test_who_pulls_here_does_nothing_but_pull(case: Case) -> None:
    for password in (case.puller(), case.other_principal(case.registry.account)):
        with (
            Client.on_loopback(case.host, password) as client,
            pytest.raises(Refused, match=r"DENIED.*ecr:InitiateLayerUpload"),
        ):
            client.begin_upload(API)


def test_a_role_is_where_its_name_says(dev_stack: Stack, clients: Clients) -> None:
    assert dev_stack.kept("pull_grants", INGEST).held
    role = clients.root("iam", REGION, WORKLOADS).get_role(RoleName="ingest-runner")["Role"]
    assert role["Arn"] == f"arn:aws:iam::{WORKLOADS}:role/batch/ingest-runner"


def test_grants_to_the_own_account_are_proven_like_all_others(dev_stack: Stack, clients: Clients) -> None:
    """Its roles get no more than a pull either."""
    found = case_of(dev_stack, WEB)
    own = AccountGrant(account=DEV_ACCOUNT), AccountGrant(account=DEV_ACCOUNT, role="ci/builder")
    case = replace(found, repository=replace(found.repository, pull=own))
    assert pull_grants.prove(case) == f"{DEV_ACCOUNT}, {DEV_ACCOUNT} ci/builder"
    more = allow("ecr:*", Principal={"AWS": f"arn:aws:iam::{DEV_ACCOUNT}:role/ci/builder"})
    with DEV.repository_policy(WEB, and_also(more))(clients), pytest.raises(Broken) as broken:
        pull_grants.prove(case)
    assert str(broken.value) == f"{DEV_ACCOUNT} ci/builder began to push a layer, and nothing grants it"


def test_another_account_is_not_in_the_settings(case: Case) -> None:
    granted = replace(case.repository, pull=(AccountGrant(account=case.other_account),))
    there = replace(case.registry, account=case.other_account)
    for named in ({"repositories": (granted,)}, {"registries": (there,)}, {"other_account_replicas": (there,)}):
        assert replace(case, settings=replace(case.settings, **named)).other_account != case.other_account


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
def test_every_form_of_an_unkept_promise_is_reported(case: Case, failure: Exception) -> None:
    outcome = prove(proof_that_raises(failure), case)
    assert (outcome.held, outcome.happened) == (False, str(failure))
    assert 0.01 <= outcome.seconds < 1


def test_a_fault_of_a_proof_ends_the_run(case: Case) -> None:
    with pytest.raises(ZeroDivisionError):
        prove(proof_that_raises(ZeroDivisionError()), case)


def proof_that_raises(failure: Exception) -> Proof:
    def fail(_case: object) -> str:
        time.sleep(0.01)
        raise failure

    return Proof(name="name", promise="promise", about=Case, prove=fail, applies=bool)


def test_all_that_is_promised_is_proven_and_no_more(root: Path, clients: Clients, principals: Principals) -> None:
    settings = load(root, "prod")
    subjects: dict[str, set[str]] = {proof.name: set() for proof in found()}
    for proof, case in promised(settings, clients, principals):
        subjects[proof.name].add(case.subject)
    names, regions = {each.name for each in settings.repositories}, {each.region for each in settings.registries}
    assert len(regions) == 3
    assert subjects["configured"] == {f"registry@{region}" for region in regions}
    assert (
        subjects["lifecycles"]
        == subjects["pull_grants"]
        == {f"{name}@{region}" for name in names for region in regions}
    )
    assert subjects["mutable_tags"] == {
        f"{name}@{region}" for name in (API, WEB, "data/notebooks") for region in regions
    }


def test_a_publisher_is_tried_at_the_names_most_like_its_own(dev_stack: Stack) -> None:
    case = dev_stack.case(API_ROLE)
    assert isinstance(case, PublisherCase)
    assert case.others()[0] == LEDGER
    assert set(case.others()) == {each.name for each in case.settings.repositories} - {API}
    one = case.settings.repositories[0]
    many = tuple(
        replace(one, name=f"{prefix}/{number}") for prefix in ("other", "payments") for number in range(OTHERS)
    )
    crowded = replace(case, settings=replace(case.settings, repositories=many))
    assert crowded.others() == [f"payments/{number}" for number in range(OTHERS)]
