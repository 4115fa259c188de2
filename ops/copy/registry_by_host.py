"""Registries that are opened by their host: Amazon ECR by the caller's AWS credentials, others by docker's logins."""

import base64
import threading
from pathlib import Path
from typing import Any

import botocore.session
from botocore.exceptions import BotoCoreError, ClientError

from domain.ecr.names import private_registry
from domain.registries.cloud_registries import ECR
from domain.registries.table import kind_of
from oci.client import Client
from oci.credentials import DockerLogins, NoLogin
from oci.reference import api_host
from oci.transport import Connection, is_loopback
from ops.copy.copier import PUT_IMAGE_PER_SECOND, OpenRegistry, Unavailable

_LOG_IN = "log in to AWS: AWS_PROFILE, `aws sso login`, or the AWS_* variables"


class RegistryByHost:
    """One registry with whatever login this machine has for it."""

    def __init__(self, host: str, logins: DockerLogins, connection: Connection, repository: str = "") -> None:
        self.name = host
        self._logins = logins
        self._connection = connection
        self._repository = repository
        self._lock = threading.Lock()
        self._client: Client | None = None

    @property
    def puts_per_second(self) -> float | None:
        return PUT_IMAGE_PER_SECOND if kind_of(self.name) is ECR else None

    @property
    def images(self) -> Client:
        """Logged in when it is first used."""
        with self._lock:
            if self._client is None:
                self._client = self._log_in()
            return self._client

    def log_in_again(self) -> None:
        with self._lock:
            self._client = None

    def _log_in(self) -> Client:
        if kind_of(self.name) is ECR:
            return _of_ecr(self.name)
        try:
            credential = self._logins.credential(self.name, self._repository)
        except NoLogin as error:
            raise Unavailable(f"{self.name}: {error}") from error
        host = api_host(self.name)
        plain = self._connection.plain_http or is_loopback(host.rpartition(":")[0] or host)
        return Client(f"http{'' if plain else 's'}://{host}", credential, self._connection)


def by_host(host: str, repository: str, connection: Connection) -> OpenRegistry:
    """The registry; nothing is sent before it is used."""
    return RegistryByHost(host, DockerLogins.of_this_machine(), connection, repository)


def connection(ca_file: Path | None, *, plain_http: bool) -> Connection:
    if ca_file is not None and not ca_file.is_file():
        raise Unavailable(f"{ca_file}: is not a file of certificates")
    return Connection(ca_file=ca_file, plain_http=plain_http)


def _of_ecr(host: str) -> Client:
    registry = private_registry(host)
    if registry is None:
        raise Unavailable(f"{host}: {ECR.places(host)['region']!r} is not a region with Amazon ECR")
    try:
        ecr: Any = botocore.session.Session().create_client("ecr", region_name=registry.region)
        (data,) = ecr.get_authorization_token(registryIds=[registry.account])["authorizationData"]
    except ClientError as refused:
        error = refused.response.get("Error", {})
        raise Unavailable(f"{host}: the login was refused: {error.get('Code')}: {error.get('Message')}") from refused
    except BotoCoreError as failed:
        raise Unavailable(f"{host}: {failed} ({_LOG_IN})") from failed
    user, _, password = base64.b64decode(data["authorizationToken"]).decode().partition(":")
    return Client.of_ecr(data["proxyEndpoint"], user, password)
