"""A lifecycle policy in the catalog's words, as far as they can say it."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from domain.document_text import parse_json, to_json_text
from domain.ecr.lifecycle import PLAIN_ASTERISK, read_lifecycle
from domain.ecr.lifecycle_grammar import PREFIX_LIST, validate, validate_text
from domain.ecr.retention import Rule, Selector, compile_policy
from domain.ecr.tags import WILDCARD
from domain.problems import path_text, shorten
from settings.written.fields import DEFAULT_PRESET

Rules = tuple[Rule, ...]


def propose_retention(text: str, presets: Mapping[str, Rules]) -> str | list[dict[str, object]]:
    """The preset that has exactly these rules, or the rules; the preset `default` where no rules can say it."""
    if not_sayable(text):
        return DEFAULT_PRESET
    rules = decompile(text)
    same = (name for name, preset in presets.items() if list(map(_meaning, preset)) == list(map(_meaning, rules)))
    return next(same, None) or [_as_written(rule) for rule in rules]


@cache
def decompile(text: str) -> Rules:
    """The rules that compile to what the policy means; a description that compiling makes anyway is left out."""
    return tuple(_without_made_description(each.rule) for each in read_lifecycle(text))


def like(text: str, other: str) -> str:
    """The policy as it would be written were its rules those of the other policy wherever they mean the same.

    A policy that can't be read_lifecycle stays as it is."""
    if validate_text(text):
        return text
    known = {_meaning(each.rule): each.rule for each in read_lifecycle(other)}
    rules = [known.get(_meaning(rule), replace(rule, description=None)) for rule in decompile(text)]
    return to_json_text(compile_policy([_readable(rule) for rule in rules]))


@cache
def not_sayable(text: str) -> tuple[str, ...]:
    """Why the catalog can't say this policy, rule by rule; nothing where it can."""
    problems = validate_text(text)
    if not problems:
        if asterisks := tuple(_asterisks(text)):
            return asterisks
        # A prefix and a pattern that mean the same are two lists to ECR, and one to us.
        problems = validate(compile_policy(decompile(text)))
    return tuple(f"{path_text(each.path) or 'the policy'}: {shorten(each.value)} {each.message}" for each in problems)


def _asterisks(text: str) -> Iterator[str]:
    document: Any = parse_json(text)
    for rule in document["rules"]:
        for prefix in rule["selection"].get(PREFIX_LIST, ()):
            if WILDCARD in prefix:
                message = "in a list of prefixes `*` is itself, and no tag has one: the rule acts on nothing"
                yield f"the rule of priority {rule['rulePriority']}, prefix {prefix!r}: {message}"


def _meaning(rule: Rule) -> tuple[object, ...]:
    return rule.selector, rule.effect, rule.count, tuple(sorted(rule.patterns))


def _readable(rule: Rule) -> Rule:
    return replace(rule, patterns=tuple(each.replace(PLAIN_ASTERISK, "[*]") for each in rule.patterns))


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
