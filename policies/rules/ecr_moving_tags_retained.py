"""Images with tags from a pattern of movable ones expire, too."""

from collections.abc import Sequence
from functools import lru_cache

from domain.ecr.globs import TooComplex
from domain.ecr.lifecycle import PolicyRule, unselected
from domain.ecr.tags import WILDCARD
from policies.checks.moving_tags import moving_repositories
from policies.pack.rule import CheckedResource, Finding, Parameters, RuleContext, StackResults, StackRule, Undecided
from resources.ecr import LIFECYCLE_POLICY, REPOSITORY

_CACHE_SIZE = 4096
"""Most repositories have one of a few policies."""


def check(resources: Sequence[CheckedResource], _context: RuleContext[Parameters]) -> StackResults:
    for resource, found in moving_repositories(resources):
        if isinstance(found, Undecided):
            yield resource, found
            continue
        for pattern, path in found.tags.patterns:
            if WILDCARD in pattern and (message := _why_kept(pattern, found.tags.fixed, found.rules)):
                yield resource, Finding(message, path, _fix(pattern))


def _fix(pattern: str) -> str:
    own = "" if pattern == WILDCARD else f'`- {{tag: "{pattern}", expire_after_days: 14}}`, or '
    return f"write {own}`- {{any: true, keep: 50}}` for all that is left, in `retention`"


@lru_cache(maxsize=_CACHE_SIZE)
def _why_kept(pattern: str, fixed: tuple[str, ...], rules: tuple[PolicyRule, ...]) -> str | None:
    try:
        tag = unselected(pattern, fixed, rules)
    except TooComplex:
        return f"has the mutable tags {pattern}, with which its lifecycle policy is too complex to check"
    if tag is None:
        return None
    return f"keeps every image with a mutable tag such as {tag} ({pattern}): no lifecycle rule selects it"


RULE = StackRule(
    id="ecr-moving-tags-retained",
    title="Images with movable tags are selected by a lifecycle rule",
    severity="low",
    risk="A pattern such as preview-* makes a tag for each branch or pull request. Where no rule selects them, every "
    "image of a branch that was merged long ago stays, is paid for and is scanned.",
    remediation="Write a rule for the same pattern ({tag: preview-*, expire_after_days: 14} in the retention of the "
    "catalog), or one for all that is left ({any: true, keep: 50}).",
    parameters=Parameters,
    types=(REPOSITORY, LIFECYCLE_POLICY),
    check=check,
)
