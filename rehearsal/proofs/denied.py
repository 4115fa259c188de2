"""Other principals are denied, though their own account's policies allow them everything."""

from rehearsal.proofs.harness.case import Case
from rehearsal.proofs.harness.denied_calls import CHANGES, PULLS, other_principals, require_refused

PROMISE = "no other principal pulls, pushes or deletes"


def prove(case: Case) -> str:
    pushed = case.pushed_image("undeclared")
    denied = []
    for each in other_principals(case, case.repository.pull):
        require_refused(case, each, pushed, {**PULLS, **CHANGES})
        denied.append(each.who)
    return f"refused: {', '.join(denied)}"
