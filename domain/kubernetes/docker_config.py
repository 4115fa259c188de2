"""The credentials of registries as a pull secret has them, and what a kubelet makes of them."""

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

DOCKERCFG, DOCKERCFG_TYPE = ".dockercfg", "kubernetes.io/dockercfg"
"""The older form, without a level `auths`."""
_AUTHS = "auths"
_ECR = re.compile(r"(?:.*\.)?(?:dkr[.-]ecr(?:-fips)?\..+|public\.ecr\.aws|ecr-public\.aws\.com)")
"""Hosts whose passwords are tokens of Amazon ECR, also under a wildcard: for twelve hours.
https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry_auth.html"""
_ECR_USER = "AWS"
_NONE_READ = "the kubelet reads none of the secret's registries"


def from_base64(text: str) -> str | None:
    """What base64 holds; None where it is not base64 of text."""
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError):
        return None


def registries_in(text: str) -> Mapping[str, Any] | None:
    """The entries under `auths`, by host; None where the text is no such document."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    auths = document.get(_AUTHS) if isinstance(document, Mapping) else None
    return auths if isinstance(auths, Mapping) else None


def fruitless_entries(auths: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Why credentials will not log in: the message about each such entry, and the fix. No message has a credential."""
    for number, (key, entry) in enumerate(auths.items(), start=1):
        user, password, auth = (_text(entry, name) for name in ("username", "password", "auth"))
        login = from_base64(auth) if auth else f"{user}:{password}"
        if login is None or ":" not in login:
            message = (
                f"has an entry (number {number}) whose `auth` is not base64 of USER:PASSWORD: with it {_NONE_READ}"
            )
            yield message, "write username and password, without auth"
            continue
        user, _, password = login.partition(":")
        if _ECR.fullmatch(_host(key)) or user == _ECR_USER:
            yield (
                f"has a token of Amazon ECR (entry number {number}), which expires in 12 hours",
                "let the namespace pull by refreshed-secret, external-secrets or node-role",
            )
        elif not (user and password):
            yield f"has an entry (number {number}) without a user or a password", "write both"


def _text(entry: object, key: str) -> str:
    value = entry.get(key) if isinstance(entry, Mapping) else None
    return value if isinstance(value, str) else ""


def _host(key: str) -> str:
    """Of a key such as https://HOST:PORT/PATH."""
    return key.lower().rpartition("://")[2].partition("/")[0].partition(":")[0]
