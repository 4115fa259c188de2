"""Patterns of branches and tags as GitHub compares them: Ruby's File.fnmatch with FNM_PATHNAME.

https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/managing-rulesets/creating-rulesets-for-a-repository#using-fnmatch-syntax"""

import re
from functools import lru_cache

from domain.github_source import BRANCHES

_EVERY = ("~ALL", "~DEFAULT_BRANCH")
_TOKENS = re.compile(
    r"(?P<deep>(?:^|(?<=/))\*\*/)|(?P<many>\*+)|(?P<one>\?)|(?P<some>\[[^\]/]+\])|(?P<other>.)", re.DOTALL
)


def rules_match(pattern: object, branch: str) -> bool:
    """Whether a ruleset's pattern is about the branch, which is the default one."""
    return isinstance(pattern, str) and (pattern in _EVERY or name_matches(pattern, f"{BRANCHES}{branch}"))


def name_matches(pattern: str, name: str) -> bool:
    """Whether an environment's pattern admits the branch or tag; a `*` ends at a slash."""
    return bool(_compiled(pattern).fullmatch(name))


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile("".join(_part(each) for each in _TOKENS.finditer(pattern)), re.DOTALL)


def _part(token: re.Match[str]) -> str:
    text = token[0]
    match token.lastgroup:
        case "deep":
            return "(?:[^/]+/)*"
        case "many":
            return "[^/]*"
        case "one":
            return "[^/]"
        case "some":
            negated = text[1] in "!^"
            inner = re.escape(text[2:-1] if negated else text[1:-1]).replace(r"\-", "-")
            return f"(?!/)[{'^' if negated else ''}{inner}]"
        case _:
            return re.escape(text)
