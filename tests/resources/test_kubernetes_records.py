"""The records of Kubernetes' types against pulumi-kubernetes' classes; and one wrong field of each kind."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from importlib import import_module
from typing import Any

import pulumi
import pytest
from pulumi._types import input_type_py_to_pulumi_names, resource_types

from resources import Declaration, OnChange, ResourceType, kubernetes
from resources.kubernetes import (
    ADMISSION_POLICY,
    CONFIG_MAP,
    CRON_JOB,
    EXTERNAL_SECRET,
    JOB,
    ROLE_BINDING,
    SECRET,
    SERVICE_ACCOUNT,
    SERVICE_ACCOUNT_PATCH,
    TOKEN_GENERATOR,
)
from settings.written.stack import StackKeys
from tests.cases import cases

TYPES = {each.token: each for each in kubernetes.TYPES}
CUSTOM = {EXTERNAL_SECRET, TOKEN_GENERATOR}
"""Of an operator, which the SDK knows by no class of their own."""
OF_CLUSTERS = {"Namespace", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"}
"""Kinds without a namespace: `kubectl api-resources --namespaced=false`."""
ANSWERED = {"status"}
"""By the cluster, later; nothing here reads it."""
_TOKEN = re.compile(r"kubernetes:(?P<group>[a-z]+)[a-z.0-9]*/(?P<version>v1):(?P<kind>\w+)")
_SOURCE = re.compile(r"provider/pkg/provider/diff\.go [0-9a-f]{7}: forceNew on (?P<paths>.+)")


def problems(record: ResourceType) -> list[str]:
    return [*_of_the_sdk(record), *_of_its_names(record), *_of_the_rest(record)]


def sdk_class(token: str) -> type[pulumi.CustomResource]:
    parts = _TOKEN.fullmatch(token)
    if parts is None:
        raise LookupError(f"{token} is no type of the SDK")
    module = import_module(f"pulumi_kubernetes.{parts['group']}.{parts['version']}")
    found: type[pulumi.CustomResource] = getattr(module, parts["kind"])
    return found


def _of_the_sdk(record: ResourceType) -> Iterator[str]:
    inputs, outputs = {"apiVersion", "kind", "metadata", "spec"}, set[str]()
    if record.token not in CUSTOM:
        try:
            cls = sdk_class(record.token)
        except (AttributeError, ImportError, LookupError) as unknown:
            yield f"token: {unknown}"
            return
        args = getattr(import_module(cls.__module__), f"{cls.__name__}InitArgs", None)
        args = args or getattr(import_module(cls.__module__), f"{cls.__name__}Args")
        inputs = set(input_type_py_to_pulumi_names(args).values())
        outputs = set(resource_types(cls)) - inputs - ANSWERED
    tops = {each.partition(".")[0] for each in (*record.updates, *record.replaces)}
    if tops != inputs:
        yield f"updates and replaces: {tops ^ inputs}"
    if outputs:
        yield f"answers {outputs}"


def _of_its_names(record: ResourceType) -> Iterator[str]:
    kind = record.token.rpartition(":")[2]
    names = ("metadata.name",) if kind in OF_CLUSTERS else ("metadata.namespace", "metadata.name")
    if record.identity != names:
        yield f"identity: {record.identity}"
    made, answered = record.answer(declared("" if kind in OF_CLUSTERS else "a", "b"))
    if (made, answered) != ("b" if kind in OF_CLUSTERS else "a/b", {}):
        yield f"make_id, make_outputs: {made} {answered}"
    if record.exclusive == kind.endswith("Patch"):
        yield "exclusive: only a patch is of what exists"


def _of_the_rest(record: ResourceType) -> Iterator[str]:
    said = _SOURCE.fullmatch(record.source)
    forced = set(said["paths"].split(", ")) if said else set[str]()
    if forced != {*record.replaces} or not {*(record.identity or ())} <= forced:
        yield f"replaces: {forced ^ set(record.replaces)}"
    if record.regional or not record.deletes_first:
        yield "regional, deletes_first"
    if record.settings_key not in StackKeys.model_fields:
        yield f"settings_key: {record.settings_key}"


def declared(namespace: str, name: str) -> Declaration:
    inputs = {"metadata": {"namespace": namespace, "name": name} if namespace else {"name": name}}
    return Declaration(name="any", inputs=inputs, account="123456789012")


WRONG: list[tuple[str, str, Any]] = [
    (SECRET, "token", "kubernetes:core/v1:Secrets"),
    (CRON_JOB, "token", "kubernetes:core/v1:CronJob"),
    (JOB, "source", "provider/pkg/provider/diff.go 9497796: forceNew on metadata.name"),
    (SERVICE_ACCOUNT, "identity", ("metadata.name",)),
    (SECRET, "make_id", None),
    (CONFIG_MAP, "make_outputs", lambda _made, name: {"uid": name}),
    (SERVICE_ACCOUNT_PATCH, "exclusive", True),
    (SECRET, "exclusive", False),
    (SECRET, "replaces", ("metadata.name", "metadata.namespace")),
    (ROLE_BINDING, "replaces", ("metadata.name", "metadata.namespace", "subjects")),
    (CONFIG_MAP, "updates", ("apiVersion", "kind", "metadata", "data")),
    (TOKEN_GENERATOR, "updates", ("apiVersion", "kind", "metadata", "spec", "status")),
    (ADMISSION_POLICY, "regional", True),
    (ADMISSION_POLICY, "settings_key", "kubernetes"),
]


@pytest.mark.parametrize("token", TYPES)
def test_each_is_right(token: str) -> None:
    assert problems(TYPES[token]) == []


@pytest.mark.parametrize(("token", "field", "value"), WRONG)
def test_a_wrong_field_is_found(token: str, field: str, value: Any) -> None:
    assert problems(replace(TYPES[token], **{field: value}))


@cases(
    "token, path, expected",
    (SECRET, "metadata.name", OnChange.REPLACES),
    (SECRET, "metadata.labels.a/b", OnChange.IN_PLACE),
    (SECRET, "metadata.namespace", OnChange.REPLACES),
    (SECRET, "metadata.namespaces", OnChange.IN_PLACE),
    (SECRET, "data.tls", OnChange.IN_PLACE),
    (SECRET, "type", OnChange.REPLACES),
    (JOB, "spec.template.spec.containers[0].image", OnChange.REPLACES),
    (JOB, "spec.backoffLimit", OnChange.IN_PLACE),
    (CRON_JOB, "spec.jobTemplate.spec.template.spec.containers[0].image", OnChange.IN_PLACE),
    (SECRET, "region", OnChange.UNKNOWN),
)
def test_what_a_changed_input_does(token: str, path: str, expected: OnChange) -> None:
    assert TYPES[token].on_change(path) is expected


def test_names_of_one_namespace_are_not_those_of_another() -> None:
    record = TYPES[SECRET]
    ids: Iterable[tuple[str, ...]] = [record.identity_of(declared(*each).inputs) for each in ("ab", "cb", "ac")]
    assert len(set(ids)) == 3
