"""Scanning configurations."""

import itertools
import re
import time

from domain.ecr.scanning import ScanFrequency, ScanRule, ScanType, filter_matches, frequency_for, scanning_problems
from domain.problems import Path
from tests.cases import cases

BASIC, ENHANCED = ScanType.BASIC, ScanType.ENHANCED
ON_PUSH, CONTINUOUS, MANUAL = ScanFrequency.SCAN_ON_PUSH, ScanFrequency.CONTINUOUS_SCAN, ScanFrequency.MANUAL

API_PATTERN = re.compile(r"^[a-z0-9*](?:[._\-/a-z0-9*]?[a-z0-9*]+)*$")


@cases(
    "scan_type, rules, expected",
    (BASIC, [], []),
    (BASIC, [ScanRule(ON_PUSH, ("*",))], []),
    (ENHANCED, [ScanRule(ON_PUSH, ("*",)), ScanRule(CONTINUOUS, ("prod/*", "a" * 255))], []),
    (ENHANCED, [ScanRule(ON_PUSH, ("a",) * 100)], []),
    (BASIC, [ScanRule(CONTINUOUS, ("*",))], [((0, "frequency"), "is not available with BASIC scanning")]),
    (BASIC, [ScanRule(MANUAL, ("*",))], [((0, "frequency"), "is not available with BASIC scanning")]),
    (ENHANCED, [ScanRule(MANUAL, ("*",))], [((0, "frequency"), "is not available with ENHANCED scanning")]),
    (ENHANCED, [ScanRule(ON_PUSH, ("a",) * 101)], [((0, "filters"), "has 101 filters")]),
    (
        ENHANCED,
        [ScanRule(ON_PUSH, ("a",)), ScanRule(ON_PUSH, ("",)), ScanRule(CONTINUOUS, ("ok", "B", "a" * 256))],
        [
            ((), "has 3 rules"),
            ((1, "frequency"), "has a rule already"),
            ((1, "filters", 0), "is empty"),
            ((2, "filters", 1), "is not a valid repository filter"),
            ((2, "filters", 2), "is too long: 256 characters"),
        ],
    ),
)
def test_what_ecr_would_refuse(scan_type: ScanType, rules: list[ScanRule], expected: list[tuple[Path, str]]) -> None:
    assert [(problem.path, problem.message) for problem in scanning_problems(scan_type, rules)] == expected


def test_the_filter_grammar_is_the_apis() -> None:
    for length in range(1, 6):
        for characters in itertools.product("a*./-", repeat=length):
            text = "".join(characters)
            refused = scanning_problems(BASIC, [ScanRule(ON_PUSH, (text,))]) != []
            assert refused is (API_PATTERN.match(text) is None), text


def test_a_hostile_filter_takes_no_time() -> None:
    started = time.perf_counter()
    assert scanning_problems(BASIC, [ScanRule(ON_PUSH, ("a" * 254 + "!",))])
    assert time.perf_counter() - started < 1


@cases(
    "filter, name, expected",
    ("prod", "repo-prod-repo", True), ("prod", "prod", True), ("prod", "repo", False),
    ("prod*repo", "prod-repo", True), ("prod*repo", "repo-prod-repo", False), ("*", "anything/at-all", True),
)  # fmt: skip
def test_a_filter_without_wildcard_means_contains(filter: str, name: str, *, expected: bool) -> None:
    assert filter_matches(filter, name) is expected


@cases(
    "name, scan_type, rules, expected",
    ("a/b", BASIC, [], MANUAL),
    ("a/b", ENHANCED, [], None),
    ("a/b", BASIC, [ScanRule(ON_PUSH, ("*",))], ON_PUSH),
    ("a/b", BASIC, [ScanRule(ON_PUSH, ())], MANUAL),
    ("a/b", ENHANCED, [ScanRule(ON_PUSH, ("*",)), ScanRule(CONTINUOUS, ("a/*",))], CONTINUOUS),
    ("c/b", ENHANCED, [ScanRule(CONTINUOUS, ("a/*",)), ScanRule(ON_PUSH, ("x", "b"))], ON_PUSH),
    ("c/b", ENHANCED, [ScanRule(CONTINUOUS, ("a/*",)), ScanRule(ON_PUSH, ("d*",))], None),
)
def test_how_often_one_is_scanned(
    name: str, scan_type: ScanType, rules: list[ScanRule], expected: ScanFrequency | None
) -> None:
    assert frequency_for(name, scan_type, rules) is expected
