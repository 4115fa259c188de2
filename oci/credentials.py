"""The logins that docker, podman and skopeo would use: from their files, their helpers, or the environment.

https://docs.docker.com/reference/cli/docker/login/#credential-stores
https://github.com/containers/image/blob/main/docs/containers-auth.json.5.md"""

import base64
import binascii
import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from domain.registries import docker_hub

_HUB_KEYS = (docker_hub.LOGIN_KEY, docker_hub.INDEX_HOST, docker_hub.API_HOST, docker_hub.HOST)
_TOKEN_USER = "<token>"  # noqa: S105
"""What a helper answers as the user where its secret is an identity token."""
_HELPER_SECONDS = 30
_HELPER_NAME = re.compile(r"[A-Za-z0-9._-]+")
_NOT_FOUND = "credentials not found"


class NoLogin(Exception):
    """Why the login of a registry can't be read; the text holds nothing secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """A user and a secret, which no text shows."""

    user: str
    secret: str = field(repr=False)
    is_identity_token: bool = False
    """Whether the secret is a refresh token of OAuth, in place of a password."""
    sent_at_once: bool = False
    """Whether it goes along before the registry asks: Amazon ECR takes nothing else than a user and a password."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DockerLogins:
    """What is logged in on this machine."""

    environment: Mapping[str, str] = field(repr=False)
    home: Path

    @classmethod
    def of_this_machine(cls) -> "DockerLogins":
        return cls(environment=dict(os.environ), home=Path.home())

    def credential(self, host: str, repository: str = "") -> Credential | None:
        """The login; None where there is none. A key of podman's files can name what a repository begins with."""
        if found := self._from_environment(host):
            return found
        for path in self._files():
            if found := self._from_file(path, host, repository):
                return found
        return None

    def _from_environment(self, host: str) -> Credential | None:
        """REGISTRY_USERNAME_HOST and REGISTRY_PASSWORD_HOST, with `_` for what a name can't have."""
        name = re.sub(r"[^A-Za-z0-9]", "_", host).upper()
        user = self.environment.get(f"REGISTRY_USERNAME_{name}")
        secret = self.environment.get(f"REGISTRY_PASSWORD_{name}")
        if (user is None) != (secret is None):
            absent = f"REGISTRY_{'USERNAME' if user is None else 'PASSWORD'}_{name}"
            raise NoLogin(f"the login of {host} is incomplete: set {absent} as well")
        return None if user is None or secret is None else Credential(user=user, secret=secret)

    def _files(self) -> Iterator[Path]:
        named = self.environment.get("REGISTRY_AUTH_FILE")
        if named:
            yield Path(named)
            return
        docker = self.environment.get("DOCKER_CONFIG")
        if runtime := self.environment.get("XDG_RUNTIME_DIR"):
            yield Path(runtime, "containers/auth.json")
        yield Path(docker, "config.json") if docker else self.home / ".docker/config.json"

    def _from_file(self, path: Path, host: str, repository: str) -> Credential | None:
        data = _read(path)
        helpers, logins = _mapping(data, "credHelpers", path), _mapping(data, "auths", path)
        keys = (
            _HUB_KEYS if host == docker_hub.HOST else (host, f"https://{host}", f"https://{host}/v2/", f"http://{host}")
        )
        for key in keys:
            if key in helpers:
                return self._by_helper(str(helpers[key]), key)
        for key in (*_prefixes(host, repository), *keys):
            entry = logins.get(key)
            if isinstance(entry, Mapping) and (found := _of_entry(entry, key, path)):
                return found
        if store := data.get("credsStore"):
            return next((found for key in keys if (found := self._by_helper(str(store), key))), None)
        return None

    def _by_helper(self, helper: str, key: str) -> Credential | None:
        """The host goes in and the secret comes out by pipes; neither is an argument."""
        if not _HELPER_NAME.fullmatch(helper):
            raise NoLogin(f"{helper!r} is not the name of a credential helper")
        program = f"docker-credential-{helper}"
        try:
            ran = subprocess.run(  # noqa: S603
                [program, "get"], input=key, capture_output=True, text=True, timeout=_HELPER_SECONDS, check=False,
                env=dict(self.environment),
            )  # fmt: skip
        except FileNotFoundError:
            raise NoLogin(f"{program} is not on PATH, and the login of {key} is kept by it") from None
        except subprocess.TimeoutExpired:
            raise NoLogin(f"{program} did not answer for {key} within {_HELPER_SECONDS} s") from None
        if ran.returncode:
            if _NOT_FOUND in ran.stdout + ran.stderr:
                return None
            raise NoLogin(f"{program} failed for {key} with exit code {ran.returncode}: {_first_line(ran.stderr)}")
        try:
            answer = json.loads(ran.stdout)
            user, secret = str(answer["Username"]), str(answer["Secret"])
        except (ValueError, LookupError, TypeError):
            raise NoLogin(f"{program} answered for {key} what is not a login") from None
        return Credential(user=user, secret=secret, is_identity_token=user == _TOKEN_USER)


def _read(path: Path) -> Mapping[str, Any]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not JSON"
        raise NoLogin(f"{path}: can't be read: {reason}") from None
    if not isinstance(data, Mapping):
        raise NoLogin(f"{path}: is not an object")
    return data


def _mapping(data: Mapping[str, Any], key: str, path: Path) -> Mapping[str, Any]:
    found = data.get(key) or {}
    if not isinstance(found, Mapping):
        raise NoLogin(f"{path}: {key} is not an object")
    return found


def _prefixes(host: str, repository: str) -> Iterator[str]:
    """HOST/a/b, HOST/a: the longest first."""
    parts = repository.split("/") if repository else []
    for length in range(len(parts), 0, -1):
        yield f"{host}/{'/'.join(parts[:length])}"


def _of_entry(entry: Mapping[str, Any], key: str, path: Path) -> Credential | None:
    if token := entry.get("identitytoken"):
        return Credential(user=_TOKEN_USER, secret=str(token), is_identity_token=True)
    if entry.get("username") and entry.get("password"):
        return Credential(user=str(entry["username"]), secret=str(entry["password"]))
    if not entry.get("auth"):
        return None  # docker leaves an empty entry for what a helper keeps
    try:
        user, colon, secret = base64.b64decode(str(entry["auth"]), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        colon = ""
    if not colon:
        raise NoLogin(f"{path}: auths.{key}.auth is not USER:PASSWORD in base64 (log in again)")
    return Credential(user=user, secret=secret.rstrip("\0"))


def _first_line(text: str) -> str:
    return next(iter(text.strip().splitlines()), "it said nothing")
