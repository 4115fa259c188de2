"""What AWS would answer to a creation: ids and computed outputs, for each type that the program declares."""

import re
from collections.abc import Callable, Mapping
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from domain.aws import REGIONS, Arn
from domain.ecr.names import registry_host, repository_arn
from render.providers import is_provider

Answer = tuple[str, dict[str, str]]
Inputs = Mapping[str, Any]


def answer(kind: str, name: str, inputs: Inputs, account: str) -> Answer:
    """The id and the outputs that the inputs don't hold; the same for the same declaration."""
    if is_provider(kind):
        return str(uuid5(NAMESPACE_OID, f"{kind}:{name}")), {}
    if kind not in _ANSWERS:
        raise LookupError(f"no answer is known for {kind} ({name}): add it to render/answers.py")
    return _ANSWERS[kind](name, inputs, account)


def _key(name: str, inputs: Inputs, account: str) -> Answer:
    region = inputs["region"]
    key_id = str(uuid5(NAMESPACE_OID, f"{account}:{name}"))
    arn = Arn(REGIONS[region].id, "kms", region, account, f"key/{key_id}")
    return key_id, {"keyId": key_id, "arn": str(arn)}


def _alias(_name: str, inputs: Inputs, account: str) -> Answer:
    region = inputs["region"]
    arn = Arn(REGIONS[region].id, "kms", region, account, inputs["name"])
    return inputs["name"], {"arn": str(arn)}


def _repository(_name: str, inputs: Inputs, account: str) -> Answer:
    region, repository = inputs["region"], inputs["name"]
    return repository, {
        "arn": repository_arn(region, account, repository),
        "registryId": account,
        "repositoryUrl": f"{registry_host(account, region)}/{repository}",
    }


_PARTITION = re.compile(r"\barn:([a-z-]+):")


def _role(name: str, inputs: Inputs, account: str) -> Answer:
    # IAM has no region to tell the partition by; no ARN that a role refers to is of another one than its own.
    found = _PARTITION.search(f"{inputs.get('permissionsBoundary', '')} {inputs['assumeRolePolicy']}")
    arn = Arn(found[1] if found else "aws", "iam", "", account, f"role{inputs.get('path', '/')}{inputs['name']}")
    made_up = uuid5(NAMESPACE_OID, f"{account}:{name}").hex[:17].upper()
    return inputs["name"], {"arn": str(arn), "uniqueId": f"AROA{made_up}"}


def _role_policy(_name: str, inputs: Inputs, _account: str) -> Answer:
    return f"{inputs['role']}:{inputs['name']}", {}


def _of_repository(_name: str, inputs: Inputs, account: str) -> Answer:
    return inputs["repository"], {"registryId": account}


def _of_registry(_name: str, _inputs: Inputs, account: str) -> Answer:
    return account, {"registryId": account}


def _pull_through_rule(_name: str, inputs: Inputs, account: str) -> Answer:
    return inputs["ecrRepositoryPrefix"], {"registryId": account}


def _secret(name: str, inputs: Inputs, account: str) -> Answer:
    region = inputs["region"]
    # Six characters, which AWS makes up: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_Secret.html
    ending = uuid5(NAMESPACE_OID, f"{account}:{name}").hex[:6]
    arn = str(Arn(REGIONS[region].id, "secretsmanager", region, account, f"secret:{inputs['name']}-{ending}"))
    return arn, {"arn": arn}


def _secret_version(name: str, inputs: Inputs, account: str) -> Answer:
    secret, version = inputs["secretId"], str(uuid5(NAMESPACE_OID, f"{account}:{name}"))
    return f"{secret}|{version}", {"arn": secret, "versionId": version}


_ANSWERS: dict[str, Callable[[str, Inputs, str], Answer]] = {
    "aws:iam/role:Role": _role,
    "aws:iam/rolePolicy:RolePolicy": _role_policy,
    "aws:kms/key:Key": _key,
    "aws:kms/alias:Alias": _alias,
    "aws:ecr/repository:Repository": _repository,
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": _of_repository,
    "aws:ecr/repositoryPolicy:RepositoryPolicy": _of_repository,
    "aws:ecr/registryScanningConfiguration:RegistryScanningConfiguration": _of_registry,
    "aws:ecr/registryPolicy:RegistryPolicy": _of_registry,
    "aws:ecr/replicationConfiguration:ReplicationConfiguration": _of_registry,
    "aws:ecr/repositoryCreationTemplate:RepositoryCreationTemplate": lambda _name, inputs, account: (
        inputs["prefix"],
        {"registryId": account},
    ),
    "aws:ecr/accountSetting:AccountSetting": lambda _name, inputs, _account: (inputs["name"], {}),
    "aws:ecr/pullTimeUpdateExclusion:PullTimeUpdateExclusion": lambda _name, inputs, _account: (
        inputs["principalArn"],
        {},
    ),
    "aws:ecr/pullThroughCacheRule:PullThroughCacheRule": _pull_through_rule,
    "aws:secretsmanager/secret:Secret": _secret,
    "aws:secretsmanager/secretVersion:SecretVersion": _secret_version,
}

TYPES = frozenset(_ANSWERS)
"""All that the program may declare, beside components and providers."""
