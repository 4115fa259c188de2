"""The emulator of every service but ECR: started, watched, called over HTTP, and stopped with the process."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from http import HTTPStatus
from io import BytesIO, FileIO
from pathlib import Path
from typing import NamedTuple

import aiohttp
from yarl import URL

from localcloud.server import LOOPBACK, bound, port_of

_GUARDIAN = Path(__file__).with_name("guardian.py")
_HEALTH = "/_ministack/health"
_START = 30.0
"""Seconds until a start counts as failed; a healthy one takes a third of a second."""
_STOP = 0.9
_NOTICE = 1.0
"""Seconds that the guardian has, after a connection broke, to say that the emulator ended."""
_KEEP_ALIVE = "75"
"""Seconds; longer than ours, so that no request goes out on a connection that the emulator is closing."""
_TAIL = 20
_KEPT = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH")
"""What the emulator gets of the user's environment: no AWS_* above all, for it takes such a key as its root's."""
_HOP_BY_HOP = frozenset(
    ("connection", "expect", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade")
)
"""What is about one connection, so that each side writes its own."""
_SECURE = ("X-Forwarded-Proto", "https")
"""Our HTTP on loopback is in place of TLS, and aws:SecureTransport is true, as in our own ECR's calls."""
_REPLACED = ("content-length", _SECURE[0].lower())

Headers = Iterable[tuple[str, str]]
OnFailure = Callable[["EmulatorDied"], None]


class EmulatorDied(Exception):
    """The emulator ended by itself; the text has its exit code and its last words."""


class EmulatorAnswer(NamedTuple):
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class Emulator:
    """Lives in the running loop, and in the state folder, which ends with it; `python` is its environment's."""

    def __init__(self, state: Path, python: Path) -> None:
        self.failure: EmulatorDied | None = None
        self.log = log_of(state)
        self._state = state
        self._python = python
        self._callbacks: list[OnFailure] = []
        self._over = asyncio.Event()
        self._stopping = False
        self._pid: int | None = None
        self._session: aiohttp.ClientSession | None = None
        self._guardian: asyncio.subprocess.Process | None = None
        self._watcher: asyncio.Task[None] | None = None

    def on_failure(self, callback: OnFailure) -> None:
        """Calls back, in the loop's thread, as soon as the emulator dies."""
        self._callbacks.append(callback)
        if self.failure is not None:
            callback(self.failure)

    async def start(self, *, gateway: int) -> None:
        """Returns when it is healthy; raises EmulatorDied otherwise. `gateway` is the port that its URLs shall name.

        It inherits a socket that listens already: no other process can take the port in between, and the first request
        waits in the socket's queue until it is answered.
        """
        with bound() as listener:
            self._address = f"http://{LOOPBACK}:{port_of(listener)}"
            self._guardian = await self._launch(listener.fileno(), gateway)
        self._session = _session()
        self._watcher = asyncio.create_task(self._watch(self._guardian))
        try:
            answer = await asyncio.wait_for(self.request("GET", _HEALTH), _START)
        except TimeoutError:
            raise self._die(f"did not start within {_START:.0f} s") from None
        if answer.status != HTTPStatus.OK:
            raise self._die(f"is not healthy: {answer.body.decode(errors='replace')}")

    async def request(self, method: str, path: str, headers: Headers = (), body: bytes = b"") -> EmulatorAnswer:
        """What the emulator answers; path with query, headers and body go there as they are, and so does the answer.

        To the emulator the request came over TLS."""
        if self.failure is not None:
            raise self.failure
        if self._session is None:
            raise RuntimeError("the emulator was not started")
        sent = [each for each in _end_to_end(headers) if each[0].lower() not in _REPLACED]
        sent.append(_SECURE)
        url = URL(self._address + path, encoded=True)
        try:
            async with self._session.request(
                method, url, headers=sent, data=BytesIO(body) if body else None, allow_redirects=False
            ) as response:
                content = await response.read()
        except aiohttp.ClientError as error:
            raise await self._reason(error) from error
        return EmulatorAnswer(response.status, tuple(_end_to_end(response.headers.items())), content)

    async def stop(self) -> None:
        """Ends the emulator, and with it the state folder, in under a second."""
        self._stopping = True
        if self.failure is None:
            self.failure = EmulatorDied("the emulator was stopped")
        if self._guardian is not None and self._watcher is not None:
            await self._dismiss(self._guardian, self._watcher)
        if self._session is not None:
            await self._session.close()

    def tail(self) -> str:
        """The last lines of its log."""
        try:
            lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError as error:
            return f"(its log can't be read: {error})"
        return "\n".join(lines[-_TAIL:])

    async def _launch(self, listener: int, gateway: int) -> asyncio.subprocess.Process:
        command = [str(self._python), "-m", "hypercorn", "ministack.app:app", "--bind", f"fd://{listener}"]
        command += ["--workers", "0", "--keep-alive", _KEEP_ALIVE]  # no workers: this process itself
        environment = self._environment(gateway)
        with self._prepared(environment) as log:
            return await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-S", str(_GUARDIAN), str(self._state), str(listener), *command),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                env=environment,
                pass_fds=(listener,),
                start_new_session=True,  # Ctrl-C goes to the terminal's process group, which it is then not in
            )

    def _prepared(self, environment: Mapping[str, str]) -> FileIO:
        for name in ("HOME", "TMPDIR"):
            Path(environment[name]).mkdir(parents=True, exist_ok=True)
        return FileIO(self.log, "a")

    def _environment(self, gateway: int) -> dict[str, str]:
        """All that it writes but bytecode lies in the state folder; everything that it opens, on loopback."""
        own = self._state / "emulator"
        return {name: os.environ[name] for name in _KEPT if name in os.environ} | {
            "AUTH": "true",
            "BIND_HOST": LOOPBACK,
            "CLOUDTRAIL_RECORDING": "0",
            "DOCKER_HOST": f"unix://{own}/no-docker",
            "GATEWAY_PORT": str(gateway),
            "HOME": str(own / "home"),
            "IOT_MTLS_ENABLED": "0",  # its listener binds every address
            "LAMBDA_EXECUTOR": "local",
            "LOG_LEVEL": "INFO",
            "MINISTACK_HOST": LOOPBACK,
            "PERSIST_STATE": "0",
            "S3_DATA_DIR": str(own / "s3"),
            "S3_PERSIST": "0",
            "SFTP_ENABLED": "0",
            "SFTP_HOST": LOOPBACK,
            "STATE_DIR": str(own / "state"),
            "TMPDIR": str(own / "tmp"),
        }

    async def _watch(self, guardian: asyncio.subprocess.Process) -> None:
        """The guardian says the emulator's pid, then its exit code; its silence is its own end."""
        assert guardian.stdout is not None  # noqa: S101 - a pipe was asked for
        self._pid = int(await guardian.stdout.readline() or 0) or None
        code = await guardian.stdout.readline()
        if self._stopping:
            return
        if code:
            self._die(f"ended with exit code {int(code)}")
            return
        status = await guardian.wait()
        self._kill()
        if not self._stopping:
            self._die(f"lost its guardian, which ended with exit code {status}")

    def _die(self, what: str) -> EmulatorDied:
        self.failure = EmulatorDied(f"the emulator {what}; the end of its log:\n{self.tail()}")
        self._over.set()
        for callback in self._callbacks:
            asyncio.get_running_loop().call_soon(callback, self.failure)
        return self.failure

    async def _reason(self, error: aiohttp.ClientError) -> Exception:
        """A broken connection's own error, or the emulator's death when that is what broke it."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._over.wait(), _NOTICE)
        return self.failure or ConnectionError(f"the emulator broke off: {error!r}")

    async def _dismiss(self, guardian: asyncio.subprocess.Process, watcher: asyncio.Task[None]) -> None:
        assert guardian.stdin is not None  # noqa: S101 - a pipe was asked for
        guardian.stdin.close()
        try:
            await asyncio.wait_for(guardian.wait(), _STOP)
        except TimeoutError:
            guardian.kill()
            self._kill()
            await guardian.wait()
        await watcher

    def _kill(self) -> None:
        """What the guardian does, where there is none any more."""
        if self._pid is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._pid, signal.SIGKILL)


def log_of(state: Path) -> Path:
    return state / "emulator.log"


def _session() -> aiohttp.ClientSession:
    """Passes on what it gets: no header of its own, no cookies, no bound on how many requests are open."""
    return aiohttp.ClientSession(
        auto_decompress=False,
        connector=aiohttp.TCPConnector(limit=0),
        cookie_jar=aiohttp.DummyCookieJar(),
        skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
        timeout=aiohttp.ClientTimeout(total=None),
    )


def _end_to_end(headers: Headers) -> list[tuple[str, str]]:
    return [(name, value) for name, value in headers if name.lower() not in _HOP_BY_HOP]
