"""What ECR would refuse in a lifecycle policy.

Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html; where the page is
silent, the errors that ECR is known to answer.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import NoneType
from typing import TypeVar

from domain.document_text import parse_json, repeated_keys, to_json_text
from domain.ecr.limits import (
    ARCHIVE_MIN_DAYS,
    LIFECYCLE_COUNT_MIN,
    LIFECYCLE_PATTERN_MAX_WILDCARDS,
    LIFECYCLE_PRIORITY_MIN,
    LIFECYCLE_RULES_MAX,
    LIFECYCLE_RULES_MIN,
    LIFECYCLE_TEXT_MAX_LENGTH,
    LIFECYCLE_TEXT_MIN_LENGTH,
)
from domain.ecr.tags import WILDCARD
from domain.problems import Path, Problem
from domain.wording import nearest

_Value = TypeVar("_Value")

_KINDS: dict[type, str] = {
    NoneType: "null",
    bool: "a boolean",
    int: "a whole number",
    float: "a number with a fraction",
    str: "a string",
    list: "a list",
    dict: "an object",
}
_Shape = tuple[str, tuple[str, ...], tuple[str, ...]]
"""What an object is called, the keys that it must have, and those that it may have."""


@dataclass(frozen=True, slots=True)
class _Reader:
    """Each method gives the value when it is what it should be, and otherwise None, with the reason in `problems`."""

    problems: list[Problem] = field(default_factory=list)

    def tell(self, path: Path, value: object, message: str, fix: str) -> None:
        self.problems.append(Problem(path, value, message, fix))

    def mapping(self, value: object, path: Path, shape: _Shape) -> Mapping[str, object] | None:
        """The object, its keys checked but not yet their values."""
        if not isinstance(value, dict):
            self._mistyped(path, value, dict)
            return None
        name, required, optional = shape
        known = [*required, *optional]
        for key in value:
            if key not in known:
                self.tell((*path, key), value[key], f"is not a key of {name}", nearest(str(key), known))
        for key in required:
            if key not in value:
                self.tell((*path, key), None, f"is missing: {name} needs it", f"add {key!r}")
        return value

    def typed(self, holder: Mapping[str, object], key: str, path: Path, kind: type[_Value]) -> _Value | None:
        value = holder.get(key)
        # JSON's true is an int to Python.
        if isinstance(value, kind) and not isinstance(value, bool):
            return value
        if key in holder:
            self._mistyped((*path, key), value, kind)
        return None

    def word(self, holder: Mapping[str, object], key: str, path: Path, known: tuple[str, ...]) -> str | None:
        """One of the known words."""
        text = self.typed(holder, key, path, str)
        if text is not None and text not in known:
            self.tell((*path, key), text, f"is not a value of {key}", nearest(text, known))
            return None
        return text

    def companion(
        self, holder: Mapping[str, object], path: Path, key: tuple[str, str], refused: str | None, needed: str | None
    ) -> None:
        """A key, given with its one word, which some values of another key refuse, and others need."""
        name, word = key
        if refused and name in holder:
            self.tell((*path, name), holder[name], f"is not allowed with {refused}", "leave it out")
        else:
            self.word(holder, name, path, (word,))
        if needed and name not in holder:
            self.tell((*path, name), None, f"is missing: {needed} needs it", f"write {word!r}")

    def integer(self, holder: Mapping[str, object], key: str, path: Path, least: int) -> int | None:
        number = self.typed(holder, key, path, int)
        if number is not None and number < least:
            self.tell((*path, key), number, "is too small", f"write at least {least}")
            return None
        return number

    def _mistyped(self, path: Path, value: object, expected: type) -> None:
        found = next((name for kind, name in _KINDS.items() if isinstance(value, kind)), type(value).__name__)
        self.tell(path, value, f"is {found}", f"write {_KINDS[expected]}")


@dataclass(frozen=True, slots=True)
class _ReadRule:
    """What could be read of a rule; None is what is wrong or missing."""

    path: Path
    priority: int | None
    tag_status: str | None = None
    storage_class: str | None = None
    tag_lists: Mapping[str, frozenset[str]] = field(default_factory=dict)


_STANDARD, _ARCHIVE = _STORAGE_CLASSES = ("standard", "archive")
_TAGGED, _UNTAGGED, _ANY = _TAG_STATUSES = ("tagged", "untagged", "any")
_EXPIRE, _TRANSITION = _ACTIONS = ("expire", "transition")
_BY_COUNT, _BY_PUSH, _BY_PULL, _BY_ARCHIVING = _COUNT_TYPES = (
    "imageCountMoreThan", "sinceImagePushed", "sinceImagePulled", "sinceImageTransitioned",
)  # fmt: skip
PATTERN_LIST, PREFIX_LIST = _TAG_LISTS = ("tagPatternList", "tagPrefixList")

_DOCUMENT: _Shape = ("the policy", ("rules",), ())
_RULE: _Shape = ("a rule", ("rulePriority", "selection", "action"), ("description",))
_SELECTION: _Shape = (
    "a selection", ("tagStatus", "countType", "countNumber"), (*_TAG_LISTS, "storageClass", "countUnit")
)  # fmt: skip
_ACTION: _Shape = ("an action", ("type",), ("targetStorageClass",))


def validate_text(text: str) -> list[Problem]:
    """Every reason for which ECR would refuse the policy text."""
    try:
        document = parse_json(text)
        repeated = repeated_keys(document)
    except (ValueError, RecursionError) as error:
        return [Problem((), text, f"is not valid JSON: {error}", "write one JSON object with the key 'rules'")]
    return [*repeated, *validate(document)]


def validate(document: object) -> list[Problem]:
    """Every reason for which ECR would refuse the policy, which may be any JSON value."""
    reader = _Reader()
    policy = reader.mapping(document, (), _DOCUMENT)
    if policy is None:
        return reader.problems
    entries = reader.typed(policy, "rules", (), list)
    if entries is not None:
        if not LIFECYCLE_RULES_MIN <= len(entries) <= LIFECYCLE_RULES_MAX:
            fix = f"write {LIFECYCLE_RULES_MIN} to {LIFECYCLE_RULES_MAX}"
            reader.tell(("rules",), len(entries), f"has {len(entries)} rules", fix)
        rules = [rule for index, entry in enumerate(entries) if (rule := _rule(reader, entry, ("rules", index)))]
        _check_together(reader, rules)
    _check_length(reader, document)
    return reader.problems


def _rule(reader: _Reader, entry: object, path: Path) -> _ReadRule | None:
    rule = reader.mapping(entry, path, _RULE)
    if rule is None:
        return None
    priority = reader.integer(rule, "rulePriority", path, LIFECYCLE_PRIORITY_MIN)
    reader.typed(rule, "description", path, str)
    selection_path, action_path = (*path, "selection"), (*path, "action")
    selection = reader.mapping(rule["selection"], selection_path, _SELECTION) if "selection" in rule else None
    action = reader.mapping(rule["action"], action_path, _ACTION) if "action" in rule else None
    action_type = _action(reader, action, action_path) if action is not None else None
    if selection is None:
        return _ReadRule(path, priority)
    tag_status = reader.word(selection, "tagStatus", selection_path, _TAG_STATUSES)
    tag_lists = _tag_lists(reader, selection, selection_path, tag_status)
    storage_class: str | None = _STANDARD
    if "storageClass" in selection:
        storage_class = reader.word(selection, "storageClass", selection_path, _STORAGE_CLASSES)
    count_type = _count(reader, selection, selection_path)
    if count_type is not None:
        _check_combination(reader, path, count_type, storage_class, action_type)
    return _ReadRule(path, priority, tag_status, storage_class, tag_lists)


def _action(reader: _Reader, action: Mapping[str, object], path: Path) -> str | None:
    action_type = reader.word(action, "type", path, _ACTIONS)
    refused = f"{_EXPIRE}, not even null" if action_type == _EXPIRE else None
    needed = _TRANSITION if action_type == _TRANSITION else None
    reader.companion(action, path, ("targetStorageClass", _ARCHIVE), refused, needed)
    return action_type


def _tag_lists(
    reader: _Reader, selection: Mapping[str, object], path: Path, tag_status: str | None
) -> dict[str, frozenset[str]]:
    given = [key for key in _TAG_LISTS if key in selection]
    if tag_status == _TAGGED and len(given) != 1:
        message = "names its tags in both lists" if given else "selects tagged images but names no tags"
        reader.tell(path, dict(selection), message, f"write exactly one of {PATTERN_LIST!r} and {PREFIX_LIST!r}")
    if tag_status in {_UNTAGGED, _ANY}:
        for key in given:
            message = f"is not allowed with tagStatus {tag_status!r}"
            reader.tell((*path, key), selection[key], message, f"leave it out, or write tagStatus {_TAGGED!r}")
    return {key: _tag_list(reader, selection, key, path) for key in given}


def _tag_list(reader: _Reader, selection: Mapping[str, object], key: str, path: Path) -> frozenset[str]:
    entries = reader.typed(selection, key, path, list)
    if entries == []:
        reader.tell((*path, key), entries, "is empty", "write at least one entry")
    for index, entry in enumerate(entries or ()):
        if not isinstance(entry, str):
            reader.tell((*path, key, index), entry, "is not a string", "write a string")
        elif key == PATTERN_LIST:
            _check_pattern(reader, entry, (*path, key, index))
    strings = [entry for entry in entries or () if isinstance(entry, str)]
    # What is left of a faulty list says nothing about its likeness to another one.
    return frozenset(strings if len(strings) == len(entries or ()) else ())


def _check_pattern(reader: _Reader, pattern: str, path: Path) -> None:
    if not pattern:
        reader.tell(path, pattern, "is empty and fits no tag", f"write a pattern; {WILDCARD!r} fits every tag")
    if (wildcards := pattern.count(WILDCARD)) > LIFECYCLE_PATTERN_MAX_WILDCARDS:
        reader.tell(path, pattern, f"has {wildcards} wildcards", f"write at most {LIFECYCLE_PATTERN_MAX_WILDCARDS}")


def _count(reader: _Reader, selection: Mapping[str, object], path: Path) -> str | None:
    count_type = reader.word(selection, "countType", path, _COUNT_TYPES)
    number = reader.integer(selection, "countNumber", path, LIFECYCLE_COUNT_MIN)
    if count_type == _BY_ARCHIVING and number is not None and number < ARCHIVE_MIN_DAYS:
        message = "is too small: an image stays in the archive for its least time"
        reader.tell((*path, "countNumber"), number, message, f"write at least {ARCHIVE_MIN_DAYS}")
    by_count, word = count_type == _BY_COUNT, f"countType {count_type!r}"
    needed = word if count_type is not None and not by_count else None
    reader.companion(selection, path, ("countUnit", "days"), word if by_count else None, needed)
    return count_type


def _check_combination(
    reader: _Reader, path: Path, count_type: str, storage_class: str | None, action_type: str | None
) -> None:
    needed = _ARCHIVE if count_type == _BY_ARCHIVING else _STANDARD
    if storage_class not in {None, needed}:
        message = f"selects no images of the class that countType {count_type!r} is for"
        fix = f"write {_ARCHIVE!r}" if needed == _ARCHIVE else "leave it out"
        reader.tell((*path, "selection", "storageClass"), storage_class, message, fix)
    only = {_BY_PULL: _TRANSITION, _BY_ARCHIVING: _EXPIRE}.get(count_type)
    if only is not None and action_type not in {None, only}:
        message = f"is not allowed with countType {count_type!r}"
        reader.tell((*path, "action", "type"), action_type, message, f"write {only!r}, or another countType")


def _check_length(reader: _Reader, document: object) -> None:
    try:
        length = len(to_json_text(document))
    except (ValueError, TypeError, RecursionError) as error:
        reader.tell((), type(document).__name__, f"can't be written as JSON: {error}", "use plain JSON values")
        return
    if not LIFECYCLE_TEXT_MIN_LENGTH <= length <= LIFECYCLE_TEXT_MAX_LENGTH:
        fix = f"ECR takes {LIFECYCLE_TEXT_MIN_LENGTH} to {LIFECYCLE_TEXT_MAX_LENGTH} characters"
        reader.tell((), length, f"is a text of {length} characters", fix)


def _check_together(reader: _Reader, rules: Sequence[_ReadRule]) -> None:
    """Tell what is wrong with the rules as a set."""
    for rule, priority in _repeated((each, each.priority) for each in rules if each.priority is not None):
        fix = "give each rule a priority of its own"
        reader.tell((*rule.path, "rulePriority"), priority, "is the priority of an earlier rule", fix)
    classes: dict[str, list[_ReadRule]] = defaultdict(list)
    for rule in rules:
        if rule.storage_class is not None:
            classes[rule.storage_class].append(rule)
    for storage_class, members in classes.items():
        _check_class(reader, members, f"for the storage class {storage_class!r}")


def _check_class(reader: _Reader, rules: Sequence[_ReadRule], of_class: str) -> None:
    for status in (_UNTAGGED, _ANY):
        for rule in [each for each in rules if each.tag_status == status][1:]:
            message = f"is the tagStatus of an earlier rule {of_class}"
            reader.tell((*rule.path, "selection", "tagStatus"), status, message, "join the two rules to one")
    others = (each.priority for each in rules if each.tag_status in {_TAGGED, _UNTAGGED})
    highest = max(filter(None, others), default=0)
    for rule in rules:
        if rule.tag_status == _ANY and rule.priority is not None and rule.priority < highest:
            message = f"comes before other rules {of_class}, but its rule selects any image"
            fix = "make it the last rule, with the highest priority number of that class"
            reader.tell((*rule.path, "rulePriority"), rule.priority, message, fix)
    lists = ((rule, each) for rule in rules for each in rule.tag_lists.items() if each[1])
    for rule, (key, entries) in _repeated(lists):
        message = f"is the list of an earlier rule {of_class}"
        reader.tell((*rule.path, "selection", key), sorted(entries), message, "join the two rules to one")


def _repeated(values: Iterable[tuple[_ReadRule, _Value]]) -> Iterator[tuple[_ReadRule, _Value]]:
    """What an earlier rule has, too."""
    seen: set[_Value] = set()
    for rule, value in values:
        if value in seen:
            yield rule, value
        seen.add(value)
