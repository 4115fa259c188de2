"""Trust in GitHub's workflows; held against every token that a workflow of somebody else could bring."""

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from botocore.loaders import Loader
from hypothesis import given
from hypothesis import strategies as st

from domain.document_text import to_text
from domain.iam.access import Caller, Identity, Policy, Request
from domain.iam.document import parse
from domain.iam.evaluate import evaluate
from domain.iam.github import AUDIENCE, ISSUER, Subject
from domain.iam.github_trust import (
    GitHubSource,
    contradictions,
    environment_problems,
    provider_arn,
    ref_problems,
    repository_problems,
    source_problems,
    trust_policy,
    trust_problems,
    workflow_problems,
)
from domain.iam.limits import TRUST_TEXT_MAX
from domain.problems import Problem

HOME = "111122223333"
PROVIDER = provider_arn(HOME, "us-east-1")
ROLE = f"arn:aws:iam::{HOME}:role/container-registry/dev/publisher"
MAIN, RELEASES = "refs/heads/main", "refs/tags/v*"
WORKFLOW = "acme/workflows/.github/workflows/publish.yml@refs/heads/main"
API = GitHubSource(github="acme/payments-api", refs=(MAIN,))
KNOWN = replace(API, owner_id="1024", repository_id="65536", immutable=True)
SHAPES = Loader().load_service_model("iam", "service-2")["shapes"]
Token = dict[str, str]


def names(alphabet: str) -> st.SearchStrategy[str]:
    return st.text(alphabet, min_size=1, max_size=12)


BRANCHES = names("abcXYZ019/._-+@$").map(lambda name: f"refs/heads/{name}")
TAGS = names("abcXYZ019/._-+*").map(lambda name: f"refs/tags/{name}")
ENVIRONMENTS = names("abcXYZ019/._-:é +").filter(lambda name: not environment_problems(name))
WHERE = st.one_of(
    st.fixed_dictionaries({"refs": st.lists(st.one_of(BRANCHES, TAGS), min_size=1, max_size=4).map(tuple)}),
    st.fixed_dictionaries({"environment": ENVIRONMENTS}),
)
SOURCES = st.builds(
    lambda github, where, ids, immutable, workflow: GitHubSource(
        github=github, owner_id=ids[0], repository_id=ids[1], immutable=immutable and None not in ids,
        workflow=workflow, **where,
    ),
    st.sampled_from(["acme/payments-api", "Acme-1/.github", "some_acme/a.b_c-d"]),
    WHERE,
    st.tuples(st.sampled_from([None, "1024"]), st.sampled_from([None, "65536"])),
    st.booleans(),
    st.sampled_from([None, WORKFLOW]),
)  # fmt: skip


def gets_in(source: GitHubSource, token: Token, provider: str = PROVIDER) -> bool:
    document = parse(to_text(trust_policy(source, provider=PROVIDER)))
    context = {f"{ISSUER}:{claim}": (value,) for claim, value in token.items()}
    request = Request(action="sts:AssumeRoleWithWebIdentity", resource=ROLE, account=HOME, context=context)
    caller = Caller(identity=Identity(arn=provider, account=None))
    return evaluate(caller, request, (Policy(name="trust", document=document),)).allowed


def token(source: GitHubSource, subject: str) -> Token:
    """What a workflow of the source brings, of the subject; what the source doesn't know of it is made up."""
    return {
        "aud": AUDIENCE,
        "sub": subject,
        "repository_owner_id": source.owner_id or "7",
        "repository_id": source.repository_id or "8",
        "job_workflow_ref": source.workflow or f"{source.github}/.github/workflows/ci.yml@{MAIN}",
    }


def own_subjects(source: GitHubSource) -> list[str]:
    """Of the declared refs, with a tag for each pattern."""
    return [each.replace("*", "1.2/x") for each in source.subjects()]


def instead(
    subject: Subject, *, ref: str | None = None, environment: str | None = None, pull_request: bool = False
) -> Subject:
    """Of the same repository, of another context."""
    return replace(subject, ref=ref, environment=environment, pull_request=pull_request)


def strangers(source: GitHubSource, own: Token) -> Iterator[Token]:
    """The same token with one claim of somebody else."""
    subject = Subject.parse(own["sub"])
    assert subject is not None
    others = [
        instead(subject, pull_request=True),
        instead(subject, ref="refs/heads/zzz"),
        instead(subject, environment="zzz"),
        replace(subject, owner=f"{subject.owner}x"),
        replace(subject, repository=f"x{subject.repository}"),
        replace(subject, owner_id="9", repository_id="9"),
    ]
    if source.environment is None:
        others.append(instead(subject, environment=str(subject.ref)))
    if not any(ref.startswith("refs/tags/*") for ref in source.refs):
        others.append(instead(subject, ref="refs/tags/zzz"))
    yield from ({**own, "sub": str(each)} for each in others)
    yield {**own, "sub": own["sub"].swapcase()}
    yield {**own, "aud": "https://github.com/acme"}
    yield {**own, "aud": f"{AUDIENCE}.cn"}
    held = {
        "repository_owner_id": source.owner_id,
        "repository_id": source.repository_id,
        "job_workflow_ref": source.workflow,
        "aud": AUDIENCE,
        "sub": "",
    }
    for claim, value in held.items():
        if value is not None:
            yield {**own, claim: "9"}
            yield {name: each for name, each in own.items() if name != claim}


@given(SOURCES)
def test_exactly_the_declared_workflows_get_in(source: GitHubSource) -> None:
    for subject in own_subjects(source):
        own = token(source, subject)
        assert gets_in(source, own), own
        for other in strangers(source, own):
            assert not gets_in(source, other), other


@given(SOURCES)
def test_no_other_provider_vouches_for_them(source: GitHubSource) -> None:
    own = token(source, own_subjects(source)[0])
    for provider in (
        PROVIDER.replace(HOME, "444455556666"),
        PROVIDER.replace(ISSUER, "gitlab.com"),
        f"{PROVIDER}/acme",
    ):
        assert not gets_in(source, own, provider)


@pytest.mark.parametrize(
    ("pattern", "tag", "fits"),
    [
        ("v*", "v1.2", True),
        ("v*", "v", True),
        ("v*", "v/1", True),
        ("v*", "1.2", False),
        ("v*", "V1", False),
        ("v*-rc", "v1-rc", True),
        ("v*-rc", "v1-rc2", False),
        ("*", "anything/at/all", True),
        ("v1.2", "v1x2", False),
    ],
)
def test_a_pattern_is_of_tags_alone(pattern: str, tag: str, fits: bool) -> None:
    source = replace(KNOWN, refs=(f"refs/tags/{pattern}",))
    subject = f"repo:acme@1024/payments-api@65536:ref:refs/tags/{tag}"
    assert gets_in(source, token(source, subject)) is fits
    assert not gets_in(source, token(source, subject.replace("tags", "heads")))
    assert not gets_in(source, token(source, subject.replace("acme@1024", "evil@1024")))


def test_a_branch_and_tags_are_two_statements() -> None:
    provider = f"arn:aws:iam::{HOME}:oidc-provider/token.actions.githubusercontent.com"
    shared = {
        "Effect": "Allow",
        "Principal": {"Federated": provider},
        "Action": "sts:AssumeRoleWithWebIdentity",
    }
    fixed = {
        "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
        "token.actions.githubusercontent.com:job_workflow_ref": WORKFLOW,
        "token.actions.githubusercontent.com:repository_id": "65536",
        "token.actions.githubusercontent.com:repository_owner_id": "1024",
    }
    sub, subject = "token.actions.githubusercontent.com:sub", "repo:acme@1024/payments-api@65536:ref:refs"
    source = replace(KNOWN, refs=(RELEASES, MAIN, MAIN, "refs/tags/latest"), workflow=WORKFLOW)
    assert trust_policy(source, provider=PROVIDER) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                **shared,
                "Sid": "Workflows",
                "Condition": {"StringEquals": {**fixed, sub: [f"{subject}/heads/main", f"{subject}/tags/latest"]}},
            },
            {
                **shared,
                "Sid": "Tags",
                "Condition": {"StringEquals": fixed, "StringLike": {sub: [f"{subject}/tags/v*"]}},
            },
        ],
    }


@pytest.mark.parametrize(
    ("source", "subjects"),
    [
        (API, ["repo:acme/payments-api:ref:refs/heads/main"]),
        (replace(KNOWN, immutable=False), ["repo:acme/payments-api:ref:refs/heads/main"]),
        (KNOWN, ["repo:acme@1024/payments-api@65536:ref:refs/heads/main"]),
        (
            replace(KNOWN, refs=(), environment="Prod:EU"),
            ["repo:acme@1024/payments-api@65536:environment:Prod%3AEU"],
        ),
    ],
)
def test_the_forms_of_a_subject(source: GitHubSource, subjects: list[str]) -> None:
    assert source.subjects() == subjects


def test_no_wildcard_of_anything_but_tags_is_ever_a_pattern() -> None:
    """Not even of a source that nobody checked."""
    for source in (
        replace(API, refs=("refs/heads/*",)),
        replace(API, refs=(), environment="*"),
        replace(API, refs=(), environment="a:ref:refs/tags/*"),
    ):
        assert "StringLike" not in to_text(trust_policy(source, provider=PROVIDER))


@given(SOURCES)
def test_the_text_is_one_that_iam_takes(source: GitHubSource) -> None:
    text = to_text(trust_policy(source, provider=PROVIDER))
    assert re.fullmatch(SHAPES["policyDocumentType"]["pattern"], text)
    assert "${" not in text


def test_the_provider_is_of_its_partition() -> None:
    assert provider_arn(HOME, "cn-north-1") == f"arn:aws-cn:iam::{HOME}:oidc-provider/{ISSUER}"


@given(SOURCES, st.sampled_from(["dev", "Prod", "a.b", "x" * 70]))
def test_a_role_has_a_name_that_iam_takes(source: GitHubSource, stack: str) -> None:
    shape = SHAPES["roleNameType"]
    name = source.role_name(stack)
    assert re.fullmatch(shape["pattern"], name, re.ASCII)
    assert shape["min"] <= len(name) <= shape["max"]


@given(SOURCES, SOURCES)
def test_two_places_have_two_names_and_one_has_one(one: GitHubSource, other: GitHubSource) -> None:
    names = [each.role_name("dev").lower() for each in (one, other)]
    assert (names[0] == names[1]) is (one.place == other.place)


@pytest.mark.parametrize(
    ("source", "name"),
    [
        (API, "dev.acme.payments-api+branch-main"),
        (replace(API, github="Acme/Payments-API"), "dev.acme.payments-api+branch-main"),
        (KNOWN, "dev.acme.payments-api+branch-main"),
        (replace(API, refs=("refs/tags/v1", MAIN, MAIN)), "dev.acme.payments-api+branch-main+tag-v1"),
        (replace(API, refs=(), environment="Production"), "dev.acme.payments-api+environment-production"),
        (replace(API, refs=("refs/heads/Main",)), "dev.acme.payments-api+branch-Main+f7e0d7c9"),
        (replace(API, refs=(RELEASES,)), "dev.acme.payments-api+tag-v_+8aea2f35"),
        (replace(API, workflow=WORKFLOW), "dev.acme.payments-api+branch-main+8a8fe142"),
        (replace(API, refs=(f"refs/heads/{'x' * 60}",)), f"dev.acme.payments-api+branch-{'x' * 26}+a632bc6a"),
    ],
)
def test_the_name_of_a_role(source: GitHubSource, name: str) -> None:
    assert source.role_name("dev") == name


def test_a_ref_that_stands_twice_is_one() -> None:
    assert replace(API, refs=(MAIN, MAIN)).place == API.place


def test_no_name_can_be_made_to_meet_another() -> None:
    """The digits of one, written as the tag of another; a stack whose name ends like the other's repository."""
    pattern = replace(API, refs=(RELEASES,)).role_name("dev")
    assert replace(API, refs=(f"refs/tags/{pattern.partition('+tag-')[2]}",)).role_name("dev") != pattern
    assert replace(API, github="web/api").role_name("dev.acme") != replace(API, github="acme/web.api").role_name("dev")
    long = "s" * 70
    assert API.role_name(f"{long}1") != API.role_name(f"{long}2")


def test_a_trust_policy_has_a_limit() -> None:
    def refs(count: int, last: int = 1) -> tuple[str, ...]:
        return (*(f"refs/heads/{n:02}" for n in range(count)), f"refs/heads/{'x' * last}")

    room = TRUST_TEXT_MAX - len(to_text(trust_policy(replace(API, refs=refs(20)), provider=PROVIDER)))
    fits = replace(API, refs=refs(20, 1 + room))
    assert len(to_text(trust_policy(fits, provider=PROVIDER))) == TRUST_TEXT_MAX
    assert trust_problems(fits, provider=PROVIDER) == []
    over = replace(API, refs=refs(20, 2 + room))
    assert trust_problems(over, provider=PROVIDER) == [
        Problem(
            ("refs",),
            over.refs,
            "makes the role's trust policy 2,049 characters long, and IAM takes 2,048",
            "name fewer refs, or an environment that they deploy to",
        )
    ]
    workflow = WORKFLOW.replace("publish", "x" * 2_000)
    (problem,) = trust_problems(replace(API, refs=(), environment="x", workflow=workflow), provider=PROVIDER)
    assert (problem.path, problem.value, problem.fix) == (
        ("job_workflow_ref",),
        workflow,
        "give the workflow a shorter path",
    )


@pytest.mark.parametrize("ids", [(None, None), ("1024", None), (None, "65536")])
def test_an_immutable_subject_needs_both_ids(ids: tuple[str | None, str | None]) -> None:
    source = replace(API, owner_id=ids[0], repository_id=ids[1])
    assert source_problems(source) == []
    assert source_problems(replace(source, immutable=True)) == [
        Problem(
            ("subject",),
            "immutable",
            "needs owner_id and repository_id",
            "add both: gh api repos/acme/payments-api --jq '.owner.id, .id'",
        )
    ]
    assert source_problems(KNOWN) == []


LEDGER = replace(KNOWN, github="acme/ledger", repository_id="65537")
EVERYWHERE = "write the same everywhere"
FIRST = "where acme/payments-api stands first"


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (KNOWN, []),
        (replace(KNOWN, refs=("refs/heads/x",), workflow=WORKFLOW), []),
        (LEDGER, []),
        (GitHubSource(github="acme/web", refs=(MAIN,)), []),
        (GitHubSource(github="other/web", refs=(MAIN,), owner_id="7"), []),
        (
            replace(KNOWN, github="Acme/payments-api"),
            [Problem(("github",), "Acme/payments-api", f"is 'acme/payments-api' {FIRST}", EVERYWHERE)],
        ),
        (
            replace(KNOWN, immutable=False),
            [Problem(("subject",), "name", f"is 'immutable' {FIRST}", EVERYWHERE)],
        ),
        (
            replace(API, repository_id="65536"),
            [Problem(("owner_id",), None, f"is not given, and is '1024' {FIRST}", EVERYWHERE)],
        ),
        (
            replace(KNOWN, repository_id="65538"),
            [Problem(("repository_id",), "65538", f"is '65536' {FIRST}", EVERYWHERE)],
        ),
        (
            replace(LEDGER, owner_id="2048"),
            [Problem(("owner_id",), "2048", f"is '1024' {FIRST}", EVERYWHERE)],
        ),
        (
            replace(LEDGER, repository_id="65536"),
            [
                Problem(
                    ("repository_id",),
                    "65536",
                    "is the id of acme/payments-api",
                    "look it up: gh api repos/acme/ledger --jq .id",
                )
            ],
        ),
    ],
)  # fmt: skip
def test_what_can_not_be_said_of_one_repository(other: GitHubSource, expected: list[Problem]) -> None:
    assert list(contradictions([KNOWN, other])) == [(1, each) for each in expected]


def test_ids_that_only_the_later_one_has_are_told_there() -> None:
    (found,) = contradictions([API, replace(API, owner_id="1024")])
    assert found == (1, Problem(("owner_id",), "1024", "is not given where acme/payments-api is first", EVERYWHERE))


def test_an_environment_is_spelt_in_one_way() -> None:
    """GitHub's token has it as it is spelt, and IAM compares letter for letter."""
    one = replace(API, refs=(), environment="production")
    assert list(contradictions([one, replace(one, environment="staging"), replace(one, environment="Production")])) == [
        (
            2,
            Problem(("environment",), "Production", f"is 'production' {FIRST}", EVERYWHERE),
        )
    ]


@pytest.mark.parametrize("ref", [MAIN, RELEASES, "refs/tags/*", "refs/tags/v1.2", "refs/heads/a/b+c@d", "refs/heads/é"])
def test_refs(ref: str) -> None:
    assert ref_problems(ref) == []


@pytest.mark.parametrize(
    "ref",
    [
        "", "*", "main", "refs/*", "refs/heads/", "refs/tags/", "refs/heads/*", "refs/heads/release-*", "refs/tag*/v1",
        "refs/heads/refs/tags/*", "refs/pull/1/merge", "refs/tags/v?", "refs/heads/a b", "refs/heads/a\n",
        "refs/heads/a:b", "refs/tags/a:b", "refs/heads/${aws:username}", "refs/heads/${x}", "refs/tags/${x}*",
        "refs/tags/v[12]", "refs/heads/a\x7f", "refs/heads/日本", "REFS/heads/main",
    ],
)  # fmt: skip
def test_no_refs(ref: str) -> None:
    assert ref_problems(ref) == [
        Problem(
            (),
            ref,
            "is no ref that may push",
            "write refs/heads/main, refs/tags/v1.2 or refs/tags/v* (a `*` only in a tag)",
        )
    ]


@pytest.mark.parametrize("environment", ["production", "Prod:EU", "zwei Wörter", "a/b", "x" * 255])
def test_environments(environment: str) -> None:
    assert environment_problems(environment) == []


@pytest.mark.parametrize(
    "environment", ["", " ", "*", "prod*", "prod?", "${x}", " prod", "prod ", "a\nb", "a\x00", "生産", "x" * 256]
)
def test_no_environments(environment: str) -> None:
    assert environment_problems(environment) == [
        Problem((), environment, "is no environment that may push", "write its name, as in production")
    ]


@pytest.mark.parametrize(
    "github", ["acme", "acme/", "/api", "acme/api/x", "acme/*", "*/api", "a b/c", "-a/b", "a-/b", "acme/a@b", ""]
)
def test_no_repositories(github: str) -> None:
    assert repository_problems(github) == [
        Problem((), github, "is no GitHub repository", "write it as acme/payments-api")
    ]
    assert repository_problems("some_acme/.github") == []


@pytest.mark.parametrize("at", [MAIN, "refs/tags/v1", "0123456789abcdef0123456789abcdef01234567"])
def test_reusable_workflows(at: str) -> None:
    """https://docs.github.com/en/actions/how-tos/secure-your-work/security-harden-deployments/oidc-with-reusable-workflows"""
    assert workflow_problems(f"acme/workflows/.github/workflows/a/publish.yaml@{at}") == []


@pytest.mark.parametrize(
    "workflow",
    [
        "", "*", "acme/workflows/.github/workflows/publish.yml", "acme/workflows/.github/workflows/publish.yml@main",
        "acme/workflows/.github/workflows/publish.yml@v1", "acme/workflows/.github/workflows/publish.yml@0123abc",
        "acme/workflows/.github/workflows/*.yml@refs/heads/main", "acme/workflows/publish.yml@refs/heads/main",
        "acme/workflows/.github/workflows/publish.yml@refs/tags/v*", "./.github/workflows/publish.yml@refs/heads/main",
        "acme/workflows/.github/workflows/${x}.yml@refs/heads/main",
        "acme/workflows/.github/workflows/日.yml@refs/heads/main",
    ],
)  # fmt: skip
def test_no_reusable_workflows(workflow: str) -> None:
    assert workflow_problems(workflow) == [
        Problem(
            (),
            workflow,
            "is no reusable workflow at a ref",
            "write acme/workflows/.github/workflows/publish.yml@refs/heads/main",
        )
    ]
