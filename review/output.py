"""What the commands print, and how they end."""

import os
import sys

FAULTY_INPUT = 2


def show(text: str) -> None:
    try:
        print(text, flush=True)
    except BrokenPipeError:
        # The reader (`| head`) has seen enough: what is still buffered must not go into the closed pipe at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def refuse(fault: Exception) -> int:
    """The exit code of a command that can't read what it was given."""
    print(fault, file=sys.stderr)
    return FAULTY_INPUT
