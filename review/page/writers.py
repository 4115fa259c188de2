"""Finds what writes a page: its packages are needed by no deployment, and may not be installed."""

from collections.abc import Callable
from importlib import import_module


class MissingPackage(ImportError):
    """A package that pages are made with is not installed."""


def page_writer(module: str) -> Callable[..., str]:
    """The `to_html` of a module of this package."""
    try:
        writer: Callable[..., str] = import_module(f"review.page.{module}").to_html
    except ModuleNotFoundError as missing:
        text = f"--format html needs {missing.name}, which is not installed (run `python3 install.py pages`)"
        raise MissingPackage(text) from missing
    return writer
