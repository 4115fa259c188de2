"""What of AWS STS the emulator can't answer as AWS would: roles for the holders of issuers' tokens and for services.

It checks neither signature nor expiry, refuses trust policies that ask for a repository's id, and knows no service that
could come for a role. So these sessions are ours, and our ECR takes them like all others. Of the emulator's services
none knows their keys: only GetCallerIdentity is answered here as well, and every other call with such a key is passed
on, and refused there.
"""

import re
import secrets
import string
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any, NamedTuple

from domain.aws import Arn, is_account_id
from domain.iam.access import Caller, Context, Identity, Request
from domain.iam.evaluate import evaluate
from localcloud.api_input import ConstraintViolation, input_members
from localcloud.callers import AccessKey, Callers, Parameters, members, tag_parameters
from localcloud.calls import call_context, request_tags
from localcloud.ecr.api_errors import EcrError
from localcloud.iam_and_kms import IAM_REGION, AssumableRole, Backend, UnreadablePolicy
from localcloud.oidc_issuers import OidcIssuers
from localcloud.protocols import CallFailed
from localcloud.web_identity import WebIdentity, invalid_token, read_token, verified_identity

WEB_IDENTITY, WHO = "AssumeRoleWithWebIdentity", "GetCallerIdentity"
_ACTION = f"sts:{WEB_IDENTITY}"
_BY_SERVICE, _TAGGING, _SERVICE_SESSION = "sts:AssumeRole", "sts:TagSession", "rehearsal"
_NO_TAGS: Mapping[str, str] = {}
_USUAL_SESSION = timedelta(hours=1)
_POLICY_ARNS = "PolicyArns.member.{}.arn"
_WHOLE_NUMBER = re.compile("[0-9]{1,9}")
_ID_ALPHABET = string.ascii_uppercase + "234567"


class _Holder(NamedTuple):
    """Who holds a proven token, as IAM sees it: the account's own provider vouches for it."""

    provider: str
    token: WebIdentity


class Sts:
    def __init__(self, backend: Backend, callers: Callers, issuers: OidcIssuers) -> None:
        self._backend = backend
        self._callers = callers
        self._issuers = issuers

    async def assume_role(self, parameters: Parameters, region: str) -> dict[str, Any]:
        """The members of AssumeRoleWithWebIdentity's answer; raises EcrError with STS's codes."""
        given = _accepted(parameters)
        now = datetime.now(UTC).replace(microsecond=0)
        arn = _role_arn(given["RoleArn"])
        holder = await self._holder(given["WebIdentityToken"], arn, now)
        role = await self._backend.role(arn)
        if role is None or not _trusts(role, arn.account, holder, given["RoleSessionName"], region):
            raise EcrError("AccessDenied", f"Not authorized to perform {_ACTION}", HTTPStatus.FORBIDDEN)
        credentials = _credentials(now + _duration(given, role))
        user = _user(arn, role, given["RoleSessionName"])
        await self._admit(credentials, user, parameters)
        return {
            "SubjectFromWebIdentityToken": holder.token.subject,
            "Audience": holder.token.audience,
            "Provider": f"https://{holder.token.issuer}",
            "AssumedRoleUser": user,
            "Credentials": credentials,
        }

    async def assume_by_service(
        self, service: str, role: str, source: Context, tags: Mapping[str, str] = _NO_TAGS
    ) -> dict[str, Any] | None:
        """A role's credentials for a service that works for this source, which is in the request's context.

        With tags of the session it must be allowed to give these, too. None where the role does not trust it, or is
        not there."""
        arn = _role_arn(role)
        found = await self._backend.role(arn)
        caller = Caller(identity=Identity(arn=service, account=None))
        context = {**call_context(IAM_REGION), **source, **request_tags(tags)}
        requests = (
            Request(action=action, resource=role, account=arn.account, context=context)
            for action in ((_BY_SERVICE, _TAGGING) if tags else (_BY_SERVICE,))
        )
        if found is None or not all(evaluate(caller, each, [found.trust]).allowed for each in requests):
            return None
        credentials = _credentials(datetime.now(UTC).replace(microsecond=0) + _USUAL_SESSION)
        await self._admit(credentials, _user(arn, found, _SERVICE_SESSION), {"RoleArn": role, **tag_parameters(tags)})
        return credentials

    async def _holder(self, text: str, role: Arn, now: datetime) -> _Holder:
        token = read_token(text)
        provider = str(Arn(role.partition, "iam", "", role.account, f"oidc-provider/{token.issuer}"))
        audiences = await self._backend.audiences(provider, account=role.account)
        if audiences is None:
            raise invalid_token(f"No OpenIDConnect provider found in your account for https://{token.issuer}")
        identity = verified_identity(token, self._issuers, now)
        if identity.audience not in audiences:
            raise invalid_token("Incorrect token audience")
        return _Holder(provider, identity)

    async def _admit(self, credentials: Mapping[str, Any], user: Mapping[str, str], parameters: Parameters) -> None:
        try:
            await self._callers.admit(credentials, user, parameters)
        except UnreadablePolicy as unreadable:
            raise EcrError("MalformedPolicyDocument", str(unreadable)) from unreadable
        except CallFailed as failed:
            raise EcrError(failed.code, failed.message) from failed


def caller_identity(key: AccessKey) -> dict[str, Any]:
    """The members of GetCallerIdentity's answer to a session of ours; it takes no permission."""
    return {"Arn": key.identity.arn, "UserId": key.user_id, "Account": key.identity.account}


def _accepted(parameters: Parameters) -> dict[str, Any]:
    """The input as the service model wants it."""
    given: dict[str, Any] = dict(parameters)
    if arns := members(parameters, _POLICY_ARNS):
        given["PolicyArns"] = [{"arn": each} for each in arns]
    if _WHOLE_NUMBER.fullmatch(parameters.get("DurationSeconds", "")):
        given["DurationSeconds"] = int(parameters["DurationSeconds"])
    try:
        return input_members("sts", WEB_IDENTITY, given)
    except ConstraintViolation as unmet:
        place = unmet.place[:1].lower() + unmet.place[1:]
        raise _invalid(
            f"1 validation error detected: Value at '{place}' failed to satisfy constraint: {unmet.constraint}"
        ) from unmet


def _role_arn(text: str) -> Arn:
    arn = Arn.parse(text)
    if arn is None or (arn.service, arn.region) != ("iam", "") or not is_account_id(arn.account):
        raise _invalid("Request ARN is invalid")
    if not arn.resource.startswith("role/"):
        raise _invalid("Request ARN is invalid")
    return arn


def _trusts(role: AssumableRole, account: str, holder: _Holder, session: str, region: str) -> bool:
    """Whether the trust policy allows the holder; one that belongs to no account has no other policy."""
    context = {**call_context(region), **holder.token.context, "sts:RoleSessionName": (session,)}
    request = Request(action=_ACTION, resource=role.arn, account=account, context=context)
    caller = Caller(identity=Identity(arn=holder.provider, account=None))
    return evaluate(caller, request, [role.trust]).allowed


def _duration(given: Mapping[str, Any], role: AssumableRole) -> timedelta:
    wanted = timedelta(seconds=given["DurationSeconds"]) if "DurationSeconds" in given else _USUAL_SESSION
    if wanted > role.longest_session:
        raise _invalid("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
    return wanted


def _user(arn: Arn, role: AssumableRole, session: str) -> dict[str, str]:
    name = arn.resource.rpartition("/")[2]
    assumed = Arn(arn.partition, "sts", "", arn.account, f"assumed-role/{name}/{session}")
    return {"AssumedRoleId": f"{role.id}:{session}", "Arn": str(assumed)}


def _credentials(expires: datetime) -> dict[str, Any]:
    """The prefix says that the key is a session's.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids"""
    return {
        "AccessKeyId": "ASIA" + "".join(secrets.choice(_ID_ALPHABET) for _ in range(16)),
        "SecretAccessKey": secrets.token_urlsafe(30),
        "SessionToken": secrets.token_urlsafe(180),
        "Expiration": expires,
    }


def _invalid(words: str) -> EcrError:
    return EcrError("ValidationError", words)
