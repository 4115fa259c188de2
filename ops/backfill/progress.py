"""How far a run is, on a terminal; elsewhere nothing is shown before the end."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar


class Progress:
    def __init__(self, bar: Bar) -> None:
        self._bar = bar
        self._task = bar.add_task("backfill", total=None, detail="")

    def __call__(self, what: str, *, done: int = 0) -> None:
        self._bar.update(self._task, advance=done, detail=what)

    def reach(self, done: int, count: int | None) -> None:
        """So many of all manifests and tags have come to an end; how many there are may not be known yet."""
        self._bar.update(self._task, completed=done, total=count)


@contextmanager
def progress() -> Iterator[Progress]:
    people = Console(stderr=True)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[detail]}", style="dim"),
    )
    with Bar(*columns, console=people, transient=True, disable=not people.is_terminal) as bar:
        yield Progress(bar)
