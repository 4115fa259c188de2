"""What ECR would refuse in a lifecycle policy."""

import json
from typing import Any

import pytest

from domain.document_text import to_json_text
from domain.ecr.lifecycle_grammar import validate, validate_text
from domain.problems import Path
from tests.cases import cases

Json = dict[str, Any]


def rule(priority: int, status: str = "any", by: str = "imageCountMoreThan", number: int = 1, **more: Any) -> Json:
    """A rule that ECR accepts; further keys go to the selection, `action` replaces the action."""
    action = more.pop("action", {"type": "expire"})
    unit = {} if by == "imageCountMoreThan" else {"countUnit": "days"}
    selection = {"tagStatus": status, "countType": by, "countNumber": number, **unit, **more}
    return {"rulePriority": priority, "description": "why", "selection": selection, "action": action}


def archive() -> Json:
    return {"type": "transition", "targetStorageClass": "archive"}


def policy(*rules: Json) -> Json:
    return {"rules": list(rules)}


def tagged(priority: int, *patterns: str, **more: Any) -> Json:
    return rule(priority, "tagged", tagPatternList=list(patterns), **more)


def prefixed(priority: int, **more: Any) -> Json:
    return rule(priority, "tagged", tagPrefixList=[f"p{priority}"], **more)


def expiring(priority: int, days: int, status: str = "any", **more: Any) -> Json:
    """What is in the archive."""
    return rule(priority, status, "sinceImageTransitioned", days, storageClass="archive", **more)


# The shapes on https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_examples.html
PUBLISHED = {
    "age": policy(rule(1, "tagged", "sinceImagePushed", 14, tagPatternList=["prod*"])),
    "last pull": policy(rule(1, "any", "sinceImagePulled", 90, action=archive())),
    "time in archive": policy(expiring(1, 365)),
    "count": policy(rule(1, "untagged")),
    "two rules": policy(tagged(1, "prod*"), tagged(2, "beta*")),
    "two tags": policy(rule(1, "tagged", "sinceImagePushed", 5, tagPatternList=["alpha*", "beta*"])),
    "all kinds": policy(tagged(1, "alpha*"), rule(2, "untagged", "sinceImagePushed"), rule(3, "any")),
    "archive by age": policy(rule(1, "tagged", "sinceImagePushed", 30, tagPatternList=["prod*"], action=archive())),
    "archive, then expire": policy(rule(1, "any", "sinceImagePushed", 30, action=archive()), expiring(2, 365)),
    "four wildcards": policy(rule(1, "tagged", tagPatternList=["*test*1*2*3", "test*1*2*3*"])),
    "both lists, in two rules": policy(tagged(1, "prod*"), rule(2, "tagged", tagPrefixList=["beta"])),
    "gaps, any order": policy(rule(300, "any"), rule(20, "untagged")),
    "one untagged in each class": policy(rule(1, "untagged"), expiring(2, 90, "untagged")),
    "the same prefixes in two classes": policy(
        rule(1, "tagged", tagPrefixList=["a"]), expiring(2, 90, "tagged", tagPrefixList=["a"])
    ),
    "the most rules": policy(*(prefixed(priority) for priority in range(1, 51))),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_what_aws_publishes_is_accepted(name: str) -> None:
    assert validate(PUBLISHED[name]) == []
    assert validate_text(json.dumps(PUBLISHED[name], indent=4)) == []


S0: Path = ("rules", 0, "selection")
A0: Path = ("rules", 0, "action")
TO = "targetStorageClass"


@cases(
    "document, path, words",
    (None, (), "is null"),
    ([], (), "is a list"),
    ({**PUBLISHED["age"], "Version": "1"}, ("Version",), "is not a key of the policy"),
    ({}, ("rules",), "is missing"),
    ({"rules": None}, ("rules",), "is null"),
    ({"rules": {}}, ("rules",), "is an object"),
    ({"rules": []}, ("rules",), "has 0 rules"),
    (policy(*(prefixed(priority) for priority in range(1, 52))), ("rules",), "has 51 rules"),
    (policy(rule(1), "x"), ("rules", 1), "is a string"),  # type: ignore[arg-type]
    (policy({**rule(1), "descripton": "x"}), ("rules", 0, "descripton"), "is not a key of a rule"),
    (policy({**rule(1), "description": None}), ("rules", 0, "description"), "is null"),
    (policy({**rule(1), "rulePriority": 0}), ("rules", 0, "rulePriority"), "is too small"),
    (policy({**rule(1), "rulePriority": True}), ("rules", 0, "rulePriority"), "is a boolean"),
    (policy({**rule(1), "rulePriority": 1.5}), ("rules", 0, "rulePriority"), "is a number with a fraction"),
    (policy({**rule(1), "selection": None}), S0, "is null"),
    (policy({**rule(1), "action": []}), A0, "is a list"),
    (policy(rule(1, "untagged"), rule(1, "any")), ("rules", 1, "rulePriority"), "is the priority of an earlier"),
    (policy(rule(1, "everything")), (*S0, "tagStatus"), "is not a value of tagStatus"),
    (policy(rule(1, tagstatus="any")), (*S0, "tagstatus"), "is not a key of a selection"),
    (policy(rule(1, "tagged")), S0, "names no tags"),
    (policy(rule(1, "tagged", tagPatternList=["a"], tagPrefixList=["a"])), S0, "both lists"),
    (policy(rule(1, "untagged", tagPrefixList=["a"])), (*S0, "tagPrefixList"), "is not allowed with tagStatus"),
    (policy(rule(1, "any", tagPatternList=["a"])), (*S0, "tagPatternList"), "is not allowed with tagStatus"),
    (policy(rule(1, "tagged", tagPatternList=[])), (*S0, "tagPatternList"), "is empty"),
    (policy(rule(1, "tagged", tagPatternList=None)), (*S0, "tagPatternList"), "is null"),
    (policy(rule(1, "tagged", tagPatternList="a")), (*S0, "tagPatternList"), "is a string"),
    (policy(rule(1, "tagged", tagPatternList=["a", 1])), (*S0, "tagPatternList", 1), "is not a string"),
    (policy(rule(1, "tagged", tagPatternList=["a", ""])), (*S0, "tagPatternList", 1), "is empty"),
    (policy(rule(1, "tagged", tagPatternList=["a*1*2*3*4*5"])), (*S0, "tagPatternList", 0), "has 5 wildcards"),
    (policy(rule(1, countUnit="days")), (*S0, "countUnit"), "is not allowed with countType"),
    (policy(rule(1, countUnit=None)), (*S0, "countUnit"), "is not allowed with countType"),
    (policy(rule(1, "any", "sinceImagePushed", countUnit="hours")), (*S0, "countUnit"), "is not a value of countUnit"),
    (policy(rule(1, "any", "sinceImagePushed", countUnit=None)), (*S0, "countUnit"), "is null"),
    (policy(rule(1, "any", "imageCount", countUnit="days")), (*S0, "countType"), "is not a value of countType"),
    (policy(rule(1, number=0)), (*S0, "countNumber"), "is too small"),
    (policy(rule(1, storageClass="archive")), (*S0, "storageClass"), "selects no images"),
    (policy(rule(1, storageClass="cold")), (*S0, "storageClass"), "is not a value of storageClass"),
    (policy(rule(1, storageClass=None)), (*S0, "storageClass"), "is null"),
    (policy(rule(1, "any", "sinceImageTransitioned", 90)), (*S0, "storageClass"), "selects no images"),
    (policy(expiring(1, 89)), (*S0, "countNumber"), "is too small"),
    (policy(rule(1, "any", "sinceImagePulled", 90)), (*A0, "type"), "is not allowed with countType"),
    (policy(expiring(1, 90, action=archive())), (*A0, "type"), "is not allowed with countType"),
    (policy(rule(1, action={"type": "delete"})), (*A0, "type"), "is not a value of type"),
    (policy(rule(1, action={"type": "EXPIRE"})), (*A0, "type"), "is not a value of type"),
    (policy(rule(1, action={})), (*A0, "type"), "is missing"),
    (policy(rule(1, action={"type": "transition"})), (*A0, TO), "is missing"),
    (policy(rule(1, action=archive() | {TO: None})), (*A0, TO), "is null"),
    (policy(rule(1, action=archive() | {TO: "cold"})), (*A0, TO), "is not a value of targetStorageClass"),
    (policy(rule(1, action={"type": "expire", TO: None})), (*A0, TO), "is not allowed with expire"),
    (policy(rule(1, "untagged"), rule(2, "untagged")), ("rules", 1, "selection", "tagStatus"), "of an earlier rule"),
    (policy(rule(1, "any"), rule(2, "any")), ("rules", 1, "selection", "tagStatus"), "of an earlier rule"),
    (policy(rule(1, "any"), rule(2, "untagged")), ("rules", 0, "rulePriority"), "comes before other rules"),
    (
        policy(rule(1, "tagged", tagPrefixList=["a", "b"]), rule(2, "tagged", tagPrefixList=["b", "a"])),
        ("rules", 1, "selection", "tagPrefixList"),
        "is the list of an earlier rule",
    ),
    (policy({**rule(1), "description": "x" * 30_720}), (), "is a text of 308"),
)
def test_one_fault_is_reported_once_and_where_it_is(document: object, path: Path, words: str) -> None:
    problems = validate(document)
    # What is nearly empty is too short as well.
    [problem] = [problem for problem in problems if path == () or problem.path != ()]
    assert problem.path == path
    assert words in problem.message
    assert validate_text(json.dumps(document)) == problems


@cases(
    "document, fix",
    (policy({**rule(1), "descripton": "x"}), "did you mean 'description'?"),
    (policy(rule(1, tagPaternList=["a"])), "did you mean 'tagPatternList'?"),
    (policy(rule(1, "any", "sinceImagePush", countUnit="days")), "did you mean 'sinceImagePushed'?"),
)
def test_a_misspelt_word_names_the_nearest(document: Json, fix: str) -> None:
    assert [problem.fix for problem in validate(document)] == [fix]


def test_the_least_text_is_a_hundred_characters() -> None:
    problems = validate({"rules": []})
    reported = [(problem.path, problem.message) for problem in problems]
    assert reported == [(("rules",), "has 0 rules"), ((), "is a text of 12 characters")]


def test_the_length_is_that_of_the_compact_text() -> None:
    document = policy(rule(1))
    document["rules"][0]["description"] += "x" * (30_720 - len(to_json_text(document)))
    assert validate(document) == []
    document["rules"][0]["description"] += "x"
    assert [problem.message for problem in validate(document)] == ["is a text of 30721 characters"]


def test_faulty_lists_are_not_compared() -> None:
    def selecting(*lists: list[Any]) -> Json:
        return policy(*(rule(priority, "tagged", tagPrefixList=tags) for priority, tags in enumerate(lists, start=1)))

    assert [problem.message for problem in validate(selecting([], []))] == ["is empty", "is empty"]
    assert [problem.message for problem in validate(selecting(["a", 1], ["a"]))] == ["is not a string"]
