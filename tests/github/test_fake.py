"""The tests' GitHub answers as GitHub does, and lets nothing pass that its published schema refuses."""

from typing import Any

import pytest

from tests.github.calls import READ_ONLY, TOKEN, call
from tests.github.contract import DEVIATIONS, answer_faults, filled, operation_of, request_faults
from tests.github.server import Failure, GitHub, secondary_limit

REPO = "/repos/acme/payments-api"
ENVIRONMENT = f"{REPO}/environments/production"
POLICIES = f"{ENVIRONMENT}/deployment-branch-policies"
SETTINGS: dict[str, Any] = {
    "wait_timer": 5,
    "can_admins_bypass": False,
    "prevent_self_review": True,
    "reviewers": [{"type": "Team", "id": 4201}],
    "deployment_branch_policy": {"protected_branches": False, "custom_branch_policies": True},
}
RULESET: dict[str, Any] = {
    "name": "container-registry",
    "target": "branch",
    "enforcement": "active",
    "bypass_actors": [],
    "conditions": {"ref_name": {"include": ["~DEFAULT_BRANCH"], "exclude": []}},
    "rules": [{"type": "deletion"}],
}


def test_an_environment_lives(github: GitHub) -> None:
    made = call(github, "PUT", ENVIRONMENT, SETTINGS).body
    assert made == {**call(github, "GET", ENVIRONMENT).body, "protection_rules": made["protection_rules"]}
    assert [each["type"] for each in made["protection_rules"]] == ["wait_timer", "required_reviewers", "branch_policy"]
    assert made["protection_rules"][1]["reviewers"][0]["reviewer"]["id"] == 4201
    assert made["can_admins_bypass"] is False
    assert call(github, "GET", f"{REPO}/environments/PRODUCTION").body["name"] == "production"
    call(github, "PUT", ENVIRONMENT, {"reviewers": None, "deployment_branch_policy": None})
    assert call(github, "GET", ENVIRONMENT).body["protection_rules"] == []
    assert call(github, "GET", f"{REPO}/environments").body["total_count"] == 1
    assert call(github, "DELETE", ENVIRONMENT).status == 204
    assert call(github, "GET", ENVIRONMENT).status == 404
    assert github.violations == []


def test_policies_of_an_environment_live(github: GitHub) -> None:
    assert call(github, "POST", POLICIES, {"name": "main"}).status == 404
    call(github, "PUT", ENVIRONMENT, SETTINGS | {"deployment_branch_policy": None})
    assert call(github, "POST", POLICIES, {"name": "main"}).status == 404
    call(github, "PUT", ENVIRONMENT, SETTINGS)
    made = call(github, "POST", POLICIES, {"name": "main", "type": "branch"}).body
    assert call(github, "POST", POLICIES, {"name": "main", "type": "tag"}).status == 200
    assert call(github, "POST", POLICIES, {"name": "main"}).status == 303
    one = f"{POLICIES}/{made['id']}"
    assert call(github, "PUT", one, {"name": "release/*"}).body == {**made, "name": "release/*"}
    assert call(github, "GET", one).body["name"] == "release/*"
    assert call(github, "GET", POLICIES).body["total_count"] == 2
    assert (call(github, "DELETE", one).status, call(github, "DELETE", one).status) == (204, 404)
    assert github.violations == []


@pytest.mark.parametrize("base", [f"{REPO}/actions/variables", f"{ENVIRONMENT}/variables"])
def test_variables_live(github: GitHub, base: str) -> None:
    call(github, "PUT", ENVIRONMENT, SETTINGS)
    assert call(github, "POST", base, {"name": "aws_region", "value": "us-east-1"}).status == 201
    assert call(github, "POST", base, {"name": "AWS_REGION", "value": "eu-west-1"}).status == 409
    assert call(github, "POST", base, {"name": "GITHUB_X", "value": ""}).status == 422
    assert call(github, "POST", base, {"name": "LONG", "value": "x" * 49_153}).status == 422
    assert call(github, "PATCH", f"{base}/AWS_REGION", {"value": "eu-west-1"}).status == 204
    assert call(github, "GET", f"{base}/AWS_REGION").body["value"] == "eu-west-1"
    assert [each["name"] for each in call(github, "GET", base).body["variables"]] == ["AWS_REGION"]
    assert call(github, "DELETE", f"{base}/AWS_REGION").status == 204
    assert call(github, "PATCH", f"{base}/AWS_REGION", {"value": ""}).status == 404
    assert github.violations == []


def test_rulesets_live(github: GitHub) -> None:
    made = call(github, "POST", f"{REPO}/rulesets", RULESET).body
    assert call(github, "POST", f"{REPO}/rulesets", RULESET).status == 422
    one = f"{REPO}/rulesets/{made['id']}"
    assert call(github, "PUT", one, {**RULESET, "enforcement": "disabled"}).body["enforcement"] == "disabled"
    assert [each["id"] for each in call(github, "GET", f"{REPO}/rulesets").body] == [made["id"]]
    assert (call(github, "DELETE", one).status, call(github, "GET", one).status) == (204, 404)
    assert github.violations == []


def test_the_prefix_of_subjects_follows_the_repository_then_its_organization(github: GitHub) -> None:
    subject, of_org = f"{REPO}/actions/oidc/customization/sub", "/orgs/acme/actions/oidc/customization/sub"
    by_name, immutable = "repo:acme/payments-api", "repo:acme@1024/payments-api@65536"
    assert call(github, "GET", subject).body == {"use_default": True, "sub_claim_prefix": by_name}
    call(github, "PUT", of_org, {"include_claim_keys": ["repo"], "use_immutable_subject": True})
    assert call(github, "GET", of_org).body == {"include_claim_keys": ["repo"], "use_immutable_subject": True}
    assert call(github, "GET", subject).body["sub_claim_prefix"] == immutable
    call(github, "PUT", subject, {"use_default": True, "use_immutable_subject": False})
    assert call(github, "GET", subject).body["sub_claim_prefix"] == by_name
    call(github, "PUT", subject, {"use_default": False, "include_claim_keys": ["repo", "ref"]})
    assert call(github, "GET", subject).body["include_claim_keys"] == ["repo", "ref"]
    assert call(github, "PUT", subject, {"use_default": True, "include_claim_keys": ["repo"]}).status == 422
    assert github.violations == []


def test_owners_and_their_teams(github: GitHub) -> None:
    assert call(github, "GET", "/user").body["type"] == "Bot"
    assert call(github, "GET", "/users/robin").body["type"] == "User"
    assert (call(github, "GET", "/orgs/acme").body["id"], call(github, "GET", "/orgs/robin").status) == (1024, 404)
    assert call(github, "GET", "/orgs/acme/teams/payments").body["id"] == 4201
    assert call(github, "GET", "/orgs/acme/rulesets").body == []
    assert call(github, "GET", "/rate_limit").status == 200
    assert github.violations == []


def test_a_renamed_repository_is_found_by_a_redirect(github: GitHub) -> None:
    (repository, *_) = github.holdings.repositories
    repository.old_names.append("acme/payment-service")
    moved = call(github, "GET", "/repos/acme/payment-service")
    assert (moved.status, moved.headers["location"]) == (301, f"{github.url}/repositories/65536")
    assert call(github, "GET", "/repositories/65536").body["full_name"] == "acme/payments-api"


def test_an_archived_repository_is_read_only(github: GitHub) -> None:
    github.holdings.repositories[0].archived = True
    assert call(github, "PUT", ENVIRONMENT, SETTINGS).status == 403
    assert call(github, "GET", REPO).body["archived"] is True


@pytest.mark.parametrize(
    "settings",
    [
        {"deployment_branch_policy": {"protected_branches": True, "custom_branch_policies": True}},
        {"reviewers": [{"type": "Team", "id": 1}]},
        {"reviewers": [{"type": "Team", "id": 4201}] * 7},
    ],
)
def test_what_the_schema_does_not_say_is_refused_as_well(github: GitHub, settings: dict[str, Any]) -> None:
    assert call(github, "PUT", ENVIRONMENT, settings).status == 422


@pytest.mark.parametrize(
    ("method", "path", "body", "fault"),
    [
        ("PUT", ENVIRONMENT, {"reviewers": [{"type": "Robot", "id": 1}]}, "'Robot' is not one of"),
        ("PUT", ENVIRONMENT, {"admins_bypass": True}, "'admins_bypass' was unexpected"),
        ("POST", f"{REPO}/rulesets", RULESET | {"bypass_actors": None}, "None is not of type 'array'"),
        ("POST", f"{REPO}/rulesets", RULESET | {"rules": [{"type": "tea"}]}, "is not valid under any"),
        ("POST", f"{REPO}/rulesets", {"name": "main"}, "'enforcement' is a required property"),
        ("POST", f"{REPO}/actions/variables", {"name": "A"}, "'value' is a required property"),
        ("POST", f"{REPO}/actions/variables", None, "a body is required"),
        ("GET", f"{REPO}/environments?state=open", None, "state is no parameter"),
        ("GET", f"{REPO}/environments?per_page=many", None, "'many' is not of type 'integer'"),
        ("DELETE", REPO, None, "no operation"),
    ],
)
def test_what_the_schema_refuses_is_refused_and_recorded(
    github: GitHub, method: str, path: str, body: object, fault: str
) -> None:
    assert call(github, method, path, body).status in (404, 422)
    assert fault in github.violations[0]


def test_an_answer_that_the_schema_refuses_is_recorded(github: GitHub) -> None:
    github.holdings.repositories[0].variables["A"] = 1  # type: ignore[assignment]
    assert call(github, "GET", f"{REPO}/actions/variables/A").status == 500
    assert "1 is not of type 'string'" in github.violations[0]
    operation = operation_of("GET", REPO)
    assert operation
    assert answer_faults(operation, 200, filled("full-repository", {})) == []
    assert answer_faults(operation, 200, {}) != []
    assert answer_faults(operation, 201, {}) == [f"GET {operation.template} answers no 201"]


def test_each_deviation_is_needed() -> None:
    for (method, template), members in DEVIATIONS.items():
        operation = operation_of(method, template)
        assert operation
        for name, deviation in members.items():
            assert request_faults(operation, {}, {name: True}) == []
            assert request_faults(operation, {}, {name: "yes"}) != []
            assert deviation.reason
            described = operation.name, name
            assert name not in str(_schema_of(template)), described


def _schema_of(template: str) -> object:
    from tests.github.contract import _document

    return _document()["paths"][template]


def test_tokens_and_limits(github: GitHub) -> None:
    assert call(github, "GET", REPO, token=TOKEN.upper()).status == 401
    assert call(github, "GET", REPO, token=READ_ONLY).headers["x-ratelimit-remaining"] == "4998"
    assert call(github, "PUT", ENVIRONMENT, SETTINGS, token=READ_ONLY).status == 403
    github.remaining = 0
    spent = call(github, "GET", REPO)
    assert (spent.status, spent.headers["x-ratelimit-remaining"]) == (403, "0")
    assert "API rate limit exceeded" in spent.body["message"]


@pytest.mark.parametrize("status", [403, 404, 409, 422, 500])
def test_a_failure_is_answered_as_often_as_it_says(github: GitHub, status: int) -> None:
    github.failures.append(Failure(status, "no", method="GET", path="/payments-api", times=2))
    answered = [call(github, "GET", path).status for path in ("/user", REPO, REPO, REPO)]
    assert answered == [200, status, status, 200]
    assert github.violations == []


def test_too_many_requests_at_once(github: GitHub) -> None:
    github.failures.append(secondary_limit(30))
    limited = call(github, "GET", REPO)
    assert (limited.status, limited.headers["retry-after"]) == (403, "30")
    assert "secondary rate limit" in limited.body["message"]


def test_an_enterprise_servers_paths_are_the_same(github: GitHub) -> None:
    assert call(github, "GET", f"/api/v3{REPO}").body["id"] == 65536
