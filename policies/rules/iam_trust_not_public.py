"""No stranger assumes a role, and no whole account or identity provider without a further condition."""

import re
from collections.abc import Iterator

from pydantic import Field

from domain.iam.document import Document
from domain.iam.github import ISSUER
from domain.iam.matching import covers
from domain.iam.narrowing import demands_key, public_principals
from domain.iam.statement import Condition, Operator, PrincipalKind, Statement
from domain.wording import listed
from policies.checks.policy_documents import verdicts
from policies.checks.statements import allows, asked
from policies.pack.rule import Given, Parameters, Resource, ResourceRule, Severity, Verdict
from resources.iam import ROLE

_BY_TOKEN, _BY_SAML = "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML"
_ASSUMING = ("sts:AssumeRole", _BY_SAML, _BY_TOKEN)
_FIXING = frozenset({Operator.STRING_EQUALS, Operator.STRING_LIKE, Operator.ARN_EQUALS, Operator.ARN_LIKE})
_OF_CALLER = ("aws:principalarn", "aws:principaltag/", "aws:userid", "aws:username", "sts:externalid")
"""Keys by which a statement that names an account says who in it, or in whose name. https://docs.aws.amazon.com/
IAM/latest/UserGuide/reference_policies_condition-keys.html"""
_ANY_NAME = re.compile(r"(?=.*[*?])[a-z-]*/?[0-9*?/]*")
"""What stands in an ARN after the account, where that is all of it, or all of one type."""
_SAML_PROVIDER, _TOKEN_PROVIDER = ":saml-provider/", ":oidc-provider/"
_CLAIMS = ("aud", "sub")
_OWN_CLAIMS = {"graph.facebook.com": ("app_id", "id"), "www.amazon.com": ("app_id", "user_id")}
"""For which application a token was made, and for whom. https://docs.aws.amazon.com/IAM/latest/UserGuide/
reference_policies_iam-condition-keys.html#condition-keys-wif"""
_TEXTS = frozenset({Operator.STRING_EQUALS, Operator.STRING_EQUALS_IGNORE_CASE, Operator.STRING_LIKE})
_SOMEBODY = re.compile(r"(?:[^:/*?]+[:/]){3}.*")
"""A pattern of subjects that says whose they are: system:serviceaccount:NAMESPACE:, project_path:GROUP/PROJECT:."""


class TrustParameters(Parameters):
    trusted_accounts: tuple[str, ...] = Field(
        (), description="accounts that may assume roles as a whole, by what their own policies say"
    )


def check(resource: Resource, given: Given[TrustParameters]) -> Iterator[Verdict]:
    yield from verdicts(_too_wide, given.parameters, resource.inputs, "assumeRolePolicy")


def _too_wide(document: Document, parameters: TrustParameters) -> Iterator[str]:
    for name, statement in allows(document):
        if not any(covers(statement, each) for each in _ASSUMING):
            continue
        for public in public_principals(statement, document.version):
            if public.is_anyone:
                why = f" ({listed(public.why)})" if public.why else ""
                yield f"{name} lets {public} call {asked(statement)}: no condition narrows it to somebody known{why}"
        if accounts := _whole_accounts(statement, parameters):
            yield f"{name} lets everybody in account {listed(accounts)} assume the role: name a role, or sts:ExternalId"
        for provider, open_keys in _open_providers(statement):
            keys = " and ".join(open_keys)
            yield f"{name} lets whoever {provider} vouches for assume the role: fix {keys} by StringEquals"


def _whole_accounts(statement: Statement, parameters: TrustParameters) -> list[str]:
    if any(_says_who(each) and demands_key(statement, each) for each in statement.conditions):
        return []
    roots = (each.value for each in statement.principals or () if each.is_root)
    return [each for each in roots if each not in parameters.trusted_accounts]


def _says_who(condition: Condition) -> bool:
    return (
        condition.key.folded.startswith(_OF_CALLER)
        and condition.operator.base in _FIXING
        and bool(condition.values)
        and not any(set(each) <= {"*", "?"} or "${" in each for each in condition.values)
        and not (condition.key.folded == "aws:principalarn" and any(map(_is_of_any_name, condition.values)))
    )


def _is_of_any_name(arn: str) -> bool:
    return _ANY_NAME.fullmatch(arn.rpartition(":")[2]) is not None


def _open_providers(statement: Statement) -> Iterator[tuple[str, list[str]]]:
    """Identity providers, with the keys that hold nobody of theirs back. GitHub's has a rule of its own."""
    for principal in statement.principals or ():
        if principal.kind is PrincipalKind.FEDERATED:
            open_keys = [each for each in _keys(statement, principal.value) if not _is_fixed(statement, each)]
            if open_keys:
                yield principal.value, open_keys


def _keys(statement: Statement, provider: str) -> list[str]:
    """The keys that say for whom the provider vouches, as far as the statement lets it."""
    if _SAML_PROVIDER in provider:
        return ["SAML:aud"] if covers(statement, _BY_SAML) else []
    issuer = provider.rpartition(_TOKEN_PROVIDER)[2]
    if not covers(statement, _BY_TOKEN) or f"{issuer.lower()}/".startswith(f"{ISSUER}/"):
        return []
    return [f"{issuer}:{each}" for each in _OWN_CLAIMS.get(issuer.lower(), _CLAIMS)]


def _is_fixed(statement: Statement, key: str) -> bool:
    return any(
        condition.key.folded == key.lower()
        and condition.operator.base in _TEXTS
        and demands_key(statement, condition)
        and bool(condition.values)
        and all(_says_for_whom(each, pattern=key.endswith(":sub")) for each in condition.values)
        for condition in statement.conditions
    )


def _says_for_whom(value: str, *, pattern: bool) -> bool:
    if not value.strip() or "${" in value:
        return False
    return not {"*", "?"} & set(value) or (pattern and _SOMEBODY.fullmatch(value) is not None)


RULE = ResourceRule(
    id="iam-trust-not-public",
    title="Roles are assumed by whom they name",
    severity=Severity.HIGH,
    risk="A stranger, or anybody in the other account who may assume roles at all, acts as this role; so does whoever "
    "has an account with the identity provider.",
    remediation="Name the role that assumes as Principal, or hold the account to aws:PrincipalArn or sts:ExternalId. "
    "Hold an identity provider to its aud and sub by StringEquals, one of SAML to SAML:aud.",
    controls=("checkov CKV_AWS_60", "checkov CKV_AWS_61", "checkov CKV_AWS_283"),
    parameters=TrustParameters,
    types=(ROLE,),
    check=check,
)
