"""Repositories that are about to be removed: until a day, they may go without some of what the rules ask."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from pydantic import Field

from domain.resource_tags import RETIRE_UNTIL
from policies.checks.input_values import entry, is_unknown
from policies.pack.rule import Given, Parameters, Undecided


class RetiringParameters(Parameters):
    longest_retirement_days: int = Field(
        90, ge=0, description="how many days from today a repository may retire at most, so that no waiver is for ever"
    )


def not_retiring(inputs: Mapping[str, Any], given: Given[RetiringParameters]) -> str | Undecided | None:
    """Why a repository can't be held to be retiring; None when it is."""
    tags = inputs.get("tags")
    if is_unknown(tags):
        return Undecided(("tags",))
    value = entry(tags, RETIRE_UNTIL)
    if value is None:
        return f"it has no tag {RETIRE_UNTIL}"
    if is_unknown(value):
        return Undecided(("tags", RETIRE_UNTIL))
    until = _day(value)
    if until is None:
        return f"its tag {RETIRE_UNTIL} is no day such as 2027-01-31, but {value!r}"
    return _out_of_time(until, given)


def _out_of_time(until: date, given: Given[RetiringParameters]) -> str | None:
    if until < given.today:
        return f"its tag {RETIRE_UNTIL} let it retire until {until}"
    longest = given.parameters.longest_retirement_days
    if (until - given.today).days <= longest:
        return None
    last = given.today + timedelta(days=longest)
    return f"its tag {RETIRE_UNTIL} may name no day after {last}, {longest} days from today, but it is {until}"


def _day(value: object) -> date | None:
    try:
        day = date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    # Python reads other forms of ISO 8601 too.
    return day if day is not None and day.isoformat() == value else None
