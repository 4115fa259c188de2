"""The roles of a render: each as a caller with its policies, and the principals that can assume it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from domain.aws import REGIONS, Arn
from domain.iam.access import Caller, Policy, Request
from domain.iam.document import CURRENT_VERSION, parse
from domain.iam.matching import covers
from domain.iam.statement import Effect, Statement
from policies.checks.input_values import as_list, value_at
from render.resource import Render, Resource, account_of
from resources.iam import MANAGED_POLICY, ROLE, ROLE_POLICY, ROLE_POLICY_ATTACHMENT
from review.access.grantees import NamedGrantee, named, session_of
from review.access.matrix import Grantee, GranteeKind
from review.access.partial_evaluation import PartialCaller, decide
from review.access.targets import PolicyReader

_ASSUMING = ("sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML", "sts:AssumeRole")
_ECR = "ecr.amazonaws.com"
OWN_SERVICE = "Amazon ECR for this registry"
"""Who assumes a role that the registry has for the service: no person, and no other account."""
_EVERYTHING = parse({"Version": CURRENT_VERSION, "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})
ALLOW_ALL = Policy(name="its own policies", document=_EVERYTHING)
"""The most that an account can allow its principals: the identity policies of other accounts are not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StackRole:
    """One role, as a caller."""

    arn: str
    account: str
    principal: Grantee
    subject: PartialCaller
    trust: Policy | None
    """None where it can't be read."""


def declared_roles(
    rendered: Render, documents: PolicyReader, boundaries: Mapping[str, Policy]
) -> tuple[tuple[StackRole, ...], tuple[str, ...]]:
    """Every role, and notes on what is not known; `boundaries` are managed policies by ARN from outside the stack."""
    reader = _Reader(rendered, documents, boundaries)
    found = tuple(reader.role(each) for each in rendered.resources if each.type == ROLE)
    return tuple(sorted(found, key=lambda role: role.arn)), tuple(reader.notes)


class _Reader:
    def __init__(self, rendered: Render, documents: PolicyReader, boundaries: Mapping[str, Policy]) -> None:
        self._rendered = rendered
        self._documents = documents
        self._managed = {**boundaries, **dict(self._declared())}
        self._inline: dict[str, list[Resource]] = {}
        self._attached: dict[str, list[str]] = {}
        self.notes: list[str] = []
        for each in rendered.resources:
            if each.type == ROLE_POLICY:
                self._inline.setdefault(str(each.inputs.get("role")), []).append(each)
            elif each.type == ROLE_POLICY_ATTACHMENT:
                self._attached.setdefault(str(each.inputs.get("role")), []).append(str(each.inputs.get("policyArn")))

    def role(self, resource: Resource) -> StackRole:
        inputs = resource.inputs
        name = str(inputs.get("name", resource.name))
        account = account_of(resource, self._rendered.account)
        arn = self._arn(resource, name, account)
        known = Arn.parse(arn)
        if known is None:
            raise ValueError(f"{resource.urn}: {arn!r} is not a role's ARN")
        boundary, doubts = self._boundary(inputs.get("permissionsBoundary"))
        caller = Caller(
            identity=session_of(arn, known),
            policies=tuple(self._policies(resource, name)),
            boundary=boundary,
            tags={str(key): str(value) for key, value in (inputs.get("tags") or {}).items()},
        )
        trust = self._documents.policy(inputs.get("assumeRolePolicy"), "trust", f"the trust policy of role {name}")
        who = tuple(dict.fromkeys(self._entrants(trust, arn, account))) if trust else ("unknown principals",)
        principal = Grantee(kind=GranteeKind.ROLE, id=arn, label=f"role {name}", entrants=who or ("no principal",))
        return StackRole(
            arn=arn,
            account=account,
            principal=principal,
            subject=PartialCaller(caller=caller, doubts=doubts),
            trust=trust,
        )

    def _arn(self, resource: Resource, name: str, account: str) -> str:
        given = resource.outputs.get("arn")
        if isinstance(given, str) and Arn.parse(given):
            return given
        partition = REGIONS[self._rendered.home].id if self._rendered.home in REGIONS else "aws"
        return f"arn:{partition}:iam::{account}:role{resource.inputs.get('path') or '/'}{name}"

    def _policies(self, resource: Resource, name: str) -> Iterator[Policy]:
        """A role policy names its role by its name, which is its id."""
        where = f"a policy of role {name}"
        for each in self._inline.get(name, ()):
            found = self._documents.policy(
                each.inputs.get("policy"), str(each.inputs.get("name", each.name)), where, identity=True
            )
            yield from (found,) if found else ()
        for each in as_list(resource.inputs.get("inlinePolicies")):
            found = self._documents.policy(value_at(each, "policy"), str(value_at(each, "name")), where, identity=True)
            yield from (found,) if found else ()
        for arn in [*map(str, as_list(resource.inputs.get("managedPolicyArns"))), *self._attached.get(name, ())]:
            if arn in self._managed:
                yield self._managed[arn]
            else:
                self.notes.append(f"role {name} has the policy {arn}, which is not in this stack")

    def _boundary(self, value: object) -> tuple[Policy | None, tuple[str, ...]]:
        """The boundary; one that is not known allows everything, under a condition that names it."""
        if not value:
            return None, ()
        if known := self._managed.get(str(value)):
            return known, ()
        return ALLOW_ALL, (f"permissions boundary {value} is not known",)

    def _declared(self) -> Iterator[tuple[str, Policy]]:
        for each in self._rendered.resources:
            if each.type == MANAGED_POLICY and isinstance(arn := each.outputs.get("arn"), str):
                name = str(each.inputs.get("name", each.name))
                policy = self._documents.policy(each.inputs.get("policy"), name, f"policy {name}", identity=True)
                if policy:
                    yield arn, policy

    def _entrants(self, trust: Policy, arn: str, account: str) -> Iterator[str]:
        """The principals that the trust policy allows to assume the role, each with its conditions."""
        for statement in trust.document.statements:
            if statement.effect is not Effect.ALLOW:
                continue
            for each in named(statement, self._rendered.cluster_principals):
                conditions = _assume_conditions(
                    trust, statement, each, Request(action="", resource=arn, account=account)
                )
                if conditions is not None:
                    label = OWN_SERVICE if each.principal.id.startswith(_ECR) else each.principal.label
                    yield f"{label} ({', '.join(conditions)})" if conditions else label


def _assume_conditions(
    trust: Policy, statement: Statement, entrant: NamedGrantee, on: Request
) -> tuple[str, ...] | None:
    subject = PartialCaller(caller=entrant.caller(policies=(ALLOW_ALL,)), unsettled=entrant.unsettled)
    for action in _ASSUMING:
        if covers(statement, action) and _fits(entrant, action):
            request = Request(action=action, resource=on.resource, account=on.account)
            if answer := decide(subject, request, (trust,)):
                return answer.conditions
    return None


def _fits(entrant: NamedGrantee, action: str) -> bool:
    """A federated identity comes with a token; every other principal assumes the role directly."""
    return entrant.identity.is_federated is (action != "sts:AssumeRole")
