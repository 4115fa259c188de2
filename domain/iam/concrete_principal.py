"""One principal of whom it is asked what it can do: a token, a role, any other ARN, an account, or anyone at all."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from domain.iam.oidc import AUDIENCE


@dataclass(frozen=True, kw_only=True)
class ConcretePrincipal:
    """Exactly one of provider, role, arn and account is set; of an AWS principal that nothing names, none is."""

    label: str
    """How people call it."""
    provider: str = ""
    """The ARN of the identity provider whose token it holds."""
    claims: Mapping[str, str] = field(default_factory=dict)
    """Of the token, with `sub` and `aud`."""
    whole: bool = False
    """Whether these are all claims of the token: any other is absent, and not merely not known."""
    role: str = ""
    """The ARN of a role that the stack declares."""
    arn: str = ""
    """A role, user or session that the stack does not declare."""
    account: str = ""
    """Any principal of this account."""
    organization: str = ""
    """The organization of the account, or of the account of the ARN."""

    @cached_property
    def issuer(self) -> str:
        """With which the condition keys of its claims begin."""
        return self.provider.partition("oidc-provider/")[2]

    @property
    def token(self) -> tuple[object, ...]:
        """What a trust policy sees of it."""
        return self.provider, tuple(sorted(self.claims.items())), self.whole


def token_holder(label: str, provider: str, subject: str, **claims: str | None) -> ConcretePrincipal:
    """The holder of a token for AWS; a claim that is None is not known."""
    known = {name: value for name, value in claims.items() if value is not None}
    return ConcretePrincipal(label=label, provider=provider, claims={"sub": subject, "aud": AUDIENCE, **known})
