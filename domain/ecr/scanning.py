"""A registry's scanning configuration: what ECR accepts, and what it means for a repository."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from domain.ecr.limits import SCAN_FILTER_MAX_LENGTH, SCAN_FILTERS_PER_RULE_MAX, SCAN_RULES_MAX
from domain.ecr.tags import WILDCARD, tag_matches
from domain.problems import Problem


class ScanType(Enum):
    """Who scans: ECR itself, or Amazon Inspector."""

    BASIC = "BASIC"
    ENHANCED = "ENHANCED"


class ScanFrequency(Enum):
    """When a repository's images are scanned."""

    SCAN_ON_PUSH = "SCAN_ON_PUSH"
    CONTINUOUS_SCAN = "CONTINUOUS_SCAN"
    MANUAL = "MANUAL"
    """What basic scanning does where no rule tag_matches; it can't be configured."""


@dataclass(frozen=True, slots=True)
class ScanRule:
    """How often the repositories are scanned whose name one of the filters tag_matches."""

    frequency: ScanFrequency
    filters: tuple[str, ...]


_FREQUENCIES = {
    ScanType.BASIC: (ScanFrequency.SCAN_ON_PUSH,),
    ScanType.ENHANCED: (ScanFrequency.SCAN_ON_PUSH, ScanFrequency.CONTINUOUS_SCAN),
}
# The language of the API's `^[a-z0-9*](?:[._\-/a-z0-9*]?[a-z0-9*]+)*$`, which backtracks without end as it is written.
_FILTER = re.compile(r"[a-z0-9*]+(?:[._/-][a-z0-9*]+)*")


def scanning_problems(scan_type: ScanType, rules: Sequence[ScanRule]) -> list[Problem]:
    """What ECR would refuse in the configuration; a path begins with the rule's index."""
    problems: list[Problem] = []
    if len(rules) > SCAN_RULES_MAX:
        fix = f"write at most {SCAN_RULES_MAX}, one for each frequency"
        problems.append(Problem((), len(rules), f"has {len(rules)} rules", fix))
    seen: set[ScanFrequency] = set()
    for index, rule in enumerate(rules):
        if rule.frequency in seen:
            fix = "move its filters to the first rule with this frequency"
            problems.append(Problem((index, "frequency"), rule.frequency.value, "has a rule already", fix))
        seen.add(rule.frequency)
        problems += [problem.under(index) for problem in _rule_problems(scan_type, rule)]
    return problems


def filter_matches(filter: str, name: str) -> bool:
    """Whether a name fits: a filter without wildcard means "contains", one with `*` matches the whole name."""
    return tag_matches(_as_pattern(filter), name)


def filter_contains(outer: str, inner: str) -> bool:
    """Whether every name that fits the inner filter fits the outer one too."""
    # The inner one's wildcards become what is not a character of a filter, so only a `*` of the outer one takes it.
    return tag_matches(_as_pattern(outer), _as_pattern(inner).replace(WILDCARD, "\0"))


def _as_pattern(filter: str) -> str:
    return filter if WILDCARD in filter else f"{WILDCARD}{filter}{WILDCARD}"


def frequency_for(name: str, scan_type: ScanType, rules: Sequence[ScanRule]) -> ScanFrequency | None:
    """How often the repository is scanned; None is never, which is what enhanced scanning does without a rule."""
    found = {rule.frequency for rule in rules if any(filter_matches(text, name) for text in rule.filters)}
    for frequency in (ScanFrequency.CONTINUOUS_SCAN, ScanFrequency.SCAN_ON_PUSH):
        if frequency in found:
            return frequency
    return ScanFrequency.MANUAL if scan_type is ScanType.BASIC else None


def _rule_problems(scan_type: ScanType, rule: ScanRule) -> list[Problem]:
    problems: list[Problem] = []
    allowed = _FREQUENCIES[scan_type]
    if rule.frequency not in allowed:
        message = f"is not available with {scan_type.value} scanning"
        fix = f"write {' or '.join(frequency.value for frequency in allowed)}"
        problems.append(Problem(("frequency",), rule.frequency.value, message, fix))
    if len(rule.filters) > SCAN_FILTERS_PER_RULE_MAX:
        fix = f"write at most {SCAN_FILTERS_PER_RULE_MAX}; a filter with '*' covers many names"
        problems.append(Problem(("filters",), len(rule.filters), f"has {len(rule.filters)} filters", fix))
    for index, text in enumerate(rule.filters):
        problems += [problem.under("filters", index) for problem in _filter_problems(text)]
    return problems


def _filter_problems(text: str) -> list[Problem]:
    if not text:
        return [Problem((), text, "is empty", "write '*' for every repository")]
    problems: list[Problem] = []
    if len(text) > SCAN_FILTER_MAX_LENGTH:
        fix = f"write at most {SCAN_FILTER_MAX_LENGTH}"
        problems.append(Problem((), text, f"is too long: {len(text)} characters", fix))
    if not _FILTER.fullmatch(text):
        fix = "use a-z, 0-9 and '*', with single '.', '_', '-' or '/' between them"
        problems.append(Problem((), text, "is not a valid repository filter", fix))
    return problems
