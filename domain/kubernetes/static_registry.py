"""Pull secrets with credentials that do not expire, for registries other than Amazon ECR."""

import base64
from collections.abc import Iterable
from typing import Any

from domain.document_text import to_json_text
from domain.kubernetes.objects import DOCKER_CONFIG_TYPE, Manifest, manifest
from domain.registries import docker_hub


def auth_key(registry: str) -> str:
    """The key in a Docker configuration under which the kubelet finds the registry's credentials."""
    return docker_hub.LOGIN_KEY if registry.lower() in docker_hub.NAMES else registry


def docker_config(logins: Iterable[tuple[str, str, str]]) -> str:
    """The Docker configuration of registries with their users and tokens, as a secret's data has it: in base64.

    Under `auths`, as the type kubernetes.io/dockerconfigjson wants it; kubernetes.io/dockercfg has no such level, and
    a kubelet that finds one there has no credentials and says nothing.
    """
    auths = {auth_key(registry): {"username": user, "password": token} for registry, user, token in logins}
    return base64.b64encode(to_json_text({"auths": auths}).encode()).decode()


def static_secret(name: str, namespace: str, data: Any) -> Manifest:
    """`data` holds the Docker configuration, and is a secret of the stack's: no text yet."""
    return manifest("v1", "Secret", name, namespace, type=DOCKER_CONFIG_TYPE, data=data)
