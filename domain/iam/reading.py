"""Reads the statements of a policy and collects everything that is wrong with them."""

import math
import re
from collections.abc import Callable, Iterator, Mapping

from domain.aws import ARN_PARTS, Arn, is_account_id
from domain.iam.statement import (
    ANYONE,
    Caseless,
    Condition,
    ConditionOperator,
    Effect,
    Operator,
    Principal,
    PrincipalKind,
    Qualifier,
    Statement,
)
from domain.problems import Path, Problem
from domain.wording import nearest

ELEMENTS = ("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition")

_ACTION = re.compile(r"\*|(?:\*|[A-Za-z0-9-]+):[A-Za-z0-9*?]+")
_OPERATOR = re.compile(r"(?:(?P<qualifier>\w+):)?(?P<base>\w+?)(?P<if_exists>IfExists)?")
# What IAM shows in place of the ARN of a principal that was deleted, or accepts for one that exists.
_UNIQUE_ID = re.compile(r"A[A-Z0-9]{15,127}")

_QUALIFIERS, _OPERATORS = {each.value: each for each in Qualifier}, {each.value: each for each in Operator}

Check = Callable[[str], tuple[str, str] | None]
"""Gives what is wrong with a text and what to do about it, or nothing."""


class Reader:
    def __init__(self, *, incomplete_arns: bool = False) -> None:
        self.problems: list[Problem] = []
        self._incomplete_arns = incomplete_arns

    def fault(self, path: Path, value: object, message: str, fix: str) -> None:
        self.problems.append(Problem(path, value, message, fix))

    def mapping(self, value: object, path: Path) -> Mapping[object, object]:
        if isinstance(value, Mapping):
            return value
        self.fault(path, value, f"is {_kind(value)}", "write an object")
        return {}

    def known(self, raw: Mapping[object, object], names: tuple[str, ...], path: Path) -> None:
        for name, value in raw.items():
            if name not in names:
                word = str(name)
                self.fault((*path, word), value, f"{word!r} is not a valid element", nearest(word, names))

    def text(self, raw: Mapping[object, object], name: str, path: Path) -> str | None:
        """An element that is one string; an empty one says as much as none."""
        value = raw.get(name, "")
        if isinstance(value, str):
            return value or None
        self.fault((*path, name), value, f"is {_kind(value)}", "write a string")
        return None

    def statement(self, value: object, path: Path) -> Statement | None:
        raw = self.mapping(value, path)
        if raw is not value:
            return None
        self.known(raw, ELEMENTS, path)
        effect = self._effect(raw.get("Effect"), (*path, "Effect"))
        self._exclusive(raw, path, "Action", required=True)
        self._exclusive(raw, path, "Resource", required=False)
        self._exclusive(raw, path, "Principal", required=False)
        return Statement(
            sid=self.text(raw, "Sid", path),
            effect=effect,
            principals=self._principals(raw, "Principal", path),
            not_principals=self._principals(raw, "NotPrincipal", path),
            actions=self._actions(raw, "Action", path),
            not_actions=self._actions(raw, "NotAction", path),
            resources=self._resources(raw, "Resource", path),
            not_resources=self._resources(raw, "NotResource", path),
            conditions=self._conditions(raw, path),
        )

    def _effect(self, value: object, path: Path) -> Effect:
        if value in [each.value for each in Effect]:
            return Effect(value)
        self.fault(path, value, "is not a valid effect", "write exactly 'Allow' or 'Deny'")
        return Effect.DENY

    def _exclusive(self, raw: Mapping[object, object], path: Path, name: str, *, required: bool) -> None:
        opposite = f"Not{name}"
        if name in raw and opposite in raw:
            self.fault((*path, opposite), raw[opposite], f"can't be combined with {name}", f"keep {name} or {opposite}")
        elif required and name not in raw and opposite not in raw:
            self.fault((*path, name), None, "is missing", f"add {name} or {opposite}")

    def _texts(self, raw: Mapping[object, object], name: str, path: Path, check: Check) -> tuple[str, ...] | None:
        if name not in raw:
            return None
        return tuple(sorted(set(self._checked(raw[name], (*path, name), check))))

    def _checked(self, value: object, path: Path, check: Check) -> Iterator[str]:
        if isinstance(value, list | tuple) and not value:
            self.fault(path, value, "is empty", "name at least one, or leave the element out")
        for place, item in items(value, path):
            if not isinstance(item, str):
                self.fault(place, item, f"is {_kind(item)}", "write a string or a list of strings")
            elif found := check(item):
                self.fault(place, item, *found)
            else:
                yield item

    def _actions(self, raw: Mapping[object, object], name: str, path: Path) -> tuple[Caseless, ...] | None:
        texts = self._texts(raw, name, path, _action_fault)
        return None if texts is None else tuple(sorted(map(Caseless, texts), key=lambda each: each.folded))

    def _resources(self, raw: Mapping[object, object], name: str, path: Path) -> tuple[str, ...] | None:
        complete = _completed if self._incomplete_arns else str
        texts = self._texts(raw, name, path, lambda text: _resource_fault(complete(text)))
        return None if texts is None else tuple(sorted(set(map(complete, texts))))

    def _principals(self, raw: Mapping[object, object], name: str, path: Path) -> tuple[Principal, ...] | None:
        if name not in raw:
            return None
        value, path = raw[name], (*path, name)
        if value == ANYONE:
            return (Principal(PrincipalKind.AWS, ANYONE),)
        if not isinstance(value, Mapping) or not value:
            fix = "write '*' or an object such as {'AWS': '111122223333'}"
            self.fault(path, value, "is not a valid principal", fix)
            return ()
        self.known(value, tuple(kind.value for kind in PrincipalKind), path)
        return tuple(
            Principal(kind, text)
            for kind in PrincipalKind
            if kind in value
            for text in sorted(set(self._principal_values(kind, value[kind], (*path, kind.value))))
        )

    def _principal_values(self, kind: PrincipalKind, value: object, path: Path) -> Iterator[str]:
        if kind is PrincipalKind.AWS:
            return map(_account_or_arn, self._checked(value, path, _aws_principal_fault))
        return self._checked(value, path, _blank_fault)

    def _conditions(self, raw: Mapping[object, object], path: Path) -> tuple[Condition, ...]:
        if "Condition" not in raw:
            return ()
        path = (*path, "Condition")
        found: list[Condition] = []
        for name, block in self.mapping(raw["Condition"], path).items():
            place = (*path, str(name))
            operator = self._operator(str(name), block, place)
            found.extend(self._block(operator, self.mapping(block, place), place))
        return tuple(sorted(found, key=lambda each: (str(each.operator), each.key.folded)))

    def _block(self, operator: ConditionOperator, raw: Mapping[object, object], path: Path) -> Iterator[Condition]:
        seen: dict[str, str] = {}
        for name, value in raw.items():
            key, place = Caseless(str(name)), (*path, str(name))
            if not name or not isinstance(name, str):
                self.fault(place, name, "is not a condition key", "write a key such as aws:PrincipalOrgID")
            elif key.folded in seen:
                self.fault(place, name, f"is the key {seen[key.folded]!r} again", "give the values in one list")
            seen[key.folded] = key.written
            yield Condition(operator, key, self._condition_values(value, place))

    def _condition_values(self, value: object, path: Path) -> tuple[str, ...]:
        values: set[str] = set()
        for place, item in items(value, path):
            if (text := _scalar(item)) is not None:
                values.add(text)
            else:
                self.fault(place, item, f"is {_kind(item)}", "write strings, numbers or booleans")
        return tuple(sorted(values))

    def _operator(self, name: str, block: object, path: Path) -> ConditionOperator:
        parts = _OPERATOR.fullmatch(name)
        qualifier = parts and _QUALIFIERS.get(parts["qualifier"])
        base = parts and _OPERATORS.get(parts["base"])
        if not parts or not base or (parts["qualifier"] and not qualifier):
            prefixes = [f"{each}:" for each in Qualifier] if ":" in name else [""]
            known = [prefix + each for prefix in prefixes for each in Operator]
            self.fault(path, block, f"{name!r} is not a condition operator", nearest(name, known))
            return ConditionOperator(Operator.NULL)
        if base is Operator.NULL and parts["if_exists"]:
            self.fault(path, block, "Null takes no IfExists", "write 'Null'")
        return ConditionOperator(base, qualifier or None, if_exists=bool(parts["if_exists"]))


def items(value: object, path: Path) -> Iterator[tuple[Path, object]]:
    if isinstance(value, list | tuple):
        yield from (((*path, index), item) for index, item in enumerate(value))
    else:
        yield path, value


def _scalar(value: object) -> str | None:
    """A condition's value as IAM compares it; a whole number may arrive as a float."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return str(int(value)) if value.is_integer() else str(value)
    return str(value) if isinstance(value, int) else None


def _kind(value: object) -> str:
    if value is None:
        return "missing, or null"
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list | tuple):
        return "a list"
    return f"of type {type(value).__name__}"


def _account_or_arn(text: str) -> str:
    arn = Arn.parse(text)
    return arn.account if arn and (arn.service, arn.resource) == ("iam", "root") else text


def _action_fault(text: str) -> tuple[str, str] | None:
    fault = "is not a valid action", "write 'service:Action', such as ecr:BatchGetImage"
    return None if _ACTION.fullmatch(text) else fault


def _completed(text: str) -> str:
    """An ARN of fewer fields with wildcards for those that it lacks."""
    return text + ":*" * (ARN_PARTS - 1 - text.count(":")) if text.startswith("arn:") else text


def _resource_fault(text: str) -> tuple[str, str] | None:
    return None if text == "*" or Arn.parse(text) else ("is not a valid resource", "write an ARN or '*'")


def _blank_fault(text: str) -> tuple[str, str] | None:
    return None if text.strip() else ("is blank", "name the principal")


def _aws_principal_fault(text: str) -> tuple[str, str] | None:
    if text == ANYONE or is_account_id(text) or _UNIQUE_ID.fullmatch(text):
        return None
    arn = Arn.parse(text)
    if not arn or arn.service not in {"iam", "sts"} or not is_account_id(arn.account):
        return "is not an AWS principal", "write an account id of 12 digits, or the ARN of a role, user or session"
    if "*" in text or "?" in text:
        return "has a wildcard, which IAM refuses in a principal", "name each principal, or narrow '*' by a condition"
    return None
