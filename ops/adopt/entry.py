"""The entry of one repository: what the catalog must say for it to stay as it is, as far as it can."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from domain.aws import Arn
from domain.ecr.names import repository_arn
from domain.ecr.repository import Encryption
from domain.ecr.retention import Rule
from domain.ecr.tags import WILDCARD, TagMutability
from domain.iam.grants import AccountGrant, Grant, OrganizationGrant
from domain.resource_tags import tag_value_problems
from ops.adopt.described import ExistingRepository
from ops.adopt.naming import ACCOUNTS, KEYS, ORGANIZATIONS, StackNames
from ops.adopt.pulls import Pulls, read_pulls
from ops.adopt.retention_rules import propose_retention
from settings.written.fields import DEFAULT_PRESET

Entry = dict[str, object]
_OWNER, _DESCRIPTION = "owner", "description"
_KMS, _AWS, _AWS_ALIAS = "KMS", "AWS", "alias/aws/ecr"
_KEY_ID = re.compile(r"key/[A-Za-z0-9-]+")


class CannotAdopt(Exception):
    """Why a repository can't be adopted."""


@dataclass(frozen=True, slots=True)
class EntryWriter:
    """Writes entries for one stack; `regions` are the stack's, home first."""

    stack: str
    regions: tuple[str, ...]
    presets: Mapping[str, tuple[Rule, ...]]
    names: StackNames
    managers: Mapping[str, str]
    """Who manages a key, by its ARN."""

    def entry(self, home: ExistingRepository, encryption: object, guesses: list[str]) -> Entry:
        """A new entry, by what is in the home region; what it says though it was not given is added to the guesses."""
        tags = home.tags or {}
        entry: Entry = {_OWNER: _owner(home, guesses)}
        if description := _usable(tags.get(_DESCRIPTION)):
            entry[_DESCRIPTION] = description
        given = home.lifecycle
        entry |= {"adopt": [self.stack], "encryption": encryption}
        entry["retention"] = DEFAULT_PRESET if given is None else propose_retention(given, self.presets)
        if movable := _movable(home):
            entry["mutable_tags"] = movable
        if (pulls := pulls_of(home)) and pulls.grants:
            entry["pull"] = [self._pull(grant, home.registry.account) for grant in pulls.grants]
        return entry

    def encryption(self, found: Mapping[str, ExistingRepository]) -> object:
        """What an entry must say for the import to succeed; raises CannotAdopt where nothing fits every region."""
        words = {region: self._encryption(found[region]) for region in self.regions if region in found}
        arns = {region: word for region, word in words.items() if Arn.parse(word)}
        if not arns and len(set(words.values())) == 1:
            return next(iter(words.values()))
        if len(arns) < len(words):
            each = "; ".join(f"{region}: {word}" for region, word in words.items())
            raise CannotAdopt(f"its encryption differs by region, and an entry has one encryption: {each}")
        name = self.names.key(arns, frozenset(self.regions))
        if name is None:
            missing = ", ".join(region for region in self.regions if region not in arns)
            raise CannotAdopt(
                f"it is encrypted with {', '.join(arns.values())}, and `keys` needs a key for {missing} as well: give "
                "the describe-repositories of each of these, once the repository is there with a key of that region"
            )
        return {"key": name}

    def key_guesses(self, encryption: object) -> Iterator[str]:
        """What people should look at where the stack had no name for the key."""
        if not isinstance(encryption, dict) or encryption["key"] in self.names.known[KEYS]:
            return
        arns = list(self.names.key_arns(encryption["key"]).values())
        shows = f"`pulumi stack output registries --stack {self.stack}`"
        yield f"encryption: where that is the stack's own key ({shows}), write `customer`"
        if self.managers.keys().isdisjoint(arns):
            yield (
                f"encryption: who manages the key was not given; if `aws kms describe-key --key-id {arns[0]}` says "
                "KeyManager AWS, give its output too: the entry is then `aws-managed`"
            )

    def creation_options(self, encryption: object, region: str) -> str:
        """What makes the repository in a region that lacks it."""
        if isinstance(encryption, dict):
            return f"encryptionType=KMS,kmsKey={self.names.key_arns(encryption['key'])[region]}"
        return "encryptionType=AES256" if encryption == Encryption.AES256.value else "encryptionType=KMS"

    def _pull(self, grant: Grant, own: str) -> dict[str, str]:
        if isinstance(grant, OrganizationGrant):
            return {"organization": self.names.name(ORGANIZATIONS, grant.organization)}
        if isinstance(grant, AccountGrant):
            account = {"account": self.names.name(ACCOUNTS, grant.account)}
            return {**account, "role": grant.role} if grant.role else account
        other = {} if grant.account == own else {"account": self.names.name(ACCOUNTS, grant.account)}
        return {"service": grant.service.value, **other}

    def _encryption(self, found: ExistingRepository) -> str:
        """The catalog's word for what encrypts in one region; of a key that AWS does not manage the ARN."""
        given = found.described.encryption
        if given is None:
            raise CannotAdopt("its encryption was not given: an old AWS CLI leaves encryptionConfiguration out")
        if given.type == "AES256":
            return Encryption.AES256.value
        if given.type != _KMS:
            raise CannotAdopt(f"it is encrypted with {given.type}, which no entry can say")
        if not given.key:
            raise CannotAdopt("it is encrypted with KMS, but its kmsKey was not given")
        if given.key.endswith(_AWS_ALIAS):
            return Encryption.AWS_MANAGED.value
        # Amazon ECR takes the key's id alone as well.
        known = (arn for arn in self.managers if arn.endswith(f":key/{given.key}"))
        arn = Arn.parse(next(known, given.key))
        if not arn or arn.service != "kms" or not _KEY_ID.fullmatch(arn.resource) or arn.region != found.region:
            raise CannotAdopt(
                f"its kmsKey {given.key!r} is not the ARN of a key in {found.region}, which `keys` needs: give the "
                "output of `aws kms describe-key` for it, too"
            )
        return Encryption.AWS_MANAGED.value if self.managers.get(str(arn)) == _AWS else str(arn)


def pulls_of(found: ExistingRepository) -> Pulls | None:
    """What `pull` says of its policy; None where that was not given."""
    if found.policy is None:
        return None
    registry = found.registry
    return read_pulls(found.policy, repository_arn(registry.region, registry.account, found.name), registry)


def _owner(found: ExistingRepository, guesses: list[str]) -> str:
    tags = found.tags or {}
    named = next((key for key in (_OWNER, *sorted(tags)) if key.lower() == _OWNER and _usable(tags.get(key))), None)
    if named:
        if named != _OWNER:
            guesses.append(f"owner: from the tag {named}")
        return tags[named]
    why = "its tags were not given" if found.tags is None else "it has no tag `owner`"
    guesses.append(f"owner: from the name, for {why}")
    return found.name.partition("/")[0]


def _movable(found: ExistingRepository) -> list[str]:
    """The patterns of the tags that move, but for one that every tag fits: the rules refuse it always."""
    # Of a MUTABLE_WITH_EXCLUSION repository the filters are the tags that do not move.
    if found.described.mutability != TagMutability.IMMUTABLE_WITH_EXCLUSION.value:
        return []
    return [each for each in found.filters if each.strip(WILDCARD) or not each]


def _usable(value: str | None) -> str | None:
    """A tag's value, where an entry may hold it."""
    return value if value and not tag_value_problems(value) else None
