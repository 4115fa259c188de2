"""What is done to a registry by hand, or tried."""

from rehearsal.proofs.harness import messages
from rehearsal.proofs.harness.denied_calls import require_denied
from rehearsal.proofs.harness.monitoring_case import Inbox, MonitoringCase

PROMISE = "a denied call, a setting changed by hand, a deleted repository and a disabled key each raise a message"

applies = messages.is_told_of_calls


def prove_monitoring(case: MonitoringCase) -> str:
    inbox, name = Inbox(case), case.made_repository()
    region = case.registry.region
    denied_role, none = case.by_hand("rehearsal-denied", "sts:GetCallerIdentity")
    denied = case.principals.of("ecr", none, region)
    require_denied(denied_role, {"listed its images": lambda: denied.list_images(repositoryName=name)})
    who, credentials = case.by_hand()
    ecr = case.principals.of("ecr", credentials, region)
    ecr.put_image_tag_mutability(repositoryName=name, imageTagMutability="IMMUTABLE")
    ecr.delete_repository(repositoryName=name, force=True)
    key, owner = _disabled(case)
    expected = [
        ("call-denied", [name, denied_role, "ListImages", "AccessDenied"]),
        ("configuration-changed", [name, who, "PutImageTagMutability"]),
        ("repository-deleted", [name, who]),
        ("key-disabled", [key, owner, "DisableKey"]),
    ]
    messages.require_messages(case, inbox, expected)
    _require_other_keys_silent(case, inbox)
    return f"{len(expected)} messages of {who}, {denied_role} and {owner}"


def _disabled(case: MonitoringCase) -> tuple[str, str]:
    """The images' key for a moment, with nothing under way; and who did it."""
    case.events.settled()
    kms, key = case.api("kms"), case.own_key()
    kms.disable_key(KeyId=key)
    try:
        case.events.settled()
    finally:
        kms.enable_key(KeyId=key)
    return key, f"arn:{case.registry.id.partition}:iam::{case.registry.account}:root"


def _require_other_keys_silent(case: MonitoringCase, inbox: Inbox) -> None:
    kms = case.api("kms")
    other = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.schedule_key_deletion(KeyId=other, PendingWindowInDays=7)
    messages.require_silence(inbox, other)
