"""Patterns of branches and tags, as Ruby's File.fnmatch with FNM_PATHNAME compares them."""

from domain.github_patterns import name_matches, rules_match
from tests.cases import cases


@cases(
    "pattern, matching, others",
    ("main", ["main"], ["Main", "main2", "x/main", "amain", ""]),
    ("*", ["main", "v1.2.0", ""], ["release/1", "a/b/c"]),
    ("**", ["main"], ["release/1"]),
    ("**/*", ["main", "release/1", "a/b/c"], []),
    ("*/*", ["release/1"], ["main", "a/b/c"]),
    ("release/*", ["release/1", "release/"], ["release", "release/1/2", "xrelease/1"]),
    ("release/**/*", ["release/1", "release/1/2"], ["release", "main"]),
    ("a**/b", ["a/b", "axx/b"], ["a/x/b"]),
    ("v?.*", ["v1.2", "v1."], ["v12.0", "v/.2", "v1"]),
    ("v[0-9]*", ["v1", "v9.0"], ["vx", "v", "v/1"]),
    ("v[!0-9]", ["vx", "v-"], ["v1", "v/", "v"]),
    ("v[^0-9]", ["vx"], ["v1"]),
    ("[]", ["[]"], ["a", ""]),
    ("a.b+c(d)|e$", ["a.b+c(d)|e$"], ["axb+c(d)|e$", "a.bbc(d)|e$"]),
    ("{main,dev}", ["{main,dev}"], ["main", "dev"]),
)
def test_names(pattern: str, matching: list[str], others: list[str]) -> None:
    assert [each for each in matching if not name_matches(pattern, each)] == []
    assert [each for each in others if name_matches(pattern, each)] == []


@cases(
    "pattern, is_about_main",
    ("~ALL", True),
    ("~DEFAULT_BRANCH", True),
    ("~all", False),
    ("refs/heads/main", True),
    ("refs/heads/*", True),
    ("refs/**/main", True),
    ("main", False),
    ("**", False),
    ("refs/tags/main", False),
    (None, False),
    (7.0, False),
)
def test_branches_of_a_ruleset(pattern: object, is_about_main: bool) -> None:
    assert rules_match(pattern, "main") is is_about_main
