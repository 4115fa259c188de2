"""The matrix beside an independent evaluator: every principal at every repository, empty cells too.

The peer is asked call by call what the matrix concludes from classes of repositories, and from conditions taken at
their best and their worst: a key whose value is not known is absent once, and has once each value that a policy asks
for."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from pathlib import Path

import pytest

from bootstrap.template import boundaries
from domain.aws import Arn
from domain.iam.access import Caller, Context, Outcome, Request
from domain.iam.evaluate import request_context
from domain.iam.statement import Effect
from render.rendering import render
from render.resource import Render
from review.access.declared_roles import ALLOW_ALL, declared_roles
from review.access.evaluation import access_matrix
from review.access.grantees import named
from review.access.matrix import Access, Grantee, GranteeKind, Matrix
from review.access.partial_evaluation import Permission
from review.access.targets import AccessTarget, PolicyReader, access_targets
from tests.bootstrap.full import written
from tests.clusters import WITH_CLUSTERS
from tests.domain.iam.peer.peer import NEEDED, Call, answers
from tests.stacks import ROOT, rendered

pytestmark = NEEDED

ACTIONS = tuple(dict.fromkeys(action for access in Access for action in access.actions))
OF_OTHER_SERVICES = "kms:"
"""Keys that no request to Amazon ECR has."""
ORGANIZATION = "aws:principalorgid"

World = Context
"""What a request brings besides what is known of it."""


@dataclass(frozen=True)
class Key:
    """A cell's place; of a matrix's empty cells there is nothing else."""

    principal: Grantee
    repository: str
    account: str
    region: str
    access: Access

    def __str__(self) -> str:
        place = f"{self.repository} in {self.region} of {self.account}"
        return f"{self.principal.label}: {self.access} {place}"


@dataclass(frozen=True, kw_only=True)
class PeerCaller:
    """One who stands for a principal."""

    principal: Grantee
    caller: Caller
    unsettled: frozenset[str] = frozenset()

    def at(self, copy: AccessTarget) -> "PeerCaller":
        """With policies that let everything where it is another account's; the roles have their own."""
        if self.principal.kind is GranteeKind.ROLE or self.caller.identity.account == copy.account:
            return self
        return replace(self, caller=replace(self.caller, policies=(ALLOW_ALL,)))


@dataclass(frozen=True, kw_only=True)
class Stack:
    """What the matrix is made of, and the matrix."""

    copies: Sequence[AccessTarget]
    people: Sequence[PeerCaller]
    matrix: Matrix

    @classmethod
    def of(cls, rendered: Render) -> "Stack":
        limits = boundaries(ROOT, rendered.project, rendered.stack, rendered.account, rendered.home)
        documents = PolicyReader()
        declared, notes = declared_roles(rendered, documents, limits)
        found = access_targets(rendered, documents)
        assert (documents.unread, notes) == ([], ())
        people = [PeerCaller(principal=each.principal, caller=each.subject.caller) for each in declared]
        people += undeclared_callers(found, {each.arn for each in declared}, rendered.cluster_principals)
        return cls(copies=found, people=people, matrix=access_matrix(rendered, limits))

    @cached_property
    def ours(self) -> dict[Key, Permission]:
        return {
            Key(cell.principal, cell.repository, cell.account, region, cell.access): cell.decision
            for cell in self.matrix.cells
            for region in cell.regions
        }

    def theirs(self) -> "dict[Key, Answer]":
        """The peer's answer for every cell, from one process."""
        asked = [(each.at(copy), copy) for copy in self.copies for each in self.people]
        plan = [(each, copy, world) for each, copy in asked for world in worlds(each.caller, each.unsettled, copy)]
        calls = [call(each.caller, copy, world, action) for each, copy, world in plan for action in ACTIONS]
        outcomes = iter(answers(calls))
        found: dict[Key, dict[int, list[tuple[World, bool]]]] = {}
        for each, copy, world in plan:
            allowed = {action for action in ACTIONS if next(outcomes) is Outcome.ALLOWED}
            for access in Access:
                enough = all if access.needs_all else any
                can = enough(action in allowed for action in access.actions)
                place = Key(each.principal, copy.name, copy.account, copy.region, access)
                found.setdefault(place, {}).setdefault(id(each), []).append((world, can))
        return {place: max(map(answer, some.values()), key=Answer.rank) for place, some in found.items()}


@dataclass(frozen=True, kw_only=True)
class Answer:
    """Over all that may be so."""

    verdict: Permission | None
    hangs_on: frozenset[str] = frozenset()
    """Of a verdict that is conditional: each key that is there exactly where it is a yes."""

    def rank(self) -> int:
        return [None, Permission.CONDITIONAL, Permission.ALLOWED].index(self.verdict)


def answer(held: Sequence[tuple[World, bool]]) -> Answer:
    if not any(can for _, can in held):
        return Answer(verdict=None)
    if all(can for _, can in held):
        return Answer(verdict=Permission.ALLOWED)
    keys = {name for world, _ in held for name in world}
    deciding = frozenset(name for name in keys if all((name in world) is can for world, can in held))
    return Answer(verdict=Permission.CONDITIONAL, hangs_on=deciding)


def undeclared_callers(found: Sequence[AccessTarget], declared: set[str], names: Mapping[str, str]) -> list[PeerCaller]:
    """Whom the policies name that the stack does not declare; one principal may stand there in several ways."""
    some = {
        repr(each): PeerCaller(principal=each.principal, caller=each.caller(), unsettled=each.unsettled)
        for policy in (each for copy in found for each in copy.policies)
        for statement in policy.document.statements
        if statement.effect is Effect.ALLOW
        for each in named(statement, names)
        if each.principal.id not in declared
    }
    return list(some.values())


def call(caller: Caller, copy: AccessTarget, world: World, action: str) -> Call:
    tags = {f"{service}:ResourceTag/{name}": (value,) for name, value in copy.tags for service in ("aws", "ecr")}
    known: Context = {"aws:RequestedRegion": (copy.region,), "aws:SecureTransport": ("true",), **tags}
    # Of the repositories that a creation template will make, one: with a `*` the peer asks for any that a policy names.
    resource = copy.arn.replace("*", "any")
    request = Request(action=action, resource=resource, account=copy.account, context={**known, **world})
    return caller, request, copy.policies


def worlds(caller: Caller, unsettled: frozenset[str], copy: AccessTarget) -> list[World]:
    """Every combination of what the keys may be that the policies name and whose values are not known."""
    known = set(request_context(*call(caller, copy, {}, ACTIONS[0])[:2])) - unsettled
    choices: dict[str, dict[tuple[str, ...] | None, None]] = {}
    limits = (caller.boundary,) if caller.boundary else ()
    for policy in (*caller.policies, *limits, *copy.policies):
        for condition in (each for statement in policy.document.statements for each in statement.conditions):
            name = condition.key.folded
            assert not any("${" in each for each in condition.values)
            if name not in known and not name.startswith(OF_OTHER_SERVICES):
                asked = ((value.replace("*", "any"),) for value in condition.values)
                choices.setdefault(name, {None: None}).update(dict.fromkeys(asked))
    return [
        {name: value for name, value in zip(choices, some, strict=True) if value is not None}
        for some in product(*choices.values())
    ]


def told_of(looked: Stack, place: Key, kind: GranteeKind, id: str | None = None) -> bool:
    """Whether our matrix says yes there of such a principal."""
    return any(
        verdict is Permission.ALLOWED and replace(each, principal=place.principal) == place
        for each, verdict in looked.ours.items()
        if each.principal.kind is kind and id in (None, each.principal.id)
    )


def by_its_account(looked: Stack, place: Key, theirs: Answer) -> bool:
    arn = Arn.parse(place.principal.id) if place.principal.kind is GranteeKind.PRINCIPAL else None
    allowed = theirs.verdict is Permission.ALLOWED
    return arn is not None and allowed and told_of(looked, place, GranteeKind.ACCOUNT, arn.account)


def by_an_organization(looked: Stack, place: Key, theirs: Answer) -> bool:
    may_be_member = place.principal.kind in (GranteeKind.ROLE, GranteeKind.PRINCIPAL, GranteeKind.ACCOUNT)
    return may_be_member and theirs.hangs_on == {ORGANIZATION} and told_of(looked, place, GranteeKind.ORGANIZATION)


def as_a_member(looked: Stack, place: Key, theirs: Answer) -> bool:
    is_service = place.principal.kind is GranteeKind.SERVICE
    return is_service and theirs.hangs_on == {ORGANIZATION} and told_of(looked, place, GranteeKind.ORGANIZATION)


TOLD_OF_THE_ACCOUNT = (
    "What a statement gives to an account is shown for the account alone, not again for each of its roles. AWS: 'When "
    "you allow access to a different account, an administrator in that account must then grant access to an identity "
    "(IAM user or role) in that account.' "
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html"
)
TOLD_OF_THE_ORGANIZATION = (
    "Who is a member only AWS knows: what members are allowed is shown for the organization. AWS: 'This key is "
    "included in the request context only if the principal is a member of an organization.' "
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html"
)
NO_MEMBER = (
    "The peer is given a service with an organization's id. AWS, on the same page: 'only if the principal is a member "
    "of an organization', which accounts are."
)

CAUSES = {TOLD_OF_THE_ACCOUNT: by_its_account, TOLD_OF_THE_ORGANIZATION: by_an_organization, NO_MEMBER: as_a_member}
"""Why a cell may be empty here where the peer says yes, or if."""


STACKS: dict[str, Callable[[Path], Render]] = {
    "dev": lambda _: rendered("dev"),
    "prod": lambda _: rendered("prod"),
    "full": lambda folder: render(written(folder, "dev"), "dev"),
    "clusters": lambda _: rendered("dev", *WITH_CLUSTERS),
}


@pytest.mark.parametrize("name", STACKS)
def test_every_cell_is_the_peers(name: str, tmp_path: Path) -> None:
    looked = Stack.of(STACKS[name](tmp_path))
    ours, theirs = looked.ours, looked.theirs()
    assert set(ours) <= set(theirs)
    assert len(theirs) == len({each.principal for each in looked.people}) * len(looked.copies) * len(Access)
    different = {place: each for place, each in theirs.items() if ours.get(place) is not each.verdict}
    found = {place: causes(looked, place, each) for place, each in different.items() if place not in ours}
    unexplained = [place for place in different if not found.get(place)]
    assert [f"{each}: {ours.get(each)} here, there {theirs[each].verdict}" for each in unexplained] == []
    assert {cause for some in found.values() for cause in some} == set(CAUSES)


def causes(looked: Stack, place: Key, theirs: Answer) -> list[str]:
    return [why for why, explains in CAUSES.items() if explains(looked, place, theirs)]
