"""Repository policies in the catalog's words: what `pull` says, and what is told because it can't."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.aws import RegistryId
from domain.document_text import to_text
from domain.iam.document import parse, same
from domain.iam.grants import (
    AccountGrant,
    Grant,
    OrganizationGrant,
    PullService,
    ServiceGrant,
    repository_policy,
)
from ops.adopt.pulls import read
from tests.domain.iam.test_iam_grants import GRANTS, REGISTRIES
from tests.ops.outputs import HOME, PROD, PULL, PUSH, Json, allow, arn

REGISTRY = RegistryId(account=PROD, region=HOME)
ARN = arn("legacy/orders")
OTHER, THIRD = "555566667777", "888899990000"
ROOT, ROLE = f"arn:aws:iam::{OTHER}:root", f"arn:aws:iam::{OTHER}:role/teams/puller"
ORGANIZATION = "o-a1b2c3d4e5"
OF_ORGANIZATION = {"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION}}
LAMBDA, CODEBUILD = {"Service": "lambda.amazonaws.com"}, {"Service": "codebuild.amazonaws.com"}


def source(account: str = PROD, region: str = HOME, what: str = "function:*", service: str = "lambda") -> str:
    return f"arn:aws:{service}:{region}:{account}:{what}"


def found(*statements: Json, version: str = "2012-10-17") -> tuple[list[Grant], list[str]]:
    pulls = read(json.dumps({"Version": version, "Statement": list(statements)}), ARN, REGISTRY)
    return list(pulls.grants), list(pulls.beyond)


def other(role: str | None = None) -> Grant:
    return AccountGrant(account=OTHER, role=role)


def service(kind: PullService, account: str = PROD) -> Grant:
    return ServiceGrant(service=kind, account=account)


@given(st.lists(GRANTS, min_size=1, max_size=6), REGISTRIES)
def test_what_was_built_is_read_back(grants: list[Grant], registry: RegistryId) -> None:
    """The account that Lambda needs beside the service comes back as a grant of its own, and builds the same."""
    built = repository_policy(grants, registry)
    assert built is not None
    arn = f"arn:{registry.partition}:ecr:{registry.region}:{registry.account}:repository/a"
    pulls = read(to_text(built), arn, registry)
    assert pulls.beyond == ()
    assert set(grants) <= set(pulls.grants)
    assert same(parse(repository_policy(pulls.grants, registry) or {}), parse(built))


SAID: dict[str, tuple[Json, list[Grant]]] = {
    "an account by its root": (allow({"AWS": ROOT}, PULL), [other()]),
    "an account by its digits": (allow({"AWS": OTHER}, PULL), [other()]),
    "a role": (allow({"AWS": ROLE}, PULL), [other("teams/puller")]),
    "several": (allow({"AWS": [ROLE, ROOT]}, PULL), [other(), other("teams/puller")]),
    "on every resource": (allow({"AWS": ROOT}, PULL, Resource="*"), [other()]),
    "on this repository": (allow({"AWS": ROOT}, PULL, Resource=[ARN]), [other()]),
    "in another case": (allow({"AWS": ROOT}, [each.upper().replace("ECR", "ecr") for each in PULL]), [other()]),
    "an organization": (allow("*", PULL, Condition=OF_ORGANIZATION), [OrganizationGrant(organization=ORGANIZATION)]),
    "organizations": (
        allow({"AWS": "*"}, PULL, Condition={"StringLike": {"aws:principalorgid": [ORGANIZATION, "o-zzzzzzzzzz"]}}),
        [OrganizationGrant(organization=ORGANIZATION), OrganizationGrant(organization="o-zzzzzzzzzz")],
    ),
    "Lambda, as Lambda itself grants it": (
        allow(LAMBDA, PULL, Condition={"StringLike": {"aws:sourceArn": source()}}),
        [service(PullService.LAMBDA)],
    ),
    "CodeBuild": (
        allow(
            CODEBUILD,
            PULL,
            Condition={
                "ArnLike": {"aws:SourceArn": source(OTHER, what="project/*", service="codebuild")},
                "StringEquals": {"aws:SourceAccount": OTHER},
            },
        ),
        [service(PullService.CODEBUILD, OTHER)],
    ),
}


@pytest.mark.parametrize(("statement", "grants"), SAID.values(), ids=SAID)
def test_what_pull_says(statement: Json, grants: list[Grant]) -> None:
    assert found(statement) == (grants, [])


OUR_FUNCTIONS = "if aws:SourceArn StringLike arn:aws:lambda:us-east-1:222233334444:function:*"
PART: dict[str, tuple[Json, list[Grant], str]] = {
    "pull and push": (
        allow({"AWS": ROOT}, PULL + PUSH, "Ci"),
        [other()],
        "Ci: account 555566667777 may push; `push` names the GitHub workflows that push",
    ),
    "everything": (
        allow({"AWS": ROOT}, "ecr:*"),
        [other()],
        "statement 1: account 555566667777 may do ecr:*; `push` names the GitHub workflows that push",
    ),
    "wildcards": (
        allow({"AWS": ROOT}, ["ecr:Batch*", "ecr:GetDownloadUrlForLayer"]),
        [other()],
        "statement 1: account 555566667777 may do ecr:Batch*",
    ),
    "a question mark": (
        allow({"AWS": ROOT}, ["ecr:BatchGetImag?", "ecr:GetDownloadUrlForLayer"]),
        [other()],
        "statement 1: account 555566667777 may do ecr:BatchGetImag?",
    ),
    "what a pull doesn't need": (
        allow({"AWS": ROLE}, [*PULL, "ecr:BatchCheckLayerAvailability"]),
        [other("teams/puller")],
        f"statement 1: {ROLE} may do ecr:BatchCheckLayerAvailability, which a pull does not need here",
    ),
    "more than a pull": (
        allow({"AWS": ROOT}, [*PULL, "ecr:DescribeImages", "ecr:BatchCheckLayerAvailability"]),
        [other()],
        "statement 1: account 555566667777 may do ecr:BatchCheckLayerAvailability and ecr:DescribeImages",
    ),
    "somebody whom pull can't name": (
        allow({"AWS": [ROOT, f"arn:aws:iam::{OTHER}:user/ann"]}, PULL, "Team"),
        [other()],
        f"Team: arn:aws:iam::{OTHER}:user/ann may pull: `pull` knows accounts and their roles",
    ),
    "Lambda for everybody": (
        allow(LAMBDA, PULL),
        [service(PullService.LAMBDA)],
        f"statement 1: lambda.amazonaws.com may pull for whomever it works; from then on only {OUR_FUNCTIONS}",
    ),
    "Lambda in every region": (
        allow(LAMBDA, PULL, Condition={"ArnLike": {"aws:SourceArn": source(region="*")}}),
        [service(PullService.LAMBDA)],
        (
            "statement 1: lambda.amazonaws.com may pull if aws:SourceArn ArnLike "
            f"arn:aws:lambda:*:222233334444:function:*; from then on only {OUR_FUNCTIONS}"
        ),
    ),
    "CodeBuild for an account": (
        allow(CODEBUILD, PULL, Condition={"StringEquals": {"aws:SourceAccount": OTHER}}),
        [service(PullService.CODEBUILD, OTHER)],
        (
            "statement 1: codebuild.amazonaws.com may pull if aws:SourceAccount StringEquals 555566667777; from then "
            "on only if aws:SourceArn ArnLike arn:aws:codebuild:us-east-1:555566667777:project/* and "
            "aws:SourceAccount StringEquals 555566667777"
        ),
    ),
    "any account in the source, and one beside it": (
        allow(
            LAMBDA,
            PULL,
            Condition={
                "ArnLike": {"aws:SourceArn": [source("*")]},
                "StringEquals": {"aws:SourceAccount": PROD},
            },
        ),
        [service(PullService.LAMBDA)],
        (
            "statement 1: lambda.amazonaws.com may pull if aws:SourceArn ArnLike arn:aws:lambda:us-east-1:*:function:* "
            f"and aws:SourceAccount StringEquals 222233334444; from then on only {OUR_FUNCTIONS}"
        ),
    ),
    "one of two accounts": (
        allow(
            LAMBDA,
            PULL,
            Condition={
                "StringLike": {"aws:SourceArn": [source(), source(OTHER)]},
                "StringEquals": {"aws:SourceAccount": [PROD, THIRD]},
            },
        ),
        [service(PullService.LAMBDA)],
        (
            "statement 1: lambda.amazonaws.com may pull if aws:SourceAccount StringEquals 222233334444 and "
            "888899990000 and aws:SourceArn StringLike arn:aws:lambda:us-east-1:222233334444:function:* and "
            f"arn:aws:lambda:us-east-1:555566667777:function:*; from then on only {OUR_FUNCTIONS}"
        ),
    ),
}


@pytest.mark.parametrize(("statement", "grants", "told"), PART.values(), ids=PART)
def test_what_pull_says_in_part(statement: Json, grants: list[Grant], told: str) -> None:
    assert found(statement) == (grants, [told])


NO_CONDITION = "`pull` has no such condition"
UNSAID: dict[str, tuple[Json, str]] = {
    "push alone": (
        allow({"AWS": ROOT}, PUSH, "Ci"),
        "Ci: account 555566667777 may push; `push` names the GitHub workflows that push",
    ),
    "push on every resource": (
        allow({"AWS": ROOT}, PUSH, Resource="*"),
        "statement 1: account 555566667777 may push; `push` names",
    ),
    "half a pull": (allow({"AWS": ROOT}, PULL[0]), "statement 1: account 555566667777 may do ecr:BatchGetImage"),
    "a delete": (allow({"AWS": ROOT}, "ecr:DeleteRepository"), "account 555566667777 may do ecr:DeleteRepository"),
    "everybody": (allow("*", PULL), "everybody may pull: `pull` names who may, and knows no everybody"),
    "a user": (allow({"AWS": f"arn:aws:iam::{OTHER}:user/ann"}, PULL), "`pull` knows accounts and their roles"),
    "a session": (
        allow({"AWS": f"arn:aws:sts::{OTHER}:assumed-role/ci/build"}, PULL),
        "`pull` knows accounts and their roles",
    ),
    "a role of another partition": (
        allow({"AWS": f"arn:aws-cn:iam::{OTHER}:role/ci"}, PULL),
        "no role of this partition has that name",
    ),
    "somebody who is gone": (allow({"AWS": "AROAEXAMPLEEXAMPLE123"}, PULL), "the id of a principal that is gone"),
    "somebody federated": (allow({"Federated": "accounts.google.com"}, PULL), "`pull` knows accounts, roles"),
    "another service": (
        allow({"Service": "ecs.amazonaws.com"}, PULL),
        "`pull` knows the services lambda and codebuild",
    ),
    "an account with a condition": (
        allow({"AWS": ROOT}, PULL, Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}),
        "account 555566667777 may pull if aws:SourceIp IpAddress 10.0.0.0/8: `pull` has no conditions",
    ),
    "another resource": (
        allow({"AWS": ROOT}, PULL, Resource=arn("legacy/cache")),
        f"account 555566667777 may pull on {arn('legacy/cache')}",
    ),
    "all resources but one": (
        {**allow({"AWS": ROOT}, PULL), "NotResource": arn("legacy/cache")},
        f"account 555566667777 may pull on anything but {arn('legacy/cache')}",
    ),
    "everything but": (
        {"Effect": "Allow", "Principal": {"AWS": ROOT}, "NotAction": "ecr:DeleteRepository"},
        "account 555566667777 may do anything but ecr:DeleteRepository",
    ),
    "everybody but": (
        {"Effect": "Allow", "NotPrincipal": {"AWS": ROOT}, "Action": PULL},
        "everybody but account 555566667777 may pull",
    ),
    "a part of an organization": (
        allow("*", PULL, Condition={"StringLike": {"aws:PrincipalOrgPaths": f"{ORGANIZATION}/*"}}),
        NO_CONDITION,
    ),
    "an organization, and more": (
        allow("*", PULL, Condition={**OF_ORGANIZATION, "Bool": {"aws:SecureTransport": "true"}}),
        NO_CONDITION,
    ),
    "an organization, if it is told": (
        allow("*", PULL, Condition={"StringEqualsIfExists": {"aws:PrincipalOrgID": ORGANIZATION}}),
        NO_CONDITION,
    ),
    "an organization, for all values": (
        allow("*", PULL, Condition={"ForAllValues:StringEquals": {"aws:PrincipalOrgID": ORGANIZATION}}),
        NO_CONDITION,
    ),
    "no organization": (
        allow("*", PULL, Condition={"StringNotEquals": {"aws:PrincipalOrgID": ORGANIZATION}}),
        NO_CONDITION,
    ),
    "every organization": (
        allow("*", PULL, Condition={"StringLike": {"aws:PrincipalOrgID": "o-*"}}),
        "that is no organization's id",
    ),
    "one function": (
        allow(LAMBDA, PULL, Condition={"StringLike": {"aws:SourceArn": source(what="function:resize")}}),
        "`pull` names no single source: `{service: lambda}` means all of an account's",
    ),
    "Lambda, if a source is told": (
        allow(LAMBDA, PULL, Condition={"StringLikeIfExists": {"aws:SourceArn": source()}}),
        NO_CONDITION,
    ),
    "Lambda, for all accounts": (
        allow(LAMBDA, PULL, Condition={"ForAllValues:StringEquals": {"aws:SourceAccount": PROD}}),
        NO_CONDITION,
    ),
    "a text that is no pattern": (
        allow(LAMBDA, PULL, Condition={"StringEquals": {"aws:SourceArn": source()}}),
        NO_CONDITION,
    ),
    "functions elsewhere": (
        allow(LAMBDA, PULL, Condition={"StringLike": {"aws:SourceArn": source(region="us-west-2")}}),
        "is in another region",
    ),
    "the source of another service": (
        allow(LAMBDA, PULL, Condition={"StringLike": {"aws:SourceArn": source(service="codebuild")}}),
        "is no source that lambda has here",
    ),
    "a source without form": (allow(LAMBDA, PULL, Condition={"StringLike": {"aws:SourceArn": "*"}}), "* is no source"),
    "accounts by a pattern": (
        allow(LAMBDA, PULL, Condition={"StringLike": {"aws:SourceAccount": "5555*"}}),
        "its condition names no account of 12 digits",
    ),
    "no account in the end": (
        allow(
            LAMBDA,
            PULL,
            Condition={
                "StringLike": {"aws:SourceArn": source()},
                "StringEquals": {"aws:SourceAccount": OTHER},
            },
        ),
        "its conditions name no account together",
    ),
    "Lambda of an account that may not pull itself": (
        allow(LAMBDA, PULL, Condition={"StringLike": {"aws:SourceArn": source(OTHER)}}),
        "555566667777 is not written, for it would let in more: account 555566667777 may not pull now",
    ),
}


@pytest.mark.parametrize(("statement", "told"), UNSAID.values(), ids=UNSAID)
def test_what_pull_can_not_say(statement: Json, told: str) -> None:
    grants, beyond = found(statement)
    assert grants == []
    assert len(beyond) == 1
    assert told in beyond[0]


def test_lambda_of_an_account_that_may_pull() -> None:
    grants, beyond = found(
        allow({"AWS": ROOT}, PULL),
        allow(LAMBDA, PULL, Condition={"StringLike": {"aws:SourceArn": source(OTHER)}}),
    )
    assert (grants, beyond) == ([other(), service(PullService.LAMBDA, OTHER)], [])


DENY = {
    "pulls": {"Action": "ecr:BatchGetImage"},
    "everything": {"Action": "ecr:*"},
    "half of it": {"Action": "ecr:GetDownload*"},
    "all but pushes": {"NotAction": PUSH},
    "all but half a pull": {"NotAction": PULL[0]},
}


@pytest.mark.parametrize("what", DENY.values(), ids=DENY)
def test_a_deny_of_pulls_leaves_pull_to_people(what: Json) -> None:
    deny = {"Sid": "Fence", "Effect": "Deny", "Principal": {"AWS": ROLE}, **what}
    grants, beyond = found(allow({"AWS": ROOT}, PULL), deny)
    assert grants == []
    assert beyond[0].startswith(f"Fence: {ROLE} may not ")
    assert beyond[1] == "nobody's pull is written, for Fence forbids pulls, which no entry can say"


@pytest.mark.parametrize("what", [{"Action": "ecr:DeleteRepository"}, {"NotAction": PULL}, {"NotAction": "ecr:*"}])
def test_another_deny_is_told(what: Json) -> None:
    grants, beyond = found(allow({"AWS": ROOT}, PULL), {"Effect": "Deny", "Principal": "*", **what})
    assert grants == [other()]
    (told,) = beyond
    assert told.startswith("statement 2: everybody may not do ")


def test_an_old_document() -> None:
    assert found(allow({"AWS": ROOT}, PULL), version="2008-10-17") == ([other()], [])


@pytest.mark.parametrize("text", ["{", "[]", '{"Statement": []}', '{"Statement": [{"Effect": "Maybe"}]}'])
def test_what_can_not_be_read(text: str) -> None:
    pulls = read(text, ARN, REGISTRY)
    assert pulls.grants == ()
    assert pulls.beyond[0].startswith("it can't be read: ")
