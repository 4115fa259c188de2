"""An environment that deploys is entered after a review, or from named refs; tried with what only looks so."""

from dataclasses import replace
from typing import Any

from domain.document_text import SECRET, UNKNOWN
from policies.rules.github_environment_protected import RULE
from tests.cases import case, cases
from tests.policies.conftest import findings, paths
from tests.policies.rules.sources import (
    EVERY,
    NAMED,
    OTHER_PROVIDER,
    PROTECTED,
    PROVIDER,
    admits,
    environment,
)

TEAM = [{"teams": [4201.0], "users": []}]
MAIN = admits("branch", "main")
OPEN = [f"environment production has no reviewers and {EVERY}"]
ONLY_PROTECTED = [f"environment production has no reviewers and {PROTECTED}"]
UNDECIDED = ["environment production undecided deploymentBranchPolicy"]
_BYPASS_FIX = "set canAdminsBypass to false, or to true on purpose"
BYPASSED = [
    f"environment production does not say whether administrators bypass its protection, which they do: {_BYPASS_FIX}"
]


@cases(
    "inputs, expected",
    case("named refs", {}, []),
    case("a review", {"reviewers": TEAM, "deploymentBranchPolicy": None}, []),
    case("a review, as one block", {"reviewers": {"users": [1024.0]}, "deploymentBranchPolicy": None}, []),
    case("reviewers not known yet", {"reviewers": UNKNOWN, "deploymentBranchPolicy": None}, []),
    case("teams not known yet", {"reviewers": [{"teams": UNKNOWN}], "deploymentBranchPolicy": None}, []),
    case("a team not known yet", {"reviewers": {"teams": [UNKNOWN]}, "deploymentBranchPolicy": None}, []),
    case("neither", {"deploymentBranchPolicy": None}, OPEN),
    case("no reviewer among the reviewers", {"reviewers": [{"teams": [], "users": []}], "deploymentBranchPolicy": None},
         OPEN),
    case("reviewers without any", {"reviewers": [{}], "deploymentBranchPolicy": None}, OPEN),
    case("no block of reviewers", {"reviewers": [], "deploymentBranchPolicy": []}, OPEN),
    case("an empty policy", {"deploymentBranchPolicy": {}}, OPEN),
    case("neither kind", {"deploymentBranchPolicy": {"protectedBranches": False, "customBranchPolicies": False}}, OPEN),
    case("a text in place of true", {"deploymentBranchPolicy": {"customBranchPolicies": "false"}}, OPEN),
    case("protected branches", {"deploymentBranchPolicy": {**NAMED, "protectedBranches": True}}, ONLY_PROTECTED),
    case("protected branches, in a list",
         {"deploymentBranchPolicy": [{"protectedBranches": True, "customBranchPolicies": False}]}, ONLY_PROTECTED),
    case("a policy not known yet", {"deploymentBranchPolicy": UNKNOWN}, UNDECIDED),
    case("one part not known yet", {"deploymentBranchPolicy": {**NAMED, "customBranchPolicies": UNKNOWN}}, UNDECIDED),
    case("a time to wait protects nothing", {"waitTimer": 30.0, "deploymentBranchPolicy": None}, OPEN),
    case("nor does a second pair of no eyes", {"preventSelfReview": True, "deploymentBranchPolicy": None}, OPEN),
    case("administrators on purpose", {"canAdminsBypass": True}, []),
    case("administrators by default", {"canAdminsBypass": None}, BYPASSED),
    case("both", {"canAdminsBypass": None, "deploymentBranchPolicy": None}, BYPASSED + OPEN),
    case("administrators not known yet", {"canAdminsBypass": UNKNOWN}, []),
)  # fmt: skip
def test_what_protects(inputs: dict[str, Any], expected: list[str]) -> None:
    assert findings(RULE, PROVIDER, environment(**inputs), MAIN) == expected


@cases(
    "key, text, is_every",
    *(("branch", each, False) for each in ("main", "release/*", "m*", "[a-z]-1", "*-stable", "**/main")),
    *(("branch", each, True) for each in ("*", "**", "**/*", "*/*", "?*", "[a-z]*", "[!x]*", " * ", "*[a-z]", "/")),
    *(("tag", each, False) for each in ("v1", "v*", "v?.*")),
    *(("tag", each, True) for each in ("*", "**/*", "?", "[0-9]*")),
)
def test_patterns_that_admit_everything(key: str, text: str, is_every: bool) -> None:
    message = f"{key} {text} admits every {key} ({text}) to an environment without reviewers"
    assert findings(RULE, PROVIDER, environment(), MAIN, admits(key, text)) == ([message] if is_every else [])
    # A review is enough by itself.
    assert findings(RULE, environment(reviewers=TEAM), admits(key, text)) == []


def test_a_pattern_not_known_yet_is_undecided() -> None:
    assert findings(RULE, environment(), admits("tag", UNKNOWN)) == ["tag [unknown] undecided tagPattern"]
    assert findings(RULE, environment(reviewers=TEAM), admits("tag", UNKNOWN)) == []


@cases(
    "name, repository, expected",
    (UNKNOWN, "payments-api", ["environment [unknown] undecided environment"]),
    (SECRET, "payments-api", ["environment [secret] undecided environment"]),
    ("production", UNKNOWN, ["environment production undecided environment"]),
)
def test_names_not_known_yet(name: object, repository: object, expected: list[str]) -> None:
    assert findings(RULE, environment(name, repository, deploymentBranchPolicy=None)) == expected
    policy = admits("branch", "*", name, repository)
    assert findings(RULE, policy, environment()) == ["branch * undecided environment"]


def test_a_policy_belongs_to_one_environment_of_one_repository() -> None:
    """By names whose case makes no difference to GitHub, and of the owner whose provider it goes through."""
    every = admits("branch", "*", name="PRODUCTION", repository="Payments-API")
    assert len(findings(RULE, PROVIDER, environment(), every)) == 1
    others = (
        admits("branch", "*", name="staging"),
        admits("branch", "*", repository="web"),
        admits("branch", "*", provider=OTHER_PROVIDER),
    )
    assert findings(RULE, PROVIDER, OTHER_PROVIDER, environment(), *others) == []
    assert len(findings(RULE, environment(), others[2])) == 1, "nothing says whose they are"
    for unknown in (UNKNOWN, None, 7.0):
        providers = (replace(PROVIDER, inputs={"owner": unknown}), replace(OTHER_PROVIDER, inputs={"owner": unknown}))
        assert len(findings(RULE, *providers, environment(), others[2])) == 1


@cases(
    "name, given, is_open",
    ("preview-dev", {}, True),
    ("Preview-Dev", {}, True),
    ("preview", {}, False),
    ("my-preview-dev", {}, False),
    ("preview-dev", {"open": []}, False),
    ("sandbox", {"open": ["Sandbox"]}, True),
    ("sandbox2", {"open": ["Sandbox"]}, False),
)
def test_environments_that_are_open_on_purpose(name: str, given: dict[str, Any], is_open: bool) -> None:
    tried = environment(name, deploymentBranchPolicy=None, canAdminsBypass=None)
    assert (findings(RULE, tried, **given) == []) is is_open


def test_where_the_findings_are() -> None:
    found = paths(RULE, environment(canAdminsBypass=None, deploymentBranchPolicy=None))
    assert found == [("canAdminsBypass",), ("deploymentBranchPolicy",)]
