"""How statements read in messages."""

from domain.iam.document import parse
from domain.iam.statement_text import (
    actions_text,
    condition_text,
    elements_of,
    principal_text,
    statement_name,
    statement_text,
)
from tests.cases import case, cases

DOCUMENT = parse(
    {
        "Statement": [
            {
                "Sid": "Pull",
                "Effect": "Allow",
                "Principal": {
                    "AWS": ["111122223333", "arn:aws:iam::444455556666:role/r"],
                    "Service": "x.amazonaws.com",
                },
                "Action": ["ecr:BatchGetImage", "ecr:DescribeImages"],
                "Condition": {"StringEquals": {"aws:SourceAccount": ["2", "1"]}},
            },
            {"Effect": "Deny", "Principal": "*", "NotAction": ["ecr:GetAuthorizationToken"]},
        ]
    }
)
PULL, DENY = DOCUMENT.statements


def test_the_elements_of_a_statement() -> None:
    assert elements_of(PULL) == {
        "Effect": ["Allow"],
        "Principal AWS": ["111122223333", "arn:aws:iam::444455556666:role/r"],
        "Principal Service": ["x.amazonaws.com"],
        "Action": ["ecr:BatchGetImage", "ecr:DescribeImages"],
        "Condition StringEquals aws:SourceAccount": ["1", "2"],
    }
    assert statement_text(DENY) == "Effect Deny; Principal AWS *; NotAction ecr:GetAuthorizationToken"


def test_a_statement_has_a_name_in_messages() -> None:
    assert [statement_name(each, index) for index, each in enumerate(DOCUMENT.statements)] == [
        "statement 'Pull'",
        "statement 2",
    ]


def test_actions_and_conditions() -> None:
    assert actions_text(PULL) == "ecr:BatchGetImage and ecr:DescribeImages"
    assert actions_text(DENY) == "every action except ecr:GetAuthorizationToken"
    assert [condition_text(each) for each in PULL.conditions] == ["StringEquals aws:SourceAccount 1, 2"]


@cases(
    "index, expected",
    case("an account", 0, "account 111122223333"),
    case("a role", 1, "arn:aws:iam::444455556666:role/r"),
    case("a service", 2, "Service x.amazonaws.com"),
)
def test_principals(index: int, expected: str) -> None:
    assert PULL.principals
    assert principal_text(PULL.principals[index]) == expected
    assert DENY.principals
    assert principal_text(DENY.principals[0]) == "everybody (*)"
