"""Chromium without a window, by its DevTools protocol: for that, no package is needed that isn't there already."""

import asyncio
import base64
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser")
_SECONDS = 60
_OPTIONS = (
    "--headless=new", "--remote-debugging-port=0", "--no-first-run", "--no-sandbox", "--disable-gpu",
    "--disable-background-networking", "--disable-component-update", "--hide-scrollbars",
)  # fmt: skip
_KEYS = {"\t": "Tab", "\x1b": "Escape", " ": "Space"}


@dataclass
class Tab:
    """One page in the browser, and what it reported."""

    send: Callable[[Mapping[str, Any]], None]
    receive: Callable[[], Mapping[str, Any]]
    events: list[Mapping[str, Any]] = field(default_factory=list)
    _calls: int = 0

    def call(self, method: str, **params: object) -> Mapping[str, Any]:
        """One command; what the browser reports meanwhile is kept."""
        self._calls += 1
        self.send({"id": self._calls, "method": method, "params": params})
        while "id" not in (answer := self._next()):
            pass
        assert "error" not in answer, answer
        return dict(answer["result"])

    def _next(self) -> Mapping[str, Any]:
        message = self.receive()
        if "method" in message:
            self.events.append(message)
        return message

    def open(self, file: Path, width: int, scheme: str = "light") -> None:
        size: dict[str, object] = {"width": width, "height": 1000, "deviceScaleFactor": 1, "mobile": False}
        self.call("Emulation.setDeviceMetricsOverride", **size)
        self.media(scheme)
        for domain in ("Page", "Network", "Log", "Runtime"):
            self.call(f"{domain}.enable")
        self.events.clear()
        self.call("Page.navigate", url=file.as_uri())
        while not any(each["method"] == "Page.loadEventFired" for each in self.events):
            self._next()

    def media(self, scheme: str, kind: str = "") -> None:
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.call("Emulation.setEmulatedMedia", media=kind, features=features)

    def value(self, expression: str) -> Any:
        """What an expression is, which no policy of the page refuses."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def press(self, text: str) -> None:
        """Keys, one after another, for what has the focus."""
        for each in text:
            key = {"key": each if each == " " else _KEYS.get(each, each), "code": _KEYS.get(each, "")}
            code = {"windowsVirtualKeyCode": ord(each.upper())}
            self.call("Input.dispatchKeyEvent", type="keyDown", text="" if each in "\t\x1b" else each, **key, **code)
            self.call("Input.dispatchKeyEvent", type="keyUp", **key, **code)

    def picture(self) -> bytes:
        """The whole page as a PNG, from its top to its end."""
        return base64.b64decode(self.call("Page.captureScreenshot", captureBeyondViewport=True)["data"])

    @property
    def requested(self) -> list[str]:
        sent = (each["params"] for each in self.events if each["method"] == "Network.requestWillBeSent")
        return [each["request"]["url"] for each in sent]

    @property
    def loaded(self) -> list[str]:
        """What was requested and not refused."""
        return [
            each["params"]["response"]["url"] for each in self.events if each["method"] == "Network.responseReceived"
        ]

    @property
    def reported(self) -> list[str]:
        """Errors and warnings: what a policy refused is among them."""
        logged = [e["params"]["entry"]["text"] for e in self.events if e["method"] == "Log.entryAdded"]
        return [*logged, *(str(e["params"]) for e in self.events if e["method"] == "Runtime.exceptionThrown")]


@contextmanager
def chromium() -> Iterator[Tab]:
    """A tab of a browser of its own, which ends with it."""
    assert PROGRAM
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile, asyncio.Runner() as runner:
        command = [PROGRAM, f"--user-data-dir={profile}", *_OPTIONS]
        started = subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True)
        try:
            session, socket = runner.run(_connected(_port(Path(profile, "DevToolsActivePort"), started)))
            yield Tab(
                lambda message: runner.run(socket.send_json(message)),
                lambda: dict(runner.run(socket.receive_json(timeout=_SECONDS))),
            )
            runner.run(socket.close())
            runner.run(session.close())
        finally:
            os.killpg(started.pid, signal.SIGKILL)  # with the processes that it started itself
            started.wait()


def _port(file: Path, started: subprocess.Popen[bytes]) -> int:
    """The one that the browser writes down once it listens."""
    until = time.monotonic() + _SECONDS
    while time.monotonic() < until:
        assert started.poll() is None, f"chromium ended with {started.returncode} before it listened"
        if file.is_file() and (lines := file.read_text(encoding="utf-8").splitlines()):
            return int(lines[0])
        time.sleep(0.05)
    raise AssertionError(f"chromium did not listen within {_SECONDS} seconds")


async def _connected(port: int) -> tuple[aiohttp.ClientSession, aiohttp.ClientWebSocketResponse]:
    session = aiohttp.ClientSession()
    async with session.put(f"http://127.0.0.1:{port}/json/new?about:blank") as answer:
        page = await answer.json()
    return session, await session.ws_connect(page["webSocketDebuggerUrl"], max_msg_size=0)
