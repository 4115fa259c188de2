"""What a stack declares at GitHub: faults of the input, and what is declared of good input."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from bootstrap import template
from domain.github_source import Adoption, GitHubRepository, Variable, reads, requests
from resources.github import is_github
from settings import load
from settings.checks.github_entries import declared_problems
from tests.cases import cases
from tests.settings.written import HEAD, catalog, faults, words
from tests.stacks import PROJECT, ROOT, rendered

CANARY = "ghp_canary0123456789"
PUSHES = """\
  payments/api:
    owner: payments
    push:
      - {github: acme/payments-api, environment: production, admits: [refs/heads/main, "refs/tags/v*"]}
      - {github: acme/payments-api, refs: [refs/heads/main]}
  payments/ledger:
    owner: payments
    push: [{github: acme/payments-api, environment: production, admits: [refs/heads/main, "refs/tags/v*"]}]
"""
OPTIONS: Mapping[str, Any] = {"owner": "acme", "owns_repositories": True}


def write(
    project: Path, *, pushes: str = PUSHES, more: str = "", prod: Mapping[str, Any] | None = None, **keys: Any
) -> None:
    """The key `github` of dev with what is given beside or in place of OPTIONS, and a catalog."""
    catalog(project, HEAD + pushes + more)
    for stack, options in (("dev", {**OPTIONS, **keys}), ("prod", prod)):
        if options is not None:
            with (project / f"Pulumi.{stack}.yaml").open("a", encoding="utf-8") as file:
                file.write(f"  container-registry:github: {json.dumps(options)}\n")


def of(**given: Any) -> Any:
    return lambda project: write(project, **given)


def environment(**keys: Any) -> Any:
    return of(environments={"production": keys})


def adopting(entry: Mapping[str, Any], **more: Any) -> Any:
    return of(adopt={"payments-api": entry, **more})


OTHER_ADMITS = PUSHES.replace(', "refs/tags/v*"]}\n      - ', "]}\n      - ")
FROM_REFS, FROM_ENVIRONMENT = "refs: [refs/heads/main]}", "environment: production,"
OF_DEV = PUSHES.replace(FROM_ENVIRONMENT, "environment: e, stacks: [dev],")
CASES = {
    "a token": of(token=CANARY),
    "the key of an app": of(app_auth={"id": "1", "pem_file": CANARY}),
    "an owner with a slash": of(owner="acme/payments-api"),
    "an owner of nothing": of(owner="acne"),
    "a misspelt owner beside this project itself": of(owner="acne", registry={"repository": "container-registry"}),
    "an unknown repository": of(repositories=["payment-api"]),
    "a repository with its owner": of(repositories=["acme/payments-api"]),
    "an unknown environment": of(environments={"prodution": {}}),
    "seven reviewers": environment(reviewers={"teams": [1, 2, 3, 4], "users": [5, 6, 7]}),
    "a reviewer by name": environment(reviewers={"teams": ["security"]}),
    "a team of a user": of(owner_is_user=True, environments={"*": {"reviewers": {"teams": [1]}}}),
    "a wait of a year": environment(wait_minutes=525_600),
    "nothing to adopt": of(adopt={"ledger": {}}),
    "a repository of another stack to adopt": of(
        pushes=PUSHES.replace("api, ", "api, stacks: [prod], "), adopt={"payments-api": {}}, prod={"owner": "acme"}),
    "names to adopt": of(adopt=["payments-api"]),
    "names that are none to adopt": of(adopt=[1]),
    "one name to adopt": of(adopt="payments-api"),
    "a repository to adopt without a value": of(adopt={"payments-api": None}),
    "two spellings to adopt": adopting({}, **{"Payments-API": {}}),
    "a renamed one to adopt": of(
        adopt={"payments-api": {}}, more="sources: {acme/payments-api: {renamed_from: payments}}\n"),
    "a number that is none": adopting({"ruleset": 0, "policies": {"production": {"refs/heads/main": -7}}}),
    "a number in quotes": adopting({"policies": {"production": {"refs/heads/main": "71"}}}),
    "a policy of no environment": adopting({"policies": {"prodution": {"refs/heads/main": 71}}}),
    "a policy of an environment twice": adopting(
        {"policies": {"production": {"refs/heads/main": 71}, "Production": {"refs/tags/v*": 72}}}),
    "a policy of another ref": adopting({"policies": {"production": {"refs/heads/mian": 71, "main": 72}}}),
    "a policy of an environment without": of(
        registry={"repository": "container-registry"},
        adopt={"container-registry": {"policies": {"preview-dev": {"refs/heads/main": 71}}}}),
    "a ruleset of no checks": adopting({"ruleset": 1201}),
    "a ruleset of another stack": of(
        owns_repositories=False, adopt={"payments-api": {"ruleset": 1201}},
        more="sources: {acme/payments-api: {required_checks: [build]}}\n"),
    "one number twice": adopting({"policies": {"production": {"refs/heads/main": 71, "refs/tags/v*": 71}}}),
    "one ruleset twice": of(
        registry={"repository": "container-registry"},
        adopt={"payments-api": {"ruleset": 1201}, "container-registry": {"ruleset": 1201}},
        more="sources: {acme/payments-api: {required_checks: [build]}}\n"),
    "refs that admit": of(
        pushes=PUSHES.replace(FROM_REFS, FROM_REFS.replace("}", ", admits: [refs/heads/main]}"))),
    "a ref that is none": of(pushes=PUSHES.replace("admits: [refs/heads/main,", "admits: [main,")),
    "two that admit otherwise": of(pushes=OTHER_ADMITS),
    "a source that is none": of(more="sources: {acme/payment-api: {required_checks: [build]}}\n"),
    "a name before with its owner": of(
        more="sources: {acme/payments-api: {renamed_from: acme/payments}}\n"),
    "a name before that still pushes": of(
        more="sources: {acme/payments-api: {renamed_from: Payments-API}}\n"),
    "an archived source": of(more="sources: {acme/payments-api: {archived: true}}\n"),
    "an environment of two stacks": of(prod={"owner": "acme"}),
    "a push from an environment of this project's own jobs": of(
        pushes=OF_DEV.replace("payments-api", "container-registry").replace("e, stacks", "DEV, stacks"),
        registry={"repository": "container-registry"}),
    "a push from one of another stack's own jobs": of(
        pushes=OF_DEV.replace("payments-api", "container-registry").replace("e, stacks", "preview-prod, stacks"),
        prod={"owner": "acme", "registry": {"repository": "container-registry"}}),
    "this project renamed and adopted": of(
        registry={"repository": "container-registry", "renamed_from": "registry"}, adopt={"container-registry": {}}),
    "two owners of a repository": of(pushes=OF_DEV, prod=OPTIONS),
}  # fmt: skip


def test_the_words(project: Path, snapshot: SnapshotAssertion) -> None:
    found = words(project, CASES)
    assert found == snapshot
    assert CANARY not in found


def test_an_environment_admits_what_the_catalog_says_and_knows_where_to_push(project: Path) -> None:
    write(project, environments={"*": {"reviewers": {"teams": [4201]}, "wait_minutes": 5}}, adopt={"payments-api": {}})
    (source,) = load(project, "dev").github
    (production,) = source.environments
    assert (source.full_name, source.adopt, source.ruleset) == ("acme/payments-api", Adoption(), None)
    assert (production.branches, production.tags) == (("main",), ("v*",))
    assert (production.reviewers.teams, production.wait_minutes) == ((4201,), 5)
    assert (production.prevent_self_review, production.admins_bypass) == (True, False)
    host = "111122223333.dkr.ecr.us-east-1.amazonaws.com"
    role = "arn:aws:iam::111122223333:role/container-registry/dev/dev.acme.payments-api+"
    assert {each.name: each.value for each in production.variables} == {
        "AWS_REGION": "us-east-1",
        "PUSH_ROLE_ARN": f"{role}environment-production",
        "REGISTRY_HOST": host,
        "REGISTRY_REPOSITORIES": f"{host}/payments/api {host}/payments/ledger",
    }
    assert {each.name: each.value for each in source.variables} == {
        "AWS_REGION_DEV": "us-east-1",
        "PUSH_ROLE_ARN_DEV": f"{role}branch-main",
        "REGISTRY_HOST_DEV": host,
        "REGISTRY_REPOSITORIES_DEV": f"{host}/payments/api",
    }


def test_one_stack_declares_the_ruleset(project: Path) -> None:
    checks = "sources: {ACME/payments-api: {required_checks: [build]}}\n"
    pushes = PUSHES.replace("environment: production,", "environment: production, stacks: [dev],")
    write(project, pushes=pushes, more=checks, prod={"owner": "acme"})
    (dev,), (prod,) = load(project, "dev").github, load(project, "prod").github
    assert (dev.ruleset and dev.ruleset.checks, prod.ruleset) == (("build",), None)
    assert [each.name.rpartition("_")[2] for each in prod.variables] == ["PROD"] * 4


def test_numbers_are_of_what_is_declared_whatever_case_they_are_written_in(project: Path) -> None:
    numbers = {"ruleset": 1201, "policies": {"PRODUCTION": {"refs/heads/main": 71, "refs/tags/v*": 72}}}
    checks = "sources: {acme/payments-api: {required_checks: [build]}}\n"
    pushes = PUSHES.replace("production", "Production").replace("payments-api", "Payments-Api")
    environments = {"production": {"wait_minutes": 5}}
    write(project, pushes=pushes, more=checks, adopt={"PAYMENTS-api": numbers}, environments=environments)
    (source,) = load(project, "dev").github
    policies: dict[tuple[str, ...], int] = {
        ("Production", "refs/heads/main"): 71,
        ("Production", "refs/tags/v*"): 72,
    }
    assert source.adopt == Adoption(ruleset=1201, policies=policies)
    assert [each.wait_minutes for each in source.environments] == [5]


def test_two_roles_of_one_environment_are_not_named(project: Path) -> None:
    workflow = "job_workflow_ref: acme/w/.github/workflows/p.yml@refs/heads/main"
    write(project, pushes=PUSHES.replace("environment: production,", f"environment: production, {workflow},", 1))
    (source,) = load(project, "dev").github
    assert "PUSH_ROLE_ARN" not in {each.name for each in source.environments[0].variables}


def test_the_registrys_own_repository_is_as_the_bootstrap_makes_it(project: Path) -> None:
    own = {"repository": "container-registry", "linear_history": True, "reviewers": {"teams": [4200]}}
    write(project, registry=own)
    registry, _ = load(project, "dev").github
    deploys, destroys, drift, preview = registry.environments
    assert [each.name for each in registry.environments] == ["dev", "destroy-dev", "drift-dev", "preview-dev"]
    assert [each.branches for each in registry.environments] == [("main",), ("main",), ("main",), ()]
    assert [each.reviewers.teams for each in registry.environments] == [(4200,), (4200,), (), (4200,)]
    assert registry.ruleset is not None
    assert (registry.ruleset.checks, registry.ruleset.review, registry.ruleset.linear_history) == (
        ("offline", "gate"),
        True,
        True,
    )
    made = template.for_stack(ROOT / template.PATH, "container-registry", "dev", "111122223333", "us-east-1")
    names = {made.resources[each]["Properties"]["RoleName"] for each in ("DeployRole", "DestroyRole", "PreviewRole")}
    written = [
        each.value
        for one in (deploys, destroys, drift, preview)
        for each in one.variables
        if each.name.endswith("ROLE_ARN")
    ]
    assert {each.rpartition("/")[2] for each in written} == names
    bucket = made.resources["StateBucket"]["Properties"]["BucketName"]
    assert {each.value for each in deploys.variables} >= {f"s3://{bucket}?region=us-east-1"}


def test_the_registrys_own_repository_pushes_too(project: Path) -> None:
    pushes = PUSHES.replace("payments-api", "Container-Registry")
    own = {"repository": "container-registry", "required_checks": ["offline", "gate"]}
    more = "sources: {acme/container-registry: {required_checks: [gate, build], renamed_from: registry}}\n"
    write(project, pushes=pushes, more=more, registry=own)
    (source,) = load(project, "dev").github
    assert source.full_name == "acme/container-registry"
    assert [each.name for each in source.environments] == [
        "dev",
        "destroy-dev",
        "drift-dev",
        "preview-dev",
        "production",
    ]
    assert len(source.variables) == 4
    assert (source.ruleset and source.ruleset.checks, source.ruleset and source.ruleset.review) == (
        ("offline", "gate", "build"),
        True,
    )
    assert source.renamed_from == "registry"


def test_what_it_pushes_from_is_adopted_with_its_own(project: Path) -> None:
    numbers = {"PRODUCTION": {"refs/heads/main": 71}, "Drift-dev": {"refs/heads/main": 72}}
    pushes, adopt = PUSHES.replace("payments-api", "container-registry"), {"container-registry": {"policies": numbers}}
    write(project, pushes=pushes, registry={"repository": "container-registry"}, adopt=adopt)
    (source,) = load(project, "dev").github
    assert source.adopt
    assert source.adopt.policies == {
        ("production", "refs/heads/main"): 71,
        ("drift-dev", "refs/heads/main"): 72,
    }


def test_a_user_owns_repositories_as_an_organization_does(project: Path) -> None:
    reviewed = {"*": {"reviewers": {"users": [17]}}}
    pushes = PUSHES.replace("acme/", "robin/")
    write(project, pushes=pushes, owner="robin", owner_is_user=True, environments=reviewed)
    (source,) = load(project, "dev").github
    assert (source.full_name, source.environments[0].reviewers.users) == ("robin/payments-api", (17,))


@cases(
    "name",
    "a" * 100, "dots.in.it", ".github", "under_score", "UPPER",
)  # fmt: skip
def test_names_that_github_takes(project: Path, name: str) -> None:
    write(project, pushes=PUSHES.replace("payments-api", name))
    (source,) = load(project, "dev").github
    assert source.name == name


@pytest.mark.parametrize("name", ["a" * 101, "sp ace", "ä"])
def test_names_that_it_does_not(project: Path, name: str) -> None:
    write(project, pushes=PUSHES.replace("payments-api", name))
    assert any("is not a GitHub repository" in str(each) for each in faults(project))


def test_requests_are_counted(project: Path) -> None:
    write(project)
    found = load(project, "dev").github
    assert requests(found) == 1 + (2 + 2 * 2 + 3 * 4) + 3 * 4
    assert requests(()) == 0


@cases("count, problems", (1_250, 0), (1_251, 1))
def test_what_a_refresh_can_not_read_in_an_hour(count: int, problems: int) -> None:
    variables = tuple(Variable(name=f"V{index}", value="x") for index in range(4))
    repositories = [
        GitHubRepository(owner="acme", name=f"r{index}", environments=(), variables=variables, ruleset=None, adopt=None)
        for index in range(count)
    ]
    found = [str(each) for each in declared_problems(repositories)]
    assert len(found) == problems
    assert all("makes 5,004 environments, variables and rulesets" in each for each in found)


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_a_refresh_reads_each_of_what_is_declared(stack: str) -> None:
    declared = [each for each in rendered(stack).resources if is_github(each.type)]
    assert reads(load(PROJECT, stack).github) == len(declared)
