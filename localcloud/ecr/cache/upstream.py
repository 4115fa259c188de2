"""An upstream as a pull-through cache sees it: how it fails, and the login that a rule has for it.

The login is read from Secrets Manager as the account's root. In AWS a service-linked role reads it, which may read
every secret of the account that has the name's prefix:
https://docs.aws.amazon.com/AmazonECR/latest/userguide/slr-pullthroughcache.html"""

import base64
import json
from dataclasses import dataclass, field
from typing import Protocol

from domain.ecr.upstreams import SECRET_KEYS
from localcloud.ecr.api_errors import EcrError
from localcloud.ecr.registry_state import StoredRegistry, StoredRepository
from localcloud.iam_and_kms import Backend
from localcloud.protocols import CallFailed

_SERVICE = "secretsmanager"
_MANAGED_KEY = "alias/aws/secretsmanager"


class UpstreamFailed(Exception):
    """Nothing came, and why; never with a credential in it."""

    code = "UpstreamUnavailable"
    """Of the API's ImageFailureCode."""


class UpstreamMissing(UpstreamFailed):
    """The upstream has nothing of that name, or can't be reached: to a client that is the same."""

    code = "ImageNotFound"


class UpstreamUnreachable(UpstreamMissing):
    """It can't be reached, or has a fault of its own."""

    code = "UpstreamUnavailable"


class UpstreamBusy(UpstreamMissing):
    """It takes no more requests for now."""

    code = "UpstreamTooManyRequests"


class UpstreamRefused(UpstreamFailed):
    """The upstream does not let Amazon ECR in, or Amazon ECR has nothing to log in with."""

    code = "UpstreamAccessDenied"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A manifest as it came, under the media type that the upstream says."""

    content: bytes
    media_type: str


class UpstreamReader(Protocol):
    """One upstream with what it takes to log in to it."""

    async def manifest(self, name: str, reference: str) -> Fetched: ...

    async def layer(self, name: str, digest: str, into: StoredRepository) -> None:
        """Makes the upstream's layer one of the repository's."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """A user of an upstream; its token is shown nowhere."""

    username: str
    access_token: str = field(repr=False)

    @property
    def authorization(self) -> str:
        """The header with which its user comes."""
        return f"Basic {base64.b64encode(f'{self.username}:{self.access_token}'.encode()).decode()}"


class InvalidSecret(Exception):
    """What the secret holds is no login."""


async def secret_text(arn: str, registry: StoredRegistry, backend: Backend) -> str:
    """The secret's current value; raises ECR's error where it can't be had."""
    if (added := backend.secret(arn)) is not None:
        return added
    place = {"account": registry.account, "region": registry.region}
    try:
        about = await backend.call(_SERVICE, "DescribeSecret", {"SecretId": arn}, **place)
        _require_managed_key(arn, about.get("KmsKeyId", _MANAGED_KEY))
        answer = await backend.call(_SERVICE, "GetSecretValue", {"SecretId": arn}, **place)
    except CallFailed as failed:
        if failed.code == "ResourceNotFoundException":
            raise EcrError("SecretNotFoundException", f"The secret '{arn}' was not found: {failed.message}") from failed
        text = f"The secret '{arn}' can't be accessed: {failed.message}"
        raise EcrError("UnableToAccessSecretException", text) from failed
    return str(answer.get("SecretString", ""))


def login_of(secret: str) -> Login:
    """The login in a secret's value; raises InvalidSecret, which does not quote it."""
    try:
        data = json.loads(secret)
    except (ValueError, RecursionError):
        data = None  # the error holds the text
    held = data if isinstance(data, dict) else {}
    username, token = (held.get(key) for key in SECRET_KEYS)
    if not (isinstance(username, str) and isinstance(token, str) and username and token):
        raise InvalidSecret(f"The secret must be a JSON object with the keys {' and '.join(SECRET_KEYS)}")
    return Login(username=username, access_token=token)


def _require_managed_key(arn: str, key: str) -> None:
    # Customer managed keys are not supported:
    # https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache-creating-secret.html
    if key.rpartition(":")[2] != _MANAGED_KEY:
        text = f"The secret '{arn}' is encrypted with {key}; Amazon ECR can decrypt with {_MANAGED_KEY} only"
        raise EcrError("UnableToDecryptSecretValueException", text)
