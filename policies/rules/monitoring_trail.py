"""Event rules see the calls of the API, which only a trail of AWS CloudTrail makes events of.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html"""

from collections.abc import Sequence

from domain.document_text import parse_json
from domain.monitoring.event_rules import CALLS
from policies.checks.input_values import as_list, is_unknown, value_at
from policies.checks.references import StackReferences
from policies.pack.rule import CheckedResource, Finding, Parameters, RuleContext, StackResults, StackRule
from resources.events import EVENT_RULE
from resources.sns import TOPIC

_UNSEEN = (
    "pushes and deletions by principals that are not declared, denied calls, settings that are changed by hand, "
    "repositories that are deleted, keys that are disabled and lifecycle policies that fail"
)


def check(resources: Sequence[CheckedResource], _context: RuleContext[Parameters]) -> StackResults:
    references = StackReferences(resources)
    for topic in references.of(TOPIC):
        rules = references.of(EVENT_RULE, beside=topic)
        if rules and not any(_is_of_calls(each.inputs.get("eventPattern")) for each in rules):
            yield topic, Finding(f"sees no API call, without a trail: no one is notified of {_UNSEEN}")


def _is_of_calls(pattern: object) -> bool:
    """A pattern that is not known yet is that of calls by which keys end, which only a trail brings."""
    if not isinstance(pattern, str) or is_unknown(pattern):
        return pattern is not None
    try:
        return CALLS in as_list(value_at(parse_json(pattern), "detail-type"))
    except (ValueError, RecursionError):
        return False


RULE = StackRule(
    id="monitoring-trail",
    title="Event rules see who called what",
    severity="medium",
    risk="Amazon ECR's own events say what happened and not who did it, and nothing of what was refused.",
    remediation="Have a trail of AWS CloudTrail log the management events of each region of the stack, then say "
    "`trail: true` under `monitoring` in the stack's file, and trail_log_group for the number of failed pushes.",
    controls=("Security Hub CloudTrail.1", "Security Hub CloudWatch.2", "Security Hub CloudWatch.7"),
    parameters=Parameters,
    types=(TOPIC, EVENT_RULE),
    check=check,
)
