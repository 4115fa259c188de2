"""A web identity's token: read, and proved with its issuer's key.

https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html. The API's reference names the
codes; the messages are those that users reported, and our own where none was found."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import jwt
from jwt.types import Options

from domain.iam.access import Context
from domain.iam.oidc import SCHEME, issuer_name
from localcloud.ecr.api_errors import EcrError
from localcloud.oidc_issuers import ALGORITHM, OidcIssuers

_LEFT_TO_US: Options = {
    "require": ["aud", "exp", "iat", "iss", "sub"],
    "verify_aud": False,
    "verify_exp": False,
    "verify_iat": False,
    "verify_iss": False,
    "verify_jti": False,
    "verify_nbf": False,
    "verify_sub": False,
}
"""The claims must be there; what they say is compared here, with our clock and in AWS's words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebIdentityToken:
    """One that says it comes from this issuer, and nothing more is known."""

    text: str
    key_id: object
    issuer: str
    """Without its scheme, as in the ARN of the provider."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebIdentity:
    """What a proven token says."""

    issuer: str
    audience: str
    subject: str
    context: Context


def read_token(text: str) -> WebIdentityToken:
    """Raises InvalidIdentityToken where it is not a token, or names no issuer."""
    try:
        parts = jwt.decode_complete(text, options={"verify_signature": False})
    except jwt.InvalidTokenError:
        words = "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"
        raise invalid_token(words) from None
    issuer = parts["payload"].get("iss")
    if not isinstance(issuer, str) or not issuer.startswith(SCHEME):
        raise invalid_token("Issuer must be a valid URL")
    return WebIdentityToken(text=text, key_id=parts["header"].get("kid"), issuer=issuer_name(issuer))


def verified_identity(token: WebIdentityToken, issuers: OidcIssuers, now: datetime) -> WebIdentity:
    """Raises InvalidIdentityToken unless the issuer signed the token, and ExpiredTokenException after its end."""
    issuer = issuers.find(token.issuer)
    key = issuer.keys.key(token.key_id) if issuer is not None else None
    if issuer is None or key is None:
        raise invalid_token(
            "Couldn't retrieve verification key from your identity provider,  "
            "please reference AssumeRoleWithWebIdentity documentation for requirements"
        )
    try:
        claims = jwt.decode(token.text, key, algorithms=[ALGORITHM], options=_LEFT_TO_US)
    except jwt.MissingRequiredClaimError as missing:
        raise invalid_token(f"Missing a required claim: {missing.claim}") from None
    except jwt.InvalidTokenError as invalid:
        raise invalid_token(f"The token's signature proves nothing: {invalid}") from None
    _require_current(claims, now)
    claims["aud"] = _audience(claims)
    return WebIdentity(
        issuer=token.issuer,
        audience=claims["aud"],
        subject=_text(claims, "sub"),
        context={
            f"{token.issuer}:{name}": (_text(claims, name),) for name in issuer.condition_claims if name in claims
        },
    )


def invalid_token(words: str) -> EcrError:
    return EcrError("InvalidIdentityToken", words)


def _require_current(claims: Mapping[str, Any], now: datetime) -> None:
    moment = int(now.timestamp())
    ends, begins = _moment(claims, "exp"), _moment(claims, "nbf") if "nbf" in claims else moment
    if moment >= ends:
        words = f"Token expired: current date/time {moment} must be before the expiration date/time {ends}"
        raise EcrError("ExpiredTokenException", words)
    if moment < begins:
        raise invalid_token(f"Token not yet valid: current date/time {moment} must not be before {begins}")


def _moment(claims: Mapping[str, Any], name: str) -> int | float:
    value = claims[name]
    if not isinstance(value, int | float):
        raise invalid_token(f"The claim {name} is not a timestamp")
    return value


def _audience(claims: Mapping[str, Any]) -> str:
    """Kubernetes makes a list of it. What AWS takes of several is not documented: no proof should depend on it."""
    match claims["aud"]:
        case [str(only)]:
            return only
        case list(several):
            raise invalid_token(f"The claim aud has {len(several)} audiences, and the local STS takes a token for one")
    return _text(claims, "aud")


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims[name]
    if not isinstance(value, str):
        raise invalid_token(f"The claim {name} is not text")
    return value
