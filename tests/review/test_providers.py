"""Providers that a program declares itself: the account that each acts in, and what stands there."""

import json
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from domain.document_text import SECRET, UNKNOWN
from render.monitor import RecordingMonitor
from render.program_run import declared_by
from render.resource import Render, Resource
from resources.providers import is_provider, provider_account
from tests.cases import cases

HOME, OTHER, THIRD = "111122223333", "444455556666", "777788889999"


def role(account: str) -> dict[str, str]:
    return {"roleArn": f"arn:aws:iam::{account}:role/deploy"}


@cases(
    "inputs, expected",
    ({}, HOME),
    ({"region": "eu-west-1"}, HOME),
    ({"allowedAccountIds": [OTHER]}, OTHER),
    ({"allowedAccountIds": [OTHER, THIRD]}, HOME),
    ({"assumeRoles": [role(OTHER)]}, OTHER),
    ({"assumeRoles": [role(THIRD), role(OTHER)]}, OTHER),
    ({"assumeRoles": [role(OTHER), {"sessionName": "me"}]}, OTHER),
    ({"assumeRoles": [role(OTHER)], "allowedAccountIds": [OTHER, HOME]}, OTHER),
)
def test_a_provider_acts_where_its_role_or_its_one_account_is(inputs: dict[str, Any], expected: str) -> None:
    assert (provider_account(inputs) or HOME) == expected
    as_text = {name: json.dumps(value) if isinstance(value, list) else value for name, value in inputs.items()}
    assert (provider_account(as_text) or HOME) == expected


@pytest.mark.parametrize("marker", [UNKNOWN, SECRET])
def test_what_can_not_be_read_says_nothing(marker: str) -> None:
    assert provider_account({"allowedAccountIds": marker, "assumeRoles": marker}) is None


def test_a_role_in_an_account_that_is_not_allowed_is_refused() -> None:
    inputs = {"assumeRoles": [role(OTHER)], "allowedAccountIds": [THIRD]}
    with pytest.raises(ValueError, match=f"in {OTHER}, and would refuse it: it allows {THIRD}"):
        provider_account(inputs)


def test_providers_are_distinguished_from_resources(prod: Render) -> None:
    assert is_provider("pulumi:providers:aws")
    assert {each.type for each in prod.resources if is_provider(each.type)} == {
        "pulumi:providers:kubernetes",
        "pulumi:providers:github",
    }


def program() -> None:
    elsewhere = aws.Provider(
        "elsewhere",
        region="us-east-1",
        allowed_account_ids=[OTHER],
        assume_roles=[aws.ProviderAssumeRoleArgs(role_arn=role(OTHER)["roleArn"])],
    )
    there = pulumi.ResourceOptions(provider=elsewhere)
    component = pulumi.ComponentResource(
        "test:index:Group", "group", opts=pulumi.ResourceOptions(providers=[elsewhere])
    )
    inside = pulumi.ResourceOptions(parent=component)
    for name, options in (("here", None), ("there", there), ("inside", inside)):
        aws.ecr.Repository(name, name=f"team/{name}", region="eu-west-1", opts=options)
    aws.ecr.ReplicationConfiguration("there", region="eu-west-1", opts=there)
    template = aws.ecr.RepositoryCreationTemplate(
        "there", prefix="team", applied_fors=["REPLICATION"], region="eu-west-1", opts=there
    )
    pulumi.export("registry", template.registry_id)


@pytest.mark.parametrize("preview", [False, True])
def test_a_resource_is_answered_for_in_its_providers_account(preview: bool) -> None:
    monitor = RecordingMonitor(project="registry", stack="dev", account=HOME, preview=preview)
    declared_by(program, monitor)
    declared = {(each.type.rpartition(":")[2], each.name): each for each in monitor.declared}
    assert declared["aws", "elsewhere"].custom
    assert declared["Repository", "here"].provider is None
    provider = declared["Repository", "there"].provider
    assert provider is not None
    assert provider.startswith(f"{declared['aws', 'elsewhere'].urn}::")
    if preview:
        return
    assert registry(declared["Repository", "here"]) == HOME
    for each in (("Repository", "there"), ("Repository", "inside"), ("ReplicationConfiguration", "there")):
        assert registry(declared[each]) == OTHER
    assert monitor.outputs == {"registry": OTHER}


def registry(resource: Resource) -> object:
    return resource.outputs["registryId"]


@cases(
    "assumed, words",
    (aws.ProviderAssumeRoleArgs(role_arn=role(OTHER)["roleArn"]), "would refuse it"),
    ({"role_arn": role(THIRD)["roleArn"]}, "write aws.ProviderAssumeRoleArgs"),
)
def test_a_provider_that_would_not_take_its_role_ends_the_render(assumed: Any, words: str) -> None:
    def contradictory() -> None:
        aws.Provider("elsewhere", allowed_account_ids=[THIRD], assume_roles=[assumed])

    monitor = RecordingMonitor(project="registry", stack="dev", account=HOME, preview=False)
    with pytest.raises(ValueError, match=words):
        declared_by(contradictory, monitor)
