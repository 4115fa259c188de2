"""Lifecycle policies, in the inputs of resources."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import islice
from typing import Any

from pydantic import Field

from domain.document_text import to_json_text
from domain.ecr.globs import Effort, TooComplex
from domain.ecr.lifecycle import PolicyRule, fits_no_tag, is_dead, lost, reached, read_lifecycle
from domain.ecr.lifecycle_grammar import validate_text
from domain.ecr.retention import RetentionEffect
from domain.problems import Problem
from policies.checks.input_values import holds_unknown
from policies.pack.rule import Finding, Parameters, Results, Undecided

_CACHE_SIZE = 4096
"""Most repositories have one of a few policies."""


class LifecycleParameters(Parameters):
    protected_tags: tuple[str, ...] = Field(
        ("v*", "release-*"), description="tag patterns of images that must not expire because of their age"
    )
    minimum_kept: int = Field(
        5, ge=1, description="how many images a rule by count must keep, if it selects protected tags"
    )


def check_lifecycle_policy(
    inputs: Mapping[str, Any], key: str, protected_tags: tuple[str, ...], minimum_kept: int
) -> Results:
    """The policy must be valid, each of its rules must be able to act, and images with protected tags must be kept."""
    policy = inputs.get(key)
    if holds_unknown(policy):
        yield Undecided((key,))
    elif isinstance(policy, str | Mapping):
        for finding in _check_text(_text(policy), protected_tags, minimum_kept):
            yield replace(finding, path=(key, *finding.path))
    else:
        yield Finding(f"has a lifecycle policy that is not text: {policy!r}", (key,))


def check_standby_lifecycle(inputs: Mapping[str, Any], key: str) -> Results:
    """A replica is rarely pulled: no rule may archive what is not pulled. Nothing is checked in an invalid policy."""
    rules = rules_in(inputs, key)
    if isinstance(rules, Undecided):
        yield rules
        return
    for rule in rules:
        if rule.rule.effect is RetentionEffect.ARCHIVE_UNPULLED_AFTER_DAYS and not rule.is_shield:
            message = f"{rule} would archive the images of a replica, which are never pulled"
            yield Finding(message, (key, "rules", rule.index))


def rules_in(inputs: Mapping[str, Any], key: str) -> tuple[PolicyRule, ...] | Undecided:
    """The rules of the policy under the key, in their order of precedence; none of an invalid one."""
    policy = inputs.get(key)
    if holds_unknown(policy):
        return Undecided((key,))
    return _rules(_text(policy)) if isinstance(policy, str | Mapping) else ()


@lru_cache(maxsize=_CACHE_SIZE)
def _rules(text: str) -> tuple[PolicyRule, ...]:
    return () if validate_text(text) else tuple(read_lifecycle(text))


def _text(policy: str | Mapping[str, Any]) -> str:
    return policy if isinstance(policy, str) else to_json_text(_with_whole_numbers(policy))


@lru_cache(maxsize=_CACHE_SIZE)
def _check_text(text: str, protected_tags: tuple[str, ...], minimum_kept: int) -> tuple[Finding, ...]:
    """All findings; of an invalid policy, only why it is invalid."""
    problems = validate_text(text)
    if problems:
        return tuple(map(_invalid, problems))
    rules, effort = _rules(text), Effort()
    findings: list[Finding] = []
    try:
        for rule in rules:
            findings += _check_rule(rule, rules, protected_tags, minimum_kept, effort)
    except TooComplex:
        findings.append(Finding("has tag patterns that are too complex to check: write fewer or simpler ones"))
    return tuple(findings)


def _check_rule(
    rule: PolicyRule, rules: Sequence[PolicyRule], protected_tags: Sequence[str], minimum_kept: int, effort: Effort
) -> Iterator[Finding]:
    where, above = ("rules", rule.index), rule.above(rules)
    keeping = [each for each in rule.below(rules) if each.counts or each.is_shield]
    if is_dead(rule, above, effort):
        why = "no tag matches it" if fits_no_tag(rule, effort) else "the rules above it select all of its images"
        yield Finding(f"{rule} never acts: {why}", where)
    elif not rule.is_shield and not (rule.counts and rule.rule.count >= minimum_kept):
        for pattern in protected_tags:
            tag = reached(rule, above, pattern, effort)
            if tag is not None:
                fix, why = f'put `- {{tag: "{pattern}", keep: {minimum_kept}}}` above it', ""
                if rule.counts:
                    fix = f"write `{rule.rule.effect.value}: {minimum_kept}`"
                    why = f": it keeps {rule.rule.count}, and at least {minimum_kept} are required"
                yield Finding(f"{rule} applies to the tag {tag!r}, which {pattern} protects{why}", where, fix)
            elif not rule.counts:
                lost_by = ((each, lost(rule, above, each, pattern, effort)) for each in keeping)
                yield from islice((_loss(rule, each, tags) for each, tags in lost_by if tags), 1)


def _loss(rule: PolicyRule, keeping: PolicyRule, tags: Sequence[str]) -> Finding:
    image = f"an image with the tags {' and '.join(map(repr, tags))}"
    message = f"{rule} applies to {image}, which {keeping} would keep"
    return Finding(message, ("rules", rule.index), "move that one above")


def _invalid(problem: Problem) -> Finding:
    where = f"{'.'.join(map(str, problem.path))} " if problem.path else ""
    return Finding(f"has an invalid lifecycle policy: {where}{problem.message}", problem.path, problem.fix)


def _with_whole_numbers(value: Any) -> Any:
    """A policy given as an object: the engine sends every number as a float."""
    match value:
        case Mapping():
            return {key: _with_whole_numbers(each) for key, each in value.items() if each is not None}
        case list():
            return [_with_whole_numbers(each) for each in value]
        case float() if value.is_integer():
            return int(value)
    return value
