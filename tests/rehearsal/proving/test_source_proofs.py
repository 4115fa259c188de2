"""Environments at GitHub: what enters them is what the catalog names, and the proof fails once they are loosened."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from domain.github_source import BRANCHES, TAGS
from rehearsal.github_record import RECORDED, EnvironmentRecord, GitHubRecord
from rehearsal.proofs.environment_admits import others
from resources.github import DEPLOYMENT_POLICY, ENVIRONMENT, ENVIRONMENT_VARIABLE
from tests.cases import case, cases
from tests.rehearsal.proving.stacks import Stack, Stacks

ADMITS = "environment_admits"
PRODUCTION, RELEASES = (f"dev.initech.app+environment-{each}" for each in ("production", "releases"))
KEYS = {PRODUCTION: ("initech/app", "production"), RELEASES: ("initech/app", "releases")}
MAIN, TAG = (BRANCHES, "main"), (TAGS, "v*")


@pytest.fixture
def sources(stacks: Stacks) -> Stack:
    return stacks["sources"]


@contextmanager
def instead(record: GitHubRecord, subject: str, other: EnvironmentRecord | None) -> Iterator[None]:
    """Another environment in the place of the publisher's, until the end."""
    before = record.environments.pop(KEYS[subject])
    if other is not None:
        other.variables = other.variables or dict(before.variables)
        record.environments[KEYS[subject]] = other
    yield
    record.environments[KEYS[subject]] = before


def test_it_is_promised_of_environments_that_the_stack_declares(sources: Stack) -> None:
    assert sources.subjects(ADMITS) == {PRODUCTION, RELEASES}
    assert len(sources.subjects("trusted")) == 4
    recorded = "declared at GitHub, proven by a record of it"
    assert set(sources.applied.not_built.values()) == {recorded, "declared at GitHub"}
    assert {each.partition(" ")[0] for each, why in sources.applied.not_built.items() if why == recorded} == {*RECORDED}


def test_the_catalogs_refs_enter_and_no_others(sources: Stack) -> None:
    assert sources.kept(ADMITS, PRODUCTION).happened == "entered from refs/heads/main; 8 others refused"
    entered = "entered from refs/tags/v1.2.0, refs/heads/release/1"
    assert sources.kept(ADMITS, RELEASES).happened == f"{entered}; 12 others refused"


def test_what_is_tried_is_most_like_what_is_declared(sources: Stack) -> None:
    (repository,) = (each for each in sources.settings.github if each.full_name.casefold() == "initech/app")
    tried = {each.name: {*others(each)} for each in repository.environments}
    assert {"refs/heads/rehearsal-other", "refs/tags/main", "refs/heads/main-rehearsal-other"} < tried["production"]
    assert {"refs/heads/v1.2.0", "refs/tags/release/1", "refs/tags/v1.2.0/rehearsal-other"} < tried["Releases"]
    assert "refs/tags/v1.2.0-rehearsal-other" not in tried["Releases"], "the pattern matches it"


@cases(
    "subject, has_patterns, patterns, reason",
    case("any ref", PRODUCTION, False, [], "refs/heads/rehearsal-other entered production and got into the role"),
    case("any branch", PRODUCTION, True, [(BRANCHES, "*")], "refs/heads/rehearsal-other entered production"),
    case("any branch below", PRODUCTION, True, [MAIN, (BRANCHES, "*/*")], "refs/heads/rehearsal-other/1 entered"),
    case("more of a name", PRODUCTION, True, [(BRANCHES, "main*")], "refs/heads/main-rehearsal-other entered"),
    case("a tag of the name", PRODUCTION, True, [MAIN, (TAGS, "main")], "refs/tags/main entered production"),
    case("any tag", RELEASES, True, [(BRANCHES, "release/1"), (TAGS, "*")], "refs/tags/rehearsal-other entered"),
    case("a branch of the name", RELEASES, True, [TAG, (BRANCHES, "**/*")], "refs/heads/rehearsal-other entered"),
    case("one is missing", RELEASES, True, [TAG], "refs/heads/release/1 does not enter the environment"),
    case("none at all", PRODUCTION, True, [], "refs/heads/main does not enter the environment"),
)
def test_a_loosened_environment_fails_the_proof(
    sources: Stack, subject: str, has_patterns: bool, patterns: list[tuple[str, str]], reason: str
) -> None:
    assert sources.kept(ADMITS, subject).held
    with instead(sources.applied.github, subject, EnvironmentRecord(has_patterns, patterns)):
        outcome = sources.broken(ADMITS, subject)
    assert (outcome.held, reason in outcome.happened) == (False, True), outcome.happened


def test_one_that_is_not_there_fails_the_proof(sources: Stack) -> None:
    with instead(sources.applied.github, PRODUCTION, None):
        outcome = sources.broken(ADMITS, PRODUCTION)
    assert not outcome.held
    assert "production is not declared: GitHub makes one that every branch enters" in outcome.happened


@cases(
    "name, value, reason",
    ("PUSH_ROLE_ARN", "arn:aws:iam::999900001111:role/other", "and it is arn:aws:iam::999900001111:role/other"),
    ("AWS_REGION", "eu-west-1", "declared the variable AWS_REGION as us-east-1, and it is eu-west-1"),
    ("THEIRS", "x", "declared the variable THEIRS as None, and it is x"),
)
def test_another_variable_fails_the_proof(sources: Stack, name: str, value: str, reason: str) -> None:
    variables = {**sources.applied.github.environments[KEYS[PRODUCTION]].variables, name: value}
    other = EnvironmentRecord(has_patterns=True, patterns=[MAIN], variables=variables)
    with instead(sources.applied.github, PRODUCTION, other):
        outcome = sources.broken(ADMITS, PRODUCTION)
    assert (outcome.held, reason in outcome.happened) == (False, True), outcome.happened


def declared(*resources: tuple[str, dict[str, Any]]) -> GitHubRecord:
    record = GitHubRecord()
    for token, inputs in resources:
        record.declare(token, "Acme", {"repository": "App", "environment": "Production", **inputs})
    return record


def test_the_record_reads_what_is_declared() -> None:
    named = {"deploymentBranchPolicy": {"protectedBranches": False, "customBranchPolicies": True}}
    tags = (DEPLOYMENT_POLICY, {"tagPattern": "v*"})
    variable = (ENVIRONMENT_VARIABLE, {"variableName": "AWS_REGION", "value": "us-east-1"})
    found = declared((ENVIRONMENT, named), tags, variable).environment("acme/app", "production")
    assert found == EnvironmentRecord(True, [TAG], {"AWS_REGION": "us-east-1"})
    assert [found.admits(each) for each in ("refs/tags/v1", "refs/tags/v1/x", "refs/heads/v1")] == [True, False, False]
    protected = {"deploymentBranchPolicy": {"protectedBranches": True, "customBranchPolicies": False}}
    for policy in ({}, protected):
        opened = declared((ENVIRONMENT, policy)).environment("acme/app", "production")
        assert opened == EnvironmentRecord(False)
        assert opened.admits("refs/heads/anything")
    assert declared().environment("acme/app", "production") is None
