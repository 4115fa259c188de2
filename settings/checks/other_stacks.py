"""What other stacks declare: registries, which no two stacks share, and clusters, which the catalog names."""

from collections.abc import Iterator
from pathlib import Path as FilePath

from domain.problems import Path, Problem
from settings.files.configuration import REGION, Configuration, read_configuration, stacks
from settings.written.stack import AwsKeys, StackKeys

Where = tuple[str, str]
"""An account and a region."""


def shared_registries(root: FilePath, stack: str, keys: StackKeys, aws: AwsKeys) -> Iterator[tuple[str, Problem]]:
    """Each registry of this stack that another one's file names too, with the key that says so."""
    for other in stacks(root):
        if other != stack:
            configuration = read_configuration(root, other)
            theirs = dict(registries_of(configuration))
            for path, own in _own_registries(keys, aws, configuration.project):
                if own in theirs:
                    where = _where(configuration, theirs[own])
                    message = f"in account {own[0]} is a registry of stack {other}, too ({where})"
                    fix = "give each stack an account or regions of its own"
                    yield str(path[1]), Problem(path, own[1], message, fix)


def _own_registries(keys: StackKeys, aws: AwsKeys, project: str) -> Iterator[tuple[Path, Where]]:
    yield ("config", REGION), (aws.account, aws.region)
    for index, replica in enumerate(keys.replicas):
        account = keys.accounts.get(replica.account) if replica.account else aws.account
        yield ("config", f"{project}:replicas", index, "region"), (str(account), replica.region)


def _where(configuration: Configuration, path: Path) -> str:
    line = configuration.source.line(path) if configuration.source else None
    return f"{configuration.file}:{line}" if line else configuration.file


def registries_of(configuration: Configuration) -> Iterator[tuple[Where, Path]]:
    """The registries of a stack, as far as its file can be understood: its own faults are reported with it."""
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


def other_regions(root: FilePath, stack: str) -> set[str]:
    """Those in which the other stacks have registries, as far as their files can be understood."""
    others = [read_configuration(root, other) for other in stacks(root) if other != stack]
    return {region for each in others for (_, region), _ in registries_of(each)}


def cluster_names(root: FilePath, own: Configuration) -> list[str] | None:
    """The clusters of all stacks; None where a file can't be understood, whose faults are its own matter."""
    others = [read_configuration(root, other) for other in stacks(root) if other != own.stack]
    if any(each.faults or each.home() is None for each in others):
        return None
    written = [each.own().get("clusters") for each in (own, *others)]
    entries = [each for listed in written if isinstance(listed, list) for each in listed if isinstance(each, dict)]
    return [str(each["name"]) for each in entries if "name" in each]
