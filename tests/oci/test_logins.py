"""References and challenges as they are written, and the logins that are found for a registry."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oci.challenge import Challenge, challenges
from oci.credentials import Credential, DockerLogins, NoLogin
from oci.reference import InvalidReference, Reference, api_host
from tests.cases import cases

DIGEST = "sha256:" + "ab" * 32
CANARY = "c4n4ry"


@cases(
    "text, host, repository, tag, digest",
    ("alpine", "docker.io", "library/alpine", None, None),
    ("alpine:3", "docker.io", "library/alpine", "3", None),
    ("acme/app", "docker.io", "acme/app", None, None),
    ("index.docker.io/alpine", "docker.io", "library/alpine", None, None),
    ("ghcr.io/acme/app:v1", "ghcr.io", "acme/app", "v1", None),
    ("localhost/app", "localhost", "app", None, None),
    ("localhost:5000/app:v1", "localhost:5000", "app", "v1", None),
    ("127.0.0.1:5000/a/b/c", "127.0.0.1:5000", "a/b/c", None, None),
    ("[::1]:5000/app", "[::1]:5000", "app", None, None),
    (f"ghcr.io/acme/app:v1@{DIGEST}", "ghcr.io", "acme/app", "v1", DIGEST),
    (f"ghcr.io/acme/app@{DIGEST}", "ghcr.io", "acme/app", None, DIGEST),
)
def test_a_reference_is_read_as_docker_reads_it(
    text: str, host: str, repository: str, tag: str | None, digest: str | None
) -> None:
    found = Reference.parse(text)
    assert found == Reference(host=host, repository=repository, tag=tag, digest=digest)
    assert found.image == (digest or tag)
    assert Reference.parse(str(found)) == found


@cases(
    "text, says",
    ("ghcr.io/Acme/App", "write 'acme/app'"),
    ("https://ghcr.io/acme/app", "is not a"),
    ("ghcr.io/acme/app:", "'' is not a tag"),
    ("ghcr.io/acme/app:v+1", "'v+1' is not a tag"),
    ("ghcr.io/acme/app@sha256:ab", "is not a digest"),
    ("ghcr.io/", "write HOST/NAME:TAG"),
    ("", "write HOST/NAME:TAG"),
    ("ghcr.io/acme//app", "write HOST/NAME:TAG"),
    ("-.io/acme/app", "is not a registry's host"),
)
def test_what_is_no_reference_says_what_to_write(text: str, says: str) -> None:
    with pytest.raises(InvalidReference) as invalid:
        Reference.parse(text)
    assert says in str(invalid.value)
    assert repr(text) in str(invalid.value)


@given(st.text(max_size=40))
def test_any_text_is_a_reference_or_invalid(text: str) -> None:
    try:
        found = Reference.parse(text)
    except InvalidReference:
        return
    assert Reference.parse(str(found)) == found


def test_the_api_of_docker_hub_has_another_name() -> None:
    assert (api_host("docker.io"), api_host("ghcr.io")) == ("registry-1.docker.io", "ghcr.io")


@cases(
    "header, found",
    ("", ()),
    ("Basic", (("basic", {}),)),
    ('Basic realm="a, b"', (("basic", {"realm": "a, b"}),)),
    (
        'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push"',
        (
            (
                "bearer",
                {
                    "realm": "https://auth.docker.io/token",
                    "service": "registry.docker.io",
                    "scope": "repository:a/b:pull,push",
                },
            ),
        ),
    ),
    ("BEARER Realm=x , Service = y", (("bearer", {"realm": "x", "service": "y"}),)),
    ('Negotiate, Basic realm="x"', (("negotiate", {}), ("basic", {"realm": "x"}))),
    (r'Basic realm="say \"hi\""', (("basic", {"realm": 'say "hi"'}),)),
    ('realm="x"', ()),
)
def test_a_challenge_is_read(header: str, found: tuple[tuple[str, dict[str, str]], ...]) -> None:
    expected = tuple(Challenge(scheme=scheme, parameters=parameters) for scheme, parameters in found)
    assert challenges(header) == expected


@given(st.text(max_size=60))
def test_any_header_ends(header: str) -> None:
    for each in challenges(header):
        assert each.scheme == each.scheme.lower()


def logins(home: Path, config: dict[str, Any], **environment: str) -> DockerLogins:
    (home / ".docker").mkdir(exist_ok=True)
    (home / ".docker/config.json").write_text(json.dumps(config), encoding="utf-8")
    return DockerLogins(environment={"PATH": str(home), **environment}, home=home)


def auth(text: str) -> dict[str, str]:
    return {"auth": base64.b64encode(text.encode()).decode()}


def helper(home: Path, name: str, script: str) -> None:
    program = home / f"docker-credential-{name}"
    program.write_text(f"#!/bin/sh\nread -r host\n{script}\n", encoding="utf-8")
    program.chmod(0o700)


@cases(
    "host, key",
    ("ghcr.io", "ghcr.io"),
    ("ghcr.io", "https://ghcr.io"),
    ("localhost:5000", "localhost:5000"),
    ("docker.io", "https://index.docker.io/v1/"),
    ("docker.io", "docker.io"),
)
def test_a_login_is_found_as_docker_keeps_it(tmp_path: Path, host: str, key: str) -> None:
    there = logins(tmp_path, {"auths": {key: auth(f"robot:{CANARY}:x")}})
    assert there.credential(host) == Credential(user="robot", secret=f"{CANARY}:x")
    assert there.credential("other.example") is None


def test_an_identity_token_is_one(tmp_path: Path) -> None:
    there = logins(tmp_path, {"auths": {"acme.azurecr.io": {**auth("x:"), "identitytoken": CANARY}}})
    found = there.credential("acme.azurecr.io")
    assert found is not None
    assert (found.secret, found.is_identity_token) == (CANARY, True)


def test_in_podmans_file_a_repository_has_a_login_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "containers").mkdir()
    held = {"auths": {"quay.io": auth("all:a"), "quay.io/acme": auth("acme:b"), "quay.io/acme/app": auth("app:c")}}
    (tmp_path / "containers/auth.json").write_text(json.dumps(held), encoding="utf-8")
    there = logins(tmp_path, {}, XDG_RUNTIME_DIR=str(tmp_path))
    users = [there.credential("quay.io", each) for each in ("acme/app", "acme/other", "else", "")]
    assert [each and each.user for each in users] == ["app", "acme", "all", "all"]


def test_the_environment_comes_first(tmp_path: Path) -> None:
    env = {"REGISTRY_USERNAME_GHCR_IO": "env", "REGISTRY_PASSWORD_GHCR_IO": CANARY}
    there = logins(tmp_path, {"auths": {"ghcr.io": auth("file:x")}}, **env)
    assert there.credential("ghcr.io") == Credential(user="env", secret=CANARY)
    there = logins(tmp_path, {}, REGISTRY_USERNAME_GHCR_IO="env")
    with pytest.raises(NoLogin, match="set REGISTRY_PASSWORD_GHCR_IO as well"):
        there.credential("ghcr.io")


@cases(
    "config",
    {"credHelpers": {"ghcr.io": "acme"}},
    {"credsStore": "acme"},
    {"credsStore": "acme", "auths": {"ghcr.io": {}}},
)
def test_a_helper_is_asked_by_a_pipe(tmp_path: Path, config: dict[str, Any]) -> None:
    helper(tmp_path, "acme", f'[ "$1" = get ] && echo "{{\\"Username\\": \\"$host\\", \\"Secret\\": \\"{CANARY}\\"}}"')
    assert logins(tmp_path, config).credential("ghcr.io") == Credential(user="ghcr.io", secret=CANARY)


@cases(
    "script, says",
    ("echo 'credentials not found in native keychain'; exit 1", None),
    ("echo 'the keychain is locked' >&2; exit 1", "exit code 1: the keychain is locked"),
    ("echo nonsense", "what is not a login"),
    ("echo '[]'", "what is not a login"),
)
def test_a_helper_that_has_no_login_says_why(tmp_path: Path, script: str, says: str | None) -> None:
    helper(tmp_path, "acme", script)
    there = logins(tmp_path, {"credHelpers": {"ghcr.io": "acme"}})
    if says is None:
        assert there.credential("ghcr.io") is None
    else:
        with pytest.raises(NoLogin, match=says):
            there.credential("ghcr.io")


@cases(
    "config, says",
    ({"auths": {"ghcr.io": {"auth": "!"}}}, "log in again"),
    ({"auths": {"ghcr.io": auth(CANARY)}}, "log in again"),
    ({"auths": []}, None),
    ({"auths": "x"}, "auths is not an object"),
    ({"credHelpers": {"ghcr.io": "absent"}}, "docker-credential-absent is not on PATH"),
    ({"credHelpers": {"ghcr.io": "../evil"}}, "is not the name of a credential helper"),
)
def test_a_login_that_can_not_be_read_names_the_file_and_no_secret(
    tmp_path: Path, config: dict[str, Any], says: str | None
) -> None:
    there = logins(tmp_path, config)
    if says is None:
        assert there.credential("ghcr.io") is None
        return
    with pytest.raises(NoLogin, match=says) as no:
        there.credential("ghcr.io")
    assert CANARY not in str(no.value)


def test_a_file_that_is_not_json_is_named(tmp_path: Path) -> None:
    there = logins(tmp_path, {})
    (tmp_path / ".docker/config.json").write_text(f"{{{CANARY}", encoding="utf-8")
    with pytest.raises(NoLogin, match=r"config\.json: can't be read: it is not JSON") as no:
        there.credential("ghcr.io")
    assert CANARY not in str(no.value)


def test_a_credential_shows_no_secret() -> None:
    made = Credential(user="robot", secret=CANARY)
    assert CANARY not in f"{made} {made!r}"
