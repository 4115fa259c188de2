"""Lines to copy that log in at a registry: docker's, podman's, skopeo's, and a GitHub workflow. None holds a secret."""

import shlex
from collections.abc import Sequence
from textwrap import indent

from domain.kubernetes.cluster import PULL_TOKEN_PREFIX
from domain.registries.kind import RegistryKind

PROJECT = "container-registry"
CLIENTS = ("docker", "podman", "skopeo")
_WORKFLOW = """\
on: push
permissions: {{}}
jobs:
  push:
    runs-on: ubuntu-24.04
    permissions:
{permissions}
    steps:
{steps}"""


def shell_lines(kind: RegistryKind, host: str, clients: Sequence[str] = CLIENTS) -> str:
    """What a person types; a token that no command prints is asked for once, without an echo."""
    login, places = kind.login, kind.places(host)
    prints = 'printf %s "$TOKEN"' if login.command is None else login.command.format(**places)
    user = shlex.quote(login.user)
    logins = (f"{prints} |\n  {client} login --username {user} --password-stdin {host}" for client in clients)
    return "\n".join(("read -rs TOKEN", *logins, "unset TOKEN") if login.command is None else logins)


def cluster_lines(kind: RegistryKind, host: str) -> tuple[str, ...]:
    """What the stack's file says, and the command that takes the token; none where no token lasts."""
    if kind.login.cluster_user is None:
        return ()
    entry = f"{kind.id}: {{registry: {host}, username: {kind.login.cluster_user}}}"
    command = f"pulumi config set --stack STACK --secret {PROJECT}:{PULL_TOKEN_PREFIX}{kind.id}"
    return f"{PROJECT}:pull_credentials: {{{entry}}}", command


def workflow_text(kind: RegistryKind, host: str) -> str:
    """A workflow that pulls, whole."""
    image = f"- run: docker pull {host}/{kind.image}:TAG"
    permissions = "\n".join(("contents: read", *kind.login.permissions))
    return _WORKFLOW.format(
        permissions=indent(permissions, " " * 6),
        steps=indent(kind.login.steps.format(**kind.places(host)) + image, " " * 6),
    )
