"""The access matrix of a render: every role and every principal that a policy names, for every repository.

What many have in common is evaluated once: repositories with the same policies, as far as the patterns of those
documents distinguish them, are one class. A role is evaluated only against those that its policies or theirs name."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from domain.iam.access import Policy
from domain.iam.actions import LOGIN_ACTION
from domain.iam.document import Document
from domain.iam.matching import covers
from domain.iam.patterns import matches, matches_resource, pattern, resource_pattern
from domain.iam.statement import Effect, Statement
from render.resource import Render
from review.access.declared_roles import ALLOW_ALL, StackRole, declared_roles
from review.access.grantees import NamedGrantee, named
from review.access.matrix import Access, Cell, Grantee, GranteeKind, Matrix
from review.access.partial_evaluation import RESOURCE_TAGS, PartialCaller, PartialDecision, Permission, decide
from review.access.targets import REGISTRY_DOCUMENT, AccessTarget, PolicyReader, access_targets
from review.access.topic_notes import topic_notes

_REPOSITORY = ":repository/"
_WILDCARDS = frozenset("*?$")
_REGION = "aws:requestedregion"
_ACTIONS = tuple(dict.fromkeys(action for access in Access for action in access.actions))

_Key = tuple[Grantee, str, str, str, Access]
"""A principal, a repository, its account and region, and the access."""


def access_matrix(rendered: Render, boundaries: Mapping[str, Policy] | None = None) -> Matrix:
    """The matrix; `boundaries` are permissions boundaries by ARN that the stack does not declare."""
    documents = PolicyReader()
    found = access_targets(rendered, documents)
    who, notes = declared_roles(rendered, documents, boundaries or {})
    evaluation = _Evaluation(found, who, rendered.cluster_principals)
    topics = tuple(topic_notes(rendered, documents))
    unread = [f"{where} can't be read" for where in dict.fromkeys(documents.unread)]
    regions: dict[str, list[str]] = {}
    for copy in found:
        regions.setdefault(copy.name, []).append(copy.region)
    return Matrix(
        project=rendered.project,
        stack=rendered.stack,
        account=rendered.account,
        repositories={name: tuple(dict.fromkeys(some)) for name, some in regions.items()},
        cells=tuple(_folded(evaluation.facts())),
        notes=(*notes, *unread),
        topics=topics,
    )


@dataclass(frozen=True, slots=True)
class _Fact:
    """A cell without its principal, repository and region."""

    decision: Permission
    policy: str
    statement: str
    actions: tuple[str, ...]
    conditions: tuple[str, ...]
    login: bool | None = None


@dataclass(slots=True)
class _Evaluation:
    repositories: Sequence[AccessTarget]
    roles: Sequence[StackRole]
    names: Mapping[str, str]
    _patterns: "_Patterns" = field(init=False)
    _by_name: dict[str, list[AccessTarget]] = field(init=False, default_factory=dict)
    _groups: dict[object, list[AccessTarget]] = field(init=False, default_factory=dict)
    """Repositories of one account with the same policies, in any region."""
    _found: dict[_Key, _Fact] = field(init=False, default_factory=dict)
    _covered: dict[tuple[int, str], bool] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._patterns = _Patterns()
        for copy in self.repositories:
            self._by_name.setdefault(copy.name, []).append(copy)
            self._groups.setdefault(_group(copy), []).append(copy)

    def facts(self) -> Mapping[_Key, _Fact]:
        declared = {role.arn for role in self.roles}
        naming: dict[str, list[AccessTarget]] = {}
        for group in self._groups.values():
            for statement, each in _named_in(group[0], self.names):
                if each.principal.id in declared:
                    naming.setdefault(each.principal.id, []).extend(group)
                else:
                    self._add_grantee(statement, each, group)
        for role in self.roles:
            self._add_role(role, naming.get(role.arn, ()))
        return self._found

    def _add_grantee(self, statement: Statement, each: NamedGrantee, group: Sequence[AccessTarget]) -> None:
        """What a statement of these repositories' policies allows a principal whose identity policies are not known."""
        # A principal of this account gets what the policy itself allows; a statement for the account as a whole only
        # delegates to the account's identity policies.
        own = each.identity.account == group[0].account
        caller = each.caller(policies=() if own else (ALLOW_ALL,))
        subject = PartialCaller(caller=caller, unsettled=each.unsettled)
        accesses = [access for access in Access if any(covers(statement, action) for action in access.actions)]
        for some in self._patterns.classes(group, group[0].policies):
            self._evaluate(each.principal, subject, some, accesses)

    def _add_role(self, role: StackRole, naming: Sequence[AccessTarget]) -> None:
        """The access of a role, evaluated only where its policies or the repository's name the other."""
        policies = role.subject.caller.policies
        names = {name for each in policies for name in self._named_by(each.document)}
        held = {copy.arn: copy for copy in (*naming, *(copy for name in names for copy in self._by_name[name]))}
        groups: dict[object, list[AccessTarget]] = {}
        for copy in held.values():
            groups.setdefault(_group(copy), []).append(copy)
        limits = (role.subject.caller.boundary,) if role.subject.caller.boundary else ()
        login: dict[str, bool] = {}
        for group in groups.values():
            for some in self._patterns.classes(group, (*policies, *limits, *group[0].policies)):
                if some[0].region not in login:
                    login[some[0].region] = _can_log_in(role.subject, some[0])
                self._evaluate(role.principal, role.subject, some, list(Access), login=login[some[0].region])

    def _named_by(self, document: Document) -> Iterator[str]:
        for statement in document.statements:
            if statement.effect is Effect.ALLOW and any(covers(statement, action) for action in _ACTIONS):
                texts = ("*",) if statement.resources is None else statement.resources
                for text in texts:
                    yield from self._patterns.names(text, self._by_name)

    def _evaluate(
        self,
        principal: Grantee,
        subject: PartialCaller,
        some: Sequence[AccessTarget],
        accesses: Sequence[Access],
        *,
        login: bool | None = None,
    ) -> None:
        """Evaluates one of the repositories; the result is that of all."""
        copy = some[0]
        if copy.unread:
            subject = replace(subject, doubts=(*subject.doubts, *(f"{each} can't be read" for each in copy.unread)))
        for access in accesses:
            fact = _combined(access, self._answers(subject, copy, access))
            if fact is None:
                continue
            fact = replace(fact, login=login if access.needs_all else None)
            for each in some:
                key = (principal, each.name, each.account, each.region, access)
                if key not in self._found or fact.decision is Permission.ALLOWED:
                    self._found[key] = fact

    def _answers(self, subject: PartialCaller, copy: AccessTarget, access: Access) -> dict[str, PartialDecision]:
        """The allowed actions; none where one is denied that the access needs."""
        found: dict[str, PartialDecision] = {}
        policies = (*subject.caller.policies, *copy.policies)
        allowed = [each for each in access.actions if any(self._allows(policy.document, each) for policy in policies)]
        if access.needs_all and len(allowed) < len(access.actions):
            return {}
        for action in allowed:
            answer = decide(subject, copy.request(action), copy.policies)
            if answer is not None:
                found[action] = answer
            elif access.needs_all:
                return {}
        return found

    def _allows(self, document: Document, action: str) -> bool:
        """Whether any Allow covers the action, which costs less than an evaluation."""
        key = (id(document), action)
        if key not in self._covered:
            allows = (each for each in document.statements if each.effect is Effect.ALLOW)
            self._covered[key] = any(covers(each, action) for each in allows)
        return self._covered[key]


class _Patterns:
    """The resource patterns of policies, each parsed and matched with each ARN once."""

    def __init__(self) -> None:
        self._matched: dict[str, dict[str, bool]] = {}
        self._names: dict[str, tuple[str, ...]] = {}

    def classes(self, some: Sequence[AccessTarget], policies: Iterable[Policy]) -> Iterator[list[AccessTarget]]:
        """Classes of repositories that the statements of these policies treat alike."""
        statements = [each for policy in policies for each in policy.document.statements]
        about = [each for each in statements if each.resources not in (None, ("*",)) or each.not_resources]
        by = _Distinctions.of(statements)
        found: dict[object, list[AccessTarget]] = {}
        for copy in some:
            fits = tuple(self._is_about(each, copy.arn) for each in about)
            found.setdefault((fits, *by.key(copy)), []).append(copy)
        yield from found.values()

    def _is_about(self, statement: Statement, arn: str) -> bool:
        if statement.not_resources is not None:
            return not any(self._fits(text, arn) for text in statement.not_resources)
        return any(self._fits(text, arn) for text in statement.resources or ())

    def _fits(self, text: str, arn: str) -> bool:
        name = text.rpartition(":")[2]
        if not _WILDCARDS & set(name) and not arn.endswith(name):
            return False  # which most are, and the grammar of patterns would say so too, only later
        known = self._matched.setdefault(text, {})
        if arn not in known:
            read = resource_pattern(text, None)
            known[arn] = read is not None and matches_resource(read, arn)
        return known[arn]

    def names(self, text: str, known: Mapping[str, object]) -> tuple[str, ...]:
        """The repositories that a policy's Resource may match, in any registry."""
        if text not in self._names:
            self._names[text] = tuple(_names(text, known))
        return self._names[text]


def _names(text: str, known: Mapping[str, object]) -> Iterable[str]:
    _, found, name = text.partition(_REPOSITORY)
    if not found or "${" in name:
        return known
    if not _WILDCARDS & set(name):
        return (name,) if name in known else ()
    read = pattern(name, None)
    return [each for each in known if read is not None and matches(read, each)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Distinctions:
    """By what beside their patterns statements distinguish repositories."""

    arn: bool
    tags: bool
    region: bool

    @classmethod
    def of(cls, statements: Sequence[Statement]) -> "_Distinctions":
        conditions = [condition for each in statements for condition in each.conditions]
        keys = {each.key.folded for each in conditions}
        resources = [text for each in statements for text in (*(each.resources or ()), *(each.not_resources or ()))]
        variables = any("${" in each for each in (*resources, *(value for each in conditions for value in each.values)))
        return cls(
            arn=any("${" in each for each in resources),
            tags=variables or any(key.startswith(RESOURCE_TAGS) for key in keys),
            region=variables or _REGION in keys,
        )

    def key(self, copy: AccessTarget) -> tuple[object, ...]:
        return copy.arn if self.arn else "", copy.tags if self.tags else (), copy.region if self.region else ""


def _group(copy: AccessTarget) -> object:
    return (copy.account, copy.unread, tuple(id(each.document) for each in copy.policies))


def _named_in(copy: AccessTarget, names: Mapping[str, str]) -> Iterator[tuple[Statement, NamedGrantee]]:
    for policy in copy.policies:
        for statement in policy.document.statements:
            if statement.effect is Effect.ALLOW:
                yield from ((statement, each) for each in named(statement, names))


def _can_log_in(subject: PartialCaller, copy: AccessTarget) -> bool:
    registry = [each for each in copy.policies if each.name == REGISTRY_DOCUMENT]
    return decide(subject, replace(copy.request(LOGIN_ACTION), resource="*"), registry) is not None


def _combined(access: Access, answers: Mapping[str, PartialDecision]) -> _Fact | None:
    """The decisions on its actions as one: an access that needs all of them is allowed where each is."""
    if not answers:
        return None
    sure = [each for each in answers.values() if each.verdict is Permission.ALLOWED]
    is_sure = len(sure) == len(answers) if access.needs_all else bool(sure)
    deciding = sure if is_sure else [each for each in answers.values() if each.verdict is Permission.CONDITIONAL]
    conditions = (condition for each in deciding for condition in each.conditions)
    decision = deciding[0].decision
    return _Fact(
        decision=Permission.ALLOWED if is_sure else Permission.CONDITIONAL,
        policy=str(decision.policy),
        statement=decision.sid or f"statement {(decision.statement or 0) + 1}",
        actions=() if access.needs_all else tuple(answers),
        conditions=tuple(dict.fromkeys(conditions)),
    )


def _folded(facts: Mapping[_Key, _Fact]) -> Iterator[Cell]:
    """Cells that differ only in the region are one."""
    regions: dict[tuple[str, Grantee, Access, str, _Fact], list[str]] = {}
    for (principal, name, account, region, access), fact in facts.items():
        regions.setdefault((name, principal, access, account, fact), []).append(region)
    kinds, columns = list(GranteeKind), list(Access)

    def order(key: tuple[str, Grantee, Access, str, _Fact]) -> tuple[object, ...]:
        name, principal, access, account, _ = key
        return name, kinds.index(principal.kind), principal.id, columns.index(access), account, regions[key]

    for name, principal, access, account, fact in sorted(regions, key=order):
        yield Cell(
            principal=principal,
            repository=name,
            regions=tuple(sorted(regions[name, principal, access, account, fact])),
            account=account,
            access=access,
            decision=fact.decision,
            policy=fact.policy,
            statement=fact.statement,
            actions=fact.actions,
            conditions=fact.conditions,
            login=fact.login,
        )
