"""The repository has its tags."""

from rehearsal.proofs.harness.case import Broken, Case

PROMISE = "the repository carries its tags"


def prove(case: Case) -> str:
    found = case.api("ecr").list_tags_for_resource(resourceArn=case.arn)["tags"]
    stands = {each["Key"]: each["Value"] for each in found}
    if stands != dict(case.copy.tags):
        raise Broken(f"declared {dict(case.copy.tags)}, and there is {stands}")
    return ", ".join(f"{key}={value}" for key, value in sorted(stands.items()) if key == "owner")
