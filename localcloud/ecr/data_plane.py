"""The data plane of one registry: what docker, skopeo and kubelet speak to under /v2/."""

import base64
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import unquote

from aiohttp import web

from domain.ecr.names import repository_name_problems
from domain.iam.access import Identity
from localcloud.ecr import api_errors, image_routes, layer_routes
from localcloud.ecr.api_errors import EcrError
from localcloud.ecr.authorization_tokens import USER
from localcloud.ecr.blobs import StorageError
from localcloud.ecr.call_records import Handler, record_request
from localcloud.ecr.registry_request import RegistryRequest
from localcloud.ecr.registry_state import StoredRegistry
from localcloud.ecr.services import Services

_LOG = logging.getLogger(__name__)

_VERSION_CHECK = re.compile(r"/v2/?")
_CATALOG = re.compile(r"/v2/_catalog/?")
_ROUTES: tuple[tuple[re.Pattern[str], Mapping[str, Handler]], ...] = (
    (re.compile(r"/v2/(?P<name>.+)/blobs/uploads/?"), {"POST": layer_routes.start_upload}),
    (
        re.compile(r"/v2/(?P<name>.+)/blobs/uploads/(?P<reference>[^/]+)"),
        {
            "PATCH": layer_routes.append_part,
            "PUT": layer_routes.end_upload,
            "GET": layer_routes.upload_status,
            "DELETE": layer_routes.cancel_upload,
        },
    ),
    (
        re.compile(r"/v2/(?P<name>.+)/blobs/(?P<reference>[^/]+)"),
        {"GET": layer_routes.get_blob, "HEAD": layer_routes.head_blob},
    ),
    (
        re.compile(r"/v2/(?P<name>.+)/manifests/(?P<reference>[^/]+)"),
        {
            "GET": image_routes.get_manifest,
            "HEAD": image_routes.head_manifest,
            "PUT": image_routes.put_manifest,
            "DELETE": image_routes.delete_manifest,
        },
    ),
    (re.compile(r"/v2/(?P<name>.+)/tags/list"), {"GET": image_routes.list_tags}),
    (re.compile(r"/v2/(?P<name>.+)/referrers/(?P<reference>[^/]+)"), {"GET": image_routes.list_referrers}),
)
"""By the path as it was sent: a slash that is written %2F is part of a name, and makes it a wrong one."""


def data_plane(registry: StoredRegistry, services: Services) -> web.Application:
    """The application that answers at the registry's own port."""
    plane = _Plane(registry, services)
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", plane.answer)
    application.on_response_prepare.append(_say_version)
    return application


@dataclass(frozen=True, slots=True)
class _Plane:
    registry: StoredRegistry
    services: Services

    async def answer(self, request: web.Request) -> web.StreamResponse:
        try:
            return await self._answer(request)
        except EcrError as error:
            return api_errors.error_response(error)
        except StorageError as error:
            return api_errors.failure_response(str(error))
        except Exception as error:  # noqa: BLE001 - an error ends one request, and not the server
            _LOG.exception("%s %s failed", request.method, request.raw_path)
            return api_errors.failure_response(f"{type(error).__name__}: {error}")

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        path = request.rel_url.raw_path
        if not path.startswith("/v2"):
            return _no_page()
        identity = self._identity(request)
        if identity is None:
            return api_errors.challenge(request.host)
        if _VERSION_CHECK.fullmatch(path):
            return web.Response()
        if _CATALOG.fullmatch(path):
            listing: Handler = image_routes.list_repositories if request.method == "GET" else _unsupported
            return await _recorded(listing, await self._registry_request(request, identity))
        for pattern, handlers in _ROUTES:
            if match := pattern.fullmatch(path):
                handler = handlers.get(request.method, _unsupported)
                if repository_name_problems(match["name"]):
                    raise EcrError("NAME_INVALID", f"{match['name']!r} is not a name of a repository")
                found = await self._registry_request(request, identity, **match.groupdict())
                return await _recorded(handler, found)
        return _no_page()

    def _identity(self, request: web.Request) -> Identity | None:
        """Who sent the request; None when it does not say so as ECR's clients do."""
        scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "basic":
            return None
        try:
            user, _, password = base64.b64decode(credentials, validate=True).decode().partition(":")
        except ValueError:
            return None
        return self.services.tokens.identity(password) if user == USER else None

    async def _registry_request(
        self, request: web.Request, identity: Identity, *, name: str = "", reference: str = ""
    ) -> RegistryRequest:
        return RegistryRequest(
            http=request,
            registry=self.registry,
            services=self.services,
            caller=await self.services.callers.caller(identity),
            name=name,
            reference=unquote(reference),
        )


async def _recorded(handler: Handler, request: RegistryRequest) -> web.StreamResponse:
    try:
        response = await handler(request)
    except EcrError as error:
        record_request(handler, request, error=error)
        raise
    record_request(handler, request, response=response)
    return response


async def _unsupported(request: RegistryRequest) -> web.StreamResponse:
    raise EcrError("UNSUPPORTED", f"{request.http.method} is not supported here")


async def _say_version(_: web.Request, response: web.StreamResponse) -> None:
    response.headers["Docker-Distribution-Api-Version"] = "registry/2.0"


def _no_page() -> web.Response:
    return web.Response(status=HTTPStatus.NOT_FOUND, text="404 page not found\n")
