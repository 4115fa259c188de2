"""`HOST/REPOSITORY[:TAG][@DIGEST]` as clients read it."""

import re
from dataclasses import dataclass

from domain.registries import docker_hub

_LIBRARY = "library"
"""What Docker Hub's own images lie under, which is left out of their names."""
_HOST = re.compile(
    r"localhost(:\d{1,5})?|\[[0-9A-Fa-f:]+\](:\d{1,5})?|[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(:\d{1,5})?"
)
_REPOSITORY = re.compile(r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_DIGEST = re.compile(r"[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[0-9a-zA-Z=_-]{32,}")
"""https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pulling-manifests"""


class InvalidReference(ValueError):
    """What is wrong with a reference, and what to write."""

    def __init__(self, text: str, message: str, fix: str) -> None:
        super().__init__(f"{text!r}: {message} ({fix})")
        self.message = message
        self.fix = fix


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A repository at a registry, and an image of it where a tag or a digest is named."""

    host: str
    repository: str
    tag: str | None = None
    digest: str | None = None

    @classmethod
    def parse(cls, text: str) -> "Reference":
        """Raises InvalidReference; a first part that is no host's name is of Docker Hub, as docker reads it."""
        name, at, digest = text.partition("@")
        if at and not _DIGEST.fullmatch(digest):
            raise InvalidReference(text, f"{digest!r} is not a digest", "write sha256: and 64 hexadecimal digits")
        name, tag = _split_tag(name)
        if tag is not None and not _TAG.fullmatch(tag):
            raise InvalidReference(text, f"{tag!r} is not a tag", "write at most 128 letters, digits, '_', '.', '-'")
        host, repository = _split_host(name)
        if not _HOST.fullmatch(host):
            raise InvalidReference(text, f"{host!r} is not a registry's host", "write it without https://")
        if not _REPOSITORY.fullmatch(repository):
            fix = (
                f"write {repository.lower()!r}" if _REPOSITORY.fullmatch(repository.lower()) else "write HOST/NAME:TAG"
            )
            raise InvalidReference(text, f"{repository!r} is not a repository's name", fix)
        return cls(host=host, repository=repository, tag=tag, digest=digest if at else None)

    @property
    def image(self) -> str | None:
        """What names the image: the digest where there is one."""
        return self.digest or self.tag

    def __str__(self) -> str:
        tag, digest = f":{self.tag}" if self.tag else "", f"@{self.digest}" if self.digest else ""
        return f"{self.host}/{self.repository}{tag}{digest}"


def api_host(host: str) -> str:
    """Where the registry's API is: for every one but Docker Hub at its own name."""
    return docker_hub.API_HOST if host == docker_hub.HOST else host


def _split_tag(name: str) -> tuple[str, str | None]:
    """A colon after the last slash is a tag's; one before it a port's."""
    before, slash, last = name.rpartition("/")
    last, colon, tag = last.partition(":")
    return f"{before}{slash}{last}", tag if colon else None


def _split_host(name: str) -> tuple[str, str]:
    first, slash, rest = name.partition("/")
    if slash and (first == "localhost" or {".", ":"} & set(first)):
        host = docker_hub.HOST if first in docker_hub.NAMES else first
        return host, _with_library(rest) if host == docker_hub.HOST else rest
    return docker_hub.HOST, _with_library(name)


def _with_library(repository: str) -> str:
    return repository if "/" in repository else f"{_LIBRARY}/{repository}"
