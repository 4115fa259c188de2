"""The shape of a stack's configuration: the keys `aws:*` and `container-registry:*`."""

import re
from collections.abc import Callable
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StrictStr

from domain.aws import account_problems, region_problems
from domain.ecr.limits import (
    PULL_TIME_EXCLUSIONS_MAX,
    REPLICATION_FILTER_MAX_LENGTH,
    REPLICATION_FILTER_MIN_LENGTH,
    REPLICATION_FILTERS_PER_RULE_MAX,
)
from domain.ecr.scanning import ScanFrequency, ScanRule, ScanType
from domain.ecr.upstreams import ROOT, UPSTREAMS, Upstream
from domain.iam.grants import organization_problems, role_name_problems
from domain.iam.limits import SESSION_SECONDS
from domain.kms import GRANTS_PER_KEY, deletion_window_problems, grants_quota_problems
from domain.model_problems import OtherWords, invalid_value
from domain.problems import Problem, unless
from settings.written.catalog import TASKS, Retirement, no_name, no_name_for_a_list
from settings.written.clusters import ClusterEntry, PullCredentialEntry
from settings.written.fields import Model, PrincipalArn, RegistryUser, Text, checked, service_arn, unchanged
from settings.written.github_options import GitHubOptions
from settings.written.monitoring_options import MonitoringOptions
from settings.written.self_hosted import SelfHostedEntry

_PREFIX = re.compile(r"[a-z0-9]+(?:[._/-]+[a-z0-9]+)*[._/-]*")
"""API, RepositoryFilterValue: ^(?:[a-z0-9]+(?:[._-][a-z0-9]*)*/)*[a-z0-9]*(?:[._-][a-z0-9]*)*$"""


def _quoted(value: object) -> object:
    if isinstance(value, int | float) and not isinstance(value, bool):
        digits = str(value)
        instead = None if account_problems(digits) else digits
        raise invalid_value("is a number", "put the 12 digits in quotes: a number loses its leading zeros", instead)
    return value


def _listed(value: object) -> object:
    if isinstance(value, int) and not account_problems(str(value)):
        raise invalid_value("is not a list", "write a list of one, in quotes", [str(value)])
    return value


def _integer(problems: Callable[[int], list[Problem]]) -> AfterValidator:
    return checked(problems)  # type: ignore[arg-type]  # `checked` passes the value on as it is


Account = Annotated[StrictStr, BeforeValidator(_quoted), checked(account_problems)]
Region = Annotated[StrictStr, checked(region_problems)]
Organization = Annotated[StrictStr, checked(organization_problems)]
KeyArn = Annotated[
    StrictStr, service_arn("kms", ("key/",), "write arn:aws:kms:REGION:ACCOUNT:key/ID, no alias", regional=True)
]


def _prefix_problems(prefix: str) -> list[Problem]:
    least, most = REPLICATION_FILTER_MIN_LENGTH, REPLICATION_FILTER_MAX_LENGTH
    fix = f"write {least} to {most} characters of a name, such as payments/"
    sound = least <= len(prefix) <= most and _PREFIX.fullmatch(prefix)
    return unless(sound, prefix, "is not a prefix of a repository name", fix)


Prefix = Annotated[StrictStr, checked(_prefix_problems)]


class ReplicaEntry(Model):
    """A registry that holds a copy of every repository."""

    region: Region = Field(description="where")
    account: StrictStr | None = Field(None, description="another account, by its name in `accounts`")
    role: Annotated[StrictStr, checked(role_name_problems)] | None = Field(
        None, description="the role that the deployment assumes in that account: docs/bootstrap.md"
    )
    prefixes: Annotated[tuple[Prefix, ...], Field(max_length=REPLICATION_FILTERS_PER_RULE_MAX)] = Field(
        (), description="only repositories whose names begin with one of these: `[payments/, platform/base]`"
    )
    retire: Retirement | None = Field(None, description="the first of the two steps that destroy the copies")


FREQUENCIES = {"on-push": ScanFrequency.SCAN_ON_PUSH, "continuous": ScanFrequency.CONTINUOUS_SCAN}


class ScanningRule(Model):
    """How often the repositories that match one of the filters are scanned."""

    frequency: Literal[tuple(FREQUENCIES)] = Field(  # type: ignore[valid-type]
        description=f"{' or '.join(f'`{each}`' for each in FREQUENCIES)}"
    )
    filters: tuple[StrictStr, ...] = Field(("*",), description="patterns of repository names")


class Scanning(Model):
    """The registry's scanning configuration."""

    type: Literal["basic", "enhanced"] = Field("basic", description="`basic`, or `enhanced` by Amazon Inspector")
    rules: tuple[ScanningRule, ...] = Field(
        (ScanningRule(frequency="on-push"),), description="how often which repositories are scanned"
    )

    @property
    def scan_type(self) -> ScanType:
        return ScanType[self.type.upper()]

    @property
    def scan_rules(self) -> tuple[ScanRule, ...]:
        return tuple(ScanRule(FREQUENCIES[each.frequency], each.filters) for each in self.rules)


SECONDS_PER_HOUR = 3_600


def _hours_problems(hours: int) -> list[Problem]:
    least, most = (seconds // SECONDS_PER_HOUR for seconds in SESSION_SECONDS)
    return unless(least <= hours <= most, hours, "is not a valid session length", f"write {least} to {most} hours")


class RoleOptions(Model):
    """What is said of the registry's own roles."""

    session_hours: Annotated[int, _integer(_hours_problems)] = Field(
        1, description="the longest session of a role, 1 to 12"
    )
    auditors: tuple[PrincipalArn, ...] = Field(
        (), description="ARNs of who assumes the auditor's role, which reads all but layers"
    )
    audit_layers: bool = Field(default=False, description="whether the auditor can pull images, too")

    @property
    def session_seconds(self) -> int:
        return self.session_hours * SECONDS_PER_HOUR


class CachePull(Model):
    """A principal that can pull from a cache, and so import what is not there yet."""

    account: StrictStr | None = Field(None, description="a name from `accounts`")
    role: Annotated[StrictStr, checked(role_name_problems)] | None = None
    organization: StrictStr | None = Field(None, description="a name from `organizations`")
    cluster: StrictStr | None = Field(None, description="a name from `clusters`")
    namespace: StrictStr | None = Field(None, description="one of that cluster's")
    service: Literal[TASKS] | None = None  # type: ignore[valid-type]


class CacheEntry(Model):
    """A pull-through cache at home."""

    upstream: Literal[tuple(each.name for each in UPSTREAMS)] = Field(  # type: ignore[valid-type]
        description=f"{', '.join(f'`{each.name}`' for each in UPSTREAMS)}"
    )
    registry: StrictStr | None = Field(
        None,
        description="for `azure` and `ecr` the address: `NAME.azurecr.io`",
    )
    prefix: StrictStr | None = Field(None, description="what its repositories' names begin with, if not the upstream")
    upstream_prefix: StrictStr = Field(ROOT, description="only what is under it at the upstream; `ROOT` is everything")
    credentials: StrictStr | None = Field(
        None,
        description="the ARN of a secret `ecr-pullthroughcache/…` with the tag `project`",
    )
    username: RegistryUser | None = Field(
        None, description="in its place: who logs in, with the secret `cache-token-PREFIX`"
    )
    pull: Annotated[tuple[Annotated[CachePull, BeforeValidator(no_name)], ...], BeforeValidator(no_name_for_a_list)] = (
        Field((), description="the principals that can pull, and so import images")
    )

    @property
    def kind(self) -> Upstream:
        return next(each for each in UPSTREAMS if each.name == self.upstream)

    @property
    def own_prefix(self) -> str:
        return self.upstream if self.prefix is None else self.prefix


class StackKeys(Model):
    """The project's own keys; Pulumi.yaml declares the same with their defaults."""

    OTHER_WORDS: ClassVar[OtherWords] = {"region": ("aws:region", unchanged)}

    environment: Text = Field(description="what the stack is for: dev, prod")
    catalog: StrictStr = "catalog.yaml"
    accounts: dict[StrictStr, Account] = Field({})
    organizations: dict[StrictStr, Organization] = Field({})
    keys: dict[StrictStr, dict[Region, KeyArn]] = Field({})
    replicas: tuple[ReplicaEntry, ...] = ()
    roles: RoleOptions = RoleOptions()
    caches: tuple[CacheEntry, ...] = ()
    clusters: tuple[ClusterEntry, ...] = ()
    pull_credentials: dict[StrictStr, PullCredentialEntry] = Field({})
    self_hosted: tuple[SelfHostedEntry, ...] = ()
    github: Annotated[GitHubOptions | None, BeforeValidator(lambda value: value or None)] = None
    scanning: Scanning = Scanning()
    monitoring: MonitoringOptions = MonitoringOptions()
    protect: bool = True
    allow_destruction: bool = False
    pull_time_exclusions: Annotated[tuple[PrincipalArn, ...], Field(max_length=PULL_TIME_EXCLUSIONS_MAX)] = ()
    registry_policy: dict[StrictStr, Any] = Field({})
    key_deletion_days: Annotated[int, _integer(deletion_window_problems)] = 30
    key_grants_max: Annotated[int, _integer(grants_quota_problems)] = GRANTS_PER_KEY
    blob_mounting: bool = False


class AwsKeys(Model):
    """The provider's keys that this project reads; it has more, and they pass."""

    region: Region = Field(alias="aws:region", description="the stack's home region")
    account_ids: Annotated[tuple[Account, ...], BeforeValidator(_listed), Field(min_length=1, max_length=1)] = Field(
        alias="aws:allowedAccountIds", description='the one account of the stack: ["111122223333"]'
    )

    @property
    def account(self) -> str:
        return self.account_ids[0]
