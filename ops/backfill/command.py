"""`python -m ops backfill`: what the home registry holds already, copied to a replica and compared with it."""

import argparse
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from domain.aws import is_account_id
from domain.wording import listed, nearest
from ops.backfill import native, text
from ops.backfill.inventory import Inventory, Work, differences, work
from ops.backfill.live_registry import LiveRegistry, registries
from ops.copy.copier import Copied, Copier, Unavailable
from ops.copy.patience import Stop, Stopped, stop_on_interrupt
from ops.copy.progress import CopyProgress, copy_progress
from render.output import print_text, refuse
from settings import InvalidSettings, Settings, StackRegistry, load
from settings.files.configuration import read_configuration

SAME, DIFFERENT = 0, 1
INTERRUPTED = 128 + signal.SIGINT


class NotMeant(Exception):
    """It is ambiguous or unknown which registry or repository is meant; the text says what to write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BackfillRun:
    """What is between the settings and the end of one run."""

    stack: str
    names: Sequence[str]
    every: bool
    """Whether these are all repositories of the replica."""
    source: LiveRegistry
    target: LiveRegistry
    stop: Stop
    shown: CopyProgress


def run(options: argparse.Namespace) -> int:
    """The exit code: 0 when the replica holds everything, 1 when it does not, 2 for faulty input."""
    try:
        settings = load(options.project, options.stack)
        registry = _replica(settings, _account_names(options.project, options.stack), options.region, options.account)
        names = _repositories(settings, registry, options.repository)
    except (InvalidSettings, NotMeant) as invalid:
        return refuse(invalid)
    stop = Stop()
    with stop_on_interrupt(stop):
        try:
            with registries(settings.home, registry) as (source, target), copy_progress("backfill") as shown:
                meant = BackfillRun(
                    stack=settings.stack, names=names, every=not options.repository, source=source, target=target,
                    stop=stop, shown=shown,
                )  # fmt: skip
                return _dry(meant) if options.dry_run else _backfill(meant)
        except Unavailable as failure:
            print(failure, file=sys.stderr)
            return DIFFERENT
        except Stopped as stopped:
            print(str(stopped) or text.STOPPED, file=sys.stderr)
            return INTERRUPTED


def _dry(meant: BackfillRun) -> int:
    works = [each for each, _ in _looked(meant)]
    print_text("\n".join(text.planned(meant.source.name, meant.target.name, works, by_ecr=meant.every)))
    return SAME


def _backfill(meant: BackfillRun) -> int:
    looked, by_ecr = _looked(meant), None
    if meant.every and any(each.missing for each, _ in looked):
        by_ecr = _by_ecr(meant)
        looked = _looked(meant)
    works = [each for each, _ in looked]
    copied = _copied(meant, works)
    found = [line for each, before in looked for line in _compared(meant, each.repository, before)]
    lines = text.ended(meant.source.name, meant.target.name, works, copied, found, by_ecr=by_ecr)
    print_text("\n".join(lines))
    return DIFFERENT if found or copied.failed or any(each.conflicts for each in works) else SAME


def _by_ecr(meant: BackfillRun) -> str | None:
    """What Amazon ECR's own backfill says at its end; it knows no single repositories, so it is for all of them."""
    try:
        return native.backfill(meant.source, meant.target, meant.stop, meant.shown)
    except Unavailable as refused:
        words = "Amazon ECR's own backfill can't be used, so all is copied through this machine"
        print(f"{words}: {refused}", file=sys.stderr)
        return None


def _looked(meant: BackfillRun) -> list[tuple[Work, Inventory]]:
    """What each repository takes, with what its original holds now; raises Unavailable where one does not exist."""
    existing = meant.target.repositories()
    for registry, there in ((meant.source, meant.source.repositories()), (meant.target, existing)):
        if absent := [name for name in meant.names if name not in there]:
            fix = f"deploy first: make up STACK={meant.stack}"
            verb = "does" if len(absent) == 1 else "do"
            raise Unavailable(f"{listed(absent)} {verb} not exist in {registry.name} ({fix})")
    found = []
    for name in meant.names:
        meant.stop.check()
        meant.shown(f"looking at {name}")
        home, copy = meant.source.inventory(name), meant.target.inventory(name)
        found.append((work(name, home, copy, existing[name]), home))
    return found


def _copied(meant: BackfillRun, works: Sequence[Work]) -> Copied:
    meant.shown.reach(0, sum(len(each.missing) + len(each.tags) for each in works))
    with Copier(meant.source, meant.target, meant.stop, meant.shown) as copier:
        for each in works:
            copier.copy(each.to_copy)
        return copier.copied


def _compared(meant: BackfillRun, repository: str, before: Inventory) -> list[str]:
    meant.stop.check()
    meant.shown(f"comparing {repository}")
    after, there = meant.source.inventory(repository), meant.target.inventory(repository)
    return list(differences(repository, before, after, there))


def _account_names(root: Path, stack: str) -> dict[str, str]:
    """Those that the stack gives, with their ids."""
    accounts = read_configuration(root, stack).own().get("accounts")
    return {str(name): str(number) for name, number in accounts.items()} if isinstance(accounts, dict) else {}


def _replica(settings: Settings, names: Mapping[str, str], region: str, account: str | None) -> StackRegistry:
    """The replica in that region; the account, by its name or id, distinguishes two of them."""
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
        until = registry.retire.until
        raise NotMeant(f"the replica in {region} retires until {until}: nothing is copied there any more")
    return registry


def _repositories(settings: Settings, registry: StackRegistry, wanted: Sequence[str]) -> list[str]:
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
