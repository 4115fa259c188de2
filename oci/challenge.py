"""What a registry answers to a request without a valid login: how to log in.

https://www.rfc-editor.org/rfc/rfc9110#name-www-authenticate
https://distribution.github.io/distribution/spec/auth/token/"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_PART = re.compile(
    r"""\s*,?\s*(?P<name>[!#$%&'*+.^_`|~0-9A-Za-z-]+)      # a scheme, or the name of a parameter
        (?:\s*=\s*(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<bare>[^\s,"]+)))?""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """One way to log in; scheme and names are in lower case."""

    scheme: str
    parameters: Mapping[str, str]

    @property
    def scopes(self) -> tuple[str, ...]:
        return tuple(self.parameters.get("scope", "").split())


def challenges(header: str) -> tuple[Challenge, ...]:
    """Those of a header, or of several that are joined by commas; what can't be read ends the list."""
    found: list[tuple[str, dict[str, str]]] = []
    at = 0
    while (part := _PART.match(header, at)) and part.end() > at:
        at = part.end()
        name, value = part["name"].lower(), part["bare"] if part["quoted"] is None else part["quoted"]
        if value is None:
            found.append((name, {}))
        elif found:
            found[-1][1].setdefault(name, re.sub(r"\\(.)", r"\1", value))
    return tuple(Challenge(scheme=scheme, parameters=parameters) for scheme, parameters in found)
