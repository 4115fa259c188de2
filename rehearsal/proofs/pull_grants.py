"""Each kind of grant, used as its principal uses it: it pulls, and does no more."""

from domain.iam.grants import AccountGrant, Grant
from rehearsal.proofs.harness.case import Case
from rehearsal.proofs.harness.denied_calls import CHANGES, RegistryPrincipal, granted, require_pulled, require_refused
from rehearsal.proofs.harness.namespaces import namespace_principals, pulling_namespaces
from rehearsal.proofs.harness.stack_roles import has_tasks, tasks_by_name, tasks_of

PROMISE = "every granted principal pulls, and does no more"


def applies(case: Case) -> bool:
    return bool(case.repository.pull)


def prove(case: Case) -> str:
    pushed = case.pushed_image("grants")
    readers = []
    for grant in case.repository.pull:
        reader = _reader(case, grant)
        require_pulled(case, case.name, pushed.digest, reader)
        require_refused(case, reader, pushed, CHANGES)
        readers.append(reader.who)
    return ", ".join(readers)


def _reader(case: Case, grant: Grant) -> RegistryPrincipal:
    """The stack makes the roles of tasks and namespaces itself."""
    namespaces = {each.by_name(case.settings): each for each in pulling_namespaces(case.settings)}
    if isinstance(grant, AccountGrant) and grant in namespaces:
        return namespace_principals(case, namespaces[grant])[0]
    tasks = tasks_by_name(case.settings)
    if has_tasks(case.settings) and grant == tasks:
        return RegistryPrincipal(who=f"{tasks.account} {tasks.role}", password=tasks_of(case))
    return granted(case, grant)
