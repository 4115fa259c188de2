"""A test's table of cases, a row a line."""

import pytest


def cases(names: str, *rows: object) -> pytest.MarkDecorator:
    """Runs a test once for each row of its table; the names are those of the test's parameters."""
    return pytest.mark.parametrize(names, rows)


def case(name: str, *values: object) -> pytest.ParameterSet:
    """A case of a test's table, with its name first."""
    return pytest.param(*values, id=name)
