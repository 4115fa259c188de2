"""The stand-in for `aws` itself, without an engine: it must refuse what AWS or the real provider would refuse."""

from pathlib import Path
from typing import Any

import pytest
from google.protobuf import json_format
from pulumi.runtime.proto import provider_pb2 as proto

from resources import TYPES
from resources.cloudwatch import COMPOSITE_ALARM, METRIC_ALARM
from resources.ecr import LIFECYCLE_POLICY, REPOSITORY
from resources.events import EVENT_RULE, EVENT_TARGET
from resources.iam import ROLE
from resources.kubernetes import is_kubernetes
from tests.engine.conftest import AbortedError, Context
from tests.engine.standin.aws import AwsProvider
from tests.engine.standin.cloud import Cloud, RefusedError
from tests.engine.standin.provider import struct


@pytest.fixture
def provider(tmp_path: Path) -> AwsProvider:
    provider = AwsProvider(Cloud(tmp_path / "cloud.json"))
    arguments = struct({"region": "us-east-1", "allowedAccountIds": '["111122223333"]'})
    provider.Configure(proto.ConfigureRequest(args=arguments), Context())
    return provider


def test_an_unknown_type_is_refused(provider: AwsProvider) -> None:
    request = proto.CheckRequest(urn=_urn("aws:ecr/publicRepository:PublicRepository"), news=struct({}))
    with pytest.raises(AbortedError, match="has no record"):
        provider.Check(request, Context())


def test_an_unknown_region_is_refused(provider: AwsProvider) -> None:
    request = proto.CheckRequest(urn=_urn(REPOSITORY), news=struct({"name": "api", "region": "us-east-9"}))
    (failure,) = provider.Check(request, Context()).failures
    assert failure.property == "region"


def test_a_role_has_no_region(provider: AwsProvider) -> None:
    request = proto.CheckRequest(urn=_urn(ROLE), news=struct({"name": "push", "region": "us-east-1"}))
    (failure,) = provider.Check(request, Context()).failures
    assert failure.property == "region"
    created = proto.CreateRequest(urn=_urn(ROLE), properties=struct({"name": "push", "path": "/registry/"}))
    properties = json_format.MessageToDict(provider.Create(created, Context()).properties)
    assert properties["arn"] == "arn:aws:iam::111122223333:role/registry/push"
    assert "region" not in properties


def test_each_account_has_its_own_names(provider: AwsProvider) -> None:
    other = _configured(provider.cloud, '[{"roleArn": "arn:aws:iam::444455556666:role/deploy"}]')
    request = proto.CreateRequest(urn=_urn(REPOSITORY), properties=struct({"name": "api"}))
    for each in (provider, other):
        each.Create(request, Context())
    assert provider.cloud.ids(REPOSITORY) == {"api@us-east-1", "api@444455556666.us-east-1"}


def test_a_rule_outlives_its_targets_and_an_alarm_its_composite(tmp_path: Path) -> None:
    cloud, here = Cloud(tmp_path / "cloud.json"), "us-east-1"
    composite = {"alarmRule": 'ALARM("images")'}
    with pytest.raises(RefusedError, match=r"alarms \['images'\] in the alarm rule do not exist"):
        cloud.create(COMPOSITE_ALARM, here, "all", composite)
    cloud.create(METRIC_ALARM, here, "images", {"name": "images"})
    cloud.create(COMPOSITE_ALARM, here, "all", composite)
    cloud.create(EVENT_RULE, here, "findings", {"name": "findings"})
    cloud.create(EVENT_TARGET, here, "findings-topic", {"rule": "findings", "targetId": "topic"})
    with pytest.raises(RefusedError, match="composite alarm"):
        cloud.delete(METRIC_ALARM, here, "images", force=True)
    with pytest.raises(RefusedError, match="since it has targets"):
        cloud.delete(EVENT_RULE, here, "findings", force=True)
    # Of another region is another one.
    cloud.delete(METRIC_ALARM, "eu-west-1", "images", force=True)
    for kind, name in (
        (EVENT_TARGET, "findings-topic"), (EVENT_RULE, "findings"), (COMPOSITE_ALARM, "all"), (METRIC_ALARM, "images"),
    ):  # fmt: skip
        cloud.delete(kind, here, name, force=True)
    assert cloud.types() == set()


@pytest.mark.parametrize("key", ["role_arn", "roleARN"])
def test_a_role_whose_name_was_not_translated_is_not_assumed(provider: AwsProvider, key: str) -> None:
    with pytest.raises(AbortedError, match="AWS account ID not allowed"):
        _configured(provider.cloud, f'[{{"{key}": "arn:aws:iam::444455556666:role/deploy"}}]')


@pytest.mark.parametrize(
    ("type", "replaced"),
    [
        (token, name)
        for token, record in TYPES.items()
        if not is_kubernetes(token)
        for name in (*record.replaces, *["region"] * record.regional)
    ],
)
def test_what_forces_a_replacement_and_what_does_not(provider: AwsProvider, type: str, replaced: str) -> None:
    olds: dict[str, Any] = {replaced: '{"a": 1}', "description": "old"}
    assert _diff(provider, type, olds, {**olds, replaced: '{"a": 2}'}).replaces == [replaced]
    updated = _diff(provider, type, olds, {**olds, "description": "new"})
    assert (list(updated.diffs), list(updated.replaces)) == (["description"], [])


def test_a_policy_written_otherwise_is_no_difference(provider: AwsProvider) -> None:
    olds = {"policy": '{"rules": []}'}
    assert not _diff(provider, LIFECYCLE_POLICY, olds, {"policy": '{"rules":[]}'}).diffs


def test_a_replaced_lifecycle_policy_is_deleted_first(provider: AwsProvider) -> None:
    assert _diff(provider, LIFECYCLE_POLICY, {"policy": "{}"}, {"policy": '{"rules": []}'}).deleteBeforeReplace


def test_the_region_of_an_import_is_in_its_id(provider: AwsProvider) -> None:
    provider.cloud.create(REPOSITORY, "eu-west-1", "api", {"name": "api", "forceDelete": True})
    assert not _read(provider, "api").id
    found = _read(provider, "api@eu-west-1")
    assert found.id == "api"
    assert json_format.MessageToDict(found.inputs) == {"name": "api", "region": "eu-west-1"}
    properties = json_format.MessageToDict(found.properties)
    assert properties["repositoryUrl"] == "111122223333.dkr.ecr.eu-west-1.amazonaws.com/api"


def test_a_full_repository_is_deleted_only_by_force(provider: AwsProvider) -> None:
    cloud = provider.cloud
    cloud.create(REPOSITORY, "us-east-1", "api", {})
    cloud.push("us-east-1", "api")
    with pytest.raises(RefusedError, match="not empty"):
        cloud.delete(REPOSITORY, "us-east-1", "api", force=False)
    cloud.delete(REPOSITORY, "us-east-1", "api", force=True)
    assert not cloud.types()


def test_a_policy_needs_its_repository(provider: AwsProvider) -> None:
    with pytest.raises(RefusedError, match="RepositoryNotFoundException"):
        provider.cloud.create(LIFECYCLE_POLICY, "us-east-1", "api", {})


def _configured(cloud: Cloud, roles: str) -> AwsProvider:
    other = AwsProvider(cloud)
    arguments = {"region": "us-east-1", "allowedAccountIds": '["444455556666"]', "assumeRoles": roles}
    other.Configure(proto.ConfigureRequest(args=struct(arguments)), Context())
    return other


def _diff(provider: AwsProvider, type: str, olds: dict[str, Any], news: dict[str, Any]) -> Any:
    request = proto.DiffRequest(urn=_urn(type), old_inputs=struct(olds), news=struct(news))
    return provider.Diff(request, Context())


def _read(provider: AwsProvider, id: str) -> Any:
    return provider.Read(proto.ReadRequest(urn=_urn(REPOSITORY), id=id), Context())


def _urn(type: str) -> str:
    return f"urn:pulumi:dev::project::container-registry:index:ImageRepository${type}::api"
