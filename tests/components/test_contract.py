"""What holds for every component found in components/, whatever it declares."""

import dataclasses
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pulumi
import pytest

import components
from components.component import Component
from domain.aws import RegistryId
from domain.ecr.cache import Cache
from domain.ecr.replication import ReplicationRule
from domain.ecr.repository import Encryption, RepositoryCopy
from domain.ecr.scanning import ScanFrequency, ScanRule, ScanType
from domain.ecr.tags import TagMutability
from domain.ecr.upstreams import CacheRule
from domain.github_source import Environment, GitHubRepository, Reviewers, Ruleset, Variable
from domain.iam.roles import Role
from domain.kubernetes.pull_access import cluster_steps
from domain.monitoring.subscribers import SlackChannel
from render.monitor import RecordingMonitor
from render.program_run import declared_by
from render.resource import Resource
from resources.providers import is_provider
from tests.cluster_values import HOST, STOREFRONT, TOOLS, access
from tests.monitoring_values import MONITORED
from tests.selfhosted.own import OWN

PROJECT, STACK = "container-registry", "test"
TAGS = {"owner": "payments", "environment": "test", "project": PROJECT, "managed-by": "pulumi"}

KEY = "arn:aws:kms:eu-west-1:111122223333:key/1"
COPY = RepositoryCopy(
    name="payments/api",
    region="eu-west-1",
    mutability=TagMutability.IMMUTABLE,
    mutable_tags=(),
    encryption=Encryption.CUSTOMER,
    key_arn=None,
    lifecycle_text='{"rules":[]}',
    policy_text="{}",
    tags=TAGS,
    protect=True,
    force_delete=False,
    import_id=None,
)
VARIABLE = Variable(name="AWS_REGION", value="eu-west-1")
SOURCE = GitHubRepository(
    owner="acme",
    name="payments-api",
    environments=(
        Environment(
            name="production",
            reviewers=Reviewers(teams=(4201,)),
            wait_minutes=0,
            prevent_self_review=True,
            admins_bypass=False,
            admits=("refs/heads/main", "refs/tags/v*"),
            variables=(VARIABLE,),
        ),
    ),
    variables=(replace(VARIABLE, name="AWS_REGION_DEV"),),
    ruleset=Ruleset(checks=("build",), review=True, linear_history=True, signed_commits=True),
    adopt=None,
)
POLICIES = cluster_steps(STOREFRONT, (HOST,), {"payments/api": ("latest",)})
# One set of arguments for each component, under which it declares every kind of child that it has.
ARGUMENTS: dict[str, dict[str, Any]] = {
    "ChatChannel": {
        "name": "registry",
        "region": "eu-west-1",
        "channel": SlackChannel(workspace="T0123ABCD", channel="C0123ABCD"),
        "role": "arn:aws:iam::111122223333:role/container-registry/test/test.chat",
        "topics": ("arn:aws:sns:eu-west-1:111122223333:topic",),
        "tags": TAGS,
    },
    "ClusterPolicies": {"steps": POLICIES},
    "ClusterPullAccess": {
        "access": access(replace(TOOLS, create=True, patched_service_accounts=("default",))),
        "tokens": ("one", "another"),
        "after": (),
    },
    "EncryptionKey": {
        "region": "eu-west-1",
        "description": "Encrypts",
        "policy": "{}",
        "alias": "registry",
        "deletion_days": 30,
        "tags": TAGS,
    },
    "ImageRepository": {"repository": COPY, "kms_key": KEY},
    "PullThroughCache": {
        "cache": Cache(
            rule=CacheRule(prefix="hub", upstream_url="registry-1.docker.io"),
            region="eu-west-1",
            username="acme",
            lifecycle_text='{"rules":[]}',
            policy_text="{}",
            pull=(),
            tasks=False,
            namespaces=(),
            tags=TAGS,
        ),
        "key": KEY,
        "role": "arn:aws:iam::111122223333:role/templates",
        "token": "token",
    },
    "Replication": {
        "region": "eu-west-1",
        "rules": (
            ReplicationRule(
                destinations=(RegistryId(account="111122223333", region="us-east-1"),), prefixes=("payments/",)
            ),
        ),
        "replicas": (),
        "template_keys": {"eu-west-1": KEY},
        "template_role": "arn:aws:iam::111122223333:role/templates",
        "template_lifecycle": '{"rules":[]}',
        "tags": TAGS,
    },
    "RegistryMonitoring": {
        "region": "eu-west-1",
        "monitored": MONITORED,
        "image_key": KEY,
        "key": KEY,
        "dead_letters_key": KEY,
        "endpoints": {"subscriber-url-pager": "https://pager.acme.example"},
        "tags": TAGS,
    },
    "RegistryRoles": {
        "roles": (Role(name="test.auditor", description="Looks", trust={"Statement": []}, policy={"Statement": []}),),
        "path": "/container-registry/test/",
        "boundary": "arn:aws:iam::111122223333:policy/boundary",
        "session_seconds": 3_600,
        "tags": TAGS,
    },
    "RegistrySettings": {
        "region": "eu-west-1",
        "scan_type": ScanType.BASIC,
        "scan_rules": (ScanRule(ScanFrequency.SCAN_ON_PUSH, ("*",)),),
        "registry_policy": "{}",
        "pull_time_exclusions": ("arn:aws:iam::111122223333:role/scanner",),
    },
    "SelfHostedRegistry": {"placed": OWN, "htpasswd": "acme:x", "upstream_password": "canary"},
    "SourceRepository": {"repository": SOURCE},
}
NAME = "thing@eu-west-1"
PACKAGES = {
    **dict.fromkeys(("ClusterPolicies", "ClusterPullAccess", "SelfHostedRegistry"), "kubernetes"),
    "SourceRepository": "github",
}
"""Of those that declare nothing at AWS."""


def found() -> Iterator[type[Component]]:
    for module in pkgutil.walk_packages(components.__path__, "components."):
        members = vars(importlib.import_module(module.name)).values()
        yield from (
            each
            for each in members
            if inspect.isclass(each) and issubclass(each, Component) and each.__module__ == module.name
        )


COMPONENTS = {each.__name__: each for each in found() if each is not Component}


def declare(name: str, opts: pulumi.ResourceOptions | None = None, **changed: Any) -> RecordingMonitor:
    monitor = RecordingMonitor(project=PROJECT, stack=STACK, account="111122223333", preview=False)
    arguments = {**ARGUMENTS[name], **changed}

    def program() -> None:
        args_type = getattr(importlib.import_module(COMPONENTS[name].__module__), f"{name}Args")
        make: Callable[..., object] = COMPONENTS[name]
        make(NAME, args_type(**arguments), opts)

    declared_by(program, monitor)
    return monitor


def split(monitor: RecordingMonitor) -> tuple[Resource, list[Resource]]:
    (component,) = [each for each in monitor.declared if not each.custom]
    return component, [each for each in monitor.declared if each.custom]


@pytest.fixture(params=sorted(COMPONENTS))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_every_component_has_arguments_here_and_is_exported() -> None:
    assert set(COMPONENTS) == set(ARGUMENTS)
    beside = {"ClusterResources", "PulledRegistry", "RegistryResources", "github_options", "other_account_options"}
    assert set(components.__all__) == {*COMPONENTS, *(f"{each}Args" for each in COMPONENTS), *beside}


def test_the_arguments_are_frozen_and_given_by_keyword(name: str) -> None:
    args_type = getattr(components, f"{name}Args")
    args = args_type(**ARGUMENTS[name])
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(args, next(iter(ARGUMENTS[name])), None)
    with pytest.raises(TypeError):
        args_type("positional")


def test_the_type_token_and_the_urn(name: str) -> None:
    component, _ = split(declare(name))
    assert component.type == f"container-registry:index:{name}"
    assert component.urn == f"urn:pulumi:{STACK}::{PROJECT}::container-registry:index:{name}::{NAME}"


def test_children_have_the_component_as_parent_and_carry_its_name(name: str) -> None:
    component, children = split(declare(name))
    assert children
    for child in children:
        assert child.parent == component.urn
        assert child.name == NAME or child.name.startswith((f"{NAME}.", f"{NAME}:"))
        assert child.urn.startswith(f"{component.urn.removesuffix(f'::{NAME}')}$")


def test_children_take_the_region_of_the_arguments(name: str) -> None:
    """IAM has no regions; no cluster is in one, nor GitHub."""
    _, children = split(declare(name))
    regional = name not in ("RegistryRoles", *PACKAGES)
    assert {child.region for child in children} == {"eu-west-1" if regional else None}
    assert all(child.type.startswith(("aws:iam/", "kubernetes:", "github:")) for child in children if not regional)


def test_outputs_are_registered_last(name: str) -> None:
    monitor = declare(name)
    component, _ = split(monitor)
    outputs = monitor.registered_outputs[component.urn]
    public = set(inspect.get_annotations(COMPONENTS[name]))
    assert set(outputs) == public
    assert all(outputs.values())


def test_children_inherit_the_callers_provider(name: str) -> None:
    from pulumi_aws import Provider

    monitor = RecordingMonitor(project=PROJECT, stack=STACK, account="444455556666", preview=False)

    def program() -> None:
        other: pulumi.ProviderResource = Provider("other", region="eu-west-1")
        if name in PACKAGES:
            other = pulumi.ProviderResource(PACKAGES[name], "other", {})
        args_type = getattr(components, f"{name}Args")
        make: Callable[..., object] = COMPONENTS[name]
        make(NAME, args_type(**ARGUMENTS[name]), pulumi.ResourceOptions(provider=other))

    declared_by(program, monitor)
    children = [each for each in monitor.declared if each.custom and not each.type.startswith("pulumi:providers:")]
    providers = [child.provider or "" for child in children]
    assert providers
    package = PACKAGES.get(name, "aws")
    assert all(f"pulumi:providers:{package}::other::" in provider for provider in providers)


def test_the_callers_aliases_are_kept(name: str) -> None:
    """The engine derives the children's aliases from the component's, since their names begin with its own."""
    component, _ = split(declare(name, pulumi.ResourceOptions(aliases=[pulumi.Alias(name="old@eu-west-1")])))
    assert component.options["aliases"] == ["name old@eu-west-1"]


def test_only_the_repository_and_the_key_are_protected(name: str) -> None:
    kept = {"EncryptionKey": {"aws:kms/key:Key"}, "ImageRepository": {"aws:ecr/repository:Repository"}}
    loose: dict[str, dict[str, Any]] = {
        "EncryptionKey": {"protect": False},
        "ImageRepository": {"repository": replace(COPY, protect=False)},
    }
    _, children = split(declare(name))
    assert {child.type for child in children if child.protect} == kept.get(name, set())
    _, children = split(declare(name, **loose.get(name, {})))
    assert not any(child.protect for child in children)


def test_every_resource_is_in_a_component(request: pytest.FixtureRequest) -> None:
    for stack in ("dev", "prod"):
        rendered = request.getfixturevalue(stack)
        parents = {resource.urn for resource in rendered.resources if not resource.custom}
        custom = [each for each in rendered.resources if each.custom and not is_provider(each.type)]
        assert all(resource.parent in parents for resource in custom)
