"""In which registry a resource stands: its account and region, as far as the stack's providers say it."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from domain.aws import REGIONS, is_account_id
from policies.checks.input_values import entries
from policies.pack.rule import Resource
from resources import PROVIDER

_URN_PARTS = 4
_DEFAULT = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """None is what nobody says."""

    account: str | None
    region: str | None

    def may_be(self, other: "Place") -> bool:
        """Whether it is the other one, which is known, or nothing says that it isn't."""
        return self.account in (None, other.account) and self.region in (None, other.region)


class Places:
    """The registries of a stack."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        self._providers = {_key(each.urn): _of_provider(each) for each in resources if each.type == PROVIDER}

    def has(self, account: str) -> bool:
        """Whether a provider is said to be of the account."""
        return any(each.account == account for each in self._providers.values())

    def of(self, resource: Resource) -> Place:
        provider = self._providers.get(_key(resource.provider), Place(account=None, region=None))
        return Place(account=provider.account, region=_region(resource.region) or provider.region)


def _key(reference: str | None) -> str | None:
    """A provider by its URN, be it followed by an id or not; None for the default one, whichever its version is."""
    parts = reference.split("::")[:_URN_PARTS] if reference else [_DEFAULT]
    return None if parts[-1] == _DEFAULT or parts[-1].startswith(f"{_DEFAULT}_") else "::".join(parts)


def _of_provider(provider: Resource) -> Place:
    accounts = _listed(provider.inputs.get("allowedAccountIds"))
    account = accounts[0] if len(accounts) == 1 else None
    known = account if isinstance(account, str) and is_account_id(account) else None
    return Place(account=known, region=_region(provider.inputs.get("region")))


def _region(value: object) -> str | None:
    return value if isinstance(value, str) and value in REGIONS else None


def _listed(value: object) -> list[object]:
    """A provider's list, which the engine and the SDK hold as the text of its JSON."""
    try:
        return entries(json.loads(value) if isinstance(value, str) else value)
    except ValueError:
        return []
