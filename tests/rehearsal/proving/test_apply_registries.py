"""Replication and creation templates built in the local cloud, in the stack's account and in another one."""

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from domain.kms import key_policy
from localcloud.clients import Clients
from localcloud.tests.ecr.control_plane import LIFECYCLE, TRUST
from rehearsal.apply import preconditions
from rehearsal.apply.applying import apply
from settings import load
from tests.cases import cases
from tests.rehearsal.proving.breaking import REGION, allow, granted, policy
from tests.rehearsal.proving.stacks import project_of, stack_file

START = "async def main() -> pulumi.Inputs:\n"
FILTERS = [{"filterType": "WILDCARD", "filter": "dev-*"}]
POLICY = policy(granted("ecr:BatchGetImage"))


@pytest.fixture
def accounts(project: Path, account: str, clients: Clients) -> tuple[str, str]:
    """The project's account, for this test alone, and another one."""
    preconditions.bootstrap(load(project_of(project, stack_file(account), "repositories: {}\n"), "dev"), clients)
    return account, account.replace("44", "46", 1)


def declare(project: Path, *lines: str) -> None:
    """More for the project's program to declare."""
    program = project / "__main__.py"
    text = program.read_text(encoding="utf-8")
    assert START in text
    body = "".join(f"    {line}\n" for line in lines)
    more = f"import pulumi_aws as aws\n\ndef more() -> None:\n{body}\n\n{START}    more()\n"
    program.write_text(text.replace(START, more), encoding="utf-8")


def provider(account: str, assumed: str | None = None) -> str:
    role = f"arn:aws:iam::{assumed or account}:role/deploy"
    allowed = f"allowed_account_ids=['{account}'], assume_roles=[aws.ProviderAssumeRoleArgs(role_arn='{role}')]"
    return f"there = pulumi.ResourceOptions(provider=aws.Provider('there', region='{REGION}', {allowed}))"


def ecr(clients: Clients, account: str) -> Any:
    return clients.root("ecr", REGION, account)


def template(clients: Clients, account: str, prefix: str) -> dict[str, Any]:
    found = ecr(clients, account).describe_repository_creation_templates(prefixes=[prefix])
    (made,) = found["repositoryCreationTemplates"]
    return dict(made)


def replication(home: str, other: str) -> str:
    rules = [
        {"destinations": [{"region": "eu-west-1", "registry_id": home}]},
        {
            "destinations": [{"region": REGION, "registry_id": other}],
            "repository_filters": [{"filter": "payments/", "filter_type": "PREFIX_MATCH"}],
        },
    ]
    given = f"region='{REGION}', replication_configuration={{'rules': {rules}}}"
    return f"made = aws.ecr.ReplicationConfiguration('registry', {given})"


def test_a_replication_configuration_is_built(project: Path, clients: Clients, accounts: tuple[str, str]) -> None:
    home, other = accounts
    declare(project, replication(home, other), "pulumi.export('registry', made.registry_id)")
    applied = apply(project, "dev", clients, lambda _label: None)
    assert applied.outputs["registry"] == home
    assert ecr(clients, home).describe_registry()["replicationConfiguration"]["rules"] == [
        {"destinations": [{"region": "eu-west-1", "registryId": home}]},
        {
            "destinations": [{"region": REGION, "registryId": other}],
            "repositoryFilters": [{"filter": "payments/", "filterType": "PREFIX_MATCH"}],
        },
    ]


def test_a_creation_template_is_built_with_all_that_it_says(
    project: Path, clients: Clients, accounts: tuple[str, str]
) -> None:
    home, _ = accounts
    role = clients.root("iam", REGION, home).create_role(RoleName="creator", AssumeRolePolicyDocument=TRUST)
    key = clients.root("kms", REGION, home).create_key(Policy=json.dumps(key_policy(account=home, region=REGION)))
    arns = role["Role"]["Arn"], key["KeyMetadata"]["Arn"]
    given = {
        "prefix": "team",
        "description": "a net",
        "applied_fors": ["REPLICATION", "CREATE_ON_PUSH"],
        "custom_role_arn": arns[0],
        "encryption_configurations": [{"encryption_type": "KMS", "kms_key": arns[1]}],
        "image_tag_mutability": "IMMUTABLE_WITH_EXCLUSION",
        "image_tag_mutability_exclusion_filters": [{"filter": "dev-*", "filter_type": "WILDCARD"}],
        "lifecycle_policy": json.dumps(LIFECYCLE),
        "repository_policy": POLICY,
        "resource_tags": {"owner": "platform"},
        "region": REGION,
    }
    declare(project, f"aws.ecr.RepositoryCreationTemplate('team', **{given})")
    apply(project, "dev", clients, lambda _label: None)
    made = template(clients, home, "team")
    assert (json.loads(made.pop("lifecyclePolicy")), made.pop("repositoryPolicy")) == (LIFECYCLE, POLICY)
    assert {name: value for name, value in made.items() if not name.endswith("At")} == {
        "prefix": "team",
        "description": "a net",
        "appliedFor": ["REPLICATION", "CREATE_ON_PUSH"],
        "customRoleArn": arns[0],
        "encryptionConfiguration": {"encryptionType": "KMS", "kmsKey": arns[1]},
        "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION",
        "imageTagMutabilityExclusionFilters": FILTERS,
        "resourceTags": [{"Key": "owner", "Value": "platform"}],
    }


@cases("encryption", "", "encryption_configurations=[{}], ")
def test_a_creation_template_that_says_little_has_the_defaults(
    project: Path, clients: Clients, accounts: tuple[str, str], encryption: str
) -> None:
    given = f"prefix='ROOT', applied_fors=['REPLICATION'], {encryption}region='{REGION}'"
    declare(
        project,
        f"made = aws.ecr.RepositoryCreationTemplate('net', {given})",
        "pulumi.export('net', {'id': made.id, 'registry': made.registry_id})",
    )
    applied = apply(project, "dev", clients, lambda _label: None)
    assert applied.outputs["net"] == {"id": "ROOT", "registry": accounts[0]}
    made = template(clients, accounts[0], "ROOT")
    assert (made["imageTagMutability"], made["encryptionConfiguration"]) == ("MUTABLE", {"encryptionType": "AES256"})


def test_what_has_a_provider_of_its_own_is_built_in_that_providers_account(
    project: Path, clients: Clients, accounts: tuple[str, str]
) -> None:
    home, other = accounts
    inbound = policy(allow("ecr:ReplicateImage", Principal={"AWS": f"arn:aws:iam::{home}:root"}, Resource="*"))
    declare(
        project,
        provider(other),
        f"aws.ecr.RegistryPolicy('there', policy={inbound!r}, region='{REGION}', opts=there)",
        f"key = aws.kms.Key('there', policy={json.dumps(key_policy(account=other, region=REGION))!r}, "
        f"region='{REGION}', opts=there)",
        "pulumi.export('key', key.arn)",
    )
    labels: list[str] = []
    applied = apply(project, "dev", clients, labels.append)
    assert ecr(clients, other).get_registry_policy()["policyText"] == inbound
    assert str(applied.outputs["key"]).startswith(f"arn:aws:kms:{REGION}:{other}:key/")
    assert applied.built == len(labels)
    assert not any(label.startswith("pulumi:providers:") for label in labels)
    with pytest.raises(ClientError, match="RegistryPolicyNotFoundException"):
        ecr(clients, home).get_registry_policy()
