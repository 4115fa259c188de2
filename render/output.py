"""Output and exit codes of the commands."""

import os
import sys
from enum import Enum
from shutil import get_terminal_size
from textwrap import wrap

FAULTY_INPUT = 2
_WIDEST = 120


def print_text(text: str) -> None:
    try:
        print(text, flush=True)
    except BrokenPipeError:
        # The reader (`| head`) has seen enough: what is still buffered must not go into the closed pipe at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def width() -> int:
    """The terminal's, up to a width that is easy to read; the same everywhere for a file or a pipe."""
    return min(_WIDEST, get_terminal_size((_WIDEST, 0)).columns) if sys.stdout.isatty() else _WIDEST


class Style(Enum):
    """How a terminal shows a text; the value is its SGR parameter (ECMA-48, 8.3.117)."""

    BOLD = 1
    DIM = 2
    RED = 31
    GREEN = 32
    YELLOW = 33


_SIGN_STYLES = {
    **dict.fromkeys("+", (Style.GREEN,)),
    **dict.fromkeys("~?", (Style.YELLOW,)),
    **dict.fromkeys("-±!", (Style.RED,)),
}


def sign_styles(line: str) -> tuple[Style, ...]:
    """Those of a line that begins with the sign of an addition, a change or a deletion."""
    return _SIGN_STYLES.get(line.lstrip()[:1], ())


def painted(text: str, *styles: Style) -> str:
    """The text in these styles, on a terminal that shows them (https://no-color.org); as it is everywhere else."""
    if not styles or not sys.stdout.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return text
    return f"\x1b[{';'.join(str(each.value) for each in styles)}m{text}\x1b[0m"


def wrapped(line: str, indent: str, *styles: Style) -> list[str]:
    """A line wrapped for a terminal, with its own indentation; names and ARNs are not broken."""
    lines = wrap(line, width(), subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
    return [painted(each, *styles) for each in lines]


def refuse(fault: Exception) -> int:
    """The exit code of a command that can't read what it was given."""
    print(fault, file=sys.stderr)
    return FAULTY_INPUT
