"""The roles that a stack has once, taken by whom they are for."""

from domain.aws import Arn
from domain.iam.grants import AccountGrant
from domain.iam.roles import TASKS_SERVICE
from localcloud.clients import AwsCredentials
from rehearsal.proofs.harness.case import Broken, RegistryCase
from settings import Settings
from settings.declared.iam_roles import auditor_role, task_role


def has_tasks(settings: Settings) -> bool:
    return any(each.tasks for each in settings.repositories) or any(each.tasks for each in settings.caches)


def tasks_by_name(settings: Settings) -> AccountGrant:
    """The grant of a repository that names the role for tasks."""
    role = f"{settings.role_path.removeprefix('/')}{task_role(settings.stack)}"
    return AccountGrant(account=settings.home.account, role=role)


def task_session(case: RegistryCase, account: str, service: str = TASKS_SERVICE) -> AwsCredentials | None:
    """Of the role for tasks, as a service takes it for a cluster of the account; None where it does not get it."""
    home = case.settings.home
    cluster = Arn(home.id.partition, "ecs", home.region, account, "cluster/rehearsal")
    return case.principals.service(service, case.role_arn(task_role(case.settings.stack)), cluster)


def tasks_of(case: RegistryCase) -> str:
    """The password of the account's tasks."""
    session = task_session(case, case.settings.home.account)
    if session is None:
        raise Broken("Amazon ECS does not get the role for the account's tasks")
    return case.principals.password(session, case.registry.region)


def auditor_session(case: RegistryCase, auditor: Arn) -> AwsCredentials:
    """The auditor's, for this principal; raises ClientError where the role does not trust it."""
    credentials = case.principals.principal(auditor, case.settings.home.region)
    return case.principals.assume(case.role_arn(auditor_role(case.settings.stack)), credentials, case.registry.region)
