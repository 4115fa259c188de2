"""The repository has its tags."""

from rehearsal.proofs.harness.case import Broken, Case

PROMISE = "the repository carries its tags"


def prove(case: Case) -> str:
    found = case.api("ecr").list_tags_for_resource(resourceArn=case.arn)["tags"]
    actual = {each["Key"]: each["Value"] for each in found}
    if actual != dict(case.copy.tags):
        raise Broken(f"declared {dict(case.copy.tags)}, and there is {actual}")
    return ", ".join(f"{key}={value}" for key, value in sorted(actual.items()) if key == "owner")
