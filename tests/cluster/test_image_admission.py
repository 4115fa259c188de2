"""Which images the declared policy admits, at a real API server: a pod for each line."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import pytest

from domain.kubernetes.image_admission import NAME, AdmittedImages, admission_objects
from rehearsal.cluster.kubernetes_client import Object, until
from tests.cases import case, cases
from tests.cluster.declared import FOREIGN, MANAGER, OLD, DeclaredCluster, containers, image_pod
from tests.cluster.test_api_server import refused

pytestmark = pytest.mark.cluster

HOST = "222233334444.dkr.ecr.us-east-1.amazonaws.com"
REPLICA = HOST.replace("us-east-1", "eu-west-1")
DIGEST = f"sha256:{'0123456789abcdef' * 4}"
BY_DIGEST, FIXED = f"{HOST}/payments/api@{DIGEST}", f"{HOST}/payments/api:v1"
REFRESHER = f"public.ecr.aws/docker/library/python@sha256:{'a4f5b7d0c1e29386' * 4}"
NS = "storefront"
"""A namespace without a refresher in `market`, and with one in `factory`."""
FOREIGN_SAID, MOVABLE_SAID = "not from the company's registries: ", "neither by digest nor by a tag that can't move: "

ADMITTED = (
    case("a digest", BY_DIGEST),
    case("a digest in another repository", f"{HOST}/data/ingest@{DIGEST}"),
    case("a digest of a tag that moves", f"{HOST}/payments/api:latest@{DIGEST}"),
    case("a digest of a fixed tag", f"{HOST}/payments/api:v1@{DIGEST}"),
    case("a digest of a repository that is not declared", f"{HOST}/team/other@{DIGEST}"),
    case("a replica's digest", f"{REPLICA}/payments/api@{DIGEST}"),
    case("the other replica's digest", f"{HOST.replace('us-east-1', 'ap-northeast-1')}/payments/api@{DIGEST}"),
    case("a cache's digest", f"{HOST}/ecr-public/docker/library/python@{DIGEST}"),
    case("a fixed tag", FIXED),
    case("a fixed tag of a replica", f"{REPLICA}/payments/api:v1"),
    case("any tag where none moves", f"{HOST}/payments/ledger:latest"),
    case("one more such repository", f"{HOST}/data/ingest:release-2026.11.30"),
    case("a tag beside a pattern", f"{HOST}/storefront/web:release-1"),
    case("a tag that a pattern begins like", f"{HOST}/storefront/web:preview"),
    case("a tag that begins like a moving one", f"{HOST}/payments/api:latest-2"),
    case("a tag that ends like a moving one", f"{HOST}/payments/api:not-latest"),
    case("another case of a moving tag", f"{HOST}/payments/api:LATEST"),
    case("a tag of capitals", f"{HOST}/payments/api:V1_RC.2"),
    case("a tag with a pattern inside it", f"{HOST}/data/notebooks:my-dev-1"),
    case("the longest tag", f"{HOST}/payments/api:{'a' * 128}"),
)
MOVABLE = (
    case("a moving tag", f"{HOST}/payments/api:latest"),
    case("a moving tag of a replica", f"{REPLICA}/payments/api:latest"),
    case("a tag of a pattern", f"{HOST}/storefront/web:preview-12"),
    case("the shortest tag of a pattern", f"{HOST}/storefront/web:preview-"),
    case("a tag of another pattern", f"{HOST}/data/notebooks:dev-ada"),
    case("no tag", f"{HOST}/payments/ledger"),
    case("an empty tag", f"{HOST}/payments/ledger:"),
    case("a tag of a repository that is not declared", f"{HOST}/team/other:v1"),
    case("a repository whose name begins alike", f"{HOST}/payments/api-2:v1"),
    case("a repository whose name is longer", f"{HOST}/payments/api/deep:v1"),
    case("a repository whose name is shorter", f"{HOST}/payments:v1"),
    case("a name of the policy's own data", f"{HOST}/HOSTS:v1"),
    case("another one of these", f"{HOST}/REFRESHER_IMAGE:v1"),
    case("a name with the policy's own slash", f"{HOST}/payments..ledger:v1"),
    case("a cache's tag", f"{HOST}/ecr-public/docker/library/python:3.13"),
    case("a name of capitals", f"{HOST}/Payments/ledger:v1"),
    case("two slashes", f"{HOST}/payments//ledger:v1"),
    case("a slash before", f"{HOST}//payments/ledger:v1"),
    case("a short digest", f"{HOST}/payments/api@sha256:0123"),
    case("a digest of capitals", f"{HOST}/payments/api@sha256:{'ABCDEF01' * 8}"),
    case("a longer digest", f"{HOST}/payments/api@{DIGEST}0"),
    case("a digest of another algorithm", f"{HOST}/payments/api@sha512:{'0123456789abcdef' * 8}"),
    case("a digest that something follows", f"{HOST}/payments/api@{DIGEST}:latest"),
    case("a tag that is too long", f"{HOST}/payments/api:{'a' * 129}"),
    case("a tag that begins with a hyphen", f"{HOST}/payments/ledger:-v1"),
    case("two tags", f"{HOST}/payments/ledger:v1:v2"),
    case("a fixed and a moving tag", f"{HOST}/payments/ledger:v1@latest"),
    case("nothing but the host", f"{HOST}/"),
)
FOREIGNERS = (
    case("Docker Hub's short name", "nginx"),
    case("its short name with a tag", "nginx:1.29"),
    case("its whole name", FOREIGN),
    case("its digest", f"docker.io/library/nginx@{DIGEST}"),
    case("another registry", "ghcr.io/acme/api:v1"),
    case("another registry by digest", f"quay.io/acme/api@{DIGEST}"),
    case("Amazon ECR Public", f"public.ecr.aws/docker/library/python@{DIGEST}"),
    case("the refresher's image beside its pod", REFRESHER),
    case("another account", f"{HOST.replace('222233334444', '999999999999')}/payments/api@{DIGEST}"),
    case("another region", f"{HOST.replace('us-east-1', 'us-west-2')}/payments/api@{DIGEST}"),
    case("a host that ends otherwise", f"{HOST}.evil.example/payments/api@{DIGEST}"),
    case("a host that begins otherwise", f"evil.{HOST}/payments/api@{DIGEST}"),
    case("our host as a name", f"evil.example/{HOST}/payments/api@{DIGEST}"),
    case("our host as a tag", f"evil.example/payments/api:{HOST}"),
    case("our host with a port", f"{HOST}:443/payments/api@{DIGEST}"),
    case("our host as a login", f"{HOST}@evil.example/payments/api@{DIGEST}"),
    case("our host in capitals", f"{HOST.upper()}/payments/api@{DIGEST}"),
    case("our host with a dot at its end", f"{HOST}./payments/api@{DIGEST}"),
    case("our host with a scheme", f"https://{HOST}/payments/api@{DIGEST}"),
    case("our host alone", HOST),
    case("our host without its account", f"dkr.ecr.us-east-1.amazonaws.com/payments/api@{DIGEST}"),
    case("our host with another suffix", f"{HOST}.cn/payments/api@{DIGEST}"),
    case("two of our hosts", f"{HOST} {REPLICA}/payments/api@{DIGEST}"),
    case("the name of the policy's data", f"HOSTS/payments/api@{DIGEST}"),
)


def test_the_table_has_sixty_pods() -> None:
    assert len(ADMITTED + MOVABLE + FOREIGNERS) >= 60


@cases("image", *ADMITTED)
def test_it_is_admitted(market: DeclaredCluster, image: str) -> None:
    assert market.verdict(image_pod(NS, "tried", image)) is None


@cases("image", *MOVABLE)
def test_what_can_move_is_refused(market: DeclaredCluster, image: str) -> None:
    said = market.verdict(image_pod(NS, "tried", image))
    assert str(said).endswith(f"{MOVABLE_SAID}{image}")


@cases("image", *FOREIGNERS)
def test_what_is_not_of_the_company_is_refused(market: DeclaredCluster, image: str) -> None:
    said = market.verdict(image_pod(NS, "tried", image))
    assert str(said).endswith(f"{FOREIGN_SAID}{image}")


def test_it_is_a_refusal_that_names_policy_and_binding(market: DeclaredCluster) -> None:
    with refused(403, rf"ValidatingAdmissionPolicy '{NAME}' with binding '{NAME}' denied request: {FOREIGN_SAID}"):
        market.api.create(image_pod(NS, "tried", FOREIGN))


@cases("image", case("foreign", FOREIGN), case("movable", f"{HOST}/payments/api:latest"))
def test_where_it_is_audited_there_is_a_warning_and_the_pod(factory: DeclaredCluster, image: str) -> None:
    client = factory.api.with_token(factory.api.token)
    made = client.create(image_pod("tools", "audited", image))
    assert made["spec"]["containers"][0]["image"] == image
    (warning,) = client.warnings
    assert warning.startswith(f"Validation failed for ValidatingAdmissionPolicy '{NAME}' with binding '{NAME}': ")
    assert warning.endswith(image)
    client.delete("v1", "Pod", "tools", "audited")
    until(lambda: not factory.api.objects("v1", "Pod", "tools"))


def _init(tried: Object, image: str) -> None:
    tried["spec"]["initContainers"] = [{**tried["spec"]["containers"][0], "name": "first", "image": image}]


def _sidecar(tried: Object, image: str) -> None:
    _init(tried, image)
    tried["spec"]["initContainers"][0]["restartPolicy"] = "Always"


def _second(tried: Object, image: str) -> None:
    (first,) = tried["spec"]["containers"]
    tried["spec"]["containers"] = [first, {**first, "name": "second", "image": image}]


def _volume(tried: Object, image: str) -> None:
    tried["spec"]["volumes"] = [{"name": "content", "image": {"reference": image}}]


PLACES = (
    case("an init container", _init),
    case("a sidecar", _sidecar),
    case("a second container", _second),
    case("an image volume", _volume),
)


@cases("put", *PLACES)
@cases(
    "image, said",
    case("admitted", BY_DIGEST, None),
    case("a fixed tag", FIXED, None),
    case("foreign", FOREIGN, FOREIGN_SAID),
    case("movable", f"{HOST}/payments/api:latest", MOVABLE_SAID),
)
def test_every_place_of_an_image_is_judged(
    market: DeclaredCluster, put: Callable[[Object, str], None], image: str, said: str | None
) -> None:
    tried = image_pod(NS, "tried", BY_DIGEST)
    put(tried, image)
    found = market.verdict(tried)
    assert found is None if said is None else str(found).endswith(f"{said}{image}")


def test_all_that_is_wrong_is_named_once(market: DeclaredCluster) -> None:
    said = market.verdict(image_pod(NS, "tried", "nginx", FOREIGN, BY_DIGEST))
    assert str(said).endswith(f"{FOREIGN_SAID}nginx, {FOREIGN}")


def test_other_volumes_are_no_images(market: DeclaredCluster) -> None:
    volumes = [{"name": "a", "emptyDir": {}}, {"name": "b", "configMap": {"name": "image"}}]
    assert market.verdict(image_pod(NS, "tried", BY_DIGEST, volumes=volumes)) is None


@cases(
    "namespace, image, said",
    case("monitoring", "monitoring", FOREIGN, None),
    case("kube-system", "kube-system", FOREIGN, None),
    case("one that is not excepted", "default", FOREIGN, FOREIGN_SAID),
)
def test_namespaces_are_excepted(market: DeclaredCluster, namespace: str, image: str, said: str | None) -> None:
    found = market.verdict(image_pod(namespace, "tried", image))
    assert found is None if said is None else said in str(found)


def test_a_label_is_not_what_excepts_a_namespace(market: DeclaredCluster) -> None:
    """The API sets it to the name, whatever is asked for."""
    about = {"name": "disguised", "labels": {"kubernetes.io/metadata.name": "monitoring"}}
    made = market.api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": about})
    assert made["metadata"]["labels"]["kubernetes.io/metadata.name"] == "disguised"
    assert FOREIGN_SAID in str(market.verdict(image_pod("disguised", "tried", FOREIGN)))
    market.api.delete("v1", "Namespace", None, "disguised")


@cases(
    "namespace, account, images, said",
    case("the refresher", "payments", "ecr-refresher", [REFRESHER], None),
    case("with one of ours", "payments", "ecr-refresher", [REFRESHER, BY_DIGEST], None),
    case("with another's", "payments", "ecr-refresher", [REFRESHER, FOREIGN], FOREIGN),
    case("its image at another digest", "payments", "ecr-refresher", [f"{REFRESHER[:-1]}0"], f"{REFRESHER[:-1]}0"),
    case("another account", "payments", "default", [REFRESHER], REFRESHER),
    case("another namespace", OLD, "ecr-refresher", [REFRESHER], REFRESHER),
)
def test_the_refresher_alone_has_its_image(
    market: DeclaredCluster, namespace: str, account: str, images: list[str], said: str | None
) -> None:
    tried = image_pod(namespace, "tried", *images, serviceAccountName=account, automountServiceAccountToken=False)
    found = market.verdict(tried)
    assert found is None if said is None else str(found).endswith(f"{FOREIGN_SAID}{said}")


class TestUpdates:
    """By the images that they add."""

    @pytest.fixture
    def old(self, market: DeclaredCluster) -> Object:
        return market.api.get("v1", "Pod", OLD, OLD)

    def update(self, market: DeclaredCluster, changes: Object) -> Object:
        return market.api.patch("v1", "Pod", OLD, OLD, changes)

    def with_image(self, old: Object, image: str) -> Object:
        made = deepcopy(old["spec"]["containers"])
        made[0]["image"] = image
        return {"spec": {"containers": made}}

    def test_what_was_there_before_can_be_labelled(self, market: DeclaredCluster) -> None:
        assert self.update(market, {"metadata": {"labels": {"seen": "yes"}}})["metadata"]["labels"]["seen"] == "yes"

    @cases(
        "image, said",
        case("another foreign one", "docker.io/library/nginx:1.30", FOREIGN_SAID),
        case("a moving tag of ours", f"{HOST}/payments/api:latest", MOVABLE_SAID),
    )
    def test_another_image_is_judged(self, market: DeclaredCluster, old: Object, image: str, said: str) -> None:
        with refused(403, said):
            self.update(market, self.with_image(old, image))

    def test_one_of_ours_is_admitted_and_then_there_is_no_way_back(self, market: DeclaredCluster) -> None:
        market.api.create(image_pod(OLD, "ours", BY_DIGEST))
        ours = market.api.get("v1", "Pod", OLD, "ours")
        market.api.patch("v1", "Pod", OLD, "ours", self.with_image(ours, FIXED))
        with refused(403, FOREIGN_SAID):
            market.api.patch("v1", "Pod", OLD, "ours", self.with_image(ours, FOREIGN))
        market.api.delete("v1", "Pod", OLD, "ours")

    @cases(
        "image, said",
        case("foreign", "docker.io/library/busybox:1", FOREIGN_SAID),
        case("movable", f"{HOST}/payments/api:latest", MOVABLE_SAID),
        case("ours", BY_DIGEST, None),
        case("the pod's own foreign one", FOREIGN, None),
    )
    def test_ephemeral_containers_are_judged(
        self, market: DeclaredCluster, old: Object, image: str, said: str | None
    ) -> None:
        security = old["spec"]["containers"][0]["securityContext"]
        name = f"debug-{len(old['spec'].get('ephemeralContainers', ()))}"
        added = {"name": name, "image": image, "securityContext": security}
        all_of_it = [*old["spec"].get("ephemeralContainers", ()), added]
        where, changes = f"{OLD}/ephemeralcontainers", {"spec": {"ephemeralContainers": all_of_it}}
        if said is None:
            assert market.api.patch("v1", "Pod", OLD, where, changes)["spec"]["ephemeralContainers"]
        else:
            with refused(403, said):
                market.api.patch("v1", "Pod", OLD, where, changes)


REPOSITORIES = 500
CONTAINERS = 20


@pytest.fixture
def many(market: DeclaredCluster) -> Iterator[None]:
    """The policy with names and patterns as long as they can be, for a test."""
    names = [f"team-{number:03}/{'a' * 200}" for number in range(REPOSITORIES)]
    patterns = tuple(f"{letter * 20}-*-{letter * 20}" for letter in "abcde")
    images = AdmittedImages(
        hosts=(HOST, *(f"{HOST[:-1]}{number}" for number in range(9))), mutable_tags=dict.fromkeys(names, patterns),
        refresher=None, refreshed=(),
    )  # fmt: skip
    (declared,) = [each for each in market.of_kind("ConfigMap") if each["metadata"]["name"] == NAME]
    for step in admission_objects(images, deny=True, excepted=("monitoring",)):
        for each in step:
            market.api.apply(each.manifest, manager=MANAGER, force=True)
    until(lambda: not market.verdict(image_pod(NS, "tried", f"{HOST}/{names[-1]}:v1")))
    yield
    market.api.apply(declared, manager=MANAGER, force=True)
    until(lambda: not market.verdict(image_pod(NS, "tried", FIXED)))


@pytest.mark.usefixtures("many")
@cases(
    "tag, said",
    case("admitted", f"{'z' * 128}", None),
    # The names of all of them are longer than a message can be.
    case("movable", f"{'e' * 20}-{'x' * 60}-{'e' * 20}", "images are neither by digest nor by a tag that can't move"),
)
def test_many_repositories_and_containers_are_within_the_budget(
    market: DeclaredCluster, tag: str, said: str | None
) -> None:
    """Of CEL: a policy that goes over it refuses every pod."""
    images = [f"{HOST}/team-{REPOSITORIES - 1 - number}/{'a' * 200}:{tag}" for number in range(CONTAINERS)]
    tried = image_pod(NS, "tried", *images)
    (first, *_) = tried["spec"]["containers"]
    tried["spec"]["initContainers"] = list(containers({**first, "name": "init"}, *images))
    tried["spec"]["volumes"] = [
        {"name": f"volume-{number}", "image": {"reference": image}} for number, image in enumerate(images)
    ]
    found: Any = market.verdict(tried)
    assert found is None if said is None else str(found).endswith(said)
