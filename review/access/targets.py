"""The repositories of a render, each with the resource policies that apply to it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from domain.ecr.creation_templates import ROOT
from domain.ecr.names import repository_arn
from domain.iam.access import Context, Policy, Request
from domain.iam.document import Document, InvalidDocument, parse
from policies.checks.input_values import holds_unknown, value_at
from render.resource import Render, Resource, account_of
from resources.ecr import CREATION_TEMPLATE, REGISTRY_POLICY, REPOSITORY, REPOSITORY_POLICY
from review.access.partial_evaluation import RESOURCE_TAGS

REPOSITORY_DOCUMENT = "repository policy"
REGISTRY_DOCUMENT = "registry policy"

_Place = tuple[str, str]
"""An account and a region."""


@dataclass(slots=True)
class PolicyReader:
    """Reads policy documents, each text once, and lists those that can't be read."""

    unread: list[str] = field(default_factory=list)
    _parsed: dict[tuple[str, bool], Document | None] = field(default_factory=dict)

    def policy(self, value: Any, name: str, where: str, *, identity: bool = False) -> Policy | None:
        """The policy of an input; None where there is none or it can't be read."""
        if value is None or value == "":
            return None
        document = self._document(value, identity=identity)
        if document is None:
            self.unread.append(where)
            return None
        return Policy(name=name, document=document)

    def _document(self, value: Any, *, identity: bool) -> Document | None:
        if not isinstance(value, str):
            return _parsed(value, identity=identity)
        key = (value, identity)
        if key not in self._parsed:
            self._parsed[key] = _parsed(value, identity=identity)
        return self._parsed[key]


def _parsed(value: Any, *, identity: bool) -> Document | None:
    if holds_unknown(value) or not isinstance(value, str | Mapping):
        return None
    try:
        return parse(value, incomplete_arns=identity)
    except InvalidDocument:
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessTarget:
    """One repository in one registry, or those that a creation template will create there."""

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

    def request(self, action: str) -> Request:
        """A call for it."""
        tags: Context = {f"{prefix}{key}": (value,) for key, value in self.tags for prefix in RESOURCE_TAGS}
        # Amazon ECR accepts only TLS:
        # https://docs.aws.amazon.com/AmazonECR/latest/userguide/infrastructure-security.html
        here: Context = {"aws:RequestedRegion": (self.region,), "aws:SecureTransport": ("true",)}
        return Request(action=action, resource=self.arn, account=self.account, context={**here, **tags})


def access_targets(rendered: Render, documents: PolicyReader) -> tuple[AccessTarget, ...]:
    """Every repository in each of its registries, by name."""
    reader = _Reader(rendered, documents)
    return tuple(sorted(reader.repositories(), key=lambda copy: (copy.name, copy.account, copy.region)))


class _Reader:
    def __init__(self, rendered: Render, documents: PolicyReader) -> None:
        self._rendered = rendered
        self._documents = documents
        resources = rendered.resources
        self._registry = {self._place(each): each for each in resources if each.type == REGISTRY_POLICY}
        self._own = {
            (*self._place(each), str(each.inputs.get("repository"))): each
            for each in resources
            if each.type == REPOSITORY_POLICY
        }

    def repositories(self) -> Iterator[AccessTarget]:
        for resource in self._rendered.resources:
            inputs = resource.inputs
            if resource.type == REPOSITORY:
                name = str(inputs.get("name", resource.name))
                policy = self._own.get((*self._place(resource), name))
                text = policy.inputs.get("policy") if policy else None
                yield self._copy(resource, name, text, inputs.get("tags"))
            elif resource.type == CREATION_TEMPLATE:
                prefix = str(inputs.get("prefix"))
                name = "*" if prefix == ROOT else f"{prefix.rstrip('/')}/*"
                yield self._copy(resource, name, inputs.get("repositoryPolicy"), inputs.get("resourceTags"))

    def _copy(self, resource: Resource, name: str, policy: object, tags: object) -> AccessTarget:
        account, region = self._place(resource)
        registry = self._registry.get((account, region))
        texts = (
            (REPOSITORY_DOCUMENT, policy, f"the repository policy of {name} in {region}"),
            (REGISTRY_DOCUMENT, value_at(registry and registry.inputs, "policy"), f"the registry policy in {region}"),
        )
        found = [(each, self._documents.policy(text, each, where)) for each, text, where in texts]
        return AccessTarget(
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
