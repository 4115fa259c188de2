"""Every rule there is, found by its file."""

import pkgutil
from functools import cache
from importlib import import_module

from policies import rules
from policies.pack.rule import ResourceRule, Rule, StackRule


@cache
def all_rules() -> dict[str, Rule]:
    """By id, in the order of the ids; a rule's file has its id for a name."""
    found = {}
    for module in sorted(each.name for each in pkgutil.iter_modules(rules.__path__)):
        rule = import_module(f"{rules.__name__}.{module}").RULE
        if rule.id != module.replace("_", "-"):
            raise LookupError(
                f"policies/rules/{module}.py holds the rule {rule.id!r}: a rule's file has its id as name"
            )
        found[rule.id] = rule
    return found


@cache
def resource_rules() -> dict[str, tuple[ResourceRule, ...]]:  # type: ignore[type-arg]
    """The rules that look at one resource, by its type."""
    table: dict[str, tuple[ResourceRule, ...]] = {}  # type: ignore[type-arg]
    for rule in all_rules().values():
        if isinstance(rule, ResourceRule):
            for kind in rule.types:
                table[kind] = (*table.get(kind, ()), rule)
    return table


@cache
def stack_rules() -> tuple[StackRule, ...]:  # type: ignore[type-arg]
    return tuple(rule for rule in all_rules().values() if isinstance(rule, StackRule))
