"""What exists at home is copied to a replica on a local cloud: all of it, once, and nothing over what stands there."""

import os
import re
import signal
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from localcloud.clients import Clients
from localcloud.cloud import LocalCloud
from oci.client import Client
from oci.image import image, index
from oci.manifest import Layer
from ops.backfill.inventory import Inventory
from ops.backfill.live_registry import LiveRegistry
from ops.copy.copier import Copier, CopyWork
from tests.cases import case, cases
from tests.ops.backfilling import ACCOUNT, CATALOG, HOME, OTHER_ACCOUNT, REPLICA, World, document, signature
from tests.stacks import NO_GITHUB, edited

EARLY, LATE = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
ALL_THERE = "Every digest and every tag of 1 repository is at the replica, the same as at home."
ELSEWHERE = "    - {region: eu-central-1, account: workloads, role: replica-deployer}\n"


@pytest.fixture(scope="module")
def cloud() -> Iterator[LocalCloud]:
    with LocalCloud() as made:
        yield made


@pytest.fixture
def clients(cloud: LocalCloud, project: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Clients]:
    """The AWS environment of the home account's owner; no file of the user's is read."""
    for name in [each for each in os.environ if each.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ENDPOINT_URL", cloud.endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCOUNT)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "anything")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(project / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(project / "none"))
    with Clients(cloud.endpoint) as made:
        yield made


@pytest.fixture
def world(clients: Clients, project: Path, capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest) -> World:
    name = "team/" + re.sub("[^a-z0-9]+", "-", request.node.name.removeprefix("test_")).strip("-")
    edited(project, *NO_GITHUB)
    (project / "catalog.yaml").write_text(CATALOG.format(name=name), encoding="utf-8")
    return World(clients, project, name, capsys)


@pytest.fixture
def filled(world: World) -> World:
    """At home two versions, one for two architectures and signed; the replica's repository is empty."""
    world.create(HOME)
    world.create(REPLICA)
    with world.client(HOME) as client:
        single, many = image(f"{world.name}.1"), index(f"{world.name}.2")
        client.push(world.name, single, "v1")
        client.push(world.name, many, "v2")
        client.push(world.name, signature(many.images[0]))
        client.push(world.name, signature(single))
        client.put_manifest(world.name, many.manifest, "latest")
    return world


def test_everything_is_copied_once(filled: World) -> None:
    first = filled.copy()
    assert (first.code, first.error) == (0, "")
    assert filled.held(REPLICA) == filled.held(HOME)
    assert len(filled.held(REPLICA)) == 6
    assert "6 manifests, 9 layers" in first.text
    assert "3 tags copied" in first.text
    assert ALL_THERE in first.text
    assert "pushed today" in first.text
    with filled.client(REPLICA) as client:
        pulled = [client.pull(filled.name, digest) for digest in filled.held(REPLICA)]
    with filled.client(HOME) as client:
        assert pulled == [client.pull(filled.name, each.digest) for each in pulled]
    again = filled.copy()
    assert again.code == 0
    assert "0 manifests, 0 layers (0.0 MB) and 0 tags copied." in again.text
    assert "pushed today" not in again.text


def test_the_order_of_the_pushes_stays(filled: World) -> None:
    """Rules of retention keep the newest."""
    filled.copy()
    orders = []
    for region in (HOME, REPLICA):
        (page,) = filled.ecr(region).get_paginator("describe_images").paginate(repositoryName=filled.name)
        images = sorted(page["imageDetails"], key=lambda each: each["imagePushedAt"])
        orders.append([each["imageDigest"] for each in images])
    assert orders[0] == orders[1]


def test_what_something_refers_to_comes_first(filled: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """An image that was restored is younger than its index; the clock's seconds may be equal."""
    truly = LiveRegistry.inventory

    def backwards(registry: LiveRegistry, repository: str) -> Inventory:
        found = truly(registry, repository)
        turned = {
            digest: replace(held, pushed_at=LATE - (held.pushed_at - EARLY)) for digest, held in found.images.items()
        }
        return replace(found, images=turned)

    monkeypatch.setattr(LiveRegistry, "inventory", backwards)
    ended = filled.copy()
    assert (ended.code, filled.held(REPLICA)) == (0, filled.held(HOME))
    assert "failed" not in ended.text


def test_a_tag_that_moves_meanwhile_is_left_to_replication(filled: World, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Copier.copy

    def moved(copier: Copier, work: CopyWork) -> None:
        with filled.client(HOME) as client:
            client.push(filled.name, image("newer"), "latest")
        whole(copier, work)

    monkeypatch.setattr(Copier, "copy", moved)
    ended = filled.copy()
    assert ended.code == 0
    assert "2 tags copied" in ended.text
    assert {tag for tags in filled.held(REPLICA).values() for tag in tags} == {"v1", "v2"}


def test_a_dry_run_copies_nothing(filled: World) -> None:
    printed = filled.copy("--dry-run")
    assert (printed.code, filled.held(REPLICA)) == (0, {})
    assert f"{filled.name}: 6 manifests, 3 tags" in printed.text
    assert "6 manifests and 3 tags of 1 repository." in printed.text


def test_an_interrupted_run_is_gone_on_with(filled: World, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []
    put = Client.put_chunks

    def third_is_the_last(client: Client, repository: str, layer: Layer, chunks: Iterator[bytes]) -> None:
        put(client, repository, layer, chunks)
        sent.append(layer.digest)
        if len(sent) == 3:
            os.kill(os.getpid(), signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    monkeypatch.setattr(Client, "put_chunks", third_is_the_last)
    ended = filled.copy()
    assert ended.code == 130
    assert "Run the same command again" in ended.error
    assert signal.getsignal(signal.SIGINT) is before
    first = list(sent)
    assert 3 <= len(first) < 9
    assert len(filled.held(REPLICA)) < 6
    again = filled.copy()
    assert (again.code, filled.held(REPLICA)) == (0, filled.held(HOME))
    assert not set(first) & set(sent[len(first) :])
    assert len(sent) == len(set(sent)) == 9


@pytest.mark.parametrize("by_ecr", [False, True])
def test_what_is_on_an_immutable_tag_stays(filled: World, *, by_ecr: bool) -> None:
    if by_ecr:
        filled.replicate()
    with filled.client(REPLICA) as client:
        other = client.push(filled.name, image("another"), "v1")
    ended = filled.backfill() if by_ecr else filled.copy()
    assert (ended.code, ended.error) == (1, "")
    digests = {tag: digest for digest, tags in filled.held(HOME).items() for tag in tags}
    assert f"conflict: {filled.name}:v1 can't move at the replica, where it is {other}; at home" in ended.text
    assert f"different: {filled.name}:v1 is {digests['v1']} at home and {other} at the replica" in ended.text
    assert filled.held(REPLICA)[other] == ("v1",)
    assert filled.held(REPLICA)[digests["v2"]] == ("latest", "v2")
    assert digests["v1"] in filled.held(REPLICA)


def test_a_mutable_tag_is_brought_up_to_date(filled: World) -> None:
    with filled.client(REPLICA) as client:
        client.push(filled.name, image("older"), "latest")
    assert filled.copy().code == 0
    digests = {tag: digest for digest, tags in filled.held(REPLICA).items() for tag in tags}
    assert digests["latest"] == digests["v2"]


@pytest.mark.parametrize("how", ["another image under a tag", "an image less"])
def test_a_replica_that_was_tampered_with_is_found(filled: World, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    whole = Copier.copy

    def tampered(copier: Copier, work: CopyWork) -> None:
        whole(copier, work)
        with filled.client(REPLICA) as client:
            if how == "an image less":
                client.delete_manifest(filled.name, signature(image(f"{filled.name}.1")).digest)
            else:
                client.push(filled.name, image("not ours"), "latest")

    monkeypatch.setattr(Copier, "copy", tampered)
    ended = filled.copy()
    assert ended.code == 1
    assert "1 difference." in ended.text
    wrong = "is missing" if how == "an image less" else f"{image('not ours').digest} at the replica"
    (line,) = (each for each in ended.text.splitlines() if each.startswith("different: "))
    assert wrong in line


def test_one_image_that_fails_stops_no_other(filled: World, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = image(f"{filled.name}.1").blobs[1].digest
    put = Client.put_chunks

    def cut(client: Client, repository: str, layer: Layer, chunks: Iterator[bytes]) -> None:
        put(client, repository, layer, (chunk[:-1] + b"?" if layer.digest == broken else chunk for chunk in chunks))

    monkeypatch.setattr(Client, "put_chunks", cut)
    ended = filled.copy()
    assert ended.code == 1
    assert "failed: " in ended.text
    assert "layer digests" in ended.text
    assert len(filled.held(REPLICA)) == 5  # its signature stands without it, as the specification has it


def test_amazon_ecr_copies_what_its_replication_covers(filled: World) -> None:
    filled.replicate()
    assert "own backfill goes first" in filled.backfill("--dry-run").text
    ended = filled.backfill()
    assert (ended.code, ended.error) == (0, "")
    assert re.search(r"own backfill [0-9a-f-]{36}: COMPLETE, 5 of 5 replications\.", ended.text)
    assert "0 manifests, 0 layers (0.0 MB) and 0 tags copied." in ended.text
    assert ALL_THERE in ended.text
    assert "pushed today" in ended.text
    assert "pull_time_exclusions" not in ended.text
    assert filled.held(REPLICA) == filled.held(HOME)
    assert "own backfill" not in filled.backfill().text


@pytest.mark.parametrize("allowed", [True, False])
def test_a_replica_in_another_account(filled: World, monkeypatch: pytest.MonkeyPatch, *, allowed: bool) -> None:
    """Its registry's policy allows Amazon ECR; what ECR may not copy goes through this machine."""
    edited(filled.project, ("Pulumi.prod.yaml", "    - region: ap-northeast-1\n", ELSEWHERE))
    filled.create("eu-central-1", OTHER_ACCOUNT)
    filled.replicate("eu-central-1", OTHER_ACCOUNT)
    effect = "Allow" if allowed else "Deny"
    statement = {"Effect": effect, "Principal": {"AWS": ACCOUNT}, "Action": "ecr:ReplicateImage", "Resource": "*"}
    filled.ecr("eu-central-1", OTHER_ACCOUNT).put_registry_policy(policyText=document(statement))
    filled.as_user(f"deployer-{effect}", monkeypatch, _allow("ecr:*"), _allow("sts:AssumeRole"))
    iam, role = filled.clients.root("iam", HOME, OTHER_ACCOUNT), "replica-deployer"
    trust = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}
    with suppress(iam.exceptions.EntityAlreadyExistsException):
        iam.create_role(RoleName=role, AssumeRolePolicyDocument=document(trust))
    iam.put_role_policy(RoleName=role, PolicyName="all", PolicyDocument=document(_allow("ecr:*")))
    ended = filled.backfill("--account", "workloads", region="eu-central-1")
    assert (ended.code, ended.error) == (0, "")
    assert f"to eu-central-1 (account {OTHER_ACCOUNT})" in ended.text
    assert filled.held("eu-central-1", OTHER_ACCOUNT) == filled.held(HOME)
    printed = "5 of 5 replications." if allowed else "0 of 5 replications, 5 failed (AccessDeniedException)."
    assert printed in ended.text
    assert f"{0 if allowed else 6} manifests" in ended.text


@pytest.mark.parametrize("missing", ["ecr:ListReplicationBackfills", "ecr:StartReplicationBackfill"])
def test_what_ecr_can_not_be_called_for_is_copied(filled: World, monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    filled.replicate()
    user = f"filler-{missing.partition(':')[2]}"
    filled.as_user(user, monkeypatch, _allow("ecr:*"), {**_allow(missing), "Effect": "Deny"})
    _copied(filled, f"is not authorized to perform: {missing}")


def test_what_no_replication_covers_is_copied(filled: World) -> None:
    filled.ecr(HOME).put_replication_configuration(replicationConfiguration={"rules": []})
    _copied(filled, "StartReplicationBackfill was refused: ValidationException")


def _copied(filled: World, why: str) -> None:
    ended = filled.backfill()
    assert ended.code == 0
    assert "all is copied through this machine" in ended.error
    assert why in ended.error
    assert "6 manifests" in ended.text
    assert filled.held(REPLICA) == filled.held(HOME)


@pytest.mark.parametrize("missing", ["ecr:PutImage", "ecr:DescribeImages", "ecr:InitiateLayerUpload"])
def test_a_denied_call_names_its_action(filled: World, monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    user = f"copier-{missing.partition(':')[2]}"
    filled.as_user(user, monkeypatch, _allow("ecr:*"), {**_allow(missing), "Effect": "Deny"})
    ended = filled.copy()
    assert (ended.code, ended.text, filled.held(REPLICA)) == (1, "", {})
    assert f"is not authorized to perform: {missing}" in ended.error
    assert "Traceback" not in ended.error


def test_without_credentials(filled: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    ended = filled.copy()
    assert ended.code == 1
    assert "there are no AWS credentials for eu-west-1" in ended.error
    assert "log in to AWS" in ended.error


def test_a_repository_that_does_not_exist_yet(world: World) -> None:
    world.create(HOME)
    ended = world.backfill()
    assert (ended.code, ended.text) == (1, "")
    assert ended.error == (
        f"{world.name} does not exist in eu-west-1 (account {ACCOUNT}) (deploy first: make up STACK=prod)\n"
    )


@cases(
    "arguments, printed",
    case("a stack", {"stack": "prd"}, "did you mean 'prod'?"),
    case("a region", {"region": "eu-west-2"}, "did you mean 'eu-west-1'?"),
    case("home", {"region": HOME}, "is the home of stack prod"),
    case("no replica", {"stack": "dev"}, "stack dev has no replica"),
)
def test_what_is_not_meant(world: World, arguments: dict[str, str], printed: str) -> None:
    ended = world.backfill(**arguments)
    assert (ended.code, ended.text) == (2, "")
    assert printed in ended.error


def test_what_else_is_not_meant(world: World) -> None:
    assert f"did you mean '{world.name}'?" in world.backfill("--repository", f"{world.name}x").error
    assert "did you mean 'workloads'?" in world.backfill("--account", "worklods").error
    assert "no replica in eu-west-1 in account 555566667777" in world.backfill("--account", "workloads").error
    here = "    - region: eu-west-1\n"
    twice = f"{here}{ELSEWHERE.replace('eu-central-1', 'eu-west-1')}"
    edited(world.project, ("Pulumi.prod.yaml", here, twice))
    assert "say which is meant with --account" in world.backfill().error
    retiring = f"{here}      retire: {{until: 2027-01-31, reason: closed}}\n"
    edited(world.project, ("Pulumi.prod.yaml", twice, retiring))
    assert "retires until 2027-01-31" in world.backfill().error


def _allow(action: str) -> dict[str, object]:
    return {"Effect": "Allow", "Action": action, "Resource": "*"}
