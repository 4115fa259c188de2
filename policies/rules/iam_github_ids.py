"""Trust policies identify GitHub repositories by ids, which are never assigned again."""

import re
from collections.abc import Iterator

from domain.iam.document import Document
from domain.iam.github import Subject
from domain.iam.statement import Statement
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

_ID = re.compile(r"[0-9]+")
_IDS = ("repository_id", "repository_owner_id")
"""https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif"""


def check(resource: CheckedResource, context: RuleContext[GithubParameters]) -> Results:
    yield from check_document(_check_statements, context.parameters, resource.inputs, "assumeRolePolicy")


def _check_statements(document: Document, parameters: GithubParameters) -> Iterator[str]:
    by_name: dict[str, list[str]] = {}
    for name, statement, issuers in github_statements(document, parameters):
        if not any(_has_ids(statement, each) for each in issuers):
            repositories = listed(_repositories(statement, issuers[0])) or "GitHub workflows"
            by_name.setdefault(repositories, []).append(name)
    for repositories, names in by_name.items():
        yield f"identifies {repositories} by name only ({listed(names)}): another GitHub account can register the name"


def _has_ids(statement: Statement, issuer: str) -> bool:
    return _has_immutable_subject(statement, issuer) or all(_fixes_id(statement, f"{issuer}:{each}") for each in _IDS)


def _fixes_id(statement: Statement, key: str) -> bool:
    return any(
        each.key.folded == key and each.operator == EQUALS and each.values and all(map(_ID.fullmatch, each.values))
        for each in statement.conditions
    )


def _has_immutable_subject(statement: Statement, issuer: str) -> bool:
    conditions = list(_subjects(statement, issuer))
    return any(found and all(each is not None and each.owner_id for each in found) for found in conditions)


def _subjects(statement: Statement, issuer: str) -> Iterator[list[Subject | None]]:
    """The values of each condition on the subject."""
    for each in statement.conditions:
        if each.key.folded == f"{issuer}:sub" and each.operator in (EQUALS, LIKE):
            like = each.operator == LIKE
            yield [parse_subject(value, like=like, patterns_after=(TAGS, BRANCHES)) for value in each.values]


def _repositories(statement: Statement, issuer: str) -> list[str]:
    """The repositories that the subjects identify without ids."""
    found = (each for values in _subjects(statement, issuer) for each in values)
    return list(dict.fromkeys(f"{each.owner}/{each.repository}" for each in found if each and not each.owner_id))


RULE = ResourceRule(
    id="iam-github-ids",
    title="GitHub repositories are identified by ids",
    severity="medium",
    risk="A GitHub name can be registered again after its owner or repository was renamed or deleted: the new owner can"
    " push images as this role.",
    remediation="Add owner_id and repository_id to the source in the catalog: gh api repos/OWNER/NAME --jq"
    " '.owner.id, .id'. They become StringEquals on repository_owner_id and repository_id, and part of an immutable"
    " subject.",
    parameters=GithubParameters,
    types=(ROLE,),
    check=check,
)
