"""The registry's own repository takes changes of its main branch after a review and the gate alone."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import Field

from domain.github_patterns import rules_match
from domain.github_source import ACTIONS_APP
from domain.wording import listed
from policies.checks.github_environments import Key, owners_by_provider, repository_key
from policies.checks.input_values import as_list, as_number, holds_unknown, value_at
from policies.pack.rule import (
    CheckedResource,
    Finding,
    Parameters,
    RuleContext,
    StackResults,
    StackRule,
    Undecided,
)
from resources.github import ENVIRONMENT_VARIABLE, RULESET
from resources.providers import GITHUB_PROVIDER

_RULES, _BYPASS = "rules", "bypassActors"
_READ = ("target", "enforcement", "conditions", _BYPASS, _RULES)
_LISTS = ("includes", "excludes")
_DEPLOYS = "DEPLOY_ROLE_ARN"
"""The variable of the environments of no other repository."""
_FOR_PULL_REQUESTS = "pull_request"


class ChecksParameters(Parameters):
    checks: tuple[str, ...] = Field(("offline", "gate"), description="the jobs that must pass, by their names")
    branch: str = Field("main", min_length=1, description="the repository's default branch")
    required: bool = Field(
        default=False, description="whether a stack that declares the repository must declare its ruleset, too"
    )


@dataclass(frozen=True, slots=True)
class _Rules:
    """What the rulesets of one branch ask for together, as GitHub adds them up."""

    parts: tuple[Mapping[str, Any], ...]

    @classmethod
    def of(cls, rulesets: Sequence[CheckedResource]) -> "_Rules":
        return cls(tuple(block for each in rulesets for block in as_list(each.inputs.get(_RULES))))

    def has(self, key: str) -> bool:
        return any(value_at(each, key) is True for each in self.parts)

    def blocks(self, key: str) -> list[Any]:
        return [block for each in self.parts for block in as_list(value_at(each, key))]


def check(resources: Sequence[CheckedResource], context: RuleContext[ChecksParameters]) -> StackResults:
    owners = owners_by_provider(resources)
    rulesets: dict[Key, list[CheckedResource]] = {}
    for each in resources:
        if each.type == RULESET:
            rulesets.setdefault(repository_key(each, owners), []).append(each)
    deploying: dict[Key, CheckedResource] = {}
    for each in resources:
        if each.type == ENVIRONMENT_VARIABLE and str(each.inputs.get("variableName", "")).upper() == _DEPLOYS:
            deploying.setdefault(repository_key(each, owners), each)
    for repository, variable in deploying.items():
        if found := rulesets.get(repository):
            yield from _check_rulesets(found, context.parameters)
        elif context.parameters.required:
            message = "is of the repository that deploys the stack, for which the stack declares no ruleset"
            yield variable, Finding(message, ("repository",), "set `owns_repositories: true` under `github`")


def _check_rulesets(rulesets: Sequence[CheckedResource], parameters: ChecksParameters) -> StackResults:
    unknown = [(each, key) for each in rulesets for key in _READ if holds_unknown(each.inputs.get(key))]
    if unknown:
        yield from ((each, Undecided((key,))) for each, key in unknown)
        return
    counting = [each for each in rulesets if _why_not_counting(each.inputs, parameters.branch) is None]
    for each in () if counting else rulesets:
        path, why = _why_not_counting(each.inputs, parameters.branch) or ((), "")
        yield each, Finding(f"{why}: nothing holds a change of {parameters.branch}", path)
    held = [each for each in counting if not list(_check_bypass(each.inputs))]
    if not counting or not list(_missing(_Rules.of(held), parameters)):
        return
    for each in counting:
        yield from ((each, found) for found in _check_bypass(each.inputs))
    yield from ((counting[0], Finding(each, (_RULES,))) for each in _missing(_Rules.of(counting), parameters))


def _why_not_counting(inputs: Mapping[str, Any], branch: str) -> tuple[tuple[str, ...], str] | None:
    """Why a ruleset holds no change of the branch, with the path of what says so."""
    if inputs.get("target") != "branch":
        return ("target",), f"is about {inputs.get('target')!r} and no branch"
    if inputs.get("enforcement") != "active":
        return ("enforcement",), f"has the enforcement {inputs.get('enforcement')!r}"
    names = [name for each in as_list(inputs.get("conditions")) for name in as_list(value_at(each, "refName"))]
    includes, excludes = ([one for each in names for one in as_list(value_at(each, key))] for key in _LISTS)
    if not any(rules_match(each, branch) for each in includes):
        return ("conditions",), f"is not about {branch}, but {listed(map(str, includes)) or 'no branch'}"
    if excluding := [str(each) for each in excludes if rules_match(each, branch)]:
        return ("conditions",), f"excludes {branch} by {listed(excluding)}"
    return None


def _check_bypass(inputs: Mapping[str, Any]) -> Iterator[Finding]:
    for index, actor in enumerate(as_list(inputs.get(_BYPASS))):
        if (mode := value_at(actor, "bypassMode")) != _FOR_PULL_REQUESTS:
            who = f"{value_at(actor, 'actorType')} {_number_text(value_at(actor, 'actorId'))}".strip()
            message = f"allows {who} to push past it at any time (bypassMode {mode!r})"
            yield Finding(message, (_BYPASS, index), f"set bypassMode to {_FOR_PULL_REQUESTS}, or remove the actor")


def _number_text(value: object) -> str:
    number = as_number(value)
    return "" if number is None else f"{number:.0f}"


def _missing(rules: _Rules, parameters: ChecksParameters) -> Iterator[str]:
    for key, what in (("deletion", "be deleted"), ("nonFastForward", "be force-pushed")):
        if not rules.has(key):
            yield f"does not keep {parameters.branch} from being changed: it can {what} ({key})"
    reviews = rules.blocks("pullRequest")
    if not any(value_at(each, "requireCodeOwnerReview") is True for each in reviews):
        yield "asks for no review by code owners (pullRequest.requireCodeOwnerReview)"
    if not any((as_number(value_at(each, "requiredApprovingReviewCount")) or 0) >= 1 for each in reviews):
        yield "asks for no approval (pullRequest.requiredApprovingReviewCount)"
    yield from _missing_checks(rules.blocks("requiredStatusChecks"), parameters)


def _missing_checks(blocks: Sequence[Any], parameters: ChecksParameters) -> Iterator[str]:
    found = [check for each in blocks for check in as_list(value_at(each, "requiredChecks"))]
    for name in parameters.checks:
        mine = [each for each in found if value_at(each, "context") == name]
        if not mine:
            yield f"does not require the check {name}"
        elif not any(as_number(value_at(each, "integrationId")) == ACTIONS_APP for each in mine):
            yield f"takes the check {name} from any app: its integrationId is not {ACTIONS_APP}, GitHub Actions"
    if found and not any(value_at(each, "strictRequiredStatusChecksPolicy") is True for each in blocks):
        yield "takes checks of a branch that is not up to date (strictRequiredStatusChecksPolicy)"


RULE = StackRule(
    id="github-checks-required",
    title="The registry's own repository merges reviewed changes alone, which passed the gate",
    severity="critical",
    risk="The environment that deploys admits the main branch. Who can push to it without the gate and a code owner's "
    "review has the deploy role.",
    remediation="Let the stack declare the ruleset (`github: {owns_repositories: true, registry: …}`): active, for the "
    "default branch, with the checks of GitHub Actions strictly, a code owner's review, no deletion and no force-push, "
    "and bypassMode pull_request for those who undo a deadlock.",
    controls=("OWASP CICD-SEC-1", "OpenSSF Scorecard Branch-Protection"),
    parameters=ChecksParameters,
    types=(RULESET, ENVIRONMENT_VARIABLE, GITHUB_PROVIDER),
    check=check,
)
