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
from domain.iam.github import ISSUER
from localcloud.ecr.api_errors import EcrError
from localcloud.github_issuer import ALGORITHM, GithubIssuer

_SCHEME = "https://"
_CONDITION_KEYS = (
    "actor",
    "actor_id",
    "aud",
    "enterprise_id",
    "environment",
    "job_workflow_ref",
    "ref",
    "repository",
    "repository_id",
    "repository_owner_id",
    "sub",
    "workflow",
)
"""The claims of GitHub's tokens that AWS makes condition keys of, in the trust policy alone.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html"""


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
    if not isinstance(issuer, str) or not issuer.startswith(_SCHEME):
        raise invalid_token("Issuer must be a valid URL")
    return WebIdentityToken(text=text, key_id=parts["header"].get("kid"), issuer=issuer.removeprefix(_SCHEME))


def verified_identity(token: WebIdentityToken, github: GithubIssuer, now: datetime) -> WebIdentity:
    """Raises InvalidIdentityToken unless the issuer signed the token, and ExpiredTokenException after its end."""
    # No other issuer has a key here, as none answers in AWS whose keys can't be fetched.
    key = github.key(token.key_id) if token.issuer == ISSUER else None
    if key is None:
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
    return WebIdentity(
        issuer=token.issuer,
        audience=_text(claims, "aud"),
        subject=_text(claims, "sub"),
        context={f"{token.issuer}:{name}": (_text(claims, name),) for name in _CONDITION_KEYS if name in claims},
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


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims[name]
    if not isinstance(value, str):
        raise invalid_token(f"The claim {name} is not text")
    return value
