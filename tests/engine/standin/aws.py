"""The engine's calls, answered as pulumi-aws would."""

import json
import uuid
from dataclasses import replace
from typing import Any

import grpc
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import provider_pb2 as proto
from pulumi.runtime.rpc import UNKNOWN

from domain.aws import REGIONS
from resources import Declaration, OnChange, ResourceType
from resources.ecr import REPOSITORY
from resources.kms import ALIAS, KEY
from tests.engine.standin.cloud import OF_A_REPOSITORY, Cloud, Values
from tests.engine.standin.provider import Provider, record_at, refusals, struct, values
from tests.engine.standin.roles import Role

NOT_READ = ("forceDelete", "deletionWindowInDays", "bypassPolicyLockoutSafetyCheck")
"""Inputs that AWS does not give back: an import never has them."""


class AwsProvider(Provider):
    """One account; the region is each resource's own, save where there is none."""

    version = "7.51.1"

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self.account = ""
        self.region = ""
        self.home = True
        self.role: Role | None = None

    def DiffConfig(self, request: Any, _context: Any) -> Any:  # noqa: N802
        same = values(request.olds) == values(request.news)
        changes = proto.DiffResponse.DIFF_NONE if same else proto.DiffResponse.DIFF_SOME
        return proto.DiffResponse(changes=changes)

    def Configure(self, request: Any, context: Any) -> Any:  # noqa: N802
        settings = values(request.args)
        self.region = settings.get("region", "")
        accounts, roles = _listed(settings, "allowedAccountIds"), _listed(settings, "assumeRoles")
        if self.region not in REGIONS or len(accounts) != 1:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "aws:region and one aws:allowedAccountIds are needed")
        self.account, self.home = accounts[0], not roles
        self.role = Role.of_engine(self.region)
        for role in roles:
            # A name that it does not know is passed over by pulumi-aws: the caller stays who it was.
            assumed = str(role.get("roleArn", "")).split(":")[4:5]
            if assumed != [self.account]:
                message = f"AWS account ID not allowed: {role} assumes no role in {self.account}"
                context.abort(grpc.StatusCode.INVALID_ARGUMENT, message)
            with refusals(context):
                self.role = self.role and self.role.assume(str(role["roleArn"]))
        return proto.ConfigureResponse(supportsPreview=True)

    def Check(self, request: Any, context: Any) -> Any:  # noqa: N802
        with refusals(context):
            record = record_at(request.urn)
        given = values(request.news)
        region = given.get("region", self.region)
        if region != UNKNOWN and region not in REGIONS:
            failure = proto.CheckFailure(property="region", reason=f"{region!r} is no region of AWS")
            return proto.CheckResponse(failures=[failure])
        if "region" in given and not record.regional:
            failure = proto.CheckFailure(property="region", reason="IAM has no regions")
            return proto.CheckResponse(failures=[failure])
        return proto.CheckResponse(inputs=request.news)

    def Diff(self, request: Any, context: Any) -> Any:  # noqa: N802
        with refusals(context):
            record = record_at(request.urn)
        olds, news = values(request.old_inputs), values(request.news)
        diffs = [name for name in sorted({*olds, *news}) if _differs(record, name, olds, news)]
        diffs = [name for name in diffs if name not in request.ignoreChanges]
        replaces = [name for name in diffs if record.on_change(name) is OnChange.REPLACES]
        # pulumi-aws deletes first, too, where a name that it could have made up was given and stays the same.
        clash = record.exclusive and olds.get("name") == news.get("name")
        return proto.DiffResponse(
            changes=proto.DiffResponse.DIFF_SOME if diffs else proto.DiffResponse.DIFF_NONE,
            diffs=diffs,
            replaces=replaces,
            deleteBeforeReplace=bool(replaces) and (record.deletes_first or clash),
        )

    def Create(self, request: Any, context: Any) -> Any:  # noqa: N802
        inputs = values(request.properties)
        with refusals(context):
            record = record_at(request.urn)
            if request.preview:
                computed = dict.fromkeys(self._computed(record, request.urn, inputs, UNKNOWN), UNKNOWN)
                return proto.CreateResponse(properties=struct({**inputs, **computed}))
            made = record.id(self._declaration(request.urn, inputs, made_up=record.identity is None))
            self.cloud.create(record.token, self._region(record, inputs), made, inputs)
            return proto.CreateResponse(id=made, properties=self._outputs(record, request.urn, inputs, made))

    def Read(self, request: Any, context: Any) -> Any:  # noqa: N802
        with refusals(context):
            record = record_at(request.urn)
            name, _, region = request.id.partition("@")
            asked = {"region": region} if region else values(request.properties)
            found = self.cloud.read(record.token, self._region(record, asked), name)
            if found is None:
                return proto.ReadResponse()
            inputs = {k: v for k, v in found.items() if k not in NOT_READ}
            inputs |= {"region": asked.get("region", self.region)} if record.regional else {}
            kept = {k: v for k, v in values(request.inputs).items() if k in NOT_READ}
            outputs = self._outputs(record, request.urn, {**inputs, **kept}, name)
            return proto.ReadResponse(id=name, inputs=struct({**inputs, **kept}), properties=outputs)

    def Update(self, request: Any, context: Any) -> Any:  # noqa: N802
        inputs = values(request.news)
        with refusals(context):
            record = record_at(request.urn)
            if not request.preview:
                self.cloud.update(record.token, self._region(record, inputs), request.id, inputs)
            return proto.UpdateResponse(properties=self._outputs(record, request.urn, inputs, request.id))

    def Delete(self, request: Any, context: Any) -> Any:  # noqa: N802
        state = values(request.properties)
        with refusals(context):
            record = record_at(request.urn)
            if self.role:
                region = state.get("region", self.region) if record.regional else "us-east-1"
                replace(self.role, region=region).check_deletion(record, state, self._tags(record, state))
            force = record.token != REPOSITORY or bool(state.get("forceDelete"))
            self.cloud.delete(record.token, self._region(record, state), request.id, force=force)
            return empty_pb2.Empty()

    def _tags(self, record: ResourceType, state: Values) -> Values:
        """Of what IAM is asked about: a policy's repository, an alias's key."""
        owner = {ALIAS: (KEY, "targetKeyId"), **dict.fromkeys(OF_A_REPOSITORY, (REPOSITORY, "repository"))}
        if record.token in owner:
            token, name = owner[record.token]
            state = self.cloud.read(token, self._region(record, state), state[name]) or {}
        return dict(state.get("tags") or {})

    def _region(self, record: ResourceType, inputs: Values) -> str:
        """Where the cloud keeps it: a name is free in each account and, for what is regional, in each region."""
        region = inputs.get("region", self.region) if record.regional else ""
        return region if self.home else f"{self.account}.{region}"

    def _declaration(self, urn: str, inputs: Values, *, made_up: bool = False) -> Declaration:
        """An id that AWS makes up is another one for each creation."""
        name = f"{urn}{uuid.uuid4()}" if made_up else urn
        return Declaration(name=name, inputs={"region": self.region, **inputs}, account=self.account)

    def _computed(self, record: ResourceType, urn: str, inputs: Values, id: str) -> Values:
        tags = {"tagsAll": dict(inputs.get("tags") or {})} if record.tags == "tags" else {}
        return {**record.make_outputs(self._declaration(urn, inputs), id), **tags}

    def _outputs(self, record: ResourceType, urn: str, inputs: Values, id: str) -> struct_pb2.Struct:
        region = {"region": inputs.get("region", self.region)} if record.regional else {}
        return struct({**inputs, **region, **self._computed(record, urn, inputs, id)})


def _listed(settings: Values, name: str) -> list[Any]:
    """Whatever is not a string reaches a provider's configuration as JSON text."""
    value = settings.get(name, [])
    return list(json.loads(value) if isinstance(value, str) else value)


def _differs(record: ResourceType, name: str, olds: Values, news: Values) -> bool:
    if name in record.optional and name not in news:
        return False
    old, new = olds.get(name), news.get(name)
    if name in record.documents and UNKNOWN not in (old, new) and old and new:
        return bool(json.loads(old) != json.loads(new))
    return bool(old != new)
