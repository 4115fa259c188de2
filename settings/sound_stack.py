"""What is sound of a stack's keys: it is checked although other parts are faulty."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, get_origin

from pydantic import ValidationError

from domain.aws import ACCOUNT_ID_DIGITS, REGIONS
from domain.problems import Path, Problem
from domain.wording import near
from settings.files.configuration import ACCOUNTS, REGION, SECRET_PREFIXES, Configuration, decoded
from settings.written.fields import Model
from settings.written.stack import AwsKeys, StackKeys

_NO_VALUE = "-"
"""In place of a required value that is missing."""
_NO_ID = {"accounts": "0" * ACCOUNT_ID_DIGITS, "organizations": "o-0000000000"}
"""In place of a faulty id, so that nothing seems to refer to a name that is not there."""


def own_keys(configuration: Configuration) -> dict[str, object]:
    """The project's own keys but for the tokens."""
    return {key: value for key, value in configuration.own().items() if not key.startswith(SECRET_PREFIXES)}


@dataclass(frozen=True, slots=True)
class SoundStack:
    """The keys without what is faulty; `kept` has of each list that lacks entries the places of those that are left."""

    configuration: Configuration
    keys: StackKeys
    aws: AwsKeys
    kept: Mapping[str, list[int]]

    @classmethod
    def of(cls, configuration: Configuration, keys: StackKeys | None, aws: AwsKeys | None) -> "SoundStack | None":
        """None where not even the home region is known."""
        home = aws or _home(configuration)
        if home is None or keys:
            return cls(configuration, keys, home, {}) if home and keys else None
        written, kept = own_keys(configuration), dict[str, list[int]]()
        while True:
            try:
                return cls(configuration, StackKeys.model_validate(written), home, kept)
            except ValidationError as invalid:
                written = _without(written, {error["loc"][:2] for error in invalid.errors()}, kept)

    def has_all_of(self, key: str) -> bool:
        """Whether the key is all that is written: nothing of it is faulty."""
        written, sound = self.configuration.own().get(key, ()), getattr(self.keys, key)
        if isinstance(sound, Model):
            return not written or sound != type(sound)()
        return isinstance(written, list | dict | tuple) and len(written) == len(sound)

    def report(self, key: str, problem: Problem) -> None:
        if problem.path and isinstance(problem.path[0], int) and key in self.kept:
            problem = replace(problem, path=(self.kept[key][problem.path[0]], *problem.path[1:]))
        self.configuration.report(key, problem)

    def as_written(self, problem: Problem) -> Problem:
        """A problem at a path that begins with the file's: `config`, the key, an index."""
        key = str(problem.path[1]).rpartition(":")[2]
        if key not in self.kept:
            return problem
        config, full, index, *rest = problem.path
        return replace(problem, path=(config, full, self.kept[key][int(index)], *rest))


def provider_values(configuration: Configuration) -> dict[str, object]:
    """The values of the provider's keys that this project reads; the provider has more, and they pass."""
    found = {key: value for key, value in configuration.values.items() if key in (REGION, ACCOUNTS)}
    # `pulumi config set` writes a list as the text of one, and the provider takes it.
    return {key: decoded(value) if isinstance(value, str) else value for key, value in found.items()}


def _home(configuration: Configuration) -> AwsKeys | None:
    """The account and region as far as they are known, for the checks alone."""
    found = provider_values(configuration)
    region, accounts = near(str(found.get(REGION)), REGIONS), found.get(ACCOUNTS)
    account = str(accounts[0]) if isinstance(accounts, list) and accounts else ""
    return AwsKeys.model_construct(region=region, account_ids=(account,)) if region else None


def _without(written: Mapping[str, Any], faulty: set[Path], kept: dict[str, list[int]]) -> dict[str, Any]:
    """The keys without the faulty ones; of a list, and of names with their ids, without the faulty entries alone."""
    left = dict(written)
    for key in {str(path[0]) for path in faulty}:
        inside = {path[1] for path in faulty if path[0] == key and len(path) > 1}
        value = left.pop(key, _NO_VALUE)
        if isinstance(value, list) and inside and all(isinstance(each, int) for each in inside):
            places = kept.get(key, list(range(len(value))))
            kept[key] = [place for index, place in enumerate(places) if index not in inside]
            left[key] = [each for index, each in enumerate(value) if index not in inside]
        elif isinstance(value, dict) and inside and get_origin(StackKeys.model_fields[key].annotation) is dict:
            left[key] = {name: each for name, each in value.items() if name not in inside}
            left[key] |= dict.fromkeys(inside, _NO_ID[key]) if key in _NO_ID else {}
        elif value == _NO_VALUE:
            left[key] = value
    return left
