"""A repository policy grants named actions, and no other account may delete or configure."""

from collections.abc import Iterator

from pydantic import Field

from domain.iam.actions import FILLING, has_wildcard, reads_only
from domain.iam.document import Document
from domain.iam.statement import Caseless, Principal, PrincipalKind, Statement
from domain.wording import listed
from policies.checks.policy_documents import verdicts
from policies.checks.statements import allows, written
from policies.pack.rule import Given, Parameters, Resource, ResourceRule, Severity, Verdict
from resources.ecr import CREATION_TEMPLATE, REPOSITORY_POLICY

_FILLING = frozenset(each.lower() for each in FILLING)


class LeastPrivilegeParameters(Parameters):
    own_accounts: tuple[str, ...] = Field(
        (),
        description="accounts whose principals may delete and configure; every other principal counts as a stranger",
    )


def check(resource: Resource, given: Given[LeastPrivilegeParameters]) -> Iterator[Verdict]:
    key = "repositoryPolicy" if resource.type == CREATION_TEMPLATE else "policy"
    yield from verdicts(_too_much, given.parameters, resource.inputs, key)


def _too_much(document: Document, parameters: LeastPrivilegeParameters) -> Iterator[str]:
    for name, statement in allows(document):
        if statement.not_principals is not None:
            yield f"{name} grants to all but some (NotPrincipal): list the allowed principals in Principal"
        elif statement.principals is None:
            yield f"{name} has no Principal: Amazon ECR refuses it"
        if statement.not_actions is not None:
            yield f"{name} allows everything but {written(statement.not_actions)} (NotAction): name what is meant"
        yield from _actions(name, statement, parameters)


def _actions(name: str, statement: Statement, parameters: LeastPrivilegeParameters) -> Iterator[str]:
    actions = statement.actions or ()
    foreign = [each for each in actions if each.folded.partition(":")[0] not in {"ecr", "*"}]
    if foreign:
        yield f"{name} allows {written(foreign)}: that is not an action of Amazon ECR"
    patterns = [each for each in actions if each not in foreign and has_wildcard(each) and not reads_only(each)]
    if patterns:
        yield f"{name} allows {written(patterns)}, which covers writing: name each action"
    managing = [each for each in actions if each not in foreign and not has_wildcard(each) and _manages(each)]
    others = [_words(each) for each in statement.principals or () if each.account not in parameters.own_accounts]
    if managing and others:
        yield f"{name} lets {listed(others)} delete or configure: {written(managing)}"


def _manages(action: Caseless) -> bool:
    return not reads_only(action) and action.folded not in _FILLING


def _words(principal: Principal) -> str:
    if principal.is_anyone:
        return "everybody (*)"
    if principal.is_root:
        return f"account {principal.value}"
    return principal.value if principal.kind is PrincipalKind.AWS else f"{principal.kind} {principal.value}"


RULE = ResourceRule(
    id="ecr-policy-least-privilege",
    title="Repository policies grant no more than is meant",
    severity=Severity.HIGH,
    risk="Whoever gets hold of an identity in the other account can delete images, or open the repository further.",
    remediation=(
        "Name each action, for pulling ecr:BatchGetImage and ecr:GetDownloadUrlForLayer; leave deletion and"
        " configuration to policies of the repository's own account."
    ),
    controls=("CIS EKS 5.1.2", "CIS EKS 5.1.3"),
    parameters=LeastPrivilegeParameters,
    types=(REPOSITORY_POLICY, CREATION_TEMPLATE),
    check=check,
)
