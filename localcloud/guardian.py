"""Runs one program for a parent, and ends it with the parent.

    guardian.py STATE LISTENER COMMAND...

stdin is a pipe whose other end only the parent holds: however the parent ends, SIGKILL included, the pipe does too,
and then the program is ended and the folder STATE removed. stdout has the program's pid for the parent, and its exit
code when it ends by itself; STATE stays then, for the parent to read the log. The program inherits the open socket
LISTENER, where that is a number.
"""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

_GRACE = 0.3
"""Seconds between asking and killing: the program keeps nothing that is worth more."""
_ATTEMPTS = 20


def main(arguments: list[str]) -> None:
    state, listener, *command = arguments
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then closes the pipe
    for each in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, lambda *_: sys.exit(0))
    program = _started(command, state, [int(listener)] if listener.isdigit() else [])
    watcher = threading.Thread(target=_watch, args=(program,), daemon=True)
    try:
        watcher.start()
        sys.stdin.buffer.read()
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        _end(program, watcher)
        _remove(Path(state))


def _started(command: list[str], state: str, inherited: list[int]) -> subprocess.Popen[bytes]:
    """The program in a process group of its own, so that what it starts can be ended with it."""
    program = subprocess.Popen(  # noqa: S603 - the command is the parent's own
        command, stdin=subprocess.DEVNULL, stdout=sys.stderr, cwd=state, pass_fds=inherited, process_group=0
    )
    for each in inherited:
        os.close(each)
    _tell(program.pid)
    return program


def _watch(program: subprocess.Popen[bytes]) -> None:
    _tell(program.wait())


def _tell(number: int) -> None:
    try:
        os.write(sys.stdout.fileno(), f"{number}\n".encode())
    except BrokenPipeError:
        return  # the parent is gone: stdin says so too


def _end(program: subprocess.Popen[bytes], watcher: threading.Thread) -> None:
    program.terminate()
    watcher.join(_GRACE)
    try:
        os.killpg(program.pid, signal.SIGKILL)
    except ProcessLookupError:
        return  # it took all its children along
    watcher.join()


def _remove(state: Path) -> None:
    """A killed child's last write may fall between two steps of a removal: then once more."""
    for _ in range(_ATTEMPTS):
        shutil.rmtree(state, ignore_errors=True)
        if not state.exists():
            return
        time.sleep(1 / _ATTEMPTS)


if __name__ == "__main__":
    main(sys.argv[1:])
