"""What the rules of one lifecycle policy may not do together."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from domain.ecr._reader import Reader
from domain.problems import Path


@dataclass(frozen=True, slots=True)
class ReadRule:
    """What could be read of a rule; None stands for what is wrong or missing."""

    path: Path
    priority: int | None
    tag_status: str | None = None
    storage_class: str | None = None
    tag_lists: Mapping[str, frozenset[str]] | None = None


def check_together(reader: Reader, rules: Sequence[ReadRule]) -> None:
    """Tell what is wrong with the rules as a set."""
    _check_priorities(reader, rules)
    classes: dict[str, list[ReadRule]] = defaultdict(list)
    for rule in rules:
        if rule.storage_class is not None:
            classes[rule.storage_class].append(rule)
    for storage_class, members in classes.items():
        _check_only_one(reader, members, "untagged", storage_class)
        _check_only_one(reader, members, "any", storage_class)
        _check_any_is_last(reader, members, storage_class)
        _check_tag_lists(reader, members, storage_class)


def _check_priorities(reader: Reader, rules: Sequence[ReadRule]) -> None:
    seen: set[int] = set()
    for rule in rules:
        if rule.priority is None:
            continue
        if rule.priority in seen:
            fix = "give each rule a priority of its own"
            reader.tell((*rule.path, "rulePriority"), rule.priority, "is the priority of an earlier rule", fix)
        seen.add(rule.priority)


def _check_only_one(reader: Reader, rules: Sequence[ReadRule], tag_status: str, storage_class: str) -> None:
    for rule in [rule for rule in rules if rule.tag_status == tag_status][1:]:
        message = f"is the tagStatus of an earlier rule for the storage class {storage_class!r}"
        reader.tell((*rule.path, "selection", "tagStatus"), tag_status, message, "join the two rules to one")


def _check_any_is_last(reader: Reader, rules: Sequence[ReadRule], storage_class: str) -> None:
    others = [
        rule.priority for rule in rules if rule.priority is not None and rule.tag_status in {"tagged", "untagged"}
    ]
    highest = max(others, default=0)
    for rule in rules:
        if rule.tag_status == "any" and rule.priority is not None and rule.priority < highest:
            message = (
                f"comes before other rules for the storage class {storage_class!r}, but its rule selects any image"
            )
            fix = "make it the last rule, with the highest priority number of that class"
            reader.tell((*rule.path, "rulePriority"), rule.priority, message, fix)


def _check_tag_lists(reader: Reader, rules: Sequence[ReadRule], storage_class: str) -> None:
    seen: set[tuple[str, frozenset[str]]] = set()
    for rule in rules:
        for key, entries in (rule.tag_lists or {}).items():
            if entries and (key, entries) in seen:
                message = f"is the list of an earlier rule for the storage class {storage_class!r}"
                reader.tell((*rule.path, "selection", key), sorted(entries), message, "join the two rules to one")
            seen.add((key, entries))
