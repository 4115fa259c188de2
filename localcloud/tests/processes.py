"""Processes: where they start, which still run, and waiting for what they do."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
"""Where the packages are, from which `python -m localcloud` runs."""


def eventually(holds: Callable[[], object], seconds: float) -> bool:
    """Whether it holds within that time."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


NEEDS_PROC = pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="reads processes in /proc, as Linux has it"
)


def alive(pids: set[int]) -> set[int]:
    """Those that run; a zombie, which only waits to be read, does not."""
    return {pid for pid in pids if _stat(pid)[0] not in ("", "Z")}


def descendants(pid: int) -> set[int]:
    processes = {int(each.name): _stat(int(each.name)) for each in Path("/proc").iterdir() if each.name.isdigit()}
    found = {pid}
    while more := {each for each, (_, parent) in processes.items() if parent in found} - found:
        found |= more
    return found - {pid}


def _stat(pid: int) -> tuple[str, int]:
    """State and parent."""
    try:
        state, parent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:2]
    except (FileNotFoundError, ProcessLookupError):
        return "", 0
    return state, int(parent)
