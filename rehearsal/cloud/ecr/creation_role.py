"""A role that Amazon ECR assumes: a creation template's to make repositories, a cache rule's to read its upstream.

https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-creation-templates-create-iam.html"""

from domain.aws import Arn
from domain.iam.access import Caller, Identity, Policy, Request
from domain.iam.evaluate import evaluate, reason
from rehearsal.cloud.ecr.authorize import circumstances
from rehearsal.cloud.ecr.state import Registry
from rehearsal.cloud.neighbour import IAM_REGION, Neighbour, document_of
from rehearsal.cloud.wire import CallFailed

_SERVICE = "ecr.amazonaws.com"
_SESSION = "AmazonECR"


class RoleUnusable(Exception):
    """Why ECR can't become the role, or has none to become."""


async def assumed(role: str, registry: Registry, neighbour: Neighbour, *, service: str = _SERVICE) -> Caller:
    """ECR as the role, which must trust it."""
    ecr = Caller(identity=Identity(arn=service, account=None))
    request = Request(action="sts:AssumeRole", resource=role, account=registry.account, context=circumstances(registry))
    decision = evaluate(ecr, request, [await _trust(role, registry.account, neighbour)])
    if not decision.allowed:
        raise RoleUnusable(reason(decision, ecr, request))
    session = Identity(arn=_session_arn(role), account=registry.account, role_arn=role)
    standing = await neighbour.standing(session)
    return Caller(identity=session, policies=standing.policies, boundary=standing.boundary, tags=standing.tags)


async def _trust(role: str, account: str, neighbour: Neighbour) -> Policy:
    name = role.rpartition("/")[2]
    try:
        answer = await neighbour.call("iam", "GetRole", {"RoleName": name}, account=account, region=IAM_REGION)
    except CallFailed as failed:
        raise RoleUnusable(f"the role {role}: {failed.message}") from failed
    if answer["Role"]["Arn"] != role:
        raise RoleUnusable(f"the role {role} does not exist")
    text = answer["Role"]["AssumeRolePolicyDocument"]
    return Policy(name="trust", document=document_of(text, f"the trust policy of {role}"))


def _session_arn(role: str) -> str:
    parsed = Arn.parse(role)
    if parsed is None:
        raise RoleUnusable(f"{role} is no role")
    name = parsed.resource.rpartition("/")[2]
    return str(Arn(parsed.partition, "sts", "", parsed.account, f"assumed-role/{name}/{_SESSION}"))
