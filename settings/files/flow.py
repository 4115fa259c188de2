"""Values as YAML on one line, which every reader of it takes for what they are."""

import json
import re
from collections.abc import Mapping

_PLAIN = re.compile(r"[A-Za-z_](?:[A-Za-z0-9_./ -]*[A-Za-z0-9_/])?")
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_./:-]*[A-Za-z0-9_]")
_WIDTH = 80
_BASIC = 0xFFFF
_WORDS = frozenset({"yes", "no", "true", "false", "on", "off", "null", "y", "n"})
"""What some reader of YAML takes for something else than text."""


def flow(value: object) -> str:
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key}: {flow(item)}' for key, item in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(flow, value))}]"
    return scalar(value)


def scalar(value: object) -> str:
    """A value that every reader of YAML takes for what it is."""
    if not isinstance(value, str):
        return json.dumps(value)
    if _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    return printable(json.dumps(value, ensure_ascii=False))


def printable(text: str) -> str:
    """The text, with an escape for each character that is none to see; YAML and JSON have the same ones."""
    codes = {each: ord(each) for each in text if not each.isprintable()}
    shown = {each: f"\\u{code:04x}" if code <= _BASIC else f"\\U{code:08x}" for each, code in codes.items()}
    return "".join(shown.get(each, each) for each in text)


def line(key: str, value: object) -> str:
    """A key with its value; of a value that is too long for the line the key alone."""
    written = f"{scalar_key(key)}: {flow(value)}"
    return written if value is not None and len(written) <= _WIDTH else f"{scalar_key(key)}:"


def scalar_key(key: str) -> str:
    return key if _KEY.fullmatch(key) else scalar(key)
