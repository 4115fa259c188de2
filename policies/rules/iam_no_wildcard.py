"""Policies of people and roles name actions and resources."""

import re
from collections.abc import Iterator, Mapping

from domain.aws import Arn
from domain.iam.actions import has_wildcard, reads_only, takes_resource
from domain.iam.document import Document
from domain.iam.statement import Caseless, Statement
from domain.problems import Path
from domain.wording import listed
from policies.checks.input_values import is_unknown
from policies.checks.policy_documents import verdicts
from policies.checks.statements import allows, asked, written
from policies.pack.rule import Finding, Given, Parameters, Resource, ResourceRule, Severity, Undecided, Verdict
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

_BROAD = re.compile(r"(?:.*/)?(?:AdministratorAccess.*|PowerUserAccess|.*FullAccess.*)")
"""Names of AWS's own policies."""
_EVERYWHERE = re.compile(
    r"\*|arn:(?:[^:]*:){3}(?:\$\{[^}]*\}|[^:])*:[*?/:]+|arn:(?:[^:]*:){3}[^:]*[*?][^:]*:[a-z0-9*?-]+[/:][*?/:]+"
)
"""Resources of any name and type, or of one type in more than one account."""


def check(resource: Resource, given: Given[Parameters]) -> Iterator[Verdict]:
    inputs = resource.inputs
    yield from verdicts(_too_much, given.parameters, inputs, "policy", identity=True)
    yield from _inline(inputs, given.parameters)
    yield from _managed(inputs)


def _inline(inputs: Mapping[str, object], parameters: Parameters) -> Iterator[Verdict]:
    for path, each in _listed(inputs, "inlinePolicies"):
        if isinstance(each, Mapping):
            yield from verdicts(_too_much, parameters, each, "policy", path=path, identity=True)
        elif is_unknown(each):
            yield Undecided(path)


def _managed(inputs: Mapping[str, object]) -> Iterator[Verdict]:
    if "policyArn" in inputs:
        yield from _attached(inputs["policyArn"], ("policyArn",))
    for path, each in _listed(inputs, "managedPolicyArns"):
        yield from _attached(each, path)


def _listed(inputs: Mapping[str, object], key: str) -> Iterator[tuple[Path, object]]:
    """The items under that key, each with its place; a list that is not known yet as a whole."""
    value = inputs.get(key)
    if isinstance(value, list | tuple):
        yield from (((key, place), each) for place, each in enumerate(value))
    elif value is not None:
        yield (key,), value


def _attached(value: object, path: Path) -> Iterator[Verdict]:
    if is_unknown(value):
        yield Undecided(path)
    arn = Arn.parse(value) if isinstance(value, str) else None
    if arn is not None and arn.account == "aws" and _BROAD.fullmatch(arn.resource):
        yield Finding(f"has AWS's policy {arn.resource.rpartition('/')[2]}: write one with what is needed", path)


def _too_much(document: Document, _: Parameters) -> Iterator[str]:
    for name, statement in allows(document):
        if statement.not_actions is not None:
            yield f"{name} allows {asked(statement)} (NotAction): name what is meant"
        if statement.not_resources is not None:
            yield f"{name} is about all but {listed(statement.not_resources)} (NotResource): name what is meant"
        if patterns := [each for each in statement.actions or () if _covers_writing(each)]:
            yield f"{name} allows {written(patterns)}, which covers writing: name each action"
        if actions := _everywhere(statement):
            yield f"{name} allows {written(actions)} on every resource: name those that are meant"


def _covers_writing(action: Caseless) -> bool:
    return has_wildcard(action) and not reads_only(action)


def _everywhere(statement: Statement) -> list[Caseless]:
    """The actions that could be held to resources and are not."""
    if not any(map(_EVERYWHERE.fullmatch, statement.resources or ())):
        return []
    return [each for each in statement.actions or () if takes_resource(each) and not _covers_writing(each)]


RULE = ResourceRule(
    id="iam-no-wildcard",
    title="Policies of people and roles name actions and resources",
    severity=Severity.HIGH,
    risk="Whoever gets hold of one role or user can do what nobody meant it to: delete images, or give itself more.",
    remediation=(
        "Name each action and the ARNs of its resources. Keep what has no resource, as ecr:GetAuthorizationToken, in a"
        " statement of its own on *."
    ),
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
