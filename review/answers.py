"""What AWS would answer to a creation: ids and computed outputs, for each type that the program declares."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from domain.aws import REGIONS, Arn
from domain.ecr.names import registry_host, repository_arn

Answer = tuple[str, dict[str, str]]
Inputs = Mapping[str, Any]


def answer(kind: str, name: str, inputs: Inputs, account: str) -> Answer:
    """The id and the outputs that the inputs don't hold; the same for the same declaration."""
    if kind.startswith("pulumi:providers:"):
        return str(uuid5(NAMESPACE_OID, f"{kind}:{name}")), {}
    if kind not in _ANSWERS:
        raise LookupError(f"no answer is known for {kind} ({name}): add it to review/answers.py")
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


def _of_repository(_name: str, inputs: Inputs, account: str) -> Answer:
    return inputs["repository"], {"registryId": account}


def _of_registry(_name: str, _inputs: Inputs, account: str) -> Answer:
    return account, {"registryId": account}


def _role(name: str, inputs: Inputs, account: str) -> Answer:
    boundary = Arn.parse(str(inputs.get("permissionsBoundary", "")))
    path = inputs.get("path", "/")
    arn = Arn(boundary.partition if boundary else "aws", "iam", "", account, f"role{path}{inputs['name']}")
    unique = f"AROA{uuid5(NAMESPACE_OID, f'{account}:{name}').hex[:17].upper()}"
    return inputs["name"], {"arn": str(arn), "uniqueId": unique}


_ANSWERS: dict[str, Callable[[str, Inputs, str], Answer]] = {
    "aws:kms/key:Key": _key,
    "aws:kms/alias:Alias": _alias,
    "aws:iam/role:Role": _role,
    "aws:iam/rolePolicy:RolePolicy": lambda _name, inputs, _account: (f"{inputs['role']}:{inputs['name']}", {}),
    "aws:ecr/repository:Repository": _repository,
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": _of_repository,
    "aws:ecr/repositoryPolicy:RepositoryPolicy": _of_repository,
    "aws:ecr/registryScanningConfiguration:RegistryScanningConfiguration": _of_registry,
    "aws:ecr/registryPolicy:RegistryPolicy": _of_registry,
    "aws:ecr/accountSetting:AccountSetting": lambda _name, inputs, _account: (inputs["name"], {}),
    "aws:ecr/pullTimeUpdateExclusion:PullTimeUpdateExclusion": lambda _name, inputs, _account: (
        inputs["principalArn"],
        {},
    ),
}

TYPES = frozenset(_ANSWERS)
"""All that the program may declare, beside components and providers."""
