"""The namespaces of clusters pull what is declared for them, with the roles that the stack declares."""

from rehearsal.proofs.harness.case import OTHERS, Case
from rehearsal.proofs.harness.denied_calls import CHANGES, PULLS, require_pulled, require_refused
from rehearsal.proofs.harness.namespaces import namespace_principals, pulling_namespaces

PROMISE = "the namespaces of clusters pull what is declared for them, and do nothing else"


def applies(case: Case) -> bool:
    return bool(pulling_namespaces(case.settings))


def prove(case: Case) -> str:
    pushed = case.pushed_image("namespaces")
    found = pulling_namespaces(case.settings)
    pulling, others = [each for each in found if each.pulls(case)], [each for each in found if not each.pulls(case)]
    for each in pulling:
        for principal in namespace_principals(case, each):
            require_pulled(case, case.name, pushed.digest, principal)
            require_refused(case, principal, pushed, CHANGES)
    for each in others[:OTHERS]:
        for principal in namespace_principals(case, each):
            require_refused(case, principal, pushed, {**PULLS, **CHANGES})
    names = ", ".join(each.who for each in pulling) or "no namespace"
    return f"{names} pulled, and none of {len(others[:OTHERS])} others"
