"""A registry policy lets named accounts fill the registry's repositories, and nothing else."""

from collections.abc import Iterator

from domain.aws import Arn, is_account_id
from domain.iam.document import Document
from domain.iam.narrowing import public_principals
from domain.iam.statement import Caseless, PrincipalKind, Statement
from domain.wording import listed
from policies.checks.policy_documents import verdicts
from policies.checks.statements import allows, asked, written
from policies.pack.rule import Given, Parameters, Resource, ResourceRule, Severity, Verdict
from resources.ecr import REGISTRY_POLICY

_GRANTABLE = frozenset(
    each.lower() for each in ("ecr:ReplicateImage", "ecr:CreateRepository", "ecr:BatchImportUpstreamImage")
)
"""https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry-permissions.html"""


def check(resource: Resource, given: Given[Parameters]) -> Iterator[Verdict]:
    yield from verdicts(_too_much, given.parameters, resource.inputs, "policy")


def _too_much(document: Document, _: Parameters) -> Iterator[str]:
    for name, statement in allows(document):
        yield from _principals(name, statement, document.version)
        if statement.not_actions is not None:
            yield f"{name} allows {asked(statement)} (NotAction): name what is meant"
        if others := [each for each in statement.actions or () if not _is_grantable(each)]:
            yield f"{name} allows {written(others)}: a registry grants replication, creation and import alone"
        yield from _resources(name, statement)


def _principals(name: str, statement: Statement, version: str) -> Iterator[str]:
    if statement.not_principals is not None:
        yield f"{name} grants to all but some (NotPrincipal): list the allowed principals in Principal"
        return
    if statement.principals is None:
        yield f"{name} has no Principal: Amazon ECR refuses it"
    for public in public_principals(statement, version):
        if public.is_anyone:
            why = f" ({listed(public.why)})" if public.why else ""
            yield f"{name} lets {public} call {asked(statement)}: no condition narrows it to somebody known{why}"
    others = [each for each in statement.principals or () if each.kind is not PrincipalKind.AWS]
    if others:
        found = listed(f"{each.kind} {each.value}" for each in others)
        yield f"{name} grants to {found}: only accounts and their roles fill a registry"


def _is_grantable(action: Caseless) -> bool:
    return action.folded in _GRANTABLE


def _resources(name: str, statement: Statement) -> Iterator[str]:
    if statement.not_resources is not None:
        yield f"{name} is about all but {listed(statement.not_resources)} (NotResource): name what is meant"
    elif statement.resources is None:
        yield f"{name} has no Resource: name the repositories"
    if others := [each for each in statement.resources or () if not _is_of_registry(each)]:
        yield f"{name} is about {listed(others)}: name repositories of the account and region, such as team/*"


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
    title="Registry policies let named accounts replicate and import, no more",
    severity=Severity.HIGH,
    risk="Another account can put images under any name into the registry, or take over what it allows.",
    remediation=(
        "Name the source account as Principal, ecr:ReplicateImage and ecr:CreateRepository as Action, and as Resource"
        " arn:aws:ecr:REGION:ACCOUNT:repository/ with the names that are replicated."
    ),
    controls=("CIS EKS 5.1.2",),
    parameters=Parameters,
    types=(REGISTRY_POLICY,),
    check=check,
)
