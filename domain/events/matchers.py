"""One leaf of an event against one value of a pattern: EventBridge's comparison operators.

The operators are those of https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html;
what they do with numbers, null and other types is that of https://github.com/aws/event-ruler, by which EventBridge
matches: no two types are equal, and `anything-but` matches every leaf that is there and not excluded, null too.
"""

import re
from collections.abc import Callable, Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from math import inf
from typing import Any

from domain.events.limits import IPV4_MASK_MAX, IPV6_MASK_MAX, WILDCARDS_MAX
from domain.problems import Problem, unknown_key, unless

ABSENT = {"exists": False}
IGNORE_CASE = "equals-ignore-case"
_BOUNDS = {">": 0, ">=": 0, "<": 1, "<=": 1, "=": 2}
_COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    "<": lambda a, b: a < b, "<=": lambda a, b: a <= b, ">": lambda a, b: a > b, ">=": lambda a, b: a >= b,
    "=": lambda a, b: a == b,
}  # fmt: skip
_ADDRESS = re.compile(r"[0-9]+(\.[0-9]+){3}|[0-9a-fA-F:]*:[0-9a-fA-F:]*")


def is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def value_matches(wanted: Any, leaf: object) -> bool:
    """Whether a leaf that is there has a value of the pattern's."""
    if not isinstance(wanted, Mapping):
        return _equal(wanted, leaf)
    ((operator, operand),) = wanted.items()
    if operator == "exists":
        return bool(operand)
    if operator == "anything-but":
        return not _excluded(operand, leaf)
    if operator == "numeric":
        return is_number(leaf) and _in_range(operand, leaf)
    return isinstance(leaf, str) and _STRINGS[operator](operand, leaf)


def value_problems(wanted: object) -> list[Problem]:
    """What EventBridge would refuse in a value of a pattern."""
    if not isinstance(wanted, Mapping):
        return unless(
            wanted is None or isinstance(wanted, str | int | float), wanted,
            "is not a value that a field can have", "write a string, a number, true, false, null or an operator",
        )  # fmt: skip
    if len(wanted) != 1:
        message = f"has {len(wanted)} operators" if wanted else "has no operator"
        return [Problem((), wanted, message, "write each as a value of its own: one of them has to match")]
    ((operator, operand),) = wanted.items()
    if operator not in _CHECKS:
        return [unknown_key((operator,), "is not an operator of event patterns", _CHECKS)]
    return [problem.under(operator) for problem in _CHECKS[operator](operand)]


# --- matching


def _equal(wanted: object, leaf: object) -> bool:
    """Equal and of one type; an address equals each way to write it."""
    if is_number(wanted) and is_number(leaf):
        return _number(wanted) == _number(leaf)
    if isinstance(wanted, str) and isinstance(leaf, str):
        address = _address(wanted)
        return wanted == leaf or (address is not None and address == _address(leaf))
    return type(wanted) is type(leaf) and wanted == leaf


def _excluded(operand: Any, leaf: object) -> bool:
    if not isinstance(operand, Mapping):
        return any(_same(value, leaf) for value in _listed(operand))
    ((operator, values),) = operand.items()
    return isinstance(leaf, str) and any(_STRINGS[operator](value, leaf) for value in _listed(values))


def _same(value: object, leaf: object) -> bool:
    """As `_equal`, but for addresses, which `anything-but` reads as strings."""
    return value == leaf if isinstance(value, str) and isinstance(leaf, str) else _equal(value, leaf)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _in_range(operand: list[Any], leaf: Any) -> bool:
    pairs = zip(operand[::2], operand[1::2], strict=True)
    return all(_COMPARE[operator](_number(leaf), _number(bound)) for operator, bound in pairs)


def _number(value: Any) -> float:
    """As a double, which is how EventBridge compares numbers."""
    try:
        return float(value)
    except OverflowError:
        return inf if value > 0 else -inf


def _prefixed(operand: Any, leaf: str) -> bool:
    if isinstance(operand, Mapping):
        return leaf.lower().startswith(operand[IGNORE_CASE].lower())
    return leaf.startswith(operand)


def _suffixed(operand: Any, leaf: str) -> bool:
    if isinstance(operand, Mapping):
        return leaf.lower().endswith(operand[IGNORE_CASE].lower())
    return leaf.endswith(operand)


def _ignoring_case(operand: str, leaf: str) -> bool:
    return operand.lower() == leaf.lower()


def _wildcard(operand: str, leaf: str) -> bool:
    return wildcard_pattern(operand).fullmatch(leaf) is not None


def wildcard_pattern(text: str) -> re.Pattern[str]:
    """A wildcard as a regular expression: `*` is any text, a backslash makes `*` and itself plain."""
    parts = re.findall(r"\\([*\\])|(\*)|([^*\\]+)", text)
    return re.compile("".join(".*" if star else re.escape(plain or rest) for plain, star, rest in parts), re.DOTALL)


def _in_network(operand: str, leaf: str) -> bool:
    address = _address(leaf)
    return address is not None and address in ip_network(operand, strict=False)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    if not _ADDRESS.fullmatch(text):
        return None
    try:
        return ip_address(text)
    except ValueError:
        return None


_STRINGS: Mapping[str, Callable[[Any, str], bool]] = {
    "prefix": _prefixed, "suffix": _suffixed, IGNORE_CASE: _ignoring_case, "wildcard": _wildcard, "cidr": _in_network,
}  # fmt: skip


# --- grammar


def _exists(operand: object) -> list[Problem]:
    return unless(isinstance(operand, bool), operand, "is neither true nor false", "write `true` or `false`")


def _text(operand: object) -> list[Problem]:
    return unless(isinstance(operand, str), operand, "is not a string", "write one string")


def _affix(operand: object) -> list[Problem]:
    if not isinstance(operand, Mapping):
        return _text(operand)
    if list(operand) != [IGNORE_CASE]:
        return [Problem((), operand, "is not a string", f"write a string, or an object with `{IGNORE_CASE}` alone")]
    return [problem.under(IGNORE_CASE) for problem in _text(operand[IGNORE_CASE])]


def _wildcard_text(operand: object) -> list[Problem]:
    problems = _text(operand)
    if problems or not isinstance(operand, str):
        return problems
    if "**" in re.sub(r"\\[*\\]", "_", operand):
        return [Problem((), operand, "has two wildcards in a row", "write one `*`: it is any text already")]
    if operand.replace("\\*", "").count("*") > WILDCARDS_MAX:
        return [Problem((), operand, f"has more than {WILDCARDS_MAX} wildcards", "write fewer")]
    lone = "\\" in re.sub(r"\\[*\\]", "", operand)
    return unless(
        not lone, operand, "has a backslash before what needs none", "write it before `*` or another backslash only"
    )


def _range(operand: object) -> list[Problem]:
    fix = 'write `["=", 1]`, `[">", 1]` or `[">=", 1, "<", 2]`: a lower bound comes first'
    if not isinstance(operand, list):
        return [Problem((), operand, "is not a list", fix)]
    operators, bounds = operand[::2], operand[1::2]
    sound = len(operand) in {2, 4} and all(map(is_number, bounds)) and all(map(_BOUNDS.__contains__, operators))
    if sound and len(operand) == 4:  # noqa: PLR2004  a lower and an upper bound
        sound = [_BOUNDS[each] for each in operators] == [0, 1] and bounds[0] < bounds[1]
    return unless(sound, operand, f"is not a range of numbers: {operand}", fix)


def _cidr(operand: object) -> list[Problem]:
    fix = "write an address and how many of its bits are the network's: `10.0.0.0/24`"
    sound = isinstance(operand, str) and operand.partition("/")[2].isdecimal()
    try:
        network = ip_network(str(operand), strict=False) if sound else None
    except ValueError:
        network = None
    if network is None:
        return [Problem((), operand, "is not a block of addresses", fix)]
    bits = IPV4_MASK_MAX if network.version == 4 else IPV6_MASK_MAX  # noqa: PLR2004
    alone = "is one address only"
    return unless(network.prefixlen <= bits, operand, alone, f"write the string `{network.network_address}` instead")


def _anything_but(operand: object) -> list[Problem]:
    if isinstance(operand, Mapping):
        return _anything_but_operator(operand)
    values = _listed(operand)
    kinds = {"string" if isinstance(each, str) else "number" if is_number(each) else "" for each in values}
    sound = len(kinds) == 1 and "" not in kinds
    fix = "write one string or number, or a list with strings alone or numbers alone"
    return unless(sound, operand, "can't be excluded", fix)


def _anything_but_operator(operand: Mapping[Any, Any]) -> list[Problem]:
    known = {"prefix", "suffix", IGNORE_CASE, "wildcard"}
    if len(operand) != 1:
        return [Problem((), operand, "is not one operator", f"write one of {', '.join(sorted(known))}")]
    ((operator, values),) = operand.items()
    if operator not in known:
        return [unknown_key((operator,), "can't be excluded", sorted(known))]
    if isinstance(values, list) and not values:
        return [Problem((operator,), values, "is an empty list", "write a string")]
    check = _wildcard_text if operator == "wildcard" else _text
    problems = [problem for value in _listed(values) for problem in check(value)]
    if operator in {"prefix", "suffix"} and "" in _listed(values):
        problems.append(Problem((), "", "excludes every string", "write a string that is not empty"))
    return [problem.under(operator) for problem in problems]


_CHECKS: Mapping[str, Callable[[object], list[Problem]]] = {
    "exists": _exists, "prefix": _affix, "suffix": _affix, IGNORE_CASE: _text, "wildcard": _wildcard_text,
    "numeric": _range, "cidr": _cidr, "anything-but": _anything_but,
}  # fmt: skip
