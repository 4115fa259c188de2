"""Roles for GitHub workflows can only be assumed from one repository, by a branch, a tag or an environment."""

from collections.abc import Iterator

from pydantic import Field

from domain.iam.document import Document
from domain.iam.oidc import AUDIENCE
from domain.iam.statement import Condition, Statement
from domain.wording import listed
from policies.checks.github_workflows import (
    BRANCHES,
    EQUALS,
    LIKE,
    TAGS,
    GithubParameters,
    github_statements,
    parse_subject,
)
from policies.checks.policy_documents import check_document
from policies.pack.rule import CheckedResource, ResourceRule, Results, RuleContext
from resources.iam import ROLE


class GithubTrustParameters(GithubParameters):
    audiences: tuple[str, ...] = Field((AUDIENCE,), description="allowed values of aud")
    allow_branch_patterns: bool = Field(
        default=False, description="whether sub may have a wildcard after refs/heads/, as it may after refs/tags/"
    )
    allow_pull_requests: bool = Field(
        default=False, description="whether every pull request of the repository may assume the role"
    )


def check(resource: CheckedResource, context: RuleContext[GithubTrustParameters]) -> Results:
    yield from check_document(_check_statements, context.parameters, resource.inputs, "assumeRolePolicy")


def _check_statements(document: Document, parameters: GithubTrustParameters) -> Iterator[str]:
    for name, statement, issuers in github_statements(document, parameters):
        found = [list(_check_claims(statement, issuer, parameters)) for issuer in issuers]
        if all(found):
            yield from (f"{name} {each}" for each in found[0])


def _check_claims(statement: Statement, issuer: str, parameters: GithubTrustParameters) -> Iterator[str]:
    for key, check_condition, missing in (
        ("aud", _check_audience, "has no condition on aud: a token for another service can assume the role"),
        ("sub", _check_subject, "has no condition on sub: every workflow on GitHub can assume the role"),
    ):
        conditions = (each for each in statement.conditions if each.key.folded == f"{issuer}:{key}")
        messages = [check_condition(each, parameters) for each in conditions]
        # All conditions must hold, so one without a finding is enough.
        if None not in messages:
            yield next(filter(None, messages), missing)


def _check_audience(condition: Condition, parameters: GithubTrustParameters) -> str | None:
    if condition.operator != EQUALS:
        return f"has {condition.operator} on aud, which allows other values: use StringEquals"
    if others := [each for each in condition.values if each not in parameters.audiences]:
        return f"allows tokens for {listed(map(repr, others))}: aud must be {listed(parameters.audiences)}"
    return None if condition.values else "has no value for aud"


def _check_subject(condition: Condition, parameters: GithubTrustParameters) -> str | None:
    if condition.operator not in (EQUALS, LIKE):
        return f"has {condition.operator} on sub, which allows other values: use StringEquals"
    if not condition.values:
        return "has no value for sub"
    messages = (_check_value(each, parameters, like=condition.operator == LIKE) for each in condition.values)
    return next((each for each in messages if each is not None), None)


def _check_value(value: str, parameters: GithubTrustParameters, *, like: bool) -> str | None:
    if "${" in value:
        return f"has a policy variable in sub {value!r}: write the repository and its ref or environment"
    patterns_after = (TAGS, BRANCHES) if parameters.allow_branch_patterns else (TAGS,)
    found = parse_subject(value, like=like, patterns_after=patterns_after)
    if found is None:
        return f"allows sub {value!r}, which is not one repository with a branch, a tag or an environment"
    if found.pull_request and not parameters.allow_pull_requests:
        return f"allows every pull request to assume the role, by sub {value!r}"
    return None


RULE = ResourceRule(
    id="iam-github-trust",
    title="GitHub workflows assume roles from one repository and ref or environment",
    severity="critical",
    risk="Workflows of another repository, of any branch or of anyone's pull request can push images as this role.",
    remediation="Add StringEquals on aud with sts.amazonaws.com, and StringEquals on sub with repo:OWNER/REPOSITORY and"
    " :environment:NAME or :ref:refs/heads/BRANCH, with ids if the repository has them.",
    controls=("checkov CKV_AWS_358",),
    parameters=GithubTrustParameters,
    types=(ROLE,),
    check=check,
)
