"""A declared pull-through cache: its rule, the template of its repositories, and the principals that import images."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from domain.aws import RegistryId
from domain.ecr.names import repository_arn
from domain.ecr.upstreams import SECRET_KEYS, SECRET_NAME_PREFIX, CacheRule, folder
from domain.iam.actions import IMPORT_ACTIONS
from domain.iam.grants import AccountGrant, Grant, OrganizationGrant, account_arn
from domain.kubernetes.object_names import ClusterNamespace


@dataclass(frozen=True, slots=True, kw_only=True)
class Cache:
    rule: CacheRule
    region: str
    username: str | None
    """The user name at the upstream, where the token is one of the stack's secrets."""
    lifecycle_text: str
    policy_text: str | None
    tags: Mapping[str, str]
    pull: tuple[Grant, ...]
    tasks: bool
    """Whether the ECS tasks of the stack's own account pull from it."""
    namespaces: tuple[ClusterNamespace, ...]
    """Of the stack's clusters that pull from it."""

    @property
    def secret_name(self) -> str:
        return f"{SECRET_NAME_PREFIX}{_prefix_name(self.rule.prefix)}"

    @property
    def token_key(self) -> str:
        return token_key(self.rule.prefix)


TOKEN_KEY_PREFIX = "cache-token-"  # noqa: S105  how the keys begin


def token_key(prefix: str) -> str:
    """The stack's secret configuration with the token for a cache's upstream."""
    return f"{TOKEN_KEY_PREFIX}{_prefix_name(prefix).replace('/', '-')}"


def _prefix_name(prefix: str) -> str:
    return folder(prefix).removesuffix("/") or "root"


def credentials(username: str, token: str) -> dict[str, str]:
    """What a secret holds for Amazon ECR."""
    return dict(zip(SECRET_KEYS, (username, token), strict=True))


def import_statements(pulls: Sequence[tuple[str, Sequence[Grant]]], registry: RegistryId) -> list[dict[str, object]]:
    """Statements of the registry policy that allow other accounts to import images through caches, by their prefixes.

    A repository policy can't allow it, since the repository does not exist yet.
    https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache-iam.html"""
    statements: list[dict[str, object]] = []
    for place, (prefix, grants) in enumerate(pulls, start=1):
        resource = repository_arn(registry.region, registry.account, f"{folder(prefix)}*")
        allow: dict[str, object] = {"Effect": "Allow", "Action": list(IMPORT_ACTIONS), "Resource": [resource]}
        accounts = {account_arn(each.account, each.role, registry) for each in grants if isinstance(each, AccountGrant)}
        ids = sorted({each.organization for each in grants if isinstance(each, OrganizationGrant)})
        if accounts:
            statements.append({"Sid": f"Import{place}ByAccounts", **allow, "Principal": {"AWS": sorted(accounts)}})
        if ids:
            condition = {"StringEquals": {"aws:PrincipalOrgID": ids}}
            named = {"Sid": f"Import{place}ByOrganizations", **allow, "Principal": "*", "Condition": condition}
            statements.append(named)
    return statements
