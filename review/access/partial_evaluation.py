"""IAM's evaluation of a request of which not all is known: allowed, denied, or allowed under conditions.

Every statement with a condition that can't be decided is evaluated twice: once with the outcome that is best for the
caller and once with the worst. Where both agree, that is the result; elsewhere the conditions are part of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from domain.iam.access import Caller, Decision, Outcome, Policy, PolicyKind, Request
from domain.iam.document import CURRENT_VERSION
from domain.iam.evaluate import evaluate, request_context
from domain.iam.matching import covers
from domain.iam.patterns import variable_names
from domain.iam.statement import Condition, Effect, Statement
from domain.iam.statement_text import condition_text

RESOURCE_TAGS = ("aws:resourcetag/", "ecr:resourcetag/")


class Permission(StrEnum):
    ALLOWED = "allowed"
    CONDITIONAL = "conditional"
    """Allowed under conditions that only the request decides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartialDecision:
    """An allowed call: by which statement, and under which conditions."""

    verdict: Permission
    decision: Decision
    conditions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PartialCaller:
    """A caller of which not all is known, or that represents several."""

    caller: Caller
    unsettled: frozenset[str] = frozenset()
    """Condition keys in lower case that the caller has, with values that are not known."""
    doubts: tuple[str, ...] = ()
    """Policies of the caller that are not known, and may deny what is found."""


def decide(subject: PartialCaller, request: Request, policies: Sequence[Policy]) -> PartialDecision | None:
    """The decision by the caller's policies and these of the resource; None where it is denied."""
    worlds = _Worlds(subject, request, policies)
    decision = worlds.worst()
    if decision.allowed:
        return _decision(decision, subject.doubts)
    best = worlds.best() if worlds.open else decision
    if not best.allowed:
        return None
    unless = []
    # A Deny without open conditions would have denied in the best case, too.
    while decision.outcome is Outcome.EXPLICIT_DENY:
        unless.append(f"unless {' and '.join(worlds.open[_place(decision)])}")
        decision = worlds.worst(lifting=_place(decision))
    conditions = unless if decision.allowed else [*worlds.conditions_of(best), *unless]
    return _decision(best, (*conditions, *subject.doubts))


def denial(subject: PartialCaller, request: Request, policies: Sequence[Policy]) -> Decision:
    """Of a call that `decide` finds denied: by what, with each open condition as it is best for the caller."""
    return _Worlds(subject, request, policies).best()


def _decision(decision: Decision, conditions: tuple[str, ...]) -> PartialDecision:
    verdict = Permission.CONDITIONAL if conditions else Permission.ALLOWED
    return PartialDecision(verdict=verdict, decision=decision, conditions=tuple(dict.fromkeys(conditions)))


_Place = tuple[PolicyKind, str | None, int | None]


def _place(decision: Decision) -> _Place:
    return decision.source, decision.policy, decision.statement


@dataclass(slots=True)
class _Worlds:
    """One request, evaluated with open conditions as they are best or worst for the caller."""

    subject: PartialCaller
    request: Request
    policies: Sequence[Policy]
    known: Mapping[str, tuple[str, ...]] = field(init=False)
    open: dict[_Place, tuple[str, ...]] = field(init=False, default_factory=dict)
    """By statement: the conditions that can't be decided."""
    _lifted: set[_Place] = field(init=False, default_factory=set)

    def __post_init__(self) -> None:
        self.known = request_context(self.subject.caller, self.request)
        caller = self.subject.caller
        for source, policies in (
            (PolicyKind.IDENTITY, caller.policies),
            (PolicyKind.BOUNDARY, (caller.boundary,) if caller.boundary else ()),
            (PolicyKind.RESOURCE, self.policies),
        ):
            for policy in policies:
                self.open.update(self._opens_of(source, policy))

    def best(self) -> Decision:
        return self._evaluated(best=True)

    def worst(self, lifting: _Place | None = None) -> Decision:
        """`lifting` is one more Deny whose conditions are taken not to hold."""
        if lifting is not None:
            self._lifted.add(lifting)
        return self._evaluated(best=False)

    def conditions_of(self, best: Decision) -> Iterator[str]:
        """The conditions of the statement that decided in the best case, and those of the boundary."""
        for place in (_place(best), *self._limits()):
            if place in self.open and place not in self._lifted:
                yield f"if {' and '.join(self.open[place])}"

    def _limits(self) -> Iterator[_Place]:
        """The statements of the boundary that allow the action."""
        boundary = self.subject.caller.boundary
        if boundary is None:
            return
        for index, statement in enumerate(boundary.document.statements):
            if statement.effect is Effect.ALLOW and covers(statement, self.request.action):
                yield PolicyKind.BOUNDARY, boundary.name, index

    def _evaluated(self, *, best: bool) -> Decision:
        caller = self.subject.caller
        if not self.open:
            return evaluate(caller, self.request, self.policies)
        own = tuple(self._taken(PolicyKind.IDENTITY, each, best=best) for each in caller.policies)
        boundary = caller.boundary and self._taken(PolicyKind.BOUNDARY, caller.boundary, best=best)
        theirs = [self._taken(PolicyKind.RESOURCE, each, best=best) for each in self.policies]
        return evaluate(replace(caller, policies=own, boundary=boundary), self.request, theirs)

    def _opens_of(self, source: PolicyKind, policy: Policy) -> Iterator[tuple[_Place, tuple[str, ...]]]:
        for index, statement in enumerate(policy.document.statements):
            names = (*(statement.resources or ()), *(statement.not_resources or ()))
            found = [condition_text(each) for each in statement.conditions if self._is_open(each, policy)]
            found += [f"the resource is {each}" for each in names if self._has_open_variable(each, policy)]
            if found:
                yield (source, policy.name, index), tuple(found)

    def _is_open(self, condition: Condition, policy: Policy) -> bool:
        known = self._is_known(condition.key.folded)
        return not known or any(self._has_open_variable(each, policy) for each in condition.values)

    def _has_open_variable(self, text: str, policy: Policy) -> bool:
        if "${" not in text or policy.document.version != CURRENT_VERSION:
            return False
        return any(not self._is_known(name) for name in variable_names(text))

    def _is_known(self, key: str) -> bool:
        """All tags of the resource are known: a missing one is absent."""
        return key not in self.subject.unsettled and (key in self.known or key.startswith(RESOURCE_TAGS))

    def _taken(self, source: PolicyKind, policy: Policy, *, best: bool) -> Policy:
        statements = list(policy.document.statements)
        for index, statement in enumerate(statements):
            place = (source, policy.name, index)
            if place in self.open:
                statements[index] = self._settled(statement, policy, best=best or place in self._lifted)
        return replace(policy, document=replace(policy.document, statements=tuple(statements)))

    def _settled(self, statement: Statement, policy: Policy, *, best: bool) -> Statement:
        """The statement without its open parts; one that is taken not to apply gets no action."""
        if best is (statement.effect is Effect.DENY):
            return replace(statement, actions=(), not_actions=None)
        resources, but = statement.resources, statement.not_resources
        if resources and any(self._has_open_variable(each, policy) for each in resources):
            resources = ("*",)
        if but:
            but = tuple(each for each in but if not self._has_open_variable(each, policy)) or None
        conditions = tuple(each for each in statement.conditions if not self._is_open(each, policy))
        return replace(statement, conditions=conditions, resources=resources, not_resources=but)
