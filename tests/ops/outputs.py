"""What the AWS CLI prints, made short."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PROD = "222233334444"
DEV = "111122223333"
HOME, REPLICAS = "us-east-1", ("eu-west-1", "ap-northeast-1")
EU, AP = REPLICAS
NAME = "legacy/orders"
KEY = "arn:aws:kms:us-east-1:222233334444:key/0f2b8a4e-1c5d-4e7a-9b3c-5d6e7f8a9b0c"
DEV_KEY = KEY.replace(PROD, DEV)
PULL = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
PUSH = [
    "ecr:BatchCheckLayerAvailability", "ecr:CompleteLayerUpload", "ecr:InitiateLayerUpload", "ecr:PutImage",
    "ecr:UploadLayerPart",
]  # fmt: skip

Json = dict[str, Any]


def arn(name: str, region: str = HOME, account: str = PROD) -> str:
    return f"arn:aws:ecr:{region}:{account}:repository/{name}"


def repository(name: str, region: str = HOME, account: str = PROD, **fields: object) -> Json:
    """One that is as ECR makes it by default, but for the fields."""
    return {
        "repositoryArn": arn(name, region, account),
        "registryId": account,
        "repositoryName": name,
        "repositoryUri": f"{account}.dkr.ecr.{region}.amazonaws.com/{name}",
        "createdAt": "2021-03-04T10:11:12.345000+00:00",
        "imageTagMutability": "MUTABLE",
        "imageScanningConfiguration": {"scanOnPush": False},
        "encryptionConfiguration": {"encryptionType": "AES256"},
        **fields,
    }


def encrypted(type: str, key: str | None = None) -> Json:
    """The field of a repository."""
    return {"encryptionConfiguration": {"encryptionType": type, **({"kmsKey": key} if key else {})}}


def kms(key: str) -> Json:
    return encrypted("KMS", key)


def orders(**fields: Any) -> Json:
    """In the stack dev, which has one region."""
    return repository(NAME, account=DEV, **fields)


def described(*repositories: Json, **more: object) -> Json:
    return {"repositories": list(repositories), **more}


def lifecycle(name: str, *rules: Json, account: str = PROD) -> Json:
    numbered = [{"rulePriority": 10 * number, **rule} for number, rule in enumerate(rules, start=1)]
    text = json.dumps({"rules": numbered}, indent=2)
    return {"registryId": account, "repositoryName": name, "lifecyclePolicyText": text, "lastEvaluatedAt": 1.6e9}


def rule(count: int, *, by: str = "imageCountMoreThan", action: str = "expire", **selection: object) -> Json:
    unit = {} if by == "imageCountMoreThan" else {"countUnit": "days"}
    target = {} if action == "expire" else {"targetStorageClass": "archive"}
    selected = {**selection, "countType": by, **unit, "countNumber": count}
    return {"selection": selected, "action": {"type": action, **target}}


def policy(name: str, *statements: Json, account: str = PROD) -> Json:
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    return {"registryId": account, "repositoryName": name, "policyText": json.dumps(document, indent=2)}


def allow(principal: object, actions: object, sid: str | None = None, **more: object) -> Json:
    named = {} if sid is None else {"Sid": sid}
    return {**named, "Effect": "Allow", "Principal": principal, "Action": actions, **more}


def tagged(tags: Mapping[str, Mapping[str, str]], region: str = HOME, account: str = PROD) -> Json:
    """Tags by the repositories' names."""
    listed = {
        arn(name, region, account): [{"Key": key, "Value": value} for key, value in pairs.items()]
        for name, pairs in tags.items()
    }
    resources = [{"ResourceARN": arn, "Tags": pairs} for arn, pairs in listed.items()]
    return {"ResourceTagMappingList": resources, "PaginationToken": ""}


def mutability(mode: str, *filters: str) -> Json:
    """The fields of a repository that say which tags move."""
    written = [{"filterType": "WILDCARD", "filter": each} for each in filters]
    return {"imageTagMutability": mode, "imageTagMutabilityExclusionFilters": written}


def everywhere(key: str = "", **fields: Any) -> list[list[object]]:
    """One file for each region of the stack prod; `key` is the home region's."""
    return [
        [described(repository(NAME, each, **(kms(key.replace(HOME, each)) if key else {}), **fields))]
        for each in (HOME, *REPLICAS)
    ]


def key(arn: str, manager: str) -> Json:
    return {"KeyMetadata": {"Arn": arn, "KeyId": arn.rpartition("/")[2], "KeyManager": manager, "Enabled": True}}


def written(file: Path, *outputs: object) -> Path:
    """A file with these outputs one after another, as a loop in a shell writes them."""
    file.write_text("".join(f"{json.dumps(output, indent=4)}\n" for output in outputs), encoding="utf-8")
    return file
