"""A call to AWS as IAM sees it: the caller, its policies, and the request."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from domain.iam.document import Document

Context = Mapping[str, tuple[str, ...]]
"""Condition keys, in any letter case, and their values; a key that is not there is absent, which is not empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A document and its name, such as `push` or `payments/api`."""

    name: str
    document: Document


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who calls."""

    arn: str
    """Of a session, its own ARN; `principal_arn` is the role's.

    arn:aws:iam::A:root, arn:aws:iam::A:user/P/N, arn:aws:sts::A:assumed-role/N/S; a service's principal name
    (`lambda.amazonaws.com`) for a service; the ARN of an identity provider for the holder of its token; "" for an
    anonymous caller."""
    account: str | None
    """None for a service, the holder of a token, and an anonymous caller."""
    role_arn: str | None = None
    """Of a session: the role with its path, arn:aws:iam::A:role/P/N."""
    session_policies: tuple[Policy, ...] = ()
    session_context: Context = field(default_factory=dict)
    """Condition keys of every request of the session, such as aws:PrincipalTag/... or a service's aws:SourceArn."""

    @property
    def is_anonymous(self) -> bool:
        return not self.arn

    @property
    def is_service(self) -> bool:
        return bool(self.arn) and self.account is None and not self.is_federated

    @property
    def is_federated(self) -> bool:
        return self.account is None and self.arn.startswith("arn:")

    @property
    def is_root(self) -> bool:
        return self.account is not None and self.arn.endswith(f"::{self.account}:root")

    @property
    def principal_arn(self) -> str:
        """What aws:PrincipalArn is: the role of a session, else the ARN itself."""
        return self.role_arn or self.arn


ANONYMOUS = Identity(arn="", account=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """An identity with the policies and tags that its own account gives it."""

    identity: Identity
    policies: tuple[Policy, ...] = ()
    boundary: Policy | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    """The user's own or the role's, which aws:PrincipalTag/... is unless the session has another value."""
    organization: str | None = None
    """The id of its account's organization, which aws:PrincipalOrgID is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One action on one resource; `resource` is "*" where the action has no resource type."""

    action: str
    resource: str
    account: str
    """The account that owns the resource."""
    context: Context = field(default_factory=dict)


class Outcome(Enum):
    ALLOWED = "allowed"
    IMPLICIT_DENY = "implicitly denied"
    EXPLICIT_DENY = "explicitly denied"


class PolicyKind(Enum):
    """The kinds of policy that can decide, in AWS's words."""

    IDENTITY = "identity-based policy"
    BOUNDARY = "permissions boundary"
    SESSION = "session policy"
    RESOURCE = "resource-based policy"
    ROOT = "account root"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """IAM's answer, and why: the statement that decided, or, for an implicit deny, the kind without an allow."""

    outcome: Outcome
    source: PolicyKind
    policy: str | None = None
    """The deciding policy's name; None for an implicit deny."""
    statement: int | None = None
    """The deciding statement's index in its document."""
    sid: str | None = None

    @property
    def allowed(self) -> bool:
        return self.outcome is Outcome.ALLOWED
