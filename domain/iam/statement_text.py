"""How messages name and describe the statements of IAM policies."""

from collections.abc import Iterable, Iterator, Mapping

from domain.iam.statement import Caseless, Condition, Principal, PrincipalKind, Statement
from domain.wording import listed


def statement_name(statement: Statement, index: int) -> str:
    """`statement 'Sid'`, or where it has no Sid its number, which begins with 1."""
    return f"statement {statement.sid!r}" if statement.sid else f"statement {index + 1}"


def statement_text(statement: Statement) -> str:
    """All elements but the Sid: `Effect Allow; Action ecr:PutImage; Condition StringEquals aws:SourceAccount 1, 2`."""
    return "; ".join(f"{name} {', '.join(values)}" for name, values in elements_of(statement).items())


def elements_of(statement: Statement) -> dict[str, list[str]]:
    """The values of each element but the Sid; a kind of principals and a condition are elements of their own."""
    elements = statement.to_json().items()
    return {name: values for key, value in elements if key != "Sid" for name, values in _flattened(key, value)}


def _flattened(name: str, value: object) -> Iterator[tuple[str, list[str]]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _flattened(f"{name} {key}", item)
    else:
        yield name, [str(item) for item in value] if isinstance(value, list) else [str(value)]


def condition_text(condition: Condition) -> str:
    return f"{condition.operator} {condition.key.written} {', '.join(condition.values)}"


def actions_text(statement: Statement) -> str:
    """`ecr:PutImage and ecr:UploadLayerPart`, or `every action except ecr:DeleteRepository`."""
    if statement.not_actions is not None:
        return f"every action except {names_text(statement.not_actions)}"
    return names_text(statement.actions or ())


def names_text(names: Iterable[Caseless]) -> str:
    """The names of actions or condition keys, as they were written."""
    return listed(each.written for each in names)


def principal_text(principal: Principal) -> str:
    if principal.is_anyone:
        return "everyone (*)"
    if principal.is_root:
        return f"account {principal.value}"
    return principal.value if principal.kind is PrincipalKind.AWS else f"{principal.kind} {principal.value}"
