"""Roles can only be assumed by named principals, accounts and identity providers only under a condition."""

import re
from collections.abc import Iterator

from pydantic import Field

from domain.iam.document import Document
from domain.iam.github import ISSUER
from domain.iam.matching import covers
from domain.iam.narrowing import demands_key, public_principals
from domain.iam.statement import Condition, Operator, PrincipalKind, Statement
from domain.wording import listed
from policies.checks.policy_documents import allow_statements, check_document, public_access_message
from policies.pack.rule import CheckedResource, Parameters, ResourceRule, Results, RuleContext
from resources.iam import ROLE

_WITH_OIDC, _WITH_SAML = "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML"
_ASSUME_ACTIONS = ("sts:AssumeRole", _WITH_SAML, _WITH_OIDC)
_RESTRICTING_OPERATORS = frozenset(
    {Operator.STRING_EQUALS, Operator.STRING_LIKE, Operator.ARN_EQUALS, Operator.ARN_LIKE}
)
_CALLER_KEYS = ("aws:principalarn", "aws:principaltag/", "aws:userid", "aws:username", "sts:externalid")
"""Condition keys that restrict which principal of an account may assume the role. https://docs.aws.amazon.com/
IAM/latest/UserGuide/reference_policies_condition-keys.html"""
_ANY_NAME = re.compile(r"(?:.*:)?(?=.*[*?])[a-z-]*/?[0-9*?/]*", re.DOTALL)
"""The resource part of an ARN that matches any principal, or any of one type."""
_SAML_PROVIDER, _OIDC_PROVIDER = ":saml-provider/", ":oidc-provider/"
_CLAIMS = ("aud", "sub")
_CLAIMS_BY_PROVIDER = {"graph.facebook.com": ("app_id", "id"), "www.amazon.com": ("app_id", "user_id")}
"""The claims for the application and the user of a token. https://docs.aws.amazon.com/IAM/latest/UserGuide/
reference_policies_iam-condition-keys.html#condition-keys-wif"""
_STRING_OPERATORS = frozenset({Operator.STRING_EQUALS, Operator.STRING_EQUALS_IGNORE_CASE, Operator.STRING_LIKE})
_NAMED_SUBJECT = re.compile(r"(?:[^:/*?]+[:/]){3}.*")
"""A pattern of subjects with a fixed owner: system:serviceaccount:NAMESPACE:*, project_path:GROUP/PROJECT:*."""


class RoleTrustParameters(Parameters):
    trusted_accounts: tuple[str, ...] = Field(
        (), description="accounts of which every principal may assume roles, subject to their own policies"
    )


def check(resource: CheckedResource, context: RuleContext[RoleTrustParameters]) -> Results:
    yield from check_document(_check_statements, context.parameters, resource.inputs, "assumeRolePolicy")


def _check_statements(document: Document, parameters: RoleTrustParameters) -> Iterator[str]:
    for name, statement in allow_statements(document):
        if not any(covers(statement, each) for each in _ASSUME_ACTIONS):
            continue
        for public in public_principals(statement, document.version):
            if public.is_anyone:
                yield public_access_message(name, statement, public, "known callers")
        if accounts := _unrestricted_accounts(statement, parameters):
            yield f"{name} allows every principal of account {listed(accounts)}: name a role, or add sts:ExternalId"
        for provider, keys in _unrestricted_providers(statement):
            yield f"{name} allows every identity of {provider}: restrict {' and '.join(keys)} with StringEquals"


def _unrestricted_accounts(statement: Statement, parameters: RoleTrustParameters) -> list[str]:
    if any(_restricts_caller(each) and demands_key(statement, each) for each in statement.conditions):
        return []
    roots = (each.value for each in statement.principals or () if each.is_root)
    return [each for each in roots if each not in parameters.trusted_accounts]


def _restricts_caller(condition: Condition) -> bool:
    return (
        condition.key.folded.startswith(_CALLER_KEYS)
        and condition.operator.base in _RESTRICTING_OPERATORS
        and bool(condition.values)
        and not any(set(each) <= {"*", "?"} or "${" in each for each in condition.values)
        and not (condition.key.folded == "aws:principalarn" and any(map(_ANY_NAME.fullmatch, condition.values)))
    )


def _unrestricted_providers(statement: Statement) -> Iterator[tuple[str, list[str]]]:
    """Identity providers, with the condition keys that must be restricted. GitHub has a rule of its own."""
    for principal in statement.principals or ():
        if principal.kind is PrincipalKind.FEDERATED:
            keys = [each for each in _required_keys(statement, principal.value) if not _is_restricted(statement, each)]
            if keys:
                yield principal.value, keys


def _required_keys(statement: Statement, provider: str) -> list[str]:
    """The condition keys for the application and the user, if the statement covers the provider's action."""
    if _SAML_PROVIDER in provider:
        return ["SAML:aud"] if covers(statement, _WITH_SAML) else []
    issuer = provider.rpartition(_OIDC_PROVIDER)[2]
    if not covers(statement, _WITH_OIDC) or f"{issuer.lower()}/".startswith(f"{ISSUER}/"):
        return []
    return [f"{issuer}:{each}" for each in _CLAIMS_BY_PROVIDER.get(issuer.lower(), _CLAIMS)]


def _is_restricted(statement: Statement, key: str) -> bool:
    return any(
        condition.key.folded == key.lower()
        and condition.operator.base in _STRING_OPERATORS
        and demands_key(statement, condition)
        and bool(condition.values)
        and all(_is_fixed(each, pattern=key.endswith(":sub")) for each in condition.values)
        for condition in statement.conditions
    )


def _is_fixed(value: str, *, pattern: bool) -> bool:
    if not value.strip() or "${" in value:
        return False
    return not {"*", "?"} & set(value) or (pattern and _NAMED_SUBJECT.fullmatch(value) is not None)


RULE = ResourceRule(
    id="iam-trust-not-public",
    title="Roles can only be assumed by named principals",
    severity="high",
    risk="Unknown callers, any principal of the other account or any user of the identity provider can act as this "
    "role.",
    remediation="Set Principal to the role that assumes this one, or restrict the account with the condition "
    "aws:PrincipalArn or sts:ExternalId. Restrict an OIDC provider with StringEquals on its aud and sub, a SAML "
    "provider on SAML:aud.",
    controls=("checkov CKV_AWS_60", "checkov CKV_AWS_61", "checkov CKV_AWS_283"),
    parameters=RoleTrustParameters,
    types=(ROLE,),
    check=check,
)
