"""A lifecycle policy in the catalog's words, as far as they can say it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from domain.document_text import parse
from domain.ecr import lifecycle
from domain.ecr.lifecycle_grammar import validate, validate_text
from domain.ecr.retention import Rule, Selector, compile_policy
from domain.ecr.tags import WILDCARD
from domain.problems import Problem
from settings.faults import path_text, shorten
from settings.written.catalog import DEFAULT_PRESET

Rules = tuple[Rule, ...]


def propose(text: str, presets: Mapping[str, Rules]) -> str | list[dict[str, object]]:
    """The preset that has exactly these rules, or the rules; the preset `default` where no rules can say it."""
    if unsayable(text):
        return DEFAULT_PRESET
    rules = decompile(text)
    same = (name for name, preset in presets.items() if _meaning(preset) == _meaning(rules))
    return next(same, None) or [_as_written(rule) for rule in rules]


@cache
def decompile(text: str) -> Rules:
    """The rules that compile to what the policy means; a description that compiling makes anyway is left out."""
    return tuple(_without_made_description(each.rule) for each in lifecycle.read(text))


def differences(old: str, new: str) -> tuple[str, ...] | None:
    """Which rules go and come, and that the others have another order; None where the old policy can't be read."""
    if validate_text(old):
        return None
    before, after = _in_words(old), _in_words(new)
    kept = [rule for rule in before if rule in after]
    reordered = kept != [rule for rule in after if rule in before]
    return (
        *(f"- {rule}" for rule in before if rule not in after),
        *(f"+ {rule}" for rule in after if rule not in before),
        *(["~ the others have another order: an image belongs to the first that its tags match"] if reordered else []),
    )


def _in_words(text: str) -> list[str]:
    """What each rule does, whatever its description says."""
    plain = [replace(rule, description=None, patterns=tuple(sorted(rule.patterns))) for rule in decompile(text)]
    document: Any = compile_policy(plain)
    return [str(rule["description"]).replace(lifecycle.PLAIN_ASTERISK, "[*]") for rule in document["rules"]]


@cache
def unsayable(text: str) -> tuple[str, ...]:
    """Why the catalog can't say this policy, rule by rule; nothing where it can."""
    problems = validate_text(text)
    if not problems and not (asterisks := tuple(_asterisks(text))):
        # A prefix and a pattern that mean the same are two lists to ECR, and one to us.
        problems = validate(compile_policy(decompile(text)))
    return tuple(map(_told, problems)) if problems else asterisks


def _asterisks(text: str) -> Iterator[str]:
    document: Any = parse(text)
    for rule in document["rules"]:
        for prefix in rule["selection"].get("tagPrefixList", ()):
            if WILDCARD in prefix:
                message = "in a list of prefixes `*` is itself, and no tag has one: the rule acts on nothing"
                yield f"the rule of priority {rule['rulePriority']}, prefix {prefix!r}: {message}"


def _told(problem: Problem) -> str:
    return f"{path_text(problem.path) or 'the policy'}: {shorten(problem.value)} {problem.message}"


def _meaning(rules: Sequence[Rule]) -> list[tuple[object, ...]]:
    return [(rule.selector, rule.effect, rule.count, sorted(rule.patterns)) for rule in rules]


def _without_made_description(rule: Rule) -> Rule:
    plain = replace(rule, description=None)
    return plain if compile_policy([plain]) == compile_policy([rule]) else rule


def _as_written(rule: Rule) -> dict[str, object]:
    written: dict[str, object] = {}
    match rule.selector:
        case Selector.UNTAGGED | Selector.ANY:
            written[rule.selector.value] = True
        case Selector.TAGGED if len(rule.patterns) == 1:
            written["tag"] = rule.patterns[0]
        case Selector.TAGGED:
            written["all_tags"] = list(rule.patterns)
    written[rule.effect.value] = rule.count
    return written if rule.description is None else {**written, "description": rule.description}
