"""Other principals are denied, though their own account's policies allow them everything."""

from rehearsal.proofs.harness.case import Case
from rehearsal.proofs.harness.denied_calls import CHANGES, PULLS, require_refused, strangers

PROMISE = "no other principal pulls, pushes or deletes"


def prove(case: Case) -> str:
    standing = case.standing("strangers")
    told = []
    for each in strangers(case, case.repository.pull):
        require_refused(case, each, standing, {**PULLS, **CHANGES})
        told.append(each.who)
    return f"refused: {', '.join(told)}"
