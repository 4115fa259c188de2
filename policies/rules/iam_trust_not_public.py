"""No stranger assumes a role, and no whole account without a further condition."""

from collections.abc import Iterator

from pydantic import Field

from domain.iam.action_kinds import covers
from domain.iam.document import Document
from domain.iam.narrowing import demands_key, strangers
from domain.iam.statement import Condition, Operator, Statement
from policies.documents import verdicts
from policies.kinds import ROLE
from policies.rule import Given, Parameters, Resource, ResourceRule, Severity, Verdict
from policies.statements import allows, asked, listed

_ASSUMING = ("sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity")
_FIXING = frozenset({Operator.STRING_EQUALS, Operator.STRING_LIKE, Operator.ARN_EQUALS, Operator.ARN_LIKE})
_OF_CALLER = ("aws:principalarn", "aws:principaltag/", "aws:userid", "aws:username", "sts:externalid")
"""Keys by which a statement that names an account says who in it, or in whose name. https://docs.aws.amazon.com/
IAM/latest/UserGuide/reference_policies_condition-keys.html"""


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
        for stranger in strangers(statement, document.version):
            if stranger.is_anyone:
                why = f" ({listed(stranger.why)})" if stranger.why else ""
                yield f"{name} lets {stranger} call {asked(statement)}: no condition narrows it to somebody known{why}"
        if accounts := _whole_accounts(statement, parameters):
            yield f"{name} lets everybody in account {listed(accounts)} assume the role: name a role, or sts:ExternalId"


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
        and not any(set(each) <= {"*", "?"} for each in condition.values)
    )


RULE = ResourceRule(
    id="iam-trust-not-public",
    title="Roles are assumed by whom they name",
    severity=Severity.HIGH,
    risk="A stranger, or anybody in the other account who may assume roles at all, acts as this role.",
    remediation="Name the role that assumes as Principal, or hold the account to aws:PrincipalArn or sts:ExternalId.",
    controls=("checkov CKV_AWS_60", "checkov CKV_AWS_61", "checkov CKV_AWS_283"),
    parameters=TrustParameters,
    types=(ROLE,),
    check=check,
)
