"""Nobody else gets in, though their own account would let them."""

from collections.abc import Iterator

from domain.iam.grants import AccountGrant, ServiceGrant
from rehearsal.oci.client import Client, Refused
from rehearsal.oci.image import image
from rehearsal.proving.case import Broken, Case

PROMISE = "nobody pulls who is not granted it"

_REFUSED = "DENIED"


def prove(case: Case) -> str:
    digest = case.push(image(f"{case.subject} strangers"), "rehearsal-strangers")
    told = []
    for who, password in _strangers(case):
        try:
            with Client(case.host, password) as client:
                client.pull(case.name, digest)
        except Refused as refused:
            if refused.code != _REFUSED:
                raise
            told.append(who)
        else:
            raise Broken(f"{who} pulled, and nothing grants it")
    return f"refused: {', '.join(told)}"


def _strangers(case: Case) -> Iterator[tuple[str, str]]:
    """An account that nobody named, another role beside each role that is, another account's function."""
    yield f"account {case.stranger}", case.puller(case.stranger)
    grants = case.repository.pull
    whole = {each.account for each in grants if isinstance(each, AccountGrant) and each.role is None}
    named = {each.account for each in grants if isinstance(each, AccountGrant) and each.role is not None}
    for account in sorted(named - whole - {case.place.account}):
        yield f"another role of {account}", case.puller(account, "rehearsal-other")
    for service in sorted({each.service for each in grants if isinstance(each, ServiceGrant)}, key=str):
        yield f"another account's {service.value}", case.service(service, case.stranger)
