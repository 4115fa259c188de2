"""A resource monitor in place of the engine's that records every registration."""

from collections.abc import Mapping
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime import rpc
from pulumi.runtime.mocks import MockCallArgs, MockMonitor, MockResourceArgs, Mocks
from pulumi.runtime.proto import resource_pb2

from domain.document_text import SECRET, UNKNOWN
from render.resource import Resource
from resources import Answer, Declaration, record_of
from resources.providers import is_provider, provider_account

STACK_TYPE = "pulumi:pulumi:Stack"
# How the protocol marks a value that is not plain JSON: pulumi/sdk/python/lib/pulumi/runtime/rpc.py
SIGNATURE_KEY = "4dabf18193072939515e22adb298388d"
_SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105  a mark of the protocol, no password

# A registration's fields that are options, as the engine's state names them.
_OPTIONS = (
    "additionalSecretOutputs",
    "deleteBeforeReplace",
    "deletedWith",
    "ignoreChanges",
    "importId",
    "replaceOnChanges",
    "retainOnDelete",
)


class _NoMocks(Mocks):
    """The monitor answers registrations itself; a data source would need an account, and the program has none."""

    def call(self, args: MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]] | None]:
        raise LookupError(f"{args.token} can't be answered without an account: the program must not invoke it")

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        raise LookupError(f"{args.typ} {args.name} is read, not declared: that can't be answered without an account")


class RecordingMonitor(MockMonitor):
    """Records what a program declares; answers as AWS would, or, in a preview, with outputs still unknown."""

    def __init__(self, *, project: str, stack: str, account: str, preview: bool) -> None:
        super().__init__(_NoMocks())
        self.declared: list[Resource] = []
        self.failure: Exception | None = None
        """The first exception of a registration: the SDK does not pass on each."""
        self.registered_outputs: dict[str, dict[str, object]] = {}
        self.project = project
        self.stack = stack
        self.preview = preview
        self._root = f"urn:pulumi:{stack}::{project}::"
        self._urns: set[str] = set()
        self.account = account
        """The stack's own."""
        self._accounts: dict[str, str] = {}
        """By URN of a declared provider, its account."""

    @property
    def outputs(self) -> dict[str, object]:
        """What the stack exports."""
        return self.registered_outputs.get(self.make_urn("", STACK_TYPE, f"{self.project}-{self.stack}"), {})

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        """As the engine makes it: a child's type is qualified by all of its parents' but the stack's."""
        parent_type = parent.split("::")[2] if parent else STACK_TYPE
        qualified = type_ if parent_type == STACK_TYPE else f"{parent_type}${type_}"
        return f"{self._root}{qualified}::{name}"

    def RegisterResource(self, request: Any) -> resource_pb2.RegisterResourceResponse:
        try:
            return self._register(request)
        except Exception as failure:
            self.failure = self.failure or failure
            raise

    def _register(self, request: Any) -> resource_pb2.RegisterResourceResponse:
        urn = self.make_urn(request.parent, request.type, request.name)
        if request.type == STACK_TYPE:
            return resource_pb2.RegisterResourceResponse(urn=urn)
        if urn in self._urns:
            raise RuntimeError(f"two resources have one name, which the engine refuses: {urn}")
        self._urns.add(urn)
        inputs = plain_properties(request.object)
        if is_provider(request.type):
            self._accounts[urn] = provider_account(inputs) or self.account
        identifier, outputs = self.create(request, inputs) if request.custom else ("", {})
        self.declared.append(_resource(urn, request, inputs, {} if self.preview else outputs))
        if self.preview:
            return resource_pb2.RegisterResourceResponse(urn=urn, object=request.object)
        state = struct_pb2.Struct()
        state.CopyFrom(request.object)
        state.update(outputs)
        return resource_pb2.RegisterResourceResponse(urn=urn, id=identifier, object=state)

    def create(self, request: Any, inputs: dict[str, Any]) -> Answer:
        """The new resource's id, and its outputs beyond the inputs."""
        if is_provider(request.type):
            return str(uuid5(NAMESPACE_OID, f"{request.type}:{request.name}")), {}
        declaration = Declaration(name=request.name, inputs=inputs, account=self.account_of(request))
        return record_of(request.type).answer(declaration)

    def account_of(self, request: Any) -> str:
        """The account of the resource: its provider's, or the stack's own."""
        # A provider is referred to by its URN and its id.
        return self._accounts.get(request.provider.rpartition("::")[0], self.account)

    def RegisterResourceOutputs(self, request: Any) -> empty_pb2.Empty:
        self.registered_outputs[request.urn] = plain_properties(request.outputs)
        return empty_pb2.Empty()


def plain_properties(properties: struct_pb2.Struct) -> dict[str, Any]:
    """Properties as plain data; an unknown or secret value is a marker."""
    return {key: _plain_value(properties.fields[key]) for key in sorted(properties.fields)}


def _plain_value(value: struct_pb2.Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        return UNKNOWN if value.string_value == rpc.UNKNOWN else value.string_value
    if kind == "struct_value":
        fields = value.struct_value.fields
        if SIGNATURE_KEY in fields and fields[SIGNATURE_KEY].string_value == _SECRET_SIGNATURE:
            return SECRET
        return plain_properties(value.struct_value)
    if kind == "list_value":
        return [_plain_value(item) for item in value.list_value.values]
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    return value.bool_value if kind == "bool_value" else None


def _resource(urn: str, request: Any, inputs: dict[str, Any], outputs: Mapping[str, object]) -> Resource:
    options = {}
    for name in _OPTIONS:
        value = getattr(request, name)
        if value:
            options[name] = value if isinstance(value, bool | str) else sorted(value)
    if request.aliases:
        options["aliases"] = sorted(_alias(alias) for alias in request.aliases)
    return Resource(
        urn=urn,
        type=request.type,
        name=request.name,
        custom=request.custom,
        parent=request.parent,
        provider=request.provider or None,
        region=inputs.get("region"),
        protect=request.protect,
        inputs=inputs,
        outputs=outputs,
        dependencies=tuple(sorted(request.dependencies)),
        options=options,
    )


def _alias(alias: Any) -> str:
    """An alias as its URN, or as the parts of it that differ."""
    if alias.urn:
        return str(alias.urn)
    parts = {field.name: value for field, value in alias.spec.ListFields() if value}
    return ", ".join(f"{name} {value}" for name, value in sorted(parts.items()))
