"""The engine's calls, answered as pulumi-aws would."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import grpc
from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2_grpc
from pulumi.runtime.proto import provider_pb2 as proto
from pulumi.runtime.rpc import UNKNOWN

from tests.engine.standin.cloud import REPOSITORY, Cloud, RefusedError
from tests.engine.standin.kinds import KINDS, REGIONS, Kind, Place, Values

NOT_READ = ("forceDelete", "deletionWindowInDays", "bypassPolicyLockoutSafetyCheck")
"""Inputs that AWS does not give back: an import never has them."""


class Provider(provider_pb2_grpc.ResourceProviderServicer):
    """One account; the region is each resource's own, save where there is none."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.account = ""
        self.region = ""
        self.home = True

    def GetPluginInfo(self, _request: Any, _context: Any) -> Any:  # noqa: N802
        return plugin_pb2.PluginInfo(version="7.51.1")

    def CheckConfig(self, request: Any, _context: Any) -> Any:  # noqa: N802
        return proto.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, _context: Any) -> Any:  # noqa: N802
        same = _values(request.olds) == _values(request.news)
        changes = proto.DiffResponse.DIFF_NONE if same else proto.DiffResponse.DIFF_SOME
        return proto.DiffResponse(changes=changes)

    def Configure(self, request: Any, context: Any) -> Any:  # noqa: N802
        settings = _values(request.args)
        self.region = settings.get("region", "")
        accounts, roles = _listed(settings, "allowedAccountIds"), _listed(settings, "assumeRoles")
        if self.region not in REGIONS or len(accounts) != 1:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "aws:region and one aws:allowedAccountIds are needed")
        self.account, self.home = accounts[0], not roles
        for role in roles:
            # A name that it does not know is passed over by pulumi-aws: the caller stays who it was.
            assumed = str(role.get("roleArn", "")).split(":")[4:5]
            if assumed != [self.account]:
                message = f"AWS account ID not allowed: {role} assumes no role in {self.account}"
                context.abort(grpc.StatusCode.INVALID_ARGUMENT, message)
        return proto.ConfigureResponse(supportsPreview=True)

    def Check(self, request: Any, context: Any) -> Any:  # noqa: N802
        with _refusals(context):
            kind = _kind(request.urn)
        given = _values(request.news)
        region = given.get("region", self.region)
        if region not in (*REGIONS, UNKNOWN):
            failure = proto.CheckFailure(property="region", reason=f"{region!r} is no region of AWS")
            return proto.CheckResponse(failures=[failure])
        if "region" in given and not kind.regional:
            failure = proto.CheckFailure(property="region", reason="IAM has no regions")
            return proto.CheckResponse(failures=[failure])
        return proto.CheckResponse(inputs=request.news)

    def Diff(self, request: Any, context: Any) -> Any:  # noqa: N802
        with _refusals(context):
            kind = _kind(request.urn)
        olds, news = _values(request.old_inputs), _values(request.news)
        diffs = [name for name in sorted({*olds, *news}) if _differs(kind, name, olds, news)]
        diffs = [name for name in diffs if name not in request.ignoreChanges]
        replaces = [name for name in diffs if name in kind.replaces]
        # pulumi-aws deletes first, too, where a name that it could have made up was given and stays the same.
        clash = kind.exclusive and olds.get("name") == news.get("name")
        return proto.DiffResponse(
            changes=proto.DiffResponse.DIFF_SOME if diffs else proto.DiffResponse.DIFF_NONE,
            diffs=diffs,
            replaces=replaces,
            deleteBeforeReplace=bool(replaces) and (kind.deletes_first or clash),
        )

    def Create(self, request: Any, context: Any) -> Any:  # noqa: N802
        inputs = _values(request.properties)
        with _refusals(context):
            kind, place = _kind(request.urn), self._place(inputs)
            if request.preview:
                computed = dict.fromkeys(kind.outputs(inputs, place, UNKNOWN), UNKNOWN)
                return proto.CreateResponse(properties=_struct({**inputs, **computed}))
            made = kind.identity(inputs, place)
            self.cloud.create(_type(request.urn), place.shelf(kind), made, inputs)
            return proto.CreateResponse(id=made, properties=_struct(self._outputs(kind, inputs, made)))

    def Read(self, request: Any, context: Any) -> Any:  # noqa: N802
        with _refusals(context):
            kind = _kind(request.urn)
            name, _, region = request.id.partition("@")
            place = self._place({"region": region} if region else _values(request.properties))
            found = self.cloud.read(_type(request.urn), place.shelf(kind), name)
            if found is None:
                return proto.ReadResponse()
            inputs = {k: v for k, v in found.items() if k not in NOT_READ}
            inputs |= {"region": place.region} if kind.regional else {}
            kept = {k: v for k, v in _values(request.inputs).items() if k in NOT_READ}
            outputs = self._outputs(kind, {**inputs, **kept}, name)
            return proto.ReadResponse(id=name, inputs=_struct({**inputs, **kept}), properties=_struct(outputs))

    def Update(self, request: Any, context: Any) -> Any:  # noqa: N802
        inputs = _values(request.news)
        with _refusals(context):
            kind, place = _kind(request.urn), self._place(inputs)
            if not request.preview:
                self.cloud.update(_type(request.urn), place.shelf(kind), request.id, inputs)
            return proto.UpdateResponse(properties=_struct(self._outputs(kind, inputs, request.id)))

    def Delete(self, request: Any, context: Any) -> Any:  # noqa: N802
        state = _values(request.properties)
        with _refusals(context):
            kind, place = _kind(request.urn), self._place(state)
            force = _type(request.urn) != REPOSITORY or bool(state.get("forceDelete"))
            self.cloud.delete(_type(request.urn), place.shelf(kind), request.id, force=force)
            return empty_pb2.Empty()

    def _place(self, inputs: Values) -> Place:
        return Place(account=self.account, region=inputs.get("region", self.region), home=self.home)

    def _outputs(self, kind: Kind, inputs: Values, id: str) -> Values:
        place = self._place(inputs)
        region = {"region": place.region} if kind.regional else {}
        return {**inputs, **region, **kind.outputs(inputs, place, id)}


def _listed(settings: Values, name: str) -> list[Any]:
    """Whatever is no string reaches a provider's configuration as JSON text."""
    value = settings.get(name, [])
    return list(json.loads(value) if isinstance(value, str) else value)


def _type(urn: str) -> str:
    return urn.split("::")[2].rpartition("$")[2]


def _kind(urn: str) -> Kind:
    if _type(urn) not in KINDS:
        raise RefusedError(f"{_type(urn)} is unknown to the stand-in provider: give it a row in standin/kinds.py")
    return KINDS[_type(urn)]


def _differs(kind: Kind, name: str, olds: Values, news: Values) -> bool:
    if name in kind.optional and name not in news:
        return False
    old, new = olds.get(name), news.get(name)
    if name == "policy" and UNKNOWN not in (old, new) and old and new:
        return bool(json.loads(old) != json.loads(new))
    return bool(old != new)


@contextmanager
def _refusals(context: Any) -> Iterator[None]:
    try:
        yield
    except RefusedError as refused:
        context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(refused))


def _values(struct: Any) -> Values:
    values = json_format.MessageToDict(struct)
    return {name: value for name, value in values.items() if value is not None}


def _struct(values: Values) -> struct_pb2.Struct:
    struct = struct_pb2.Struct()
    struct.update(values)
    return struct
