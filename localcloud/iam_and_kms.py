"""What the emulator knows and our ECR must know too: keys with their policies, and what each identity may."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple, Protocol, TypeVar
from urllib.parse import unquote

from domain.aws import Arn
from domain.iam.access import Identity, Policy
from domain.iam.document import Document, InvalidDocument, parse
from localcloud.emulator import EmulatorAnswer, Headers
from localcloud.protocols import CallFailed, read_answer, signed_request

IAM_REGION = "us-east-1"
"""Where IAM is called, whichever region it is about."""
_NO_SUCH_ENTITY = "NoSuchEntity"
_NO_SUCH_KEY = frozenset({"NotFoundException", "InvalidArnException", "InvalidKeyId", "ValidationException"})

_T = TypeVar("_T")


class AttachedPolicies(NamedTuple):
    """What an account says of one of its own."""

    policies: tuple[Policy, ...] = ()
    boundary: Policy | None = None
    tags: Mapping[str, str] = {}


class EmulatorApi(Protocol):
    """The part of the emulator that is called."""

    async def request(self, method: str, path: str, headers: Headers = (), body: bytes = b"") -> EmulatorAnswer: ...


class UnreadablePolicy(Exception):
    """A document that the emulator took and IAM would not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KmsKey:
    """A KMS key, in KMS's words: usage is ENCRYPT_DECRYPT, spec SYMMETRIC_DEFAULT where ECR can use it."""

    arn: str
    account: str
    region: str
    enabled: bool
    usage: str
    spec: str
    policy: Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class AssumableRole:
    """A role as those meet it who want to assume it."""

    arn: str
    id: str
    trust: Policy
    longest_session: timedelta


class Backend:
    """Reads as each account's root, and remembers until that account writes to that service."""

    def __init__(self, emulator: EmulatorApi) -> None:
        self._emulator = emulator
        self._memory: dict[tuple[str, str], dict[Hashable, asyncio.Future[Any]]] = {}
        self._added_keys: dict[str, KmsKey] = {}
        self._secrets: dict[str, str] = {}

    async def call(
        self, service: str, operation: str, parameters: Mapping[str, Any], *, account: str, region: str
    ) -> dict[str, Any]:
        """Any operation, never remembered; raises CallFailed."""
        outgoing = signed_request(service, operation, parameters, account=account, region=region)
        return read_answer(service, operation, await self._emulator.request(*outgoing))

    def forget(self, service: str, account: str | None = None) -> None:
        """The account wrote to the service; None where it is not known which did."""
        for place in [each for each in self._memory if each[0] == service and account in (None, each[1])]:
            del self._memory[place]

    def add_key(self, key: KmsKey) -> None:
        """A key that the emulator can't hold, since it gives each its own ARN."""
        self._added_keys[key.arn] = key

    def add_secret(self, arn: str, text: str) -> None:
        """A secret that the emulator can't hold, for the same reason."""
        self._secrets[arn] = text

    def secret(self, arn: str) -> str | None:
        """The value of a secret that was added; the others are in the emulator."""
        return self._secrets.get(arn)

    async def key(self, name: str, *, account: str, region: str) -> KmsKey | None:
        """The key of an ARN, or of a key id or `alias/...` in the account and region; None where there is none."""
        if name in self._added_keys:
            return self._added_keys[name]
        arn = Arn.parse(name)
        if arn is not None:
            account, region = arn.account, arn.region
        return await self.remembered("kms", account, (region, name), lambda: self._key(name, account, region))

    async def attached_policies(self, identity: Identity) -> AttachedPolicies:
        """A user's or role's own policies (a user's groups' too), boundary and tags; nothing for other identities."""
        arn, account = Arn.parse(identity.principal_arn), identity.account
        if arn is None or account is None:
            return AttachedPolicies()
        kind, _, path = arn.resource.partition("/")
        if kind not in ("user", "role"):
            return AttachedPolicies()
        name = path.rpartition("/")[2]
        member = _Member(self.call, account, kind.capitalize(), name)
        return await self.remembered("iam", account, (kind, name), member.attached_policies)

    async def policy(self, arn: str, *, account: str) -> Policy:
        """A managed policy in its default version."""
        return await _managed(self.call, account, arn)

    async def role(self, arn: Arn) -> AssumableRole | None:
        """The role of this very ARN, its path included; None where there is none."""
        name = arn.resource.rpartition("/")[2]
        found = await self.remembered("iam", arn.account, ("Role", name), lambda: self._role(name, arn.account))
        return found if found is not None and found.arn == str(arn) else None

    async def audiences(self, provider: str, *, account: str) -> tuple[str, ...] | None:
        """Whom an OIDC provider's tokens may be made for, its client ids; None where the account has no such one."""
        wanted = {"OpenIDConnectProviderArn": provider}
        found = await self._found("GetOpenIDConnectProvider", wanted, account)
        return None if found is None else tuple(found["ClientIDList"])

    async def _role(self, name: str, account: str) -> AssumableRole | None:
        found = await self._found("GetRole", {"RoleName": name}, account)
        if found is None:
            return None
        role = found["Role"]
        trust = document_of(role["AssumeRolePolicyDocument"], f"the trust policy of {role['Arn']}")
        return AssumableRole(
            arn=role["Arn"],
            id=role["RoleId"],
            trust=Policy(name="trust policy", document=trust),
            longest_session=timedelta(seconds=role["MaxSessionDuration"]),
        )

    async def _found(self, operation: str, wanted: Mapping[str, str], account: str) -> dict[str, Any] | None:
        """What IAM answers, or None where it knows nothing of the kind."""
        try:
            return await self.call("iam", operation, wanted, account=account, region=IAM_REGION)
        except CallFailed as failed:
            if failed.code != _NO_SUCH_ENTITY:
                raise
            return None

    async def _key(self, name: str, account: str, region: str) -> KmsKey | None:
        try:
            described = await self.call("kms", "DescribeKey", {"KeyId": name}, account=account, region=region)
        except CallFailed as failed:
            if failed.code in _NO_SUCH_KEY:
                return None
            raise
        about = described["KeyMetadata"]
        wanted = {"KeyId": about["KeyId"], "PolicyName": "default"}
        answer = await self.call("kms", "GetKeyPolicy", wanted, account=account, region=region)
        return KmsKey(
            arn=about["Arn"],
            account=account,
            region=region,
            enabled=bool(about["Enabled"]),
            usage=about["KeyUsage"],
            spec=about["KeySpec"],
            policy=Policy(name=about["KeyId"], document=document_of(answer["Policy"], f"the policy of {about['Arn']}")),
        )

    async def remembered(self, service: str, account: str, what: Hashable, learn: Callable[[], Awaitable[_T]]) -> _T:
        """What `learn` brings, until the account writes to the service: one read for all concurrent callers.

        A read that a write overtakes is not remembered."""
        memory = self._memory.setdefault((service, account), {})
        if what not in memory:
            memory[what] = asyncio.ensure_future(learn())
        future: asyncio.Future[_T] = memory[what]
        try:
            return await asyncio.shield(future)
        except Exception:
            memory.pop(what, None)
            raise

    def known(self, service: str, account: str, what: Hashable) -> Any:
        """What is remembered, at once; None where it would have to be read."""
        future = self._memory.get((service, account), {}).get(what)
        return future.result() if future is not None and future.done() and not future.exception() else None


@dataclass(frozen=True, slots=True)
class _Member:
    """A user, a role or a group, whose reads IAM names alike."""

    call: Callable[..., Awaitable[dict[str, Any]]]
    account: str
    kind: str
    name: str

    async def attached_policies(self) -> AttachedPolicies:
        try:
            entity = (await self._get(f"Get{self.kind}"))[self.kind]
        except CallFailed as failed:
            if failed.code != _NO_SUCH_ENTITY:
                raise
            return AttachedPolicies()  # a session outlives its role, and may nothing then
        policies = (*await self.policies(), *await self._groups_policies())
        tags = {each["Key"]: each["Value"] for each in entity.get("Tags", ())}
        boundary = entity.get("PermissionsBoundary")
        if boundary is None:
            return AttachedPolicies(policies, None, tags)
        return AttachedPolicies(
            policies, await _managed(self.call, self.account, boundary["PermissionsBoundaryArn"]), tags
        )

    async def policies(self) -> list[Policy]:
        return [*await self._inline(), *await self._attached()]

    async def _inline(self) -> list[Policy]:
        found = []
        for name in await self._list(f"List{self.kind}Policies", "PolicyNames"):
            answer = await self._get(f"Get{self.kind}Policy", PolicyName=name)
            where = f"the policy {name} of {self.kind.lower()} {self.name} in {self.account}"
            document = document_of(answer["PolicyDocument"], where, incomplete_arns=True)
            found.append(Policy(name=name, document=document))
        return found

    async def _attached(self) -> list[Policy]:
        attached = await self._list(f"ListAttached{self.kind}Policies", "AttachedPolicies")
        return [await _managed(self.call, self.account, each["PolicyArn"]) for each in attached]

    async def _groups_policies(self) -> list[Policy]:
        if self.kind != "User":
            return []
        groups = await self._list("ListGroupsForUser", "Groups")
        members = [_Member(self.call, self.account, "Group", each["GroupName"]) for each in groups]
        return [policy for each in members for policy in await each.policies()]

    async def _list(self, operation: str, members: str) -> list[Any]:
        answer = await self._get(operation)
        found = list(answer[members])
        while answer.get("IsTruncated"):
            answer = await self._get(operation, Marker=answer["Marker"])
            found += answer[members]
        return found

    async def _get(self, operation: str, **more: str) -> dict[str, Any]:
        wanted = {f"{self.kind}Name": self.name, **more}
        return await self.call("iam", operation, wanted, account=self.account, region=IAM_REGION)


async def _managed(call: Callable[..., Awaitable[dict[str, Any]]], account: str, arn: str) -> Policy:
    about = (await call("iam", "GetPolicy", {"PolicyArn": arn}, account=account, region=IAM_REGION))["Policy"]
    wanted = {"PolicyArn": arn, "VersionId": about["DefaultVersionId"]}
    version = await call("iam", "GetPolicyVersion", wanted, account=account, region=IAM_REGION)
    text = version["PolicyVersion"]["Document"]
    document = document_of(text, f"the managed policy {arn}", incomplete_arns=True)
    return Policy(name=about["PolicyName"], document=document)


def document_of(text: str, where: str, *, incomplete_arns: bool = False) -> Document:
    """IAM gives documents percent-encoded, KMS plainly; a JSON text starts with a brace."""
    try:
        plain = text if text.lstrip().startswith("{") else unquote(text)
        return parse(plain, incomplete_arns=incomplete_arns)
    except InvalidDocument as invalid:
        raise UnreadablePolicy(f"{where} can't be read: {invalid}") from invalid
