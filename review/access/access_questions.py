"""Can this principal have this access to this repository, and by which step and statement?"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from domain.iam.access import Caller, Decision, Identity, Outcome, Policy, PolicyKind, Request
from domain.iam.actions import LOGIN_ACTION
from domain.iam.concrete_principal import ConcretePrincipal
from domain.iam.conditions import hold
from domain.iam.evaluate import request_context
from domain.iam.matching import covers
from domain.iam.statement import Effect, Operator
from domain.iam.statement_text import condition_text
from render.resource import Render
from review.access.declared_roles import ALLOW_ALL, StackRole, declared_roles
from review.access.grantees import any_of_account, anyone, named, named_by_arn
from review.access.matrix import Access
from review.access.partial_evaluation import PartialCaller, PartialDecision, Permission, decide, denial
from review.access.targets import REGISTRY_DOCUMENT, AccessTarget, PolicyReader, access_targets

_ASSUME = "sts:AssumeRoleWithWebIdentity"
_PLAIN = (Operator.STRING_EQUALS, Operator.STRING_LIKE)
_WILDCARD = re.compile(r"[*?]|\$\{")
_OWN = "if its own policies, which are not in this stack, allow it"


class AccessStep(StrEnum):
    """On the way from a principal to an image, in this order, in AWS's words."""

    ASSUME = "trust policy"
    LOGIN = "login"
    IDENTITY = "identity-based policy"
    BOUNDARY = "permissions boundary"
    REGISTRY = "registry policy"
    REPOSITORY = "repository policy"


_STEPS = {
    PolicyKind.BOUNDARY: AccessStep.BOUNDARY,
    PolicyKind.SESSION: AccessStep.BOUNDARY,
    PolicyKind.RESOURCE: AccessStep.REPOSITORY,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessAnswer:
    """Allowed, allowed under conditions, or denied, and what decides it."""

    permission: Permission | None
    """None: denied."""
    step: AccessStep
    action: str
    """The call that decides."""
    policy: str = ""
    statement: str = ""
    """The Sid, or the statement's position; empty with the policy's name where no statement allows the call."""
    role: str = ""
    """The ARN of the role of this stack as which the call is made, or that could not be assumed."""
    conditions: tuple[str, ...] = ()
    """Under which it is allowed; of a role that could not be assumed, those of its trust policy that don't hold."""

    @property
    def verdict(self) -> str:
        return self.permission or "denied"

    def __str__(self) -> str:
        """`denied: no statement of the repository policy allows ecr:PutImage`."""
        as_role = f" as role {self.role.rpartition('/')[2]}" if self.role else ""
        if self.step is AccessStep.ASSUME and self.permission is None:
            which = f"the trust policy of role {self.role.rpartition('/')[2]}" if self.role else "no role of the stack"
            verb = "does not allow it" if self.role else "trusts it"
            return f"denied: {which} {verb}{''.join(f': {each}' for each in self.conditions[:1])}"
        if not self.statement:
            return f"denied{as_role}: no statement of the {self._step} allows {self.action}"
        verb = "allows" if self.permission else "denies"
        ends = f", {' and '.join(self.conditions)}" if self.conditions else ""
        return f"{self.verdict}{as_role}: {self.statement} of the {self._step} {verb} {self.action}{ends}"

    @property
    def _step(self) -> str:
        return AccessStep.IDENTITY if self.step is AccessStep.LOGIN else self.step


class AccessQuestions:
    """One render, read once for any number of questions; `boundaries` as for the access matrix."""

    def __init__(self, rendered: Render, boundaries: Mapping[str, Policy]) -> None:
        documents = PolicyReader()
        self._names = rendered.cluster_principals
        self._targets: dict[str, list[AccessTarget]] = {}
        for each in access_targets(rendered, documents):
            self._targets.setdefault(each.name, []).append(each)
        found, _ = declared_roles(rendered, documents, boundaries)
        self._roles = {each.arn: each for each in found}
        self._subjects = {each.arn: _subjects(each.trust) for each in found if each.trust}
        self._entered: dict[tuple[object, str], AccessAnswer] = {}

    @property
    def role_arns(self) -> Collection[str]:
        """Of the roles that the stack declares."""
        return self._roles.keys()

    def targets(self, repository: str, regions: Sequence[str] = ()) -> tuple[AccessTarget, ...]:
        """The repository in each of its registries, or in these regions; a cached one by its cache's template."""
        parts = repository.split("/")
        names = [repository, *(f"{'/'.join(parts[:end])}/*" for end in range(len(parts) - 1, 0, -1)), "*"]
        found = next((self._targets[name] for name in names if name in self._targets), [])
        return tuple(replace(each, name=repository) for each in found if not regions or each.region in regions)

    def ask(self, principal: ConcretePrincipal, access: Access, target: AccessTarget) -> AccessAnswer:
        """The answer; of a token by the role that it gets furthest with, of those that it can assume."""
        if principal.provider:
            return max(self._by_roles(principal, access, target), key=_rank, default=_not_assumed())
        if role := self._roles.get(principal.role or principal.arn):
            return self._by_role(role, access, target)
        if principal.role:
            return _not_assumed()
        return self._from_outside(principal, access, target)

    def obstacle(self, principal: ConcretePrincipal, access: Access, target: AccessTarget) -> AccessAnswer:
        """`ask`, but where the token can assume no role: by the role that has the access and does not trust it."""
        answer = self.ask(principal, access, target)
        if answer.permission or answer.step is not AccessStep.ASSUME or not principal.provider:
            return answer
        having = (each for each in self._roles.values() if self._by_role(each, access, target).permission)
        refused = [each for role in having if (each := self._assume(principal, role)).conditions]
        # Of several, the one whose trust policy lacks the least.
        return min(refused, key=lambda each: len(each.conditions), default=answer)

    def _by_roles(self, principal: ConcretePrincipal, access: Access, target: AccessTarget) -> Iterator[AccessAnswer]:
        subject = principal.claims.get("sub")
        for role in self._roles.values():
            if subject is not None and not subject.startswith(self._subjects.get(role.arn, "")):
                continue
            entered = self._assume(principal, role)
            if entered.permission is not None:
                answer = self._by_role(role, access, target)
                yield _under(answer, entered) if answer.permission else answer

    def _assume(self, principal: ConcretePrincipal, role: StackRole) -> AccessAnswer:
        """Whether the token gets into the role."""
        key = (principal.token, role.arn)
        if key not in self._entered:
            self._entered[key] = _assumed(principal, role)
        return self._entered[key]

    def _by_role(self, role: StackRole, access: Access, target: AccessTarget) -> AccessAnswer:
        return replace(_accessed(role.subject, access, target), role=role.arn)

    def _from_outside(self, principal: ConcretePrincipal, access: Access, target: AccessTarget) -> AccessAnswer:
        """Of a principal whose own policies are not in the stack: in another account they are taken to allow all."""
        if principal.account or principal.arn:
            account = principal.account
            who = any_of_account(account) if account else named_by_arn(principal.arn, self._names)
            who = replace(who, organization=principal.organization or None)
        else:
            who = anyone()
        doubts: tuple[str, ...] = ()
        if who.identity.account == target.account:
            alone = PartialCaller(caller=who.caller(), unsettled=who.unsettled)
            answer = _accessed(alone, access, target, login=False)
            if answer.permission is Permission.ALLOWED:
                return answer
            doubts = (_OWN,)
        subject = PartialCaller(caller=who.caller(policies=(ALLOW_ALL,)), unsettled=who.unsettled, doubts=doubts)
        answer = _accessed(subject, access, target)
        if answer.permission is None and principal.account:
            return next(self._of_its_principals(principal.account, access, target), answer)
        return answer

    def _of_its_principals(self, account: str, access: Access, target: AccessTarget) -> Iterator[AccessAnswer]:
        """The access of those of the account that a policy names by their ARN."""
        for policy in target.policies:
            for statement in policy.document.statements:
                for each in named(statement, self._names) if statement.effect is Effect.ALLOW else ():
                    if each.identity.account == account:
                        subject = PartialCaller(caller=each.caller(policies=(ALLOW_ALL,)), unsettled=each.unsettled)
                        answer = _accessed(subject, access, target)
                        if answer.permission is not None:
                            conditions = (f"if it is {each.principal.label}", *answer.conditions)
                            yield replace(answer, permission=Permission.CONDITIONAL, conditions=conditions)


def _rank(answer: AccessAnswer) -> int:
    return [None, Permission.CONDITIONAL, Permission.ALLOWED].index(answer.permission)


def _under(answer: AccessAnswer, entered: AccessAnswer) -> AccessAnswer:
    """The answer of a role that could be assumed, under the conditions of its trust policy."""
    if entered.permission is Permission.ALLOWED:
        return answer
    conditions = (*entered.conditions, *answer.conditions)
    return replace(answer, permission=Permission.CONDITIONAL, conditions=conditions)


def _subjects(trust: Policy) -> tuple[str, ...]:
    """With which the subject of each token begins that the policy can allow."""
    found: list[str] = []
    for each in trust.document.statements:
        if each.effect is Effect.ALLOW:
            asked = [one for one in each.conditions if one.key.folded.endswith(":sub") and str(one.operator) in _PLAIN]
            found += (_WILDCARD.split(value)[0] for value in asked[0].values) if asked else [""]
    return tuple(found)


def _not_assumed(role: str = "", conditions: tuple[str, ...] = ()) -> AccessAnswer:
    return AccessAnswer(
        permission=None, step=AccessStep.ASSUME, action=_ASSUME, policy="trust", role=role, conditions=conditions
    )


def _assumed(principal: ConcretePrincipal, role: StackRole) -> AccessAnswer:
    if role.trust is None:
        return _not_assumed(role.arn, ("the policy can't be read",))
    keys = {condition.key.folded for each in role.trust.document.statements for condition in each.conditions}
    own = f"{principal.issuer.lower()}:"
    absent = {key: () for key in keys if key.startswith(own)} if principal.whole else {}
    context = {**absent, **{f"{own}{name.lower()}": (value,) for name, value in principal.claims.items()}}
    caller = Caller(identity=Identity(arn=principal.provider, account=None, session_context=context))
    request = Request(action=_ASSUME, resource=role.arn, account=role.account)
    found = decide(PartialCaller(caller=caller), request, (role.trust,))
    if found is None:
        return _not_assumed(role.arn, tuple(_unmet(role.trust, caller, request)))
    return replace(_allowed(found, request.action, role.trust.name), step=AccessStep.ASSUME, role=role.arn)


def _unmet(trust: Policy, caller: Caller, request: Request) -> Iterator[str]:
    """The conditions that don't hold, of the statement for this provider that has the fewest of them."""
    context = request_context(caller, request)
    found: list[list[str]] = []
    for each in trust.document.statements:
        provided = any(principal.value == caller.identity.arn for principal in each.principals or ())
        if each.effect is Effect.ALLOW and provided and covers(each, request.action):
            failing = [one for one in each.conditions if not hold((one,), context, variables=True)]
            failing.sort(key=lambda one: not one.key.folded.endswith(":sub"))
            values = [", ".join(context.get(one.key.folded, ())) or "not there" for one in failing]
            found.append([f"{condition_text(one)} (it is {value})" for one, value in zip(failing, values, strict=True)])
    yield from min(found, key=len, default=[])


def _accessed(subject: PartialCaller, access: Access, target: AccessTarget, *, login: bool = True) -> AccessAnswer:
    """A pull and a push need a login and all of their actions; of the others one is enough."""
    unread = tuple(f"if {each}, which can't be read, does not deny it" for each in target.unread)
    subject = replace(subject, doubts=(*subject.doubts, *unread))
    decides = None if access.needs_all else Permission.ALLOWED
    found = [_logged_in(subject, target)] if access.needs_all and login else []
    for action in access.actions:
        if found and found[-1].permission is decides:
            break
        found.append(_called(subject, target, action))
    # Where all are the same, the last call says more than the login.
    return min(reversed(found), key=_rank) if access.needs_all else max(found, key=_rank)


def _logged_in(subject: PartialCaller, target: AccessTarget) -> AccessAnswer:
    """By the registry of the caller's own account, whose token is taken at every other."""
    account = subject.caller.identity.account or target.account
    at_home = account == target.account
    policies = tuple(each for each in target.policies if at_home and each.name == REGISTRY_DOCUMENT)
    there = replace(target, account=account, policies=policies)
    answer = _called(subject, there, LOGIN_ACTION, resource="*")
    return replace(answer, step=AccessStep.LOGIN if answer.step is AccessStep.IDENTITY else answer.step)


def _called(subject: PartialCaller, target: AccessTarget, action: str, resource: str = "") -> AccessAnswer:
    request = target.request(action)
    request = replace(request, resource=resource or request.resource)
    found = decide(subject, request, target.policies)
    if found is not None:
        return _allowed(found, action)
    return _answer(denial(subject, request, target.policies), action)


def _allowed(found: PartialDecision, action: str, policy: str = "") -> AccessAnswer:
    return replace(_answer(found.decision, action, policy), permission=found.verdict, conditions=found.conditions)


def _answer(decision: Decision, action: str, policy: str = "") -> AccessAnswer:
    step = _STEPS.get(decision.source, AccessStep.IDENTITY)
    if decision.policy == REGISTRY_DOCUMENT and step is AccessStep.REPOSITORY:
        step = AccessStep.REGISTRY
    implicit = decision.outcome is Outcome.IMPLICIT_DENY
    statement = f"statement {decision.sid or (decision.statement or 0) + 1}"
    return AccessAnswer(
        permission=None, step=step, action=action, policy=decision.policy or policy,
        statement="" if implicit else statement,
    )  # fmt: skip
