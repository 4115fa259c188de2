"""Members put into a YAML file that people write: the rest of its text, comments included, stays as it is."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import yaml

from domain.problems import Path, value_in
from ops.adopt.printed import member_lines
from settings.files.flow import flow

Members = Mapping[str, Any]
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_Change = tuple[int, int, str]
"""From where to where of the text, and what is there then."""


class NotWritable(Exception):
    """A file whose form does not take what has to be written."""


def with_members(text: str, members: Members, *, blocks: int, spaced: bool = False) -> str:
    """The text with the members in it, at whatever depth they are new or differ.

    So many levels of mappings are written as blocks; `spaced` puts an empty line before each of those."""
    try:
        root, before = yaml.compose(text, _LOADER), _loaded(text)
        found = list(_changes(root, members, text, blocks, spaced=spaced))
        for start, end, new in sorted(found, reverse=True):
            text = text[:start] + new + text[end:]
        written = _loaded(text)
    except yaml.YAMLError as error:
        raise NotWritable(str(error)) from error
    if written != added_to(before, members):
        raise NotWritable("what was written is not read as it was meant")
    return text


def _loaded(text: str) -> Any:
    return yaml.load(text, _LOADER)  # noqa: S506  a safe one


def with_item(text: str, path: Path, item: object) -> str:
    """The text with one more item at the end of the list at the path, which begins with it where it is not there."""
    root = yaml.compose(text, _LOADER)
    node = _node_at(root, path)
    if node is None:
        start, end, new = next(_changes(_node_at(root, path[:-1]), {str(path[-1]): [item]}, text, 1, spaced=False))
    elif not isinstance(node, yaml.SequenceNode):
        raise NotWritable(f"line {node.start_mark.line + 1} holds no list")
    elif node.flow_style:
        start = end = node.end_mark.index - 1
        new = f"{', ' if node.value else ''}{flow(item)}"
    else:
        start = end = sum(map(len, text.splitlines(keepends=True)[: _last_line(node) + 1]))
        new = f"{'' if text[:end].endswith(chr(10)) else chr(10)}{' ' * node.start_mark.column}- {flow(item)}\n"
    written = text[:start] + new + text[end:]
    if (value_in(_loaded(written), path) or []) != [*(value_in(_loaded(text), path) or []), item]:
        raise NotWritable("what was written is not read as it was meant")
    return written


def with_value(text: str, path: Path, value: object) -> str:
    """The text with this value at the path, in place of another or of none."""
    root = yaml.compose(text, _LOADER)
    node, holder = _node_at(root, path), _node_at(root, path[:-1])
    one = _replaced(node, value) if node else next(_changes(holder, {str(path[-1]): value}, text, 1, spaced=False))
    return text[: one[0]] + one[2] + text[one[1] :]


def _node_at(node: yaml.Node | None, path: Path) -> yaml.Node | None:
    for part in path:
        match node:
            case yaml.MappingNode():
                node = next((value for key, value in node.value if key.value == part), None)
            case yaml.SequenceNode() if isinstance(part, int) and part < len(node.value):
                node = node.value[part]
            case _:
                return None
    return node


def added_to(value: object, members: Members) -> dict[str, Any]:
    """The mapping with the members in it."""
    held: dict[str, Any] = dict(value) if isinstance(value, Mapping) else {}
    for key, each in members.items():
        held[key] = added_to(held.get(key), each) if isinstance(each, Mapping) else each
    return held


def _changes(node: yaml.Node | None, members: Members, text: str, blocks: int, *, spaced: bool) -> Iterator[_Change]:
    if not isinstance(node, yaml.MappingNode):
        raise NotWritable(f"line {node.start_mark.line + 1} holds no mapping" if node else "it is empty")
    held = {key.value: value for key, value in node.value}
    for key in members.keys() & held:
        value, member = held[key], members[key]
        if isinstance(value, yaml.MappingNode) and isinstance(member, Mapping):
            yield from _changes(value, member, text, blocks - 1, spaced=spaced and blocks > 1)
        else:
            yield _replaced(value, member)
    new = {key: member for key, member in members.items() if key not in held}
    if new and node.flow_style:
        listed = ", ".join(flow({key: member})[1:-1] for key, member in new.items())
        yield node.end_mark.index - 1, node.end_mark.index - 1, f"{', ' if held else ''}{listed}"
    elif new:
        yield _appended(node, new, text, blocks, spaced=spaced and blocks == 1)


def _replaced(node: yaml.Node, member: object) -> _Change:
    if isinstance(node, yaml.CollectionNode) and not node.flow_style:
        raise NotWritable(f"line {node.start_mark.line + 1} holds a block, which has to be {flow(member)}")
    return node.start_mark.index, node.end_mark.index, flow(member)


def _appended(node: yaml.MappingNode, new: Members, text: str, blocks: int, *, spaced: bool) -> _Change:
    indent = " " * node.value[0][0].start_mark.column
    lines = text.splitlines(keepends=True)
    last = _last_line(node)
    at = sum(map(len, lines[: last + 1]))
    before, between = "" if text[:at].endswith("\n") else "\n", "\n" if spaced else ""
    parts = ["\n".join(member_lines(key, member, indent, blocks=blocks)) for key, member in new.items()]
    return at, at, before + "".join(f"{between}{part}\n" for part in parts)


def _last_line(node: yaml.Node) -> int:
    """A block ends where its last member does: its own end is at the next token, comments later."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _last_line(last[1] if isinstance(last, tuple) else last)
    over = node.end_mark.column == 0 and node.end_mark.line > node.start_mark.line
    return int(node.end_mark.line) - (1 if over else 0)
