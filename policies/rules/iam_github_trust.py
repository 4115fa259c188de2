"""A role that GitHub's workflows assume is for one repository, and there for a branch, a tag or an environment."""

from collections.abc import Iterator

from pydantic import Field

from domain.iam.document import Document
from domain.iam.github import AUDIENCE, ISSUER
from domain.iam.matching import covers
from domain.iam.statement import Condition, Statement
from domain.wording import listed
from policies.checks.github_workflows import ASSUME, BRANCHES, EQUALS, LIKE, TAGS, subject, trusted_issuers
from policies.checks.policy_documents import verdicts
from policies.checks.statements import allows
from policies.pack.rule import Given, Parameters, Resource, ResourceRule, Severity, Verdict
from resources.iam import ROLE


class GithubTrustParameters(Parameters):
    issuers: tuple[str, ...] = Field(
        (ISSUER,),
        min_length=1,
        description="GitHub's token issuers; one covers those that an enterprise has under its path",
    )
    audiences: tuple[str, ...] = Field((AUDIENCE,), description="values of aud that a role may be assumed with")
    allow_branch_patterns: bool = Field(
        default=False, description="whether sub may have a wildcard after refs/heads/, as it may after refs/tags/"
    )
    allow_pull_requests: bool = Field(
        default=False, description="whether every pull request of the repository may assume a role"
    )


def check(resource: Resource, given: Given[GithubTrustParameters]) -> Iterator[Verdict]:
    yield from verdicts(_too_wide, given.parameters, resource.inputs, "assumeRolePolicy")


def _too_wide(document: Document, parameters: GithubTrustParameters) -> Iterator[str]:
    for name, statement in allows(document):
        if covers(statement, ASSUME):
            for issuers in dict.fromkeys(trusted_issuers(statement, parameters.issuers)):
                # A token has the keys of its own issuer only, so to be held to one of them is enough.
                found = [list(_faults(statement, issuer, parameters)) for issuer in issuers]
                if all(found):
                    yield from (f"{name} {each}" for each in found[0])


def _faults(statement: Statement, issuer: str, parameters: GithubTrustParameters) -> Iterator[str]:
    for key, fault_of, missing in (
        ("aud", _audience_fault, "has no condition on aud: a token made for another service assumes the role"),
        ("sub", _subject_fault, "has no condition on sub: every workflow on GitHub assumes the role"),
    ):
        conditions = (each for each in statement.conditions if each.key.folded == f"{issuer}:{key}")
        faults = [fault_of(each, parameters) for each in conditions]
        # All conditions must hold, so one without fault is enough.
        if None not in faults:
            yield next(filter(None, faults), missing)


def _audience_fault(condition: Condition, parameters: GithubTrustParameters) -> str | None:
    if condition.operator != EQUALS:
        return f"tests aud by {condition.operator}, which does not fix it: write StringEquals"
    if others := [each for each in condition.values if each not in parameters.audiences]:
        return f"takes tokens for {listed(map(repr, others))}: write {listed(parameters.audiences)}"
    return None if condition.values else "names no aud"


def _subject_fault(condition: Condition, parameters: GithubTrustParameters) -> str | None:
    if condition.operator not in (EQUALS, LIKE):
        return f"tests sub by {condition.operator}, which does not fix it: write StringEquals"
    if not condition.values:
        return "names no sub"
    faults = (_value_fault(each, parameters, like=condition.operator == LIKE) for each in condition.values)
    return next((each for each in faults if each is not None), None)


def _value_fault(value: str, parameters: GithubTrustParameters, *, like: bool) -> str | None:
    if "${" in value:
        return f"fills a variable into sub {value!r}: write the repository and its ref or environment"
    patterns_after = (TAGS, BRANCHES) if parameters.allow_branch_patterns else (TAGS,)
    found = subject(value, like=like, patterns_after=patterns_after)
    if found is None:
        return f"lets sub be {value!r}, which is not one repository with a branch, a tag or an environment"
    if found.pull_request and not parameters.allow_pull_requests:
        return f"lets every pull request assume the role by sub {value!r}"
    return None


RULE = ResourceRule(
    id="iam-github-trust",
    title="GitHub's workflows assume a role from one repository and ref or environment",
    severity=Severity.CRITICAL,
    risk="A workflow of another repository, of any branch or of anybody's pull request pushes images as this role.",
    remediation=(
        "StringEquals on aud with sts.amazonaws.com, and StringEquals on sub with repo:OWNER/REPOSITORY and"
        " :environment:NAME or :ref:refs/heads/BRANCH; with ids where the repository has them."
    ),
    controls=("checkov CKV_AWS_358",),
    parameters=GithubTrustParameters,
    types=(ROLE,),
    check=check,
)
