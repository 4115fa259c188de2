"""The tags of a resource: the required ones, and the one that lets a repository be removed."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from pydantic import Field

from domain.resource_tags import REQUIRED, RETIRE_UNTIL
from policies.checks.input_values import is_unknown, value_at
from policies.pack.rule import Finding, Parameters, Results, RuleContext, Undecided


class RequiredTagsParameters(Parameters):
    tags: tuple[str, ...] = Field(REQUIRED, description="the tags that every resource must have")


def check_required_tags(inputs: Mapping[str, Any], key: str, required: Sequence[str]) -> Results:
    """The tags under the key must include the required ones, none blank."""
    tags = inputs.get(key)
    if is_unknown(tags):
        yield Undecided((key,))
        return
    for name in required:
        value = value_at(tags, name)
        if value is None:
            yield Finding(f"has no tag {name}", (key, name))
        elif not str(value).strip():
            yield Finding(f"has a blank tag {name}", (key, name))


class RetirementParameters(Parameters):
    longest_retirement_days: int = Field(
        90, ge=0, description=f"how many days from today the date in the tag {RETIRE_UNTIL} may be at most"
    )


def why_not_retiring(inputs: Mapping[str, Any], context: RuleContext[RetirementParameters]) -> str | Undecided | None:
    """Why a repository may not be removed; None while its tag `retire-until` is in the future."""
    tags = inputs.get("tags")
    if is_unknown(tags):
        return Undecided(("tags",))
    value = value_at(tags, RETIRE_UNTIL)
    if value is None:
        return f"it has no tag {RETIRE_UNTIL}"
    if is_unknown(value):
        return Undecided(("tags", RETIRE_UNTIL))
    until = _as_date(value)
    if until is None:
        return f"its tag {RETIRE_UNTIL} is not a date such as 2027-01-31, but {value!r}"
    return _why_out_of_range(until, context)


def _why_out_of_range(until: date, context: RuleContext[RetirementParameters]) -> str | None:
    if until < context.today:
        return f"its tag {RETIRE_UNTIL} expired on {until}"
    longest = context.parameters.longest_retirement_days
    if (until - context.today).days <= longest:
        return None
    last = context.today + timedelta(days=longest)
    return f"its tag {RETIRE_UNTIL} is {until}: the last allowed date is {last}, {longest} days from today"


def _as_date(value: object) -> date | None:
    try:
        found = date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    # Python reads other forms of ISO 8601 too.
    return found if found is not None and found.isoformat() == value else None
