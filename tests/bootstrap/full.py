"""A stack with everything in it that a stack can have: what dev and prod declare only in part."""

import shutil
from pathlib import Path
from typing import Any

import yaml

from tests.conftest import PROJECT, PROJECT_FILES

EXISTING_SECRET = "ecr-pullthroughcache/robot"  # noqa: S105  a secret's name
"""Made by somebody else, for caches of this project."""
_TOKENS = ("docker-hub", "acme")


def written(folder: Path, stack: str) -> Path:
    """The project in a folder, the stack's file with all that it lacks."""
    for name in PROJECT_FILES:
        shutil.copy(PROJECT / name, folder / name)
    file = folder / f"Pulumi.{stack}.yaml"
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    more_of(content["config"], stack)
    content["config"] |= {f"container-registry:cache-token-{prefix}": {"secure": "AAABAA=="} for prefix in _TOKENS}
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    return folder


def more_of(config: dict[str, Any], stack: str) -> None:
    """Adds all but the tokens to a stack's configuration."""
    replicas = [*config.get("container-registry:replicas", []), _elsewhere(stack)]
    (account,) = config["aws:allowedAccountIds"]
    more = {
        "replicas": replicas,
        "caches": _caches(account, config.get("container-registry:clusters", [])),
        "roles": {"auditors": [f"arn:aws:iam::{account}:role/security/auditor"], "audit_layers": True},
        "pull_time_exclusions": [f"arn:aws:iam::{account}:role/security/image-scanner"],
    }
    config |= {f"container-registry:{key}": value for key, value in more.items()}
    monitoring = config.get("container-registry:monitoring", {})
    config["container-registry:monitoring"] = {**monitoring, "trail": True, "audit_log": True}


def _elsewhere(stack: str) -> dict[str, str]:
    return {"region": "eu-west-1", "account": "workloads", "role": f"container-registry-{stack}-deploy"}


def _caches(account: str, clusters: list[dict[str, Any]]) -> list[dict[str, Any]]:
    namespaces = [{"cluster": each["name"], "namespace": each["namespaces"][0]["name"]} for each in clusters]
    secret = f"arn:aws:secretsmanager:us-east-1:{account}:secret:{EXISTING_SECRET}-a1b2c3"
    upstream = "999900001111.dkr.ecr.eu-west-1.amazonaws.com"
    return [
        {"upstream": "ecr-public", "pull": [{"account": "workloads"}, {"service": "ecs"}, *namespaces]},
        {"upstream": "kubernetes", "pull": [{"organization": "acme"}]},
        {"upstream": "quay"},
        {"upstream": "docker-hub", "username": "acme", "pull": [{"service": "ecs"}]},
        {"upstream": "ghcr", "credentials": secret},
        {"upstream": "gitlab", "credentials": secret},
        {"upstream": "chainguard", "credentials": secret},
        {"upstream": "azure", "registry": "acme.azurecr.io", "prefix": "acme", "username": "acme-reader"},
        {"upstream": "ecr", "registry": upstream, "prefix": "partner", "upstream_prefix": "shared"},
    ]
