"""What is declared of a repository at GitHub: as its plugin reads it, in what order, and imported by which ids."""

import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from typing import Any, Union, get_args, get_origin

import pytest
from pulumi._types import input_type_types, is_input_type

from components import SourceRepository, SourceRepositoryArgs, github_options
from components.source_repository import PLUGIN_VERSION
from domain.github_source import Adoption, GitHubRepository, Reviewers
from render.monitor import RecordingMonitor
from render.program_run import declared_by
from render.resource import Resource
from resources.github import (
    DEPLOYMENT_POLICY,
    ENVIRONMENT,
    ENVIRONMENT_VARIABLE,
    REPOSITORY_VARIABLE,
    RULESET,
    TYPES,
)
from resources.providers import GITHUB_PROVIDER
from tests.cases import cases
from tests.components.test_contract import SOURCE
from tests.stacks import ROOT

(PRODUCTION,) = SOURCE.environments
COMPONENT = "container-registry:index:SourceRepository"
CANARY = "ghs_canary0123456789"


def declared(*repositories: GitHubRepository) -> list[Resource]:
    monitor = RecordingMonitor(project="container-registry", stack="test", account="111122223333", preview=False)

    def program() -> None:
        opts = github_options("acme")
        for each in repositories:
            SourceRepository(each.full_name, SourceRepositoryArgs(repository=each), opts)

    declared_by(program, monitor)
    return monitor.declared


def test_a_renamed_repository_is_found_by_its_name_before() -> None:
    """Its children, too, whose names begin with it: the engine makes their aliases of the component's."""
    (component, *_) = of_type(declared(replace(SOURCE, renamed_from="payments")), COMPONENT)
    assert component.options["aliases"] == [f"name {SOURCE.owner}/payments"]
    assert "aliases" not in of_type(declared(SOURCE), COMPONENT)[0].options


def of_type(resources: list[Resource], token: str) -> list[Resource]:
    return [each for each in resources if each.type == token]


def misfits(given: Any, kind: Any, path: str) -> Iterator[str]:
    """Where a value is not what pulumi-github takes there."""
    if get_origin(kind) is Union:
        kind = get_args(kind)[0]
    if is_input_type(kind):
        known = input_type_types(kind)
        if not isinstance(given, Mapping):
            yield f"{path} is no block"
            return
        for name, value in given.items():
            within = f"{path}.{name}"
            yield from misfits(value, known[name], within) if name in known else [f"{within} is unknown"]
    elif get_origin(kind) is Sequence:
        if not isinstance(given, list):
            yield f"{path} is no list"
            return
        for each in given:
            yield from misfits(each, get_args(kind)[0], f"{path}[]")
    elif type(given) is not kind:
        yield f"{path} is no {kind}"


def args_of(token: str) -> Any:
    name = token.rpartition(":")[2]
    return getattr(import_module(getattr(import_module("pulumi_github"), name).__module__), f"{name}Args")


@pytest.mark.parametrize("token", [each.token for each in TYPES])
def test_the_inputs_are_those_of_the_sdks_class(token: str) -> None:
    full = replace(PRODUCTION, wait_minutes=5, reviewers=Reviewers(teams=(1, 2), users=(3,)))
    found = of_type(declared(replace(SOURCE, environments=(full,))), token)
    assert found
    assert [each for one in found for each in misfits(one.inputs, args_of(token), "")] == []


@cases(
    "inputs, problem",
    ({"reviewers": {"teams": [1]}}, ".reviewers is no list"),
    ({"reviewers": [{"teams": ["security"]}]}, ".reviewers[].teams[] is no <class 'int'>"),
    ({"deploymentBranchPolicy": {"protected": True}}, ".deploymentBranchPolicy.protected is unknown"),
    ({"deploymentBranchPolicy": [{}]}, ".deploymentBranchPolicy is no block"),
)
def test_another_input_is_found(inputs: dict[str, Any], problem: str) -> None:
    assert list(misfits(inputs, args_of(ENVIRONMENT), "")) == [problem]


def test_an_environment_comes_before_what_is_in_it() -> None:
    found = declared(SOURCE)
    (environment,) = of_type(found, ENVIRONMENT)
    inside = [*of_type(found, DEPLOYMENT_POLICY), *of_type(found, ENVIRONMENT_VARIABLE)]
    assert [each.dependencies for each in inside] == [(environment.urn,)] * 3
    assert not any(each.dependencies for each in (*of_type(found, RULESET), *of_type(found, REPOSITORY_VARIABLE)))


@cases(
    "changed, policy, patterns",
    ({}, True, [{"branchPattern": "main"}, {"tagPattern": "v*"}]),
    ({"admits": ("refs/heads/release/*",)}, True, [{"branchPattern": "release/*"}]),
    ({"admits": ()}, False, []),
)
def test_an_environment_admits_the_refs_that_are_named(
    changed: dict[str, Any], policy: bool, patterns: list[dict[str, str]]
) -> None:
    found = declared(replace(SOURCE, environments=(replace(PRODUCTION, **changed),)))
    (environment,) = of_type(found, ENVIRONMENT)
    assert environment.inputs["canAdminsBypass"] is False
    by_patterns = {"protectedBranches": False, "customBranchPolicies": True}
    assert environment.inputs.get("deploymentBranchPolicy") == (by_patterns if policy else None)
    same = {"repository": "payments-api", "environment": "production"}
    assert [each.inputs for each in of_type(found, DEPLOYMENT_POLICY)] == [{**same, **each} for each in patterns]


@cases(
    "changed, rules, bypass",
    ({}, {"deletion", "nonFastForward", "pullRequest", "requiredStatusChecks", "requiredLinearHistory",
          "requiredSignatures"}, "pull_request"),
    ({"review": False, "linear_history": False, "signed_commits": False}, {"requiredStatusChecks"}, None),
)  # fmt: skip
def test_a_ruleset_holds_what_is_asked_for(changed: dict[str, Any], rules: set[str], bypass: str | None) -> None:
    assert SOURCE.ruleset
    (found,) = of_type(declared(replace(SOURCE, ruleset=replace(SOURCE.ruleset, **changed))), RULESET)
    assert set(found.inputs["rules"]) == rules
    checks = found.inputs["rules"]["requiredStatusChecks"]
    assert checks["requiredChecks"] == [{"context": "build", "integrationId": 15368}]
    assert checks["strictRequiredStatusChecksPolicy"] is True
    actors = found.inputs["bypassActors"]  # given even where there is none: GitHub refuses null
    assert [each["bypassMode"] for each in actors] == ([bypass] if bypass else [])


NAMED = ["payments-api:AWS_REGION_DEV", "payments-api:production", "payments-api:production:AWS_REGION"]
MAIN, VERSIONS = ("production", "refs/heads/main"), ("production", "refs/tags/v*")


@cases(
    "adopt, numbered",
    (None, None),
    (Adoption(), []),
    (Adoption(ruleset=1201), ["payments-api:1201"]),
    (Adoption(policies={VERSIONS: 72}), ["payments-api:production:72"]),
    (Adoption(policies={("staging", "refs/heads/main"): 71}), []),
    (
        Adoption(ruleset=1201, policies={MAIN: 71, VERSIONS: 72}),
        ["payments-api:1201", "payments-api:production:71", "payments-api:production:72"],
    ),
)
def test_what_exists_is_imported_by_its_name_or_number(adopt: Adoption | None, numbered: list[str] | None) -> None:
    found = declared(replace(SOURCE, adopt=adopt))
    imported = [str(each.options["importId"]) for each in found if "importId" in each.options]
    assert sorted(imported) == ([] if numbered is None else sorted([*NAMED, *numbered]))


def test_a_number_is_of_the_policy_that_it_is_given_for() -> None:
    found = declared(replace(SOURCE, adopt=Adoption(policies={MAIN: 71, VERSIONS: 72})))
    assert [
        (
            each.inputs.get("branchPattern"),
            each.inputs.get("tagPattern"),
            str(each.options["importId"]).rpartition(":")[2],
        )
        for each in of_type(found, DEPLOYMENT_POLICY)
    ] == [("main", None, "71"), (None, "v*", "72")]


def test_a_colon_in_an_environments_name_is_written_as_the_provider_does() -> None:
    adopt = Adoption(policies={("eu: live", "refs/heads/main"): 71})
    live = replace(PRODUCTION, name="eu: live", admits=("refs/heads/main",))
    found = declared(replace(SOURCE, adopt=adopt, environments=(live,)))
    assert [each.options["importId"] for each in of_type(found, ENVIRONMENT)] == ["payments-api:eu?? live"]
    assert [each.options["importId"] for each in of_type(found, DEPLOYMENT_POLICY)] == ["payments-api:eu?? live:71"]
    assert [each.name for each in of_type(found, ENVIRONMENT)] == ["acme/payments-api:eu?? live"]


def test_names_with_dots_are_not_one_anothers() -> None:
    """acme/a with the environment b.c, and acme/a.b with the environment c."""
    names = [("a", "b.c"), ("a.b", "c"), ("a.b.c", "c"), ("a", "b:c"), ("a", "b??c:AWS_REGION")]
    repositories = [
        replace(SOURCE, name=name, environments=(replace(PRODUCTION, name=environment),))
        for name, environment in dict(names).items()
    ]
    urns = [each.urn for each in declared(*repositories)]
    assert len(set(urns)) == len(urns)


def test_the_providers_only_input_is_the_owner(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", CANARY)
    found = declared(SOURCE)
    (provider,) = of_type(found, GITHUB_PROVIDER)
    assert provider.inputs == {"owner": "acme"}
    assert CANARY not in str(found)


def test_the_plugin_is_of_the_version_that_the_tests_know() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert f"pulumi-github=={PLUGIN_VERSION}" in extras["dev"]
    assert not any("pulumi-github" in each for name, some in extras.items() if name != "dev" for each in some)


def test_a_declaration_imports_no_sdk() -> None:
    program = (
        "import sys; from tests.components.test_source_repository import SOURCE, declared; declared(SOURCE); "
        "sys.exit('pulumi_github' in sys.modules)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=environment, check=False).returncode == 0
