"""Images copied to other registries: which, where to, with which tags, and what keeps them from it."""

import json
from typing import Any

import pytest

from domain.ecr.images import DOCKER_MANIFEST, OCI_MANIFEST
from localcloud.ecr import repository_creation
from localcloud.ecr.registry_state import StoredRepository
from localcloud.tests.cases import cases
from localcloud.tests.clouds import ACCOUNT, OTHER_ACCOUNT, OTHER_REGION, REGION
from localcloud.tests.ecr.control_plane import CONFIG, NAME, NO_DIGEST, TRUST, Plane, digest_of, index, manifest, root
from localcloud.tests.ecr.replicas import (
    REPLICATE,
    SOURCE_ROOT,
    arrived,
    configure,
    replica,
    replicating,
    rule,
    statuses,
)
from localcloud.tests.statements import Statement, allow, deny, text

ROLE = f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/replication.ecr.amazonaws.com/AWSServiceRoleForECRReplication"


@pytest.fixture
def plane() -> Plane:
    return replicating()


def across(*statements: Statement) -> Plane:
    """To another account, whose registry says this."""
    plane = replicating(rule(REGION, OTHER_ACCOUNT))
    if statements:
        plane("PutRegistryPolicy", by=root(OTHER_ACCOUNT), policyText=text(*statements))
    return plane


def failure(plane: Plane, digest: str) -> str:
    (status,) = statuses(plane, imageDigest=digest)
    assert status["status"] == "FAILED"
    return status["failureCode"]


def test_the_configuration_is_kept_in_its_registry_until_it_is_emptied() -> None:
    plane = Plane()
    rules = [rule(), rule("us-west-2", OTHER_ACCOUNT, "prod", "test/"), *[rule()] * 23]
    configure(plane, *rules)
    assert plane("DescribeRegistry") == {"registryId": ACCOUNT, "replicationConfiguration": {"rules": rules}}
    assert plane("DescribeRegistry", region=OTHER_REGION)["replicationConfiguration"] == {"rules": []}
    configure(plane)
    assert plane("DescribeRegistry")["replicationConfiguration"] == {"rules": []}


@cases(
    "rules, words",
    ([rule(REGION)], "0.destinations.0 is the source registry itself"),
    ([rule()] * 26, "length less than or equal to 25"),
    ([rule("mars-north-1")], "0.destinations.0 is not a region"),
    ([rule("cn-north-1")], "another partition"),
    ([rule(OTHER_REGION, "12")], "registryId"),
    ([rule(OTHER_REGION, ACCOUNT, "p")], "length greater than or equal to 2"),
    ([rule(OTHER_REGION, ACCOUNT, "Prod")], "pattern"),
    ([{**rule(), "deleteReplication": {"enabled": True}}], "deletions is not built"),
    ([{}], "destinations"),
)
def test_a_configuration_that_aws_refuses_changes_nothing(rules: list[dict[str, Any]], words: str) -> None:
    plane = Plane()
    configure(plane, rule())
    refusal = plane.refused("PutReplicationConfiguration", replicationConfiguration={"rules": rules})
    assert (refusal.code, words in refusal.message) == ("InvalidParameterException", True), refusal
    assert plane("DescribeRegistry")["replicationConfiguration"] == {"rules": [rule()]}


def test_a_pushed_image_is_the_same_in_the_replica_with_its_tag(plane: Plane) -> None:
    digest = plane.push(manifest(), "v1")
    assert arrived(plane) == {digest: ["v1"]}
    done = [{"region": OTHER_REGION, "registryId": ACCOUNT, "status": "COMPLETE"}]
    assert statuses(plane, imageTag="v1") == statuses(plane, imageDigest=digest) == done
    pulled = plane("BatchGetImage", region=OTHER_REGION, repositoryName=NAME, imageIds=[{"imageTag": "v1"}])["images"]
    assert [each["imageManifest"] for each in pulled] == [manifest()]
    assert replica(plane).layers == {CONFIG}


def test_images_go_where_a_rule_for_their_repository_says() -> None:
    plane = replicating(rule(OTHER_REGION, ACCOUNT, "pay"), rule("us-west-2", ACCOUNT, "search", "other"))
    plane.create("search/api")
    digests = [plane.push(manifest(), "v1", name) for name in (NAME, "search/api")]
    assert arrived(plane) == {digests[0]: ["v1"]}
    assert arrived(plane, region="us-west-2", name="search/api") == {digests[1]: ["v1"]}
    assert arrived(plane, name="search/api") == arrived(plane, region="us-west-2") == {}


def test_what_was_pushed_before_the_configuration_stays_until_it_is_pushed_anew() -> None:
    plane = Plane()
    plane.create()
    before = plane.push(manifest(1), "v1")
    configure(plane, rule())
    assert statuses(plane, imageDigest=before) == []
    assert arrived(plane) == {}
    assert plane.push(manifest(1), "v2") == before
    assert arrived(plane) == {before: ["v2"]}


def test_another_tag_of_the_same_image_follows_and_moves_in_a_mutable_replica(plane: Plane) -> None:
    first = plane.push(manifest(1), "v1")
    plane.push(manifest(1), "latest")
    assert arrived(plane) == {first: ["latest", "v1"]}
    second = plane.push(manifest(2), "latest")
    assert arrived(plane) == {first: ["v1"], second: ["latest"]}


def test_a_tag_that_may_not_move_stays_and_the_image_comes_without_it(plane: Plane) -> None:
    first = plane.push(manifest(1), "v1")
    plane("PutImageTagMutability", region=OTHER_REGION, repositoryName=NAME, imageTagMutability="IMMUTABLE")
    second = plane.push(manifest(2), "v1")
    assert arrived(plane) == {first: ["v1"], second: []}
    assert [each["status"] for each in statuses(plane, imageDigest=second)] == ["COMPLETE"]
    plane.push(manifest(2), "v2")
    assert arrived(plane)[second] == ["v2"]


def test_an_index_arrives_with_all_that_it_lists() -> None:
    plane = Plane()
    plane.create()
    children = [plane.push(manifest(each)) for each in range(2)]
    configure(plane, rule())
    nested = plane.push(index(*children))
    whole = plane.push(index(nested), "v1")
    untagged: dict[str, list[str]] = {each: [] for each in children}
    assert arrived(plane) == {whole: ["v1"], nested: [], **untagged}
    plane("DeleteRepository", region=OTHER_REGION, repositoryName=NAME, force=True)
    plane.push(index(nested), "v2")
    assert arrived(plane) == {whole: ["v2"], nested: [], **untagged}


def test_the_tag_of_an_index_is_never_that_of_what_it_lists() -> None:
    plane = Plane()
    plane.create()
    child = plane.push(manifest())
    configure(plane, rule())
    template: dict[str, Any] = {"prefix": "ROOT", "appliedFor": ["REPLICATION"], "imageTagMutability": "IMMUTABLE"}
    plane("CreateRepositoryCreationTemplate", region=OTHER_REGION, **template)
    whole = plane.push(index(child), "v1")
    assert arrived(plane) == {whole: ["v1"], child: []}
    assert replica(plane).mutability.value == "IMMUTABLE"


def test_a_signature_arrives_as_any_image_and_keeps_its_subject(plane: Plane) -> None:
    subject = plane.push(manifest(1), "v1")
    signature = plane.push(manifest(2, subject={"mediaType": OCI_MANIFEST, "digest": subject, "size": 1}))
    assert arrived(plane) == {subject: ["v1"], signature: []}
    assert replica(plane).images[signature].subject == subject


def test_what_arrived_by_replication_is_not_replicated_on(plane: Plane) -> None:
    configure(plane, rule("us-west-2"), region=OTHER_REGION)
    digest = plane.push(manifest(), "v1")
    assert arrived(plane) == {digest: ["v1"]}
    assert arrived(plane, region="us-west-2") == {}
    assert replica(plane).images[digest].replications == {}


def test_a_deletion_is_not_repeated_and_takes_no_layer_of_the_replica(plane: Plane) -> None:
    digest = plane.push(manifest(), "v1")
    blob = plane.blobs.path(CONFIG)
    blob.write_bytes(b"{}")
    plane("BatchDeleteImage", repositoryName=NAME, imageIds=[{"imageTag": "v1"}])
    plane("DeleteRepository", repositoryName=NAME, force=True)
    assert arrived(plane) == {digest: ["v1"]}
    assert blob.exists()


@cases(
    "statement",
    allow(*REPLICATE, Principal=SOURCE_ROOT),
    allow(*REPLICATE, Principal={"AWS": ACCOUNT}),
    allow(*REPLICATE, Principal=SOURCE_ROOT, resource=f"arn:aws:ecr:{REGION}:{OTHER_ACCOUNT}:repository/pay*"),
    allow(*REPLICATE, Principal={"AWS": ROLE}),
    allow("ecr:*", Principal="*", Condition={"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}),
)
def test_another_account_takes_images_whose_registry_allows_it(statement: Statement) -> None:
    plane = across(statement)
    plane.callers.join(ACCOUNT, "o-a1b2c3d4e5")
    digest = plane.push(manifest(), "v1")
    assert arrived(plane, OTHER_ACCOUNT, REGION) == {digest: ["v1"]}
    assert statuses(plane, imageTag="v1") == [{"region": REGION, "registryId": OTHER_ACCOUNT, "status": "COMPLETE"}]


@cases(
    "statements, action",
    ([], "ecr:ReplicateImage"),
    ([allow("ecr:CreateRepository", Principal=SOURCE_ROOT)], "ecr:ReplicateImage"),
    ([allow("ecr:ReplicateImage", Principal=SOURCE_ROOT)], "ecr:CreateRepository"),
    ([allow(*REPLICATE, Principal=SOURCE_ROOT), deny("ecr:ReplicateImage", Principal="*")], "ecr:ReplicateImage"),
    (
        [allow(*REPLICATE, Principal=SOURCE_ROOT, resource=f"arn:aws:ecr:{REGION}:{OTHER_ACCOUNT}:repository/x")],
        "ecr:ReplicateImage",
    ),
)
def test_what_another_account_does_not_allow_fails_and_never_reaches_the_pusher(
    statements: list[Statement], action: str
) -> None:
    plane = across(*statements)
    digest = plane.push(manifest(), "v1")
    assert arrived(plane, OTHER_ACCOUNT, REGION) == {}
    assert failure(plane, digest).startswith("AccessDeniedException: User: arn:aws:sts::111122223333:assumed-role/")
    assert f"is not authorized to perform: {action} on resource" in failure(plane, digest)


def test_a_repository_that_is_there_needs_no_permission_to_create_one() -> None:
    plane = across(allow("ecr:ReplicateImage", Principal=SOURCE_ROOT))
    plane("CreateRepository", by=root(OTHER_ACCOUNT), repositoryName=NAME)
    digest = plane.push(manifest(), "v1")
    assert arrived(plane, OTHER_ACCOUNT, REGION) == {digest: ["v1"]}


def test_another_region_of_the_same_account_needs_no_policy_and_heeds_a_deny(plane: Plane) -> None:
    plane("PutRegistryPolicy", region=OTHER_REGION, policyText=text(deny("ecr:CreateRepository", Principal="*")))
    assert "explicit deny" in failure(plane, plane.push(manifest(), "v1"))


def test_a_failure_is_made_good_by_the_next_push_of_the_image() -> None:
    plane = across()
    digest = plane.push(manifest(), "v1")
    assert failure(plane, digest)
    plane("PutRegistryPolicy", by=root(OTHER_ACCOUNT), policyText=text(allow(*REPLICATE, Principal=SOURCE_ROOT)))
    plane.push(manifest(), "v2")
    assert arrived(plane, OTHER_ACCOUNT, REGION) == {digest: ["v2"]}
    assert [each["status"] for each in statuses(plane, imageDigest=digest)] == ["COMPLETE"]


def test_a_template_that_cannot_be_applied_fails_the_replication(plane: Plane) -> None:
    template: dict[str, Any] = {"prefix": "ROOT", "appliedFor": ["REPLICATION"], "customRoleArn": ROLE}
    plane("CreateRepositoryCreationTemplate", region=OTHER_REGION, **template)
    plane.keys.add_role(ROLE, TRUST, allow("ecr:CreateRepository"))
    assert "ecr:ReplicateImage" in failure(plane, plane.push(manifest(), "v1"))


def test_one_destination_that_fails_keeps_no_other_from_its_image() -> None:
    plane = replicating(rule(REGION, OTHER_ACCOUNT), rule())
    digest = plane.push(manifest(), "v1")
    assert arrived(plane) == {digest: ["v1"]}
    reported = [(each["registryId"], each["status"]) for each in statuses(plane, imageTag="v1")]
    assert reported == [(ACCOUNT, "COMPLETE"), (OTHER_ACCOUNT, "FAILED")]


def test_whatever_goes_wrong_is_a_failed_status(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    plane = replicating()

    async def broken(*_: object) -> StoredRepository:
        raise ZeroDivisionError("by nothing")

    monkeypatch.setattr(repository_creation, "create_by_template", broken)
    assert failure(plane, plane.push(manifest(), "v1")) == "ServerException: ZeroDivisionError: by nothing"
    assert "was not replicated" in caplog.text


def test_what_is_not_there_has_no_status(plane: Plane) -> None:
    given: dict[str, Any] = {"repositoryName": NAME, "imageId": {"imageDigest": NO_DIGEST}}
    assert plane.code("DescribeImageReplicationStatus", **given) == "ImageNotFoundException"
    refusal = plane.refused("DescribeImageReplicationStatus", **{**given, "imageId": {}})
    assert refusal.message.startswith("Invalid parameter at 'imageId'")
    missing = {**given, "repositoryName": "missing"}
    assert plane.code("DescribeImageReplicationStatus", **missing) == "RepositoryNotFoundException"


def test_what_arrives_is_parsed_as_what_was_sent(plane: Plane) -> None:
    """A manifest may leave its media type to the request."""
    bare = json.dumps({name: value for name, value in json.loads(manifest()).items() if name != "mediaType"})
    plane("PutImage", repositoryName=NAME, imageManifest=bare, imageManifestMediaType=DOCKER_MANIFEST)
    assert replica(plane).images[digest_of(bare)].media_type == DOCKER_MANIFEST
