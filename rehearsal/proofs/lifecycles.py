"""The declared lifecycle policy is the repository's."""

from domain.document_text import parse_json, to_json_text
from rehearsal.proofs.harness.case import Broken, Case

PROMISE = "the lifecycle policy is accepted, and is as declared"


def prove(case: Case) -> str:
    ecr = case.api("ecr")
    try:
        found = ecr.get_lifecycle_policy(repositoryName=case.name)["lifecyclePolicyText"]
    except ecr.exceptions.LifecyclePolicyNotFoundException as missing:
        raise Broken("there is no lifecycle policy") from missing
    actual, declared = parse_json(found), parse_json(case.copy.lifecycle_text)
    if to_json_text(actual) != to_json_text(declared):
        raise Broken(f"declared {to_json_text(declared)}, and there is {to_json_text(actual)}")
    return f"rules: {len(case.repository.retention)}"
