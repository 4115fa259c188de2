"""A policy's statement as a sentence."""

from collections.abc import Iterable, Sequence

from domain.iam.actions import LOGIN_ACTION, PULL_ACTIONS, PUSH_ACTIONS
from domain.iam.statement import Caseless, Condition, Effect, Principal, Statement
from domain.wording import listed

_UPLOADS = frozenset(action.lower() for action in PUSH_ACTIONS) - {action.lower() for action in PULL_ACTIONS}
_LAYERS = "ecr:batchchecklayeravailability"
_MANY = 12
"""So many names in a sentence are few enough."""


def label(statement: Statement, index: int) -> str:
    return statement.sid or f"statement {index + 1}"


def in_words(statement: Statement, principals: Sequence[Principal] | None = None) -> str:
    """Who may do what, and when; of the statement's principals those that are given."""
    verb = "may" if statement.effect is Effect.ALLOW else "may not"
    parts = [_who(statement, principals), verb, _what(statement), _on(statement)]
    parts.append(conditions_in_words(statement.conditions))
    return " ".join(filter(None, parts))


def actions_in_words(actions: Iterable[Caseless]) -> str:
    """Actions, those of a push and of a pull by that name."""
    written = list(actions)
    words = []
    for word, all_of in (("pull", frozenset(map(str.lower, PULL_ACTIONS))), ("push", _UPLOADS)):
        if all_of <= {each.folded for each in written}:
            words.append(word)
            written = [each for each in written if each.folded not in all_of]
    others = [f"do {listed((each.written for each in written), limit=_MANY)}"] if written else []
    return listed([*words, *others])


def rest_in_words(statement: Statement) -> str:
    """What the actions of a statement that lets pull hold beyond the pull."""
    exact = {action.lower() for action in PULL_ACTIONS}
    rest = [each for each in statement.actions or () if each.folded not in exact]
    needless = rest and all(each.folded in (_LAYERS, LOGIN_ACTION.lower()) for each in rest)
    return f"{actions_in_words(rest)}{', which a pull does not need here' if needless else ''}"


def conditions_in_words(conditions: Iterable[Condition]) -> str:
    texts = [f"{each.key.written} {each.operator} {listed(each.values, limit=_MANY)}" for each in conditions]
    return f"if {' and '.join(texts)}" if texts else ""


def _who(statement: Statement, principals: Sequence[Principal] | None) -> str:
    if statement.not_principals is not None:
        return f"everybody but {_named(statement.not_principals)}"
    return _named(statement.principals or () if principals is None else principals)


def principal_in_words(principal: Principal) -> str:
    if principal.is_anyone:
        return "everybody"
    return f"account {principal.value}" if principal.is_root else principal.value


def _named(principals: Iterable[Principal]) -> str:
    return listed(map(principal_in_words, principals), limit=_MANY)


def _what(statement: Statement) -> str:
    if statement.not_actions is not None:
        return f"do anything but {listed((each.written for each in statement.not_actions), limit=_MANY)}"
    return actions_in_words(statement.actions or ())


def _on(statement: Statement) -> str:
    if statement.not_resources is not None:
        return f"on anything but {listed(statement.not_resources)}"
    named = [each for each in statement.resources or () if each != "*"]
    return f"on {listed(named)}" if named else ""
