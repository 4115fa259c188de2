"""The checks of the tree as a whole, each seen to find what it is for."""

import ast

import pytest

from tests.house import BEGIN, END, Module, faults_of_test_files, name_faults, page_with

NOTHING: dict[str, list[str]] = {"modules": [], "functions": []}


def tree(**files: str) -> list[Module]:
    """Modules by their paths, `__` for a slash."""
    return [Module(f"{name.replace('__', '/')}.py", ast.parse(text)) for name, text in files.items()]


def test_names_that_mean_one_thing_pass() -> None:
    assert (
        list(name_faults(tree(a__one="class A: ...\ndef _b(): ...", a__two="class B: ...\ndef _b(): ..."), NOTHING))
        == []
    )


@pytest.mark.parametrize(
    ("files", "named"),
    [
        ({"a__one": "class Place: ...", "b__two": "class Place: ..."}, "class Place is defined in a/one.py, b/two.py"),
        ({"a__text": "", "b__text": ""}, "text names several modules: a/text.py, b/text.py"),
        ({"a__one": "def run(): ...", "b__two": "async def run(): ..."}, "run names several functions"),
    ],
)
def test_a_name_of_two_things_is_a_fault(files: dict[str, str], named: str) -> None:
    (fault,) = name_faults(tree(**files), NOTHING)
    assert fault.startswith(named)


def test_roles_and_protocols_may_repeat_and_are_listed_only_where_they_do() -> None:
    found = tree(a__text="def run(): ...", b__text="def run(): ...")
    assert list(name_faults(found, {"modules": ["text"], "functions": ["run"]})) == []
    assert len(list(name_faults(found[:1], {"modules": ["text"], "functions": ["run"]}))) == 2


def test_two_files_of_tests_have_two_names() -> None:
    paths = ["a/test_one.py", "b/test_two.py", "a/conftest.py", "b/conftest.py"]
    assert list(faults_of_test_files(paths)) == []
    (fault,) = faults_of_test_files([*paths, "c/test_one.py"])
    assert fault == "test_one.py is the name of a/test_one.py and c/test_one.py (rename all but one)"


def test_a_package_exports_no_function_under_the_name_of_its_module() -> None:
    package = [Module("a/__init__.py", ast.parse("from a.load import load")), *tree(a__load="def load(): ...")]
    (fault,) = name_faults(package, NOTHING)
    assert fault.startswith("a/__init__.py exports load")


def test_the_table_of_modules_is_made_from_docstrings() -> None:
    page = page_with(
        f"# Page\n\n{BEGIN}\nold\n{END}\ntail\n", tree(a__one='"""Reads `x | y`."""', b__two='"""Writes."""')
    )
    assert "| `a/one.py` | Reads `x \\| y`. |" in page
    assert "old" not in page
    assert page.startswith("# Page")
    assert page.endswith(f"{END}\ntail\n")
