"""YAML files read with the line of every value, duplicate keys refused, nothing guessed."""

import re
from dataclasses import dataclass, replace
from pathlib import Path as FilePath
from typing import Final

import yaml

from domain.problems import Path, Problem, no_value, value_in
from settings.faults import Fault
from settings.files.flow import line

_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DIGITS = re.compile(r"[0-9]+")
_MAX_DEPTH = 40
_TAG = "tag:yaml.org,2002:"
_SCALAR_TAGS = ("bool", "float", "int", "merge", "null", "str", "timestamp", "value")


class Source:
    """One YAML file: its value, and the line of each path in it."""

    def __init__(self, root: yaml.MappingNode) -> None:
        self.problems: list[Problem] = []
        self._root: yaml.Node = root
        self._children: dict[int, dict[str | int, tuple[yaml.Node, yaml.Node]]] = {}
        self._built: dict[int, object] = {}
        self.value = self._build_mapping(root, ())

    def line(self, path: Path) -> int | None:
        """The line where a path begins: that of its key, or of the nearest holder's that the file has."""
        node = mark = self._root
        for part in path:
            if part not in self._children.get(id(node), {}):
                break
            mark, node = self._children[id(node)][part]
        return int(mark.start_mark.line) + 1

    def rename(self, path: Path, key: str) -> bool:
        """Has what is under the path's last key under another, which is not there yet, from here on."""
        node, value = self._root, value_in(self.value, path[:-1])
        for part in path[:-1]:
            node = self._children[id(node)][part][1]
        children = self._children[id(node)]
        if key in children:
            return False
        children[key], value[key] = children.pop(path[-1]), value.pop(path[-1])
        return True

    def _build(self, node: yaml.Node, path: Path) -> object:
        if id(node) in self._built:
            return self._built[id(node)]
        if len(path) > _MAX_DEPTH:
            raise yaml.MarkedYAMLError(problem=f"nested more than {_MAX_DEPTH} deep", problem_mark=node.start_mark)
        if isinstance(node, yaml.MappingNode):
            value: object = self._build_mapping(node, path)
        elif isinstance(node, yaml.SequenceNode):
            self._children[id(node)] = {index: (child, child) for index, child in enumerate(node.value)}
            value = [self._build(child, (*path, index)) for index, child in enumerate(node.value)]
        elif isinstance(node, yaml.ScalarNode):
            value = _scalar(node)
            if node.tag.removeprefix(_TAG) not in _SCALAR_TAGS:
                self.problems.append(Problem(path, node.tag, "is a tag that means nothing here", "remove it"))
        else:
            value = None
        self._built[id(node)] = value
        return value

    def _build_mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, object]:
        children: dict[str | int, tuple[yaml.Node, yaml.Node]] = {}
        value: dict[str, object] = {}
        for key_node, child in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise yaml.MarkedYAMLError(problem="a key that is not text", problem_mark=key_node.start_mark)
            key = str(key_node.value)
            if key in children:
                message = f"is written twice (first in line {int(children[key][0].start_mark.line) + 1})"
                self.problems.append(Problem((*path, key), key, message, "keep one of the two"))
            children[key] = (key_node, child)
            value[key] = self._build(child, (*path, key))
            if value[key] is None:
                self.problems.append(no_value((*path, key)))
        self._children[id(node)] = children
        return value


@dataclass(frozen=True, slots=True)
class Reporter:
    """Gathers faults about one file; knows the line of each path in it."""

    file: str
    source: Source | None
    faults: list[Fault]

    def __call__(self, *problems: Problem) -> None:
        root = self.source.value if self.source else None
        for problem in problems:
            found = _namespaced(problem).written(root, line)
            fault = Fault.of(found, self.file, self.source.line(problem.path) if self.source else None)
            if fault not in self.faults:
                self.faults.append(fault)

    def misspelt(self, *problems: Problem) -> dict[str, str]:
        """Reports keys; what is under one is read as if it were under the one that was meant, where that is not there,
        so that it makes one fault. Returns the keys that were meant by those that are written."""
        meant = {}
        for problem in problems:
            self(problem)
            if problem.key and self.source and self.source.rename(problem.path, problem.key):
                meant[str(problem.path[-1])] = problem.key
        return meant


def _namespaced(problem: Problem) -> Problem:
    """The key that was meant, as a stack's file has it."""
    match problem.path:
        case ("config", str(written)) if problem.key and ":" not in problem.key:
            return replace(problem, key=f"{written.partition(':')[0]}:{problem.key}")
    return problem


def _scalar(node: yaml.ScalarNode) -> object:
    """A scalar as the engine's own YAML 1.2 reader sees it: `yes` is text, a plain 0123 an octal number."""
    text = str(node.value)
    tag = node.tag.removeprefix(_TAG)
    if tag == "null":
        return None
    if tag == "bool" and text.lower() in {"true", "false"}:
        return text.lower() == "true"
    if not node.style and _DIGITS.fullmatch(text):
        return _plain_digits(text)
    return _number(text) if tag in {"int", "float"} else text


def _plain_digits(text: str) -> object:
    """A leading zero makes an octal number, as the engine has it; a float, so that it passes for no count of ours."""
    if not text.startswith("0") or text == "0":
        return _number(text)
    return float(int(text, 8) if set(text) <= set("01234567") else text)


def _number(text: str) -> object:
    for convert in (lambda t: int(t, 0), float):
        try:
            return convert(text)
        except ValueError:
            continue
    return text


def read(file: FilePath, name: str) -> tuple[Source | None, list[Fault]]:
    """Reads a file that is shown to people as `name`; None with the fault when it can't be understood."""
    example = f"as docs/{'stack' if name.startswith('Pulumi.') else 'catalog'}.md shows"
    line: int | None = None
    try:
        node = yaml.compose(file.read_text(encoding="utf-8"), Loader=_LOADER)
        if isinstance(node, yaml.MappingNode):
            source = Source(node)
            return source, [Fault.of(p, name, source.line(p.path)) for p in source.problems]
        line = 1 if node else None
        message = "is not an object, but a list or a single value" if node else "is empty"
        problem = Problem((), name, message, f"write keys, {example}")
    except FileNotFoundError:
        problem = Problem((), str(file), "does not exist", f"create it, {example}")
    except UnicodeDecodeError as error:
        problem = Problem((), str(file), f"is not UTF-8 at byte {error.start}", "save the file as UTF-8")
    except (OSError, ValueError) as error:
        message = f"can't be read: {getattr(error, 'strerror', None) or error}"
        problem = Problem((), name, message, "name a file that can be read")
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        fix = f"{error.context}; mend this line or the one above" if error.context else "mend this line"
        problem = Problem((), error.problem, "is not valid YAML", fix)
    except yaml.YAMLError as error:
        problem = Problem((), str(error), "is not valid YAML", "remove the character that YAML does not allow")
    return None, [Fault.of(problem, name, line)]
