"""What an entry must say of encryption for the import to succeed: it can't be changed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from domain.aws import Arn
from domain.ecr.repository import Encryption
from ops.adopt.inventory import Found
from ops.adopt.names import KeyNaming

AES256, KMS = "AES256", "KMS"
_AWS = "AWS"
_AWS_ALIAS = "alias/aws/ecr"
_KEY = "key/"
_KEY_ID = re.compile(r"key/[A-Za-z0-9-]+")


class CannotAdopt(Exception):
    """Why a repository can't be adopted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """The entry's word, and what people should look at."""

    written: object
    guesses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Encryptions:
    """Proposes an entry's word; `regions` are those of the stack, home first."""

    keys: KeyNaming
    managers: Mapping[str, str]
    regions: tuple[str, ...]

    def propose(self, found: Mapping[str, Found]) -> Proposed:
        """The word for a repository as it is in each region; raises CannotAdopt where there is none."""
        kinds = {region: self._kind(found[region]) for region in self.regions if region in found}
        arns = {region: kind for region, kind in kinds.items() if not isinstance(kind, Encryption)}
        if not arns and len(set(kinds.values())) == 1:
            return Proposed(written=next(kind.value for kind in kinds.values() if isinstance(kind, Encryption)))
        if len(arns) < len(kinds):
            told = "; ".join(f"{region}: {_shown(kind)}" for region, kind in kinds.items())
            raise CannotAdopt(f"it is encrypted otherwise in each region, and an entry has one encryption: {told}")
        return self._named(arns)

    def _named(self, arns: Mapping[str, str]) -> Proposed:
        before = set(self.keys.known)
        name = self.keys.name(arns, frozenset(self.regions))
        if name is None:
            missing = ", ".join(region for region in self.regions if region not in arns)
            told = ", ".join(arns.values())
            raise CannotAdopt(
                f"it is encrypted with {told}, and `keys` needs a key for {missing} as well: give the "
                "describe-repositories of each of these, once the repository is there with a key of that region"
            )
        return Proposed(written={"key": name}, guesses=() if name in before else tuple(self._guesses(arns)))

    def _guesses(self, arns: Mapping[str, str]) -> list[str]:
        found = ["encryption: where that is the stack's own key (`pulumi stack output registries`), write `customer`"]
        if self.managers.keys().isdisjoint(arns.values()):
            home = next(iter(arns.values()))
            found.append(
                f"encryption: whose key it is was not given; if `aws kms describe-key --key-id {home}` says "
                "KeyManager AWS, give its output too: the entry is then `aws-managed`"
            )
        return found

    def _kind(self, found: Found) -> Encryption | str:
        """What encrypts in one region: one of ours, or a key by its ARN."""
        if found.encryption == AES256:
            return Encryption.AES256
        if found.encryption is None:
            raise CannotAdopt("its encryption was not given: an old AWS CLI leaves encryptionConfiguration out")
        if found.encryption != KMS:
            raise CannotAdopt(f"it is encrypted with {found.encryption}, which no entry can say")
        if not found.key:
            raise CannotAdopt("it is encrypted with KMS, but its kmsKey was not given")
        if found.key.endswith(_AWS_ALIAS):
            return Encryption.AWS_MANAGED
        arn = self._arn(found, found.key)
        return Encryption.AWS_MANAGED if self.managers.get(arn) == _AWS else arn

    def _arn(self, found: Found, key: str) -> str:
        """The key's ARN; Amazon ECR takes the id alone as well."""
        if ":" not in key and "/" not in key:
            key = next((arn for arn in self.managers if arn.endswith(f":{_KEY}{key}")), key)
        arn = Arn.parse(key)
        if not arn or arn.service != "kms" or not _KEY_ID.fullmatch(arn.resource) or arn.region != found.region:
            raise CannotAdopt(
                f"its kmsKey {key!r} is no ARN of a key in {found.region}, which `keys` needs: give the output of "
                "`aws kms describe-key` for it, too"
            )
        return str(arn)


def _shown(kind: Encryption | str) -> str:
    return kind.value if isinstance(kind, Encryption) else kind
