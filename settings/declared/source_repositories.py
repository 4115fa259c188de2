"""What a stack declares at GitHub: of each repository that pushes, and of this project's own."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from domain.aws import Arn
from domain.github_source import Adoption, Environment, GitHubRepository, Reviewers, Ruleset, Variable
from domain.iam.github_trust import GitHubSource
from settings.declared.values import Repository, StackRegistry
from settings.written.catalog import Push, SourceEntry
from settings.written.github_options import EVERY_OTHER, EnvironmentEntry, GitHubOptions, ReviewersEntry

_MAIN = ("refs/heads/main",)


@dataclass(frozen=True, slots=True, kw_only=True)
class StackIdentity:
    """What variables say of a stack."""

    project: str
    stack: str
    home: StackRegistry

    def role_arn(self, name: str) -> str:
        return str(Arn(self.home.id.partition, "iam", "", self.home.account, f"role{name}"))


def source_repositories(
    options: GitHubOptions,
    sources: Mapping[str, SourceEntry],
    pushes: Sequence[tuple[Repository, Push, GitHubSource]],
    stack: StackIdentity,
) -> tuple[GitHubRepository, ...]:
    """All of them by their names; `pushes` are those of the stack."""
    by_name: dict[str, list[tuple[Repository, Push, GitHubSource]]] = defaultdict(list)
    archived = {name.casefold() for name, each in sources.items() if each.archived}
    for each in pushes:
        name = each[2].github.casefold()
        if options.declares(name) and name not in archived:
            by_name[name].append(each)
    entries = {name.casefold(): each for name, each in sources.items()}
    found = [_source(some, entries.get(name, SourceEntry()), options, stack) for name, some in by_name.items()]
    if options.registry is not None:
        own = _registry(options, stack)
        pushes_too = [each for each in found if each.full_name.casefold() == own.full_name.casefold()]
        found = [each for each in found if each not in pushes_too]
        found.append(_both(own, pushes_too[0], options) if pushes_too else own)
    return tuple(sorted(found, key=lambda each: each.full_name.casefold()))


def registry_environments(stack: str) -> tuple[str, str, str, str]:
    """Of this project's own repository: the one that deploys, the one that deletes, and two whose jobs read."""
    return stack, f"destroy-{stack}", f"drift-{stack}", f"preview-{stack}"


def _both(own: GitHubRepository, source: GitHubRepository, options: GitHubOptions) -> GitHubRepository:
    """This project's own repository, which pushes an image, too."""
    environments, checks = (*own.environments, *source.environments), source.ruleset.checks if source.ruleset else ()
    more = own.ruleset and replace(own.ruleset, checks=tuple(dict.fromkeys((*own.ruleset.checks, *checks))))
    return replace(
        own,
        environments=environments,
        variables=source.variables,
        ruleset=more,
        adopt=_adoption(options, own.name, environments),
        renamed_from=own.renamed_from or source.renamed_from,
    )


def _source(
    pushes: Sequence[tuple[Repository, Push, GitHubSource]],
    entry: SourceEntry,
    options: GitHubOptions,
    stack: StackIdentity,
) -> GitHubRepository:
    _, _, name = pushes[0][2].github.partition("/")
    by_environment: dict[str, list[tuple[Repository, Push, GitHubSource]]] = defaultdict(list)
    for each in pushes:
        by_environment[each[2].environment or ""].append(each)
    from_refs = by_environment.pop("", [])
    ending = stack.stack.upper().replace("-", "_").replace(".", "_")
    checks = entry.required_checks
    ruleset = Ruleset(checks=checks, review=False, linear_history=False, signed_commits=False) if checks else None
    environments = tuple(
        _environment(each, some[0][1].admits, _entry(options, each), tuple(_variables(some, stack)))
        for each, some in sorted(by_environment.items())
    )
    return GitHubRepository(
        owner=options.owner,
        name=name,
        environments=environments,
        variables=tuple(replace(each, name=f"{each.name}_{ending}") for each in _variables(from_refs, stack)),
        ruleset=ruleset if options.owns_repositories else None,
        adopt=_adoption(options, name, environments),
        renamed_from=entry.renamed_from,
    )


def _variables(pushes: Sequence[tuple[Repository, Push, GitHubSource]], stack: StackIdentity) -> Iterator[Variable]:
    """What a workflow needs to push; the role's where there is but one."""
    if not pushes:
        return
    names = dict.fromkeys(repository.name for repository, _, _ in pushes)
    roles = {source.role_name(stack.stack) for _, _, source in pushes}
    yield Variable(name="AWS_REGION", value=stack.home.region)
    if len(roles) == 1:
        yield Variable(name="PUSH_ROLE_ARN", value=stack.role_arn(f"/{stack.project}/{stack.stack}/{roles.pop()}"))
    yield Variable(name="REGISTRY_HOST", value=stack.home.host)
    yield Variable(name="REGISTRY_REPOSITORIES", value=" ".join(f"{stack.home.host}/{name}" for name in names))


def _registry(options: GitHubOptions, stack: StackIdentity) -> GitHubRepository:
    """As docs/bootstrap.md makes it by hand: environments that deploy and delete, and two whose jobs read."""
    own = options.registry
    assert own is not None  # noqa: S101 - checked by the caller
    name, reviewed = stack.stack, EnvironmentEntry(reviewers=own.reviewers)
    deploy, destroy, preview = (
        stack.role_arn(f"/{stack.project}-{name}-{role}") for role in ("deploy", "destroy", "preview")
    )
    bucket = f"s3://{stack.project}-{name}-state-{stack.home.account}?region={stack.home.region}"
    state = (Variable(name="AWS_REGION", value=stack.home.region), Variable(name="PULUMI_STATE_URL", value=bucket))
    deploys = (*state, Variable(name="DEPLOY_ROLE_ARN", value=deploy))
    deletes = (*state, Variable(name="DESTROY_ROLE_ARN", value=destroy))
    reads = (*state, Variable(name="PREVIEW_ROLE_ARN", value=preview))
    by_anyone = reviewed.model_copy(update={"prevent_self_review": False})
    ruleset = Ruleset(
        checks=own.required_checks, review=True, linear_history=own.linear_history, signed_commits=own.signed_commits
    )
    deploying, destroying, drift, previewing = registry_environments(name)
    environments = (
        _environment(deploying, _MAIN, reviewed, deploys),
        _environment(destroying, _MAIN, reviewed, deletes),
        _environment(drift, _MAIN, EnvironmentEntry(), reads),
        _environment(previewing, (), by_anyone, reads),
    )
    return GitHubRepository(
        owner=options.owner,
        name=own.repository,
        environments=environments,
        variables=(),
        ruleset=ruleset if options.owns_repositories else None,
        adopt=_adoption(options, own.repository, environments),
        renamed_from=own.renamed_from,
    )


def _environment(
    name: str, admits: tuple[str, ...], entry: EnvironmentEntry, variables: tuple[Variable, ...]
) -> Environment:
    return Environment(
        name=name,
        reviewers=_reviewers(entry.reviewers),
        wait_minutes=entry.wait_minutes,
        prevent_self_review=entry.prevent_self_review,
        admins_bypass=entry.admins_bypass,
        admits=admits,
        variables=variables,
    )


def _entry(options: GitHubOptions, name: str) -> EnvironmentEntry:
    by_name = {each.casefold(): entry for each, entry in options.environments.items()}
    return by_name.get(name.casefold()) or by_name.get(EVERY_OTHER) or EnvironmentEntry()


def _reviewers(entry: ReviewersEntry) -> Reviewers:
    return Reviewers(teams=entry.teams, users=entry.users)


def _adoption(options: GitHubOptions, name: str, environments: tuple[Environment, ...]) -> Adoption | None:
    """With an environment as it is declared, whose case makes no difference to GitHub."""
    entry = {each.casefold(): one for each, one in options.adopt.items()}.get(name.casefold())
    if entry is None:
        return None
    names = {each.name.casefold(): each.name for each in environments}
    policies: dict[tuple[str, ...], int] = {
        (names.get(environment.casefold(), environment), ref): number
        for environment, numbers in entry.policies.items()
        for ref, number in numbers.items()
    }
    return Adoption(ruleset=entry.ruleset, policies=policies)
