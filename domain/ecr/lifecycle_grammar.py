"""What ECR would refuse in a lifecycle policy.

Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html; where the page is
silent, the errors that ECR is known to answer.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import NoneType
from typing import TypeVar

from domain.document_text import parse, repeated_keys, to_text
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

_KINDS: tuple[tuple[type, str], ...] = (
    (NoneType, "null"),
    (bool, "a boolean"),
    (int, "a whole number"),
    (float, "a number with a fraction"),
    (str, "a string"),
    (list, "a list"),
    (dict, "an object"),
)


@dataclass(frozen=True, slots=True)
class _Shape:
    """The keys of an object."""

    name: str
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Reader:
    """Each method gives the value when it is what it should be, and otherwise None, with the reason in `problems`."""

    problems: list[Problem] = field(default_factory=list)

    def tell(self, path: Path, value: object, message: str, fix: str) -> None:
        self.problems.append(Problem(path, value, message, fix))

    def mapping(self, value: object, path: Path, shape: _Shape) -> Mapping[str, object] | None:
        """The object, its keys checked but not yet their values."""
        if not isinstance(value, dict):
            self._mistyped(path, value, "an object")
            return None
        known = [*shape.required, *shape.optional]
        for key in value:
            if key not in known:
                self.tell((*path, key), value[key], f"is not a key of {shape.name}", nearest(str(key), known))
        for key in shape.required:
            if key not in value:
                self.tell((*path, key), None, f"is missing: {shape.name} needs it", f"add {key!r}")
        return value

    def items(self, holder: Mapping[str, object], key: str, path: Path) -> list[object] | None:
        return self._typed(holder, key, path, list, "a list")

    def text(self, holder: Mapping[str, object], key: str, path: Path) -> str | None:
        return self._typed(holder, key, path, str, "a string")

    def word(self, holder: Mapping[str, object], key: str, path: Path, known: tuple[str, ...]) -> str | None:
        """One of the known words."""
        text = self.text(holder, key, path)
        if text is not None and text not in known:
            self.tell((*path, key), text, f"is not a value of {key}", nearest(text, list(known)))
            return None
        return text

    def integer(self, holder: Mapping[str, object], key: str, path: Path, least: int) -> int | None:
        number = self._typed(holder, key, path, int, "a whole number")
        if number is not None and number < least:
            self.tell((*path, key), number, "is too small", f"write at least {least}")
            return None
        return number

    def _typed(
        self, holder: Mapping[str, object], key: str, path: Path, kind: type[_Value], expected: str
    ) -> _Value | None:
        value = holder.get(key)
        # JSON's true is an int to Python.
        if isinstance(value, kind) and not isinstance(value, bool):
            return value
        if key in holder:
            self._mistyped((*path, key), value, expected)
        return None

    def _mistyped(self, path: Path, value: object, expected: str) -> None:
        self.tell(path, value, f"is {_kind(value)}", f"write {expected}")


def _kind(value: object) -> str:
    return next((name for kind, name in _KINDS if isinstance(value, kind)), type(value).__name__)


@dataclass(frozen=True, slots=True)
class _ReadRule:
    """What could be read of a rule; None is what is wrong or missing."""

    path: Path
    priority: int | None
    tag_status: str | None = None
    storage_class: str | None = None
    tag_lists: Mapping[str, frozenset[str]] | None = None


_DOCUMENT = _Shape("the policy", ("rules",))
_RULE = _Shape("a rule", ("rulePriority", "selection", "action"), ("description",))
_SELECTION = _Shape(
    "a selection",
    ("tagStatus", "countType", "countNumber"),
    ("tagPatternList", "tagPrefixList", "storageClass", "countUnit"),
)
_ACTION = _Shape("an action", ("type",), ("targetStorageClass",))

_STANDARD, _ARCHIVE = _STORAGE_CLASSES = ("standard", "archive")
_TAGGED, _UNTAGGED, _ANY = _TAG_STATUSES = ("tagged", "untagged", "any")
_EXPIRE, _TRANSITION = _ACTIONS = ("expire", "transition")
_BY_COUNT, _BY_PUSH, _BY_PULL, _BY_ARCHIVING = _COUNT_TYPES = (
    "imageCountMoreThan",
    "sinceImagePushed",
    "sinceImagePulled",
    "sinceImageTransitioned",
)
PATTERN_LIST, PREFIX_LIST = _TAG_LISTS = ("tagPatternList", "tagPrefixList")
_DAYS = "days"


def validate_text(text: str) -> list[Problem]:
    """Every reason for which ECR would refuse the policy text."""
    try:
        document = parse(text)
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
    entries = reader.items(policy, "rules", ())
    if entries is not None:
        _check_rule_count(reader, len(entries))
        rules = [rule for index, entry in enumerate(entries) if (rule := _rule(reader, entry, ("rules", index)))]
        _check_together(reader, rules)
    _check_length(reader, document)
    return reader.problems


def _rule(reader: _Reader, entry: object, path: Path) -> _ReadRule | None:
    rule = reader.mapping(entry, path, _RULE)
    if rule is None:
        return None
    priority = reader.integer(rule, "rulePriority", path, LIFECYCLE_PRIORITY_MIN)
    reader.text(rule, "description", path)
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
    target = (*path, "targetStorageClass")
    if action_type == _EXPIRE and "targetStorageClass" in action:
        reader.tell(target, action["targetStorageClass"], "is not allowed with expire, not even null", "leave it out")
    else:
        reader.word(action, "targetStorageClass", path, (_ARCHIVE,))
    if action_type == _TRANSITION and "targetStorageClass" not in action:
        reader.tell(target, None, "is missing: transition needs it", f"write {_ARCHIVE!r}")
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
    entries = reader.items(selection, key, path)
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
    unit = (*path, "countUnit")
    if count_type == _BY_COUNT and "countUnit" in selection:
        reader.tell(unit, selection["countUnit"], f"is not allowed with countType {_BY_COUNT!r}", "leave it out")
    else:
        reader.word(selection, "countUnit", path, (_DAYS,))
    if count_type not in {None, _BY_COUNT} and "countUnit" not in selection:
        reader.tell(unit, None, f"is missing: countType {count_type!r} needs it", f"write {_DAYS!r}")
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


def _check_rule_count(reader: _Reader, count: int) -> None:
    if not LIFECYCLE_RULES_MIN <= count <= LIFECYCLE_RULES_MAX:
        fix = f"write {LIFECYCLE_RULES_MIN} to {LIFECYCLE_RULES_MAX}"
        reader.tell(("rules",), count, f"has {count} rules", fix)


def _check_length(reader: _Reader, document: object) -> None:
    try:
        length = len(to_text(document))
    except (ValueError, TypeError, RecursionError) as error:
        reader.tell((), type(document).__name__, f"can't be written as JSON: {error}", "use plain JSON values")
        return
    if not LIFECYCLE_TEXT_MIN_LENGTH <= length <= LIFECYCLE_TEXT_MAX_LENGTH:
        fix = f"ECR takes {LIFECYCLE_TEXT_MIN_LENGTH} to {LIFECYCLE_TEXT_MAX_LENGTH} characters"
        reader.tell((), length, f"is a text of {length} characters", fix)


def _check_together(reader: _Reader, rules: Sequence[_ReadRule]) -> None:
    """Tell what is wrong with the rules as a set."""
    _check_priorities(reader, rules)
    classes: dict[str, list[_ReadRule]] = defaultdict(list)
    for rule in rules:
        if rule.storage_class is not None:
            classes[rule.storage_class].append(rule)
    for storage_class, members in classes.items():
        _check_only_one(reader, members, "untagged", storage_class)
        _check_only_one(reader, members, "any", storage_class)
        _check_any_is_last(reader, members, storage_class)
        _check_tag_lists(reader, members, storage_class)


def _check_priorities(reader: _Reader, rules: Sequence[_ReadRule]) -> None:
    seen: set[int] = set()
    for rule in rules:
        if rule.priority is None:
            continue
        if rule.priority in seen:
            fix = "give each rule a priority of its own"
            reader.tell((*rule.path, "rulePriority"), rule.priority, "is the priority of an earlier rule", fix)
        seen.add(rule.priority)


def _check_only_one(reader: _Reader, rules: Sequence[_ReadRule], tag_status: str, storage_class: str) -> None:
    for rule in [rule for rule in rules if rule.tag_status == tag_status][1:]:
        message = f"is the tagStatus of an earlier rule for the storage class {storage_class!r}"
        reader.tell((*rule.path, "selection", "tagStatus"), tag_status, message, "join the two rules to one")


def _check_any_is_last(reader: _Reader, rules: Sequence[_ReadRule], storage_class: str) -> None:
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


def _check_tag_lists(reader: _Reader, rules: Sequence[_ReadRule], storage_class: str) -> None:
    seen: set[tuple[str, frozenset[str]]] = set()
    for rule in rules:
        for key, entries in (rule.tag_lists or {}).items():
            if entries and (key, entries) in seen:
                message = f"is the list of an earlier rule for the storage class {storage_class!r}"
                reader.tell((*rule.path, "selection", key), sorted(entries), message, "join the two rules to one")
            seen.add((key, entries))
