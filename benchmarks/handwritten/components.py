"""What the registry is made of, as component classes."""

from collections.abc import Sequence

import pulumi
from pulumi_aws import ecr, iam, kms

from benchmarks.catalog import ACCOUNT, AUDITOR, REPLICAS, STACK, Entry
from benchmarks.handwritten.documents import (
    LIFECYCLE_RULES,
    assume_policy,
    auditor_policy,
    key_policy,
    lifecycle_policy,
    push_policy,
    repository_policy,
    tasks_policy,
    template_policy,
    to_json,
    trust_policy,
)

PROJECT = "container-registry"
TEMPLATE_ROLE = f"{STACK}.creation-templates"


def tags(owner: str) -> dict[str, str]:
    return {"owner": owner, "environment": STACK, "project": PROJECT, "managed-by": "pulumi"}


class EncryptionKey(pulumi.ComponentResource):
    """The key and its alias."""

    def __init__(self, name: str, region: str) -> None:
        super().__init__(f"{PROJECT}:index:EncryptionKey", name)
        key = kms.Key(
            name,
            description=f"Encrypts the container images of {ACCOUNT} in {region}",
            policy=key_policy(region),
            enable_key_rotation=True,
            deletion_window_in_days=30,
            region=region,
            tags=tags("platform"),
            opts=pulumi.ResourceOptions(parent=self, protect=True),
        )
        kms.Alias(
            name,
            name=f"alias/{PROJECT}",
            target_key_id=key.key_id,
            region=region,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.arn = key.arn
        self.register_outputs({"arn": self.arn})


class RegistrySettings(pulumi.ComponentResource):
    """Scanning configuration and account settings."""

    def __init__(self, name: str, region: str) -> None:
        super().__init__(f"{PROJECT}:index:RegistrySettings", name)
        ecr.RegistryScanningConfiguration(
            name,
            scan_type="BASIC",
            rules=[
                {
                    "scan_frequency": "SCAN_ON_PUSH",
                    "repository_filters": [{"filter": "*", "filter_type": "WILDCARD"}],
                }
            ],
            region=region,
            opts=pulumi.ResourceOptions(parent=self),
        )
        for setting, value in [
            ("BASIC_SCAN_TYPE_VERSION", "AWS_NATIVE"),
            ("REGISTRY_POLICY_SCOPE", "V2"),
            ("BLOB_MOUNTING", "DISABLED"),
        ]:
            ecr.AccountSetting(
                f"{name}.{setting}",
                name=setting,
                value=value,
                region=region,
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({})


class ImageRepository(pulumi.ComponentResource):
    """A repository with its two policies."""

    def __init__(self, name: str, region: str, entry: Entry, key_arn: pulumi.Output[str]) -> None:
        super().__init__(f"{PROJECT}:index:ImageRepository", f"{name}@{region}")
        mutable = entry.get("mutable_tags", [])
        customer = entry.get("encryption", "customer") == "customer"
        described = {"description": entry["description"]} if "description" in entry else {}
        self.repository = ecr.Repository(
            f"{name}@{region}",
            name=name,
            image_tag_mutability="IMMUTABLE_WITH_EXCLUSION" if mutable else "IMMUTABLE",
            image_tag_mutability_exclusion_filters=[{"filter": tag, "filter_type": "WILDCARD"} for tag in mutable]
            or None,
            image_scanning_configuration={"scan_on_push": True},
            encryption_configurations=[
                {"encryption_type": "KMS", "kms_key": key_arn} if customer else {"encryption_type": "KMS"}
            ],
            region=region,
            tags={**tags(entry["owner"]), **described},
            opts=pulumi.ResourceOptions(parent=self, protect=True),
        )
        ecr.LifecyclePolicy(
            f"{name}@{region}",
            repository=self.repository.name,
            policy=lifecycle_policy(entry, region),
            region=region,
            opts=pulumi.ResourceOptions(parent=self),
        )
        if any(pull.get("service") != "ecs" for pull in entry["pull"]):
            ecr.RepositoryPolicy(
                f"{name}@{region}",
                repository=self.repository.name,
                policy=repository_policy(entry, region),
                region=region,
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.arn = self.repository.arn
        self.url = self.repository.repository_url
        self.register_outputs({"arn": self.arn, "url": self.url})


class RegistryRoles(pulumi.ComponentResource):
    """A role for each source of GitHub's, and those that the registry has once."""

    def __init__(self, name: str, sources: dict[str, tuple[Entry, list[str]]], tasks: list[str]) -> None:
        super().__init__(f"{PROJECT}:index:RegistryRoles", name)
        self.name = name
        self.arns: dict[str, pulumi.Output[str]] = {}
        for role, (push, repositories) in sorted(sources.items()):
            description = f"Pushes images for the workflows of {push['github']}"
            self.declare(role, description, trust_policy(push), push_policy(repositories))
        if tasks:
            own = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
            trust = assume_policy({"Service": "ecs-tasks.amazonaws.com"}, own)
            description = "Pulls images for the account's tasks in Amazon ECS"
            self.declare(f"{STACK}.ecs-task-execution", description, trust, tasks_policy(tasks))
        trust = assume_policy({"AWS": [AUDITOR]})
        description = "Reads all that is known of the images, and scan findings with it"
        self.declare(f"{STACK}.auditor", description, trust, auditor_policy())
        trust = assume_policy({"Service": "ecr.amazonaws.com"})
        description = "Makes the repositories that creation templates are for"
        self.declare(TEMPLATE_ROLE, description, trust, template_policy())
        self.register_outputs({"arns": self.arns})

    def declare(self, role: str, description: str, trust: str, policy: str) -> None:
        declared = iam.Role(
            f"{self.name}.{role}",
            name=role,
            path=f"/{PROJECT}/{STACK}/",
            description=description,
            assume_role_policy=trust,
            max_session_duration=3600,
            permissions_boundary=f"arn:aws:iam::{ACCOUNT}:policy/{PROJECT}-{STACK}-boundary",
            tags=tags("platform"),
            opts=pulumi.ResourceOptions(parent=self),
        )
        iam.RolePolicy(
            f"{self.name}.{role}",
            name="registry",
            role=declared.name,
            policy=policy,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.arns[role] = declared.arn


class Replication(pulumi.ComponentResource):
    """The replication configuration after all that it fills, and templates for what is not declared."""

    def __init__(
        self,
        name: str,
        region: str,
        keys: dict[str, EncryptionKey],
        role_arn: pulumi.Output[str],
        filled: Sequence[ImageRepository],
    ) -> None:
        super().__init__(f"{PROJECT}:index:Replication", name)
        templates = [
            ecr.RepositoryCreationTemplate(
                f"{name}.{replica}",
                prefix="ROOT",
                applied_fors=["REPLICATION"],
                description="For replicas of repositories that are not declared here",
                custom_role_arn=role_arn,
                encryption_configurations=[{"encryption_type": "KMS", "kms_key": keys[replica].arn}],
                image_tag_mutability="IMMUTABLE",
                lifecycle_policy=to_json({"rules": LIFECYCLE_RULES["default"]}),
                resource_tags=tags("platform"),
                region=replica,
                opts=pulumi.ResourceOptions(parent=self),
            )
            for replica in REPLICAS
        ]
        ecr.ReplicationConfiguration(
            name,
            replication_configuration={
                "rules": [{"destinations": [{"region": replica, "registry_id": ACCOUNT} for replica in REPLICAS]}]
            },
            region=region,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[*templates, *(each.repository for each in filled)]),
        )
        self.register_outputs({})
