"""Policies compared by what they mean: rule by rule, statement by statement."""

import json

import pytest

from domain.ecr.retention import RetentionEffect, Rule, Selector, compile_policy
from resources import Grammar
from review.plan.input_diff import input_differences
from review.plan.policy_diff import compare
from tests.cases import cases


def rule(
    patterns: str, count: int, effect: RetentionEffect = RetentionEffect.KEEP, description: str | None = None
) -> Rule:
    return Rule(
        selector=Selector.TAGGED, patterns=tuple(patterns.split()), effect=effect, count=count, description=description
    )


def lifecycle(*rules: Rule) -> str:
    return json.dumps(compile_policy(rules))


V, RELEASE, DEV = rule("v*", 10), rule("release-*", 20), rule("dev-*", 30, RetentionEffect.EXPIRE_AFTER_DAYS)


@cases(
    "old, new, lines",
    ([V], [V], ()),
    ([V], [RELEASE, V], ("+ Keep the newest 20 images tagged release-*",)),
    ([V, DEV], [DEV], ("- Keep the newest 10 images tagged v*",)),
    ([V], [rule("v*", 5)], ("~ Keep the newest 10 images tagged v* → Keep the newest 5 images tagged v*",)),
    (
        [V],
        [rule("v*", 10, RetentionEffect.ARCHIVE_KEEP)],
        ("- Keep the newest 10 images tagged v*", "+ Archive all but the newest 10 images tagged v*"),
    ),
    (
        [V],
        [rule("v*", 10, description="ten are enough")],
        ("~ Keep the newest 10 images tagged v* → Keep the newest 10 images tagged v* (ten are enough)",),
    ),
    ([V, DEV], [DEV, V], ("~ the rules have another order: an image belongs to the first that its tags match",)),
    ([rule("a* b*", 3, description="both")], [rule("b* a*", 3, description="both")], ()),
)
def test_lifecycle(old: list[Rule], new: list[Rule], lines: tuple[str, ...]) -> None:
    assert compare(Grammar.LIFECYCLE, lifecycle(*old), lifecycle(*new)) == lines


def test_a_trust_policy_written_otherwise_is_no_difference() -> None:
    statement = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": ["sts:AssumeRole", "sts:TagSession"]}
    other = {**statement, "Action": ["sts:TagSession", "sts:AssumeRole"]}
    old, new, wider = (
        {"assumeRolePolicy": json.dumps({"Version": "2012-10-17", "Statement": each})}
        for each in ([statement], other, {**statement, "Action": "sts:*"})
    )
    assert input_differences("aws:iam/role:Role", old, new, {}) == ()
    (found,) = input_differences("aws:iam/role:Role", old, wider, {})
    assert (found.path, found.effect.value) == ("assumeRolePolicy", "in-place")
    assert found.lines


def test_a_description_that_lies_does_not_hide_the_number() -> None:
    old, new = (lifecycle(rule("v*", count, description="Keep plenty")) for count in (50, 1))
    (line,) = compare(Grammar.LIFECYCLE, old, new) or ()
    assert line == (
        "~ Keep the newest 50 images tagged v* (Keep plenty) → Keep the newest 1 image tagged v* (Keep plenty)"
    ).replace("newest 1 image", "newest image")


def test_prefixes_are_shown_as_patterns() -> None:
    selection = {"tagStatus": "tagged", "tagPrefixList": ["v"], "countType": "imageCountMoreThan", "countNumber": 3}
    prefix = {"rulePriority": 1, "selection": selection, "action": {"type": "expire"}}
    lines = compare(Grammar.LIFECYCLE, json.dumps({"rules": [prefix]}), lifecycle(rule("dev-*", 3)))
    assert lines == ("- Keep the newest 3 images tagged v*", "+ Keep the newest 3 images tagged dev-*")


def policy(*statements: dict[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


ROOT = "arn:aws:iam::444455556666:root"
PULL: dict[str, object] = {
    "Sid": "Pull",
    "Effect": "Allow",
    "Principal": {"AWS": [ROOT]},
    "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
}

PULL_TOLD = "Effect Allow; Principal AWS 444455556666; Action ecr:BatchGetImage, ecr:GetDownloadUrlForLayer"


@cases(
    "new, lines",
    (PULL | {"Principal": {"AWS": "444455556666"}, "Action": ["ecr:getDownloadUrlForLayer", "ecr:batchgetimage"]}, ()),
    (
        PULL | {"Principal": {"AWS": [ROOT, "arn:aws:iam::777788889999:root"]}},
        ("~ Pull: Principal AWS with 777788889999",),
    ),
    (
        PULL | {"Action": ["ecr:BatchGetImage", "ecr:PutImage"]},
        ("~ Pull: Action without ecr:GetDownloadUrlForLayer", "~ Pull: Action with ecr:PutImage"),
    ),
    (
        PULL | {"Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}},
        ("~ Pull: Condition StringEquals aws:PrincipalOrgID with o-1",),
    ),
    (PULL | {"Effect": "Deny"}, ("~ Pull: Effect without Allow", "~ Pull: Effect with Deny")),
    (PULL | {"Sid": "Fetch"}, (f"- Pull: {PULL_TOLD}", f"+ Fetch: {PULL_TOLD}")),
)
def test_statements(new: dict[str, object], lines: tuple[str, ...]) -> None:
    assert compare(Grammar.IAM, policy(PULL), policy(new)) == lines


def test_statements_without_a_name_have_no_order() -> None:
    one, other = ({**PULL, "Sid": "", "Action": [action]} for action in ("ecr:BatchGetImage", "ecr:PutImage"))
    assert compare(Grammar.IAM, policy(one, other), policy(other, one)) == ()


def test_the_head_of_a_policy_counts() -> None:
    older = policy(PULL).replace("2012-10-17", "2008-10-17")
    assert compare(Grammar.IAM, older, policy(PULL)) == ("~ version: 2008-10-17 → 2012-10-17",)


WIDGETS = [{"type": "text", "y": each} for each in range(9)]


@cases(
    "old, new, lines",
    ({"a": 1, "b": [2]}, {"b": [2], "a": 1}, ()),
    ({"detail": {"result": ["FAILED"]}}, {"detail": {"result": ["OK"]}}, ('~ detail.result[0]: "FAILED" → "OK"',)),
    ({"source": ["a"]}, {"source": ["a", "b"]}, ('+ source: "b"',)),
    ({"source": ["a", "b", "c"]}, {"source": ["d", "b"]}, ('- source: "a"', '- source: "c"', '+ source: "d"')),
    ({"source": ["a", "b", "c"]}, {"source": ["b", "a"]}, ('~ source: ["a","b","c"] → ["b","a"]',)),
    ({"source": ["a", "a"]}, {"source": ["a"]}, ('~ source: ["a","a"] → ["a"]',)),
    ({"source": ["a"]}, {"source": []}, ('~ source: ["a"] → []',)),
    ({"source": ["a", 1]}, {"source": ["a"]}, ('~ source: ["a",1] → ["a"]',)),
    ({"a": {"b": None}}, {"a": {"c": 0}}, ("- a.b: null", "+ a.c: 0")),
    ([], {}, ("~ all of it: [] → {}",)),
    (WIDGETS, [{**each, "y": 99} for each in WIDGETS], (*(f"~ [{i}].y: {i} → 99" for i in range(6)), "~ 3 more")),
)
def test_values_of_other_json(old: object, new: object, lines: tuple[str, ...]) -> None:
    assert compare(Grammar.JSON, json.dumps(old), json.dumps(new, indent=1)) == lines


@pytest.mark.parametrize("text", ["", "{", "[unknown]"])
def test_what_is_no_json_is_no_error(text: str) -> None:
    assert compare(Grammar.JSON, text, "{}") is None
    assert compare(Grammar.JSON, text, text) == ()


@pytest.mark.parametrize("grammar", [Grammar.LIFECYCLE, Grammar.IAM])
@pytest.mark.parametrize("text", ["", "[]", "{", '{"rules": 3}', '{"rules": [{}]}', "[unknown]"])
def test_what_can_not_be_read_is_no_error(grammar: Grammar, text: str) -> None:
    assert compare(grammar, text, policy(PULL)) is None
    assert compare(grammar, text, text) == ()
