"""The shape of the keys `clusters` and `pull_credentials` of a stack."""

import base64
import binascii
import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, StrictBool, StrictStr, model_validator

from domain.iam.grants import role_name_problems
from domain.iam.oidc import issuer_problems
from domain.kubernetes.object_names import (
    CRON_JOB_NAME_MAX,
    digest_problems,
    label_problems,
    registry_host_problems,
    subdomain_problems,
)
from domain.kubernetes.platforms import Platform, PullMode
from domain.problems import Problem, unless
from settings.written.fields import Model, RegistryUser, Text, checked, no_credential

_INTERVAL = re.compile(r"(?:(?P<h>[0-9]+)h)?(?:(?P<m>[0-9]+)m)?(?:(?P<s>[0-9]+)s)?")
"""https://pkg.go.dev/time#ParseDuration, of whole hours, minutes and seconds."""
_INTERVAL_SECONDS = (5 * 60, 11 * 60 * 60)
"""A token is valid for twelve hours."""
_FILE_NAME = 40
"""What is longer may be a secret."""
CERTIFICATE_HEAD, PRIVATE_KEY_WORDS = "-----BEGIN CERTIFICATE-----", "PRIVATE KEY-----"


def _endpoint_problems(endpoint: str) -> list[Problem]:
    try:
        url = urlsplit(endpoint)
        sound = url.scheme == "https" and url.hostname and not (url.username or url.query or url.fragment)
        sound = sound and url.port != 0
    except ValueError:
        sound = False
    if "@" in endpoint:
        fix = "remove it, and make a new one: the job brings its own, see docs/clusters.md"
        return [Problem((), None, "has a login in it, for every reader of the file", fix)]
    return unless(
        sound, endpoint, "is not the https address of an API server", "write https://HOST or https://HOST:PORT"
    )


def _authority_problems(text: str) -> list[Problem]:
    fix = "write what certificate-authority-data of a kubeconfig has: PEM in base64"
    try:
        pem = base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError):
        pem = ""
    if PRIVATE_KEY_WORDS in pem or PRIVATE_KEY_WORDS in text:
        return [Problem((), None, "is a private key, for every reader of the file", f"make a new key, and {fix}")]
    shown = text if len(text) <= _FILE_NAME else None
    return unless(pem.lstrip().startswith(CERTIFICATE_HEAD), shown, "is not a certificate", fix)


def _interval_problems(text: str) -> list[Problem]:
    found = _INTERVAL.fullmatch(text)
    seconds = sum(int(found[unit] or 0) * size for unit, size in (("h", 3600), ("m", 60), ("s", 1))) if found else 0
    least, most = _INTERVAL_SECONDS
    fix = f"write {least // 60}m to {most // 3600}h, such as 6h0m0s: a token is valid for 12 hours"
    return unless(least <= seconds <= most, text, "is not a valid interval", fix)


def _cron_job_problems(name: str) -> list[Problem]:
    message = f"has {len(name)} characters, and the name of a CronJob {CRON_JOB_NAME_MAX} at most"
    return label_problems(name) or unless(len(name) <= CRON_JOB_NAME_MAX, name, message, "write a shorter one")


Label = Annotated[StrictStr, checked(label_problems)]
Subdomain = Annotated[StrictStr, checked(subdomain_problems)]


class NamespaceEntry(Model):
    """A namespace of a cluster, and how it pulls."""

    name: Label = Field(description="the namespace")
    mode: Literal[tuple(each.value for each in PullMode)] = Field(  # type: ignore[valid-type]
        description=f"{', '.join(f'`{each.value}`' for each in PullMode)}: [which one](clusters.md)"
    )
    create: StrictBool = Field(
        default=False, description="declare the namespace, too, with the Pod Security Standard `restricted`"
    )
    service_accounts: tuple[Subdomain, ...] = Field(
        (), description="service accounts to declare, which use the pull secret"
    )
    patch_service_accounts: tuple[Subdomain, ...] = Field(
        (), description="existing ones whose whole list of pull secrets is replaced: `[default]`"
    )
    refresh_interval: Annotated[StrictStr, checked(_interval_problems)] | None = Field(
        None, description="of `external-secrets`, how often: `6h0m0s` if left out"
    )
    credentials: tuple[StrictStr, ...] = Field((), description="of `static-registry`: names from `pull_credentials`")
    per_service_account: StrictBool = Field(
        default=False,
        description="of `node-role`: its service accounts pull with a role of their own, a beta of Kubernetes",
    )

    @property
    def pull_mode(self) -> PullMode:
        return PullMode(self.mode)


class RefresherOptions(Model):
    """What writes the pull secrets of `refreshed-secret`."""

    image: Annotated[StrictStr, checked(digest_problems)] = Field(
        description="an image with Python 3.9 or newer, by its digest: `public.ecr.aws/docker/library/python@sha256:…`"
    )
    name: Annotated[StrictStr, checked(_cron_job_problems)] = Field(
        "ecr-refresher", description="the name of its CronJob and service account"
    )


class AdmissionOptions(Model):
    """Which images a cluster admits: those of the registries and caches, by digest or by a tag that can't move."""

    action: Literal["audit", "deny"] = Field(description="`audit` (warned of, and logged) or `deny`")
    excepted: tuple[Label, ...] = Field((), alias="except", description="namespaces that are not judged")


class ClusterEntry(Model):
    """A Kubernetes cluster whose namespaces pull."""

    name: Label = Field(description="what the catalog calls it")
    platform: Literal[tuple(each.value for each in Platform)] = Field(  # type: ignore[valid-type]
        description=", ".join(f"`{each.value}`" for each in Platform)
    )
    account: StrictStr | None = Field(
        None, description="where it runs, by its name in `accounts`, if not the stack's own"
    )
    endpoint: Annotated[StrictStr, checked(_endpoint_problems)] = Field(description="the address of its API server")
    ca: Annotated[StrictStr, checked(_authority_problems)] = Field(
        description="the certificate of its authority, PEM in base64"
    )
    cluster_identifier: Text = Field(description="what stays when the endpoint moves; of an EKS cluster its ARN")
    oidc_issuer: Annotated[StrictStr, checked(issuer_problems)] | None = Field(
        None, description="the https URL of its issuer, which the account's IAM trusts: docs/bootstrap.md"
    )
    node_role: Annotated[StrictStr, checked(role_name_problems)] | None = Field(
        None, description="the role of its nodes (of Fargate, of its pods' execution), with its path"
    )
    secret: Subdomain = Field("ecr-pull", description="the name of the pull secret in each namespace")
    refresher: RefresherOptions | None = Field(None, description="`{image: …@sha256:…}`, for `refreshed-secret`")
    admission: AdmissionOptions | None = Field(None, description="`{action: deny, except: [NAMESPACE]}`")
    namespaces: Annotated[tuple[NamespaceEntry, ...], Field(min_length=1)] = Field(description="those that pull")

    _no_credential = model_validator(mode="before")(
        no_credential("remove it: the job brings its own, see docs/clusters.md")
    )

    @property
    def kind(self) -> Platform:
        return Platform(self.platform)


class PullCredentialEntry(Model):
    """The login at another registry, for `static-registry`."""

    registry: Annotated[StrictStr, checked(registry_host_problems)] = Field(
        description="its host: `ghcr.io`, `docker.io`, `registry.example.com:5000`"
    )
    username: RegistryUser = Field(
        description="who logs in; its token, which should only read, is the secret `pull-token-NAME`"
    )

    _no_credential = model_validator(mode="before")(
        no_credential("make a new one: `pulumi config set --stack STACK --secret PROJECT:pull-token-NAME`")
    )
