"""`python -m ops backfill`: what the home registry holds already, copied to a replica and compared with it."""

import argparse
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from domain.wording import listed
from ops.backfill import native, text
from ops.backfill.copying import Copied, Copier
from ops.backfill.inventory import Inventory, Work, differences, work
from ops.backfill.meant import NotMeant, account_names, replica, repositories
from ops.backfill.patience import Stop, Stopped
from ops.backfill.progress import Progress, progress
from ops.backfill.registry import Registry, Unavailable, registries
from render.output import print_text, refuse
from settings import InvalidSettings, load

SAME, DIFFERENT = 0, 1
INTERRUPTED = 128 + signal.SIGINT


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What is between the settings and the end of one run."""

    stack: str
    names: Sequence[str]
    every: bool
    """Whether these are all repositories of the replica."""
    source: Registry
    target: Registry
    stop: Stop
    shown: Progress


def run(options: argparse.Namespace) -> int:
    """The exit code: 0 when the replica holds everything, 1 when it does not, 2 for faulty input."""
    try:
        settings = load(options.project, options.stack)
        registry = replica(settings, account_names(options.project, options.stack), options.region, options.account)
        names = repositories(settings, registry, options.repository)
    except (InvalidSettings, NotMeant) as invalid:
        return refuse(invalid)
    stop = Stop()
    with _interruptible(stop):
        try:
            with registries(settings.home, registry) as (source, target), progress() as shown:
                meant = Run(
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


def _dry(meant: Run) -> int:
    works = [each for each, _ in _looked(meant)]
    print_text("\n".join(text.planned(meant.source.name, meant.target.name, works, by_ecr=meant.every)))
    return SAME


def _backfill(meant: Run) -> int:
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


def _by_ecr(meant: Run) -> str | None:
    """What Amazon ECR's own backfill says at its end; it knows no single repositories, so it is for all of them."""
    try:
        return native.backfill(meant.source, meant.target, meant.stop, meant.shown)
    except Unavailable as refused:
        print(text.not_by_ecr(refused), file=sys.stderr)
        return None


def _looked(meant: Run) -> list[tuple[Work, Inventory]]:
    """What each repository takes, with what its original holds now; raises Unavailable where one does not stand."""
    standing = meant.target.repositories()
    for registry, there in ((meant.source, meant.source.repositories()), (meant.target, standing)):
        if absent := [name for name in meant.names if name not in there]:
            fix = f"deploy first: make up STACK={meant.stack}"
            raise Unavailable(f"{listed(absent)} {'does' if len(absent) == 1 else 'do'} not stand in "
                              f"{registry.name} ({fix})")  # fmt: skip
    found = []
    for name in meant.names:
        meant.stop.check()
        meant.shown(f"looking at {name}")
        home, copy = meant.source.inventory(name), meant.target.inventory(name)
        found.append((work(name, home, copy, standing[name].may_move), home))
    return found


def _copied(meant: Run, works: Sequence[Work]) -> Copied:
    meant.shown.reach(0, sum(len(each.missing) + len(each.tags) for each in works))
    with Copier(meant.source, meant.target, meant.stop, meant.shown) as copier:
        for each in works:
            copier.copy(each)
        return copier.copied


def _compared(meant: Run, repository: str, before: Inventory) -> list[str]:
    meant.stop.check()
    meant.shown(f"comparing {repository}")
    after, there = meant.source.inventory(repository), meant.target.inventory(repository)
    return list(differences(repository, before, after, there))


@contextmanager
def _interruptible(stop: Stop) -> Iterator[None]:
    """The first Ctrl-C ends the run where nothing is half done; the second one as always."""
    before = signal.getsignal(signal.SIGINT)

    def ask(*_: object) -> None:
        stop.ask()
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, ask)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
