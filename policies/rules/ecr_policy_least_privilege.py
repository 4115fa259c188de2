"""Repository policies list actions, and don't allow other accounts to delete or configure."""

from collections.abc import Iterator

from pydantic import Field

from domain.iam.actions import FILLING, has_wildcard, reads_only
from domain.iam.document import Document
from domain.iam.statement import Caseless, Statement
from domain.iam.statement_text import names_text, principal_text
from domain.wording import listed
from policies.checks.policy_documents import (
    allow_statements,
    check_actions_listed,
    check_document,
    check_principals_listed,
)
from policies.pack.rule import CheckedResource, Parameters, ResourceRule, Results, RuleContext
from resources.ecr import CREATION_TEMPLATE, REPOSITORY_POLICY

_PUSHING = frozenset(each.lower() for each in FILLING)


class LeastPrivilegeParameters(Parameters):
    own_accounts: tuple[str, ...] = Field(
        (), description="accounts whose principals may be allowed to delete and configure"
    )


def check(resource: CheckedResource, context: RuleContext[LeastPrivilegeParameters]) -> Results:
    key = "repositoryPolicy" if resource.type == CREATION_TEMPLATE else "policy"
    yield from check_document(_check_statements, context.parameters, resource.inputs, key)


def _check_statements(document: Document, parameters: LeastPrivilegeParameters) -> Iterator[str]:
    for name, statement in allow_statements(document):
        yield from check_principals_listed(name, statement, "Amazon ECR")
        yield from check_actions_listed(name, statement)
        yield from _check_actions(name, statement, parameters)


def _check_actions(name: str, statement: Statement, parameters: LeastPrivilegeParameters) -> Iterator[str]:
    actions = statement.actions or ()
    foreign = [each for each in actions if each.folded.partition(":")[0] not in {"ecr", "*"}]
    if foreign:
        yield f"{name} allows {names_text(foreign)}, which is not an action of Amazon ECR"
    patterns = [each for each in actions if each not in foreign and has_wildcard(each) and not reads_only(each)]
    if patterns:
        yield f"{name} allows {names_text(patterns)}, which includes write actions: list each action"
    managing = [each for each in actions if each not in foreign and not has_wildcard(each) and _manages(each)]
    others = [each for each in statement.principals or () if each.account not in parameters.own_accounts]
    if managing and others:
        yield f"{name} allows {listed(map(principal_text, others))} to delete or configure: {names_text(managing)}"


def _manages(action: Caseless) -> bool:
    return not reads_only(action) and action.folded not in _PUSHING


RULE = ResourceRule(
    id="ecr-policy-least-privilege",
    title="Repository policies grant least privilege",
    severity="high",
    risk="If an identity of the other account is compromised, images can be deleted and further access granted.",
    remediation="List each action; pulling requires ecr:BatchGetImage and ecr:GetDownloadUrlForLayer. Allow deletion"
    " and configuration only in identity-based policies of the repository's own account.",
    controls=("CIS EKS 5.1.2", "CIS EKS 5.1.3"),
    parameters=LeastPrivilegeParameters,
    types=(REPOSITORY_POLICY, CREATION_TEMPLATE),
    check=check,
)
