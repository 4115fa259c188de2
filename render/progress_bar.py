"""A bar that shows on a terminal how far a command is; elsewhere nothing is shown before the end."""

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Column


def progress_bar(people: Console) -> Progress:
    """Its tasks have a `detail`: what is being done. That alone is cut to the terminal; all else keeps its width."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", table_column=Column(no_wrap=True)),
        BarColumn(bar_width=10),
        MofNCompleteColumn(table_column=Column(min_width=7, no_wrap=True)),
        TimeElapsedColumn(table_column=Column(no_wrap=True)),
        TextColumn("{task.fields[detail]}", style="dim", table_column=Column(ratio=1, no_wrap=True)),
    )
    return Progress(*columns, console=people, transient=True, expand=True, disable=not people.is_terminal)
