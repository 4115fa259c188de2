"""The declared principals assume the auditor's role, and no others do."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from domain.aws import Arn
from rehearsal.proofs.harness.case import Broken, RegistryCase
from rehearsal.proofs.harness.denied_calls import require_denied
from rehearsal.proofs.harness.stack_roles import auditor_session

PROMISE = "the declared principals assume the auditor's role, and no other principal does"

_ACCESS_DENIED = "AccessDenied"
"""What STS says."""


def applies(case: RegistryCase) -> bool:
    return bool(case.settings.role_options.auditors) and case.registry.home


def prove_registry(case: RegistryCase) -> str:
    auditors = [each for arn in case.settings.role_options.auditors if (each := Arn.parse(arn))]
    for each in auditors:
        _read(case, each)
    for other in _others(auditors, case.other_account):
        require_denied(str(other), {"became the auditor": partial(auditor_session, case, other)}, _ACCESS_DENIED)
    return f"{', '.join(each.resource for each in auditors)} did"


def _read(case: RegistryCase, auditor: Arn) -> None:
    try:
        session = auditor_session(case, auditor)
    except ClientError as refused:
        raise Broken(f"{auditor} is declared, and was refused: {refused}") from refused
    for what, call in _reads(case.principals.of("ecr", session, case.registry.region)).items():
        try:
            call()
        except ClientError as refused:
            raise Broken(f"the auditor can't read {what}: {refused}") from refused


def _reads(ecr: Any) -> Mapping[str, Callable[[], object]]:
    return {
        "replication": ecr.describe_registry,
        "creation templates": ecr.describe_repository_creation_templates,
        "cache rules": ecr.describe_pull_through_cache_rules,
        "account settings": lambda: ecr.get_account_setting(name="BLOB_MOUNTING"),
        "scanning": ecr.get_registry_scanning_configuration,
        "pull time exclusions": ecr.list_pull_time_update_exclusions,
    }


def _others(auditors: list[Arn], other_account: str) -> list[Arn]:
    """Another role in each auditor's account, and the auditor's name in an account that the settings don't name."""
    first, *_ = auditors
    accounts = sorted({each.account for each in auditors})
    return [
        *(Arn(first.partition, "iam", "", account, "role/rehearsal-other") for account in accounts),
        Arn(first.partition, "iam", "", other_account, first.resource),
    ]
