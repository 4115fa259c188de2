"""A program that ends with its parent, however that ends, and takes the folder that it works in along."""

import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from localcloud.guardian import __file__ as guardian

_STOP = 2.0
_TAIL = 20
_KEPT = ("PATH", "LANG", "LC_ALL")
"""What a program gets of the user's environment where no other is given: no proxy, no credentials."""
_NOT_FOUND = 127
"""The exit code of what can't be started, as a shell has it."""


class GuardedProgram:
    """One program under localcloud/guardian.py, which works in the folder and writes its log there.

    `exit_code` is None as long as it runs.
    """

    def __init__(self, folder: Path, *command: str, environment: Mapping[str, str] | None = None) -> None:
        self.name = Path(command[0]).name
        self.exit_code: int | None = None
        self._log = folder / f"{self.name}.log"
        self._guardian = self._launch(folder, command, environment)
        self._watcher = threading.Thread(target=self._watch, name=self.name, daemon=True)
        self._watcher.start()

    def wait(self, seconds: float) -> bool:
        """Whether it ended by itself within that time."""
        self._watcher.join(seconds)
        return self.exit_code is not None

    def log(self) -> str:
        """What it wrote to stdout and stderr."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def tail(self) -> str:
        """The last lines of its log."""
        return "\n".join(self.log().splitlines()[-_TAIL:])

    def stop(self) -> None:
        """Ends the program, and removes the folder."""
        assert self._guardian.stdin is not None  # noqa: S101 - a pipe was asked for
        self._guardian.stdin.close()
        try:
            self._guardian.wait(_STOP)
        except subprocess.TimeoutExpired:
            self._guardian.terminate()  # it kills the program on its way
            self._guardian.wait()
        self._watcher.join()

    def _launch(
        self, folder: Path, command: Sequence[str], environment: Mapping[str, str] | None
    ) -> subprocess.Popen[bytes]:
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ} | {"HOME": str(folder)}
        with self._log.open("wb") as log:
            return subprocess.Popen(  # noqa: S603 - the guardian is ours, and so is the command
                [sys.executable, "-I", "-S", guardian, str(folder), "-", *command],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=kept if environment is None else environment,
                start_new_session=True,  # Ctrl-C goes to the terminal's process group, which it is then not in
            )

    def _watch(self) -> None:
        """The guardian says the program's pid, then its exit code; without a pid it could not start it."""
        assert self._guardian.stdout is not None  # noqa: S101 - a pipe was asked for
        with self._guardian.stdout as said:
            begun = said.readline()
            if code := said.readline():
                self.exit_code = int(code)
            elif not begun:
                self.exit_code = _NOT_FOUND
