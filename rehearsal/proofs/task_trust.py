"""Amazon ECS assumes the tasks' role, for this account's tasks alone."""

from rehearsal.proofs.harness.case import Broken, RegistryCase
from rehearsal.proofs.harness.stack_roles import has_tasks, task_session

PROMISE = "no other service, and no other account's tasks, assume the tasks' role"

_OTHER_SERVICES = ("ec2.amazonaws.com", "lambda.amazonaws.com", "codebuild.amazonaws.com")


def applies(case: RegistryCase) -> bool:
    return case.registry.home and has_tasks(case.settings)


def prove_registry(case: RegistryCase) -> str:
    account = case.settings.home.account
    if task_session(case, account) is None:
        raise Broken("Amazon ECS does not get it for the account's tasks")
    if task_session(case, case.other_account) is not None:
        raise Broken("Amazon ECS gets it for tasks of another account")
    for service in _OTHER_SERVICES:
        if task_session(case, account, service) is not None:
            raise Broken(f"{service} gets it")
    return f"refused: tasks of {case.other_account}, {', '.join(_OTHER_SERVICES)}"
