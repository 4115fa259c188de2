"""Two registries on loopback with the logins in docker's file, and commands that copy from one to the other."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from oci.client import Client
from oci.credentials import Credential
from ops.__main__ import main
from tests.oci.registry import SECRET, USER, AwkwardRegistry, registry

LOGIN = Credential(user=USER, secret=SECRET)


@dataclass(slots=True)
class RegistryPair:
    """SOURCE and TARGET are their hosts in what a command is given and prints."""

    source: AwkwardRegistry
    target: AwkwardRegistry
    capsys: pytest.CaptureFixture[str]
    out: str = ""
    error: str = ""

    @property
    def _hosts(self) -> dict[str, str]:
        return {"SOURCE": self.source.address[7:], "TARGET": self.target.address[7:]}

    def run(self, *command: str) -> int:
        code = main([self.named(each) for each in command])
        self.out, self.error = self.capsys.readouterr()
        for name, host in self._hosts.items():
            self.out, self.error = self.out.replace(host, name), self.error.replace(host, name)
        assert SECRET not in self.out + self.error
        return code

    def named(self, text: str) -> str:
        for name, host in self._hosts.items():
            text = text.replace(name, host)
        return text

    def client(self, of: AwkwardRegistry) -> Client:
        return Client(of.address, LOGIN)


@contextmanager
def registry_pair(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[RegistryPair]:
    """From a registry with logins by token to one with passwords."""
    with registry(scheme="bearer") as source, registry(scheme="basic") as target:
        login = {"auth": base64.b64encode(f"{USER}:{SECRET}".encode()).decode()}
        auths = {each.address[7:]: login for each in (source, target)}
        (folder / "config.json").write_text(json.dumps({"auths": auths}), encoding="utf-8")
        monkeypatch.setenv("DOCKER_CONFIG", str(folder))
        monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
        yield RegistryPair(source, target, capsys)
