"""The estate of a stack as a diagram has it: registries and caches, the roles, and who pushes and pulls."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from domain.ecr.names import registry_host
from render.resource import Render, Resource, account_of
from resources.ecr import PULL_THROUGH_RULE, REPLICATION_CONFIGURATION, REPOSITORY
from resources.iam import ROLE
from resources.kms import KEY
from resources.sns import TOPIC
from review.access.matrix import Access, Matrix
from review.plan.phrases import grouped


@dataclass(frozen=True, slots=True, kw_only=True)
class EstateRegistry:
    """One account and region, and what the stack declares there."""

    account: str
    region: str
    host: str
    resources: Counter[str]
    """How many of each type."""
    replicated_to: bool

    @property
    def repositories(self) -> int:
        return self.resources[REPOSITORY]

    @property
    def keys(self) -> int:
        return self.resources[KEY]

    @property
    def is_monitored(self) -> bool:
        return TOPIC in self.resources


@dataclass(frozen=True, slots=True, kw_only=True)
class EstateCache:
    prefix: str
    upstream: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EstateUser:
    """A principal that pushes or pulls, and how many repositories; a condition of it is in the matrix alone."""

    name: str
    role: str
    """The role of the stack that it assumes for it; empty for another principal."""
    repositories: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Estate:
    home: EstateRegistry
    replicas: tuple[EstateRegistry, ...]
    caches: tuple[EstateCache, ...]
    roles: dict[str, str]
    """The description of each role of the stack."""
    pushers: tuple[EstateUser, ...]
    pullers: tuple[EstateUser, ...]


def estate(rendered: Render, matrix: Matrix) -> Estate:
    home, *replicas = _registries(rendered)
    rules = [each.inputs for each in rendered.resources if each.type == PULL_THROUGH_RULE]
    caches = {str(each.get("ecrRepositoryPrefix")): str(each.get("upstreamRegistryUrl")) for each in rules}
    roles = [each.inputs for each in rendered.resources if each.type == ROLE]
    return Estate(
        home=home,
        replicas=tuple(replicas),
        caches=tuple(EstateCache(prefix=prefix, upstream=upstream) for prefix, upstream in caches.items()),
        roles={str(each.get("name")): str(each.get("description", "")) for each in roles},
        pushers=tuple(_users(matrix, Access.PUSH)),
        pullers=tuple(_users(matrix, Access.PULL)),
    )


def _registries(rendered: Render) -> Iterator[EstateRegistry]:
    """The home registry first, then those that it replicates to."""
    home, destinations = (rendered.account, rendered.home), set(_destinations(rendered.resources))
    regional = [each for each in rendered.resources if each.region and each.type in (REPOSITORY, KEY, TOPIC)]
    places = grouped(regional, lambda each: (account_of(each, rendered.account), str(each.region)))
    for place in sorted(
        {home, *places, *destinations}, key=lambda each: (each != home, each not in destinations, each)
    ):
        account, region = place
        yield EstateRegistry(
            account=account,
            region=region,
            host=registry_host(account, region),
            resources=Counter(each.type for each in places.get(place, ())),
            replicated_to=place in destinations,
        )


def _destinations(resources: Iterable[Resource]) -> Iterator[tuple[str, str]]:
    for each in resources:
        if each.type == REPLICATION_CONFIGURATION:
            for rule in each.inputs["replicationConfiguration"]["rules"]:
                yield from ((str(to["registryId"]), str(to["region"])) for to in rule["destinations"])


def _users(matrix: Matrix, access: Access) -> list[EstateUser]:
    """Those of the most repositories first; a principal that can't log in can neither push nor pull."""
    found: dict[tuple[str, str], set[str]] = {}
    for cell in matrix.cells:
        if cell.access is access and cell.login is not False:
            role = cell.principal.label if cell.principal.entrants else ""
            for name in cell.principal.names:
                found.setdefault((name.partition(" (if ")[0], role), set()).add(cell.repository)
    users = [EstateUser(name=name, role=role, repositories=len(some)) for (name, role), some in found.items()]
    return sorted(users, key=lambda each: -each.repositories)
