"""Repositories are not public.

Only Allow statements are checked: a Deny that limits an Allow for every principal has exceptions itself, which easily
match too much (a key that is absent, a service). The tests compare this rule with `domain.iam.evaluate`: it finds every
statement by which an unknown caller is allowed something."""

from collections.abc import Iterator

from pydantic import Field

from domain.iam.document import Document
from domain.iam.narrowing import PublicPrincipal, public_principals
from domain.iam.statement import PrincipalKind
from policies.checks.policy_documents import allow_statements, check_document, public_access_message
from policies.pack.rule import CheckedResource, Parameters, ResourceRule, Results, RuleContext
from resources.ecr import CREATION_TEMPLATE, REPOSITORY_POLICY


class NotPublicParameters(Parameters):
    services: tuple[str, ...] = Field(
        (),
        description=(
            "services that may be allowed without aws:SourceArn or aws:SourceAccount, such as lambda.amazonaws.com,"
            " which checks the permissions of the function's account itself"
        ),
    )


def check(resource: CheckedResource, context: RuleContext[NotPublicParameters]) -> Results:
    key = "repositoryPolicy" if resource.type == CREATION_TEMPLATE else "policy"
    yield from check_document(_check_statements, context.parameters, resource.inputs, key)


def _check_statements(document: Document, parameters: NotPublicParameters) -> Iterator[str]:
    for name, statement in allow_statements(document):
        for public in public_principals(statement, document.version):
            if not _is_allowed_service(public, parameters):
                yield public_access_message(name, statement, public, "an organization, an account or a network")


def _is_allowed_service(public: PublicPrincipal, parameters: NotPublicParameters) -> bool:
    principal = public.principal
    return principal is not None and principal.kind is PrincipalKind.SERVICE and principal.value in parameters.services


RULE = ResourceRule(
    id="ecr-policy-not-public",
    title="Repositories are not public",
    severity="critical",
    risk="Anyone with an AWS account, or anyone through an AWS service, can pull images or push others.",
    remediation="List accounts, roles or services in Principal. If it must be *, add the condition StringEquals"
    " aws:PrincipalOrgID; for a service, add ArnLike aws:SourceArn or StringEquals aws:SourceAccount.",
    controls=("CIS EKS 5.1.2", "checkov CKV_AWS_32", "trivy AWS-0032"),
    parameters=NotPublicParameters,
    types=(REPOSITORY_POLICY, CREATION_TEMPLATE),
    check=check,
)
