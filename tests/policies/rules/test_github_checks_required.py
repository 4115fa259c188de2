"""The ruleset of the registry's own repository: as docs/ci.md has it, and weakened in every part."""

from typing import Any

from domain.document_text import UNKNOWN
from policies.rules.github_checks_required import RULE
from tests.cases import case, cases
from tests.policies.conftest import findings, paths
from tests.policies.rules.sources import PROVIDER, checks, environment_variable, rules, ruleset

DEPLOYS = environment_variable("DEPLOY_ROLE_ARN")
ABOUT = "ruleset main"
NOTHING = "nothing holds a change of main"
BYPASS_FIX = "set bypassMode to pull_request, or remove the actor"
OF_CODE_OWNERS = f"{ABOUT} asks for no review by code owners (pullRequest.requireCodeOwnerReview)"
APPROVAL = f"{ABOUT} asks for no approval (pullRequest.requiredApprovingReviewCount)"
DELETED = f"{ABOUT} does not keep main from being changed: it can be deleted (deletion)"
FORCED = f"{ABOUT} does not keep main from being changed: it can be force-pushed (nonFastForward)"
STRICT = f"{ABOUT} takes checks of a branch that is not up to date (strictRequiredStatusChecksPolicy)"


def no_check(*names: str) -> list[str]:
    return [f"{ABOUT} does not require the check {each}" for each in names]


def any_app(*names: str) -> list[str]:
    why = "its integrationId is not 15368, GitHub Actions"
    return [f"{ABOUT} takes the check {each} from any app: {why}" for each in names]


def bypassed(who: str, mode: object) -> list[str]:
    return [f"{ABOUT} allows {who} to push past it at any time (bypassMode {mode!r}): {BYPASS_FIX}"]


def judged(*resources: Any, **parameters: Any) -> list[str]:
    return findings(RULE, PROVIDER, DEPLOYS, *resources, **parameters)


def about(*includes: str, excludes: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"conditions": {"refName": {"includes": list(includes), "excludes": list(excludes)}}}


@cases(
    "inputs, expected",
    case("compliant", {}, []),
    case("evaluated", {"enforcement": "evaluate"}, [f"{ABOUT} has the enforcement 'evaluate': {NOTHING}"]),
    case("disabled", {"enforcement": "disabled"}, [f"{ABOUT} has the enforcement 'disabled': {NOTHING}"]),
    case("in another case", {"enforcement": "Active"}, [f"{ABOUT} has the enforcement 'Active': {NOTHING}"]),
    case("of tags", {"target": "tag"}, [f"{ABOUT} is about 'tag' and no branch: {NOTHING}"]),
    case("unset", {"target": None}, [f"{ABOUT} is about None and no branch: {NOTHING}"]),
    case("without conditions", {"conditions": None}, [f"{ABOUT} is not about main, but no branch: {NOTHING}"]),
    case("not known yet", {"enforcement": UNKNOWN}, [f"{ABOUT} undecided enforcement"]),
    case("a rule not known yet", {"rules": rules(deletion=UNKNOWN)}, [f"{ABOUT} undecided rules"]),
    case("a name not known yet", {"name": UNKNOWN}, []),
    case("no rule", {"rules": {}}, [DELETED, FORCED, OF_CODE_OWNERS, APPROVAL, *no_check("offline", "gate")]),
    case("rules in a list", {"rules": [rules()]}, []),
    case("bypassed by none", {"bypassActors": []}, []),
    case("bypassed at no value", {"bypassActors": None}, []),
)
def test_a_ruleset(inputs: dict[str, Any], expected: list[str]) -> None:
    assert judged(ruleset(**inputs)) == expected


@cases(
    "parts, expected",
    ({"deletion": None}, [DELETED]),
    ({"deletion": False}, [DELETED]),
    ({"deletion": "true"}, [DELETED]),
    ({"nonFastForward": False}, [FORCED]),
    ({"pullRequest": None}, [OF_CODE_OWNERS, APPROVAL]),
    ({"pullRequest": {"requiredApprovingReviewCount": 2.0}}, [OF_CODE_OWNERS]),
    ({"pullRequest": {"requireCodeOwnerReview": True}}, [APPROVAL]),
    ({"pullRequest": {"requireCodeOwnerReview": True, "requiredApprovingReviewCount": 0.0}}, [APPROVAL]),
    ({"requiredStatusChecks": None}, no_check("offline", "gate")),
    ({"requiredStatusChecks": checks("gate")}, no_check("offline")),
    ({"requiredStatusChecks": checks("offline", "Gate")}, no_check("gate")),
    ({"requiredStatusChecks": checks("offline", "pull request / gate")}, no_check("gate")),
    ({"requiredStatusChecks": checks(app=None)}, any_app("offline", "gate")),
    ({"requiredStatusChecks": checks(app=0.0)}, any_app("offline", "gate")),
    ({"requiredStatusChecks": checks(app=15369.0)}, any_app("offline", "gate")),
    ({"requiredStatusChecks": checks(strict=None)}, [STRICT]),
    ({"requiredStatusChecks": checks(strict=False)}, [STRICT]),
    ({"requiredStatusChecks": checks("offline", "gate", "preview dev")}, []),
    ({"requiredStatusChecks": [checks("offline"), checks("gate")]}, []),
    # Once is enough.
    ({"requiredStatusChecks": [checks(), checks(app=None)]}, []),
    ({"requiredStatusChecks": [checks(app=None), checks()]}, []),
    ({"requiredStatusChecks": [checks(), checks(strict=False)]}, []),
    ({"requiredSignatures": True, "requiredLinearHistory": True}, []),
)
def test_its_parts(parts: dict[str, Any], expected: list[str]) -> None:
    assert judged(ruleset(rules=rules(**parts))) == expected


@cases(
    "includes, excludes, why",
    (["~DEFAULT_BRANCH"], [], None),
    (["~ALL"], [], None),
    (["refs/heads/main"], [], None),
    (["refs/heads/*"], [], None),
    (["refs/heads/ma?n", "refs/heads/x"], [], None),
    (["refs/heads/**/*"], [], None),
    (["refs/**/main"], [], None),
    (["refs/heads/[k-n]ain"], [], None),
    (["~DEFAULT_BRANCH"], ["refs/heads/release/*"], None),
    (["main"], [], "is not about main, but main"),
    (["refs/heads/Main"], [], "is not about main, but refs/heads/Main"),
    (["refs/*"], [], "is not about main, but refs/*"),
    (["**"], [], "is not about main, but **"),
    (["refs/heads/[!m]ain"], [], "is not about main, but refs/heads/[!m]ain"),
    (["refs/heads/main/**/*"], [], "is not about main, but refs/heads/main/**/*"),
    (["refs/tags/main", "refs/heads/x.ain"], [], "is not about main, but refs/tags/main and refs/heads/x.ain"),
    (["refs/heads/mai."], [], "is not about main, but refs/heads/mai."),
    ([7.0], [], "is not about main, but 7.0"),
    (["~ALL"], ["refs/heads/m*"], "excludes main by refs/heads/m*"),
    (["~ALL"], ["refs/heads/x", "~DEFAULT_BRANCH"], "excludes main by ~DEFAULT_BRANCH"),
)
def test_which_branches_it_is_about(includes: list[str], excludes: list[str], why: str | None) -> None:
    found = judged(ruleset(**about(*includes, excludes=tuple(excludes))))
    assert found == ([] if why is None else [f"{ABOUT} {why}: {NOTHING}"])


@cases(
    "actor, mode, expected",
    ({"actorType": "RepositoryRole", "actorId": 5.0}, "pull_request", []),
    ({"actorType": "RepositoryRole", "actorId": 5.0}, "always", bypassed("RepositoryRole 5", "always")),
    ({"actorType": "OrganizationAdmin"}, "exempt", bypassed("OrganizationAdmin", "exempt")),
    ({"actorType": "DeployKey"}, None, bypassed("DeployKey", None)),
    ({"actorType": "Team", "actorId": 4200.0}, "Pull_Request", bypassed("Team 4200", "Pull_Request")),
)
def test_who_bypasses_it(actor: dict[str, Any], mode: object, expected: list[str]) -> None:
    last = {**actor, **({} if mode is None else {"bypassMode": mode})}
    first = {"actorType": "RepositoryRole", "actorId": 5.0, "bypassMode": "pull_request"}
    assert judged(ruleset(bypassActors=[first, last])) == expected
    if expected:
        assert paths(RULE, PROVIDER, DEPLOYS, ruleset(bypassActors=[first, last])) == [("bypassActors", 1)]
        # Nothing is lost where another ruleset asks for all of it.
        assert judged(ruleset("loose", bypassActors=[last]), ruleset()) == []


def test_rulesets_add_up() -> None:
    halves = ({"requiredStatusChecks": None}, {"deletion": None, "nonFastForward": None, "pullRequest": None})
    assert judged(*(ruleset(f"half {index}", rules=rules(**each)) for index, each in enumerate(halves))) == []
    silent = ruleset("half", rules=rules(**halves[1]), enforcement="evaluate")
    assert judged(ruleset(rules=rules(**halves[0])), silent) == no_check("offline", "gate")


def test_only_of_the_repository_that_deploys() -> None:
    loose = ruleset(rules={})
    assert findings(RULE, PROVIDER, environment_variable("PUSH_ROLE_ARN"), loose) == []
    assert judged(ruleset(repository="payments-api", rules={})) == []
    assert findings(RULE, PROVIDER, environment_variable("deploy_role_arn", repository="Container-Registry"), loose)


def test_a_stack_that_must_declare_the_ruleset() -> None:
    fix = "set `owns_repositories: true` under `github`"
    why = "is of the repository that deploys the stack, for which the stack declares no ruleset"
    none = [f"variable DEPLOY_ROLE_ARN {why}: {fix}"]
    assert judged() == []
    assert judged(required=True) == none
    assert judged(ruleset(repository="web"), required=True) == none
    assert judged(ruleset(), required=True) == []


def test_other_jobs_and_another_branch() -> None:
    assert judged(ruleset(), checks=["build"]) == no_check("build")
    assert judged(ruleset(rules=rules(requiredStatusChecks=checks("build"))), checks=["build"]) == []
    assert judged(ruleset(**about("refs/heads/trunk")), branch="trunk") == []
