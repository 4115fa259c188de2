"""Clients of the local cloud's control endpoint, one for each service, region and set of credentials."""

import base64
from dataclasses import dataclass
from typing import Any, Self

import botocore.session
from botocore.config import Config

SECRET = "local"  # noqa: S105  the local cloud takes any secret beside an account's id
_CONFIG = Config(
    retries={"total_max_attempts": 1},
    connect_timeout=5,
    read_timeout=30,
    max_pool_connections=4,
    proxies={},  # the user's proxy knows no way to our loopback
)


@dataclass(frozen=True, slots=True)
class AwsCredentials:
    key: str
    secret: str = SECRET
    token: str | None = None


class Clients:
    """Makes a client when it is first used. An account's root has its 12 digits as access key."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self._session = isolated_session()
        self._made: dict[tuple[str, str, AwsCredentials], Any] = {}

    def of(self, service: str, region: str, credentials: AwsCredentials) -> Any:
        wanted = service, region, credentials
        if wanted not in self._made:
            self._made[wanted] = self._session.create_client(
                service,
                region_name=region,
                endpoint_url=self.endpoint,
                aws_access_key_id=credentials.key,
                aws_secret_access_key=credentials.secret,
                aws_session_token=credentials.token,
                config=_CONFIG,
            )
        return self._made[wanted]

    def root(self, service: str, region: str, account: str) -> Any:
        return self.of(service, region, AwsCredentials(account))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for each in self._made.values():
            each.close()


def password_of(token: str) -> str:
    """An authorization token is a user's name and password, as a header of basic authentication has them."""
    return base64.b64decode(token).decode().partition(":")[2]


def isolated_session() -> botocore.session.Session:
    """Reads none of the user's AWS variables and files: they may neither come into a rehearsal nor end it."""
    known = botocore.session.Session.SESSION_VARIABLES
    unheard = {name: (None, None, default, convert) for name, (_, _, default, convert) in known.items()}
    session = botocore.session.Session(session_vars=unheard)
    session.set_config_variable("config_file", "")
    session.set_config_variable("credentials_file", "")
    return session


def exports(endpoint: str, account: str, region: str) -> str:
    """Lines to copy into a shell, whose AWS clients then call the local cloud and nothing else.

    Without comments, which an interactive zsh does not take. A profile may win over the keys, or not exist."""
    return f"""\
  export AWS_ENDPOINT_URL={endpoint} AWS_REGION={region} AWS_DEFAULT_REGION={region}
  export AWS_ACCESS_KEY_ID={account} AWS_SECRET_ACCESS_KEY={SECRET}
  unset AWS_SESSION_TOKEN AWS_PROFILE AWS_DEFAULT_PROFILE AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"""
