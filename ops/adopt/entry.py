"""The entry of one repository: what the catalog must say for it to stay as it is, as far as it can."""

from collections.abc import Mapping
from dataclasses import dataclass

from domain.aws import RegistryId
from domain.ecr.names import repository_arn
from domain.ecr.retention import Rule
from domain.ecr.tags import WILDCARD, TagMutability
from domain.iam.grants import AccountGrant, Grant, OrganizationGrant
from domain.resource_tags import tag_value_problems
from ops.adopt import pulls, retention
from ops.adopt.inventory import Found
from ops.adopt.names import Naming
from settings.written.catalog import DEFAULT_PRESET

Entry = dict[str, object]
_OWNER, _DESCRIPTION = "owner", "description"


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Writes entries for one stack."""

    stack: str
    presets: Mapping[str, tuple[Rule, ...]]
    accounts: Naming
    organizations: Naming

    def entry(self, found: Found, encryption: object, guesses: list[str]) -> Entry:
        """A new entry, by what stands in the home region; what it says without being told is added to the guesses."""
        tags = found.tags or {}
        entry: Entry = {_OWNER: self._owner(found, guesses)}
        if description := _usable(tags.get(_DESCRIPTION)):
            entry[_DESCRIPTION] = description
        entry["adopt"] = [self.stack]
        entry["encryption"] = encryption
        entry["retention"] = self._retention(found)
        if movable := _movable(found):
            entry["mutable_tags"] = movable
        if found.policy is not None and (items := self._pull(found, found.policy)):
            entry["pull"] = items
        return entry

    def _owner(self, found: Found, guesses: list[str]) -> str:
        tags = found.tags or {}
        named = next((key for key in (_OWNER, *sorted(tags)) if key.lower() == _OWNER and _usable(tags.get(key))), None)
        if named:
            if named != _OWNER:
                guesses.append(f"owner: from the tag {named}")
            return tags[named]
        why = "its tags were not given" if found.tags is None else "it has no tag `owner`"
        guesses.append(f"owner: from the name, for {why}")
        return found.name.partition("/")[0]

    def _retention(self, found: Found) -> object:
        if found.lifecycle is None:
            return DEFAULT_PRESET
        return retention.propose(found.lifecycle, self.presets)

    def _pull(self, found: Found, policy: str) -> list[dict[str, str]]:
        registry = RegistryId(account=found.account, region=found.region)
        read = pulls.read(policy, repository_arn(found.region, found.account, found.name), registry)
        return [self._written(grant, found.account) for grant in read.grants]

    def _written(self, grant: Grant, own: str) -> dict[str, str]:
        match grant:
            case AccountGrant(account=account, role=role):
                named = {"account": self.accounts.name(account)}
                return {**named, "role": role} if role else named
            case OrganizationGrant(organization=organization):
                return {"organization": self.organizations.name(organization)}
            case _:
                service = {"service": grant.service.value}
                return service if grant.account == own else {**service, "account": self.accounts.name(grant.account)}


def _movable(found: Found) -> list[str]:
    """The patterns of the tags that move, but for one that every tag fits: the rules refuse it always."""
    # Of a MUTABLE_WITH_EXCLUSION repository the filters are the tags that do not move.
    if found.mutability != TagMutability.IMMUTABLE_WITH_EXCLUSION.value:
        return []
    return [each for each in found.filters if each.strip(WILDCARD) or not each]


def _usable(value: str | None) -> str | None:
    """A tag's value, where an entry may hold it."""
    return value if value and not tag_value_problems(value) else None
