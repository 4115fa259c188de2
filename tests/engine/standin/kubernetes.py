"""The engine's calls, answered as pulumi-kubernetes would.

Which change of a provider or an object replaces it is that of its own source, at the tag v4.34.2: DiffConfig and Diff
in provider/pkg/provider/provider.go; what is replaced of each type stands in its record."""

import json
import re
import subprocess
from collections.abc import Iterator
from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2 as proto

from resources import Declaration, OnChange, ResourceType
from resources.kubernetes import CONFIG_MAP, SECRET
from tests.engine.standin.cloud import Cloud, RefusedError, Values
from tests.engine.standin.provider import Provider, record_at, refusals, struct, values

IDENTIFIER = "clusterIdentifier"
DATA = ("binaryData", "data", "stringData")
MUTABLE_BY = {SECRET: "enableSecretMutable", CONFIG_MAP: "enableConfigMapMutable"}
LITERALS = {"token", "tokenFile", "password", "client-key-data", "client-key"}
"""What a kubeconfig's user could hold in place of a command."""
_SIGNATURE, _SECRET = "4dabf18193072939515e22adb298388d", "1b47061264138c4ac30d75fd1eb44270"
"""By which the engine marks a value as secret."""

DIFF = proto.PropertyDiff
KINDS = {
    (False, False): (DIFF.UPDATE, DIFF.UPDATE_REPLACE),
    (True, False): (DIFF.ADD, DIFF.ADD_REPLACE),
    (False, True): (DIFF.DELETE, DIFF.DELETE_REPLACE),
}
"""By whether the value was missing and whether it is."""


class KubernetesProvider(Provider):
    """One cluster, which keeps its objects when its endpoint moves."""

    version = "4.34.2"

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self.settings: Values = {}
        self.cluster = ""
        self.command: Values = {}

    def DiffConfig(self, request: Any, _context: Any) -> Any:  # noqa: N802
        olds, news = values(request.olds), values(request.news)
        changed = sorted(name for name in {*olds, *news} if olds.get(name) != news.get(name))
        replaces = [IDENTIFIER] if IDENTIFIER in changed and IDENTIFIER in olds and IDENTIFIER in news else []
        if _active_cluster(olds) != _active_cluster(news):
            replaces.append("kubeconfig")
        if IDENTIFIER in news and IDENTIFIER not in changed:
            replaces = []
        changes = proto.DiffResponse.DIFF_SOME if changed else proto.DiffResponse.DIFF_NONE
        return proto.DiffResponse(changes=changes, diffs=changed, replaces=replaces)

    def Configure(self, request: Any, context: Any) -> Any:  # noqa: N802
        self.settings = values(request.args)
        kubeconfig = json.loads(self.settings["kubeconfig"])
        (user,) = (each["user"] for each in kubeconfig["users"])
        if LITERALS & {*user}:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "the kubeconfig holds a credential")
        self.cluster, self.command = kubeconfig["current-context"], user["exec"]
        return proto.ConfigureResponse(supportsPreview=True, acceptSecrets=True)

    def Check(self, request: Any, context: Any) -> Any:  # noqa: N802
        with refusals(context):
            record_at(request.urn)
        given = _plain(values(request.news))
        if f"{given.get('apiVersion')}:{given.get('kind')}" not in request.urn:
            reason = f"{given.get('apiVersion')} {given.get('kind')} is not what {request.urn} names"
            return proto.CheckResponse(failures=[proto.CheckFailure(property="kind", reason=reason)])
        return proto.CheckResponse(inputs=request.news)

    def Diff(self, request: Any, context: Any) -> Any:  # noqa: N802
        with refusals(context):
            record = record_at(request.urn)
        olds, news = _plain(values(request.old_inputs)), _plain(values(request.news))
        found, replaces = {}, []
        for path, old, new in _differences(olds, news):
            if any(path.startswith(each) for each in request.ignoreChanges):
                continue
            kinds, replaced = KINDS[old is None, new is None], self._replaced(record, path, olds)
            found[path] = proto.PropertyDiff(kind=kinds[replaced], inputDiff=True)
            replaces += [path] if replaced else []
        return proto.DiffResponse(
            changes=proto.DiffResponse.DIFF_SOME if found else proto.DiffResponse.DIFF_NONE,
            replaces=replaces,
            detailedDiff=found,
            hasDetailedDiff=True,
            deleteBeforeReplace=bool(replaces) and record.identity_of(olds) == record.identity_of(news),
        )

    def Create(self, request: Any, context: Any) -> Any:  # noqa: N802
        with refusals(context):
            record, inputs = record_at(request.urn), _plain(values(request.properties))
            self._log_in()
            made = record.id(Declaration(name=request.urn, inputs=inputs, account=self.cluster))
            if request.preview:
                return proto.CreateResponse(properties=request.properties)
            self.cloud.create(record.token, self.cluster, made, inputs)
            return proto.CreateResponse(id=made, properties=request.properties)

    def Read(self, request: Any, context: Any) -> Any:  # noqa: N802
        with refusals(context):
            record = record_at(request.urn)
            self._log_in()
            found = self.cloud.read(record.token, self.cluster, request.id)
            if found is None:
                return proto.ReadResponse()
            hidden = {name: _hidden(value) for name, value in found.items() if record.token == SECRET and name in DATA}
            properties = struct({**found, **hidden})
            return proto.ReadResponse(id=request.id, inputs=properties, properties=properties)

    def Update(self, request: Any, context: Any) -> Any:  # noqa: N802
        with refusals(context):
            record = record_at(request.urn)
            self._log_in()
            if not request.preview:
                self.cloud.update(record.token, self.cluster, request.id, _plain(values(request.news)))
            return proto.UpdateResponse(properties=request.news)

    def Delete(self, request: Any, context: Any) -> Any:  # noqa: N802
        with refusals(context):
            record = record_at(request.urn)
            self._log_in()
            self.cloud.delete(record.token, self.cluster, request.id, force=True)
            return empty_pb2.Empty()

    def _replaced(self, record: ResourceType, path: str, olds: Values) -> bool:
        is_data = record.token in MUTABLE_BY and re.split(r"[.\[]", path)[0] in DATA
        if is_data and (olds.get("immutable") or self.settings.get(MUTABLE_BY[record.token]) != "true"):
            return True
        return record.on_change(path) is OnChange.REPLACES

    def _log_in(self) -> None:
        """A token by the kubeconfig's command, as a client of the API gets it at its first call."""
        command = [self.command["command"], *self.command["args"]]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        if ran.returncode:
            raise RefusedError(f"configured Kubernetes cluster is unreachable: getting credentials: {ran.stderr}")
        credential = json.loads(ran.stdout)
        if credential["apiVersion"] != self.command["apiVersion"] or not credential["status"]["token"]:
            raise RefusedError("configured Kubernetes cluster is unreachable: the command gave no token")


def _active_cluster(settings: Values) -> Any:
    kubeconfig = json.loads(settings["kubeconfig"])
    contexts = {each["name"]: each["context"]["cluster"] for each in kubeconfig["contexts"]}
    clusters = {each["name"]: each["cluster"] for each in kubeconfig["clusters"]}
    return clusters[contexts[kubeconfig["current-context"]]]


def _differences(old: Any, new: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    if isinstance(old, dict) and isinstance(new, dict):
        for name in sorted({*old, *new}):
            step = (f".{name}" if path else name) if re.fullmatch(r"\w+", name) else f'["{name}"]'
            yield from _differences(old.get(name), new.get(name), path + step)
    elif old != new:
        yield path, old, new


def _plain(value: Any) -> Any:
    """The value as the API gets it: nothing is marked as secret there."""
    if isinstance(value, dict):
        if value.get(_SIGNATURE) == _SECRET:
            return _plain(value["value"])
        return {name: _plain(item) for name, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _hidden(value: Any) -> Values:
    return {_SIGNATURE: _SECRET, "value": value}
