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

ROLE = "arn:aws:iam::444455556666:role/r"
DOCUMENT = parse(
    {
        "Statement": [
            {
                "Sid": "Pull",
                "Effect": "Allow",
                "Principal": {"AWS": ["111122223333", ROLE], "Service": "x.amazonaws.com"},
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
        "Principal AWS": ["111122223333", ROLE],
        "Principal Service": ["x.amazonaws.com"],
        "Action": ["ecr:BatchGetImage", "ecr:DescribeImages"],
        "Condition StringEquals aws:SourceAccount": ["1", "2"],
    }
    assert statement_text(DENY) == "Effect Deny; Principal AWS *; NotAction ecr:GetAuthorizationToken"


def test_a_statement_has_a_name_in_messages() -> None:
    assert [statement_name(PULL, 0), statement_name(DENY, 1)] == ["statement 'Pull'", "statement 2"]


def test_actions_and_conditions() -> None:
    assert actions_text(PULL) == "ecr:BatchGetImage and ecr:DescribeImages"
    assert actions_text(DENY) == "every action except ecr:GetAuthorizationToken"
    assert [condition_text(each) for each in PULL.conditions] == ["StringEquals aws:SourceAccount 1, 2"]


def test_principals() -> None:
    principals = [*(PULL.principals or ()), *(DENY.principals or ())]
    expected = ["account 111122223333", ROLE, "Service x.amazonaws.com", "everyone (*)"]
    assert [principal_text(each) for each in principals] == expected
