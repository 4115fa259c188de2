"""The promises about the stack's own roles with what breaks each, and what its proof then says."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, NamedTuple

from domain.iam.github import AUDIENCE, ISSUER
from localcloud.clients import Clients
from tests.rehearsal.proving.breaches import ACCOUNT, REGION

BreakRole = Callable[[Clients], AbstractContextManager[None]]
"""Breaks a promise, and mends it at the end."""
API_ROLE, LEDGER_ROLE = "dev.acme.payments-api+branch-main", "dev.acme.payments-ledger+branch-main"
PLAIN_ROLE = "dev.acme.notebooks+branch-main"
"""One that asks for no ids."""
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/container-registry-dev-boundary"
OWN = "registry"
"""The name of each role's one policy."""
PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"


def iam_of(clients: Clients) -> Any:
    return clients.root("iam", REGION, ACCOUNT)


def more(role: str, *actions: str) -> BreakRole:
    """One policy too many, for everything that there is, and no boundary that would hold it."""
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    text = json.dumps({"Version": "2012-10-17", "Statement": statement})

    @contextmanager
    def broken(clients: Clients) -> Iterator[None]:
        iam = iam_of(clients)
        iam.delete_role_permissions_boundary(RoleName=role)
        iam.put_role_policy(RoleName=role, PolicyName="more", PolicyDocument=text)
        yield
        iam.delete_role_policy(RoleName=role, PolicyName="more")
        iam.put_role_permissions_boundary(RoleName=role, PermissionsBoundary=BOUNDARY)

    return broken


def policy(role: str, old: str, new: str) -> BreakRole:
    """The role's policy with another text in the place of one."""

    @contextmanager
    def broken(clients: Clients) -> Iterator[None]:
        iam = iam_of(clients)
        before = json.dumps(iam.get_role_policy(RoleName=role, PolicyName=OWN)["PolicyDocument"])
        assert old in before
        iam.put_role_policy(RoleName=role, PolicyName=OWN, PolicyDocument=before.replace(old, new))
        yield
        iam.put_role_policy(RoleName=role, PolicyName=OWN, PolicyDocument=before)

    return broken


@contextmanager
def an_attached_policy(clients: Clients) -> Iterator[None]:
    iam = iam_of(clients)
    text = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}})
    arn = iam.create_policy(PolicyName="by-hand", PolicyDocument=text)["Policy"]["Arn"]
    iam.attach_role_policy(RoleName=API_ROLE, PolicyArn=arn)
    yield
    iam.detach_role_policy(RoleName=API_ROLE, PolicyArn=arn)
    iam.delete_policy(PolicyArn=arn)


def trust(role: str, changed: Callable[[dict[str, Any]], None]) -> BreakRole:
    """Another condition in the first statement of the role's trust policy."""

    @contextmanager
    def broken(clients: Clients) -> Iterator[None]:
        iam = iam_of(clients)
        before = iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]
        document = json.loads(json.dumps(before))
        changed(document["Statement"][0])
        iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(document))
        yield
        iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(before))

    return broken


def subject(pattern: str, role: str = API_ROLE) -> BreakRole:
    """Trusts whoever has a subject of the pattern."""

    def change(statement: dict[str, Any]) -> None:
        del statement["Condition"]["StringEquals"][f"{ISSUER}:sub"]
        statement["Condition"]["StringLike"] = {f"{ISSUER}:sub": pattern}

    return trust(role, change)


def without(role: str, claim: str) -> BreakRole:
    """Trusts whatever the token says of this."""

    def change(statement: dict[str, Any]) -> None:
        del statement["Condition"]["StringEquals"][f"{ISSUER}:{claim}"]

    return trust(role, change)


@contextmanager
def any_audience(clients: Clients) -> Iterator[None]:
    iam = iam_of(clients)
    for known in ((AUDIENCE, "https://github.com/acme"), (AUDIENCE,)):
        # The local IAM knows no AddClientIDToOpenIDConnectProvider.
        iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=PROVIDER)
        iam.create_open_id_connect_provider(Url=f"https://{ISSUER}", ClientIDList=known)
        if len(known) > 1:
            with without(API_ROLE, "aud")(clients):
                yield


class RoleBreach(NamedTuple):
    """A proof, its subject, what breaks the promise, and a word of what the proof then says."""

    proof: str
    subject: str
    break_it: BreakRole
    told: str


NAME = "repo:acme@1024/payments-api@65536"
BREACHES_OF_ROLES = [
    RoleBreach(
        "publishers", API_ROLE, subject(f"{NAME}:ref:refs/heads/release"), "refs/heads/main is declared, and was"
    ),
    RoleBreach(
        "publishers", API_ROLE, policy(API_ROLE, "ecr:PutImage", "ecr:ListImages"), "declared, and its push was"
    ),
    RoleBreach("publishers", API_ROLE, policy(API_ROLE, "payments/api", "payments/*"), "began to push a layer"),
    RoleBreach("publishers", API_ROLE, policy(API_ROLE, "payments/api", "payments/api*"), "payments/api*"),
    RoleBreach("publishers", API_ROLE, more(API_ROLE, "ecr:PutImage"), "404 BLOB_UPLOAD_UNKNOWN: Layers"),
    RoleBreach("publishers", API_ROLE, more(API_ROLE, "ecr:BatchDeleteImage"), "deleted an image, and nothing"),
    RoleBreach("publishers", LEDGER_ROLE, more(LEDGER_ROLE, "ecr:PutLifecyclePolicy"), "put a lifecycle policy"),
    RoleBreach("publishers", LEDGER_ROLE, more(LEDGER_ROLE, "ecr:PutImageTagMutability"), "set a tag's mutability"),
    RoleBreach("publishers", LEDGER_ROLE, more(LEDGER_ROLE, "ecr:SetRepositoryPolicy"), "set a repository policy"),
    RoleBreach("publishers", API_ROLE, more(API_ROLE, "iam:CreateUser"), "declared one policy, and there are"),
    RoleBreach("publishers", API_ROLE, an_attached_policy, "registry, by-hand"),
    RoleBreach("impostors", API_ROLE, subject(f"{NAME}:*"), "another environment got into the role"),
    RoleBreach("impostors", API_ROLE, subject(f"{NAME}:ref:refs/heads/*"), "another branch got into"),
    RoleBreach("impostors", API_ROLE, subject(f"{NAME}:ref:refs/tags/*"), "another tag got into"),
    RoleBreach("impostors", API_ROLE, subject(f"{NAME}:pull_request"), "a pull request got into"),
    RoleBreach(
        "impostors", PLAIN_ROLE, subject("repo:acme/*:ref:refs/heads/main", PLAIN_ROLE), "repository of the owner"
    ),
    RoleBreach("impostors", PLAIN_ROLE, subject("repo:*/notebooks:ref:refs/heads/main", PLAIN_ROLE), "a fork got into"),
    RoleBreach("impostors", LEDGER_ROLE, without(LEDGER_ROLE, "repository_owner_id"), "another owner of the name got"),
    RoleBreach("impostors", LEDGER_ROLE, without(LEDGER_ROLE, "repository_id"), "another repository of the name got"),
    RoleBreach("impostors", API_ROLE, any_audience, "a token for another audience got into"),
]
