"""Every policy, as text."""

import hashlib
import json
from collections.abc import Sequence

from benchmarks.catalog import ACCOUNT, ACCOUNTS, ORGANIZATION, REGION, REPLICAS, STACK, Entry

ISSUER = "token.actions.githubusercontent.com"


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
BATCH_RULES = [
    rule(
        1,
        "Archive images tagged dev-* 90 days after the last pull",
        {**tagged("dev-*"), "countType": "sinceImagePulled", "countUnit": "days", "countNumber": 90},
        archive=True,
    ),
    expire_untagged(2),
]
# A replica is rarely pulled, so what is archived by pulls at home only keeps its place there.
BATCH_STANDBY_RULES = [
    rule(
        1,
        "Shield images tagged dev-* from the rules below: a replica is rarely pulled, so archiving what is unpulled "
        "would archive the whole copy",
        {**tagged("dev-*"), **pushed(36_500)},
    ),
    expire_untagged(2),
]


def to_json(document: object) -> str:
    return json.dumps(document, separators=(",", ":"), sort_keys=True)


def policy(*statements: Entry) -> str:
    return to_json({"Version": "2012-10-17", "Statement": statements})


def lifecycle_policy(entry: Entry, region: str) -> str:
    retention = entry.get("retention", "default")
    if retention == "batch":
        return to_json({"rules": BATCH_RULES if region == REGION else BATCH_STANDBY_RULES})
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


def repository_policy(entry: Entry, region: str) -> str:
    principals, functions, statements = set(), [], []
    for pull in entry["pull"]:
        if pull.get("service") == "lambda":
            account = ACCOUNTS[pull["account"]] if "account" in pull else ACCOUNT
            functions.append(f"arn:aws:lambda:{region}:{account}:function:*")
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
    return policy(*statements)


def key_policy(region: str) -> str:
    words = """CancelKeyDeletion CreateAlias DeleteAlias DescribeKey DisableKey DisableKeyRotation EnableKey
        EnableKeyRotation GetKeyPolicy GetKeyRotationStatus ListGrants ListKeyPolicies ListKeyRotations ListResourceTags
        PutKeyPolicy RetireGrant RevokeGrant RotateKeyOnDemand ScheduleKeyDeletion TagResource UntagResource UpdateAlias
        UpdateKeyDescription"""
    principal = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    condition = {
        "Bool": {"kms:GrantIsForAWSResource": "true"},
        "StringEquals": {
            "kms:ViaService": f"ecr.{region}.amazonaws.com",
            "kms:GrantConstraintType": "EncryptionContextSubset",
            "aws:ResourceAccount": "${aws:PrincipalAccount}",
        },
        "StringLike": {"kms:EncryptionContext:aws:ecr:arn": f"arn:aws:ecr:{region}:{ACCOUNT}:repository/*"},
        "ForAllValues:StringEquals": {"kms:GrantOperations": ["Decrypt", "GenerateDataKey"]},
        "Null": {"kms:GrantOperations": "false"},
    }
    administer = {"Sid": "Administer", "Action": [f"kms:{word}" for word in words.split()]}
    grant = {"Sid": "GrantToRegistry", "Action": "kms:CreateGrant", "Condition": condition}
    common = {"Effect": "Allow", "Principal": principal, "Resource": "*"}
    return policy({**common, **administer}, {**common, **grant})


def role_name(push: Entry) -> str:
    source = f"{STACK}.{push['github'].replace('/', '.')}"
    if "environment" in push:
        return f"{source}+environment-{push['environment']}"
    refs = sorted(push["refs"])
    said = "+".join(ref.replace("refs/heads/", "branch-").replace("refs/tags/", "tag-") for ref in refs)
    if "*" not in said:
        return f"{source}+{said}"
    # An asterisk can't stand in the name, so some digits tell the role from others.
    digits = hashlib.sha256("\n".join([STACK, push["github"], "", "", *refs]).encode()).hexdigest()[:8]
    return f"{source}+{said.replace('*', '_')}+{digits}"


def subjects(push: Entry) -> list[str]:
    owner, repository = push["github"].split("/")
    if "owner_id" in push and "subject" not in push:
        owner, repository = f"{owner}@{push['owner_id']}", f"{repository}@{push['repository_id']}"
    if "environment" in push:
        return [f"repo:{owner}/{repository}:environment:{push['environment']}"]
    return [f"repo:{owner}/{repository}:ref:{ref}" for ref in sorted(push["refs"])]


def trust_statement(sid: str, push: Entry, operator: str, names: list[str]) -> Entry:
    equals: Entry = {f"{ISSUER}:aud": "sts.amazonaws.com"}
    if "owner_id" in push:
        equals[f"{ISSUER}:repository_owner_id"] = str(push["owner_id"])
        equals[f"{ISSUER}:repository_id"] = str(push["repository_id"])
    condition = {"StringEquals": equals}
    condition.setdefault(operator, {})[f"{ISSUER}:sub"] = names
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": condition,
    }


def trust_policy(push: Entry) -> str:
    exact = [subject for subject in subjects(push) if "*" not in subject]
    patterns = [subject for subject in subjects(push) if "*" in subject]
    statements = []
    if exact:
        statements.append(trust_statement("Workflows", push, "StringEquals", exact))
    if patterns:
        statements.append(trust_statement("Tags", push, "StringLike", patterns))
    return policy(*statements)


def arns(names: list[str], regions: Sequence[str]) -> list[str]:
    return sorted(f"arn:aws:ecr:{region}:{ACCOUNT}:repository/{name}" for region in regions for name in names)


def allow(sid: str, actions: list[str], resources: list[str] | str) -> Entry:
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources}


LOGIN = allow("Login", ["ecr:GetAuthorizationToken"], "*")


def push_policy(repositories: list[str]) -> str:
    actions = [
        "ecr:BatchCheckLayerAvailability",
        "ecr:BatchGetImage",
        "ecr:CompleteLayerUpload",
        "ecr:InitiateLayerUpload",
        "ecr:PutImage",
        "ecr:UploadLayerPart",
    ]
    return policy(LOGIN, allow("Push", actions, arns(repositories, [REGION])))


def tasks_policy(repositories: list[str]) -> str:
    actions = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    return policy(LOGIN, allow("Pull", actions, arns(repositories, [REGION, *REPLICAS])))


def auditor_policy() -> str:
    repositories = """BatchGetRepositoryScanningConfiguration DescribeImageReplicationStatus DescribeImageScanFindings
        DescribeImages DescribeRepositories GetLifecyclePolicy GetLifecyclePolicyPreview GetRepositoryPolicy ListImages
        ListTagsForResource StartLifecyclePolicyPreview"""
    registry = """DescribePullThroughCacheRules DescribeRegistry DescribeRepositoryCreationTemplates GetAccountSetting
        GetRegistryPolicy GetRegistryScanningConfiguration ListPullTimeUpdateExclusions"""
    every = arns(["*"], [REGION, *REPLICAS])
    return policy(
        allow("ReadRepositories", [f"ecr:{word}" for word in repositories.split()], every),
        allow("ReadRegistry", [f"ecr:{word}" for word in registry.split()], "*"),
    )


def template_policy() -> str:
    use = allow(
        "UseKeys",
        ["kms:CreateGrant", "kms:DescribeKey", "kms:RetireGrant"],
        sorted(f"arn:aws:kms:{region}:{ACCOUNT}:key/*" for region in REPLICAS),
    )
    use["Condition"] = {
        "StringEquals": {"kms:ViaService": sorted(f"ecr.{region}.amazonaws.com" for region in REPLICAS)}
    }
    create = ["ecr:CreateRepository", "ecr:ReplicateImage", "ecr:TagResource"]
    return policy(allow("CreateRepositories", create, arns(["*"], REPLICAS)), use)


def assume_policy(principal: Entry, condition: Entry | None = None) -> str:
    statement: Entry = {"Sid": "Assume", "Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    if condition:
        statement["Condition"] = condition
    return policy(statement)
