"""A bar that shows on a terminal how far a command is; elsewhere nothing is shown before the end."""

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn


def progress_bar(people: Console) -> Progress:
    """Its tasks have a `detail`: what is being done."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[detail]}", style="dim"),
    )
    return Progress(*columns, console=people, transient=True, disable=not people.is_terminal)
