"""AWS's protocols, as botocore's service models describe them: calls written, answers read, errors and answers made."""

import base64
import json
import uuid
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from html import escape
from http import HTTPStatus
from typing import Any, NamedTuple, cast
from urllib.parse import urlsplit

from aiohttp import web
from botocore.auth import SigV4Auth
from botocore.awsrequest import HeadersDict, create_request_object, prepare_request_dict
from botocore.credentials import Credentials
from botocore.loaders import Loader
from botocore.model import ServiceModel, Shape
from botocore.parsers import create_parser
from botocore.serialize import create_serializer

from localcloud.emulator import EmulatorAnswer

_ANY_SECRET = "any"  # noqa: S105 - the emulator takes an account's id with whatever secret as that account's root
_AMZ_JSON = "application/x-amz-json-1.1"


class Outgoing(NamedTuple):
    method: str
    path: str
    headers: list[tuple[str, str]]
    body: bytes


class CallFailed(Exception):
    """A service refused; its own code and message."""

    def __init__(self, service: str, operation: str, code: str, message: str) -> None:
        super().__init__(f"{service} {operation}: {code}: {message}")
        self.code = code
        self.message = message


@cache
def service_model(service: str) -> ServiceModel:
    """AWS's own description of the service."""
    return ServiceModel(Loader().load_service_model(service, "service-2"), service)


def signed_request(
    service: str, operation: str, parameters: Mapping[str, Any], *, account: str, region: str
) -> Outgoing:
    """The call as the account's root signs it."""
    model = service_model(service)
    serialized = create_serializer(_protocol(model)).serialize_to_request(
        dict(parameters), model.operation_model(operation)
    )
    prepare_request_dict(serialized, endpoint_url=f"http://{service}.{region}.amazonaws.com")
    request = create_request_object(serialized)
    SigV4Auth(Credentials(account, _ANY_SECRET), model.signing_name, region).add_auth(request)
    prepared = request.prepare()
    url = urlsplit(prepared.url)
    headers = [(name, _text(value)) for name, value in prepared.headers.items()]
    return Outgoing(prepared.method, f"{url.path}?{url.query}".rstrip("?"), headers, _bytes(prepared.body))


def read_answer(service: str, operation: str, answer: EmulatorAnswer) -> dict[str, Any]:
    """The answer's members; raises CallFailed where it is a refusal."""
    model = service_model(service)
    raw = {"status_code": answer.status, "headers": HeadersDict(dict(answer.headers)), "body": answer.body}
    shape = cast("Shape", model.operation_model(operation).output_shape)
    parsed: dict[str, Any] = create_parser(_protocol(model)).parse(raw, shape)
    if answer.status >= HTTPStatus.MULTIPLE_CHOICES:
        error = parsed.get("Error", {})
        raise CallFailed(service, operation, str(error.get("Code")), str(error.get("Message")))
    return parsed


def json_answer(members: Mapping[str, Any]) -> web.Response:
    """An answer of the JSON protocol: moments as seconds since 1970, bytes in base64."""
    return _json(HTTPStatus.OK, members, {})


def xml_answer(service: str, operation: str, members: Mapping[str, Any]) -> web.Response:
    """An answer of the query protocol, of members that hold no list: moments as ISO 8601 has them."""
    model = service_model(service)
    wrapper = cast("Shape", model.operation_model(operation).output_shape).serialization["resultWrapper"]
    text = (
        f'<{operation}Response xmlns="{model.metadata["xmlNamespace"]}"><{wrapper}>{_elements(members)}</{wrapper}>'
        f"<ResponseMetadata><RequestId>{uuid.uuid4()}</RequestId></ResponseMetadata></{operation}Response>"
    )
    return web.Response(text=text, content_type="text/xml")


def error_answer(request: web.Request, code: str, message: str, status: int) -> web.Response:
    """An error in the protocol that the caller speaks, so that its client shows code and message."""
    form = request.content_type == "application/x-www-form-urlencoded" or "Action" in request.query
    if "X-Amz-Target" in request.headers or not form:
        return _json(status, {"__type": code, "message": message}, {"x-amzn-ErrorType": code})
    text = (
        f"<ErrorResponse><Error><Type>Sender</Type><Code>{escape(code)}</Code><Message>{escape(message)}</Message>"
        f"</Error><RequestId>{uuid.uuid4()}</RequestId></ErrorResponse>"
    )
    # A header holds any bytes, and a refusal that quotes one must not fail by it.
    body = text.encode(errors="replace")
    return web.Response(status=status, body=body, content_type="text/xml", charset="utf-8")


def _json(status: int, members: Mapping[str, Any], headers: Mapping[str, str]) -> web.Response:
    body = json.dumps(members, default=_plain).encode()
    about = {"Content-Type": _AMZ_JSON, "x-amzn-RequestId": str(uuid.uuid4()), **headers}
    return web.Response(status=status, body=body, headers=about)


def _elements(value: object) -> str:
    match value:
        case Mapping():
            return "".join(f"<{name}>{_elements(each)}</{name}>" for name, each in value.items())
        case datetime():
            return f"{value:%Y-%m-%dT%H:%M:%SZ}"
    return escape(str(value))


def _plain(value: object) -> object:
    match value:
        case datetime():
            return value.timestamp()
        case bytes():
            return base64.b64encode(value).decode()
    raise TypeError(f"{type(value).__name__} is nothing that an answer can hold")


def _protocol(model: ServiceModel) -> str:
    """Of those that the service speaks, the one that botocore's clients take."""
    return str(model.resolved_protocol)


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _bytes(value: str | bytes | None) -> bytes:
    return value.encode() if isinstance(value, str) else value or b""
