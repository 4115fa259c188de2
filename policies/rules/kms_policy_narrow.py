"""Key policies allow the account to administer the key, and only Amazon ECR to use it.

A policy does not tell the key's account. It is the account that administers the key: AWS KMS rejects a policy that its
caller could not change later, unless that check is bypassed, which is a finding. So another account is found if it
administers the key beside the account, or if it alone administers it and any other account is named. It is not found if
no other account is named: AWS KMS accepts such a policy in that other account only.
https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html"""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache, partial

from pydantic import Field

from domain.aws import REGIONS, Partition
from domain.iam.actions import KEY_USE
from domain.iam.document import Document
from domain.iam.matching import covers
from domain.iam.narrowing import OWN, Narrow, demands_key, narrowings, public_principals
from domain.iam.statement import ANYONE, Condition, Operator, PrincipalKind, Statement
from domain.iam.statement_text import actions_text
from domain.kms import ADMINISTRATION_ACTIONS
from domain.wording import listed
from policies.checks.input_values import check_value
from policies.checks.policy_documents import (
    DocumentCheck,
    allow_statements,
    check_actions_listed,
    check_document,
    check_principals_listed,
    is_known_principal,
    public_access_message,
)
from policies.pack.rule import CheckedResource, Finding, Parameters, ResourceRule, Results, RuleContext
from resources.kms import KEY, KEY_POLICY

_BYPASS = "bypassPolicyLockoutSafetyCheck"
_LOCKED_OUT = f"has {_BYPASS}: AWS KMS would accept a policy that can't be changed later"
_POLICY_CHANGE = "kms:PutKeyPolicy"
_ROLE_ARN = re.compile(r"arn:[a-z-]+:(?:iam|sts)::[0-9]{12}:(?:role|assumed-role)/[^*?]+")
_STRING_OPERATORS = frozenset({Operator.STRING_EQUALS, Operator.STRING_EQUALS_IGNORE_CASE, Operator.STRING_LIKE})
_READS_AND_WRITES = frozenset(KEY_USE) - {"kms:CreateGrant"}
"""What ends with the call: a grant would outlive the service's."""
_SUFFIXES = "|".join(sorted({re.escape(each.dns_suffix) for each in Partition}))


class KeyPolicyParameters(Parameters):
    trusted_accounts: tuple[str, ...] = Field((), description="accounts beside the key's own that its policy may name")
    services: tuple[str, ...] = Field(
        ("ecr",), description="services through which the key may be used: the first part of kms:ViaService"
    )


def check(resource: CheckedResource, context: RuleContext[KeyPolicyParameters]) -> Results:
    if resource.inputs.get("policy") is None:
        message = "has no policy: the default allows every principal with IAM permissions in the account to decrypt"
        yield Finding(message, ("policy",))
    yield from check_document(_check_in(resource.region), context.parameters, resource.inputs, "policy")
    yield from check_value(resource.inputs, _BYPASS, lambda value: () if value in (None, False) else (_LOCKED_OUT,))


@cache
def _check_in(region: str | None) -> DocumentCheck[KeyPolicyParameters]:
    """Of a key in the region: one object for each, by which results are kept."""
    return partial(_check_statements, region=region)


def _check_statements(document: Document, parameters: KeyPolicyParameters, *, region: str | None) -> Iterator[str]:
    statements = list(allow_statements(document))
    administering = _administering_accounts(statement for _, statement in statements)
    own = administering.difference(parameters.trusted_accounts)
    if len(own) > 1:
        yield f"is administered by accounts {listed(sorted(own))}: add those other than the key's to trusted_accounts"
    known = administering.union(parameters.trusted_accounts, {OWN})
    for name, statement in statements:
        yield from check_principals_listed(name, statement, "AWS KMS")
        if statement.not_principals is None:
            yield from _check_principals(name, statement, document.version, known)
        yield from check_actions_listed(name, statement)
        if statement.not_actions is None:
            own_use = _is_own_use(statement, document.version, known, region)
            yield from _check_actions(name, statement, parameters, own_use=own_use)


def _administering_accounts(statements: Iterator[Statement]) -> frozenset[str]:
    """One of them is the key's own; see above."""
    return frozenset(
        principal.account
        for statement in statements
        if covers(statement, _POLICY_CHANGE)
        for principal in statement.principals or ()
        if principal.account is not None
    )


def _check_principals(name: str, statement: Statement, version: str, known: frozenset[str]) -> Iterator[str]:
    for public in public_principals(statement, version):
        yield public_access_message(name, statement, public, "an account")
    others = [each for each in statement.principals or () if not is_known_principal(each, statement, version, known)]
    if others:
        accounts = listed(each.value for each in others)
        yield f"{name} allows {accounts}, which is neither the key's account nor in trusted_accounts"


def _check_actions(name: str, statement: Statement, parameters: KeyPolicyParameters, *, own_use: bool) -> Iterator[str]:
    used = [each for each in KEY_USE if covers(statement, each)]
    if len(used) == len(KEY_USE) and all(covers(statement, each) for each in ADMINISTRATION_ACTIONS):
        yield f"{name} allows every action ({actions_text(statement)}): list each action"
    elif not (own_use or _is_limited_to_services(statement, parameters)):
        principals = [each.value for each in statement.principals or () if each.kind is PrincipalKind.AWS]
        others = [each for each in principals if not _ROLE_ARN.fullmatch(each)]
        if used and others:
            yield (
                f"{name} allows {listed(others)} to call {listed(used)}: allow only roles, or add the condition"
                f" kms:ViaService for {listed(parameters.services)} or kms:GrantIsForAWSResource"
            )
        elif ANYONE in others:
            yield f"{name} allows * to call {actions_text(statement)}, without permissions of its own: name the account"


def _is_limited_to_services(statement: Statement, parameters: KeyPolicyParameters) -> bool:
    tests = (_is_for_aws_resource, partial(_is_via, parameters.services))
    return any(demands_key(statement, each) and any(test(each) for test in tests) for each in statement.conditions)


def _is_own_use(statement: Statement, version: str, known: frozenset[str], region: str | None) -> bool:
    """Whether it lets callers of known accounts read and write through services of the key's region, each by name."""
    used = {each for each in KEY_USE if covers(statement, each)}
    accounts = [
        found.names
        for each in statement.conditions
        if each.key.folded == "kms:calleraccount"
        for found in narrowings(replace(statement, conditions=(each,)), version)
        if isinstance(found, Narrow)
    ]
    through = [each for each in statement.conditions if demands_key(statement, each) and _is_through(region, each)]
    named = not any(each.is_anyone for each in statement.principals or ())
    return named and used <= _READS_AND_WRITES and any(each <= known for each in accounts) and bool(through)


def _is_through(region: str | None, condition: Condition) -> bool:
    suffix = re.escape(f".{region}.{REGIONS[region].dns_suffix}") if region in REGIONS else None
    return (
        suffix is not None
        and condition.key.folded == "kms:viaservice"
        and condition.operator.base is Operator.STRING_EQUALS
        and condition.operator.qualifier is None
        and bool(condition.values)
        and all(re.fullmatch(f"[a-z0-9-]+{suffix}", each) for each in condition.values)
    )


def _is_for_aws_resource(condition: Condition) -> bool:
    """Only CreateGrant and similar actions have this key: under it, no other action is allowed.
    https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html"""
    return (
        condition.key.folded == "kms:grantisforawsresource"
        and condition.operator.base is Operator.BOOL
        and {each.lower() for each in condition.values} == {"true"}
    )


def _is_via(services: tuple[str, ...], condition: Condition) -> bool:
    form = re.compile(rf"(?:{'|'.join(map(re.escape, services))})\.(?:[a-z0-9-]+|\*)\.(?:{_SUFFIXES})")
    return (
        condition.key.folded == "kms:viaservice"
        and condition.operator.base in _STRING_OPERATORS
        and bool(condition.values)
        and all(form.fullmatch(each) for each in condition.values)
    )


RULE = ResourceRule(
    id="kms-policy-narrow",
    title="Key policies allow the account to administer, and only Amazon ECR to use the key",
    severity="high",
    risk="Any principal with AWS KMS permissions, in this account or another, can decrypt images or share the key.",
    remediation="Set the policy of the key: allow the account's root the administrative actions by name, and"
    " kms:CreateGrant under the conditions kms:GrantIsForAWSResource and kms:ViaService for ECR, as"
    " domain.kms.key_policy does. Where a key encrypts no images, name the one service of its region in kms:ViaService,"
    " and the account in kms:CallerAccount.",
    controls=("Security Hub KMS.5", "Control Tower CT.KMS.PV.1", "checkov CKV_AWS_33", "checkov CKV2_AWS_64"),
    parameters=KeyPolicyParameters,
    types=(KEY, KEY_POLICY),
    check=check,
)
