"""Images are archived only where that saves money."""

from domain.ecr.lifecycle import ARCHIVING
from domain.ecr.limits import ARCHIVE_CHEAPER_FROM_TB, ARCHIVE_MIN_DAYS
from policies.checks.lifecycle_policies import rules_in
from policies.pack.rule import CheckedResource, Finding, Parameters, ResourceRule, Results, RuleContext, Undecided
from resources.ecr import CREATION_TEMPLATE, LIFECYCLE_POLICY


def check(resource: CheckedResource, _context: RuleContext[Parameters]) -> Results:
    key = "lifecyclePolicy" if resource.type == CREATION_TEMPLATE else "policy"
    rules = rules_in(resource.inputs, key)
    if isinstance(rules, Undecided):
        yield rules
        return
    for rule in rules:
        if rule.rule.effect in ARCHIVING:
            message = (
                f"{rule} saves nothing below {ARCHIVE_CHEAPER_FROM_TB} TB in the archive, and an archived image can't "
                "be pulled until it is restored"
            )
            yield Finding(message, (key, "rules", rule.index))


RULE = ResourceRule(
    id="ecr-archive-pays",
    title="Images are archived only where that saves money",
    severity="low",
    risk=f"Up to {ARCHIVE_CHEAPER_FROM_TB} TB the archive costs what the standard class costs, $0.10 a GB and month "
    "(us-east-1, March 2026), and $0.07 above. A restore costs $0.03 a GB, the archive is charged for "
    f"{ARCHIVE_MIN_DAYS} days in any case, and a pull of an archived image answers 404.",
    remediation="Keep or expire such images (keep, expire_after_days in the catalog). Disable this rule where more "
    f"than {ARCHIVE_CHEAPER_FROM_TB} TB are archived, and restored less often than once a month.",
    parameters=Parameters,
    types=(LIFECYCLE_POLICY, CREATION_TEMPLATE),
    check=check,
)
