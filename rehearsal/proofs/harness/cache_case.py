"""What a proof about a pull-through cache is given: the cache, and whoever pulls from it."""

from collections.abc import Iterator
from dataclasses import dataclass

from domain.ecr.cache import Cache
from domain.iam.actions import IMPORT_ACTIONS, PULL_ACTIONS
from domain.iam.grants import AccountGrant, Grant
from rehearsal.proofs.harness.case import RegistryCase
from rehearsal.proofs.harness.denied_calls import DeniedPrincipal, granted
from rehearsal.proofs.harness.stack_roles import tasks_of
from rehearsal.proofs.harness.upstream_registries import TASKS, names


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheCase(RegistryCase):
    """One cache, at home."""

    cache: Cache

    @property
    def subject(self) -> str:
        return f"cache {self.cache.rule.prefix}@{self.registry.name}"

    def guests(self) -> Iterator[tuple[str, DeniedPrincipal]]:
        """Whoever may pull, each with a repository of their own to bring in."""
        mine = names(self.cache)
        for number, grant in enumerate(self.cache.pull):
            yield mine[str(number)], self._guest(grant)
        if self.cache.tasks:
            yield mine[TASKS], DeniedPrincipal(who="a task", password=tasks_of(self))

    def _guest(self, grant: Grant) -> DeniedPrincipal:
        if grant != AccountGrant(account=self.registry.account):
            return granted(self, grant)
        # A grant to the own account leaves it to the account's own policies.
        password = self._password("rehearsal-importer", (*PULL_ACTIONS, *IMPORT_ACTIONS), self._everything)
        return DeniedPrincipal(who=grant.account, password=password)
