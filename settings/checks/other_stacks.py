"""The places of the project's other stacks: two stacks in one registry undo each other's work."""

from collections.abc import Iterator
from pathlib import Path as FilePath

from domain.problems import Path, Problem
from settings.files.configuration import REGION, Configuration, read_configuration, stacks
from settings.written.stack import AwsKeys, StackKeys

Place = tuple[str, str]


def shared_places(root: FilePath, stack: str, keys: StackKeys, aws: AwsKeys) -> Iterator[tuple[str, Problem]]:
    """Each place of this stack that another one's file has too, with the key that says so."""
    for other in stacks(root):
        if other != stack:
            configuration = read_configuration(root, other)
            theirs = dict(_places(configuration))
            for path, place in _own_places(keys, aws, configuration.project):
                if place in theirs:
                    where = _where(configuration, theirs[place])
                    message = f"in account {place[0]} is a place of stack {other}, too ({where})"
                    fix = "give each stack an account or regions of its own"
                    yield str(path[1]), Problem(path, place[1], message, fix)


def _own_places(keys: StackKeys, aws: AwsKeys, project: str) -> Iterator[tuple[Path, Place]]:
    yield ("config", REGION), (aws.account, aws.region)
    for index, replica in enumerate(keys.replicas):
        account = keys.accounts.get(replica.account) if replica.account else aws.account
        yield ("config", f"{project}:replicas", index, "region"), (str(account), replica.region)


def _where(configuration: Configuration, path: Path) -> str:
    line = configuration.source.line(path) if configuration.source else None
    return f"{configuration.file}:{line}" if line else configuration.file


def _places(configuration: Configuration) -> Iterator[tuple[Place, Path]]:
    """Where another stack stands, as far as its file can be understood: its own faults are told elsewhere."""
    home = configuration.home()
    if home is None:
        return
    named = configuration.own().get("accounts")
    replicas = configuration.own().get("replicas")
    for index, replica in enumerate(replicas if isinstance(replicas, list) else ()):
        if isinstance(replica, dict):
            name = replica.get("account")
            account = home[0] if name is None else named.get(str(name)) if isinstance(named, dict) else None
            path = ("config", f"{configuration.project}:replicas", index, "region")
            if account is not None:
                yield (str(account), str(replica.get("region"))), path
    yield home, ("config", REGION)
