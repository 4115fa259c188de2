"""The repository policy is the declared one, to the last statement."""

from domain.iam import document
from rehearsal.proofs.harness.case import Broken, Case

PROMISE = "the repository policy grants what is declared, and nothing else"


def prove(case: Case) -> str:
    declared, ecr = case.copy.policy_text, case.api("ecr")
    try:
        stands = ecr.get_repository_policy(repositoryName=case.name)["policyText"]
    except ecr.exceptions.RepositoryPolicyNotFoundException:
        stands = None
    if declared is None or stands is None:
        if declared != stands:
            raise Broken(f"declared {declared or 'no policy'}, and there is {stands or 'none'}")
        return "none"
    wanted, found = document.parse(declared), document.parse(stands)
    if not document.same(wanted, found):
        raise Broken(f"declared {declared}, and there is {stands}")
    return ", ".join(str(each.sid) for each in wanted.statements)
