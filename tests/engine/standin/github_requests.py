"""The requests that terraform-provider-github v6.13.0 makes for each resource, as the functions Create, Read, Update,
Delete and Import of resource_github_*.go make them; and it waits where GitHub asks for it, as transport.go does."""

import json
import time
import urllib.error
import urllib.request
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from tests.engine.standin.cloud import RefusedError, Values

_SEPARATOR, _ESCAPED = ":", "??"
SIMPLE_RULES = ("creation", "deletion", "requiredLinearHistory", "requiredSignatures", "nonFastForward")
_PULL_REQUEST = (
    *("dismissStaleReviewsOnPush", "requireCodeOwnerReview", "requireLastPushApproval"),
    *("requiredReviewThreadResolution",),
)


class NotFoundError(RefusedError):
    """A 404, by which a read takes a resource out of the state."""


@dataclass(frozen=True)
class Client:
    """One owner's; no text of a failure has the token."""

    base: str
    token: str
    owner: str

    def __call__(self, method: str, path: str, body: object = None) -> Any:
        # Another host than github.com is taken for an Enterprise Server: getBaseURL in config.go.
        request = urllib.request.Request(  # noqa: S310  loopback
            f"{self.base}/api/v3{path}",
            None if body is None else json.dumps(body).encode(),
            {"Authorization": f"Bearer {self.token}"} if self.token else {},
            method=method,
        )
        while True:
            try:
                with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310  loopback
                    raw = answer.read()
                    return json.loads(raw) if raw else None
            except urllib.error.HTTPError as refused:
                with refused:
                    if pause := refused.headers.get("retry-after"):
                        time.sleep(int(pause))
                        continue
                    text = refused.read()
                    message = json.loads(text)["message"] if text else "[]"
                    kind = NotFoundError if refused.code == 404 else RefusedError
                    raise kind(f"{method} {path}: {refused.code} {message}") from None

    def repository(self, name: str, path: str = "") -> str:
        return f"/repos/{self.owner}/{name}{path}"

    def repository_id(self, name: str) -> int:
        return int(self("GET", self.repository(name))["id"])


def joined(*parts: str) -> str:
    """buildID, of parts whose colons are escaped."""
    return _SEPARATOR.join((parts[0], *(each.replace(_SEPARATOR, _ESCAPED) for each in parts[1:])))


def split(id: str, count: int) -> list[str]:
    """parseID2 and parseID3."""
    parts = id.split(_SEPARATOR)
    if len(parts) != count:
        raise RefusedError(f"unexpected ID {id!r}: expected {count} parts with {_SEPARATOR} between them")
    return [each.replace(_ESCAPED, _SEPARATOR) for each in parts]


class Kind(ABC):
    """One resource type; `state` has its inputs and what is computed."""

    inputs: tuple[str, ...] = ()
    """All that it takes; those that it must have come first, as many as `needed`."""
    needed = 0
    replaces: tuple[str, ...] = ()
    computed: tuple[str, ...] = ("repositoryId",)
    defaults: Mapping[str, Any] = {}

    @abstractmethod
    def create(self, api: Client, inputs: Values) -> tuple[str, Values]:
        """The id, and what is computed."""

    @abstractmethod
    def imported(self, api: Client, id: str) -> Values:
        """What its importer reads; a read follows."""

    @abstractmethod
    def read(self, api: Client, state: Values) -> Values:
        """The state as it is now."""

    @abstractmethod
    def update(self, api: Client, inputs: Values, state: Values) -> Values:
        """What is computed."""

    @abstractmethod
    def delete(self, api: Client, state: Values) -> None:
        """Deletes it."""


class EnvironmentKind(Kind):
    """github_repository_environment."""

    inputs = (
        *("environment", "repository", "canAdminsBypass", "deploymentBranchPolicy", "preventSelfReview", "reviewers"),
        "waitTimer",
    )
    needed = 2
    replaces = ("environment",)
    defaults = {"canAdminsBypass": True, "preventSelfReview": False}  # noqa: RUF012

    def create(self, api: Client, inputs: Values) -> tuple[str, Values]:
        api("PUT", _environment(api, inputs), self._body(inputs))
        name = inputs["repository"]
        return joined(name, inputs["environment"]), {"repositoryId": api.repository_id(name)}

    def imported(self, api: Client, id: str) -> Values:
        repository, environment = split(id, 2)
        found = api.repository_id(repository)
        return {"repository": repository, "repositoryId": found, "environment": environment}

    def read(self, api: Client, state: Values) -> Values:
        found = api("GET", _environment(api, state))
        read: Values = {each: state[each] for each in ("repository", "repositoryId", "environment") if each in state}
        read |= {"canAdminsBypass": found["can_admins_bypass"]}
        read["preventSelfReview"] = state.get("preventSelfReview", False)
        for rule in found["protection_rules"]:
            if rule["type"] == "wait_timer":
                read["waitTimer"] = rule["wait_timer"]
            if rule["type"] == "required_reviewers":
                by_kind = {"teams": "Team", "users": "User"}
                ids = {
                    name: [each["reviewer"]["id"] for each in rule["reviewers"] if each["type"] == kind]
                    for name, kind in by_kind.items()
                }
                read["reviewers"] = [{name: some for name, some in ids.items() if some}]
                read["preventSelfReview"] = rule["prevent_self_review"]
        if policy := found["deployment_branch_policy"]:
            read["deploymentBranchPolicy"] = {
                "protectedBranches": policy["protected_branches"],
                "customBranchPolicies": policy["custom_branch_policies"],
            }
        return read

    def update(self, api: Client, inputs: Values, state: Values) -> Values:
        api("PUT", _environment(api, inputs), self._body(inputs))
        return {"repositoryId": state["repositoryId"]}

    def delete(self, api: Client, state: Values) -> None:
        api("DELETE", _environment(api, state))

    @staticmethod
    def _body(inputs: Values) -> Values:
        """createUpdateEnvironmentData, as CreateUpdateEnvironment of go-github writes it: what is missing is null."""
        reviewers = [
            {"type": kind, "id": int(each)}
            for entry in inputs.get("reviewers", [])
            for kind, name in (("Team", "teams"), ("User", "users"))
            for each in entry.get(name, [])
        ]
        policy = inputs.get("deploymentBranchPolicy")
        written = policy and {
            "protected_branches": policy["protectedBranches"],
            "custom_branch_policies": policy["customBranchPolicies"],
        }
        return {
            "wait_timer": int(inputs.get("waitTimer", 0)),
            "reviewers": reviewers or None,
            "can_admins_bypass": inputs["canAdminsBypass"],
            "deployment_branch_policy": written,
            "prevent_self_review": inputs["preventSelfReview"],
        }


class PolicyKind(Kind):
    """github_repository_environment_deployment_policy."""

    inputs = ("environment", "repository", "branchPattern", "tagPattern")
    needed = 2
    replaces = ("environment",)
    computed = ("repositoryId", "policyId")

    def create(self, api: Client, inputs: Values) -> tuple[str, Values]:
        made = api("POST", self._path(api, inputs), {"name": self._pattern(inputs), "type": self._type(inputs)})
        name = inputs["repository"]
        known = joined(name, inputs["environment"], str(made["id"]))
        return known, {"repositoryId": api.repository_id(name), "policyId": made["id"]}

    def imported(self, api: Client, id: str) -> Values:
        repository, environment, policy = split(id, 3)
        found = api.repository_id(repository)
        return {"repository": repository, "repositoryId": found, "environment": environment, "policyId": int(policy)}

    def read(self, api: Client, state: Values) -> Values:
        found = api("GET", f"{self._path(api, state)}/{int(state['policyId'])}")
        kept = {name: value for name, value in state.items() if name not in ("branchPattern", "tagPattern")}
        return {**kept, f"{found['type']}Pattern": found["name"]}

    def update(self, api: Client, inputs: Values, state: Values) -> Values:
        api("PUT", f"{self._path(api, inputs)}/{int(state['policyId'])}", {"name": self._pattern(inputs)})
        return {name: state[name] for name in self.computed}

    def delete(self, api: Client, state: Values) -> None:
        api("DELETE", f"{self._path(api, state)}/{int(state['policyId'])}")

    @staticmethod
    def _path(api: Client, state: Values) -> str:
        return f"{_environment(api, state)}/deployment-branch-policies"

    @staticmethod
    def _pattern(inputs: Values) -> str:
        return str(inputs.get("branchPattern") or inputs["tagPattern"])

    @staticmethod
    def _type(inputs: Values) -> str:
        return "branch" if inputs.get("branchPattern") else "tag"


class VariableKind(Kind):
    """github_actions_variable, and below github_actions_environment_variable."""

    inputs: tuple[str, ...] = ("repository", "value", "variableName")
    needed = 3
    replaces: tuple[str, ...] = ("variableName",)
    computed = ("repositoryId", "createdAt", "updatedAt")
    identity: tuple[str, ...] = ("repository", "variableName")

    def path(self, api: Client, state: Values) -> str:
        return api.repository(state["repository"], "/actions/variables")

    def create(self, api: Client, inputs: Values) -> tuple[str, Values]:
        path = self.path(api, inputs)
        api("POST", path, {"name": inputs["variableName"], "value": inputs["value"]})
        found = api.repository_id(inputs["repository"])
        return joined(*(inputs[each] for each in self.identity)), {"repositoryId": found, **self._times(api, inputs)}

    def imported(self, api: Client, id: str) -> Values:
        named = dict(zip(self.identity, split(id, len(self.identity)), strict=True))
        found = api.repository_id(named["repository"])
        return {**named, "repositoryId": found, **self._found(api, named)}

    def read(self, api: Client, state: Values) -> Values:
        return {**state, **self._found(api, state)}

    def update(self, api: Client, inputs: Values, state: Values) -> Values:
        name = inputs["variableName"]
        api("PATCH", f"{self.path(api, inputs)}/{name}", {"name": name, "value": inputs["value"]})
        return {"repositoryId": state["repositoryId"], **self._times(api, inputs)}

    def delete(self, api: Client, state: Values) -> None:
        api("DELETE", f"{self.path(api, state)}/{state['variableName']}")

    def _times(self, api: Client, state: Values) -> Values:
        return {name: value for name, value in self._found(api, state).items() if name != "value"}

    def _found(self, api: Client, state: Values) -> Values:
        found = api("GET", f"{self.path(api, state)}/{state['variableName']}")
        return {"value": found["value"], "createdAt": found["created_at"], "updatedAt": found["updated_at"]}


class EnvironmentVariableKind(VariableKind):
    """github_actions_environment_variable."""

    inputs = ("environment", "repository", "value", "variableName")
    needed = 4
    replaces = ("environment", "variableName")
    identity = ("repository", "environment", "variableName")

    def path(self, api: Client, state: Values) -> str:
        return f"{_environment(api, state)}/variables"


class RulesetKind(Kind):
    """github_repository_ruleset."""

    inputs = ("enforcement", "repository", "rules", "target", "name", "bypassActors", "conditions")
    needed = 4
    computed = ("rulesetId", "nodeId", "etag")

    def create(self, api: Client, inputs: Values) -> tuple[str, Values]:
        self._archived(api, inputs)
        made = api("POST", self._path(api, inputs), self._body(inputs))
        return str(made["id"]), self._computed(made)

    def imported(self, api: Client, id: str) -> Values:
        repository, ruleset = split(id, 2)
        name = api("GET", api.repository(repository))["name"]
        api("GET", api.repository(name, f"/rulesets/{ruleset}"))
        return {"repository": name, "rulesetId": int(ruleset)}

    def read(self, api: Client, state: Values) -> Values:
        found = api("GET", f"{self._path(api, state)}/{int(state['rulesetId'])}")
        read = {"repository": state["repository"], **{each: found[each] for each in ("name", "target", "enforcement")}}
        read["bypassActors"] = [
            {"actorId": each["actor_id"], "actorType": each["actor_type"], "bypassMode": each["bypass_mode"]}
            for each in found["bypass_actors"]
        ]
        if condition := found["conditions"].get("ref_name"):
            read["conditions"] = {"refName": {"includes": condition["include"], "excludes": condition["exclude"]}}
        return {**read, "rules": dict(map(_read_rule, found["rules"])), **self._computed(found)}

    def update(self, api: Client, inputs: Values, state: Values) -> Values:
        if self._archived(api, inputs, creates=False):
            return {name: state[name] for name in self.computed}
        path = f"{self._path(api, inputs)}/{int(state['rulesetId'])}"
        return self._computed(api("PUT", path, self._body(inputs)))

    def delete(self, api: Client, state: Values) -> None:
        api("DELETE", f"{self._path(api, state)}/{int(state['rulesetId'])}")

    @staticmethod
    def _path(api: Client, state: Values) -> str:
        return api.repository(state["repository"], "/rulesets")

    @staticmethod
    def _archived(api: Client, inputs: Values, *, creates: bool = True) -> bool:
        archived = bool(api("GET", api.repository(inputs["repository"]))["archived"])
        if archived and creates:
            raise RefusedError(f"cannot create ruleset on archived repository {api.owner}/{inputs['repository']}")
        return archived

    @staticmethod
    def _computed(made: Values) -> Values:
        return {"rulesetId": made["id"], "nodeId": made["node_id"], "etag": ""}

    @staticmethod
    def _body(inputs: Values) -> Values:
        """resourceGithubRulesetObject and expandRules, expandBypassActors, expandConditions."""
        actors = [
            {"actor_id": int(each["actorId"]), "actor_type": each["actorType"], "bypass_mode": each["bypassMode"]}
            for each in inputs.get("bypassActors", [])
        ]
        body = {
            "name": inputs["name"], "target": inputs["target"], "source": inputs["repository"],
            "source_type": "Repository", "enforcement": inputs["enforcement"], "bypass_actors": actors,
            "rules": [rule for name, value in inputs["rules"].items() for rule in _rule(name, value)],
        }  # fmt: skip
        if condition := inputs.get("conditions"):
            named = condition["refName"]
            body["conditions"] = {"ref_name": {"include": named["includes"], "exclude": named["excludes"]}}
        return body


def _environment(api: Client, state: Values) -> str:
    return api.repository(state["repository"], f"/environments/{quote(state['environment'], safe='')}")


def _rule(name: str, value: Any) -> list[Values]:
    if name in SIMPLE_RULES:
        return [{"type": _snake(name)}] if value else []
    if name == "pullRequest":
        flags = {_snake(each): value.get(each, False) for each in _PULL_REQUEST}
        count = int(value.get("requiredApprovingReviewCount", 0))
        methods = value.get("allowedMergeMethods", [])
        parameters = {**flags, "required_approving_review_count": count, "allowed_merge_methods": methods}
        return [{"type": "pull_request", "parameters": parameters}]
    if name == "requiredStatusChecks":
        checks = [
            {"context": each["context"]}
            | ({"integration_id": int(each["integrationId"])} if each.get("integrationId") else {})
            for each in value["requiredChecks"]
        ]
        strict, on_create = (
            value.get("strictRequiredStatusChecksPolicy", False),
            value.get("doNotEnforceOnCreate", False),
        )
        parameters = {
            "required_status_checks": checks,
            "strict_required_status_checks_policy": strict,
            "do_not_enforce_on_create": on_create,
        }
        return [{"type": "required_status_checks", "parameters": parameters}]
    raise RefusedError(f"{name}: the stand-in does not know this rule; see expandRules in util_rules.go")


def _read_rule(rule: Values) -> tuple[str, Any]:
    parameters = rule.get("parameters", {})
    if rule["type"] == "required_status_checks":
        checks = [
            {"context": each["context"], "integrationId": each.get("integration_id", 0)}
            for each in parameters["required_status_checks"]
        ]
        strict = parameters["strict_required_status_checks_policy"]
        return "requiredStatusChecks", {"requiredChecks": checks, "strictRequiredStatusChecksPolicy": strict}
    if rule["type"] == "pull_request":
        count = parameters["required_approving_review_count"]
        return "pullRequest", {
            **{each: parameters[_snake(each)] for each in _PULL_REQUEST},
            "requiredApprovingReviewCount": count,
        }
    return next(each for each in SIMPLE_RULES if _snake(each) == rule["type"]), True


def _snake(name: str) -> str:
    return "".join(f"_{each.lower()}" if each.isupper() else each for each in name)
