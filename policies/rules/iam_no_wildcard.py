"""Identity-based policies list actions and resources."""

import re
from collections.abc import Iterator, Mapping

from domain.aws import Arn
from domain.iam.actions import has_wildcard, reads_only, takes_resource
from domain.iam.document import Document
from domain.iam.statement import Caseless, Statement
from domain.iam.statement_text import names_text
from domain.problems import Path
from policies.checks.input_values import is_unknown
from policies.checks.policy_documents import (
    allow_statements,
    check_actions_listed,
    check_document,
    check_resources_listed,
)
from policies.pack.rule import CheckedResource, Finding, Parameters, ResourceRule, Results, RuleContext, Undecided
from resources.iam import (
    GROUP_POLICY,
    GROUP_POLICY_ATTACHMENT,
    MANAGED_POLICY,
    POLICY_ATTACHMENT,
    ROLE,
    ROLE_POLICY,
    ROLE_POLICY_ATTACHMENT,
    USER_POLICY,
    USER_POLICY_ATTACHMENT,
)

_BROAD_POLICY = re.compile(r"(?:.*/)?(?:AdministratorAccess.*|PowerUserAccess|.*FullAccess.*)")
"""Names of AWS managed policies."""
_ANY_RESOURCE = re.compile(
    r"\*|arn:(?:[^:]*:){3}(?:\$\{[^}]*\}|[^:])*:[*?/:]+|arn:(?:[^:]*:){3}[^:]*[*?][^:]*:[a-z0-9*?-]+[/:][*?/:]+"
)
"""Resources of any name and type, or of one type in several accounts."""


def check(resource: CheckedResource, context: RuleContext[Parameters]) -> Results:
    inputs = resource.inputs
    yield from check_document(_check_statements, context.parameters, inputs, "policy", identity=True)
    yield from _check_inline_policies(inputs, context.parameters)
    yield from _check_managed_policies(inputs)


def _check_inline_policies(inputs: Mapping[str, object], parameters: Parameters) -> Results:
    for path, each in _items(inputs, "inlinePolicies"):
        if isinstance(each, Mapping):
            yield from check_document(_check_statements, parameters, each, "policy", path=path, identity=True)
        elif is_unknown(each):
            yield Undecided(path)


def _check_managed_policies(inputs: Mapping[str, object]) -> Results:
    if "policyArn" in inputs:
        yield from _check_managed_policy(inputs["policyArn"], ("policyArn",))
    for path, each in _items(inputs, "managedPolicyArns"):
        yield from _check_managed_policy(each, path)


def _items(inputs: Mapping[str, object], key: str) -> Iterator[tuple[Path, object]]:
    """The items under the key, each with its path; a list that is unknown as a whole is one item."""
    value = inputs.get(key)
    if isinstance(value, list | tuple):
        yield from (((key, index), each) for index, each in enumerate(value))
    elif value is not None:
        yield (key,), value


def _check_managed_policy(value: object, path: Path) -> Results:
    if is_unknown(value):
        yield Undecided(path)
    arn = Arn.parse(value) if isinstance(value, str) else None
    if arn is not None and arn.account == "aws" and _BROAD_POLICY.fullmatch(arn.resource):
        name = arn.resource.rpartition("/")[2]
        yield Finding(f"has the AWS managed policy {name}: write a policy with the required actions", path)


def _check_statements(document: Document, _: Parameters) -> Iterator[str]:
    for name, statement in allow_statements(document):
        yield from check_actions_listed(name, statement)
        yield from check_resources_listed(name, statement)
        if patterns := [each for each in statement.actions or () if _includes_writing(each)]:
            yield f"{name} allows {names_text(patterns)}, which includes write actions: list each action"
        if actions := _on_any_resource(statement):
            yield f"{name} allows {names_text(actions)} on every resource: list the resources in Resource"


def _includes_writing(action: Caseless) -> bool:
    return has_wildcard(action) and not reads_only(action)


def _on_any_resource(statement: Statement) -> list[Caseless]:
    """The actions that support resources, but are allowed on any."""
    if not any(map(_ANY_RESOURCE.fullmatch, statement.resources or ())):
        return []
    return [each for each in statement.actions or () if takes_resource(each) and not _includes_writing(each)]


RULE = ResourceRule(
    id="iam-no-wildcard",
    title="Identity-based policies list actions and resources",
    severity="high",
    risk="If a role or user is compromised, images can be deleted and privileges escalated.",
    remediation="List each action and the ARNs of its resources. Put actions without a resource type, such as"
    " ecr:GetAuthorizationToken, in a statement of their own with Resource *.",
    controls=(
        "Security Hub IAM.1",
        "Security Hub IAM.21",
        "Security Hub KMS.1",
        "Security Hub KMS.2",
        "Control Tower CT.IAM.PR.1",
        "Control Tower CT.IAM.PR.2",
        "Control Tower CT.IAM.PR.3",
        "CIS EKS 5.1.3",
        "checkov CKV_AWS_62",
        "checkov CKV_AWS_63",
        "checkov CKV_AWS_274",
        "checkov CKV_AWS_355",
        "checkov CKV2_AWS_56",
        "trivy AWS-0057",
        "trivy AWS-0342",
    ),
    parameters=Parameters,
    types=(
        MANAGED_POLICY,
        ROLE_POLICY,
        USER_POLICY,
        GROUP_POLICY,
        ROLE,
        ROLE_POLICY_ATTACHMENT,
        USER_POLICY_ATTACHMENT,
        GROUP_POLICY_ATTACHMENT,
        POLICY_ATTACHMENT,
    ),
    check=check,
)
