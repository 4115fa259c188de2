"""The shape of a stack's key `self_hosted`."""

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, StrictBool, StrictStr, model_validator

from domain.kubernetes.object_names import digest_problems, registry_host_problems
from domain.problems import Problem, unless
from domain.selfhosted.own_registry import PAGE_IMAGE, REGISTRY_IMAGE
from settings.written.clusters import CERTIFICATE_HEAD, PRIVATE_KEY_WORDS, Label, Subdomain
from settings.written.fields import Model, Text, checked, no_credential, service_arn

_SIZE = re.compile(r"[1-9][0-9]*(Mi|Gi|Ti|M|G|T)")
"""https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/"""
_CRON = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))
_FIELD = re.compile(r"(?:\*|(?P<from>[0-9]+)(?:-(?P<to>[0-9]+))?)(?:/(?P<step>[1-9][0-9]*))?")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_NAME_MAX = 40
"""The longest of its objects' names ends in -page-config and a hash, and is a label of 63 characters."""
_TITLE = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._:/-]{0,63}")
DAYS_MAX = 365


def _name_problems(name: str) -> list[Problem]:
    message = f"has {len(name)} characters, and its objects' names have room for {_NAME_MAX}"
    return unless(len(name) <= _NAME_MAX, name, message, "write a shorter one")


def _size_problems(text: str) -> list[Problem]:
    return unless(_SIZE.fullmatch(text), text, "is not a size", "write a number with its unit: 100Gi")


def _schedule_problems(text: str) -> list[Problem]:
    fields = text.split()
    sound = len(fields) == len(_CRON) and all(map(_is_in, fields, _CRON))
    fix = "write minute, hour, day, month and weekday in UTC: `0 3 * * 0` is Sunday at three"
    return unless(sound, text, "is not a schedule", fix)


def _is_in(field: str, limits: tuple[int, int]) -> bool:
    low, high = limits
    for part in field.split(","):
        found = _FIELD.fullmatch(part)
        if found is None:
            return False
        ends = [int(each) for each in found.group("from", "to") if each]
        if ends != sorted(ends) or any(not low <= each <= high for each in ends):
            return False
    return True


def _url_problems(text: str) -> list[Problem]:
    try:
        url = urlsplit(text)
        sound = url.scheme == "https" and url.hostname and url.port != 0 and not (url.query or url.fragment)
    except ValueError:
        sound = False
    if "@" in text:
        return [Problem((), None, "has a login in it, for every reader of the file", "write the user as username")]
    return unless(sound, text, "is not an https address", "write https://HOST, such as https://registry-1.docker.io")


def _host_problems(host: str) -> list[Problem]:
    found = registry_host_problems(host)
    return found or unless(":" not in host, host, "names a port", "write the host alone: an Ingress serves it by https")


def _bucket_problems(name: str) -> list[Problem]:
    return unless(_BUCKET.fullmatch(name), name, "is not the name of a bucket", "write 3 to 63 lower-case characters")


def _certificates_problems(text: str) -> list[Problem]:
    fix = "write the certificates that its tokens are signed with, in PEM"
    if PRIVATE_KEY_WORDS in text:
        return [Problem((), None, "is a private key, for every reader of the file", f"make a new key, and {fix}")]
    return unless(text.lstrip().startswith(CERTIFICATE_HEAD), None, "is not a certificate", fix)


def _title_problems(title: str) -> list[Problem]:
    fix = "write at most 64 letters, digits, spaces and . _ : / -"
    return unless(_TITLE.fullmatch(title), title, "is not a title", fix)


Host = Annotated[StrictStr, checked(_host_problems)]
Url = Annotated[StrictStr, checked(_url_problems)]
Image = Annotated[StrictStr, checked(digest_problems)]


class StorageOptions(Model):
    """Where the images are: a volume by its `size`, or a `bucket`."""

    size: Annotated[StrictStr, checked(_size_problems)] | None = Field(
        None, description="of a volume, when its claim is made: `100Gi`; grow it in the cluster"
    )
    storage_class: Subdomain | None = Field(None, description="of the volume, if not the cluster's default")
    bucket: Annotated[StrictStr, checked(_bucket_problems)] | None = Field(
        None, description="in place of a volume: an existing bucket of S3"
    )
    region: Text | None = Field(None, description="the bucket's")
    endpoint: Url | None = Field(None, description="of another service that speaks S3's API")
    role: (
        Annotated[StrictStr, service_arn("iam", ("role/",), "write arn:aws:iam::ACCOUNT:role/NAME", regional=False)]
        | None
    ) = Field(None, description="the role that its pods assume by their token, if not by EKS Pod Identity")


class TokenOptions(Model):
    """The token server that the registry trusts, in place of a file of users."""

    realm: Url = Field(description="where clients get tokens: `https://auth.acme.example/token`")
    service: Text = Field(description="what it calls the registry")
    issuer: Text = Field(description="what its tokens call it")
    certificates: Annotated[StrictStr, checked(_certificates_problems)] = Field(
        description="those that its tokens are signed with, in PEM"
    )


class IngressOptions(Model):
    """What serves it, by https."""

    ingress_class: Subdomain = Field(alias="class", description="the IngressClass: `traefik`")
    namespace: Label = Field(description="in which the controller's pods are: no others reach the registry")
    certificate: Subdomain | None = Field(None, description="the secret with the certificate, if not `NAME-tls`")
    issuer: Subdomain | None = Field(None, description="the ClusterIssuer of cert-manager that makes it")
    annotations: dict[StrictStr, StrictStr] = Field({}, description="for the controller")


class PageOptions(Model):
    """A web page, at a host of its own, with the registry behind it."""

    host: Host = Field(description="the page's")
    image: Image = Field(PAGE_IMAGE, description="joxit/docker-registry-ui, by its digest")
    title: Annotated[StrictStr, checked(_title_problems)] | None = Field(None, description="if not the registry's host")
    deletion: StrictBool = Field(default=False, description="whether people can delete images there")


class CollectionOptions(Model):
    """Garbage collection: deleted images give their space back. Pushes wait for it, pulls don't."""

    schedule: Annotated[StrictStr, checked(_schedule_problems)] = Field(description="in UTC: `0 3 * * 0`")
    image: Image = Field(description="one with Python 3.9 or newer, by its digest")
    untagged: StrictBool = Field(
        default=False,
        description="whether images without a tag go, too; 2.8 would delete children of tagged ones",
    )


class ProxyOptions(Model):
    """The registry that is pulled through; nothing can be pushed."""

    url: Url = Field(description="`https://registry-1.docker.io`")
    username: Text | None = Field(None, description="who logs in there, with the secret `upstream-token-NAME`")
    days: Annotated[int, Field(ge=1, le=DAYS_MAX, strict=True)] = Field(7, description="until an image is fetched anew")

    _no_credential = model_validator(mode="before")(
        no_credential("make a new one: `pulumi config set --stack STACK --secret PROJECT:upstream-token-NAME`")
    )


class SelfHostedEntry(Model):
    """A registry of one's own in a cluster."""

    name: Annotated[Label, checked(_name_problems)] = Field(description="of its objects, and of its secrets' keys")
    cluster: StrictStr = Field(description="a name from `clusters`")
    namespace: Label = Field(description="where it runs")
    create: StrictBool = Field(
        default=False, description="declare the namespace, too, with the Pod Security Standard `restricted`"
    )
    host: Host = Field(description="as images name it: `registry.acme.example`")
    image: Image = Field(REGISTRY_IMAGE, description="CNCF distribution 3, by its digest")
    storage: StorageOptions = Field(description="`{size: 100Gi}`, or `{bucket: NAME, region: REGION}`")
    tokens: TokenOptions | None = Field(
        None, description="who gives tokens; without it users log in by the file in the secret `htpasswd-NAME`"
    )
    ingress: IngressOptions = Field(description="`{class: traefik, namespace: traefik}`")
    page: PageOptions | None = Field(None, description="a web page: `{host: images.acme.example}`")
    deletion: StrictBool = Field(default=True, description="whether images can be deleted")
    collection: CollectionOptions | None = Field(None, description="`{schedule: 0 3 * * 0, image: …@sha256:…}`")
    proxy_of: ProxyOptions | None = Field(None, description="pulls through: `{url: https://registry-1.docker.io}`")
    scraped_from: Label | None = Field(None, description="the namespace whose pods read its metrics, on port 5001")
