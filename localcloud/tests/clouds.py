"""What the tests call a local cloud with: AWS's own client, plain HTTP, and an ECR that writes down its calls."""

from collections.abc import Mapping
from typing import Any

import pytest
import urllib3
from botocore.config import Config

from localcloud.calls import Call
from localcloud.clients import isolated_session, password_of
from localcloud.cloud import LocalCloud
from oci.client import Client, Refused

ACCOUNT, OTHER_ACCOUNT = "111122223333", "444455556666"
REGION, OTHER_REGION = "us-east-1", "eu-west-1"
Credentials = Mapping[str, Any]
"""As STS and IAM give them: AccessKeyId, SecretAccessKey, SessionToken."""


class Connect:
    """Makes botocore clients, untouched by the user's AWS environment; the same one given twice, closed at the end."""

    def __init__(self) -> None:
        self._session = isolated_session()
        self._clients: dict[object, Any] = {}

    def __call__(
        self,
        cloud: LocalCloud,
        service: str,
        account: str = ACCOUNT,
        region: str = REGION,
        *,
        credentials: Credentials | None = None,
    ) -> Any:
        """A client of the account's root, or with credentials as they are."""
        key = credentials or {"AccessKeyId": account, "SecretAccessKey": "anything"}
        known = cloud.endpoint, service, region, tuple(sorted((name, str(value)) for name, value in key.items()))
        if known not in self._clients:
            self._clients[known] = self._session.create_client(
                service,
                region_name=region,
                endpoint_url=cloud.endpoint,
                aws_access_key_id=key["AccessKeyId"],
                aws_secret_access_key=key["SecretAccessKey"],
                aws_session_token=key.get("SessionToken"),
                config=Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=20),
            )
        return self._clients[known]

    def close(self) -> None:
        for each in self._clients.values():
            each.close()


class Recorder:
    """Is where ECR is to be, writes down its calls, and has one answer an operation."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Mapping[str, Any], Call]] = []
        self.answers: dict[str, dict[str, Any] | Exception] = {}

    async def answer(self, operation: str, parameters: Mapping[str, Any], call: Call) -> dict[str, Any]:
        self.calls.append((operation, parameters, call))
        answer = self.answers.get(operation, {})
        if isinstance(answer, Exception):
            raise answer
        return answer


def logged_in(ecr: Any) -> Client:
    """Where the registry of a client of its API is pushed to and pulled from."""
    (data,) = ecr.get_authorization_token()["authorizationData"]
    return Client.on_loopback(data["proxyEndpoint"].removeprefix("http://"), password_of(data["authorizationToken"]))


def refused_pull(client: Client, name: str, reference: str) -> Refused:
    with pytest.raises(Refused) as caught:
        client.pull(name, reference)
    return caught.value


Door = tuple[LocalCloud, Recorder]


def fetch(
    url: str, *, method: str = "GET", body: bytes | None = None, headers: Mapping[str, str] | None = None
) -> urllib3.BaseHTTPResponse:
    """What a client that knows nothing of AWS is answered."""
    with urllib3.PoolManager(retries=False, timeout=10) as pool:
        return pool.request(method, url, body=body, headers=headers)
