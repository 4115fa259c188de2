"""No stranger reaches a repository.

Words decide, and Deny statements don't count: a Deny that takes back what an Allow gives everybody has to spare some,
and what it spares (a key that is absent, a service) is easily too much. The tests hold these words against the effect:
whatever `domain.iam.evaluate` lets a stranger do, this rule finds."""

from collections.abc import Iterator

from pydantic import Field

from domain.iam.document import Document
from domain.iam.narrowing import PublicPrincipal, public_principals
from domain.iam.statement import PrincipalKind
from domain.wording import listed
from policies.checks.policy_documents import verdicts
from policies.checks.statements import allows, asked
from policies.pack.rule import Given, Parameters, Resource, ResourceRule, Severity, Verdict
from resources.ecr import CREATION_TEMPLATE, REPOSITORY_POLICY


class NotPublicParameters(Parameters):
    services: tuple[str, ...] = Field(
        (),
        description=(
            "services that may come without aws:SourceArn or aws:SourceAccount, such as lambda.amazonaws.com, which"
            " asks for the permission of the function's account by itself"
        ),
    )


def check(resource: Resource, given: Given[NotPublicParameters]) -> Iterator[Verdict]:
    key = "repositoryPolicy" if resource.type == CREATION_TEMPLATE else "policy"
    yield from verdicts(_open, given.parameters, resource.inputs, key)


def _open(document: Document, parameters: NotPublicParameters) -> Iterator[str]:
    for name, statement in allows(document):
        for public in public_principals(statement, document.version):
            if not _is_let(public, parameters):
                why = f" ({listed(public.why)})" if public.why else ""
                yield (
                    f"{name} lets {public} call {asked(statement)}: no condition narrows it to an organization, an"
                    f" account or a network{why}"
                )


def _is_let(public: PublicPrincipal, parameters: NotPublicParameters) -> bool:
    principal = public.principal
    return principal is not None and principal.kind is PrincipalKind.SERVICE and principal.value in parameters.services


RULE = ResourceRule(
    id="ecr-policy-not-public",
    title="Repositories are not public",
    severity=Severity.CRITICAL,
    risk="Anybody with an AWS account, or anybody through a service, can pull the images or push others.",
    remediation=(
        "Name accounts, roles or services as Principal. Where it must be *, add StringEquals on aws:PrincipalOrgID; to"
        " a service add ArnLike on aws:SourceArn or StringEquals on aws:SourceAccount; the components do."
    ),
    controls=("CIS EKS 5.1.2", "checkov CKV_AWS_32", "trivy AWS-0032"),
    parameters=NotPublicParameters,
    types=(REPOSITORY_POLICY, CREATION_TEMPLATE),
    check=check,
)
