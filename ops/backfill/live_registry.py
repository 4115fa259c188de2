"""A live registry: its repositories and what they hold by Amazon ECR's API, and the login to its images."""

import base64
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.credentials import (
    AssumeRoleCredentialFetcher,
    CredentialProvider,
    CredentialResolver,
    DeferredRefreshableCredentials,
)
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

from domain.ecr.tags import TagMutability, may_move
from oci.client import Client
from ops.backfill.inventory import Held, Inventory
from ops.copy.copier import PUT_IMAGE_PER_SECOND, Unavailable
from settings import StackRegistry

_SESSION_NAME = "container-registry-backfill"
_CONFIG = Config(retries={"mode": "standard", "total_max_attempts": 8}, connect_timeout=10, read_timeout=60)
_PAGE = 1000
_ACTIVE = "ACTIVE"
_LOG_IN = "log in to AWS as for a deployment: AWS_PROFILE, `aws sso login`, or the AWS_* variables"


class LiveRegistry:
    """One place of the stack, as the caller may use it."""

    puts_per_second = PUT_IMAGE_PER_SECOND

    def __init__(self, registry: StackRegistry, session: botocore.session.Session) -> None:
        self.registry = registry
        with self._errors_named():
            self.ecr: Any = session.create_client("ecr", region_name=registry.region, config=_CONFIG)
        self._lock = threading.Lock()
        self._client: Client | None = None

    @property
    def name(self) -> str:
        return f"{self.registry.region} (account {self.registry.account})"

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

    def close(self) -> None:
        self.ecr.close()
        if self._client is not None:
            self._client.close()

    def repositories(self) -> dict[str, Callable[[str], bool]]:
        """Those that exist, each with whether a tag of it may move."""
        pages = self.pages("describe_repositories", "repositories")
        return {str(each["repositoryName"]): _may_move(each) for each in pages}

    def inventory(self, repository: str) -> Inventory:
        """Everything: what has no tag, what belongs to an index, what refers to an image, and what is archived."""
        images: dict[str, Held] = {}
        tags: dict[str, str] = {}
        every = {"imageStatus": "ANY"}
        for each in self.pages("describe_images", "imageDetails", repositoryName=repository, filter=every):
            archived = each.get("imageStatus", _ACTIVE) != _ACTIVE
            images[each["imageDigest"]] = Held(pushed_at=each["imagePushedAt"], archived=archived)
            tags |= dict.fromkeys(each.get("imageTags", ()), each["imageDigest"])
        return Inventory(images=images, tags=tags)

    def call(self, method: str, **parameters: Any) -> Mapping[str, Any]:
        """Of this registry, whichever account calls."""
        with self._errors_named():
            answer: Mapping[str, Any] = getattr(self.ecr, method)(registryId=self.registry.account, **parameters)
            return answer

    def pages(self, method: str, key: str, *, size: int = _PAGE, **parameters: Any) -> Iterator[Mapping[str, Any]]:
        with self._errors_named():
            paged = {"registryId": self.registry.account, "PaginationConfig": {"PageSize": size}, **parameters}
            for page in self.ecr.get_paginator(method).paginate(**paged):
                yield from page[key]

    def _log_in(self) -> Client:
        with self._errors_named():
            # Without the registry's id the address is that of the caller's own.
            (data,) = self.ecr.get_authorization_token(registryIds=[self.registry.account])["authorizationData"]
        user, _, password = base64.b64decode(data["authorizationToken"]).decode().partition(":")
        return Client.of_ecr(data["proxyEndpoint"], user, password)

    @contextmanager
    def _errors_named(self) -> Iterator[None]:
        """What botocore raises, with the registry that it is about."""
        try:
            yield
        except NoCredentialsError:
            raise Unavailable(f"there are no AWS credentials for {self.name} ({_LOG_IN})") from None
        except ClientError as refused:
            error = refused.response.get("Error", {})
            text = f"{refused.operation_name} was refused: {error.get('Code')}: {error.get('Message')}"
            raise Unavailable(f"{self.name}: {text}") from refused
        except BotoCoreError as failed:
            raise Unavailable(f"{self.name}: {failed}") from failed


@contextmanager
def registries(home: StackRegistry, replica: StackRegistry) -> Iterator[tuple[LiveRegistry, LiveRegistry]]:
    """Both, by the user's own AWS environment; in another account as the role that the stack names."""
    session = botocore.session.Session()
    source = LiveRegistry(home, session)
    target = LiveRegistry(replica, _as_role(session, replica.role, home.region) if replica.role else session)
    try:
        yield source, target
    finally:
        source.close()
        target.close()


def _as_role(session: botocore.session.Session, role: str, region: str) -> botocore.session.Session:
    """A session that takes the role, and takes it again whenever its credentials run out."""
    assumed = botocore.session.Session()
    provider = _Role(partial(session.create_client, region_name=region), session.get_credentials, role)
    assumed.register_component("credential_provider", CredentialResolver([provider]))
    return assumed


class _Role(CredentialProvider):
    METHOD = "assume-role"

    def __init__(self, create_client: Callable[..., Any], own: Callable[[], Any], role: str) -> None:
        super().__init__()
        self._create_client = create_client
        self._own = own
        self._role = role

    def load(self) -> DeferredRefreshableCredentials:
        own = self._own()
        if own is None:
            raise NoCredentialsError
        named = {"RoleSessionName": _SESSION_NAME}
        fetcher = AssumeRoleCredentialFetcher(self._create_client, own, self._role, extra_args=named)
        return DeferredRefreshableCredentials(refresh_using=fetcher.fetch_credentials, method=self.METHOD)


def _may_move(described: Mapping[str, Any]) -> Callable[[str], bool]:
    filters = [str(each["filter"]) for each in described.get("imageTagMutabilityExclusionFilters", ())]
    return partial(may_move, TagMutability(described["imageTagMutability"]), filters)
