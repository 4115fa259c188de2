"""Output and exit codes of the commands."""

import os
import sys
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


def wrapped(line: str, indent: str) -> list[str]:
    """A line wrapped for a terminal, with its own indentation; names and ARNs are not broken."""
    return wrap(line, width(), subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def refuse(fault: Exception) -> int:
    """The exit code of a command that can't read what it was given."""
    print(fault, file=sys.stderr)
    return FAULTY_INPUT
