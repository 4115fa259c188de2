"""Other principals are denied, though their own account's policies allow them everything."""

from collections.abc import Iterator

from domain.iam.grants import AccountGrant, PullService, ServiceGrant
from rehearsal.proofs.harness.case import Case
from rehearsal.proofs.harness.denied_calls import CHANGES, PULLS, DeniedPrincipal, require_refused

PROMISE = "no other principal pulls, pushes or deletes"


def prove(case: Case) -> str:
    standing = case.standing("strangers")
    told = []
    for each in _strangers(case):
        tries = {**PULLS, **CHANGES}
        require_refused(case, each, standing, tries)
        told.append(each.who)
    return f"refused: {', '.join(told)}"


def _strangers(case: Case) -> Iterator[DeniedPrincipal]:
    """An account that nobody named, another role beside each role that is, another account's function."""
    yield DeniedPrincipal(who=f"account {case.stranger}", password=case.visitor(case.stranger))
    grants = case.repository.pull
    whole = {each.account for each in grants if isinstance(each, AccountGrant) and each.role is None}
    # AWS Lambda pulls for another account only where that account as a whole may pull, too.
    whole |= {each.account for each in grants if isinstance(each, ServiceGrant) and each.service is PullService.LAMBDA}
    named = {each.account for each in grants if isinstance(each, AccountGrant) and each.role is not None}
    for account in sorted(named - whole - {case.registry.account}):
        yield DeniedPrincipal(who=f"another role of {account}", password=case.visitor(account, "rehearsal-other"))
    for service in sorted({each.service for each in grants if isinstance(each, ServiceGrant)}, key=str):
        who = f"another account's {service.value}"
        yield DeniedPrincipal(who=who, password=case.service(service, case.stranger))
