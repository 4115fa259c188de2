"""Small renders made by hand, so that a test shows every document that it is about."""

import json
from collections.abc import Mapping
from typing import Any

from domain.ecr.names import repository_arn
from domain.iam.access import Policy
from domain.iam.document import parse
from domain.iam.github import ISSUER
from render.resource import Render, Resource
from resources.ecr import REGISTRY_POLICY, REPOSITORY, REPOSITORY_POLICY
from resources.iam import ROLE, ROLE_POLICY
from review.access.evaluation import access_matrix
from review.access.matrix import Matrix
from review.access.partial_evaluation import Permission

ACCOUNT, OTHER, THIRD = "111122223333", "444455556666", "777788889999"
REGION = "us-east-1"
API = "payments/api"
PULL = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
PUSH = [
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:CompleteLayerUpload",
    "ecr:InitiateLayerUpload",
    "ecr:PutImage",
    "ecr:UploadLayerPart",
]
LOGIN = {"Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*"}
CLUSTER = "oidc.eks.us-east-1.amazonaws.com/id/0123456789ABCDEF"
NODES = f"arn:aws:iam::{OTHER}:role/storefront-nodes"
CLUSTER_PRINCIPALS = {CLUSTER: "cluster storefront", NODES: "nodes of cluster storefront"}
PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"

Statement = Mapping[str, Any]


def document(*statements: Statement) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(principal: object, action: object = PULL, **more: object) -> dict[str, object]:
    return {"Effect": "Allow", "Principal": principal, "Action": action, **more}


def deny(principal: object, action: object = PULL, **more: object) -> dict[str, object]:
    return {**allow(principal, action, **more), "Effect": "Deny"}


def mine(action: object = PUSH, resource: object | None = None, **more: object) -> dict[str, object]:
    """A statement of a role's own policy."""
    return {"Effect": "Allow", "Action": action, "Resource": resource or arn_of(API), **more}


def arn_of(name: str, region: str = REGION) -> str:
    return repository_arn(region, ACCOUNT, name)


def resource(kind: str, name: str, inputs: Mapping[str, Any], region: str | None = REGION, **outputs: str) -> Resource:
    return Resource(
        urn=f"urn:pulumi:prod::container-registry::{kind}::{name}",
        type=kind,
        name=name,
        custom=True,
        parent="",
        provider=None,
        region=region,
        protect=False,
        inputs=dict(inputs),
        outputs=outputs,
        dependencies=(),
        options={},
    )


def repository(name: str = API, *policy: Statement, region: str = REGION, tags: Any = None) -> list[Resource]:
    """A repository, with its policy where it has one."""
    inputs = {"name": name, "region": region, "tags": tags or {}}
    found = [resource(REPOSITORY, f"{name}@{region}", inputs, region, registryId=ACCOUNT)]
    if policy:
        found.append(repository_policy(document(*policy), name, region))
    return found


def repository_policy(text: str, name: str = API, region: str = REGION) -> Resource:
    inputs = {"repository": name, "policy": text}
    return resource(REPOSITORY_POLICY, f"{name}@{region}", inputs, region, registryId=ACCOUNT)


def registry_policy(*statements: Statement) -> Resource:
    return resource(REGISTRY_POLICY, f"registry@{REGION}", {"policy": document(*statements)})


def github(*subjects: str, **conditions: Any) -> dict[str, object]:
    """Lets these workflows into a role."""
    asked = {f"{ISSUER}:aud": "sts.amazonaws.com", f"{ISSUER}:sub": list(subjects)}
    condition = {"StringLike": asked, **conditions}
    return allow({"Federated": PROVIDER}, "sts:AssumeRoleWithWebIdentity", Condition=condition)


def cluster(*subjects: str, issuer: str = CLUSTER, aud: str | None = "sts.amazonaws.com", **more: Any) -> Statement:
    """Trusts these service accounts."""
    asked = {f"{issuer}:aud": aud, f"{issuer}:sub": list(subjects)}
    condition = {"StringLike": {key: value for key, value in asked.items() if value}, **more}
    principal = {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{issuer}"}
    return allow(principal, "sts:AssumeRoleWithWebIdentity", Condition=condition)


MAIN = github("repo:acme/payments-api:ref:refs/heads/main")


def role(name: str, *policy: Statement, trust: Statement = MAIN, **inputs: Any) -> list[Resource]:
    """A role and its policy, as the program declares them."""
    given = {"name": name, "path": "/container-registry/prod/", "assumeRolePolicy": document(trust), **inputs}
    found = [resource(ROLE, name, given, None)]
    if policy:
        inline = {"role": name, "name": "push", "policy": document(*policy)}
        found.append(resource(ROLE_POLICY, name, inline, None))
    return found


def role_arn(name: str, account: str = ACCOUNT, path: str = "container-registry/prod/") -> str:
    return f"arn:aws:iam::{account}:role/{path}{name}"


def rendered(*parts: list[Resource] | Resource) -> Render:
    resources = [each for part in parts for each in (part if isinstance(part, list) else [part])]
    return Render(
        project="container-registry",
        stack="prod",
        preview=False,
        resources=tuple(resources),
        outputs={},
        not_built=(),
        account=ACCOUNT,
        home=REGION,
        cluster_principals=CLUSTER_PRINCIPALS,
    )


def found(*parts: list[Resource] | Resource, boundaries: Mapping[str, Policy] | None = None) -> Matrix:
    return access_matrix(rendered(*parts), boundaries)


def can(*parts: list[Resource] | Resource, boundaries: Mapping[str, Policy] | None = None) -> set[str]:
    """Who can do what to payments/api: `WHO: ACCESS`, and what it hangs on."""
    told = set()
    for cell in found(*parts, boundaries=boundaries).cells:
        if cell.repository == API:
            assert (cell.decision is Permission.CONDITIONAL) is bool(cell.conditions)
            told.add(" ".join([f"{cell.principal.label}: {cell.access}", *cell.conditions]))
    return told


def boundary(*statements: Statement) -> tuple[str, dict[str, Policy]]:
    arn = f"arn:aws:iam::{ACCOUNT}:policy/container-registry-prod-boundary"
    return arn, {arn: Policy(name="boundary", document=parse(document(*statements)))}
