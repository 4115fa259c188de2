"""Pushes to names that are not declared: where a creation template is for them, the repository is made."""

from domain.ecr.creation_templates import Occasion
from domain.ecr.images import digest_of
from domain.ecr.tags import TagMutability
from localcloud.ecr.registry_state import StoredTemplate
from localcloud.tests.cases import cases
from localcloud.tests.clouds import ACCOUNT
from localcloud.tests.ecr.control_plane import TRUST
from localcloud.tests.ecr.registry_server import Server, a_template
from oci.client import Client
from oci.image import index

NAME = "team/new"
PUSH = ("BatchCheckLayerAvailability", "InitiateLayerUpload", "UploadLayerPart", "CompleteLayerUpload", "PutImage")
ROLE = f"arn:aws:iam::{ACCOUNT}:role/creator"


def test_a_push_makes_the_repository_as_its_template_says(server: Server) -> None:
    server.registry.templates["team"] = a_template()
    server.callers.actions = (*PUSH, "CreateRepository", "BatchGetImage")
    digest = server.push_image("v1", repository=NAME)
    assert server.ask("GET", f"/v2/{NAME}/manifests/v1").headers["Docker-Content-Digest"] == digest
    assert server.registry.repositories[NAME].mutability is TagMutability.IMMUTABLE


def test_a_client_that_looks_first_pushes_to_a_free_name(server: Server) -> None:
    server.registry.templates["team"] = a_template()
    with Client.on_loopback(f"127.0.0.1:{server.port}", server.password) as client:
        digest = client.push(NAME, index("new"), "v1")
        assert client.pull(NAME, "v1").digest == digest


def test_a_layer_sent_in_one_request_makes_it_too(server: Server) -> None:
    server.registry.templates["team"] = a_template()
    path = f"/v2/{NAME}/blobs/uploads/?digest={digest_of(b'a layer')}"
    assert server.ask("POST", path, b"a layer").status == 201
    assert server.registry.repositories[NAME].layers == {digest_of(b"a layer")}


@cases("template", None, a_template(prefix="other"), a_template(occasions=(Occasion.REPLICATION,)))
def test_without_a_template_for_it_the_name_stays_unknown(server: Server, template: StoredTemplate | None) -> None:
    if template is not None:
        server.registry.templates[template.prefix] = template
    answer = server.ask("POST", f"/v2/{NAME}/blobs/uploads/")
    assert (answer.status, answer.code) == (404, "NAME_UNKNOWN")
    assert NAME not in server.registry.repositories


@cases("missing", "CreateRepository", "InitiateLayerUpload")
def test_who_may_not_create_or_push_makes_none(server: Server, missing: str) -> None:
    server.registry.templates["team"] = a_template()
    server.callers.actions = tuple(each for each in (*PUSH, "CreateRepository") if each != missing)
    answer = server.ask("POST", f"/v2/{NAME}/blobs/uploads/")
    assert (answer.status, answer.code) == (403, "DENIED")
    assert f"ecr:{missing}" in answer.message
    assert NAME not in server.registry.repositories


def test_looking_and_pulling_make_none(server: Server) -> None:
    server.registry.templates["team"] = a_template()
    for method, path in (("GET", "manifests/v1"), ("HEAD", f"blobs/{digest_of(b'')}"), ("GET", "tags/list")):
        assert server.ask(method, f"/v2/{NAME}/{path}").status == 404
    assert NAME not in server.registry.repositories


def test_who_may_not_create_pushes_to_what_is_there(server: Server) -> None:
    server.registry.templates["team"] = a_template()
    server.callers.actions = PUSH
    server.repository(NAME)
    server.push_image("v1", repository=NAME)


def test_a_template_that_cannot_be_applied_is_named_to_the_pusher(server: Server) -> None:
    server.registry.templates["team"] = a_template(tags={"owner": "platform"}, role=ROLE)
    server.backend.add_role(ROLE, TRUST)
    answer = server.ask("POST", f"/v2/{NAME}/blobs/uploads/")
    assert (answer.status, answer.code) == (404, "NAME_UNKNOWN")
    assert "ecr:CreateRepository" in answer.message
    assert NAME not in server.registry.repositories
