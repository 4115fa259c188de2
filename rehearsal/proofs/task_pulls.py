"""Amazon ECS pulls what is declared for the account's tasks, with the role that the stack declares."""

from rehearsal.proofs.harness.case import Case
from rehearsal.proofs.harness.denied_calls import CHANGES, PULLS, RegistryPrincipal, require_pulled, require_refused
from rehearsal.proofs.harness.stack_roles import has_tasks, tasks_by_name, tasks_of

PROMISE = "the account's tasks in Amazon ECS pull what is declared, and do nothing else"


def applies(case: Case) -> bool:
    return has_tasks(case.settings)


def prove(case: Case) -> str:
    pushed = case.pushed_image("tasks")
    tasks = RegistryPrincipal(who="a task", password=tasks_of(case))
    if not _may_pull(case):
        require_refused(case, tasks, pushed, {**PULLS, **CHANGES})
        return "refused: it is not for tasks"
    require_pulled(case, case.name, pushed.digest, tasks)
    require_refused(case, tasks, pushed, CHANGES)
    return f"pulled {pushed.digest[:19]}"


def _may_pull(case: Case) -> bool:
    """In the account's own registries where it is said; and wherever a grant names that very role."""
    own = case.repository.tasks and case.registry.role is None
    return own or tasks_by_name(case.settings) in case.repository.pull
