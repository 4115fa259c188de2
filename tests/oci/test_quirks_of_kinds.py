"""Every kind of the table: what it lacks, played on loopback, and what the client then does."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from domain.registries.cloud_registries import ECR
from domain.registries.hosted_registries import DOCKER_HUB, GITLAB
from domain.registries.kind import RegistryKind, Support
from domain.registries.table import KINDS
from oci.client import Client, Refused
from oci.credentials import Credential
from oci.image import image
from oci.manifest import Blob
from tests.oci.referring import signature_of
from tests.oci.registry import SECRET, AwkwardRegistry, registry

PUSHED, OTHER = image("kinds"), image("others")
NOT_SURELY = (Support.NO, Support.UNKNOWN)
every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.id)


def name_at(kind: RegistryKind) -> str:
    return kind.image.lower()


@contextmanager
def played(kind: RegistryKind) -> Iterator[tuple[AwkwardRegistry, Client]]:
    """A registry with all that the row does not have for certain left out, and a client with the row's login."""
    with registry(
        user=kind.login.user, scheme="basic" if kind is ECR else "bearer",
        has_referrers=kind.referrers.support not in NOT_SURELY, has_catalog=kind.catalog.support not in NOT_SURELY,
        deletes=kind.deletion.support not in NOT_SURELY, immutable=kind.immutable_tags.support is not Support.NO,
        declared=None if kind.made_by_push is Support.YES else frozenset({name_at(kind)}),
    ) as made, Client(made.address, Credential(user=kind.login.user, secret=SECRET)) as client:  # fmt: skip
        client.push(name_at(kind), PUSHED, "v1")
        yield made, client


@every_kind
def test_what_refers_to_an_image_is_found_by_the_api_or_by_the_tag(kind: RegistryKind) -> None:
    signature = signature_of(PUSHED.manifest, "signature")
    with played(kind) as (made, client):
        client.put_blob(name_at(kind), Blob(content=b"{}", media_type=""))
        client.put_manifest(name_at(kind), signature, signature.digest)
        found = [each["digest"] for each in client.referrers(name_at(kind), PUSHED.digest)]
        tag = made.tags[name_at(kind)].get(PUSHED.digest.replace(":", "-"))
    assert found == [signature.digest]
    assert (tag is None) is (kind.referrers.support not in NOT_SURELY)


@every_kind
def test_a_deletion_that_it_lacks_is_refused_and_the_image_stays(kind: RegistryKind) -> None:
    with played(kind) as (made, client):
        if kind.deletion.support in NOT_SURELY:
            with pytest.raises(Refused) as refused:
                client.delete_manifest(name_at(kind), PUSHED.digest)
            assert (refused.value.status, refused.value.code) == (405, "UNSUPPORTED")
        else:
            client.delete_manifest(name_at(kind), PUSHED.digest)
        kept = (name_at(kind), PUSHED.digest) in made.manifests
    assert kept is (kind.deletion.support in NOT_SURELY)


@every_kind
def test_a_catalog_that_it_lacks_is_refused(kind: RegistryKind) -> None:
    with played(kind) as (_, client):
        if kind.catalog.support in NOT_SURELY:
            with pytest.raises(Refused) as refused:
                list(client.repositories())
            assert refused.value.status == 404
        else:
            assert list(client.repositories()) == [name_at(kind)]


@every_kind
def test_a_push_makes_a_repository_or_is_refused_with_nothing_written(kind: RegistryKind) -> None:
    with played(kind) as (made, client):
        if kind.made_by_push is Support.YES:
            client.push("other/name/app", OTHER, "v1")
        else:
            with pytest.raises(Refused) as refused:
                client.push("other/name/app", OTHER, "v1")
            assert refused.value.code == "NAME_UNKNOWN"
        there = {name for name, _ in (*made.manifests, *made.blobs)}
    assert ("other/name/app" in there) is (kind.made_by_push is Support.YES)


@every_kind
def test_a_tag_moves_where_no_setting_holds_it(kind: RegistryKind) -> None:
    with played(kind) as (made, client):
        if kind.immutable_tags.support is Support.NO:
            client.push(name_at(kind), OTHER, "v1")
        else:
            with pytest.raises(Refused) as refused:
                client.push(name_at(kind), OTHER, "v1")
            assert refused.value.code == "TAG_INVALID"
        named = made.tags[name_at(kind)]["v1"]
    assert named == (OTHER if kind.immutable_tags.support is Support.NO else PUSHED).digest


@pytest.mark.parametrize("kind", [DOCKER_HUB, GITLAB], ids=lambda kind: kind.id)
def test_immutable_tags_without_the_api_take_one_referrer_and_no_more(kind: RegistryKind) -> None:
    """The tag of referrers would have to move: docs/registries.md says to leave it out."""
    with played(kind) as (made, client):
        client.put_blob(name_at(kind), Blob(content=b"{}", media_type=""))
        first, second = (signature_of(PUSHED.manifest, name) for name in ("first", "second"))
        client.put_manifest(name_at(kind), first, first.digest)
        with pytest.raises(Refused, match="TAG_INVALID"):
            client.put_manifest(name_at(kind), second, second.digest)
        made.quirks.immutable = False
        client.put_manifest(name_at(kind), second, second.digest)
        found = {each["digest"] for each in client.referrers(name_at(kind), PUSHED.digest)}
    assert found == {first.digest, second.digest}
