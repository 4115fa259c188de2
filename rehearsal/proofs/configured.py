"""The registry's own settings."""

from typing import Any

from domain.ecr.account import account_settings
from domain.iam import document
from rehearsal.proofs.harness.case import Broken, RegistryCase

PROMISE = "the registry's own settings are as declared"


def prove_registry(case: RegistryCase) -> str:
    ecr = case.api("ecr")
    declared = account_settings(blob_mounting=case.settings.blob_mounting)
    _expect("account settings", declared, {name: ecr.get_account_setting(name=name)["value"] for name in declared})
    excluded = sorted(_exclusions(ecr))
    _expect("pull time exclusions", sorted(case.settings.pull_time_exclusions), excluded)
    policy_text = case.settings.registry_policy_of(case.registry)
    _expect_policy(policy_text, ecr)
    policy = "a policy" if policy_text else "no policy"
    return f"{policy}, {len(declared)} account settings, {len(excluded)} pull time exclusions"


def _exclusions(ecr: Any) -> list[str]:
    page = ecr.list_pull_time_update_exclusions()
    found = list(page["pullTimeUpdateExclusions"])
    while "nextToken" in page:
        page = ecr.list_pull_time_update_exclusions(nextToken=page["nextToken"])
        found += page["pullTimeUpdateExclusions"]
    return found


def _expect_policy(declared: str | None, ecr: Any) -> None:
    try:
        actual = ecr.get_registry_policy()["policyText"]
    except ecr.exceptions.RegistryPolicyNotFoundException:
        actual = None
    if declared is None or actual is None:
        _expect("registry policy", declared, actual)
    elif not document.same(document.parse(declared), document.parse(actual)):
        raise Broken(f"registry policy: declared {declared}, and there is {actual}")


def _expect(what: str, declared: object, actual: object) -> None:
    if declared != actual:
        raise Broken(f"{what}: declared {declared}, and there is {actual}")
