"""Images of pods are by digest, or by a tag that stays."""

from typing import Any

import pytest

from domain.document_text import SECRET, UNKNOWN
from policies.checks.cluster_objects import POD_TYPES
from policies.rules.k8s_images_from_registry import RULE
from resources.ecr import PULL_THROUGH_RULE
from resources.kubernetes import JOB
from tests.cases import case, cases
from tests.policies.conftest import Declared, findings, paths
from tests.policies.rules.clusters import (
    ACCOUNT,
    DIGEST,
    HOST,
    IMAGE,
    POD,
    beginnings,
    container,
    cron_job,
    declared,
    job,
    pod_spec,
    repository,
)
from tests.policies.rules.texts import HOME, OTHER

API = f"{HOST}/payments/api"
STACK = (ACCOUNT, repository(), repository("payments/web", "IMMUTABLE_WITH_EXCLUSION", "latest", "dev-*"))
UNDECIDED = "undecided spec.template.spec.containers.0.image"
CACHE = Declared(type=PULL_THROUGH_RULE, inputs={"ecrRepositoryPrefix": "hub"}, name="hub@us-east-1")


def beginning(image: object, *stack: Declared) -> list[str]:
    found = beginnings(RULE, *(stack or STACK), job(container(image=image)))
    return [each.removeprefix(f"has the image {image!r}") for each in found]


BY_TAG, MOVES, INVALID = " by its tag", " can move to another image", ", which is not a valid reference"


@cases(
    "image, expected",
    case("compliant, by digest", IMAGE, []),
    case("by digest, of any host", f"quay.io/acme/x@sha256:{DIGEST}", []),
    case("by digest, of a host with a port", f"registry.acme.example:5000/x@sha256:{DIGEST}", []),
    case("by digest, without a host", f"nginx@sha256:{DIGEST}", []),
    case("the digest counts, not the tag", f"{HOST}/payments/web:latest@sha256:{DIGEST}", []),
    case("a tag that stays", f"{API}:v1", []),
    case("no tag, where latest stays", API, []),
    case("unset", None, []),
    case("unknown", UNKNOWN, [UNDECIDED]),
    case("secret", SECRET, [UNDECIDED]),
    case("a tag that moves", f"{HOST}/payments/web:latest", [", whose tag latest can move to another image"]),
    case("no tag, where latest moves", f"{HOST}/payments/web", [", whose tag latest can move to another image"]),
    case("a tag of a pattern", f"{HOST}/payments/web:dev-7", [", whose tag dev-7 can move to another image"]),
    case("a tag of no pattern", f"{HOST}/payments/web:v1", []),
    case("a cache's", f"{HOST}/hub/library/nginx:1.29", [BY_TAG]),
    case("a repository of the registry that is not declared", f"{HOST}/payments/other:v1", [BY_TAG]),
    case("one whose name only begins so", f"{API}x:v1", [BY_TAG]),
    case("one beneath it", f"{API}/x:v1", [BY_TAG]),
    case("another account", f"{API}:v1".replace(HOME, OTHER), [BY_TAG]),
    case("another region", f"{API}:v1".replace("us-east-1", "eu-west-1"), [BY_TAG]),
    case("a host that only begins so", f"{HOST}.evil.example/payments/api:v1", [BY_TAG]),
    case("a host that only ends so", f"evil.example/{HOST}/payments/api:v1", [BY_TAG]),
    case("with a port", f"{HOST}:443/payments/api:v1", [BY_TAG]),
    case("the dual-stack host", f"{HOME}.dkr-ecr.us-east-1.on.aws/payments/api:v1", []),
    case("without a host", "nginx", [BY_TAG]),
    case("without a host, with a tag", "nginx:1.29", [BY_TAG]),
    case("without a host, named as ours", "payments/api:v1", [BY_TAG]),
    case("Docker's", "docker.io/library/nginx:1.29", [BY_TAG]),
    case("localhost", "localhost/x:1", [BY_TAG]),
    case("empty", "", [INVALID]),
    case("a digest in capitals", f"{API}@sha256:{DIGEST.upper()}", [INVALID]),
    case("a digest that is too short", f"{API}@sha256:{DIGEST[1:]}", [INVALID]),
    case("a digest that is too long", f"{API}@sha256:{DIGEST}0", [INVALID]),
    case("a digest of another algorithm", f"{API}@md5:{DIGEST[:32]}", [INVALID]),
    case("a digest as a tag", f"{API}:sha256-{DIGEST}", []),
    case("text after the digest", f"{API}@sha256:{DIGEST} ", [INVALID]),
    case("a line after the digest", f"{API}@sha256:{DIGEST}\n", [INVALID]),
    case("capitals", f"{HOST}/Payments/api:v1", [INVALID]),
    case("a host in capitals", f"{HOST.upper()}/payments/api:v1", []),
    case("a scheme", f"https://{API}:v1", [INVALID]),
    case("a wildcard", f"{HOST}/*:v1", [INVALID]),
    case("a variable", "$IMAGE", [INVALID]),
    case("a number", 7.0, [INVALID]),
    case("a list", [IMAGE], [INVALID]),
)
def test_an_image(image: object, expected: list[str]) -> None:
    assert beginning(image) == expected


@cases(
    "mode, filters, tag, expected",
    case("mutable", "MUTABLE", (), "v1", [", whose tag v1 can move to another image"]),
    case("the default", None, (), "v1", [", whose tag v1 can move to another image"]),
    case("mutable, but for the tag", "MUTABLE_WITH_EXCLUSION", ("v*",), "v1", []),
    case(
        "mutable, but for others", "MUTABLE_WITH_EXCLUSION", ("v*",), "x", [", whose tag x can move to another image"]
    ),
    case("not known yet", UNKNOWN, (), "v1", [UNDECIDED]),
    case("filters not known yet", "IMMUTABLE_WITH_EXCLUSION", (UNKNOWN,), "v1", [UNDECIDED]),
)
def test_the_repository_says_which_tags_move(mode: object, filters: tuple[str, ...], tag: str, expected: Any) -> None:
    assert beginning(f"{API}:{tag}", ACCOUNT, repository("payments/api", mode, *filters)) == expected


@cases(
    "stack, expected",
    case("no provider", (repository(),), [UNDECIDED]),
    case("no region", (ACCOUNT, repository(region=None)), [UNDECIDED]),
    case("another provider", (ACCOUNT, repository(provider="x")), [UNDECIDED]),
    case("no name yet", (ACCOUNT, repository(UNKNOWN)), [UNDECIDED]),
    case("another name", (ACCOUNT, repository("payments/web"), CACHE), [BY_TAG]),
    case("no repository, with the name of one", (ACCOUNT, Declared(type=JOB, inputs=repository().inputs)), [BY_TAG]),
    case("a copy in another region", (ACCOUNT, repository(region="eu-west-1")), [BY_TAG]),
    case("moving, whatever the other is", (ACCOUNT, repository(UNKNOWN), repository(mode="MUTABLE")),
         [", whose tag v1 can move to another image"]),
)  # fmt: skip
def test_a_repository_that_it_may_be(stack: tuple[Declared, ...], expected: list[str]) -> None:
    assert beginning(f"{API}:v1", *stack) == expected


@cases(
    "fields, path",
    case("an init container", {"initContainers": [container(image="nginx")]}, ("initContainers", 0, "image")),
    case("an ephemeral one", {"ephemeralContainers": [container(image="nginx")]}, ("ephemeralContainers", 0, "image")),
    case("an image volume", {"volumes": [{"emptyDir": {}}, {"name": "b", "image": {"reference": "nginx"}}]},
         ("volumes", 1, "image", "reference")),
    case("one container of two", {"containers": [container(), container(image="nginx")]}, ("containers", 1, "image")),
    case("unknown containers", {"containers": UNKNOWN}, ("containers", "image")),
    case("unknown volumes", {"volumes": UNKNOWN}, ("volumes",)),
    case("a container that is unknown", {"initContainers": [UNKNOWN]}, ("initContainers", 0, "image")),
    case("an unknown image of a volume", {"volumes": [{"image": UNKNOWN}]}, ("volumes", 0, "image", "reference")),
)  # fmt: skip
def test_every_image_of_a_pod(fields: dict[str, Any], path: tuple[str | int, ...]) -> None:
    assert paths(RULE, ACCOUNT, job(**fields)) == [(*POD, *path)]


@pytest.mark.parametrize("kind", POD_TYPES)
def test_every_object_that_makes_pods(kind: str) -> None:
    spec: dict[str, Any] = {"spec": pod_spec(container(image="nginx"))}
    if not kind.removesuffix("Patch").removesuffix("List").endswith((":Pod", ":PodTemplate")):
        spec = {"spec": {"jobTemplate": {"spec": {"template": spec}}} if "CronJob" in kind else {"template": spec}}
    elif "PodTemplate" in kind:
        spec = {"template": spec}
    wrapped = {"items": [spec]} if kind.endswith("List") else spec
    [path] = paths(RULE, ACCOUNT, declared(kind, **wrapped))
    assert path[-3:] == ("containers", 0, "image")
    assert findings(RULE, ACCOUNT, declared(kind, **wrapped)) != []


def test_a_spec_that_is_not_known_yet() -> None:
    assert paths(RULE, cron_job(UNKNOWN)) == [("spec", "jobTemplate", "spec", "template", "spec")]
    assert findings(RULE, declared("kubernetes:core/v1:ConfigMap", data={"image": "nginx"})) == []
