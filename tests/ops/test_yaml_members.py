"""An item or a value put into a file that people write, whatever form it has there; the rest stays as it is."""

import pytest
import yaml

from ops.adopt.yaml_members import NotWritable, with_item, with_value
from tests.cases import case, cases

TEXT = """\
# first
a: {flow: [1, 2], none: {}, empty: []}   # flow
b:
  block:
    - {x: 1}   # one

    # between
    - x: 2
      y: [3]
  # after
  deep: text
c: [{k: 1}]
"""


@cases(
    "path, item, line",
    case("flow list", ("a", "flow"), 3, "a: {flow: [1, 2, 3], none: {}, empty: []}   # flow"),
    case("empty list", ("a", "empty"), "x", "a: {flow: [1, 2], none: {}, empty: [x]}   # flow"),
    case("no list in a mapping", ("a", "none", "new"), 1, "a: {flow: [1, 2], none: {new: [1]}, empty: []}   # flow"),
    case("block list", ("b", "block"), {"z": "on"}, '    - {z: "on"}'),
    case("no list in a block mapping", ("b", "new"), "x", "  new: [x]"),
    case("in an item of a list", ("b", "block", 1, "y"), 4, "      y: [3, 4]"),
    case("no list in an item of a list", ("c", 0, "new"), 1, "c: [{k: 1, new: [1]}]"),
)  # fmt: skip
def test_with_item(path: tuple[str | int, ...], item: object, line: str) -> None:
    written = with_item(TEXT, path, item)
    assert line in written.splitlines()
    assert [each for each in TEXT.splitlines() if "#" in each and each not in written] in ([], [TEXT.splitlines()[1]])
    before, after = yaml.safe_load(TEXT), yaml.safe_load(written)
    *holders, last = path
    for part in holders:
        before, after = before[part], after[part]
    items = before.get(last, []) if isinstance(before, dict) else before[last]
    assert after[last] == [*items, item]


def test_at_the_end_of_a_file_without_a_last_line() -> None:
    assert with_item("a:\n  - 1", ("a",), 2) == "a:\n  - 1\n  - 2\n"


@cases("text, path", case("no list", "a: text\n", ("a",)), case("no holder", "a: text\n", ("a", "b")))
def test_with_item_refuses(text: str, path: tuple[str, ...]) -> None:
    with pytest.raises(NotWritable):
        with_item(text, path, 1)


def test_with_value() -> None:
    assert with_value("a: {b: x} # y\n", ("a", "b"), "on") == 'a: {b: "on"} # y\n'
    assert with_value("a:\n  b: x\nc: 1\n", ("a", "d"), 2) == "a:\n  b: x\n  d: 2\nc: 1\n"
    with pytest.raises(NotWritable):
        with_value("a:\n  b: x\n", ("a",), 1)
