"""What roles trust beside what is declared at GitHub; tried with what only looks the same."""

from typing import Any

from domain.document_text import SECRET, UNKNOWN, to_json_text
from domain.iam.github import ISSUER
from domain.iam.github_trust import GitHubSource, trust_policy
from domain.iam.oidc import provider_arn
from policies.rules.github_trust_matches import RULE
from resources.iam import ROLE
from tests.cases import case, cases
from tests.policies.conftest import Declared, findings, paths
from tests.policies.rules.sources import (
    EVERY,
    NAMED,
    OTHER_PROVIDER,
    PROTECTED,
    PROVIDER,
    admits,
    environment,
)
from tests.policies.rules.texts import GITHUB, HOME, for_github, policy

SUB = f"{GITHUB}:sub"
PRODUCTION = "repo:acme/payments-api:environment:production"
BY_ID = "repo:acme@1024/payments-api@65536:environment:production"
MAIN = admits("branch", "main")
ANOTHER_CASE = (
    "publisher trusts the environment 'Production' of acme/payments-api, which is declared as 'production': AWS"
    " compares the case of a subject"
)
ITS_JOBS = "to an environment whose jobs can assume publisher"


def role(subject: object = PRODUCTION, operator: str = "StringEquals", name: str = "publisher") -> Declared:
    condition = None if subject is None else {operator: {SUB: subject}}
    return Declared(type=ROLE, inputs={"assumeRolePolicy": policy(for_github(condition))}, name=name, region=None)


def judged(*resources: Declared, **parameters: Any) -> list[str]:
    return findings(RULE, PROVIDER, *resources, **parameters)


def undeclared(name: str, *others: str) -> list[str]:
    named = f"the environment {name!r} of acme/payments-api"
    return [f"publisher trusts {named}, which the stack does not declare beside {' and '.join(others)}"]


@cases(
    "subject, expected",
    case("compliant", PRODUCTION, []),
    case("with ids", BY_ID, []),
    case("two", [PRODUCTION, BY_ID], []),
    case("a ref, which is git's", "repo:acme/payments-api:ref:refs/heads/main", []),
    case("another repository", "repo:acme/web:environment:qa", []),
    case("another owner", "repo:globex/payments-api:environment:qa", []),
    case("another environment", PRODUCTION.replace("production", "qa"), undeclared("qa", "production")),
    case("one of two", [PRODUCTION, BY_ID.replace("production", "qa")], undeclared("qa", "production")),
    case("the repository in another case", PRODUCTION.replace("acme/payments-api", "Acme/Payments-API"), []),
    case("the environment in another case", PRODUCTION.replace("production", "Production"), [ANOTHER_CASE]),
    case("no subject at all", "anything", []),
)  # fmt: skip
def test_what_is_trusted_is_declared(subject: object, expected: list[str]) -> None:
    assert judged(role(subject), environment(), MAIN) == expected


def test_a_repository_that_the_stack_does_not_declare_is_no_concern_of_its() -> None:
    assert judged(role()) == []
    assert judged(role(), environment(repository="web")) == []
    assert findings(RULE, OTHER_PROVIDER, role(), environment(provider=OTHER_PROVIDER, name="qa")) == []


def test_environments_of_one_name_in_two_cases() -> None:
    both = (environment("Production"), environment())
    assert judged(role(), *both, MAIN) == []


@cases(
    "inputs, expected",
    case("compliant", {}, None),
    case("none", {"deploymentBranchPolicy": None}, EVERY),
    case(
        "neither kind", {"deploymentBranchPolicy": {"protectedBranches": False, "customBranchPolicies": False}}, EVERY
    ),
    case("protected branches", {"deploymentBranchPolicy": {**NAMED, "protectedBranches": True}}, PROTECTED),
    case("reviewers are no ref", {"deploymentBranchPolicy": None, "reviewers": [{"teams": [1.0]}]}, EVERY),
)
def test_an_environment_that_admits_any_ref(inputs: dict[str, Any], expected: str | None) -> None:
    open_one, *named = environment(**inputs), MAIN
    found = [] if expected is None else [f"environment production {expected}, and its jobs can assume publisher"]
    assert judged(role(), open_one, *named) == found
    # Where no role trusts it, it is no concern of this rule.
    assert judged(open_one, *named) == []
    assert judged(role("repo:acme/payments-api:ref:refs/heads/main"), open_one, *named) == []


@cases(
    "key, text, expected",
    *(("branch", each, None) for each in ("main", "release/1", "v1", "ma-in")),
    *(
        ("branch", each, f"admits branches by the pattern {each}, of which the catalog names none,")
        for each in ("*", "**", "**/*", "release/*", "ma?n", "[m]ain", "main*", "\\main", "refs/heads/*")
    ),
    *(("tag", each, None) for each in ("v1", "v*", "*-rc", "v?", "v[0-9]*")),
    *(("tag", each, f"admits every tag ({each})") for each in ("*", "**", "**/*", "?*", "[a-z]*")),
)
def test_what_it_admits(key: str, text: str, expected: str | None) -> None:
    found = judged(role(), environment(), admits(key, text))
    assert found == ([] if expected is None else [f"{key} {text} {expected} {ITS_JOBS}"])


def test_one_that_admits_nothing() -> None:
    nothing = "environment production admits no branch and no tag: no job of it ever assumes publisher"
    assert judged(role(), environment()) == [nothing]
    elsewhere = (admits("branch", "main", repository="web"), admits("branch", "main", name="qa"))
    assert judged(role(), environment(), *elsewhere) == [nothing]


def test_what_security_allows() -> None:
    """All tags, or only these branches."""
    assert judged(role(), environment(), admits("tag", "*"), allow_every_tag=True) == []
    other = admits("branch", "develop")
    why = "branch develop admits the branch develop, which is not main and release/1,"
    assert judged(role(), environment(), MAIN, other, branches=["main", "release/1"]) == [f"{why} {ITS_JOBS}"]
    assert judged(role(), environment(), MAIN, other, branches=["main", "develop"]) == []
    assert judged(role(), environment(), admits("branch", "Main"), branches=["main"]) != []


@cases(
    "subject, operator, is_trusted",
    ("repo:acme/payments-api:*", "StringLike", True),
    ("repo:acme/*", "StringLike", True),
    ("repo:acme@*/payments-api@65536:environment:production", "StringLike", True),
    ("repo:acme@1024/payments-api@65536:*", "StringLike", True),
    ("*:environment:prod*", "StringLike", True),
    ("*", "StringLike", True),
    ("repo:acme/payments-api:environment:?roduction", "StringLike", True),
    ("repo:ACME/Payments-API:environment:*", "StringLike", True),
    (None, "StringEquals", True),
    (PRODUCTION, "StringNotEquals", True),
    (PRODUCTION, "StringLike", True),
    ("repo:acme/payments-api:*", "StringEquals", False),
    ("repo:acme/payments-api:ref:*", "StringLike", False),
    ("repo:acme/payments-api:environment:qa*", "StringLike", False),
    ("repo:globex/*", "StringLike", False),
    ("repo:acme/payments:*", "StringLike", False),
)
def test_roles_that_trust_more_than_one_environment(subject: object, operator: str, is_trusted: bool) -> None:
    found = judged(role(subject, operator), environment(deploymentBranchPolicy=None))
    assert found == ([f"environment production {EVERY}, and its jobs can assume publisher"] if is_trusted else [])


def test_other_claims_say_nothing_of_the_environment() -> None:
    both = {"StringEquals": {f"{GITHUB}:aud": "sts.amazonaws.com"}, "StringLike": {SUB: "repo:acme/*"}}
    written = Declared(type=ROLE, inputs={"assumeRolePolicy": policy(for_github(both))}, name="publisher")
    assert len(judged(written, environment(deploymentBranchPolicy=None))) == 1


def test_all_conditions_must_hold() -> None:
    both = {"StringEquals": {SUB: PRODUCTION.replace("production", "qa")}, "StringLike": {SUB: "repo:acme/*"}}
    written = Declared(type=ROLE, inputs={"assumeRolePolicy": policy(for_github(both))}, name="publisher")
    assert (
        judged(
            written, environment("qa"), admits("branch", "main", name="qa"), environment(deploymentBranchPolicy=None)
        )
        == []
    )


def test_an_owner_that_nothing_says() -> None:
    """The provider's is not known: the name of the repository must do."""
    open_one = environment(deploymentBranchPolicy=None)
    for subject, operator in ((PRODUCTION, "StringEquals"), ("repo:acme@*/payments-api@*:*", "StringLike")):
        assert len(findings(RULE, role(subject, operator), open_one)) == 1
    hidden = Declared(type=PROVIDER.type, inputs={"owner": UNKNOWN}, name="acme", region=None)
    assert len(findings(RULE, hidden, role(), open_one)) == 1
    assert (
        findings(RULE, OTHER_PROVIDER, role(), environment(deploymentBranchPolicy=None, provider=OTHER_PROVIDER)) == []
    )


def test_several_roles_are_one_finding() -> None:
    roles = (role(), role(BY_ID, name="other"), role(name="publisher"))
    assert judged(*roles, environment(deploymentBranchPolicy=None)) == [
        f"environment production {EVERY}, and its jobs can assume publisher and other"
    ]


def test_a_colon_in_a_name() -> None:
    colon = role(PRODUCTION.replace("production", "prod%3Aeu"))
    assert judged(colon, environment("prod:eu", deploymentBranchPolicy=None)) != []
    like = role("repo:acme/payments-api:environment:prod%3A*", "StringLike")
    assert judged(like, environment("prod:eu", deploymentBranchPolicy=None)) != []


def test_what_is_not_known_yet() -> None:
    unknown = Declared(type=ROLE, inputs={"assumeRolePolicy": UNKNOWN}, name="publisher")
    assert judged(unknown, environment(), MAIN) == ["publisher undecided assumeRolePolicy"]
    assert judged(unknown) == []
    assert judged(role(), environment(deploymentBranchPolicy=UNKNOWN)) == [
        "environment production undecided deploymentBranchPolicy"
    ]
    assert judged(role(), environment(), admits("branch", UNKNOWN)) == ["branch [unknown] undecided branchPattern"]
    assert judged(role(), environment(SECRET)) == ["environment [secret] undecided environment"]
    assert judged(role(), environment(), MAIN, admits("tag", "v*", name=UNKNOWN)) == ["tag v* undecided environment"]


def test_what_is_no_trust_policy_is_left_to_other_rules() -> None:
    texts: tuple[Any, ...] = ("", "{", "[]", '"*"', 7.0, {"Statement": []})
    for text in texts:
        written = Declared(type=ROLE, inputs={"assumeRolePolicy": text}, name="publisher")
        assert judged(written, environment(), MAIN) == []
    unset = Declared(type=ROLE, inputs={}, name="publisher")
    assert judged(unset, environment(), MAIN) == []


def test_our_own_roles_and_what_is_declared_for_them() -> None:
    source = GitHubSource(github="acme/payments-api", environment="production")
    text = to_json_text(trust_policy(source, provider=provider_arn(ISSUER, HOME, "us-east-1")))
    own = Declared(type=ROLE, inputs={"assumeRolePolicy": text}, name="publisher")
    assert judged(own, environment(), MAIN, admits("tag", "v*")) == []
    assert judged(own, environment("qa"), admits("branch", "main", name="qa")) == undeclared("production", "qa")


def test_where_the_findings_are() -> None:
    assert paths(RULE, PROVIDER, role(), environment("qa"), admits("branch", "*", name="qa")) == [("assumeRolePolicy",)]
    assert paths(RULE, PROVIDER, role(), environment(), admits("branch", "*")) == [("branchPattern",)]
