"""Nobody else gets in, though their own account would let them do anything."""

from collections.abc import Iterator

from domain.iam.grants import AccountGrant, PullService, ServiceGrant
from rehearsal.proofs.harness.attempts import CHANGES, PULLS, Intruder, require_refused
from rehearsal.proofs.harness.case import Case

PROMISE = "nobody pulls, pushes or deletes who is not granted it"


def prove(case: Case) -> str:
    standing = case.standing("strangers")
    told = []
    for each in _strangers(case):
        tries = {**PULLS, **CHANGES}
        require_refused(case, each, standing, tries)
        told.append(each.who)
    return f"refused: {', '.join(told)}"


def _strangers(case: Case) -> Iterator[Intruder]:
    """An account that nobody named, another role beside each role that is, another account's function."""
    yield Intruder(who=f"account {case.stranger}", password=case.visitor(case.stranger))
    grants = case.repository.pull
    whole = {each.account for each in grants if isinstance(each, AccountGrant) and each.role is None}
    # AWS Lambda pulls for another account only where that account as a whole may pull, too.
    whole |= {each.account for each in grants if isinstance(each, ServiceGrant) and each.service is PullService.LAMBDA}
    named = {each.account for each in grants if isinstance(each, AccountGrant) and each.role is not None}
    for account in sorted(named - whole - {case.registry.account}):
        yield Intruder(who=f"another role of {account}", password=case.visitor(account, "rehearsal-other"))
    for service in sorted({each.service for each in grants if isinstance(each, ServiceGrant)}, key=str):
        who = f"another account's {service.value}"
        yield Intruder(who=who, password=case.service(service, case.stranger))
