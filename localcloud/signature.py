"""Signature version 4 of an arriving request: read, and proved with the secret where there is one.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from http.client import HTTPMessage

from aiohttp import web
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from localcloud.callers import AccessKey

_ALGORITHMS = ("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256")
_CREDENTIAL = re.compile(r"([^/]+)/([0-9]{8})/(?:([^/]+)/)?([^/]+)/aws4_request")
"""Access key, day, region (which the asymmetric algorithm has not), service."""
_MOMENT = "%Y%m%dT%H%M%SZ"
_SKEW = timedelta(minutes=15)
_BODY_DIGEST = "X-Amz-Content-SHA256"
_TOKEN = "x-amz-security-token"  # noqa: S105 - the header's name; some clients add it after they sign


class NotSigned(Exception):
    """A signature that proves nothing, in AWS's words."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = HTTPStatus.BAD_REQUEST


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """What a request says of itself: with whose key it was signed, for which region and service."""

    access_key: str
    day: str
    region: str
    service: str
    signed_headers: tuple[str, ...] = ()
    value: str = ""


def signature_of(request: web.Request) -> Signature | None:
    """The header's signature, or a presigned URL's; None where there is neither."""
    header = request.headers.get("Authorization")
    if header is not None:
        return _of_header(header)
    credential = request.query.get("X-Amz-Credential")
    return _of_credential(credential, {}, credential) if credential is not None else None


def verify_signature(
    request: web.Request, body: bytes, signature: Signature, key: AccessKey | None, now: datetime
) -> None:
    """Raises NotSigned unless the key's secret signed this very request, lately; a root's secret is any."""
    if key is None:
        raise NotSigned("UnrecognizedClientException", "The security token included in the request is invalid.")
    if not signature.region:
        raise _incomplete("Credential must be scoped to a valid region.", signature.access_key)
    if key.secret is None:
        return
    _require_text(request, signature)
    if not hmac.compare_digest(request.headers.get(_TOKEN, "").encode(), (key.token or "").encode()):
        raise NotSigned("UnrecognizedClientException", "The security token included in the request is invalid.")
    moment = request.headers.get("X-Amz-Date", "")
    _check_time(moment, signature, now)
    expected = _expected(request, body, signature, Credentials(key.identity.arn, key.secret), moment)
    if not hmac.compare_digest(expected.encode(), signature.value.encode()) or not _covers(request, body, signature):
        raise NotSigned(
            "InvalidSignatureException",
            "The request signature we calculated does not match the signature you provided. "
            "Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
        )
    if key.expires is not None and now >= key.expires:
        raise NotSigned("ExpiredTokenException", "The security token included in the request is expired")


def _of_header(header: str) -> Signature:
    algorithm, _, rest = header.partition(" ")
    if algorithm not in _ALGORITHMS:
        raise _incomplete(f"Unsupported algorithm: '{algorithm}'.", header)
    parts = dict(each.strip().partition("=")[::2] for each in rest.split(","))
    missing = [name for name in ("Credential", "Signature", "SignedHeaders") if not parts.get(name)]
    if missing:
        text = " ".join(f"Authorization header requires '{name}' parameter." for name in missing)
        raise _incomplete(text, header)
    return _of_credential(parts["Credential"], parts, header)


def _of_credential(credential: str, parts: dict[str, str], source: str) -> Signature:
    match = _CREDENTIAL.fullmatch(credential)
    if match is None:
        raise _incomplete(
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term.", source
        )
    return Signature(
        access_key=match[1],
        day=match[2],
        region=match[3] or "",
        service=match[4],
        signed_headers=tuple(filter(None, parts.get("SignedHeaders", "").lower().split(";"))),
        value=parts.get("Signature", ""),
    )


def _require_text(request: web.Request, signature: Signature) -> None:
    """A header may hold any bytes; those that are no UTF-8 arrive as lone surrogates, which have no bytes to sign."""
    try:
        "".join((request.raw_path, *request.headers.values())).encode()
    except UnicodeEncodeError:
        raise _incomplete("The request's path and headers must be text in UTF-8.", signature.access_key) from None


def _check_time(moment: str, signature: Signature, now: datetime) -> None:
    try:
        signed = datetime.strptime(moment, _MOMENT).replace(tzinfo=UTC)
    except ValueError:
        raise _incomplete("Authorization header requires existence of an 'X-Amz-Date' header.", moment) from None
    if not moment.startswith(signature.day):
        text = f"Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: {moment}"
        raise NotSigned("InvalidSignatureException", text)
    if signed < now - _SKEW:
        bounds = f"{moment} is now earlier than {now - _SKEW:{_MOMENT}} ({now:{_MOMENT}} - 15 min.)"
        raise NotSigned("InvalidSignatureException", f"Signature expired: {bounds}")
    if signed > now + _SKEW:
        bounds = f"{moment} is still later than {now + _SKEW:{_MOMENT}} ({now:{_MOMENT}} + 15 min.)"
        raise NotSigned("InvalidSignatureException", f"Signature not yet current: {bounds}")


def _expected(request: web.Request, body: bytes, signature: Signature, credentials: Credentials, moment: str) -> str:
    signer = _Signer(credentials, signature.service, signature.region)
    signer.signed = signature.signed_headers
    url = f"http://{request.host}{request.raw_path}"
    again = AWSRequest(method=request.method, url=url, data=body, headers=dict(request.headers))
    again.context["timestamp"] = moment
    return str(signer.signature(signer.string_to_sign(again, signer.canonical_request(again)), again))


def _covers(request: web.Request, body: bytes, signature: Signature) -> bool:
    """Whether the host, whatever AWS reads of the headers, and the body cannot have been changed after signing."""
    read = {"host", *(name.lower() for name in request.headers if name.lower().startswith("x-amz-"))}
    claimed = request.headers.get(_BODY_DIGEST)
    return read - {_TOKEN} <= {*signature.signed_headers} and claimed in (None, hashlib.sha256(body).hexdigest())


def _incomplete(reason: str, source: str) -> NotSigned:
    return NotSigned("IncompleteSignatureException", f"{reason} Authorization={source}")


class _Signer(SigV4Auth):
    """Signs exactly the headers that were signed; botocore's own choice is another client's business."""

    signed: tuple[str, ...] = ()

    def headers_to_sign(self, request: AWSRequest) -> HTTPMessage:
        headers = HTTPMessage()
        for name in self.signed:
            headers[name] = request.headers.get(name, "")
        return headers
