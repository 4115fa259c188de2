"""What a role trusts at GitHub is declared there, and an environment that a role trusts admits named refs alone."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import Field

from domain.iam.document import InvalidDocument, parse
from domain.iam.github import Subject
from domain.iam.patterns import matches, pattern
from domain.iam.statement import Statement
from domain.wording import listed
from policies.checks.github_environments import (
    BRANCH,
    KINDS,
    POLICY,
    DeclaredEnvironment,
    RefPattern,
    environments,
    has_unknown_name,
    is_repository,
)
from policies.checks.github_workflows import EQUALS, LIKE, GithubParameters, github_statements
from policies.checks.input_values import holds_unknown, is_unknown
from policies.pack.rule import (
    CheckedResource,
    CheckResult,
    Finding,
    RuleContext,
    StackResults,
    StackRule,
    Undecided,
)
from resources.github import DEPLOYMENT_POLICY, ENVIRONMENT
from resources.iam import ROLE
from resources.providers import GITHUB_PROVIDER

_TRUST = "assumeRolePolicy"


class TrustMatchesParameters(GithubParameters):
    branches: tuple[str, ...] = Field(
        (), description="the only branches that such an environment can admit; any that is named, if empty"
    )
    allow_every_tag: bool = Field(
        default=False, description="whether a pattern of tags without a text of its own, such as `*`, is allowed"
    )


@dataclass(frozen=True, slots=True)
class _Trust:
    """A value of a role's condition on the subject."""

    role: CheckedResource
    text: str
    """A pattern where it is compared by StringLike."""
    like: bool

    @property
    def subject(self) -> Subject | None:
        return Subject.parse(self.text)

    def admits(self, environment: DeclaredEnvironment) -> bool:
        """Whether a job in the environment can assume the role; ids are taken for the right ones."""
        if (subject := self.subject) is not None:
            named = subject.environment is not None and subject.environment.casefold() == environment.name.casefold()
            return named and is_repository(environment.repository, subject.owner, subject.repository)
        compiled = pattern(self.text.casefold(), None) if self.like else None
        return compiled is not None and any(matches(compiled, each) for each in _subjects(self.text, environment))


def _subjects(like: str, environment: DeclaredEnvironment) -> Iterator[str]:
    """Of jobs in the environment, with the owner and the ids of the pattern where nothing else says them."""
    owner, name = environment.repository
    context = f"environment:{environment.name.casefold().replace(':', '%3a')}"
    written, _, rest = like.casefold().removeprefix("repo:").partition("/")
    ids = (written.partition("@")[2], rest.partition(":")[0].partition("@")[2])
    owner = owner or written.partition("@")[0]
    yield f"repo:{owner}/{name}:{context}"
    yield f"repo:{owner}@{ids[0] or 1}/{name}@{ids[1] or 1}:{context}"


def check(resources: Sequence[CheckedResource], context: RuleContext[TrustMatchesParameters]) -> StackResults:
    yield from ((each, Undecided(("environment",))) for each in resources if _is_undecided(each))
    declared = list(environments(resources))
    trusts: list[_Trust] = []
    for role in resources if declared else ():
        if role.type == ROLE:
            if holds_unknown(role.inputs.get(_TRUST)):
                yield role, Undecided((_TRUST,))
            else:
                trusts += _trusts(role, context.parameters)
    for trust in trusts:
        yield from ((trust.role, Finding(each, (_TRUST,))) for each in _check_declared(trust, declared))
    for environment in declared:
        roles = list(dict.fromkeys(each.role.name for each in trusts if each.admits(environment)))
        if roles:
            yield from _check_environment(environment, listed(roles), context.parameters)


def _is_undecided(resource: CheckedResource) -> bool:
    return resource.type in (ENVIRONMENT, DEPLOYMENT_POLICY) and has_unknown_name(resource)


def _trusts(role: CheckedResource, parameters: GithubParameters) -> Iterator[_Trust]:
    """A document that is none is a finding of other rules."""
    written = role.inputs.get(_TRUST)
    try:
        document = parse(written) if isinstance(written, str | Mapping) else None
    except InvalidDocument:
        return
    for _, statement, issuers in github_statements(document, parameters) if document else ():
        for issuer in issuers:
            yield from (_Trust(role, text, like) for text, like in _values(statement, issuer))


def _values(statement: Statement, issuer: str) -> list[tuple[str, bool]]:
    """Without a condition on the subject, or with one that allows others, every job is trusted."""
    conditions = [
        each for each in statement.conditions if each.key.folded == f"{issuer}:sub" and each.operator in (EQUALS, LIKE)
    ]
    # All conditions must hold: those that name their values say more than a pattern.
    exact = [each for each in conditions if each.operator == EQUALS] or conditions
    return [(value, each.operator == LIKE) for each in exact for value in each.values] if exact else [("*", True)]


def _check_declared(trust: _Trust, declared: Sequence[DeclaredEnvironment]) -> Iterator[str]:
    """A ref is git's and declared nowhere; an environment is, where the stack declares that repository's."""
    subject = trust.subject
    if subject is None or subject.environment is None:
        return
    here = [each for each in declared if is_repository(each.repository, subject.owner, subject.repository)]
    names = [each.name for each in here]
    named = f"the environment {subject.environment!r} of {subject.owner}/{subject.repository}"
    same = [each for each in names if each.casefold() == subject.environment.casefold()]
    if here and not same:
        others = listed(dict.fromkeys(names))
        yield f"trusts {named}, which the stack does not declare beside {others}"
    elif same and subject.environment not in same:
        yield f"trusts {named}, which is declared as {same[0]!r}: AWS compares the case of a subject"


def _check_environment(
    environment: DeclaredEnvironment, roles: str, parameters: TrustMatchesParameters
) -> Iterator[tuple[CheckedResource, CheckResult]]:
    resource = environment.resource
    if environment.is_undecided:
        yield resource, Undecided((POLICY,))
        return
    if why := environment.why_unrestricted:
        yield resource, Finding(f"{why}, and its jobs can assume {roles}", (POLICY,))
        return
    if not environment.patterns:
        yield resource, Finding(f"admits no branch and no tag: no job of it ever assumes {roles}", (POLICY,))
    for each in environment.patterns:
        if is_unknown(each.text):
            yield each.resource, Undecided((each.key,))
        elif why := _why_too_wide(each, parameters):
            yield each.resource, Finding(f"{why} to an environment whose jobs can assume {roles}", (each.key,))


def _why_too_wide(admitted: RefPattern, parameters: TrustMatchesParameters) -> str | None:
    text = str(admitted.text)
    if admitted.key == BRANCH:
        if admitted.is_pattern:
            return f"admits branches by the pattern {text}, of which the catalog names none,"
        if parameters.branches and text not in parameters.branches:
            return f"admits the branch {text}, which is not {listed(parameters.branches)},"
        return None
    if admitted.is_every and not parameters.allow_every_tag:
        return f"admits every {KINDS[admitted.key]} ({text})"
    return None


RULE = StackRule(
    id="github-trust-matches",
    title="Environments that roles trust are declared, and admit named branches and tags alone",
    severity="critical",
    risk="An environment that a workflow names and that does not exist is made by GitHub, without any protection. "
    "In one that admits any branch, everyone who can push a branch can push images as the role.",
    remediation="Declare the environment in the stack that declares its repository (`github`), and name what it "
    'admits: `admits: [refs/heads/main, "refs/tags/v*"]` of the push in the catalog.',
    controls=("OWASP CICD-SEC-5",),
    parameters=TrustMatchesParameters,
    types=(ROLE, ENVIRONMENT, DEPLOYMENT_POLICY, GITHUB_PROVIDER),
    check=check,
)
