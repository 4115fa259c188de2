"""The engine's calls, answered as pulumi-github 6.15.0 would: with requests to GitHub."""

import os
import re
from collections.abc import Mapping
from typing import Any

from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2 as proto
from pulumi.runtime.rpc import UNKNOWN

from resources.github import DEPLOYMENT_POLICY, ENVIRONMENT, ENVIRONMENT_VARIABLE, REPOSITORY_VARIABLE, RULESET
from tests.engine.standin.cloud import Cloud, RefusedError, Values
from tests.engine.standin.github_requests import (
    Client,
    EnvironmentKind,
    EnvironmentVariableKind,
    Kind,
    NotFoundError,
    PolicyKind,
    RulesetKind,
    VariableKind,
)
from tests.engine.standin.provider import Provider, record_at, refusals, struct, values

KINDS: Mapping[str, Kind] = {
    ENVIRONMENT: EnvironmentKind(),
    DEPLOYMENT_POLICY: PolicyKind(),
    REPOSITORY_VARIABLE: VariableKind(),
    ENVIRONMENT_VARIABLE: EnvironmentVariableKind(),
    RULESET: RulesetKind(),
}
_PATTERNS = ("branchPattern", "tagPattern")
_VARIABLE = re.compile(r"(?!GITHUB_)[A-Za-z_][A-Za-z0-9_]*")
_REVIEWERS_MAX = 6


class GitHubProvider(Provider):
    """One owner's repositories; the token is the environment's, or the configuration's where it has one."""

    version = "6.15.0"

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self._api = Client(base="", token="", owner="")

    def Configure(self, request: Any, context: Any) -> Any:  # noqa: N802
        given = values(request.args)
        base = given.get("baseUrl") or os.environ.get("GITHUB_BASE_URL", "")
        token = given.get("token") or os.environ.get("GITHUB_TOKEN", "")
        with refusals(context):
            if not base.startswith("http://127.0.0.1:"):
                raise RefusedError("GITHUB_BASE_URL: the stand-in speaks with a GitHub on loopback alone")
            self._api = Client(base.rstrip("/"), token, os.environ.get("GITHUB_OWNER") or given.get("owner", ""))
            self._look_up_owner()
        return proto.ConfigureResponse(supportsPreview=True, acceptSecrets=True)

    def _look_up_owner(self) -> None:
        """configureProviderMeta: a user is an organization that is not found."""
        try:
            self._api("GET", f"/orgs/{self._api.owner}")
        except NotFoundError:
            pass
        except RefusedError as refused:
            raise RefusedError(f'failed to lookup organization "{self._api.owner}": {refused}') from refused

    def Check(self, request: Any, context: Any) -> Any:  # noqa: N802
        with refusals(context):
            kind = _kind(request.urn)
        given = values(request.news)
        failures = [
            *(
                proto.CheckFailure(property=each, reason="is not expected here")
                for each in given.keys() - {*kind.inputs}
            ),
            *(
                proto.CheckFailure(property=each, reason="is required")
                for each in kind.inputs[: kind.needed]
                if each not in given
            ),
            *(proto.CheckFailure(property=name, reason=reason) for name, reason in _invalid(kind, given)),
        ]
        return proto.CheckResponse(inputs=struct({**kind.defaults, **given}), failures=failures)

    def Diff(self, request: Any, context: Any) -> Any:  # noqa: N802
        olds, news = values(request.old_inputs), values(request.news)
        kind = _kind(request.urn)
        diffs = [name for name in sorted({*olds, *news}) if olds.get(name) != news.get(name)]
        diffs = [name for name in diffs if name not in request.ignoreChanges]
        replaces = [name for name in diffs if name in kind.replaces]
        if all(name in diffs for name in _PATTERNS):
            replaces += _PATTERNS
        with refusals(context):
            if "repository" in diffs and self._is_another(values(request.olds), news["repository"]):
                replaces.append("repository")
        changes = proto.DiffResponse.DIFF_SOME if diffs else proto.DiffResponse.DIFF_NONE
        return proto.DiffResponse(changes=changes, diffs=diffs, replaces=replaces)

    def _is_another(self, state: Values, repository: str) -> bool:
        """diffRepository: one that is renamed keeps its id; a ruleset has none to compare."""
        if "repositoryId" not in state:
            return False
        try:
            return self._api.repository_id(repository) != int(state["repositoryId"])
        except NotFoundError:
            return False

    def Create(self, request: Any, context: Any) -> Any:  # noqa: N802
        kind, inputs = _kind(request.urn), values(request.properties)
        if request.preview:
            return proto.CreateResponse(properties=struct({**inputs, **dict.fromkeys(kind.computed, UNKNOWN)}))
        with refusals(context):
            made, computed = kind.create(self._api, inputs)
            return proto.CreateResponse(id=made, properties=struct({**inputs, **computed}))

    def Read(self, request: Any, context: Any) -> Any:  # noqa: N802
        kind, state = _kind(request.urn), values(request.properties)
        with refusals(context):
            try:
                state = state or kind.imported(self._api, request.id)
                read = kind.read(self._api, state)
            except NotFoundError:
                return proto.ReadResponse()
            # A ruleset is imported as REPOSITORY:NUMBER, and is known by its number.
            known = str(int(read["rulesetId"])) if "rulesetId" in read else request.id
            inputs = struct({name: value for name, value in read.items() if name in kind.inputs})
            return proto.ReadResponse(id=known, inputs=inputs, properties=struct(read))

    def Update(self, request: Any, context: Any) -> Any:  # noqa: N802
        kind, inputs, state = _kind(request.urn), values(request.news), values(request.olds)
        computed = {name: state[name] for name in kind.computed if name in state}
        with refusals(context):
            if not request.preview:
                computed = kind.update(self._api, inputs, state)
            return proto.UpdateResponse(properties=struct({**inputs, **computed}))

    def Delete(self, request: Any, context: Any) -> Any:  # noqa: N802
        with refusals(context):
            kind = _kind(request.urn)
            try:
                kind.delete(self._api, values(request.properties))
            except NotFoundError:
                if not isinstance(kind, EnvironmentKind):  # deleteResourceOn404AndSwallow304OtherwiseReturnError
                    raise
            return empty_pb2.Empty()


def _kind(urn: str) -> Kind:
    token = record_at(urn).token
    if token not in KINDS:
        raise RefusedError(f"{token}: the stand-in does not know this type")
    return KINDS[token]


def _invalid(kind: Kind, given: Values) -> list[tuple[str, str]]:
    """What the provider's schema refuses before any request."""
    found = []
    if isinstance(kind, PolicyKind) and sum(each in given for each in _PATTERNS) != 1:
        found.append((_PATTERNS[0], "one of branch_pattern and tag_pattern must be specified"))
    name = given.get("variableName", UNKNOWN)
    if name != UNKNOWN and not _VARIABLE.fullmatch(name.upper()):
        found.append(("variableName", "secret names can only contain alphanumeric characters or underscores"))
    reviewers = given.get("reviewers", [])
    if not isinstance(reviewers, list) or len(reviewers) > 1:
        found.append(("reviewers", "is a list of one at most"))
    elif sum(len(some) for each in reviewers for some in each.values()) > _REVIEWERS_MAX:
        found.append(("reviewers", "a maximum of 6 reviewers (users and teams combined) can be set"))
    return found
