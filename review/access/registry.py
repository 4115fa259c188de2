"""The repositories of a render, each with the policies that stand at it."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from domain.ecr.names import repository_arn
from domain.iam.access import Policy
from policies.checks.inputs import entry
from render.resource import Render, Resource
from resources.ecr import CREATION_TEMPLATE, REGISTRY_POLICY, REPOSITORY, REPOSITORY_POLICY
from review.access.documents import Documents
from review.plan.words import account_of

REPOSITORY_DOCUMENT = "repository policy"
REGISTRY_DOCUMENT = "registry policy"
_EVERY_PREFIX = "ROOT"
"""Of a creation template: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepositoryCreationTemplate.html"""

_Place = tuple[str, str]
"""An account and a region."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """One repository in one registry, or those that a creation template will make there."""

    name: str
    account: str
    region: str
    policies: tuple[Policy, ...]
    """Its own, and the registry's."""
    unread: tuple[str, ...] = ()
    """Those of them that can't be read."""
    tags: tuple[tuple[str, str], ...] = ()
    arn: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "arn", repository_arn(self.region, self.account, self.name))


def copies(rendered: Render, documents: Documents) -> tuple[Copy, ...]:
    """Every repository in each of its registries, by name."""
    reader = _Reader(rendered, documents)
    return tuple(sorted(reader.copies(), key=lambda copy: (copy.name, copy.account, copy.region)))


class _Reader:
    def __init__(self, rendered: Render, documents: Documents) -> None:
        self._rendered = rendered
        self._documents = documents
        resources = rendered.resources
        self._registry = {self._place(each): each for each in resources if each.type == REGISTRY_POLICY}
        self._own = {
            (*self._place(each), str(each.inputs.get("repository"))): each
            for each in resources
            if each.type == REPOSITORY_POLICY
        }

    def copies(self) -> Iterator[Copy]:
        for resource in self._rendered.resources:
            inputs = resource.inputs
            if resource.type == REPOSITORY:
                name = str(inputs.get("name", resource.name))
                policy = self._own.get((*self._place(resource), name))
                text = policy.inputs.get("policy") if policy else None
                yield self._copy(resource, name, text, inputs.get("tags"))
            elif resource.type == CREATION_TEMPLATE:
                prefix = str(inputs.get("prefix"))
                name = "*" if prefix == _EVERY_PREFIX else f"{prefix.rstrip('/')}/*"
                yield self._copy(resource, name, inputs.get("repositoryPolicy"), inputs.get("resourceTags"))

    def _copy(self, resource: Resource, name: str, policy: object, tags: object) -> Copy:
        account, region = self._place(resource)
        registry = self._registry.get((account, region))
        texts = (
            (REPOSITORY_DOCUMENT, policy, f"the repository policy of {name} in {region}"),
            (REGISTRY_DOCUMENT, entry(registry and registry.inputs, "policy"), f"the registry policy in {region}"),
        )
        found = [(each, self._documents.policy(text, each, where)) for each, text, where in texts]
        return Copy(
            name=name,
            account=account,
            region=region,
            policies=tuple(each for _, each in found if each is not None),
            unread=tuple(
                where for (_, text, where), (_, each) in zip(texts, found, strict=True) if text and each is None
            ),
            tags=tuple(sorted((str(key), str(value)) for key, value in tags.items())) if isinstance(tags, dict) else (),
        )

    def _place(self, resource: Resource) -> _Place:
        region = resource.region or resource.inputs.get("region") or self._rendered.home
        return account_of(resource, self._rendered.account), str(region)
