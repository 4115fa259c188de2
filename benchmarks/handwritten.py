"""The same registry as a plain program would declare it: component classes, f-strings, json.dumps, the SDK's own mocks.

It does less than the render, and every difference is in its favour: its entries are in memory, so no YAML is read and
nothing is validated, and it prints nothing that it declared unless `--record` asks for it.
"""

import argparse
import asyncio
import gc
import json
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_OID, uuid5

import pulumi
from pulumi.runtime.mocks import MockCallArgs, MockResourceArgs, Mocks
from pulumi_aws import ecr, kms

from benchmarks.catalog import ACCOUNT, ACCOUNTS, ORGANIZATION, REGION, STACK, Entry, entries

PROJECT = "container-registry"
HOST = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
KEY_ID = str(uuid5(NAMESPACE_OID, f"{ACCOUNT}:registry@{REGION}"))

declared: list[tuple[str, str, dict[str, Any]]] = []


class AwsMocks(Mocks):
    """Answers with the ids and ARNs that AWS would make."""

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        declared.append((args.typ, args.name, args.inputs))
        outputs = dict(args.inputs)
        if args.typ == "aws:kms/key:Key":
            outputs["keyId"] = KEY_ID
            outputs["arn"] = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{KEY_ID}"
        if args.typ == "aws:ecr/repository:Repository":
            outputs["arn"] = f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{args.inputs['name']}"
            outputs["repositoryUrl"] = f"{HOST}/{args.inputs['name']}"
        return f"{args.name}-id", outputs

    def call(self, _args: MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]] | None]:
        return {}, None


def rule(priority: int, description: str, selection: Entry, *, archive: bool = False) -> Entry:
    action = {"type": "transition", "targetStorageClass": "archive"} if archive else {"type": "expire"}
    return {"rulePriority": priority, "description": description, "selection": selection, "action": action}


def tagged(pattern: str) -> Entry:
    return {"tagStatus": "tagged", "tagPatternList": [pattern]}


def pushed(days: int) -> Entry:
    return {"countType": "sinceImagePushed", "countUnit": "days", "countNumber": days}


def newest(count: int) -> Entry:
    return {"countType": "imageCountMoreThan", "countNumber": count}


def keep_tagged(priority: int, pattern: str, count: int) -> Entry:
    return rule(priority, f"Keep the newest {count} images tagged {pattern}", {**tagged(pattern), **newest(count)})


def expire_tagged(priority: int, pattern: str, days: int) -> Entry:
    return rule(priority, f"Expire images tagged {pattern} {days} days after push", {**tagged(pattern), **pushed(days)})


def expire_untagged(priority: int) -> Entry:
    return rule(priority, "Expire untagged images 7 days after push", {"tagStatus": "untagged", **pushed(7)})


LIFECYCLE_RULES = {
    "default": [keep_tagged(1, "v*", 10), expire_untagged(2)],
    "services": [
        keep_tagged(1, "release-*", 20),
        keep_tagged(2, "v*", 10),
        expire_tagged(3, "dev-*", 30),
        expire_untagged(4),
    ],
    "base-images": [
        rule(1, "Archive images tagged v* 180 days after push", {**tagged("v*"), **pushed(180)}, archive=True),
        expire_untagged(2),
    ],
}


def to_json(document: object) -> str:
    return json.dumps(document, separators=(",", ":"), sort_keys=True)


def lifecycle_policy(entry: Entry) -> str:
    retention = entry.get("retention", "default")
    if isinstance(retention, str):
        return to_json({"rules": LIFECYCLE_RULES[retention]})
    keep = retention[-1]["keep"]
    rest = rule(2, f"Keep the newest {keep} images", {"tagStatus": "any", **newest(keep)})
    return to_json({"rules": [expire_tagged(1, "dev-*", 30), rest]})


def pull_statement(sid: str, principal: object, condition: object = None) -> Entry:
    statement: Entry = {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": principal,
        "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
    }
    if condition:
        statement["Condition"] = condition
    return statement


def repository_policy(entry: Entry) -> str:
    principals, functions, statements = set(), [], []
    for pull in entry["pull"]:
        if "service" in pull:
            account = ACCOUNTS[pull["account"]] if "account" in pull else ACCOUNT
            functions.append(f"arn:aws:lambda:{REGION}:{account}:function:*")
            if account != ACCOUNT:
                principals.add(f"arn:aws:iam::{account}:root")
        elif "account" in pull:
            resource = f"role/{pull['role']}" if "role" in pull else "root"
            principals.add(f"arn:aws:iam::{ACCOUNTS[pull['account']]}:{resource}")
    if principals:
        statements.append(pull_statement("PullByAccounts", {"AWS": sorted(principals)}))
    if any("organization" in pull for pull in entry["pull"]):
        condition = {"StringEquals": {"aws:PrincipalOrgID": [ORGANIZATION]}}
        statements.append(pull_statement("PullByOrganizations", "*", condition))
    if functions:
        service = {"Service": ["lambda.amazonaws.com"]}
        statements.append(pull_statement("PullByLambda", service, {"StringLike": {"aws:SourceArn": sorted(functions)}}))
    return to_json({"Version": "2012-10-17", "Statement": statements})


def key_policy() -> str:
    words = """CancelKeyDeletion CreateAlias DeleteAlias DescribeKey DisableKey DisableKeyRotation EnableKey
        EnableKeyRotation GetKeyPolicy GetKeyRotationStatus ListGrants ListKeyPolicies ListKeyRotations ListResourceTags
        PutKeyPolicy RetireGrant RevokeGrant RotateKeyOnDemand ScheduleKeyDeletion TagResource UntagResource UpdateAlias
        UpdateKeyDescription"""
    principal = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    condition = {
        "Bool": {"kms:GrantIsForAWSResource": "true"},
        "StringEquals": {
            "kms:ViaService": f"ecr.{REGION}.amazonaws.com",
            "kms:GrantConstraintType": "EncryptionContextSubset",
            "aws:ResourceAccount": "${aws:PrincipalAccount}",
        },
        "StringLike": {"kms:EncryptionContext:aws:ecr:arn": f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/*"},
        "ForAllValues:StringEquals": {"kms:GrantOperations": ["Decrypt", "GenerateDataKey"]},
        "Null": {"kms:GrantOperations": "false"},
    }
    administer = {"Sid": "Administer", "Action": [f"kms:{word}" for word in words.split()]}
    grant = {"Sid": "GrantToRegistry", "Action": "kms:CreateGrant", "Condition": condition}
    common = {"Effect": "Allow", "Principal": principal, "Resource": "*"}
    return to_json({"Version": "2012-10-17", "Statement": [{**common, **administer}, {**common, **grant}]})


def tags(owner: str) -> dict[str, str]:
    return {"owner": owner, "environment": STACK, "project": PROJECT, "managed-by": "pulumi"}


class EncryptionKey(pulumi.ComponentResource):
    """The key and its alias."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(f"{PROJECT}:index:EncryptionKey", name, None, opts)
        key = kms.Key(
            name,
            description=f"Encrypts the container images of {ACCOUNT} in {REGION}",
            policy=key_policy(),
            enable_key_rotation=True,
            deletion_window_in_days=30,
            region=REGION,
            tags=tags("platform"),
            opts=pulumi.ResourceOptions(parent=self, protect=True),
        )
        kms.Alias(
            name,
            name=f"alias/{PROJECT}",
            target_key_id=key.key_id,
            region=REGION,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.arn = key.arn
        self.register_outputs({"arn": self.arn})


class RegistrySettings(pulumi.ComponentResource):
    """Scanning configuration and account settings."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(f"{PROJECT}:index:RegistrySettings", name, None, opts)
        ecr.RegistryScanningConfiguration(
            name,
            scan_type="BASIC",
            rules=[
                {
                    "scan_frequency": "SCAN_ON_PUSH",
                    "repository_filters": [{"filter": "*", "filter_type": "WILDCARD"}],
                }
            ],
            region=REGION,
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
                region=REGION,
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({})


class ImageRepository(pulumi.ComponentResource):
    """A repository with its two policies."""

    def __init__(
        self, name: str, entry: Entry, key_arn: pulumi.Output[str], opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(f"{PROJECT}:index:ImageRepository", f"{name}@{REGION}", None, opts)
        mutable = entry.get("mutable_tags", [])
        customer = entry.get("encryption", "customer") == "customer"
        described = {"description": entry["description"]} if "description" in entry else {}
        repository = ecr.Repository(
            f"{name}@{REGION}",
            name=name,
            image_tag_mutability="IMMUTABLE_WITH_EXCLUSION" if mutable else "IMMUTABLE",
            image_tag_mutability_exclusion_filters=[{"filter": tag, "filter_type": "WILDCARD"} for tag in mutable]
            or None,
            image_scanning_configuration={"scan_on_push": True},
            encryption_configurations=[
                {"encryption_type": "KMS", "kms_key": key_arn} if customer else {"encryption_type": "KMS"}
            ],
            region=REGION,
            tags={**tags(entry["owner"]), **described},
            opts=pulumi.ResourceOptions(parent=self, protect=True),
        )
        ecr.LifecyclePolicy(
            f"{name}@{REGION}",
            repository=repository.name,
            policy=lifecycle_policy(entry),
            region=REGION,
            opts=pulumi.ResourceOptions(parent=self),
        )
        if entry["pull"]:
            ecr.RepositoryPolicy(
                f"{name}@{REGION}",
                repository=repository.name,
                policy=repository_policy(entry),
                region=REGION,
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.arn = repository.arn
        self.url = repository.repository_url
        self.register_outputs({"arn": self.arn, "url": self.url})


def program(repositories: Iterable[tuple[str, Entry]]) -> None:
    key = EncryptionKey(f"registry@{REGION}")
    RegistrySettings(f"registry@{REGION}")
    outputs = {}
    for name, entry in repositories:
        repository = ImageRepository(name, entry, key.arn)
        outputs[name] = {"arn": repository.arn, "url": repository.url}
    pulumi.export("registries", {REGION: {"host": HOST, "key_arn": key.arn, "repositories": outputs}})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int)
    parser.add_argument("--no-collector", action="store_true")
    parser.add_argument("--record", type=Path)
    options = parser.parse_args()
    if options.no_collector:
        gc.disable()
    started = time.process_time()
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    pulumi.runtime.set_mocks(AwsMocks(), project=PROJECT, stack=STACK)
    pulumi.runtime.test(program)(entries(options.count).items())  # type: ignore[no-untyped-call]  # the SDK's own
    print(json.dumps({"resources": len(declared), "seconds": time.process_time() - started}))
    loop.close()
    if options.record:
        options.record.write_text(json.dumps(declared), encoding="utf-8")


if __name__ == "__main__":
    main()
