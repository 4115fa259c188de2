"""How far a run is: of all manifests and tags, how many have come to an end."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress

from render.progress_bar import progress_bar


class CopyProgress:
    def __init__(self, bar: Progress, command: str) -> None:
        self._bar = bar
        self._task = bar.add_task(command, total=None, detail="")

    def __call__(self, what: str, *, done: int = 0) -> None:
        """What is being done; `done` manifests and tags more have come to an end."""
        self._bar.update(self._task, advance=done, detail=what)

    def reach(self, done: int, count: int | None) -> None:
        """So many have come to an end, of a count that may not be known yet."""
        self._bar.update(self._task, completed=done, total=count)


@contextmanager
def copy_progress(command: str) -> Iterator[CopyProgress]:
    with progress_bar(Console(stderr=True)) as bar:
        yield CopyProgress(bar, command)
