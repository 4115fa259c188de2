"""Repository policies in the catalog's words: what `pull` says, and what is reported because it can't."""

import json
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from domain.aws import RegistryId
from domain.document_text import to_json_text
from domain.iam.access import Caller, Context, Identity, Policy, Request
from domain.iam.document import parse, same
from domain.iam.evaluate import evaluate
from domain.iam.grants import AccountGrant, Grant, OrganizationGrant, PullService, ServiceGrant, repository_policy
from ops.adopt.pulls import Pulls, _session, read_pulls
from tests.domain.iam.test_iam_grants import GRANTS, REGISTRIES
from tests.ops.outputs import HOME, PROD, PULL, PUSH, Json, allow, arn

REGISTRY = RegistryId(account=PROD, region=HOME)
ARN = arn("legacy/orders")
OTHER, THIRD = "555566667777", "888899990000"
ROOT, ROLE = f"arn:aws:iam::{OTHER}:root", f"arn:aws:iam::{OTHER}:role/teams/puller"
USER, SESSION = f"arn:aws:iam::{OTHER}:user/ann", f"arn:aws:sts::{OTHER}:assumed-role/ci/build"
ORGANIZATION = "o-a1b2c3d4e5"
LAMBDA, CODEBUILD = {"Service": "lambda.amazonaws.com"}, {"Service": "codebuild.amazonaws.com"}


def read(*statements: Json, version: str = "2012-10-17") -> Pulls:
    return read_pulls(json.dumps({"Version": version, "Statement": list(statements)}), ARN, REGISTRY)


def source(account: str = PROD, region: str = HOME, what: str = "function:*", service: str = "lambda") -> str:
    return f"arn:aws:{service}:{region}:{account}:{what}"


def everyone(operator: str = "StringEquals", key: str = "aws:PrincipalOrgID", value: object = ORGANIZATION) -> Json:
    return allow("*", PULL, Condition={operator: {key: value}})


def lambdas(arn: object, operator: str = "StringLike", account: object = None) -> Json:
    accounts = {"StringEquals": {"aws:SourceAccount": account}} if account else {}
    return allow(LAMBDA, PULL, Condition={operator: {"aws:SourceArn": arn}, **accounts})


def other(role: str | None = None) -> Grant:
    return AccountGrant(account=OTHER, role=role)


def organization(id: str = ORGANIZATION) -> Grant:
    return OrganizationGrant(organization=id)


def service(kind: PullService = PullService.LAMBDA, account: str = PROD) -> Grant:
    return ServiceGrant(service=kind, account=account)


@given(st.lists(GRANTS, min_size=1, max_size=6), REGISTRIES)
def test_what_was_built_is_read_back(grants: list[Grant], registry: RegistryId) -> None:
    """The account that Lambda needs beside the service comes back as a grant of its own, and builds the same."""
    built = repository_policy(grants, registry)
    assert built is not None
    arn = f"arn:{registry.partition}:ecr:{registry.region}:{registry.account}:repository/a"
    pulls = read_pulls(to_json_text(built), arn, registry)
    assert (pulls.beyond, pulls.remarks) == ((), ())
    assert set(grants) <= set(pulls.grants)
    assert same(parse(repository_policy(pulls.grants, registry) or {}), parse(built))
    assert same(parse(pulls.policy), parse(built))


BUILT_BY = source(OTHER, what="project/*", service="codebuild")
BUILDS = {"ArnLike": {"aws:SourceArn": BUILT_BY}, "StringEquals": {"aws:SourceAccount": OTHER}}
SAID: dict[str, tuple[Json, list[Grant]]] = {
    # What the program itself builds is above.
    "an account by its digits": (allow({"AWS": OTHER}, PULL), [other()]),
    "several": (allow({"AWS": [ROLE, ROOT]}, PULL), [other(), other("teams/puller")]),
    "on every resource": (allow({"AWS": ROOT}, PULL, Resource="*"), [other()]),
    "on this repository": (allow({"AWS": ROOT}, PULL, Resource=[ARN]), [other()]),
    "in another case": (allow({"AWS": ROOT}, [each.upper().replace("ECR", "ecr") for each in PULL]), [other()]),
    "organizations": (
        everyone("StringLike", "aws:principalorgid", [ORGANIZATION, "o-zzzzzzzzzz"]),
        [organization(), organization("o-zzzzzzzzzz")],
    ),
    "Lambda, as Lambda itself grants it": (lambdas(source()), [service()]),
    "CodeBuild": (allow(CODEBUILD, PULL, Condition=BUILDS), [service(PullService.CODEBUILD, OTHER)]),
}


@pytest.mark.parametrize(("statement", "grants"), SAID.values(), ids=SAID)
def test_what_pull_says(statement: Json, grants: list[Grant]) -> None:
    pulls = read(statement)
    assert (list(pulls.grants), pulls.beyond, pulls.remarks) == (grants, (), ())


PART: dict[str, tuple[Json, list[Grant]]] = {
    "pull and push": (allow({"AWS": ROOT}, PULL + PUSH, "Ci"), [other()]),
    "everything": (allow({"AWS": ROOT}, "ecr:*"), [other()]),
    "wildcards": (allow({"AWS": ROOT}, ["ecr:Batch*", "ecr:GetDownloadUrlForLayer"]), [other()]),
    "what a pull doesn't need": (
        allow({"AWS": ROLE}, [*PULL, "ecr:BatchCheckLayerAvailability"]),
        [other("teams/puller")],
    ),
    "a principal that pull can't name": (allow({"AWS": [ROOT, USER]}, PULL, "Team"), [other()]),
    "a principal that pull can't name, and more": (
        allow({"AWS": [ROOT, USER]}, [*PULL, "ecr:ListImages"], "Team"),
        [other()],
    ),
    "everything but": ({"Effect": "Allow", "Principal": {"AWS": ROOT}, "NotAction": "ecr:DeleteRepository"}, []),
    "Lambda for everyone": (allow(LAMBDA, PULL), [service()]),
    "Lambda in every region": (lambdas(source(region="*"), "ArnLike"), [service()]),
    "an organization, if the key is there": (everyone("StringEqualsIfExists"), [organization()]),
    "one of two accounts": (lambdas([source(), source(OTHER)], account=[PROD, THIRD]), [service()]),
    "for all values": (everyone("ForAllValues:StringEquals"), [organization()]),
    "any account, and one beside it": (lambdas(source("*"), "ArnLike", PROD), [service()]),
    "if a source is given": (lambdas(source(), "StringLikeIfExists"), [service()]),
    "CodeBuild for an account": (
        allow(CODEBUILD, PULL, Condition={"StringEquals": {"aws:SourceAccount": OTHER}}),
        [service(PullService.CODEBUILD, OTHER)],
    ),
}


@pytest.mark.parametrize(("statement", "grants"), PART.values(), ids=PART)
def test_what_pull_says_in_part(statement: Json, grants: list[Grant]) -> None:
    pulls = read(statement)
    assert list(pulls.grants) == grants
    assert pulls.beyond


def test_the_words(snapshot: SnapshotAssertion) -> None:
    printed = []
    for case, (statement, _) in PART.items():
        pulls = read(statement)
        printed += [f"{case}: beyond: {each}" for each in pulls.beyond] + [f"{case}: {each}" for each in pulls.remarks]
    assert "\n".join(printed) == snapshot


PUSHES = "`push` names the GitHub workflows that push"
OF_ACCOUNTS = {"StringLike": {"aws:SourceAccount": "5555*"}}
FROM_INSIDE = {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}
MEMBERS_OF_OTHERS = {
    "StringEquals": {"aws:PrincipalOrgID": ORGANIZATION},
    "StringNotEquals": {"aws:PrincipalAccount": OTHER},
}
NO_CONDITION = "`pull` has no such condition"
UNSAID: dict[str, tuple[Json, str]] = {
    "push alone": (allow({"AWS": ROOT}, PUSH, "Ci"), f"Ci: {PUSHES}"),
    "half a pull": (allow({"AWS": ROOT}, PULL[0]), ""),
    "a delete": (allow({"AWS": ROOT}, "ecr:DeleteRepository"), ""),
    "everyone": (allow("*", PULL), "*: `pull` has accounts, roles, organizations and services, but not everyone"),
    "a user": (allow({"AWS": USER}, PULL), f"{USER}: `pull` has accounts and their roles"),
    "a session": (allow({"AWS": SESSION}, PULL), f"{SESSION}: `pull` has accounts and their roles"),
    "a role of another partition": (allow({"AWS": f"arn:aws-cn:iam::{OTHER}:role/ci"}, PULL), "`pull` has accounts"),
    "a principal that was deleted": (allow({"AWS": "AROAEXAMPLEEXAMPLE123"}, PULL), "principal that was deleted"),
    "an identity provider": (allow({"Federated": "accounts.google.com"}, PULL), "`pull` has accounts and their roles"),
    "another service": (allow({"Service": "ecs.amazonaws.com"}, PULL), "`pull` has the services lambda.amazonaws.com"),
    "an account with a condition": (allow({"AWS": ROOT}, PULL, Condition=FROM_INSIDE), f"{OTHER}: {NO_CONDITION}"),
    "our own account with a condition": (allow({"AWS": PROD}, PULL, Condition=FROM_INSIDE), NO_CONDITION),
    "another resource": (allow({"AWS": ROOT}, PULL, Resource=arn("legacy/cache")), ""),
    "all resources but one": ({**allow({"AWS": ROOT}, PULL), "NotResource": arn("legacy/cache")}, ""),
    "everyone but": ({"Effect": "Allow", "NotPrincipal": {"AWS": ROOT}, "Action": PULL}, ""),
    "a part of an organization": (everyone("StringLike", "aws:PrincipalOrgPaths", f"{ORGANIZATION}/*"), NO_CONDITION),
    "an organization, and more": (allow("*", PULL, Condition=MEMBERS_OF_OTHERS), NO_CONDITION),
    "no organization": (everyone("StringNotEquals"), NO_CONDITION),
    "every organization": (everyone("StringLike", value="o-*"), "but not everyone"),
    "one function": (lambdas(source(what="function:resize")), NO_CONDITION),
    "some functions": (lambdas(source(what="function:p*")), NO_CONDITION),
    "Lambda, for all accounts": (lambdas(source("*"), "ForAnyValue:StringEquals"), NO_CONDITION),
    "a text that is not a pattern": (lambdas(source(), "StringEquals"), NO_CONDITION),
    "functions elsewhere": (lambdas(source(region="us-west-2")), NO_CONDITION),
    "the source of another service": (lambdas(source(service="codebuild")), NO_CONDITION),
    "accounts by a pattern": (allow(LAMBDA, PULL, Condition=OF_ACCOUNTS), NO_CONDITION),
    "no account in the end": (lambdas(source(), account=OTHER), NO_CONDITION),
    "Lambda of an account that may not pull itself": (lambdas(source(OTHER)), NO_CONDITION),
}


@pytest.mark.parametrize(("statement", "remark"), UNSAID.values(), ids=UNSAID)
def test_what_pull_can_not_say(statement: Json, remark: str) -> None:
    pulls = read(statement)
    assert (pulls.grants, len(pulls.beyond)) == ((), 1)
    assert remark in " ".join(pulls.remarks)
    assert len(pulls.remarks) == bool(remark)
    assert same(parse(pulls.policy), parse({"Version": "2012-10-17", "Statement": {"Sid": "statement 1", **statement}}))


WHO = [
    *(_session(account, role, REGISTRY) for account in (OTHER, THIRD, PROD) for role in ("teams/puller", "ci")),
    replace(_session("000000000000", "ci", REGISTRY), organization=ORGANIZATION),
    *(Caller(identity=Identity(arn=f"{each.value}.amazonaws.com", account=None)) for each in PullService),
]
CONTEXTS: list[Context] = [
    {"aws:SourceArn": (source(account, region),), "aws:SourceAccount": (account,), "aws:SourceIp": ("10.0.0.1",)}
    for account in (PROD, OTHER)
    for region in (HOME, "us-west-2")
]
STATEMENTS = [statement for cases in (SAID, PART, UNSAID) for statement, *_ in cases.values()]


def test_the_policy_means_the_same() -> None:
    for found in STATEMENTS:
        policies = [
            Policy(name="", document=parse(each))
            for each in ({"Version": "2012-10-17", "Statement": found}, read(found).policy)
        ]
        for who, context, action in product(WHO, CONTEXTS, [PULL[0], "ecr:PutImage", "ecr:ListImages"]):
            request = Request(action=action, resource=ARN, account=PROD, context=context)
            one, other = (evaluate(who, request, [each]).allowed for each in policies)
            assert one is other, (found, who.identity, context, action)


def test_lambda_of_an_account_that_may_pull() -> None:
    pulls = read(allow({"AWS": ROOT}, PULL), lambdas(source(OTHER)))
    assert (pulls.grants, pulls.beyond) == ((other(), service(account=OTHER)), ())


def test_a_statement_that_keeps_its_name() -> None:
    """Of such a one the plan tells what changes."""
    pulls = read(allow({"AWS": [ROOT, USER]}, PULL, "PullByAccounts"))
    (statement,) = parse(pulls.policy).statements
    assert [each.value for each in statement.principals or ()] == [OTHER, USER]


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
    pulls = read(allow({"AWS": ROOT}, PULL), deny)
    assert (pulls.grants, len(pulls.beyond)) == ((), 2)
    assert pulls.remarks == ("no `pull` is written, for Fence denies pulls, which an entry can't say",)


@pytest.mark.parametrize("what", [{"Action": "ecr:DeleteRepository"}, {"NotAction": PULL}, {"NotAction": "ecr:*"}])
def test_another_deny_is_reported(what: Json) -> None:
    pulls = read(allow({"AWS": ROOT}, PULL), {"Effect": "Deny", "Principal": "*", **what})
    assert pulls.grants == (other(),)
    assert [each.startswith("statement 2: Effect Deny; Principal AWS *; ") for each in pulls.beyond] == [True]


def test_an_old_document() -> None:
    pulls = read(allow({"AWS": ROOT}, PULL), version="2008-10-17")
    assert (pulls.grants, pulls.beyond) == ((other(),), ())


@pytest.mark.parametrize("text", ["{", "[]", '{"Statement": []}', '{"Statement": [{"Effect": "Maybe"}]}'])
def test_what_can_not_be_read(text: str) -> None:
    pulls = read_pulls(text, ARN, REGISTRY)
    assert (pulls.grants, pulls.policy, pulls.beyond) == ((), text, ())
    assert pulls.remarks[0].startswith("it can't be read: ")
