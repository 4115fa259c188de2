"""JSON as a golden shows it: what fits stands on one line."""

import json
from typing import Any

WIDTH = 118


def laid_out(value: Any, indent: str = "") -> str:
    text = json.dumps(value)
    if len(indent) + len(text) <= WIDTH or not isinstance(value, dict | list):
        return text
    inner = indent if len(value) == 1 else f"{indent}  "
    if isinstance(value, dict):
        parts, (begin, end) = [f"{json.dumps(key)}: {laid_out(each, inner)}" for key, each in value.items()], "{}"
    else:
        parts, (begin, end) = [laid_out(each, inner) for each in value], "[]"
    if len(parts) == 1:
        return f"{begin}{parts[0]}{end}"
    return "\n".join([begin, *(f"{inner}{part}," for part in parts), f"{indent}{end}"])
