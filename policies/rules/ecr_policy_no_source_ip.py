"""Policies of registries and repositories don't filter by IP address."""

import ipaddress
from collections.abc import Iterator

from domain.iam.document import Document
from domain.iam.statement import Condition
from domain.iam.statement_text import statement_name
from domain.wording import listed
from policies.checks.policy_documents import check_document
from policies.pack.rule import CheckedResource, Parameters, ResourceRule, Results, RuleContext
from resources.ecr import CREATION_TEMPLATE, REGISTRY_POLICY, REPOSITORY_POLICY

_SOURCE_IP = "aws:sourceip"


def check(resource: CheckedResource, context: RuleContext[Parameters]) -> Results:
    key = "repositoryPolicy" if resource.type == CREATION_TEMPLATE else "policy"
    yield from check_document(_check_statements, context.parameters, resource.inputs, key)


def _check_statements(document: Document, _: Parameters) -> Iterator[str]:
    for index, statement in enumerate(document.statements):
        for condition in statement.conditions:
            if condition.key.folded == _SOURCE_IP:
                values = f"({listed(condition.values)}){_of_one_version(condition)}"
                yield f"{statement_name(statement, index)} filters by {condition.key.written} {values}"


def _of_one_version(condition: Condition) -> str:
    """What the condition does to clients of the other version, whose addresses are in none of its ranges."""
    versions = {version for each in condition.values if (version := _version(each))}
    if len(versions) != 1:
        return ""
    (known,) = versions
    return f": no client of IPv{4 if known == 6 else 6} is in these ranges"  # noqa: PLR2004  there are two


def _version(value: str) -> int | None:
    try:
        return ipaddress.ip_network(value, strict=False).version
    except ValueError:
        return None


RULE = ResourceRule(
    id="ecr-policy-no-source-ip",
    title="Policies of registries and repositories don't filter by IP address",
    severity="low",
    risk="A registry has endpoints for IPv4 and IPv6, and a client uses whichever its network prefers: ranges of IPv4 "
    "shut every client of IPv6 out of an Allow, and let it past a Deny. What a pull downloads comes from URLs that "
    "Amazon ECR has signed, to which the condition does not apply.",
    remediation="Limit by identity: aws:PrincipalOrgID, or listed accounts and roles. For networks, use the policies "
    "of VPC endpoints, or aws:SourceVpce.",
    parameters=Parameters,
    types=(REGISTRY_POLICY, REPOSITORY_POLICY, CREATION_TEMPLATE),
    check=check,
)
