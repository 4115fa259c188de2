"""What is wrong with a lifecycle policy, wherever a resource's inputs hold one."""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any

from pydantic import Field

from domain.document_text import to_text
from domain.ecr.globs import Effort, TooComplex
from domain.ecr.lifecycle import PolicyRule, fits_no_tag, is_dead, lost, reached, read
from domain.ecr.lifecycle_grammar import validate_text
from domain.ecr.retention import Effect
from domain.problems import Problem
from policies.checks.input_values import holds_unknown
from policies.pack.rule import Finding, Parameters, Undecided, Verdict

_KEPT = 4096
"""Policies of one run that are kept: most repositories share a few."""
_EXPIRES, _ARCHIVES = "expire", "archive"
_DEEDS = {
    Effect.KEEP: (_EXPIRES, ""),
    Effect.EXPIRE_AFTER_DAYS: (_EXPIRES, "after its push"),
    Effect.ARCHIVE_KEEP: (_ARCHIVES, ""),
    Effect.ARCHIVE_AFTER_DAYS: (_ARCHIVES, "after its push"),
    Effect.ARCHIVE_UNPULLED_AFTER_DAYS: (_ARCHIVES, "after its last pull"),
    Effect.EXPIRE_ARCHIVED_AFTER_DAYS: (_EXPIRES, "after it was archived"),
}


class SoundLifecycle(Parameters):
    protected_tags: tuple[str, ...] = Field(
        ("v*", "release-*"), description="patterns of the tags whose images never go for their age alone"
    )
    minimum_kept: int = Field(
        5, ge=1, description="how many images a rule by count leaves at least, where it selects protected tags"
    )


def unsound(
    inputs: Mapping[str, Any], key: str, protected_tags: tuple[str, ...], minimum_kept: int
) -> Iterator[Verdict]:
    """What is wrong with the policy under the key: that it is not there is wrong too."""
    policy = inputs.get(key)
    if holds_unknown(policy):
        yield Undecided((key,))
    elif isinstance(policy, str | Mapping):
        for finding in _judged(_text(policy), protected_tags, minimum_kept):
            yield Finding(finding.message, (key, *finding.path))
    else:
        yield Finding(f"has no policy text, but {policy!r}", (key,))


def archives_unpulled(inputs: Mapping[str, Any], key: str) -> Iterator[Verdict]:
    """The rules by which a replica would lose what nobody pulls there; nothing where ECR would refuse the policy."""
    policy = inputs.get(key)
    if holds_unknown(policy):
        yield Undecided((key,))
    elif isinstance(policy, str | Mapping):
        for finding in _by_pull(_text(policy)):
            yield Finding(finding.message, (key, *finding.path))


@lru_cache(maxsize=_KEPT)
def _by_pull(text: str) -> tuple[Finding, ...]:
    if validate_text(text):
        return ()
    acting = [each for each in read(text) if each.rule.effect is Effect.ARCHIVE_UNPULLED_AFTER_DAYS]
    return tuple(
        Finding(
            f"{_told(each)} would archive what is not pulled for {_days(each)}, and a standby is never pulled",
            ("rules", each.index),
        )
        for each in acting
        if not each.is_shield
    )


def _text(policy: str | Mapping[str, Any]) -> str:
    return policy if isinstance(policy, str) else to_text(_with_whole_numbers(policy))


@lru_cache(maxsize=_KEPT)
def _judged(text: str, protected_tags: tuple[str, ...], minimum_kept: int) -> tuple[Finding, ...]:
    """Everything that is wrong with the text. What ECR refuses is judged no further."""
    problems = validate_text(text)
    if problems:
        return tuple(map(_refused, problems))
    rules, effort = read(text), Effort()
    findings: list[Finding] = []
    try:
        for rule in rules:
            findings += _of_rule(rule, rules, protected_tags, minimum_kept, effort)
    except TooComplex:
        findings.append(Finding("has patterns too entangled to be judged: write fewer or simpler ones"))
    return tuple(findings)


def _of_rule(
    rule: PolicyRule, rules: Sequence[PolicyRule], protected_tags: Sequence[str], minimum_kept: int, effort: Effort
) -> Iterator[Finding]:
    where, above = ("rules", rule.index), rule.above(rules)
    keeping = [each for each in rule.below(rules) if each.counts or each.is_shield]
    if is_dead(rule, above, effort):
        why = "there is no such tag" if fits_no_tag(rule, effort) else "the rules above it have all of its images"
        yield Finding(f"{_told(rule)} never acts: {why}", where)
    elif not rule.is_shield and not (rule.counts and rule.rule.count >= minimum_kept):
        for pattern in protected_tags:
            tag = reached(rule, above, pattern, effort)
            if tag is not None:
                yield Finding(_harm(rule, tag, pattern, minimum_kept), where)
            elif not rule.counts:
                lost_by = ((each, lost(rule, above, each, pattern, effort)) for each in keeping)
                yield from islice(
                    (Finding(_loss(rule, each, tags, pattern), where) for each, tags in lost_by if tags), 1
                )


def _harm(rule: PolicyRule, tag: str, pattern: str, minimum_kept: int) -> str:
    deed, clock = _DEEDS[rule.rule.effect]
    if rule.counts:
        newest = f"all but the newest {rule.rule.count}"
        return (
            f"{_told(rule)} would {deed} {newest}, the tag {tag!r} among them: {pattern} keeps {minimum_kept} at least"
        )
    return f"{_told(rule)} would {deed} the tag {tag!r}, {_days(rule)} {clock}: {pattern} is protected"


def _loss(rule: PolicyRule, keeping: PolicyRule, tags: Sequence[str], pattern: str) -> str:
    deed, clock = _DEEDS[rule.rule.effect]
    return (
        f"{_told(rule)} would {deed} an image tagged {' and '.join(map(repr, tags))}, {_days(rule)} {clock}: put"
        f" {_told(keeping)}, which keeps {pattern}, above it"
    )


def _days(rule: PolicyRule) -> str:
    return f"{rule.rule.count} day{'s' * (rule.rule.count != 1)}"


def _told(rule: PolicyRule) -> str:
    return f"rule {rule.priority} ({rule.selection})"


def _refused(problem: Problem) -> Finding:
    where = f"{'.'.join(map(str, problem.path))} " if problem.path else ""
    return Finding(f"has a policy that ECR refuses: {where}{problem.message} ({problem.fix})", problem.path)


def _with_whole_numbers(value: Any) -> Any:
    """A policy written as an object and not as text: the engine makes every number a float."""
    match value:
        case Mapping():
            return {key: _with_whole_numbers(each) for key, each in value.items() if each is not None}
        case list():
            return [_with_whole_numbers(each) for each in value]
        case float() if value.is_integer():
            return int(value)
    return value
