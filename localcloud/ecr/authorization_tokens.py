"""Authorization tokens: each names its caller, the account and its own end, under a seal that none can forge."""

import base64
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import takewhile

from domain.iam.access import Identity
from localcloud.ecr.api_errors import EcrError

USER = "AWS"
LIFE = timedelta(hours=12)
"""https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry_auth.html"""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationToken:
    password: str
    expires: datetime

    @property
    def basic(self) -> str:
        """User and password as GetAuthorizationToken gives them, and as an Authorization header has them."""
        return base64.b64encode(f"{USER}:{self.password}".encode()).decode()


class Tokens:
    """Gives out tokens and knows them again; another cloud's are forged ones here."""

    def __init__(self) -> None:
        self._seal = secrets.token_bytes(32)
        self._identities: dict[str, tuple[Identity, datetime]] = {}
        """By handle, with the token's end, the first to end first."""
        self._fixed: dict[str, Identity] = {}
        self._ahead = timedelta()

    def move_clock(self, by: timedelta) -> None:
        """So much more time has passed for the tokens, those that are given out and those to come."""
        self._ahead += by

    def issue(self, identity: Identity, *, now: datetime) -> AuthorizationToken:
        self._forget_ended(now + self._ahead)
        expires = now + self._ahead + LIFE
        handle = secrets.token_hex(8)
        self._identities[handle] = identity, expires
        claims = {"id": handle, "caller": identity.arn, "account": identity.account, "expires": expires.isoformat()}
        payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode()
        return AuthorizationToken(password=f"{payload}.{self._mac(payload)}", expires=expires)

    def fix(self, password: str, identity: Identity) -> None:
        """Takes a given password for the identity, which no token is, and which does not end."""
        self._fixed[password] = identity

    def identity(self, password: str, *, now: datetime | None = None) -> Identity:
        """Who a token names; raises when it is forged or has ended."""
        if fixed := self._fixed.get(password):
            return fixed
        payload, _, mac = password.rpartition(".")
        if not payload or not hmac.compare_digest(mac.encode(), self._mac(payload).encode()):
            raise EcrError("InvalidToken", "Your Authorization Token is invalid.")
        claims = json.loads(base64.urlsafe_b64decode(payload))
        if (now or datetime.now(UTC)) + self._ahead >= datetime.fromisoformat(claims["expires"]):
            raise EcrError("ExpiredToken", "Your authorization token has expired. Reauthenticate and try again.")
        identity, _ = self._identities[claims["id"]]
        return identity

    def _forget_ended(self, now: datetime) -> None:
        for handle, _ in list(takewhile(lambda each: each[1][1] <= now, self._identities.items())):
            del self._identities[handle]

    def _mac(self, payload: str) -> str:
        return hmac.new(self._seal, payload.encode(), hashlib.sha256).hexdigest()
