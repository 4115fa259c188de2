"""A page from its template: with the style and script of all pages in it, and a policy that allows these alone."""

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

_TEMPLATES = Path(__file__).parent / "templates"


def document(template: str, values: Mapping[str, object]) -> str:
    """The page; every value is escaped where the template prints it."""
    return _environment().get_template(template).render(_shared(), **values)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.filters["with_code"] = _with_code
    return environment


@cache
def _shared() -> dict[str, str]:
    """What every page has in it."""
    style, script = (_TEMPLATES.joinpath(name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    # Our own files, and no text of a catalog.
    return {"style": Markup(style), "script": Markup(script), "policy": _policy(style, script)}  # noqa: S704


def _policy(style: str, script: str) -> str:
    """The Content-Security-Policy: nothing is requested, and no other style or script applies."""
    hashes = [base64.b64encode(hashlib.sha256(each.encode()).digest()).decode() for each in (style, script)]
    allowed = f"style-src 'sha256-{hashes[0]}'; script-src 'sha256-{hashes[1]}'"
    return f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'"


def _with_code(text: str) -> Markup:
    """The text with what is between backticks as code."""
    parts = text.split("`")
    code = Markup("<code>{}</code>")
    return Markup().join(code.format(part) if index % 2 else escape(part) for index, part in enumerate(parts))
