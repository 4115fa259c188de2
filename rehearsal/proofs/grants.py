"""Everybody who is granted a pull gets it; each kind of grant in the way in which it is used."""

from collections.abc import Iterator

from domain.iam.grants import AccountGrant, Grant, OrganizationGrant, ServiceGrant
from rehearsal.oci.client import Client, Refused
from rehearsal.oci.image import image
from rehearsal.proving.case import Broken, Case

PROMISE = "everybody who is granted a pull pulls"


def applies(case: Case) -> bool:
    return bool(case.repository.pull)


def prove(case: Case) -> str:
    digest = case.push(image(f"{case.subject} grants"), "rehearsal-grants")
    told = []
    for who, password in _granted(case):
        try:
            with Client(case.host, password) as client:
                client.pull(case.name, digest)
        except Refused as refused:
            raise Broken(f"{who} is granted a pull, and was refused: {refused}") from refused
        told.append(who)
    return ", ".join(told)


def _granted(case: Case) -> Iterator[tuple[str, str]]:
    return (_visitor(case, grant) for grant in case.repository.pull)


def _visitor(case: Case, grant: Grant) -> tuple[str, str]:
    match grant:
        case AccountGrant(account=account, role=None):
            return account, case.puller(account)
        case AccountGrant(account=account, role=role):
            return f"{account} {role}", case.puller(account, str(role))
        case OrganizationGrant(organization=organization):
            return organization, case.puller(case.member(organization))
        case ServiceGrant(service=service, account=account):
            return f"{service.value} in {account}", case.service(service, account)
