"""A render as plain data."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from domain.aws import ARN_PARTS, is_account_id
from domain.iam.access_test import AccessTest
from domain.wording import nearest
from resources.providers import PROVIDER, provider_name

FORMAT_VERSION = 1


class UnknownRepository(ValueError):
    """A name that no repository has."""


def check_known(name: str, known: Iterable[str]) -> None:
    if name not in (names := set(known)):
        raise UnknownRepository(f"the stack declares no repository {name!r} ({nearest(name, names)})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One registration, as the engine would get it; `provider` None is the default one."""

    urn: str
    type: str
    name: str
    custom: bool
    parent: str
    provider: str | None
    region: str | None
    protect: bool
    inputs: dict[str, Any]
    outputs: Mapping[str, object]
    dependencies: tuple[str, ...]
    options: Mapping[str, object]


def account_of(resource: Resource, default: str) -> str:
    """The account of a resource: as its outputs have it, or the name of its provider."""
    registry, arn = resource.outputs.get("registryId"), resource.outputs.get("arn")
    if isinstance(registry, str) and registry.isdigit():
        return registry
    if isinstance(arn, str) and arn.count(":") >= ARN_PARTS - 1:
        return arn.split(":")[4]
    named = provider_name(resource.provider, PROVIDER)
    return named if named and is_account_id(named) else default


@dataclass(frozen=True, slots=True, kw_only=True)
class Render:
    """All that one stack declares."""

    project: str
    stack: str
    preview: bool
    resources: tuple[Resource, ...]
    outputs: Mapping[str, Any]
    # What came later has a default: a render of older code lacks it, and older code reads no render without the first.
    not_built: tuple[str, ...] = ()
    """What older code was configured with and did not declare yet."""
    account: str = ""
    home: str = ""
    """The stack's home region."""
    allow_destruction: bool = False
    removed: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """The repositories that left, each with `until` and `reason`."""

    presets: Mapping[str, str] = field(default_factory=dict)
    """The retention preset of each repository that names one."""

    cluster_principals: Mapping[str, str] = field(default_factory=dict)
    """The names of what pulls in clusters: by a role's ARN, or the name of a cluster's OIDC issuer."""

    access_tests: tuple[AccessTest, ...] = ()
    """With the ids, roles and tokens that the stack's names mean."""

    provider: Mapping[str, str] | None = None
    """The provider's and the engine's configuration beyond account and region; None in a render of older code."""

    def judged(self) -> tuple[Resource, ...]:
        """The resources as the engine puts them to the rules: with the default provider, which names the account."""
        return (*self.resources, self._default_provider()) if self.account else self.resources

    def _default_provider(self) -> Resource:
        return Resource(
            urn=f"urn:pulumi:{self.stack}::{self.project}::{PROVIDER}::default",
            type=PROVIDER,
            name="default",
            custom=True,
            parent="",
            provider=None,
            region=self.home or None,
            protect=False,
            inputs={"allowedAccountIds": json.dumps([self.account]), "region": self.home},
            outputs={},
            dependencies=(),
            options={},
        )
