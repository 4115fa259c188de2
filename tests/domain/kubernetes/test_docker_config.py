"""What a kubelet makes of a pull secret's content."""

import json
from typing import Any

from domain.kubernetes.docker_config import from_base64, fruitless_entries, registries_in
from domain.kubernetes.static_registry import docker_config
from tests.cases import case, cases

ECR = "111122223333.dkr.ecr.us-east-1.amazonaws.com"


def test_what_this_program_writes_is_read() -> None:
    text = from_base64(docker_config([("ghcr.io", "acme", "canary"), ("docker.io", "acme", "canary:")]))
    assert text is not None
    auths = registries_in(text)
    assert auths is not None
    assert list(auths) == ["ghcr.io", "https://index.docker.io/v1/"]
    assert list(fruitless_entries(auths)) == []


@cases(
    "text",
    case("no JSON", "{"),
    case("without auths", '{"ghcr.io": {}}'),
    case("a list", "[]"),
    case("a list of auths", '{"auths": []}'),
    case("too deep", "[" * 100_000),
)
def test_what_has_no_registries(text: str) -> None:
    assert registries_in(text) is None
    assert from_base64(text) is None


@cases(
    "host, entry, expected",
    case("sound", "ghcr.io", {"username": "a", "password": "b"}, ""),
    case("sound, in auth", "ghcr.io", {"auth": "YTpi"}, ""),
    case("ECR", f"https://{ECR.upper()}:443/x", {"username": "a", "password": "b"}, "has a token of Amazon ECR"),
    case("ECR, in auth", "*.dkr.ecr.us-east-1.amazonaws.com", {"auth": "YTpi"}, "has a token of Amazon ECR"),
    case("ECR's user", "acme.example", {"username": "AWS", "password": "b"}, "has a token of Amazon ECR"),
    case("a name that only ends so", "xpublic.ecr.aws", {"username": "a", "password": "b"}, ""),
    case("no user", "ghcr.io", {"password": "canary"}, "has an entry (number 1) without a user"),
    case("no password", "ghcr.io", {"username": "a"}, "has an entry (number 1) without a user"),
    case("an empty auth", "ghcr.io", {"auth": ""}, "has an entry (number 1) without a user"),
    case("auth counts first", "ghcr.io", {"username": "a", "auth": "?"}, "has an entry (number 1) whose"),
    case("auth without a colon", "ghcr.io", {"auth": "YQ=="}, "has an entry (number 1) whose"),
    case("no object", "ghcr.io", "canary", "has an entry (number 1) without a user"),
)  # fmt: skip
def test_an_entry(host: str, entry: Any, expected: str) -> None:
    found = list(fruitless_entries({host: entry}))
    assert len(found) == (1 if expected else 0)
    assert all(message.startswith(expected) for message, _ in found)
    assert "canary" not in json.dumps(found)
