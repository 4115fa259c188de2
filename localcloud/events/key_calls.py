"""Calls that change a key of AWS KMS, which pass by on their way to the emulator, as CloudTrail has them."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from domain.aws import Arn
from domain.iam.access import Identity
from localcloud.emulator import EmulatorAnswer
from localcloud.events.event import EventBus
from localcloud.events.trail import ApiCall, record
from localcloud.iam_and_kms import Backend
from localcloud.protocols import CallFailed, read_answer

KMS = "kms"
_NAME_MAX = 2048
"""https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeKey.html"""
RECORDED = frozenset(
    {"CancelKeyDeletion", "CreateKey", "DisableKey", "DisableKeyRotation", "EnableKey", "EnableKeyRotation",
     "PutKeyPolicy", "ScheduleKeyDeletion"}
)  # fmt: skip
"""Those that change a key, and none that uses it."""


async def record_key_call(
    action: str, body: bytes, answer: EmulatorAnswer, *, by: Identity, region: str, backend: Backend, bus: EventBus
) -> None:
    """Of a call that was answered, by a caller whom the emulator has proved."""
    if action not in RECORDED or by.account is None:
        return
    given = _given(body)
    error, answered = None, None
    try:
        answered = read_answer(KMS, action, answer)
    except CallFailed as failed:
        error = failed.code, failed.message
    answered = {name: each for name, each in (answered or {}).items() if name != "ResponseMetadata"}
    name = given.get("keyId") or answered.get("KeyMetadata", {}).get("KeyId", "")
    key = await _arn(str(name), by.account, region, backend)
    resources = [] if key is None else [{"accountId": key.account, "type": "AWS::KMS::Key", "ARN": str(key)}]
    call = ApiCall(
        service=KMS,
        name=action,
        identity=by,
        account=key.account if key is not None else by.account,
        region=region,
        parameters=lambda: given,
        answer=(lambda: _members(answered)) if answered else None,
        error=error,
        resources=lambda: resources,
    )
    record(call, bus, datetime.now(UTC))


def _given(body: bytes) -> dict[str, Any]:
    """What was sent, whatever it was: a call that the service refused is recorded, too."""
    try:
        given = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        return {}
    return _members(given) if isinstance(given, dict) else {}


async def _arn(name: str, account: str, region: str, backend: Backend) -> Arn | None:
    """Of the key that the call names by its ARN, its id or an alias; the account's root may describe it."""
    if not 1 <= len(name) <= _NAME_MAX:
        return None
    try:
        answer = await backend.call(KMS, "DescribeKey", {"KeyId": name}, account=account, region=region)
    except CallFailed:
        return Arn.parse(name)
    return Arn.parse(answer["KeyMetadata"]["Arn"])


def _members(members: Mapping[str, Any]) -> dict[str, Any]:
    """As CloudTrail writes them, in the case of camels."""
    return {
        f"{name[:1].lower()}{name[1:]}": _members(value) if isinstance(value, Mapping) else value
        for name, value in members.items()
    }
