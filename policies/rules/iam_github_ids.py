"""GitHub's workflows are known by ids, which nobody takes over with a name."""

import re
from collections.abc import Iterator

from pydantic import Field

from domain.iam.document import Document
from domain.iam.github import ISSUER, Subject
from domain.iam.matching import covers
from domain.iam.statement import Statement
from domain.wording import listed
from policies.checks.github_workflows import ASSUME, BRANCHES, EQUALS, LIKE, TAGS, subject, trusted_issuers
from policies.checks.policy_documents import verdicts
from policies.checks.statements import allows
from policies.pack.rule import Given, Parameters, Resource, ResourceRule, Severity, Verdict
from resources.iam import ROLE

_ID = re.compile(r"[0-9]+")
_IDS = ("repository_id", "repository_owner_id")
"""https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif"""


class GithubIdsParameters(Parameters):
    issuers: tuple[str, ...] = Field(
        (ISSUER,),
        min_length=1,
        description="GitHub's token issuers; one covers those that an enterprise has under its path",
    )


def check(resource: Resource, given: Given[GithubIdsParameters]) -> Iterator[Verdict]:
    yield from verdicts(_by_name, given.parameters, resource.inputs, "assumeRolePolicy")


def _by_name(document: Document, parameters: GithubIdsParameters) -> Iterator[str]:
    names: dict[str, list[str]] = {}
    for name, statement in allows(document):
        if covers(statement, ASSUME):
            for issuers in dict.fromkeys(trusted_issuers(statement, parameters.issuers)):
                # A token has the keys of its own issuer only, so to be held to one of them is enough.
                if not any(_is_held(statement, each) for each in issuers):
                    who = listed(_repositories(statement, issuers[0])) or "GitHub's workflows"
                    names.setdefault(who, []).append(name)
    for who, where in names.items():
        yield f"knows {who} by name alone ({listed(where)}): whoever takes the name over gets in"


def _is_held(statement: Statement, issuer: str) -> bool:
    return _by_immutable_subject(statement, issuer) or all(_by_id(statement, f"{issuer}:{each}") for each in _IDS)


def _by_id(statement: Statement, key: str) -> bool:
    return any(
        each.key.folded == key and each.operator == EQUALS and each.values and all(map(_ID.fullmatch, each.values))
        for each in statement.conditions
    )


def _by_immutable_subject(statement: Statement, issuer: str) -> bool:
    conditions = list(_subjects(statement, issuer))
    return any(found and all(each is not None and each.owner_id for each in found) for found in conditions)


def _subjects(statement: Statement, issuer: str) -> Iterator[list[Subject | None]]:
    """Of each condition that fixes the subject, what its values are."""
    for each in statement.conditions:
        if each.key.folded == f"{issuer}:sub" and each.operator in (EQUALS, LIKE):
            like = each.operator == LIKE
            yield [subject(value, like=like, patterns_after=(TAGS, BRANCHES)) for value in each.values]


def _repositories(statement: Statement, issuer: str) -> list[str]:
    """Those that the subjects name without ids."""
    found = (each for values in _subjects(statement, issuer) for each in values)
    return list(dict.fromkeys(f"{each.owner}/{each.repository}" for each in found if each and not each.owner_id))


RULE = ResourceRule(
    id="iam-github-ids",
    title="GitHub's workflows are known by ids",
    severity=Severity.MEDIUM,
    risk=(
        "A name of GitHub's is free again once its owner or repository is renamed or deleted: whoever registers it next"
        " pushes images as this role."
    ),
    remediation=(
        "Give the source owner_id and repository_id in the catalog: gh api repos/OWNER/NAME --jq '.owner.id, .id'. They"
        " become StringEquals on repository_owner_id and repository_id, and part of an immutable subject."
    ),
    parameters=GithubIdsParameters,
    types=(ROLE,),
    check=check,
)
