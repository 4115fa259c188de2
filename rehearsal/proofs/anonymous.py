"""A login is required."""

from rehearsal.proofs.harness.case import Case
from rehearsal.proofs.harness.denied_calls import CHANGES, PULLS, RegistryPrincipal, require_refused

PROMISE = "every pull, push and deletion needs a login"


def prove(case: Case) -> str:
    pushed = case.pushed_image("anonymous")
    anonymous = RegistryPrincipal(who="a client with no login", password=None)
    tries = {**PULLS, **CHANGES}
    require_refused(case, anonymous, pushed, tries)
    return f"401 for each of {len(tries)} tries"
