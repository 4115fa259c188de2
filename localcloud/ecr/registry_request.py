"""One request to the data plane, once it is known who sent it and which repository it is about."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from aiohttp import web

from domain.ecr.creation_templates import Occasion
from domain.iam.access import Caller
from localcloud.calls import Call
from localcloud.ecr import repository_creation
from localcloud.ecr.api_errors import EcrError
from localcloud.ecr.authorize import may, require
from localcloud.ecr.blobs import Blobs, Owner
from localcloud.ecr.registry_state import StoredRegistry, StoredRepository
from localcloud.ecr.services import Services

PATIENCE_SECONDS = 30.0
"""How long a sender may be silent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryRequest:
    http: web.Request
    registry: StoredRegistry
    services: Services
    caller: Caller
    name: str
    """The repository's, well formed; whether it exists is looked up after authorization. "" of the whole registry."""
    reference: str
    """The last part of the path: a digest, a tag, an upload's id."""

    @property
    def blobs(self) -> Blobs:
        return self.services.blobs

    @property
    def call(self) -> Call:
        return Call(caller=self.caller, region=self.registry.region)

    def repository(self, *actions: str) -> StoredRepository:
        """The repository, to a caller that is allowed all these actions in it."""
        for action in actions:
            require(self.call, action, self.registry, self.name)
        return self.registry.repository(self.name)

    async def repository_to_push(self, *actions: str) -> StoredRepository:
        """The same, where a missing repository is created by a creation template."""
        occasion = Occasion.CREATE_ON_PUSH
        if self.name in self.registry.repositories or not repository_creation.template_for(
            self.registry, self.name, occasion
        ):
            return self.repository(*actions)
        # AWS does not document whether the pusher needs the last one. Here it does, so that nothing works
        # here and fails in AWS.
        for action in (*actions, "CreateRepository"):
            require(self.call, action, self.registry, self.name)
        return await repository_creation.create_by_template(self.registry, self.name, occasion, self.services.backend)

    def may(self, action: str, name: str) -> bool:
        return may(self.call, action, self.registry, name)

    async def image_to_pull(self, action: str) -> StoredRepository:
        """The repository, for a caller that is allowed the action, with the reference imported from upstream."""
        to_come = self.services.cache.policy_to_come(self.registry, self.name)
        require(self.call, action, self.registry, self.name, to_come=to_come)
        await self.services.cache.bring_image(self.call, self.registry, self.name, self.reference)
        return self.registry.repository(self.name)

    async def with_layer(self) -> StoredRepository:
        """The repository, with the layer that the reference names brought from upstream; the caller may have it."""
        await self.services.cache.bring_layer(self.call, self.registry, self.name, self.reference)
        return self.registry.repository(self.name)

    @property
    def owner(self) -> Owner:
        """In the repository as it is now: it may have gone since the request began."""
        return Owner(repository=self.registry.repository(self.name), account=self.caller.identity.account)

    async def content(self, length: int | None = None) -> AsyncIterator[bytes]:
        """The body as it comes in, which must be as long as it was said to be."""
        received = 0
        try:
            while chunk := await self._next_chunk():
                received += len(chunk)
                yield chunk
        except (web.RequestPayloadError, ConnectionError, TimeoutError) as error:
            raise EcrError("SIZE_INVALID", f"The body broke off after {received} bytes") from error
        if length not in (None, received):
            raise EcrError("SIZE_INVALID", f"The body is {received} bytes long, and was to be {length}")

    async def _next_chunk(self) -> bytes:
        """Some of the body, nothing at its end; the server does not tell of a body that turns into garbage."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self.http.content.readany()
