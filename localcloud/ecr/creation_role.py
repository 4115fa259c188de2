"""A role that Amazon ECR assumes: a creation template's to make repositories, a cache rule's to read its upstream.

https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-creation-templates-create-iam.html"""

from domain.aws import Arn
from domain.iam.access import Caller, Identity, Policy, Request
from domain.iam.evaluate import evaluate, reason
from localcloud.circumstances import circumstances
from localcloud.ecr.state import Registry
from localcloud.iam_and_kms import Neighbour

_SERVICE = "ecr.amazonaws.com"
_SESSION = "AmazonECR"


class RoleUnusable(Exception):
    """Why ECR can't become the role, or has none to become."""


async def assumed(role: str, registry: Registry, neighbour: Neighbour, *, service: str = _SERVICE) -> Caller:
    """ECR as the role, which must trust it."""
    ecr = Caller(identity=Identity(arn=service, account=None))
    context = circumstances(registry.region)
    request = Request(action="sts:AssumeRole", resource=role, account=registry.account, context=context)
    decision = evaluate(ecr, request, [await _trust(role, neighbour)])
    if not decision.allowed:
        raise RoleUnusable(reason(decision, ecr, request))
    session = Identity(arn=_session_arn(role), account=registry.account, role_arn=role)
    standing = await neighbour.standing(session)
    return Caller(identity=session, policies=standing.policies, boundary=standing.boundary, tags=standing.tags)


async def _trust(role: str, neighbour: Neighbour) -> Policy:
    arn = Arn.parse(role)
    found = await neighbour.role(arn) if arn is not None else None
    if found is None:
        raise RoleUnusable(f"the role {role} does not exist")
    return found.trust


def _session_arn(role: str) -> str:
    parsed = Arn.parse(role)
    if parsed is None:
        raise RoleUnusable(f"{role} is not a role")
    name = parsed.resource.rpartition("/")[2]
    return str(Arn(parsed.partition, "sts", "", parsed.account, f"assumed-role/{name}/{_SESSION}"))
