"""The principals that policies allow: adversarial documents, each with all that it allows."""

import pytest

from tests.review.access.scene import (
    ACCOUNT,
    API,
    NODES,
    OTHER,
    PULL,
    PUSH,
    THIRD,
    Statement,
    allow,
    arn_of,
    can,
    deny,
    found,
    registry_policy,
    repository,
    repository_policy,
)

ORGANIZATION = "o-a1b2c3d4e5"
MEMBERS = {"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION}}
ROLE = f"arn:aws:iam::{OTHER}:role/teams/runner"
RUNNER = f"role teams/runner of account {OTHER}"
LAMBDA = {"Service": "lambda.amazonaws.com"}
FUNCTIONS = f"arn:aws:lambda:us-east-1:{OTHER}:function:*"
PULLED, SERVED = f"account {OTHER}: pull", f"lambda.amazonaws.com for account {OTHER}: pull"
VPCE = {"StringEquals": {"aws:SourceVpce": "vpce-1a2b3c4d"}}


def of_account(account: str) -> dict[str, dict[str, str]]:
    """A condition that the service works for an account, with the source of one."""
    return {"StringEquals": {"aws:SourceAccount": account}, "ArnLike": {"aws:SourceArn": FUNCTIONS}}


CASES: dict[str, tuple[list[Statement], set[str]]] = {
    "no principal": ([], set()),
    "an account": ([allow({"AWS": OTHER})], {PULLED}),
    "its root's ARN is the account": ([allow({"AWS": f"arn:aws:iam::{OTHER}:root"})], {PULLED}),
    "half of a pull is none": ([allow({"AWS": OTHER}, "ecr:BatchGetImage")], set()),
    "a pull in two statements": ([allow({"AWS": OTHER}, PULL[0]), allow({"AWS": [OTHER, THIRD]}, PULL[1])], {PULLED}),
    "by a pattern": ([allow({"AWS": OTHER}, ["ecr:Batch*", "ecr:Get*"])], {PULLED, f"account {OTHER}: delete"}),
    "everything": (
        [allow({"AWS": OTHER}, "ecr:*")],
        {f"account {OTHER}: {each}" for each in ("pull", "push", "delete", "configure")},
    ),
    "all but (NotAction)": (
        [{"Effect": "Allow", "Principal": {"AWS": OTHER}, "NotAction": ["ecr:Put*", "ecr:*Delete*", "ecr:*Policy*"]}],
        {PULLED, f"account {OTHER}: configure"},
    ),
    "one action of a configuration": ([allow({"AWS": OTHER}, "ecr:TagResource")], {f"account {OTHER}: configure"}),
    "a push is no pull": ([allow({"AWS": OTHER}, PUSH)], {f"account {OTHER}: push"}),
    "a role": ([allow({"AWS": ROLE})], {f"{RUNNER}: pull"}),
    "the nodes of a cluster": (
        [allow({"AWS": NODES})],
        {f"nodes of cluster storefront (role storefront-nodes of account {OTHER}): pull"},
    ),
    "a user": ([allow({"AWS": f"arn:aws:iam::{OTHER}:user/ci"})], {f"user ci of account {OTHER}: pull"}),
    "a session": (
        [allow({"AWS": f"arn:aws:sts::{OTHER}:assumed-role/ci/job-1"})],
        {f"session ci/job-1 of account {OTHER}: pull"},
    ),
    "one that was deleted": ([allow({"AWS": "AROAEXAMPLEEXAMPLE22"})], {"principal AROAEXAMPLEEXAMPLE22: pull"}),
    "an organization": ([allow("*", Condition=MEMBERS)], {f"organization {ORGANIZATION}: pull"}),
    "an organization by a pattern": (
        [allow("*", Condition={"StringLike": {"aws:PrincipalOrgID": "o-a*"}})],
        {"every AWS principal: pull if StringLike aws:PrincipalOrgID o-a*"},
    ),
    "an organization, or no organization": (
        [allow("*", Condition={"StringEqualsIfExists": {"aws:PrincipalOrgID": ORGANIZATION}})],
        {f"every AWS principal: pull if StringEqualsIfExists aws:PrincipalOrgID {ORGANIZATION}"},
    ),
    "an account's members of an organization": (
        [allow({"AWS": OTHER}, Condition=MEMBERS)],
        {f"account {OTHER}: pull if StringEquals aws:PrincipalOrgID {ORGANIZATION}"},
    ),
    "everyone of some accounts": (
        [allow("*", Condition={"StringEquals": {"aws:PrincipalAccount": [OTHER, THIRD]}})],
        {PULLED, f"account {THIRD}: pull"},
    ),
    "everyone": ([allow("*")], {"every AWS principal: pull"}),
    "everyone of AWS": ([allow({"AWS": "*"})], {"every AWS principal: pull"}),
    "all of a network": (
        [allow("*", Condition=VPCE)],
        {"every AWS principal: pull if StringEquals aws:SourceVpce vpce-1a2b3c4d"},
    ),
    "everyone but one": (
        [{"Effect": "Allow", "NotPrincipal": {"AWS": OTHER}, "Action": PULL}],
        {f"every AWS principal except {OTHER}: pull"},
    ),
    "a service": ([allow(LAMBDA)], {"lambda.amazonaws.com: pull"}),
    "a service by its sources": (
        [allow(LAMBDA, Condition={"StringLike": {"aws:SourceArn": [FUNCTIONS, FUNCTIONS.replace(OTHER, THIRD)]}})],
        {SERVED, f"lambda.amazonaws.com for account {THIRD}: pull"},
    ),
    "a service by account and source": ([allow(LAMBDA, Condition=of_account(OTHER))], {SERVED}),
    "a service for one account by another's source": (
        [allow(LAMBDA, Condition=of_account(THIRD))],
        {f"lambda.amazonaws.com for account {THIRD}: pull if ArnLike aws:SourceArn {FUNCTIONS}"},
    ),
    "a service of an organization": (
        [allow(LAMBDA, Condition={"StringEquals": {"aws:SourceOrgID": ORGANIZATION}})],
        {f"lambda.amazonaws.com for organization {ORGANIZATION}: pull"},
    ),
    "a Deny to all": ([allow({"AWS": OTHER}), deny("*")], set()),
    "a Deny to the account": ([allow({"AWS": [OTHER, THIRD]}), deny({"AWS": OTHER})], {f"account {THIRD}: pull"}),
    "a Deny of half a pull": ([allow({"AWS": OTHER}), deny("*", "ecr:GetDownload*")], set()),
    "a Deny to the account's role": ([allow({"AWS": [OTHER, ROLE]}), deny({"AWS": ROLE})], {PULLED}),
    "a Deny to all but some": (
        [allow({"AWS": [ROLE, THIRD]}), {"Effect": "Deny", "NotPrincipal": {"AWS": [ROLE, OTHER]}, "Action": "ecr:*"}],
        set(),
    ),
    "a Deny outside of a network": (
        [allow({"AWS": OTHER}), deny("*", "*", Condition={"StringNotEquals": VPCE["StringEquals"]})],
        {f"account {OTHER}: pull unless StringNotEquals aws:SourceVpce vpce-1a2b3c4d"},
    ),
    "a Deny to what is outside of the organization": (
        [allow("*", Condition=MEMBERS), deny("*", Condition={"StringNotEquals": {"aws:PrincipalOrgID": ORGANIZATION}})],
        {f"organization {ORGANIZATION}: pull"},
    ),
    "a Deny to another organization's": (
        [allow("*", Condition=MEMBERS), deny("*", Condition={"StringNotEquals": {"aws:PrincipalOrgID": "o-zzz"}})],
        set(),
    ),
    "a Deny without TLS": (
        [allow({"AWS": OTHER}), deny("*", Condition={"Bool": {"aws:SecureTransport": "false"}})],
        {PULLED},
    ),
    "some of an account": (
        [allow({"AWS": OTHER}, Condition={"ArnLike": {"aws:PrincipalArn": ROLE}})],
        {f"account {OTHER}: pull if ArnLike aws:PrincipalArn {ROLE}"},
    ),
    "two ways, one of them sure": ([allow({"AWS": OTHER}, Condition=VPCE), allow({"AWS": OTHER})], {PULLED}),
    "a Deny and an Allow that hang on something": (
        [allow({"AWS": OTHER}, Condition=VPCE), deny("*", Condition={"Null": {"aws:MultiFactorAuthAge": "true"}})],
        {f"account {OTHER}: pull if StringEquals aws:SourceVpce vpce-1a2b3c4d unless Null aws:MultiFactorAuthAge true"},
    ),
    "another region": (
        [allow({"AWS": OTHER}, Condition={"StringEquals": {"aws:RequestedRegion": "eu-west-1"}})],
        set(),
    ),
    "this account, by whose policies it goes anyway": ([allow({"AWS": ACCOUNT}, "ecr:*")], set()),
    "a role of this account that others declare": (
        [allow({"AWS": f"arn:aws:iam::{ACCOUNT}:role/batch"})],
        {f"role batch of account {ACCOUNT}: pull"},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_repository_policy_allows(case: str) -> None:
    statements, expected = CASES[case]
    assert can(repository(API, *statements)) == expected


def test_a_deny_of_the_registry_holds_against_the_repositorys_allow() -> None:
    grant = repository(API, allow({"AWS": [OTHER, THIRD]}))
    refused = deny({"AWS": OTHER}, "ecr:*", Resource=arn_of("payments/*"))
    assert can(grant, registry_policy(refused)) == {f"account {THIRD}: pull"}
    elsewhere = deny({"AWS": OTHER}, "ecr:*", Resource=arn_of("storefront/*"))
    assert can(grant, registry_policy(elsewhere)) == {PULLED, f"account {THIRD}: pull"}


def test_a_registry_policy_distinguishes_repositories() -> None:
    grant = registry_policy(allow({"AWS": OTHER}, Resource=arn_of("payments/*"), Sid="Payments"))
    cells = found(repository(API), repository("payments/ledger"), repository("storefront/web"), grant).cells
    assert [(each.repository, each.policy, each.statement) for each in cells] == [
        (API, "registry policy", "Payments"),
        ("payments/ledger", "registry policy", "Payments"),
    ]


def test_tags_tell_repositories_apart() -> None:
    tagged = allow({"AWS": OTHER}, Condition={"StringEquals": {"aws:ResourceTag/owner": "payments"}})
    assert can(repository(API, tagged, tags={"owner": "payments"})) == {PULLED}
    assert can(repository(API, tagged, tags={"owner": "storefront"})) == can(repository(API, tagged)) == set()
    both = found(repository(API, tagged, tags={"owner": "payments"}), repository("storefront/web", tagged))
    assert [each.repository for each in both.cells] == [API]


def test_a_region_distinguishes_repositories() -> None:
    here = allow({"AWS": OTHER}, Condition={"StringEquals": {"aws:RequestedRegion": "us-east-1"}})
    [cell] = found(repository(API, here), repository(API, here, region="eu-west-1")).cells
    assert cell.regions == ("us-east-1",)


@pytest.mark.parametrize("order", [1, -1])
def test_the_surer_of_two_ways_counts(order: int) -> None:
    """A service that brings its account alone, and one that brings its source as well."""
    doubtful = allow(LAMBDA, Condition={"StringEquals": {"aws:SourceAccount": OTHER, **VPCE["StringEquals"]}})
    sure = allow(LAMBDA, Condition={"ArnLike": {"aws:SourceArn": FUNCTIONS}})
    assert can(repository(API, *[doubtful, sure][::order])) == {SERVED}


def test_regions_with_the_same_answer_are_one() -> None:
    here, there = repository(API, allow({"AWS": OTHER})), repository(API, allow({"AWS": OTHER}), region="eu-west-1")
    [cell] = found(here, there).cells
    assert (cell.regions, cell.account) == (("eu-west-1", "us-east-1"), ACCOUNT)
    other = repository(API, allow({"AWS": THIRD}), region="eu-west-1")
    assert [each.regions for each in found(here, other).cells] == [("us-east-1",), ("eu-west-1",)]


@pytest.mark.parametrize("text", ["{", "[unknown]", '{"Version": "2012-10-17"}'])
def test_a_policy_that_cannot_be_read_is_reported_and_nothing_is_sure(text: str) -> None:
    grant = registry_policy(allow({"AWS": OTHER}, Resource="*"))
    scene = (repository(), repository_policy(text), grant)
    where = f"the repository policy of {API} in us-east-1 can't be read"
    assert can(*scene) == {f"account {OTHER}: pull {where}"}
    assert found(*scene).notes == (where,)


def test_a_statement_without_a_name_is_reported_by_its_place() -> None:
    first, second = allow({"AWS": THIRD}), allow({"AWS": OTHER})
    assert [each.statement for each in found(repository(API, first, second)).cells] == ["statement 2", "statement 1"]
