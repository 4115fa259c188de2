"""GitHub under a real engine: what each change asks of it, how many requests that takes, and that no token is shown."""

import json
import re
from dataclasses import dataclass
from typing import Any

import pytest

from domain.github_source import REQUESTS_PER_IMPORT, requests
from resources.github import (
    DEPLOYMENT_POLICY,
    ENVIRONMENT,
    ENVIRONMENT_VARIABLE,
    REPOSITORY_VARIABLE,
    RULESET,
    is_github,
)
from settings import load
from tests.engine.conftest import Make
from tests.engine.workspace import Ran, Workspace
from tests.github.acme import READS, REPOSITORIES
from tests.github.answers import to_ruleset
from tests.github.server import GitHub, secondary_limit
from tests.github.state import Environment, Repository

pytestmark = pytest.mark.engine

NAME = "stage/eu:1"
"""Of an environment; what separates the parts of a path and of an id is escaped."""
GITHUB: dict[str, Any] = {
    "owner": "acme",
    "owns_repositories": True,
    "repositories": ["payments-api", "payments-ledger", "storefront"],
    "environments": {"*": {"reviewers": {"teams": [4201]}, "wait_minutes": 5}},
    "registry": {"repository": "container-registry", "linear_history": True, "reviewers": {"users": [17]}},
}
CREATED = {ENVIRONMENT: 2, DEPLOYMENT_POLICY: 2, ENVIRONMENT_VARIABLE: 3, REPOSITORY_VARIABLE: 3, RULESET: 2}
"""How many requests the provider makes to create one."""


def _stack(stack: dict[str, Any]) -> None:
    stack["config"]["container-registry:github"] = json.loads(json.dumps(GITHUB))


def _catalog(catalog: dict[str, Any]) -> None:
    (push, _) = catalog["repositories"]["payments/ledger"]["push"]
    del push["refs"]
    push |= {"environment": NAME, "admits": ["refs/heads/main", "refs/tags/v*"]}
    catalog["sources"] = {"acme/payments-ledger": {"required_checks": ["build"]}}


def _repository(github: GitHub, name: str) -> Repository:
    found = github.holdings.repository("acme", name)
    assert found
    return found


def _made(make: Make) -> Workspace:
    """Without what the other stack declares, which owns the repositories."""
    other = ("Pulumi.prod.yaml", lambda stack: stack["config"].pop("container-registry:github"))
    return make("dev", ("Pulumi.dev.yaml", _stack), ("catalog.yaml", _catalog), other)


@dataclass(frozen=True)
class Deployed:
    """The stack, all that was printed on the way there, and the requests of its first deployment."""

    workspace: Workspace
    shown: dict[str, str]
    requests: list[str]


@pytest.fixture(scope="module")
def deployed(make: Make) -> Deployed:
    workspace = _made(make)
    github = workspace.github
    shown = {"preview": workspace.preview("--json").ok().output, "events": workspace.events()}
    before = len(github.requests)
    shown["update"] = workspace.pulumi("up", "--yes", "--skip-preview", "--diff", "--stack", "dev").ok().output
    made = github.requests[before:]
    shown["state"] = workspace.pulumi("stack", "export", "--stack", "dev").ok().output
    shown["log"] = workspace.preview("--logtostderr", "-v=9").ok().output
    return Deployed(workspace, shown, made)


@pytest.fixture
def github(deployed: Deployed) -> GitHub:
    return deployed.workspace.github


def _asked(github: GitHub, workspace: Workspace, run: Any) -> tuple[Ran, list[str]]:
    before = len(github.requests)
    return run(workspace), github.requests[before:]


def test_what_is_declared_is_at_github(github: GitHub) -> None:
    ledger = _repository(github, "payments-ledger")
    (environment,) = ledger.environments.values()
    assert environment.name == NAME
    assert environment.settings["reviewers"] == [{"type": "Team", "id": 4201}]
    assert {(each["type"], each["name"]) for each in environment.policies.values()} == {
        ("branch", "main"),
        ("tag", "v*"),
    }
    assert environment.variables["REGISTRY_REPOSITORIES"].endswith("/payments/ledger")
    assert environment.variables["PUSH_ROLE_ARN"].startswith("arn:aws:iam::111122223333:role/")
    (checked,) = ledger.rulesets.values()
    assert [each["type"] for each in checked["rules"]] == ["required_status_checks"]
    assert "AWS_REGION_DEV" in _repository(github, "payments-api").variables
    registry = _repository(github, "container-registry")
    assert set(registry.environments) == {"dev", "destroy-dev", "drift-dev", "preview-dev"}
    (ruleset,) = registry.rulesets.values()
    assert {"pull_request", "required_linear_history", "deletion"} <= {each["type"] for each in ruleset["rules"]}
    assert github.violations == []


def test_the_requests_of_a_deployment_are_as_many_as_it_is_told(deployed: Deployed) -> None:
    made = [each for each in deployed.workspace.state().values() if is_github(each["type"])]
    assert len(deployed.requests) == 1 + sum(CREATED[each["type"]] for each in made)
    assert len(deployed.requests) == requests(load(deployed.workspace.folder, "dev").github)


def test_a_token_reaches_github_and_is_shown_nowhere(deployed: Deployed, github: GitHub) -> None:
    assert github.remaining < 5_000
    assert {name for name, text in deployed.shown.items() if "ghs_canary" in text} == set()


def test_an_unchanged_stack_asks_for_its_owner_alone(deployed: Deployed, github: GitHub) -> None:
    ran, asked = _asked(github, deployed.workspace, lambda it: it.preview("--expect-no-changes"))
    assert (ran.code, asked) == (0, ["GET /orgs/acme 200"]), ran.output


def test_what_github_gives_back_is_no_drift(deployed: Deployed, github: GitHub) -> None:
    made = [each for each in deployed.workspace.state().values() if is_github(each["type"])]
    ran, asked = _asked(github, deployed.workspace, lambda it: it.preview("--refresh", "--expect-no-changes"))
    assert ran.code == 0, ran.output
    assert len(asked) == 1 + len(made)


def test_what_was_changed_by_hand_is_put_right(deployed: Deployed, github: GitHub) -> None:
    ledger = _repository(github, "payments-ledger")
    ledger.environments[NAME].settings["reviewers"] = None
    del ledger.environments[NAME].variables["AWS_REGION"]
    deployed.workspace.pulumi("up", "--refresh", "--yes", "--skip-preview", "--stack", "dev").ok()
    assert ledger.environments[NAME].settings["reviewers"] == [{"type": "Team", "id": 4201}]
    assert ledger.environments[NAME].variables["AWS_REGION"] == "us-east-1"


def test_changed_reviewers_change_their_environment_alone(deployed: Deployed, github: GitHub) -> None:
    def other(stack: dict[str, Any]) -> None:
        entry = stack["config"]["container-registry:github"]["environments"]["*"]
        entry |= {"reviewers": {"teams": [4200], "users": [17]}, "wait_minutes": 0}

    workspace = deployed.workspace
    workspace.edit("Pulumi.dev.yaml", other)
    assert [(urn.rpartition("::")[2], steps) for urn, steps in workspace.steps().items()] == [
        (f"acme/payments-ledger:{NAME.replace(':', '??')}", {"update"})
    ]
    _, asked = _asked(github, workspace, lambda it: it.up().ok())
    path = "/repos/acme/payments-ledger/environments/stage%2Feu%3A1"
    assert asked == ["GET /orgs/acme 200", f"PUT {path} 200"]
    settings = _repository(github, "payments-ledger").environments[NAME].settings
    assert settings["reviewers"] == [{"type": "Team", "id": 4200}, {"type": "User", "id": 17}]
    assert settings["wait_timer"] == 0


def test_a_token_that_only_reads_previews_and_does_not_deploy(deployed: Deployed) -> None:
    def other(stack: dict[str, Any]) -> None:
        stack["config"]["container-registry:github"]["environments"]["*"]["wait_minutes"] = 1

    workspace = deployed.workspace.with_token(READS)
    workspace.edit("Pulumi.dev.yaml", other)
    workspace.preview().ok()
    refused = workspace.up()
    assert refused.code != 0
    assert "403 Resource not accessible by integration" in refused.output
    assert READS not in refused.output
    unknown = deployed.workspace.with_token("ghs_canaryUnknown").preview()
    assert 'failed to lookup organization "acme": GET /orgs/acme: 401 Bad credentials' in unknown.output
    assert "ghs_canary" not in unknown.output


def test_too_many_requests_are_waited_for(deployed: Deployed, github: GitHub) -> None:
    github.failures.append(secondary_limit(1, method="PUT"))
    _, asked = _asked(github, deployed.workspace, lambda it: it.up().ok())
    assert [each.rpartition(" ")[2] for each in asked] == ["200", "403", "200"]


NUMBERS: dict[str, Any] = {"ruleset": 1201, "policies": {NAME: {"refs/heads/main": 71}}}


def _adopt(entry: dict[str, Any] | None) -> Any:
    def edit(stack: dict[str, Any]) -> None:
        stack["config"]["container-registry:github"]["adopt"] = {} if entry is None else {"payments-ledger": entry}

    return edit


def test_what_exists_is_adopted(make: Make) -> None:
    workspace = _made(make)
    github, ledger = workspace.github, _repository(workspace.github, "payments-ledger")
    _made_by_hand(ledger)
    refused = workspace.up()
    assert refused.code != 0
    assert re.search(r": 409 Already exists|/deployment-branch-policies: 303 ", refused.output)
    workspace.destroy().ok()
    _made_by_hand(ledger)
    workspace.edit("Pulumi.dev.yaml", _adopt(NUMBERS))
    imported = [urn for urn, steps in workspace.steps().items() if "import" in steps]
    assert len(imported) == 7
    _, asked = _asked(github, workspace, lambda it: it.pulumi("up", "--yes", "--skip-preview", "--stack", "dev").ok())
    of_ledger = [each for each in asked if "/payments-ledger" in each]
    # The tag's policy alone is made; all else is read, and changed where it differs.
    assert [each.partition(" ")[0] for each in of_ledger if "GET" not in each].count("POST") == 1
    assert len(of_ledger) <= len(imported) * REQUESTS_PER_IMPORT + CREATED[DEPLOYMENT_POLICY]
    _is_as_declared(ledger)
    assert "1201" in [each["id"] for each in workspace.state().values() if each["type"] == RULESET]
    for given in (NUMBERS, None):  # `adopt` left there, and removed
        workspace.edit("Pulumi.dev.yaml", _adopt(given))
        assert workspace.preview("--refresh", "--expect-no-changes").code == 0
        _, asked = _asked(github, workspace, lambda it: it.up().ok())
        assert set(asked) == {"GET /orgs/acme 200"}
        _is_as_declared(ledger)
    assert github.violations == []
    # A ruleset's id is not the one that it is imported by: for one that the stack has already that is once more.
    workspace.edit("Pulumi.dev.yaml", _adopt(NUMBERS))
    ((again, steps),) = workspace.steps().items()
    assert (again.rpartition("::")[2], steps) == ("acme/payments-ledger", {"replace"})
    workspace.up().ok()
    assert ledger.rulesets == {}


def test_what_is_missing_or_of_another_kind_is_not_adopted(make: Make) -> None:
    workspace = _made(make)
    ledger = _repository(workspace.github, "payments-ledger")
    _made_by_hand(ledger)
    by_hand = ledger.environments[NAME].policies[71]
    by_hand["name"] = "release"
    workspace.edit("Pulumi.dev.yaml", _adopt({"policies": {NAME: {"refs/tags/v*": 71}}}))
    host = ledger.environments[NAME].variables.pop("REGISTRY_HOST")
    missing = workspace.preview()
    assert missing.code != 0
    assert re.search(r"resource 'payments-ledger:stage/eu\?\?1:REGISTRY_HOST' does not exist", missing.output)
    ledger.environments[NAME].variables["REGISTRY_HOST"] = host
    refused = workspace.up()
    assert refused.code != 0
    assert "previously-imported resources that still specify an ID may not be replaced" in refused.output
    assert (by_hand["name"], by_hand["type"]) == ("release", "branch")


def test_what_was_deleted_or_transferred_by_hand(make: Make) -> None:
    """As docs/github.md has it."""
    workspace = _made(make)
    workspace.up().ok()
    ledger, api = (_repository(workspace.github, name) for name in ("payments-ledger", "payments-api"))
    (component,) = (urn for urn in workspace.state() if urn.endswith("index:SourceRepository::acme/payments-api"))
    workspace.pulumi("state", "delete", "--yes", "--target-dependents", component, "--stack", "dev").ok()
    del ledger.environments[NAME]
    refused = workspace.destroy()
    assert refused.code != 0
    assert "404 Not Found" in refused.output
    workspace.pulumi("refresh", "--yes", "--skip-preview", "--stack", "dev").ok()
    workspace.destroy().ok()
    assert (ledger.variables, ledger.rulesets) == ({}, {})
    assert "AWS_REGION_DEV" in api.variables


def _is_as_declared(ledger: Repository) -> None:
    """What was there is the same object, brought into line; what nothing declares stays."""
    (environment,), (ruleset,) = ledger.environments.values(), ledger.rulesets.values()
    assert (environment.variables["AWS_REGION"], environment.variables["THEIRS"]) == ("us-east-1", "by hand")
    assert environment.settings["wait_timer"] == 5
    assert {each["name"]: number == 71 for number, each in environment.policies.items()} == {"main": True, "v*": False}
    assert (ruleset["id"], ruleset["name"]) == (1201, "container-registry")
    assert [each["type"] for each in ruleset["rules"]] == ["required_status_checks"]
    checks = ruleset["rules"][0]["parameters"]["required_status_checks"]
    assert [each["context"] for each in checks] == ["build"]


def _made_by_hand(repository: Repository) -> None:
    by_patterns = {"protected_branches": False, "custom_branch_policies": True}
    environment = Environment(NAME, 9, {"wait_timer": 30, "deployment_branch_policy": by_patterns})
    names = ("AWS_REGION", "REGISTRY_HOST", "PUSH_ROLE_ARN", "REGISTRY_REPOSITORIES", "THEIRS")
    environment.variables |= dict.fromkeys(names, "by hand")
    environment.policies[71] = {"id": 71, "node_id": "DBP_71", "name": "main", "type": "branch"}
    repository.environments[NAME] = environment
    parameters = {"required_status_checks": [{"context": "lint"}], "strict_required_status_checks_policy": False}
    rules = [{"type": "deletion"}, {"type": "required_status_checks", "parameters": parameters}]
    bypass = {"actor_id": 5, "actor_type": "RepositoryRole", "bypass_mode": "always"}
    body = {"name": "main is protected", "enforcement": "active", "bypass_actors": [bypass], "rules": rules}
    repository.rulesets[1201] = to_ruleset(repository, 1201, body)


def test_a_renamed_repository_keeps_what_is_declared(deployed: Deployed, github: GitHub) -> None:
    """Its id says that it is the same one, and the catalog what its name was."""
    ledger = _repository(github, "payments-ledger")
    environment, old = ledger.environments[NAME], ledger.full_name
    ledger.old_names, ledger.name = [old], "payments-book"
    workspace = deployed.workspace
    workspace.rewrite("catalog.yaml", old, "acme/payments-book")
    workspace.rewrite("Pulumi.dev.yaml", "payments-ledger", "payments-book")

    def named(catalog: dict[str, Any]) -> None:
        catalog["sources"]["acme/payments-book"]["renamed_from"] = "payments-ledger"

    # Without the name before it would be created, which GitHub refuses, and then deleted.
    assert {"create"} in workspace.steps().values()
    workspace.edit("catalog.yaml", named)
    at_github = {urn: steps for urn, steps in workspace.steps().items() if "SourceRepository$" in urn}
    assert set().union(*at_github.values()) == {"update"}
    workspace.up().ok()
    assert ledger.environments == {NAME: environment}
    assert len(environment.variables) == 4
    assert len(environment.policies) == 2
    assert len(ledger.rulesets) == 1
    assert workspace.preview("--expect-no-changes").code == 0


def test_a_removed_source_takes_what_was_declared_of_it(deployed: Deployed, github: GitHub) -> None:
    ledger, api = _repository(github, "payments-book"), _repository(github, "payments-api")
    before = dict(api.variables)
    ledger.variables["THEIRS"] = "kept"

    def without(catalog: dict[str, Any]) -> None:
        catalog["repositories"]["payments/ledger"]["push"] = []
        del catalog["sources"]

    def unnamed(stack: dict[str, Any]) -> None:
        stack["config"]["container-registry:github"]["repositories"].remove("payments-book")

    deployed.workspace.edit("catalog.yaml", without)
    deployed.workspace.edit("Pulumi.dev.yaml", unnamed)
    deployed.workspace.up().ok()
    assert (ledger.environments, ledger.rulesets, ledger.variables) == ({}, {}, {"THEIRS": "kept"})
    assert api.variables == before


def test_what_is_destroyed_is_gone_and_nothing_else(deployed: Deployed, github: GitHub) -> None:
    deployed.workspace.destroy().ok()
    assert [(each.environments, each.rulesets) for each in github.holdings.repositories] == [({}, {})] * len(
        REPOSITORIES
    )
    assert {name for each in github.holdings.repositories for name in each.variables} == {"THEIRS"}
    assert github.violations == []
