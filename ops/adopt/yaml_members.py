"""Members put into a YAML file that people write: the rest of its text, comments included, stays as it is."""

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from ops.adopt.printed import member_lines
from settings.files.flow import flow

Members = Mapping[str, Any]
_Change = tuple[int, int, str]
"""From where to where of the text, and what is there then."""


class NotWritable(Exception):
    """A file whose form does not take what has to be written."""


def with_members(text: str, members: Members, *, blocks: int, spaced: bool = False) -> str:
    """The text with the members in it, at whatever depth they are new or differ.

    So many levels of mappings are written as blocks; `spaced` puts an empty line before each of those."""
    try:
        root, before = yaml.compose(text, yaml.SafeLoader), yaml.safe_load(text)
        found = list(_changes(root, members, text, blocks, spaced=spaced))
        for start, end, new in sorted(found, reverse=True):
            text = text[:start] + new + text[end:]
        written = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise NotWritable(str(error)) from error
    if written != added_to(before, members):
        raise NotWritable("what was written is not read as it was meant")
    return text


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
