"""Which replica is meant, and which of its repositories."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from domain.aws import is_account_id
from domain.wording import listed, nearest
from settings import Settings, StackRegistry
from settings.files.configuration import read_configuration


class NotMeant(Exception):
    """Why nobody can tell which registry or repository is meant, and what to write."""


def account_names(root: Path, stack: str) -> dict[str, str]:
    """The names that the stack gives to accounts, with their ids."""
    accounts = read_configuration(root, stack).own().get("accounts")
    return {str(name): str(number) for name, number in accounts.items()} if isinstance(accounts, dict) else {}


def replica(settings: Settings, names: Mapping[str, str], region: str, account: str | None) -> StackRegistry:
    """The replica in that region; the account, by its name or id, tells two of them apart."""
    replicas = [registry for registry in settings.all_registries if not registry.home]
    wanted = None if account is None else _account(account, names)
    found = [registry for registry in replicas if registry.region == region and wanted in (None, registry.account)]
    if not found:
        raise NotMeant(_none(settings, replicas, region, wanted))
    if len(found) > 1:
        accounts = listed(sorted(registry.account for registry in found))
        raise NotMeant(f"{region} has replicas in the accounts {accounts}: say which is meant with --account")
    (registry,) = found
    if registry.retire:
        raise NotMeant(
            f"the replica in {region} retires until {registry.retire.until}: nothing is copied there any more"
        )
    return registry


def repositories(settings: Settings, registry: StackRegistry, wanted: Sequence[str]) -> list[str]:
    """Those of the replica; all of them where none is named."""
    held = [copy.name for copy in settings.copies(registry)]
    for name in wanted:
        if name not in held:
            raise NotMeant(f"{name} is not a repository of the replica in {registry.region} ({nearest(name, held)})")
    return sorted(set(wanted) or held)


def _account(written: str, names: Mapping[str, str]) -> str:
    if written in names:
        return names[written]
    if is_account_id(written):
        return written
    raise NotMeant(f"{written} is not an account that the stack names ({nearest(written, dict(names))})")


def _none(settings: Settings, replicas: Sequence[StackRegistry], region: str, account: str | None) -> str:
    if region == settings.home.region and account in (None, settings.home.account):
        return f"{region} is the home of stack {settings.stack}, from which is copied: name a replica's region"
    if not replicas:
        return f"stack {settings.stack} has no replica"
    where = "" if account is None else f" in account {account}"
    known = {registry.region for registry in replicas if account in (None, registry.account)}
    return f"stack {settings.stack} has no replica in {region}{where} ({nearest(region, known)})"
