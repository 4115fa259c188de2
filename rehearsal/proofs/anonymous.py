"""Without a token nobody comes in."""

from rehearsal.proofs.harness.attempts import CHANGES, PULLS, Intruder, require_refused
from rehearsal.proofs.harness.case import Case

PROMISE = "nobody pulls, pushes or deletes without a login"


def prove(case: Case) -> str:
    standing = case.standing("anonymous")
    nobody = Intruder(who="somebody with no login", password=None)
    tries = {**PULLS, **CHANGES}
    require_refused(case, nobody, standing, tries)
    return f"401 for each of {len(tries)} tries"
