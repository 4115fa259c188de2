"""The names that Kubernetes takes, and images by their digest."""

import re
from dataclasses import dataclass

from domain.problems import Problem, unless

# https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
LABEL_MAX = 63
SUBDOMAIN_MAX = 253
CRON_JOB_NAME_MAX = 52
"""A CronJob appends eleven characters to its name for each Job, whose name is a label.
https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/"""
_REGISTRY = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*(:[0-9]{1,5})?")
_IMAGE = re.compile(r"(?P<name>[a-z0-9.-]+(:[0-9]+)?(/[a-z0-9._-]+)+(:[A-Za-z0-9_.-]+)?)@sha256:[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, order=True)
class ClusterNamespace:
    """A namespace of a cluster, by their names."""

    cluster: str
    namespace: str

    def __str__(self) -> str:
        return f"{self.cluster}/{self.namespace}"


def label_problems(name: str) -> list[Problem]:
    """Of a name that is a DNS label: a namespace's, for one."""
    sound = _LABEL.fullmatch(name) and len(name) <= LABEL_MAX
    fix = f"write at most {LABEL_MAX} lower-case letters, digits and hyphens, with no hyphen at either end"
    return unless(sound, name, "is not a valid name in Kubernetes", fix)


def subdomain_problems(name: str) -> list[Problem]:
    """Of a name that is a DNS subdomain: a secret's or a service account's."""
    sound = all(map(_LABEL.fullmatch, name.split("."))) and len(name) <= SUBDOMAIN_MAX
    fix = f"write at most {SUBDOMAIN_MAX} lower-case letters, digits, hyphens and dots"
    return unless(sound, name, "is not a valid name in Kubernetes", fix)


def digest_problems(image: str) -> list[Problem]:
    """Of an image that must be the same at every pull."""
    fix = "write HOST/NAME@sha256:DIGEST; `docker buildx imagetools inspect IMAGE` prints the digest"
    return unless(_IMAGE.fullmatch(image), image, "is not an image by its digest", fix)


def registry_host_problems(host: str) -> list[Problem]:
    """Of a registry as a pod's image names it."""
    fix = "write its host alone, such as ghcr.io or registry.example.com:5000"
    meant = host.partition("://")[2].partition("/")[0]
    sound = _REGISTRY.fullmatch(host) and ("." in host or ":" in host or host == "localhost")
    return unless(sound, host, "is not the host of a registry", fix, meant or None)
