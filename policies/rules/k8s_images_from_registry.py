"""The images of pods are the company's, or the same at every pull."""

from collections.abc import Iterator, Sequence

from domain.ecr.names import private_registry
from domain.kubernetes.image_reference import ImageReference, parse_image
from domain.problems import Path
from policies.checks.cluster_objects import POD_TYPES, Pod, containers_in, pods_in
from policies.checks.input_values import as_list, is_unknown, value_within
from policies.checks.locations import Location, ResourceLocations
from policies.checks.moving_tags import can_move
from policies.pack.rule import (
    CheckedResource,
    CheckResult,
    Finding,
    Parameters,
    RuleContext,
    StackResults,
    StackRule,
    Undecided,
)
from resources import PROVIDER
from resources.ecr import REPOSITORY

_FIX = "write HOST/NAME@sha256:DIGEST; `docker buildx imagetools inspect IMAGE` prints the digest"


def check(resources: Sequence[CheckedResource], _context: RuleContext[Parameters]) -> StackResults:
    repositories = _Repositories(resources)
    for resource in resources:
        for pod in pods_in(resource):
            for path, image in _images(pod):
                result = _check_image(image, (*pod.path, *path), repositories)
                if result is not None:
                    yield resource, result


def _images(pod: Pod) -> Iterator[tuple[Path, object]]:
    """Each with its path in the pod's spec."""
    if is_unknown(pod.spec):
        yield (), pod.spec
        return
    for path, container in containers_in(pod):
        yield (*path, "image"), value_within(container, ("image",))
    volumes = value_within(pod.spec, ("volumes",))
    if is_unknown(volumes):
        yield ("volumes",), volumes
        return
    for index, volume in enumerate(as_list(volumes)):
        yield ("volumes", index, "image", "reference"), value_within(volume, ("image", "reference"))


class _Repositories:
    """Those that the stack declares, by which an image's tag is known to stay."""

    def __init__(self, resources: Sequence[CheckedResource]) -> None:
        locations = ResourceLocations(resources)
        self._located = [(each, locations.of(each)) for each in resources if each.type == REPOSITORY]

    def named(self, image: ImageReference) -> Iterator[tuple[CheckedResource, bool]]:
        """The repositories that the image can be of, and whether it is."""
        registry = private_registry(image.host)
        if registry is None:
            return
        wanted = Location(account=registry.account, region=registry.region)
        for each, location in self._located:
            name = each.inputs.get("name")
            if location.may_be(wanted) and (name == image.name or is_unknown(name)):
                yield each, location == wanted and name == image.name


def _check_image(image: object, path: Path, repositories: _Repositories) -> CheckResult | None:
    if image is None:
        return None
    if is_unknown(image):
        return Undecided(path)
    parsed = parse_image(image) if isinstance(image, str) else None
    if parsed is None:
        return Finding(f"has the image {image!r}, which is not a valid reference", path, _FIX)
    return None if parsed.digest is not None else _check_tag(parsed, f"has the image {image!r}", path, repositories)


def _check_tag(image: ImageReference, subject: str, path: Path, repositories: _Repositories) -> CheckResult | None:
    found = list(repositories.named(image))
    if not found:
        where = f"{image.host}/{image.name} is not a repository that the stack declares"
        return Finding(f"{subject} by its tag: {where}", path, _FIX)
    moves = [can_move(repository.inputs, image.tag) if sure else None for repository, sure in found]
    if True in moves:
        return Finding(f"{subject}, whose tag {image.tag} can move to another image", path, _FIX)
    return Undecided(path) if None in moves else None


RULE = StackRule(
    id="k8s-images-from-registry",
    title="Images of pods are by digest, or by a fixed tag of a repository of the stack",
    severity="high",
    risk="What another registry serves under a tag, or under a tag that moves, is not what was reviewed: with the next "
    "start of a pod it runs in the cluster, beside the credentials that the pod has.",
    remediation="Name the image by its digest (`refresher.image` of the cluster), or push it to a repository of the "
    "catalog and name it by a tag that none of its mutable_tags matches. Tags of caches follow their upstream's: name "
    "their images by digest.",
    controls=("CIS Kubernetes 5.5.1", "CIS EKS 5.1.4", "checkov CKV_K8S_14", "checkov CKV_K8S_43"),
    parameters=Parameters,
    types=(*POD_TYPES, REPOSITORY, PROVIDER),
    check=check,
)
