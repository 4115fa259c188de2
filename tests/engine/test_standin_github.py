"""The stand-in for `github` itself, without an engine: what it asks of GitHub, and what it refuses."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pulumi.runtime.proto import provider_pb2 as proto

from resources import TYPES
from resources.github import (
    DEPLOYMENT_POLICY,
    ENVIRONMENT,
    ENVIRONMENT_VARIABLE,
    REPOSITORY_VARIABLE,
    RULESET,
    is_github,
)
from tests.engine.conftest import AbortedError, Context
from tests.engine.standin.cloud import Cloud
from tests.engine.standin.github import KINDS, GitHubProvider
from tests.engine.standin.provider import struct, values
from tests.github.server import GitHub, served
from tests.github.state import USER, Repository

TOKEN = "ghs_written0123456789"  # noqa: S105  of the tests' GitHub
OF = {"repository": "payments-api", "environment": "stage/eu:1"}
BY_PATTERNS = {"deploymentBranchPolicy": {"protectedBranches": False, "customBranchPolicies": True}}
VALUE = {"variableName": "AWS_REGION", "value": "us-east-1"}
DECLARED: dict[str, dict[str, Any]] = {
    ENVIRONMENT: {**OF, **BY_PATTERNS, "waitTimer": 5, "reviewers": [{"teams": [4201]}], "preventSelfReview": True},
    DEPLOYMENT_POLICY: {**OF, "tagPattern": "v*"},
    ENVIRONMENT_VARIABLE: {**OF, **VALUE},
    REPOSITORY_VARIABLE: {"repository": "payments-api", **VALUE},
    RULESET: {
        "repository": "payments-api", "name": "main", "target": "branch", "enforcement": "active",
        "bypassActors": [{"actorId": 5, "actorType": "RepositoryRole", "bypassMode": "pull_request"}],
        "conditions": {"refName": {"includes": ["~DEFAULT_BRANCH"], "excludes": []}},
        "rules": {
            "deletion": True, "requiredSignatures": True,
            "pullRequest": {
                "dismissStaleReviewsOnPush": False, "requireCodeOwnerReview": True, "requireLastPushApproval": True,
                "requiredReviewThreadResolution": False, "requiredApprovingReviewCount": 1,
            },
            "requiredStatusChecks": {
                "requiredChecks": [{"context": "build", "integrationId": 15368}],
                "strictRequiredStatusChecksPolicy": True,
            },
        },
    },
}  # fmt: skip
IMPORTED = {
    ENVIRONMENT: "payments-api:stage/eu??1",
    DEPLOYMENT_POLICY: "payments-api:stage/eu??1:{}",
    ENVIRONMENT_VARIABLE: "payments-api:stage/eu??1:AWS_REGION",
    REPOSITORY_VARIABLE: "payments-api:AWS_REGION",
    RULESET: "payments-api:{}",
}


@pytest.fixture
def github() -> Iterator[GitHub]:
    github = GitHub(tokens={TOKEN: True})
    acme = github.holdings.add_owner("acme", 1024, teams={4201: "payments"})
    github.holdings.add(acme, "payments-api", 65536)
    github.holdings.add_owner("robin", 77, type=USER)
    with served(github):
        yield github
    assert github.violations == []


@pytest.fixture
def provider(github: GitHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> GitHubProvider:
    for name, value in {"GITHUB_BASE_URL": f"{github.url}/", "GITHUB_TOKEN": TOKEN}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("GITHUB_OWNER", raising=False)
    return configured(tmp_path, "acme")


def configured(folder: Path, owner: str) -> GitHubProvider:
    provider = GitHubProvider(Cloud(folder / "cloud.json"))
    provider.Configure(proto.ConfigureRequest(args=struct({"owner": owner})), Context())
    return provider


def urn(type: str) -> str:
    return f"urn:pulumi:dev::project::container-registry:index:SourceRepository${type}::name"


def create(provider: GitHubProvider, type: str, **more: Any) -> Any:
    """With its environment, where it is in one."""
    if "environment" in DECLARED[type] and type != ENVIRONMENT:
        provider.Create(proto.CreateRequest(urn=urn(ENVIRONMENT), properties=checked(provider, ENVIRONMENT)), Context())
    request = proto.CreateRequest(urn=urn(type), properties=checked(provider, type, **more))
    return provider.Create(request, Context())


def checked(provider: GitHubProvider, type: str, **more: Any) -> Any:
    found = check(provider, type, {**DECLARED[type], **more})
    assert not found.failures
    return found.inputs


def check(provider: GitHubProvider, type: str, inputs: dict[str, Any]) -> Any:
    return provider.Check(proto.CheckRequest(urn=urn(type), news=struct(inputs)), Context())


def test_it_knows_what_is_declared() -> None:
    assert set(KINDS) == set(DECLARED) == {each for each in TYPES if is_github(each)}


@pytest.mark.parametrize("type", DECLARED)
def test_the_record_says_what_the_provider_replaces(type: str) -> None:
    record = TYPES[type]
    assert set(KINDS[type].replaces) == set(record.replaces)
    assert {*record.replaces, *record.updates, "repository"} == set(KINDS[type].inputs)


@pytest.mark.parametrize("type", DECLARED)
def test_what_is_created_is_read_imported_and_deleted(provider: GitHubProvider, github: GitHub, type: str) -> None:
    made = create(provider, type)
    state = values(made.properties)
    read = provider.Read(proto.ReadRequest(urn=urn(type), id=made.id, properties=made.properties), Context())
    assert (read.id, values(read.inputs)) == (made.id, values(checked(provider, type)))
    known = IMPORTED[type].format(*(f"{int(state[each])}" for each in ("policyId", "rulesetId") if each in state))
    imported = provider.Read(proto.ReadRequest(urn=urn(type), id=known), Context())
    assert (imported.id, values(imported.inputs)) == (made.id, values(read.inputs))
    assert values(imported.properties) == values(read.properties)
    gone = proto.DeleteRequest(urn=urn(type), id=made.id, properties=made.properties)
    provider.Delete(gone, Context())
    assert not provider.Read(proto.ReadRequest(urn=urn(type), id=made.id, properties=made.properties), Context()).id
    assert github.requests


@pytest.mark.parametrize(
    ("type", "change", "written"),
    [
        (ENVIRONMENT, {"waitTimer": 0, "canAdminsBypass": False}, "PUT"),
        (DEPLOYMENT_POLICY, {"tagPattern": "r*"}, "PUT"),
        (ENVIRONMENT_VARIABLE, {"value": "eu-west-1"}, "PATCH"),
        (REPOSITORY_VARIABLE, {"value": "eu-west-1"}, "PATCH"),
        (RULESET, {"enforcement": "disabled", "bypassActors": []}, "PUT"),
    ],
)
def test_what_is_changed_is_written_in_place(
    provider: GitHubProvider, github: GitHub, type: str, change: dict[str, Any], written: str
) -> None:
    made = create(provider, type)
    news = checked(provider, type, **change)
    old = checked(provider, type)
    compared = proto.DiffRequest(urn=urn(type), old_inputs=old, olds=made.properties, news=news)
    assert set(provider.Diff(compared, Context()).diffs) == set(change)
    before = len(github.requests)
    changed = provider.Update(
        proto.UpdateRequest(urn=urn(type), id=made.id, olds=made.properties, news=news), Context()
    )
    assert written in {each.partition(" ")[0] for each in github.requests[before:]}
    read = provider.Read(proto.ReadRequest(urn=urn(type), id=made.id, properties=changed.properties), Context())
    assert change.items() <= {"waitTimer": 0, **values(read.inputs)}.items()


def test_a_pattern_of_the_other_kind_replaces_the_policy(provider: GitHubProvider) -> None:
    olds, news = {**OF, "tagPattern": "v*"}, {**OF, "branchPattern": "main"}
    request = proto.DiffRequest(urn=urn(DEPLOYMENT_POLICY), old_inputs=struct(olds), news=struct(news))
    assert set(provider.Diff(request, Context()).replaces) == {"tagPattern", "branchPattern"}


@pytest.mark.parametrize(("other", "replaced"), [(False, []), (True, ["repository"])])
def test_a_renamed_repository_is_told_from_another_by_its_id(
    provider: GitHubProvider, github: GitHub, other: bool, replaced: list[str]
) -> None:
    (repository,) = github.holdings.repositories
    made = create(provider, REPOSITORY_VARIABLE)
    if other:
        github.holdings.repositories.append(Repository(repository.owner, "payments", 70000))
    else:
        repository.old_names, repository.name = [repository.full_name], "payments"
    olds, news = DECLARED[REPOSITORY_VARIABLE], {**DECLARED[REPOSITORY_VARIABLE], "repository": "payments"}
    request = proto.DiffRequest(
        urn=urn(REPOSITORY_VARIABLE), old_inputs=struct(olds), olds=made.properties, news=struct(news)
    )
    assert list(provider.Diff(request, Context()).replaces) == replaced


@pytest.mark.parametrize(
    ("type", "inputs", "reason"),
    [
        (ENVIRONMENT, {**OF, "reviewers": {"teams": [1]}}, "list of one"),
        (ENVIRONMENT, {**OF, "reviewers": [{"teams": [1, 2, 3, 4], "users": [5, 6, 7]}]}, "maximum of 6"),
        (ENVIRONMENT, {**OF, "bypass": True}, "not expected"),
        (ENVIRONMENT, {"repository": "payments-api"}, "required"),
        (DEPLOYMENT_POLICY, OF, "one of branch_pattern and tag_pattern"),
        (DEPLOYMENT_POLICY, {**OF, "branchPattern": "main", "tagPattern": "v*"}, "one of branch_pattern"),
        (REPOSITORY_VARIABLE, {"repository": "x", "value": "", "variableName": "github_x"}, "alphanumeric"),
        (REPOSITORY_VARIABLE, {"repository": "x", "value": "", "variableName": "1X"}, "alphanumeric"),
    ],
)
def test_what_the_provider_refuses_asks_nothing(
    provider: GitHubProvider, github: GitHub, type: str, inputs: dict[str, Any], reason: str
) -> None:
    (failure,) = check(provider, type, inputs).failures
    assert reason in failure.reason
    assert github.requests == ["GET /orgs/acme 200"]


@pytest.mark.parametrize("id", ["payments-api", "payments-api:a:b"])
def test_an_import_needs_all_parts(provider: GitHubProvider, id: str) -> None:
    with pytest.raises(AbortedError, match="expected 2 parts"):
        provider.Read(proto.ReadRequest(urn=urn(ENVIRONMENT), id=id), Context())


def test_what_github_refuses_is_said(provider: GitHubProvider, github: GitHub) -> None:
    create(provider, REPOSITORY_VARIABLE)
    with pytest.raises(AbortedError, match="409 Already exists"):
        create(provider, REPOSITORY_VARIABLE)
    create(provider, DEPLOYMENT_POLICY)
    with pytest.raises(AbortedError, match="deployment-branch-policies: 303"):
        create(provider, DEPLOYMENT_POLICY)
    github.holdings.repositories[0].archived = True
    with pytest.raises(AbortedError, match="cannot create ruleset on archived repository acme/payments-api"):
        create(provider, RULESET)
    with pytest.raises(AbortedError, match="403 Repository was archived"):
        create(provider, ENVIRONMENT)


def test_an_owner_that_is_a_user_is_no_fault_and_a_wrong_token_is(
    provider: GitHubProvider, github: GitHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert provider
    configured(tmp_path, "robin")
    assert github.requests[-1] == "GET /orgs/robin 404"
    monkeypatch.setenv("GITHUB_TOKEN", "ghs_canary")
    with pytest.raises(AbortedError, match='failed to lookup organization "acme"') as refused:
        configured(tmp_path, "acme")
    assert "ghs_canary" not in str(refused.value)
    monkeypatch.setenv("GITHUB_BASE_URL", "https://api.github.com/")
    with pytest.raises(AbortedError, match="on loopback alone"):
        configured(tmp_path, "acme")
