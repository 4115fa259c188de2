"""What is changed in a function, one thing at a time, each under a name that no move of the file changes."""

import ast
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
_WORD = re.compile(r"(?=.*[A-Za-z0-9])[!-~]{1,60}")
"""A text that a program compares; what holds a space is a message."""
_QUANTIFIERS = {"any": "all", "all": "any"}
_CHANGED_ALREADY = ast.Compare | ast.BoolOp | ast.UnaryOp
"""Tests that have an operator of their own here."""

_NOTHING = ("None", "[]", "()", "{}", "set()", "frozenset()", "''")
"""What callers can seldom tell from None."""

Function = ast.FunctionDef | ast.AsyncFunctionDef
Put = Callable[[Any], None]
"""Puts a node in the place of another."""


@dataclass(frozen=True)
class Site:
    """One change that can be made: `kms_policy_narrow._each:eq-to-noteq:2` is the second of its kind in `_each`."""

    name: str
    line: int
    change: Callable[[], None]


def sites(module: str, tree: ast.Module) -> list[Site]:
    """Every change in the functions of a module, in the order of the text."""
    count: Counter[str] = Counter()
    found = []
    for function, node in _functions(tree, module):
        for operator, line, change in _in_function(node):
            kind = f"{function}:{operator}"
            count[kind] += 1
            found.append(Site(f"{kind}:{count[kind]}", line, change))
    return found


def _functions(node: ast.AST, name: str) -> Iterator[tuple[str, Function]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Function):
            yield f"{name}.{child.name}", child
        if isinstance(child, Function | ast.ClassDef):
            yield from _functions(child, f"{name}.{child.name}")
        elif not isinstance(child, ast.expr):
            yield from _functions(child, name)


Change = tuple[str, int, Callable[[], None]]


def _in_function(function: Function) -> Iterator[Change]:
    says_bool = isinstance(function.returns, ast.Name) and function.returns.id == "bool"
    for index, statement in enumerate(function.body):
        for node, put in _nodes(statement, partial(function.body.__setitem__, index)):
            line = getattr(node, "lineno", statement.lineno)
            for operator, change in _changes(node, put, says_bool=says_bool):
                yield operator, line, change


def _nodes(node: ast.AST, put: Put) -> Iterator[tuple[ast.AST, Put]]:
    """The node and all within it, but for what is no behaviour: annotations, docstrings, messages, functions in it."""
    is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    if is_text or isinstance(node, Function | ast.ClassDef | ast.JoinedStr | ast.Raise | ast.expr_context):
        return
    yield node, put
    for field, value in ast.iter_fields(node):
        if field == "annotation":
            continue
        if isinstance(value, ast.AST):
            yield from _nodes(value, partial(setattr, node, field))
        elif isinstance(value, list):
            for index, each in enumerate(value):
                if isinstance(each, ast.AST):
                    yield from _nodes(each, partial(value.__setitem__, index))


def _changes(node: ast.AST, put: Put, *, says_bool: bool) -> Iterator[tuple[str, Callable[[], None]]]:
    match node:
        case ast.Compare():
            for index, operator in enumerate(node.ops):
                other = _COMPARISONS[type(operator)]
                name = f"{type(operator).__name__}-to-{other.__name__}".lower()
                yield name, partial(node.ops.__setitem__, index, other())
        case ast.Constant():
            yield from _of_constant(node)
        case ast.comprehension():
            for index in range(len(node.ifs)):
                yield "drop-filter", partial(node.ifs.__delitem__, index)
        case ast.stmt() | ast.IfExp():
            yield from _of_statement(node, put, says_bool=says_bool)
        case ast.expr():
            yield from _of_operation(node, put)


def _of_constant(node: ast.Constant) -> Iterator[tuple[str, Callable[[], None]]]:
    value = node.value
    if isinstance(value, bool):
        yield "flip-bool", partial(setattr, node, "value", not value)
    elif isinstance(value, int):
        yield "add-one", partial(setattr, node, "value", value + 1)
    elif isinstance(value, str) and _WORD.fullmatch(value):
        yield "other-text", partial(setattr, node, "value", f"{value}~")


def _of_operation(node: ast.expr, put: Put) -> Iterator[tuple[str, Callable[[], None]]]:
    match node:
        case ast.BoolOp(op=ast.And()):
            yield "and-to-or", partial(setattr, node, "op", ast.Or())
        case ast.BoolOp(op=ast.Or()):
            yield "or-to-and", partial(setattr, node, "op", ast.And())
        case ast.UnaryOp(op=ast.Not()):
            yield "drop-not", partial(put, node.operand)
        case ast.BinOp(op=ast.Sub()):
            yield "sub-to-add", partial(setattr, node, "op", ast.Add())
        case ast.Call(func=ast.Name(id=name) as called) if name in _QUANTIFIERS:
            yield f"{name}-to-{_QUANTIFIERS[name]}", partial(setattr, called, "id", _QUANTIFIERS[name])


def _of_statement(node: ast.stmt | ast.IfExp, put: Put, *, says_bool: bool) -> Iterator[tuple[str, Callable[[], None]]]:
    match node:
        case ast.Continue() | ast.Break():
            yield f"drop-{type(node).__name__.lower()}", partial(put, ast.Pass())
        case ast.Expr(value=ast.Yield() | ast.YieldFrom()):
            yield "drop-yield", partial(put, ast.Expr(ast.YieldFrom(ast.Tuple([], ast.Load()))))
        case ast.Return(value=ast.expr() as value) if says_bool:
            yield "return-negated", partial(setattr, node, "value", ast.UnaryOp(ast.Not(), value))
        case ast.Return(value=ast.expr() as value) if ast.unparse(value) not in _NOTHING:
            yield "return-none", partial(setattr, node, "value", ast.Constant(None))
        case ast.If(test=test) | ast.IfExp(test=test) if not isinstance(test, _CHANGED_ALREADY):
            yield "negate-test", partial(setattr, node, "test", ast.UnaryOp(ast.Not(), test))
