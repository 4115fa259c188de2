"""The registry's own roles: their names, their policies, and the trust policies of those that no workflow assumes."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from domain.aws import REGIONS, Arn, RegistryId
from domain.ecr.names import private_registry, repository_arn
from domain.ecr.upstreams import CacheRule, folder
from domain.iam.actions import (
    AUDIT_ACTIONS,
    AUDIT_REGISTRY_ACTIONS,
    CACHE_READ_ACTIONS,
    CACHE_WRITE_ACTIONS,
    IMPORT_ACTIONS,
    LOGIN_ACTION,
    PULL_ACTIONS,
    PUSH_ACTIONS,
    TEMPLATE_ACTIONS,
    TEMPLATE_KEY_ACTIONS,
)
from domain.iam.document import CURRENT_VERSION
from domain.iam.limits import ROLE_NAME_MAX

EVERY_REPOSITORY = "*"
TASKS_SERVICE = "ecs-tasks.amazonaws.com"
CHAT_SERVICE = "chatbot.amazonaws.com"
"""Amazon Q Developer in chat applications."""
_NO_PART_OF_A_NAME = re.compile(r"[^\w+=,.@-]", re.ASCII)
_DIGITS = 8
Statement = dict[str, object]
Document = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A role with the one policy that it has."""

    name: str
    description: str
    trust: Document
    policy: Document


def template_role(stack: str) -> str:
    """The name of the role that Amazon ECR assumes to create repositories by creation templates."""
    return stack_role_name(stack, "creation-templates")


def cache_role(stack: str) -> str:
    """The name of the role that Amazon ECR assumes to read other private registries for our caches."""
    return stack_role_name(stack, "pull-through-cache")


def chat_role(stack: str) -> str:
    """The name of the role that Amazon Q Developer in chat applications assumes for a channel."""
    return stack_role_name(stack, "chat")


def nothing_policy() -> Document:
    """A channel gets messages without any permission; with one, everyone in the channel could call AWS by it."""
    return _document({"Sid": "NothingButMessages", "Effect": "Deny", "Action": "*", "Resource": "*"})


def push_policy(repositories: Sequence[str], registry: RegistryId) -> Document:
    """Login and push, for the repositories by their names."""
    return _document(_login(), _allow("Push", PUSH_ACTIONS, _arns(repositories, [registry])))


def pull_policy(repositories: Sequence[str], registries: Sequence[RegistryId], caches: Sequence[str] = ()) -> Document:
    """Login and pull; for caches, by their prefixes, also the import of images. Caches are in the first registry."""
    cached = _arns([f"{folder(prefix)}*" for prefix in caches], registries[:1])
    pulled = [*_arns(repositories, registries), *cached]
    return _document(
        _login(),
        *([_allow("Pull", PULL_ACTIONS, pulled)] if pulled else []),
        *([_allow("BringIn", IMPORT_ACTIONS, cached)] if cached else []),
    )


def audit_policy(registries: Sequence[RegistryId], *, layers: bool) -> Document:
    """All that can be read of the registries, images' scan findings and the preview of lifecycle policies with it."""
    every = _arns([EVERY_REPOSITORY], registries)
    statements = [_allow("ReadRepositories", AUDIT_ACTIONS, every), _allow("ReadRegistry", AUDIT_REGISTRY_ACTIONS, "*")]
    if layers:
        statements += [_login(), _allow("Pull", PULL_ACTIONS, every)]
    return _document(*statements)


def template_policy(registries: Sequence[RegistryId]) -> Document:
    """What Amazon ECR does as the service role of creation templates.
    https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-creation-templates-iam.html"""
    keys = sorted({str(Arn(each.partition, "kms", each.region, each.account, "key/*")) for each in registries})
    use = _allow("UseKeys", TEMPLATE_KEY_ACTIONS, keys)
    services = sorted({f"ecr.{each.region}.{REGIONS[each.region].dns_suffix}" for each in registries})
    use["Condition"] = {"StringEquals": {"kms:ViaService": services}}
    return _document(_allow("CreateRepositories", TEMPLATE_ACTIONS, _arns([EVERY_REPOSITORY], registries)), use)


def cache_policy(rules: Sequence[CacheRule], registry: RegistryId) -> Document:
    """What Amazon ECR does as the role of caches before other private registries.
    https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache-private.html"""
    there = [
        repository_arn(upstream.region, upstream.account, f"{folder(rule.upstream_prefix)}*")
        for rule in rules
        if (upstream := private_registry(rule.upstream_url))
    ]
    here = _arns([f"{folder(rule.prefix)}*" for rule in rules], [registry])
    fill = (*CACHE_READ_ACTIONS, *CACHE_WRITE_ACTIONS)
    return _document(_login(), _allow("ReadUpstream", CACHE_READ_ACTIONS, there), _allow("FillCache", fill, here))


def service_trust(service: str, account: str) -> Document:
    """For a service that sends the account on whose behalf it calls."""
    statement = _assume({"Service": service})
    statement["Condition"] = {"StringEquals": {"aws:SourceAccount": account}}
    return _document(statement)


def registry_trust(service: str = "ecr") -> Document:
    """For Amazon ECR, or a part of it, which sends no source account when it assumes a role; AWS documents this trust
    policy on the pages of the policies above."""
    return _document(_assume({"Service": f"{service}.amazonaws.com"}))


def principals_trust(arns: Sequence[str]) -> Document:
    return _document(_assume({"AWS": sorted(set(arns))}))


def _assume(principal: object) -> Statement:
    return {"Sid": "Assume", "Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}


def _login() -> Statement:
    return _allow("Login", (LOGIN_ACTION,), "*")


def _allow(sid: str, actions: Sequence[str], resources: Sequence[str]) -> Statement:
    return {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": resources}


def _arns(names: Sequence[str], registries: Sequence[RegistryId]) -> list[str]:
    return sorted({repository_arn(each.region, each.account, name) for each in registries for name in names})


def _document(*statements: Statement) -> Document:
    return {"Version": CURRENT_VERSION, "Statement": list(statements)}


def role_name(name: str, *, key: Sequence[str], plain: bool = True) -> str:
    """The name itself where IAM takes it; else what of it fits, and after a `+` some digits of a hash of the key.

    IAM distinguishes an account's roles by name, whatever their path and case."""
    if plain and len(name) <= ROLE_NAME_MAX:
        return name
    digest = hashlib.sha256("\n".join(key).encode()).hexdigest()[:_DIGITS]
    return f"{_NO_PART_OF_A_NAME.sub('_', name)[: ROLE_NAME_MAX - _DIGITS - 1]}+{digest}"


def stack_role_name(stack: str, what: str) -> str:
    """The name of a role that a stack has once."""
    return role_name(f"{stack}.{what}", key=(stack, what))
