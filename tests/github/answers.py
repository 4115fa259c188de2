"""How each operation answers, and what it changes."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from tests.github.contract import filled
from tests.github.cut_schema import Value
from tests.github.state import ORGANIZATION, Environment, Holdings, Owner, RefusedError, Repository, found

Answer = tuple[int, Value | list[Value] | None]
NOW = "2026-11-30T12:00:00Z"
REVIEWERS_MAX, VALUE_MAX = 6, 48 * 1024
_NAME = re.compile(r"(?!GITHUB_)[A-Z_][A-Z0-9_]*")


class Answers:
    """Called by `METHOD template`; a body is valid by the schema already."""

    def __init__(self, holdings: Holdings) -> None:
        self._holdings = holdings
        repo, environment = "/repos/{owner}/{repo}", "/repos/{owner}/{repo}/environments/{environment_name}"
        policies, subject = f"{environment}/deployment-branch-policies", "actions/oidc/customization/sub"
        self._of_owners: Mapping[str, Callable[[Mapping[str, str], Value], Answer]] = {
            "GET /user": lambda _p, _b: (200, filled("public-user", {"login": "registry-bot[bot]", "type": "Bot"})),
            "GET /users/{username}": lambda p, _b: (200, _user(self._holdings.owner(p["username"]))),
            "GET /orgs/{org}": lambda p, _b: (200, _organization(self._organization(p["org"]))),
            f"GET /orgs/{{org}}/{subject}": lambda p, _b: (200, _org_subject(self._organization(p["org"]))),
            f"PUT /orgs/{{org}}/{subject}": self._put_org_subject,
            "GET /orgs/{org}/rulesets": self._org_rulesets,
            "GET /orgs/{org}/teams/{team_slug}": self._team,
            "GET /rate_limit": lambda _p, _b: (200, filled("rate-limit-overview", {})),
        }
        self._of_repositories: Mapping[str, Callable[[Repository, Mapping[str, str], Value], Answer]] = {
            f"GET {repo}": lambda r, _p, _b: (200, to_repository(r)),
            f"GET {repo}/{subject}": lambda r, _p, _b: (200, _subject(r)),
            f"PUT {repo}/{subject}": _put_subject,
            f"GET {repo}/actions/variables": lambda r, _p, _b: (200, _listed_variables(r.variables)),
            f"POST {repo}/actions/variables": lambda r, _p, b: _create_variable(r.variables, b),
            f"GET {repo}/actions/variables/{{name}}": lambda r, p, _b: _variable(r.variables, p["name"]),
            f"PATCH {repo}/actions/variables/{{name}}": lambda r, p, b: _change_variable(r.variables, p["name"], b),
            f"DELETE {repo}/actions/variables/{{name}}": lambda r, p, _b: _delete(r.variables, p["name"].upper()),
            f"GET {repo}/environments": self._environments,
            f"GET {environment}": lambda r, p, _b: (200, self._environment(r.environment(p["environment_name"]))),
            f"PUT {environment}": self._put_environment,
            f"DELETE {environment}": lambda r, p, _b: _delete(r.environments, p["environment_name"].casefold()),
            f"GET {policies}": _policies,
            f"POST {policies}": self._create_policy,
            f"GET {policies}/{{branch_policy_id}}": lambda r, p, _b: (200, _policy(r, p)),
            f"PUT {policies}/{{branch_policy_id}}": _change_policy,
            f"DELETE {policies}/{{branch_policy_id}}": lambda r, p, _b: _delete(
                r.environment(p["environment_name"]).policies, int(p["branch_policy_id"])
            ),
            f"GET {environment}/variables": lambda r, p, _b: (200, _listed_variables(_variables_of(r, p))),
            f"POST {environment}/variables": lambda r, p, b: _create_variable(_variables_of(r, p), b),
            f"GET {environment}/variables/{{name}}": lambda r, p, _b: _variable(_variables_of(r, p), p["name"]),
            f"PATCH {environment}/variables/{{name}}": lambda r, p, b: _change_variable(
                _variables_of(r, p), p["name"], b
            ),
            f"DELETE {environment}/variables/{{name}}": lambda r, p, _b: _delete(
                _variables_of(r, p), p["name"].upper()
            ),
            f"GET {repo}/rulesets": _rulesets,
            f"POST {repo}/rulesets": self._create_ruleset,
            f"GET {repo}/rulesets/{{ruleset_id}}": lambda r, p, _b: (200, found(r.rulesets, int(p["ruleset_id"]))),
            f"PUT {repo}/rulesets/{{ruleset_id}}": self._change_ruleset,
            f"DELETE {repo}/rulesets/{{ruleset_id}}": lambda r, p, _b: _delete(r.rulesets, int(p["ruleset_id"])),
        }

    def __call__(self, name: str, parameters: Mapping[str, str], body: Value) -> Answer:
        if name in self._of_owners:
            return self._of_owners[name](parameters, body)
        repository = self._holdings.repository(parameters["owner"], parameters["repo"])
        if repository is None:
            return self._moved(parameters)
        if repository.archived and not name.startswith("GET "):
            raise RefusedError(403, "Repository was archived so is read-only.")
        return self._of_repositories[name](repository, parameters, body)

    def _moved(self, parameters: Mapping[str, str]) -> Answer:
        repository = self._holdings.renamed(parameters["owner"], parameters["repo"])
        if repository is None:
            raise RefusedError(404, "Not Found")
        raise RefusedError(301, "Moved Permanently", headers={"location": f"/repositories/{repository.id}"})

    def by_id(self, id: int) -> Value:
        """Where a redirect of a renamed repository leads."""
        return to_repository(found({each.id: each for each in self._holdings.repositories}, id))

    def _organization(self, login: str) -> Owner:
        owner = self._holdings.owner(login)
        if owner.type != ORGANIZATION:
            raise RefusedError(404, "Not Found")
        return owner

    def _put_org_subject(self, parameters: Mapping[str, str], body: Value) -> Answer:
        owner = self._organization(parameters["org"])
        owner.claim_keys = body.get("include_claim_keys", owner.claim_keys)
        owner.immutable = body.get("use_immutable_subject", owner.immutable)
        return 201, {}

    def _org_rulesets(self, parameters: Mapping[str, str], _body: Value) -> Answer:
        return 200, list(self._organization(parameters["org"]).rulesets.values())

    def _team(self, parameters: Mapping[str, str], _body: Value) -> Answer:
        owner = self._organization(parameters["org"])
        ids = {slug: team for team, slug in owner.teams.items()}
        slug = parameters["team_slug"]
        return 200, filled("team-full", {"id": found(ids, slug), "slug": slug, "organization": _organization(owner)})

    def _environments(self, repository: Repository, _parameters: Mapping[str, str], _body: Value) -> Answer:
        listed = [self._environment(each) for each in repository.environments.values()]
        return 200, {"total_count": len(listed), "environments": listed}

    def _environment(self, environment: Environment) -> Value:
        settings, rules = environment.settings, list[Value]()
        if settings.get("wait_timer"):
            rules.append(self._rule("wait_timer", {"wait_timer": settings["wait_timer"]}))
        if settings.get("reviewers"):
            reviewers = [_reviewer(each) for each in settings["reviewers"]]
            own_review = settings.get("prevent_self_review", False)
            rules.append(self._rule("required_reviewers", {"prevent_self_review": own_review, "reviewers": reviewers}))
        if settings.get("deployment_branch_policy"):
            rules.append(self._rule("branch_policy", {}))
        given = {
            "id": environment.id, "node_id": f"EN_{environment.id}", "name": environment.name,
            "protection_rules": rules, "deployment_branch_policy": settings.get("deployment_branch_policy"),
            "can_admins_bypass": settings.get("can_admins_bypass", True), "created_at": NOW, "updated_at": NOW,
        }  # fmt: skip
        return filled("environment", given)

    def _rule(self, type: str, more: Value) -> Value:
        number = next(self._holdings.ids)
        return {"id": number, "node_id": f"GA_{number}", "type": type, **more}

    def _put_environment(self, repository: Repository, parameters: Mapping[str, str], body: Value) -> Answer:
        policy, reviewers = body.get("deployment_branch_policy"), body.get("reviewers") or []
        if policy and policy["protected_branches"] == policy["custom_branch_policies"]:
            message = "protected_branches and custom_branch_policies cannot have the same value"
            raise RefusedError(422, "Validation Failed", message)
        if len(reviewers) > REVIEWERS_MAX:
            raise RefusedError(422, "Validation Failed", f"a maximum of {REVIEWERS_MAX} reviewers")
        known = {"Team": repository.owner.teams, "User": self._holdings.users}
        for each in reviewers:
            if each["id"] not in known[each["type"]]:
                raise RefusedError(422, "Validation Failed", f"Could not resolve {each['type']} {each['id']}")
        name = parameters["environment_name"]
        environment = repository.environments.get(name.casefold())
        if environment is None:
            environment = repository.environments[name.casefold()] = Environment(name, next(self._holdings.ids))
        environment.settings = body
        if not environment.has_policies:
            environment.policies.clear()
        return 200, self._environment(environment)

    def _create_policy(self, repository: Repository, parameters: Mapping[str, str], body: Value) -> Answer:
        environment = repository.environment(parameters["environment_name"])
        if not environment.has_policies:
            raise RefusedError(404, "Not Found")
        made = {"name": body["name"], "type": body.get("type", "branch")}
        if any(made.items() <= each.items() for each in environment.policies.values()):
            return 303, None
        number = next(self._holdings.ids)
        environment.policies[number] = {"id": number, "node_id": f"DBP_{number}", **made}
        return 200, environment.policies[number]

    def _create_ruleset(self, repository: Repository, _parameters: Mapping[str, str], body: Value) -> Answer:
        if any(each["name"] == body["name"] for each in repository.rulesets.values()):
            raise RefusedError(422, "Validation Failed", "Name must be unique")
        number = next(self._holdings.ids)
        repository.rulesets[number] = to_ruleset(repository, number, body)
        return 201, repository.rulesets[number]

    def _change_ruleset(self, repository: Repository, parameters: Mapping[str, str], body: Value) -> Answer:
        number = int(parameters["ruleset_id"])
        found(repository.rulesets, number)
        repository.rulesets[number] = to_ruleset(repository, number, body)
        return 200, repository.rulesets[number]


def to_repository(repository: Repository) -> Value:
    owner = repository.owner
    given = {
        "id": repository.id, "node_id": f"R_{repository.id}", "name": repository.name,
        "full_name": repository.full_name, "archived": repository.archived, "created_at": NOW, "pushed_at": NOW,
        "updated_at": NOW, "default_branch": "main",
        "owner": filled("simple-user", {"login": owner.login, "id": owner.id, "type": owner.type}),
    }  # fmt: skip
    return filled("full-repository", given)


def _user(owner: Owner) -> Value:
    return filled("public-user", {"login": owner.login, "id": owner.id, "type": owner.type})


def _organization(owner: Owner) -> Value:
    return filled("organization-full", {"login": owner.login, "id": owner.id, "type": owner.type})


def _org_subject(owner: Owner) -> Value:
    return {"include_claim_keys": owner.claim_keys, "use_immutable_subject": owner.immutable}


def _subject(repository: Repository) -> Value:
    """A repository that has its own template, or opted in to the organization's, does not use the default."""
    keys = repository.claim_keys
    more = {} if keys is None else {"include_claim_keys": keys}
    opted = {} if repository.immutable is None else {"use_immutable_subject": repository.immutable}
    return {"use_default": keys is None, "sub_claim_prefix": repository.prefix, **more, **opted}


def _put_subject(repository: Repository, _parameters: Mapping[str, str], body: Value) -> Answer:
    if body["use_default"] and body.get("include_claim_keys"):
        raise RefusedError(422, "Validation Failed", "include_claim_keys is not taken with use_default")
    repository.claim_keys = None if body["use_default"] else body.get("include_claim_keys", [])
    repository.immutable = body.get("use_immutable_subject", repository.immutable)
    return 201, {}


def _reviewer(reviewer: Value) -> Value:
    schema = "team" if reviewer["type"] == "Team" else "simple-user"
    return {"type": reviewer["type"], "reviewer": filled(schema, {"id": reviewer["id"]})}


def _variables_of(repository: Repository, parameters: Mapping[str, str]) -> dict[str, str]:
    return repository.environment(parameters["environment_name"]).variables


def _listed_variables(variables: Mapping[str, str]) -> Value:
    listed = [_shown(name, value) for name, value in variables.items()]
    return {"total_count": len(listed), "variables": listed}


def _shown(name: str, value: str) -> Value:
    return {"name": name, "value": value, "created_at": NOW, "updated_at": NOW}


def _variable(variables: Mapping[str, str], name: str) -> Answer:
    return 200, _shown(name.upper(), found(dict(variables), name.upper()))


def _create_variable(variables: dict[str, str], body: Value) -> Answer:
    name = body["name"].upper()
    if not _NAME.fullmatch(name) or len(body["value"]) > VALUE_MAX:
        raise RefusedError(422, "Validation Failed", f"{name} is not a valid variable")
    if name in variables:
        raise RefusedError(409, f"Already exists - Variable already exists: {name}")
    variables[name] = body["value"]
    return 201, {}


def _change_variable(variables: dict[str, str], name: str, body: Value) -> Answer:
    found(variables, name.upper())
    variables[name.upper()] = body.get("value", variables[name.upper()])
    return 204, None


def _policies(repository: Repository, parameters: Mapping[str, str], _body: Value) -> Answer:
    listed = list(repository.environment(parameters["environment_name"]).policies.values())
    return 200, {"total_count": len(listed), "branch_policies": listed}


def _policy(repository: Repository, parameters: Mapping[str, str]) -> Value:
    environment = repository.environment(parameters["environment_name"])
    policy: Value = found(environment.policies, int(parameters["branch_policy_id"]))
    return policy


def _change_policy(repository: Repository, parameters: Mapping[str, str], body: Value) -> Answer:
    policy = _policy(repository, parameters)
    policy["name"] = body["name"]
    return 200, policy


def _rulesets(repository: Repository, parameters: Mapping[str, str], _body: Value) -> Answer:
    parents = {} if parameters.get("includes_parents") == "false" else repository.owner.rulesets
    return 200, [*repository.rulesets.values(), *parents.values()]


def to_ruleset(repository: Repository, id: int, body: Value) -> Value:
    """With the schema's defaults for what the request leaves out."""
    defaults: Value = {"target": "branch", "bypass_actors": [], "conditions": {}, "rules": []}
    its_own: dict[str, Any] = {
        "id": id, "node_id": f"RRS_{id}", "source": repository.full_name, "source_type": "Repository",
        "_links": {"self": {"href": f"/repos/{repository.full_name}/rulesets/{id}"}},
        "created_at": NOW, "updated_at": NOW,
    }  # fmt: skip
    return {**defaults, **body, **its_own}


def _delete(things: dict[Any, Any], key: Any) -> Answer:
    found(things, key)
    del things[key]
    return 204, None
