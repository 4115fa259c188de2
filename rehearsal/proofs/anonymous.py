"""Without a token nobody comes in."""

from oci.image import image
from rehearsal.proofs.harness.attempts import CHANGES, PULLS, Intruder, require_refused
from rehearsal.proofs.harness.case import Case

PROMISE = "nobody pulls, pushes or deletes without a login"


def prove(case: Case) -> str:
    standing = image(f"{case.subject} anonymous")
    case.push(standing, case.tag("anonymous"))
    nobody = Intruder(who="somebody with no login", password=None)
    tries = {**PULLS, **CHANGES}
    require_refused(case, nobody, standing, tries)
    return f"401 for each of {len(tries)} tries"
