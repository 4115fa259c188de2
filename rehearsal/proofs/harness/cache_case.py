"""What a proof about a pull-through cache is given: the cache, and its readers."""

from collections.abc import Iterator
from dataclasses import dataclass

from domain.ecr.cache import Cache
from domain.iam.actions import IMPORT_ACTIONS, PULL_ACTIONS
from domain.iam.grants import AccountGrant, Grant
from rehearsal.proofs.harness.case import RegistryCase
from rehearsal.proofs.harness.denied_calls import RegistryPrincipal, granted
from rehearsal.proofs.harness.namespaces import namespace_principals, pulling_namespaces
from rehearsal.proofs.harness.stack_roles import tasks_of
from rehearsal.proofs.harness.upstream_registries import TASKS, names


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheCase(RegistryCase):
    """One cache, at home."""

    cache: Cache

    @property
    def subject(self) -> str:
        return f"cache {self.cache.rule.prefix}@{self.registry.name}"

    def readers(self) -> Iterator[tuple[str, RegistryPrincipal]]:
        """Each principal that is granted pulls, with a repository to import."""
        mine = names(self.cache)
        for number, grant in enumerate(self.cache.pull):
            yield mine[str(number)], self._reader(grant)
        if self.cache.tasks:
            yield mine[TASKS], RegistryPrincipal(who="a task", password=tasks_of(self))
        for each in pulling_namespaces(self.settings):
            if each.namespace.id in self.cache.namespaces:
                yield mine[str(each.namespace.id)], namespace_principals(self, each)[0]

    def other_namespaces(self) -> Iterator[RegistryPrincipal]:
        """Those of the stack's clusters that are not for the cache."""
        for each in pulling_namespaces(self.settings):
            if each.namespace.id not in self.cache.namespaces:
                yield namespace_principals(self, each)[0]

    def _reader(self, grant: Grant) -> RegistryPrincipal:
        if grant != AccountGrant(account=self.registry.account):
            return granted(self, grant)
        # A grant to the own account leaves it to the account's own policies.
        password = self._password("rehearsal-importer", (*PULL_ACTIONS, *IMPORT_ACTIONS), self._everything)
        return RegistryPrincipal(who=grant.account, password=password)
