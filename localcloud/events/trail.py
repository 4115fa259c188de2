"""API calls as CloudTrail records them, which EventBridge has as `AWS API Call via CloudTrail` and the record in it.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html;
https://docs.aws.amazon.com/AmazonECR/latest/userguide/logging-using-cloudtrail.html has ECR's samples.

Every account has a trail here. That ECR's denied calls have AccessDenied, the code of AWS's own authorization, and not
the name of the exception that the client sees, is inferred: a pattern should match both. So is it that another account
than the caller's sees allowed calls alone."""

import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from domain.aws import Arn, RegistryId
from domain.iam.access import Identity
from localcloud.events.event import Event, EventBus, new_event, utc_text

API_CALL, SERVICE_EVENT = "AWS API Call via CloudTrail", "AWS Service Event via CloudTrail"
_DENIED = "AccessDeniedException"
_READS = ("Get", "List", "Describe", "BatchGet", "BatchCheck")
_FIELD_MAX_BYTES = 100 * 1024
"""Of requestParameters and of responseElements; what is larger is left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiCall:
    """One call, allowed or not, to a service such as `ecr`; what it takes time to say is said when someone asks."""

    service: str
    name: str
    identity: Identity
    account: str
    """Which owns what the call is about."""
    region: str
    parameters: Callable[[], Mapping[str, Any]]
    answer: Callable[[], Mapping[str, Any]] | None = None
    error: tuple[str, str] | None = None
    """Code and message, where it failed."""
    resources: Callable[[], list[dict[str, str]]]
    agent: str | None = None
    address: str = "127.0.0.1"

    @property
    def read_only(self) -> bool:
        return self.name.startswith(_READS)


def record(call: ApiCall, bus: EventBus, now: datetime) -> None:
    """In the caller's account, and in the owner's where that is another one and the call was allowed."""
    own = call.identity.account
    if own is not None:
        bus.offer(RegistryId(account=own, region=call.region), partial(_call_event, call, own, user_identity, now))
    if own != call.account and (own is None or call.error is None or call.error[0] != _DENIED):
        place = RegistryId(account=call.account, region=call.region)
        bus.offer(place, partial(_call_event, call, call.account, _foreign_identity, now))


def user_identity(identity: Identity) -> dict[str, Any]:
    """https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html"""
    if identity.account is None:
        return {"type": "AWSService", "invokedBy": identity.arn}
    ids = _user_id(identity)
    whose = {"arn": identity.arn, "accountId": identity.account}
    if identity.is_root:
        return {"type": "Root", "principalId": identity.account, **whose}
    if identity.role_arn is None:
        return {"type": "IAMUser", **ids, **whose, "userName": _name(identity.arn)}
    issued = identity.session_context.get("aws:TokenIssueTime")
    role = {"principalId": ids["principalId"].partition(":")[0]} if ids else {}
    issuer = {"arn": identity.role_arn, "accountId": identity.account, "userName": _name(identity.role_arn)}
    since = {} if issued is None else {"creationDate": issued[0].replace("+00:00", "Z")}
    attributes = {**since, "mfaAuthenticated": "false"}
    context = {"sessionIssuer": {"type": "Role", **role, **issuer}, "attributes": attributes}
    return {"type": "AssumedRole", **ids, **whose, "sessionContext": context}


def service_event(
    service: str,
    name: str,
    details: Mapping[str, Any],
    *,
    account: str,
    region: str,
    resources: Sequence[Mapping[str, str]],
    now: datetime,
) -> Event:
    """What a service did by itself."""
    internal = "AWS Internal"
    identity = {"accountId": account, "invokedBy": internal}
    fields = {
        **_fields(service, name, identity, region, now),
        "sourceIPAddress": internal,
        "userAgent": internal,
        "requestParameters": None,
        "responseElements": None,
        "readOnly": True,
        "resources": [dict(each) for each in resources],
        "eventType": "AwsServiceEvent",
        "managementEvent": True,
        "recipientAccountId": account,
        "serviceEventDetails": details,
        "eventCategory": "Management",
    }
    return new_event(f"aws.{service}", SERVICE_EVENT, fields, account=account, region=region, now=now)


def _call_event(call: ApiCall, account: str, identity: Callable[[Identity], dict[str, Any]], now: datetime) -> Event:
    error = {} if call.error is None else {"errorCode": _error_code(call.error[0]), "errorMessage": call.error[1]}
    answer = None if call.read_only or call.error is not None else call.answer
    fields = {
        **_fields(call.service, call.name, identity(call.identity), call.region, now),
        "sourceIPAddress": call.address,
        "userAgent": call.agent,
        **error,
        "requestParameters": _bounded(call.parameters()),
        "responseElements": None if answer is None else _bounded(answer()),
        "requestID": str(uuid.uuid4()),
        "readOnly": call.read_only,
        "resources": call.resources(),
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": account,
        "eventCategory": "Management",
    }
    return new_event(f"aws.{call.service}", API_CALL, fields, account=account, region=call.region, now=now)


def _fields(service: str, name: str, identity: Mapping[str, Any], region: str, now: datetime) -> dict[str, Any]:
    return {
        "eventVersion": "1.11",
        "userIdentity": identity,
        "eventTime": utc_text(now),
        "eventSource": f"{service}.amazonaws.com",
        "eventName": name,
        "awsRegion": region,
        "eventID": str(uuid.uuid4()),
    }


def _foreign_identity(identity: Identity) -> dict[str, Any]:
    """Another account's principal, of which the owner of a resource sees no ARN."""
    if identity.account is None:
        return user_identity(identity)
    return {"type": "AWSAccount", **_user_id(identity), "accountId": identity.account}


def _user_id(identity: Identity) -> dict[str, str]:
    if identity.is_root:
        return {"principalId": str(identity.account)}
    known = identity.session_context.get("aws:userid")
    return {} if known is None else {"principalId": known[0]}


def _error_code(code: str) -> str:
    return "AccessDenied" if code == _DENIED else code


def _name(text: str) -> str:
    arn = Arn.parse(text)
    return arn.resource.rpartition("/")[2] if arn is not None else text


def _bounded(members: Mapping[str, Any]) -> Any:
    """As JSON has it, or nothing where it is too large."""
    text = json.dumps(members, default=_plain_text)
    return json.loads(text) if len(text) <= _FIELD_MAX_BYTES else None


def _plain_text(value: object) -> str:
    """As the samples have a moment."""
    return f"{value:%b %-d, %Y %-I:%M:%S %p}" if isinstance(value, datetime) else str(value)
