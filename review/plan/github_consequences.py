"""What changes for the workflows of repositories at GitHub: whether they can push, and who must approve it."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import TypeVar

from domain.github_source import REQUESTS_PER_HOUR, REQUESTS_PER_IMPORT, REQUESTS_PER_WRITE
from domain.wording import listed
from policies.pack.rule import Level
from render.resource import Resource
from resources import Inputs
from resources.github import DEPLOYMENT_POLICY, ENVIRONMENT, ENVIRONMENT_VARIABLE, REPOSITORY_VARIABLE, RULESET
from resources.iam import ROLE
from review.plan.model import IMPORT, Change, Compared, Consequence, Op, Topic
from review.plan.phrases import grouped, urns_of

K = TypeVar("K", bound=Hashable)

_LIMIT = 10
_MANY = REQUESTS_PER_HOUR // 10


def github_consequences(compared: Compared) -> Iterator[Consequence]:
    changes = [each for each in compared.changes if each.owner]
    gone = {_environment(each): each for each in changes if each.type == ENVIRONMENT and each.op is Op.DELETE}
    roles = [str(_inputs(each).get("assumeRolePolicy")) for each in compared.changes if _is_gone(each, ROLE)]
    yield from _deletions(list(gone.values()), roles)
    staying = [each for each in changes if _environment(each) not in gone]
    yield from _variables(staying)
    yield from _refs(staying)
    yield from _imported_anew(changes)
    for where, less, group in _alike(staying, _looser):
        if less:
            yield _weaker(f"{where}: {'; '.join(less)}.", group)
    yield from _requests(changes)


def _alike(changes: Sequence[Change], key: Callable[[Change], K]) -> Iterator[tuple[str, K, list[Change]]]:
    """Changes of one meaning in environments of one name, or in repositories, and where they are."""
    for (environment, found), group in grouped(
        changes, lambda each: (_inputs(each).get("environment"), key(each))
    ).items():
        names = listed(sorted({f"{each.owner}/{_inputs(each).get('repository')}" for each in group}), limit=_LIMIT)
        yield f"Environment {environment} of {names}" if environment else names, found, group


def _inputs(change: Change) -> Inputs:
    resource = change.new or change.old
    return resource.inputs if resource else {}


def _is_gone(change: Change, kind: str) -> bool:
    return change.type == kind and change.op is Op.DELETE


def _deletions(gone: Sequence[Change], roles: Sequence[str]) -> Iterator[Consequence]:
    """Whether the role that trusts the environment goes with it makes the difference."""

    def with_role(change: Change) -> bool:
        found = _inputs(change)
        repository, environment = f"/{found['repository']}", f":environment:{found['environment']}"
        return any(repository in each and environment in each for each in roles)

    for where, with_its_role, group in _alike(gone, with_role):
        what = f"{where} is deleted with its variables, reviewers and secrets"
        if with_its_role:
            text = f"{what}, and so is its role: its workflows can't push any more."
            yield Consequence(topic=Topic.SOURCE, text=text, urns=urns_of(group))
        else:
            text = f"{what}: a workflow that names it makes it anew, for any branch and without reviewers."
            yield _weaker(text, group)


def _variables(changes: Sequence[Change]) -> Iterator[Consequence]:
    gone = [each for each in changes if _is_gone(each, ENVIRONMENT_VARIABLE) or _is_gone(each, REPOSITORY_VARIABLE)]
    names = {place: listed(sorted(map(_variable_name, some))) for place, some in grouped(gone, _environment).items()}
    for where, name, group in _alike(gone, lambda each: names[_environment(each)]):
        inside = where.replace("Environment ", "environment ", 1)
        text = f"Removed from {inside}: {name}. Workflows that push by them fail."
        yield Consequence(topic=Topic.SOURCE, text=text, urns=urns_of(group))


def _variable_name(change: Change) -> str:
    return str(_inputs(change)["variableName"])


def _refs(changes: Sequence[Change]) -> Iterator[Consequence]:
    """Those that an environment admits from now on, or no longer; a new one had none before."""
    open_before, open_after = set(), set()
    for each in changes:
        if each.type == ENVIRONMENT:
            open_before |= {_environment(each)} if not _admits_patterns(each.old) else set()
            open_after |= {_environment(each)} if not _admits_patterns(each.new) else set()
    policies = [each for each in changes if each.type == DEPLOYMENT_POLICY and IMPORT not in each.forced_by]
    more = [each for each in policies if each.new and _environment(each) not in open_before]
    less = [each for each in policies if _is_gone(each, DEPLOYMENT_POLICY) and _environment(each) not in open_after]
    for where, ref, group in _alike(more, lambda each: _ref(each.new)):
        yield _weaker(f"{where} admits {ref} from now on.", group)
    for where, ref, group in _alike(less, lambda each: _ref(each.old)):
        text = f"{where} no longer admits {ref}: workflows can't push from there."
        yield Consequence(topic=Topic.SOURCE, text=text, urns=urns_of(group))


def _imported_anew(changes: Sequence[Change]) -> Iterator[Consequence]:
    """A ruleset's id is its number alone, and never the one that it is imported by; a policy's can be the same."""
    for each in changes:
        if IMPORT in each.forced_by:
            text = (
                f"{each.short_type} {each.name} is imported, though the stack declares it already: where a deployment "
                "made it or imported it, that one is then deleted at GitHub."
            )
            level = Level.MANDATORY if each.type == RULESET else Level.ADVISORY
            fix = "remove its number from `adopt`, unless no deployment has made it yet"
            yield Consequence(
                topic=Topic.BLOCKED, text=text, urns=(each.urn,), id="plan-adopts-managed", level=level, fix=fix
            )


def _ref(policy: Resource | None) -> str:
    inputs = policy.inputs if policy else {}
    return " ".join(
        f"{kind} {inputs[key]}" for kind, key in (("branch", "branchPattern"), ("tag", "tagPattern")) if key in inputs
    )


def _admits_patterns(environment: Resource | None) -> bool:
    return environment is not None and "deploymentBranchPolicy" in environment.inputs


def _looser_environment(old: Resource, new: Resource | None) -> list[str]:
    if new is None:
        return []
    before, after = old.inputs, new.inputs
    waits = [int(each.get("waitTimer", 0)) for each in (before, after)]
    approved = bool(after.get("reviewers"))
    found = {
        "its jobs need no approval any more": before.get("reviewers") and not approved,
        "the person who started a job can approve it": approved
        and before["preventSelfReview"]
        and not after["preventSelfReview"],
        "administrators can enter without an approval": after["canAdminsBypass"] and not before["canAdminsBypass"],
        "it admits every branch and tag": _admits_patterns(old) and not _admits_patterns(new),
        f"its jobs wait for {waits[1]:,} minutes in place of {waits[0]:,}": waits[1] < waits[0],
    }
    return [text for text, is_so in found.items() if is_so]


def _looser_ruleset(old: Resource, new: Resource | None) -> list[str]:
    gone = [each for each in _required(old) if new is None or each not in _required(new)]
    return [f"a merge no longer needs {listed(gone)}"] if gone else []


def _required(ruleset: Resource) -> list[str]:
    rules = ruleset.inputs["rules"]
    checks = rules.get("requiredStatusChecks", {}).get("requiredChecks", ())
    named = {
        "requiredLinearHistory": "a linear history",
        "requiredSignatures": "signed commits",
        "pullRequest": "a code owner's review",
    }
    return [
        *(f"the check {each['context']}" for each in checks),
        *(text for key, text in named.items() if rules.get(key)),
    ]


def _looser(change: Change) -> tuple[str, ...]:
    if change.old is None:
        return ()
    kinds = {ENVIRONMENT: _looser_environment, RULESET: _looser_ruleset}
    return tuple(kinds[change.type](change.old, change.new)) if change.type in kinds else ()


def _environment(change: Change) -> tuple[str, ...]:
    """The environment that it is, or that it is in."""
    found = _inputs(change)
    return tuple(str(each).casefold() for each in (change.owner, found.get("repository"), found.get("environment")))


def _weaker(text: str, changes: Sequence[Change]) -> Consequence:
    return Consequence(topic=Topic.WEAKER, text=text, urns=urns_of(changes), id="plan-weakens")


def _requests(changes: Sequence[Change]) -> Iterator[Consequence]:
    """Of a deployment that has many."""
    imports = sum(each.op is Op.ADOPT for each in changes)
    count = REQUESTS_PER_WRITE * (len(changes) - imports) + REQUESTS_PER_IMPORT * imports
    minutes = max(1, len(changes) // 60)
    if count <= _MANY:
        return
    text = (
        f"The deployment makes up to {count:,} requests to GitHub, which answers {REQUESTS_PER_HOUR:,} in an hour, and "
        f"takes {minutes} minutes or more: the provider writes once a second."
    )
    if count <= REQUESTS_PER_HOUR:
        yield Consequence(topic=Topic.SOURCE, text=text, urns=())
    else:
        yield Consequence(
            topic=Topic.BLOCKED, text=text, urns=(), id="plan-too-many-requests", level=Level.MANDATORY,
            fix="name some of the repositories with github: repositories, deploy, and name more",
        )  # fmt: skip
