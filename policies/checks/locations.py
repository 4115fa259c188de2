"""The account and region of a resource, as far as the stack's providers declare them."""

from collections.abc import Iterable
from dataclasses import dataclass

from domain.aws import REGIONS, is_account_id
from policies.pack.rule import CheckedResource
from resources.providers import PROVIDER, provider_account

_URN_PARTS = 4
_DEFAULT = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """An account and a region; None where it is not known."""

    account: str | None
    region: str | None

    def may_be(self, other: "Location") -> bool:
        """Whether it can be the other location, which is known."""
        return self.account in (None, other.account) and self.region in (None, other.region)


class ResourceLocations:
    """Where the resources of a stack are."""

    def __init__(self, resources: Iterable[CheckedResource]) -> None:
        self._providers = {_provider_key(each.urn): _of_provider(each) for each in resources if each.type == PROVIDER}

    def has_account(self, account: str) -> bool:
        """Whether the stack has a provider for the account."""
        return any(each.account == account for each in self._providers.values())

    def of(self, resource: CheckedResource) -> Location:
        provider = self._providers.get(_provider_key(resource.provider), Location(account=None, region=None))
        return Location(account=provider.account, region=_known_region(resource.region) or provider.region)


def _provider_key(reference: str | None) -> str | None:
    """The URN of a provider, without the id that may follow it; None for the default provider of any version."""
    parts = reference.split("::")[:_URN_PARTS] if reference else [_DEFAULT]
    return None if parts[-1] == _DEFAULT or parts[-1].startswith(f"{_DEFAULT}_") else "::".join(parts)


def _of_provider(provider: CheckedResource) -> Location:
    try:
        account = provider_account(provider.inputs)
    except ValueError:  # a contradiction that the provider refuses
        account = None
    known = account if is_account_id(account or "") else None
    return Location(account=known, region=_known_region(provider.inputs.get("region")))


def _known_region(value: object) -> str | None:
    return value if isinstance(value, str) and value in REGIONS else None
