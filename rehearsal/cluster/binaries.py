"""Where the programs of a control plane are: built by `make kubernetes`, or in the folder KUBERNETES_BINARIES."""

import os
from collections.abc import Mapping
from pathlib import Path

VERSION = "1.36.3"
"""As tests/cluster/kubernetes/go.mod says it to Go."""
FOLDER = "KUBERNETES_BINARIES"
CONTROL_PLANE = ("etcd", "kube-apiserver", "kube-controller-manager")


class NotBuilt(Exception):
    """A program is missing; the text says in one sentence which, and how to get it."""


def folder_of_binaries(environment: Mapping[str, str] = os.environ) -> Path:
    if given := environment.get(FOLDER):
        return Path(given)
    cache = environment.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache, "container-registry", f"kubernetes-{VERSION}")


def require_binaries(*names: str, environment: Mapping[str, str] = os.environ) -> Path:
    """The folder that has them all; raises NotBuilt."""
    folder = folder_of_binaries(environment)
    if missing := [name for name in names if not os.access(folder / name, os.X_OK)]:
        absent = f"{folder} has no {', no '.join(missing)}"
        raise NotBuilt(f"Kubernetes {VERSION} is not built: {absent} (write make kubernetes)")
    return folder
