"""The repository policy is the declared one, to the last statement."""

from domain.iam import document
from rehearsal.proofs.harness.case import Broken, Case

PROMISE = "the repository policy grants what is declared, and nothing else"


def prove(case: Case) -> str:
    declared, ecr = case.copy.policy_text, case.api("ecr")
    try:
        actual = ecr.get_repository_policy(repositoryName=case.name)["policyText"]
    except ecr.exceptions.RepositoryPolicyNotFoundException:
        actual = None
    if declared is None or actual is None:
        if declared != actual:
            raise Broken(f"declared {declared or 'no policy'}, and there is {actual or 'none'}")
        return "none"
    wanted, found = document.parse(declared), document.parse(actual)
    if not document.same(wanted, found):
        raise Broken(f"declared {declared}, and there is {actual}")
    return ", ".join(str(each.sid) for each in wanted.statements)
