"""A key's policy lets the account administer the key, and Amazon ECR alone use it.

A policy does not say in which account its key lies. It is the one that administers: AWS KMS refuses a policy that its
caller could not change again, unless it is told to bypass that check, which is a finding. So a stranger is found that
administers beside the account, and one that administers a key of which another account is named anywhere. Not found is
one that is alone in the whole policy, which AWS KMS takes in the stranger's own account and in no other.
https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html"""

import re
from collections.abc import Iterator
from functools import partial

from pydantic import Field

from domain.aws import Partition
from domain.iam.actions import KEY_USE
from domain.iam.document import Document
from domain.iam.matching import covers
from domain.iam.narrowing import OWN, Narrow, demands_key, narrowings, public_principals
from domain.iam.statement import ANYONE, Condition, Operator, Principal, PrincipalKind, Statement
from domain.kms import ADMINISTRATION_ACTIONS
from domain.wording import listed
from policies.checks.input_values import is_unknown
from policies.checks.policy_documents import verdicts
from policies.checks.statements import allows, asked
from policies.pack.rule import Finding, Given, Parameters, Resource, ResourceRule, Severity, Undecided, Verdict
from resources.kms import KEY, KEY_POLICY

_BYPASS = "bypassPolicyLockoutSafetyCheck"
_POLICY_CHANGE = "kms:PutKeyPolicy"
_ROLE = re.compile(r"arn:[a-z-]+:(?:iam|sts)::[0-9]{12}:(?:role|assumed-role)/[^*?]+")
_FIXED_TEXT = frozenset({Operator.STRING_EQUALS, Operator.STRING_EQUALS_IGNORE_CASE, Operator.STRING_LIKE})
_SUFFIXES = "|".join(sorted({re.escape(each.dns_suffix) for each in Partition}))


class KeyPolicyParameters(Parameters):
    trusted_accounts: tuple[str, ...] = Field((), description="accounts beside the key's own that its policy may name")
    services: tuple[str, ...] = Field(
        ("ecr",), description="services through which the key may be used, as kms:ViaService begins"
    )


def check(resource: Resource, given: Given[KeyPolicyParameters]) -> Iterator[Verdict]:
    if resource.inputs.get("policy") is None:
        yield Finding("has no policy: by AWS's default everybody whom the account's IAM lets may decrypt", ("policy",))
    yield from verdicts(_too_much, given.parameters, resource.inputs, "policy")
    bypass = resource.inputs.get(_BYPASS)
    if is_unknown(bypass):
        yield Undecided((_BYPASS,))
    elif bypass not in (None, False):
        yield Finding(
            f"lets AWS KMS take a policy that its account can't change again: leave {_BYPASS} out", (_BYPASS,)
        )


def _too_much(document: Document, parameters: KeyPolicyParameters) -> Iterator[str]:
    statements = list(allows(document))
    administering = _accounts_that_administer(statement for _, statement in statements)
    own = administering.difference(parameters.trusted_accounts)
    if len(own) > 1:
        yield (
            f"is administered by the accounts {listed(sorted(own))}: name in trusted_accounts those that are not the"
            " key's own"
        )
    known = administering.union(parameters.trusted_accounts, {OWN})
    for name, statement in statements:
        yield from _principals(name, statement, document.version, known)
        yield from _actions(name, statement, parameters)


def _accounts_that_administer(statements: Iterator[Statement]) -> frozenset[str]:
    """One of them is the key's own; see above."""
    return frozenset(
        principal.account
        for statement in statements
        if covers(statement, _POLICY_CHANGE)
        for principal in statement.principals or ()
        if principal.account is not None
    )


def _principals(name: str, statement: Statement, version: str, known: frozenset[str]) -> Iterator[str]:
    if statement.not_principals is not None:
        yield f"{name} grants to all but some (NotPrincipal): list the allowed principals in Principal"
        return
    if statement.principals is None:
        yield f"{name} has no Principal: AWS KMS refuses it"
    for public in public_principals(statement, version):
        why = f" ({listed(public.why)})" if public.why else ""
        yield f"{name} lets {public} call {asked(statement)}: no condition narrows it to an account{why}"
    others = [each for each in statement.principals or () if not _is_known(each, statement, version, known)]
    if others:
        yield f"{name} names {listed(each.value for each in others)}, which is neither the key's account nor trusted"


def _is_known(principal: Principal, statement: Statement, version: str, known: frozenset[str]) -> bool:
    """Whether a named principal is of an account that is known, and a narrowed one held to such accounts."""
    if not principal.is_anyone and principal.kind is PrincipalKind.AWS:
        return principal.account in known
    found = [
        each for each in narrowings(statement, version, service=not principal.is_anyone) if isinstance(each, Narrow)
    ]
    # Where nothing narrows, that is told already.
    return not found or any(each.names <= known for each in found)


def _actions(name: str, statement: Statement, parameters: KeyPolicyParameters) -> Iterator[str]:
    used = [each for each in KEY_USE if covers(statement, each)]
    if statement.not_actions is not None:
        yield f"{name} allows {asked(statement)} (NotAction): name what is meant"
    elif len(used) == len(KEY_USE) and all(covers(statement, each) for each in ADMINISTRATION_ACTIONS):
        yield f"{name} allows everything ({asked(statement)}): name what is meant"
    elif not _is_held_to_services(statement, parameters):
        people = [each for each in statement.principals or () if each.kind is PrincipalKind.AWS]
        others = [each.value for each in people if not _ROLE.fullmatch(each.value)]
        if used and others:
            yield (
                f"{name} lets {listed(others)} call {listed(used)}: only named roles use a key without"
                f" kms:ViaService of {listed(parameters.services)} or kms:GrantIsForAWSResource"
            )
        elif ANYONE in others:
            yield f"{name} lets * call {asked(statement)}, whatever the account's own policies say: name the account"


def _is_held_to_services(statement: Statement, parameters: KeyPolicyParameters) -> bool:
    tests = (_is_for_aws_resource, partial(_is_via, parameters.services))
    return any(demands_key(statement, each) and any(test(each) for test in tests) for each in statement.conditions)


def _is_for_aws_resource(condition: Condition) -> bool:
    """Only CreateGrant and its like bring this key, so nothing else is allowed beside it.
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
        and condition.operator.base in _FIXED_TEXT
        and bool(condition.values)
        and all(form.fullmatch(each) for each in condition.values)
    )


RULE = ResourceRule(
    id="kms-policy-narrow",
    title="Key policies let the account administer and Amazon ECR use",
    severity=Severity.HIGH,
    risk="Whoever may call AWS KMS in the account, or in another, decrypts images or hands the key on.",
    remediation=(
        "Write the policy with the key: administration by name to the account's root, and kms:CreateGrant under"
        " kms:GrantIsForAWSResource and kms:ViaService of ECR, as domain.kms.key_policy does."
    ),
    controls=("Security Hub KMS.5", "Control Tower CT.KMS.PV.1", "checkov CKV_AWS_33", "checkov CKV2_AWS_64"),
    parameters=KeyPolicyParameters,
    types=(KEY, KEY_POLICY),
    check=check,
)
