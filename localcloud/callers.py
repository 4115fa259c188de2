"""Who each access key belongs to, learned from the answers of IAM and STS that pass by."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from domain.aws import Arn, is_account_id
from domain.iam.access import Caller, Identity, Policy
from localcloud.emulator import EmulatorAnswer
from localcloud.iam_and_kms import IAM_REGION, Backend, document_of
from localcloud.protocols import read_answer

_ROLE_SESSIONS = ("AssumeRole", "AssumeRoleWithSAML")
_INACTIVE = "Inactive"

Parameters = Mapping[str, str]
"""A form's, flat: Tags.member.1.Key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessKey:
    identity: Identity
    secret: str | None
    """None for an account's root, whose access key is the account's id and whose secret is any."""
    token: str | None = None
    expires: datetime | None = None
    active: bool = True
    user_id: str | None = None
    """Of a session that we gave ourselves, so that the emulator does not know its key; None of all others."""


def root(account: str) -> Identity:
    return Identity(arn=f"arn:aws:iam::{account}:root", account=account)


class Callers:
    """Knows the keys that passed by, and each account's root by the account's id."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._keys: dict[str, AccessKey] = {}
        self._organizations: dict[str, str] = {}

    def join(self, account: str, organization: str) -> None:
        """The account belongs to the organization from now on."""
        self._organizations[account] = organization

    def organization(self, account: str) -> str | None:
        return self._organizations.get(account)

    def key(self, id: str) -> AccessKey | None:
        if is_account_id(id):
            return AccessKey(identity=root(id), secret=None)
        key = self._keys.get(id)
        return key if key is not None and key.active else None

    async def caller(self, identity: Identity) -> Caller:
        """The identity with what its account says of it now."""
        attached = await self._backend.attached_policies(identity)
        organization = self.organization(identity.account or "")
        return Caller(
            identity=identity,
            policies=attached.policies,
            boundary=attached.boundary,
            tags=attached.tags,
            organization=organization,
        )

    async def learn(
        self, service: str, action: str, parameters: Parameters, answer: EmulatorAnswer, by: Identity | None
    ) -> None:
        """Takes note of the keys that a successful answer gives, changes or takes away."""
        match service, action:
            case "sts", "GetSessionToken" if by is not None:
                self._add(read_answer(service, action, answer)["Credentials"], by)
            case "sts", _ if action in _ROLE_SESSIONS:
                given = read_answer(service, action, answer)
                self._add(given["Credentials"], await self._session(given["AssumedRoleUser"], parameters))
            case "iam", "CreateAccessKey" if by is not None and by.account is not None:
                await self._created(read_answer(service, action, answer)["AccessKey"], by.account)
            case "iam", "UpdateAccessKey":
                self._switch(parameters["AccessKeyId"], active=parameters["Status"] != _INACTIVE)
            case "iam", "DeleteAccessKey":
                self._keys.pop(parameters["AccessKeyId"], None)

    async def admit(self, credentials: Mapping[str, Any], user: Mapping[str, str], parameters: Parameters) -> None:
        """Takes note of a role's session that we give; raises UnreadablePolicy or CallFailed for its own policies."""
        self._add(credentials, await self._session(user, parameters), user["AssumedRoleId"])

    def _add(self, credentials: Mapping[str, Any], identity: Identity, user_id: str | None = None) -> None:
        """A session's key, in place of those that have ended."""
        now = datetime.now(UTC)
        ended = [each for each, key in self._keys.items() if key.expires is not None and key.expires <= now]
        for each in ended:
            del self._keys[each]
        issued = {"aws:TokenIssueTime": (now.isoformat(timespec="seconds"),)}
        self._keys[credentials["AccessKeyId"]] = AccessKey(
            identity=replace(identity, session_context={**identity.session_context, **issued}),
            secret=credentials["SecretAccessKey"],
            token=credentials["SessionToken"],
            expires=credentials["Expiration"],
            user_id=user_id,
        )

    async def _session(self, user: Mapping[str, str], parameters: Parameters) -> Identity:
        """Of STS's AssumedRoleUser."""
        parsed = Arn.parse(user["Arn"])
        account = parsed.account if parsed else None
        tags = {f"aws:PrincipalTag/{key}": (value,) for key, value in _tags(parameters).items()}
        return Identity(
            arn=user["Arn"],
            account=account,
            role_arn=parameters["RoleArn"],
            session_policies=await self._session_policies(parameters, account or ""),
            session_context={**tags, "aws:userid": (user["AssumedRoleId"],)},
        )

    async def _session_policies(self, parameters: Parameters, account: str) -> tuple[Policy, ...]:
        arns = members(parameters, "PolicyArns.member.{}.arn")
        managed = [await self._backend.policy(each, account=account) for each in arns]
        if "Policy" not in parameters:
            return tuple(managed)
        return Policy(name="session policy", document=document_of(parameters["Policy"], "the session policy")), *managed

    async def _created(self, created: Mapping[str, Any], account: str) -> None:
        wanted = {"UserName": created["UserName"]}
        user = await self._backend.call("iam", "GetUser", wanted, account=account, region=IAM_REGION)
        context = {"aws:userid": (user["User"]["UserId"],)}
        identity = Identity(arn=user["User"]["Arn"], account=account, session_context=context)
        self._keys[created["AccessKeyId"]] = AccessKey(identity=identity, secret=created["SecretAccessKey"])

    def _switch(self, id: str, *, active: bool) -> None:
        key = self._keys.get(id)
        if key is not None:
            self._keys[id] = replace(key, active=active)


def _tags(parameters: Parameters) -> dict[str, str]:
    return dict(
        zip(members(parameters, "Tags.member.{}.Key"), members(parameters, "Tags.member.{}.Value"), strict=True)
    )


def tag_parameters(tags: Mapping[str, str]) -> dict[str, str]:
    """The tags as a form has them, and as `_tags` reads them."""
    named = enumerate(tags.items(), 1)
    return {
        f"Tags.member.{n}.{part}": text for n, tag in named for part, text in zip(("Key", "Value"), tag, strict=True)
    }


def members(parameters: Parameters, name: str) -> list[str]:
    """A list's values, whose names have its place where `name` has {}."""
    found: list[str] = []
    while (member := name.format(len(found) + 1)) in parameters:
        found.append(parameters[member])
    return found
