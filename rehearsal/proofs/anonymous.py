"""A login is required."""

from rehearsal.proofs.harness.case import Case
from rehearsal.proofs.harness.denied_calls import CHANGES, PULLS, DeniedPrincipal, require_refused

PROMISE = "every pull, push and deletion needs a login"


def prove(case: Case) -> str:
    standing = case.standing("anonymous")
    nobody = DeniedPrincipal(who="somebody with no login", password=None)
    tries = {**PULLS, **CHANGES}
    require_refused(case, nobody, standing, tries)
    return f"401 for each of {len(tries)} tries"
