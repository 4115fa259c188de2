"""Each kind of grant, used as its principal uses it: it pulls, and does no more."""

from domain.iam.grants import Grant
from rehearsal.proofs.harness.case import Case
from rehearsal.proofs.harness.denied_calls import CHANGES, DeniedPrincipal, granted, require_pulled, require_refused
from rehearsal.proofs.harness.stack_roles import has_tasks, tasks_by_name, tasks_of

PROMISE = "every granted principal pulls, and does no more"


def applies(case: Case) -> bool:
    return bool(case.repository.pull)


def prove(case: Case) -> str:
    standing = case.standing("grants")
    told = []
    for grant in case.repository.pull:
        guest = _guest(case, grant)
        require_pulled(case, case.name, standing.digest, guest)
        require_refused(case, guest, standing, CHANGES)
        told.append(guest.who)
    return ", ".join(told)


def _guest(case: Case, grant: Grant) -> DeniedPrincipal:
    """The stack makes the tasks' role itself."""
    tasks = tasks_by_name(case.settings)
    if has_tasks(case.settings) and grant == tasks:
        return DeniedPrincipal(who=f"{tasks.account} {tasks.role}", password=tasks_of(case))
    return granted(case, grant)
