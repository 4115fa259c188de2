"""The OIDC issuers whose public keys the local STS knows, as AWS fetches them: GitHub's, and those of clusters."""

import json
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any, Protocol

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from domain.iam.oidc import issuer_name

ALGORITHM = "RS256"
ANY_ISSUERS_CLAIMS = frozenset({"aud", "sub"})
"""What AWS makes condition keys of, whichever issuer a token is from.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html"""
_KEY_BITS, _EXPONENT = 2048, 65537


class PublicKeys(Protocol):
    """What an issuer publishes."""

    def key(self, id: object) -> RSAPublicKey | None:
        """The key of this id, where there is one."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OidcIssuer:
    """One that the local STS knows."""

    keys: PublicKeys
    condition_claims: frozenset[str]


class OidcIssuers:
    """By the issuer's URL without its scheme, as it is in the ARN of an account's provider and in condition keys."""

    def __init__(self) -> None:
        self._issuers: dict[str, OidcIssuer] = {}

    def add(self, url: str, keys: PublicKeys, condition_claims: frozenset[str] = ANY_ISSUERS_CLAIMS) -> None:
        """Adds one, or gives it these keys from now on; raises ValueError where it has another form than AWS takes."""
        issuer = issuer_name(url)
        if issuer == url or not issuer or issuer.endswith("/"):
            raise ValueError(
                f"{url!r} is not the URL of an OIDC issuer (write https://HOST/PATH, with no / at its end)"
            )
        self._issuers[issuer] = OidcIssuer(keys=keys, condition_claims=condition_claims)

    def find(self, issuer: str) -> OidcIssuer | None:
        return self._issuers.get(issuer)


class PublishedKeys:
    """The keys of a JWKS, as an API server answers at /openid/v1/jwks; or one in PEM, as it has it in a file."""

    def __init__(self, text: str) -> None:
        self._keys = dict(_keys_of_jwks(text) if text.lstrip().startswith("{") else [_key_of_pem(text)])

    def key(self, id: object) -> RSAPublicKey | None:
        return self._keys.get(str(id))


class SigningKey:
    """Signs tokens; its public half is what the issuer publishes."""

    def __init__(self) -> None:
        self._key_id = secrets.token_hex(20)

    def key(self, id: object) -> RSAPublicKey | None:
        return self._key.public_key() if id == self._key_id else None

    def signed(self, claims: Mapping[str, Any]) -> str:
        return jwt.encode(dict(claims), self._key, algorithm=ALGORITHM, headers={"kid": self._key_id})

    @cached_property
    def _key(self) -> RSAPrivateKey:
        """Made when it is first needed: most clouds never sign a token, and it takes longer than anything else here."""
        return generate_private_key(_EXPONENT, _KEY_BITS)


def _keys_of_jwks(text: str) -> list[tuple[str, RSAPublicKey]]:
    try:
        found = jwt.PyJWKSet.from_dict(json.loads(text)).keys
    except (ValueError, AttributeError, jwt.PyJWTError) as invalid:
        raise ValueError(f"the JWKS can't be read: {invalid}") from invalid
    return [(str(each.key_id), _rsa(each.key)) for each in found]


def _key_of_pem(text: str) -> tuple[str, RSAPublicKey]:
    """A file has no id: Kubernetes takes the digest of the key.
    https://github.com/kubernetes/kubernetes/blob/v1.36.3/pkg/serviceaccount/jwt.go, keyIDFromPublicKey"""
    key = _rsa(load_pem_public_key(text.encode()))
    digest = sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode(), key


def _rsa(key: object) -> RSAPublicKey:
    if not isinstance(key, RSAPublicKey):
        raise ValueError(f"{type(key).__name__} is not an RSA public key, and the local STS verifies {ALGORITHM} alone")  # noqa: TRY004 - bad input
    return key
