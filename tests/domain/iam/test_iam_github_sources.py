"""Trust in GitHub's workflows; held against every token that a workflow of another owner could bring."""

import re
from collections.abc import Iterator
from dataclasses import replace

from botocore.loaders import Loader
from hypothesis import given
from hypothesis import strategies as st

from domain.document_text import to_json_text
from domain.iam.access import Caller, Identity, Policy, Request
from domain.iam.document import parse
from domain.iam.evaluate import evaluate
from domain.iam.github import ISSUER, Subject
from domain.iam.github_trust import GitHubSource, environment_problems, trust_policy
from domain.iam.oidc import AUDIENCE, provider_arn
from tests.cases import cases
from tests.domain.iam.github_sources import API, HOME, KNOWN, MAIN, PROVIDER, RELEASES, ROLE, WORKFLOW

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
    document = parse(to_json_text(trust_policy(source, provider=PROVIDER)))
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


def of_others(source: GitHubSource, own: Token) -> Iterator[Token]:
    """The same token with one claim of another."""
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
    held = {"repository_owner_id": source.owner_id, "repository_id": source.repository_id, "aud": AUDIENCE, "sub": ""}
    held["job_workflow_ref"] = source.workflow
    for claim, value in held.items():
        if value is not None:
            yield {**own, claim: "9"}
            yield {name: each for name, each in own.items() if name != claim}


@given(SOURCES)
def test_exactly_the_declared_workflows_get_in(source: GitHubSource) -> None:
    for subject in own_subjects(source):
        own = token(source, subject)
        assert gets_in(source, own), own
        for other in of_others(source, own):
            assert not gets_in(source, other), other


@given(SOURCES)
def test_no_other_provider_vouches_for_them(source: GitHubSource) -> None:
    own = token(source, own_subjects(source)[0])
    of_other, gitlab = PROVIDER.replace(HOME, "444455556666"), PROVIDER.replace(ISSUER, "gitlab.com")
    for provider in (of_other, gitlab, f"{PROVIDER}/acme"):
        assert not gets_in(source, own, provider)


@cases(
    "pattern, tag, fits",
    ("v*", "v1.2", True), ("v*", "v", True), ("v*", "v/1", True), ("v*", "1.2", False), ("v*", "V1", False),
    ("v*-rc", "v1-rc", True), ("v*-rc", "v1-rc2", False), ("*", "anything/at/all", True), ("v1.2", "v1x2", False),
)  # fmt: skip
def test_a_pattern_is_of_tags_alone(pattern: str, tag: str, fits: bool) -> None:
    source = replace(KNOWN, refs=(f"refs/tags/{pattern}",))
    subject = f"repo:acme@1024/payments-api@65536:ref:refs/tags/{tag}"
    assert gets_in(source, token(source, subject)) is fits
    assert not gets_in(source, token(source, subject.replace("tags", "heads")))
    assert not gets_in(source, token(source, subject.replace("acme@1024", "evil@1024")))


def test_a_branch_and_tags_are_two_statements() -> None:
    provider = f"arn:aws:iam::{HOME}:oidc-provider/token.actions.githubusercontent.com"
    shared = {"Effect": "Allow", "Principal": {"Federated": provider}, "Action": "sts:AssumeRoleWithWebIdentity"}
    fixed = {
        "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
        "token.actions.githubusercontent.com:job_workflow_ref": WORKFLOW,
        "token.actions.githubusercontent.com:repository_id": "65536",
        "token.actions.githubusercontent.com:repository_owner_id": "1024",
    }
    sub, subject = "token.actions.githubusercontent.com:sub", "repo:acme@1024/payments-api@65536:ref:refs"
    source = replace(KNOWN, refs=(RELEASES, MAIN, MAIN, "refs/tags/latest"), workflow=WORKFLOW)
    workflows = {"StringEquals": {**fixed, sub: [f"{subject}/heads/main", f"{subject}/tags/latest"]}}
    tags = {"StringEquals": fixed, "StringLike": {sub: [f"{subject}/tags/v*"]}}
    assert trust_policy(source, provider=PROVIDER) == {
        "Version": "2012-10-17",
        "Statement": [
            {**shared, "Sid": "Workflows", "Condition": workflows},
            {**shared, "Sid": "Tags", "Condition": tags},
        ],
    }


@cases(
    "source, subjects",
    (API, ["repo:acme/payments-api:ref:refs/heads/main"]),
    (replace(KNOWN, immutable=False), ["repo:acme/payments-api:ref:refs/heads/main"]),
    (KNOWN, ["repo:acme@1024/payments-api@65536:ref:refs/heads/main"]),
    (replace(KNOWN, refs=(), environment="Prod:EU"), ["repo:acme@1024/payments-api@65536:environment:Prod%3AEU"]),
)
def test_the_forms_of_a_subject(source: GitHubSource, subjects: list[str]) -> None:
    assert source.subjects() == subjects


def test_no_wildcard_of_anything_but_tags_is_ever_a_pattern() -> None:
    """Not even of a source that is not checked."""
    environments = [replace(API, refs=(), environment=each) for each in ("*", "a:ref:refs/tags/*")]
    for source in (replace(API, refs=("refs/heads/*",)), *environments):
        assert "StringLike" not in to_json_text(trust_policy(source, provider=PROVIDER))


@given(SOURCES)
def test_the_text_is_one_that_iam_takes(source: GitHubSource) -> None:
    text = to_json_text(trust_policy(source, provider=PROVIDER))
    assert re.fullmatch(SHAPES["policyDocumentType"]["pattern"], text)
    assert "${" not in text


def test_the_provider_is_of_its_partition() -> None:
    assert provider_arn(ISSUER, HOME, "cn-north-1") == f"arn:aws-cn:iam::{HOME}:oidc-provider/{ISSUER}"


@given(SOURCES, st.sampled_from(["dev", "Prod", "a.b", "x" * 70]))
def test_a_role_has_a_name_that_iam_takes(source: GitHubSource, stack: str) -> None:
    shape = SHAPES["roleNameType"]
    name = source.role_name(stack)
    assert re.fullmatch(shape["pattern"], name, re.ASCII)
    assert shape["min"] <= len(name) <= shape["max"]


@given(SOURCES, SOURCES)
def test_two_places_have_two_names_and_one_has_one(one: GitHubSource, other: GitHubSource) -> None:
    names = [each.role_name("dev").lower() for each in (one, other)]
    assert (names[0] == names[1]) is (one.key == other.key)


@cases(
    "source, name",
    (API, "dev.acme.payments-api+branch-main"),
    (replace(API, github="Acme/Payments-API"), "dev.acme.payments-api+branch-main"),
    (KNOWN, "dev.acme.payments-api+branch-main"),
    (replace(API, refs=("refs/tags/v1", MAIN, MAIN)), "dev.acme.payments-api+branch-main+tag-v1"),
    (replace(API, refs=(), environment="Production"), "dev.acme.payments-api+environment-production"),
    (replace(API, refs=("refs/heads/Main",)), "dev.acme.payments-api+branch-Main+f7e0d7c9"),
    (replace(API, refs=(RELEASES,)), "dev.acme.payments-api+tag-v_+8aea2f35"),
    (replace(API, workflow=WORKFLOW), "dev.acme.payments-api+branch-main+8a8fe142"),
    (replace(API, refs=(f"refs/heads/{'x' * 60}",)), f"dev.acme.payments-api+branch-{'x' * 26}+a632bc6a"),
)
def test_the_name_of_a_role(source: GitHubSource, name: str) -> None:
    assert source.role_name("dev") == name


def test_a_ref_that_appears_twice_is_one() -> None:
    assert replace(API, refs=(MAIN, MAIN)).key == API.key


def test_no_name_can_be_made_to_meet_another() -> None:
    """The digits of one, written as the tag of another; a stack whose name ends like the other's repository."""
    pattern = replace(API, refs=(RELEASES,)).role_name("dev")
    assert replace(API, refs=(f"refs/tags/{pattern.partition('+tag-')[2]}",)).role_name("dev") != pattern
    assert replace(API, github="web/api").role_name("dev.acme") != replace(API, github="acme/web.api").role_name("dev")
    long = "s" * 70
    assert API.role_name(f"{long}1") != API.role_name(f"{long}2")
