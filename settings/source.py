"""YAML files read with the line of every value, duplicate keys refused, nothing guessed."""

import re
from pathlib import Path as FilePath
from typing import Final

import yaml

from domain.problems import Path, Problem
from settings.faults import Fault, Lines

_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DIGITS = re.compile(r"[0-9]+")
_MAX_DEPTH = 40
_TAG = "tag:yaml.org,2002:"


class Source(Lines):
    """One YAML file: its value, and the line of each path in it."""

    def __init__(self, file: str, root: yaml.Node) -> None:
        self.file = file
        self.duplicates: list[Problem] = []
        self._root = root
        self._children: dict[int, dict[str | int, yaml.Node]] = {}
        self._built: dict[int, object] = {}
        self.value = self._build(root, ())

    def line(self, path: Path) -> int | None:
        """The line of the value at a path, or of the nearest holder that the file has."""
        node = self._root
        for part in path:
            child = self._children.get(id(node), {}).get(part)
            if child is None:
                break
            node = child
        return int(node.start_mark.line) + 1

    def _build(self, node: yaml.Node, path: Path) -> object:
        if id(node) in self._built:
            return self._built[id(node)]
        if len(path) > _MAX_DEPTH:
            raise yaml.MarkedYAMLError(problem=f"nested more than {_MAX_DEPTH} deep", problem_mark=node.start_mark)
        if isinstance(node, yaml.MappingNode):
            value: object = self._build_mapping(node, path)
        elif isinstance(node, yaml.SequenceNode):
            self._children[id(node)] = dict(enumerate(node.value))
            value = [self._build(child, (*path, index)) for index, child in enumerate(node.value)]
        else:
            value = _scalar(node)
        self._built[id(node)] = value
        return value

    def _build_mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, object]:
        children: dict[str | int, yaml.Node] = {}
        value: dict[str, object] = {}
        for key_node, child in node.value:
            key = str(key_node.value)
            if key in children:
                first = int(children[key].start_mark.line) + 1
                self.duplicates.append(
                    Problem((*path, key), key, f"stands twice (first in line {first})", "keep one of the two")
                )
            children[key] = child
            value[key] = self._build(child, (*path, key))
        self._children[id(node)] = children
        return value


def _scalar(node: yaml.Node) -> object:
    """A scalar as the engine's own YAML 1.2 reader sees it: `yes` is text, a plain 0123 an octal number."""
    text = str(node.value)
    if node.style is not None and not node.tag.endswith((":int", ":float", ":bool", ":null")):
        return text
    tag = node.tag.removeprefix(_TAG)
    if tag == "null":
        return None
    if tag == "bool" and text.lower() in {"true", "false"}:
        return text.lower() == "true"
    if _DIGITS.fullmatch(text):
        return _plain_digits(text)
    if tag in {"int", "float"}:
        return _number(text)
    return text


def _plain_digits(text: str) -> int | float:
    if not text.startswith("0") or text == "0":
        return int(text)
    return int(text, 8) if set(text) <= set("01234567") else float(text)


def _number(text: str) -> object:
    for convert in (lambda t: int(t, 0), float):
        try:
            return convert(text)
        except ValueError:
            continue
    return text


def read(file: FilePath, name: str) -> tuple[Source | None, list[Fault]]:
    """Reads a file that is shown to people as `name`; None with the faults when it can't be understood."""

    def fault(line: int | None, value: object, message: str, fix: str) -> tuple[None, list[Fault]]:
        return None, [Fault(file=name, line=line, path=(), value=value, message=message, fix=fix)]

    try:
        node = yaml.compose(file.read_text(encoding="utf-8"), Loader=_LOADER)
        if node is None:
            return fault(None, "", "is empty", f"write the settings, as the README's example for {name} shows")
        source = Source(name, node)
    except FileNotFoundError:
        return fault(None, str(file), "does not exist", f"create {name} beside Pulumi.yaml")
    except UnicodeDecodeError as error:
        return fault(None, str(file), f"is not UTF-8 at byte {error.start}", "save the file as UTF-8")
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        return fault(line, error.problem, "is no valid YAML", error.context or "mend the line or the one above it")
    except yaml.YAMLError as error:
        return fault(None, str(error), "is no valid YAML", "remove the character that YAML does not allow")
    if not isinstance(source.value, dict):
        return fault(1, source.value, "is no object", f"write keys and values, as the README's example for {name} shows")
    duplicates = [
        Fault(file=name, line=source.line(p.path), path=p.path, value=p.value, message=p.message, fix=p.fix)
        for p in source.duplicates
    ]
    return source, duplicates
