"""A registry of one's own, served on loopback by Debian's programs from the very configuration that is generated."""

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from domain.selfhosted.own_registry import (
    AUTH,
    CERTIFICATE,
    CONFIG,
    DATA,
    DEBUG_PORT,
    PRIVATE_KEY,
    READ_ONLY,
    REGISTRY_PORT,
    TLS,
    WRITABLE,
    OwnRegistry,
    Page,
    collect_command,
    registry_config,
)
from domain.selfhosted.registry_page import NGINX, PageFolders, page_config, page_start
from tests.oci.docker_registry import HTPASSWD, PROGRAM, Identity

NGINX_PROGRAM = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
PAGE_FILES = Path(__file__).with_name("page")
_STARTED_WITHIN = 20


def free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


class Machine:
    """The folder of one registry, as its containers see it."""

    def __init__(self, folder: Path, registry: OwnRegistry, identity: Identity) -> None:
        self.folder, self.registry = folder, registry
        self.port, self.debug_port, self.page_port = free_ports(3)
        for each in ("auth", "config", "data", "page", "tls", "work"):
            (folder / each).mkdir()
        for written, name in zip(identity.write(folder), (CERTIFICATE, PRIVATE_KEY), strict=True):
            written.rename(folder / "tls" / name)
        if registry.login is None:
            (folder / "auth/htpasswd").write_text(HTPASSWD, encoding="utf-8")
        else:
            (folder / "auth/certificates.pem").write_text(registry.login.certificates, encoding="utf-8")
        for mode in (WRITABLE, READ_ONLY):
            config = json.dumps(registry_config(registry, tls=True, read_only=mode == READ_ONLY))
            self.config(mode).write_text(self._here(config), encoding="utf-8")

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    @property
    def page_url(self) -> str:
        return f"https://127.0.0.1:{self.page_port}"

    @property
    def certificate(self) -> Path:
        return self.folder / "tls" / CERTIFICATE

    def config(self, mode: str) -> Path:
        return self.folder / "config" / f"{mode}.json"

    def _here(self, text: str) -> str:
        """Paths of containers are folders here, and ports those that are free."""
        for there, here in ((AUTH, "auth"), (TLS, "tls"), (DATA, "data")):
            text = text.replace(f'"{there}', f'"{self.folder / here}')
        for own, port in ((REGISTRY_PORT, self.port), (DEBUG_PORT, self.debug_port)):
            text = text.replace(f'":{own}"', f'"127.0.0.1:{port}"')
        return text

    @contextmanager
    def serving(self, mode: str = WRITABLE, **environment: str) -> Iterator[None]:
        with _running([PROGRAM, "serve", str(self.config(mode))], self.port, self.folder / mode, environment):
            yield

    def collect(self) -> str:
        """What the collection says; it is what the job's container runs, by this configuration."""
        words = [word.replace(f"{CONFIG}/", f"{self.folder}/config/") for word in collect_command(self.registry)]
        ended = subprocess.run([PROGRAM, *words], capture_output=True, text=True, check=False)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    @contextmanager
    def page(self, files: Path = PAGE_FILES, **changed: Any) -> Iterator[None]:
        """The page in front of it, started by a shell as in its container."""
        assert self.registry.page
        page: Page = replace(self.registry.page, **changed)
        folders = PageFolders(
            work=str(self.folder / "work"), files=str(files), config=str(self.folder / "page"),
            certificates=str(self.folder / "tls"),
        )  # fmt: skip
        listen = f"127.0.0.1:{self.page_port}"
        text = page_config(page, self.url, tls=True, listen=listen, folders=folders)
        (self.folder / "page" / NGINX).write_text(text, encoding="utf-8")
        start = page_start(self.registry, page, folders).replace("exec nginx", f"exec {NGINX_PROGRAM}")
        if os.geteuid() == 0:  # nginx would give its workers another user, who can't read a test's folder
            start = start.replace("daemon off;", "daemon off; user root;")
        with _running(["/bin/sh", "-euc", start], self.page_port, self.folder / "nginx", {}):
            yield


@contextmanager
def _running(command: Sequence[str], port: int, log: Path, environment: dict[str, str]) -> Iterator[None]:
    with log.open("w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env={**os.environ, **environment})
        try:
            until = time.monotonic() + _STARTED_WITHIN
            while not _listens(port):
                assert process.poll() is None, log.read_text(encoding="utf-8")
                assert time.monotonic() < until, log.read_text(encoding="utf-8")
                time.sleep(0.02)
            yield
        finally:
            process.terminate()
            process.wait(10)


def _listens(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0
