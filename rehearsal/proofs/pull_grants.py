"""Each kind of grant, used as its principal uses it: it pulls, and does no more."""

from domain.iam.grants import AccountGrant, Grant, OrganizationGrant, ServiceGrant
from oci.client import Client, Refused
from rehearsal.proofs.harness.case import Broken, Case
from rehearsal.proofs.harness.denied_calls import CHANGES, DeniedPrincipal, require_refused
from rehearsal.proofs.harness.stack_roles import has_tasks, tasks_by_name, tasks_of

PROMISE = "every granted principal pulls, and does no more"


def applies(case: Case) -> bool:
    return bool(case.repository.pull)


def prove(case: Case) -> str:
    standing = case.standing("grants")
    told = []
    for grant in case.repository.pull:
        guest = _guest(case, grant)
        try:
            with Client.on_loopback(case.host, guest.password) as client:
                client.pull(case.name, standing.digest)
        except Refused as refused:
            raise Broken(f"{guest.who} is granted a pull, and was refused: {refused}") from refused
        require_refused(case, guest, standing, CHANGES)
        told.append(guest.who)
    return ", ".join(told)


def _guest(case: Case, grant: Grant) -> DeniedPrincipal:
    match grant:
        case AccountGrant(account=account, role=role) if _names_tasks(case, grant):
            return DeniedPrincipal(who=f"{account} {role}", password=tasks_of(case))
        case AccountGrant(account=account, role=None):
            return DeniedPrincipal(who=account, password=case.visitor(account))
        case AccountGrant(account=account, role=role):
            return DeniedPrincipal(who=f"{account} {role}", password=case.visitor(account, str(role)))
        case OrganizationGrant(organization=organization):
            return DeniedPrincipal(who=organization, password=case.visitor(case.member(organization)))
        case ServiceGrant(service=service, account=account):
            return DeniedPrincipal(who=f"{service.value} in {account}", password=case.service(service, account))


def _names_tasks(case: Case, grant: Grant) -> bool:
    """Whether it is to a role that the stack made itself."""
    return has_tasks(case.settings) and grant == tasks_by_name(case.settings)
