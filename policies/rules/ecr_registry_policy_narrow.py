"""Registry policies allow named accounts to replicate and import images, and nothing else."""

from collections.abc import Iterator

from domain.aws import Arn, is_account_id
from domain.iam.document import Document
from domain.iam.narrowing import public_principals
from domain.iam.statement import PrincipalKind, Statement
from domain.iam.statement_text import names_text, principal_text
from domain.wording import listed
from policies.checks.policy_documents import (
    allow_statements,
    check_actions_listed,
    check_document,
    check_principals_listed,
    check_resources_listed,
    public_access_message,
)
from policies.pack.rule import CheckedResource, Parameters, ResourceRule, Results, RuleContext
from resources.ecr import REGISTRY_POLICY

_GRANTABLE = frozenset(
    each.lower() for each in ("ecr:ReplicateImage", "ecr:CreateRepository", "ecr:BatchImportUpstreamImage")
)
"""https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry-permissions.html"""


def check(resource: CheckedResource, context: RuleContext[Parameters]) -> Results:
    yield from check_document(_check_statements, context.parameters, resource.inputs, "policy")


def _check_statements(document: Document, _: Parameters) -> Iterator[str]:
    for name, statement in allow_statements(document):
        yield from check_principals_listed(name, statement, "Amazon ECR")
        if statement.not_principals is None:
            yield from _check_principals(name, statement, document.version)
        yield from check_actions_listed(name, statement)
        if others := [each for each in statement.actions or () if each.folded not in _GRANTABLE]:
            yield f"{name} allows {names_text(others)}: allow only replication, repository creation and import"
        yield from check_resources_listed(name, statement)
        yield from _check_resources(name, statement)


def _check_principals(name: str, statement: Statement, version: str) -> Iterator[str]:
    for public in public_principals(statement, version):
        if public.is_anyone:
            yield public_access_message(name, statement, public, "known callers")
    if others := [each for each in statement.principals or () if each.kind is not PrincipalKind.AWS]:
        yield f"{name} allows {listed(map(principal_text, others))}: allow only accounts and their roles"


def _check_resources(name: str, statement: Statement) -> Iterator[str]:
    if statement.resources is None and statement.not_resources is None:
        yield f"{name} has no Resource: list the repositories"
    if others := [each for each in statement.resources or () if not _is_of_registry(each)]:
        yield f"{name} applies to {listed(others)}: list repositories of one account and region, such as team/*"


def _is_of_registry(resource: str) -> bool:
    arn = Arn.parse(resource)
    return (
        arn is not None
        and arn.service == "ecr"
        and not {"*", "?"} & set(arn.region)
        and is_account_id(arn.account)
        and arn.resource.startswith("repository/")
    )


RULE = ResourceRule(
    id="ecr-registry-policy-narrow",
    title="Registry policies only allow named accounts to replicate and import",
    severity="high",
    risk="Another account can put images under any name into the registry, or change its permissions.",
    remediation="Set Principal to the source account, Action to ecr:ReplicateImage and ecr:CreateRepository, and"
    " Resource to arn:aws:ecr:REGION:ACCOUNT:repository/ with the names that are replicated.",
    controls=("CIS EKS 5.1.2",),
    parameters=Parameters,
    types=(REGISTRY_POLICY,),
    check=check,
)
