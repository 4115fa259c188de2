"""Those who push and pull in a proof: roles made for it, in any account, with exactly what each is said to have."""

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Protocol

from domain.aws import REGIONS, Arn
from domain.iam.actions import LOGIN_ACTION
from domain.iam.document import CURRENT_VERSION
from rehearsal.clients import Clients, Credentials

_OPERATOR = "rehearsal-operator"
_POLICY = "rehearsal"


class Cloud(Protocol):
    """What a proof needs of the local cloud beyond its AWS API."""

    def join(self, account: str, organization: str) -> None:
        """Makes the account a member of the organization."""

    def service_password(self, service: str, source_arn: str, source_account: str) -> str:
        """The password with which an AWS service pulls on behalf of one of its resources."""


class Visitors:
    """Makes roles and logs them in; there is one of these for a cloud. A role made before is taken again."""

    def __init__(self, cloud: Cloud, clients: Clients) -> None:
        self.cloud = cloud
        self._clients = clients
        self._operators: dict[str, Credentials] = {}
        self._passwords: dict[tuple[str, str], str] = {}

    def role(self, account: str, name: str, region: str, actions: Sequence[str], resource: str) -> str:
        """The password of a role that may log in, do these actions on this resource, and nothing else."""
        if (account, name) not in self._passwords:
            self._make(account, name, region, _document(_allow(LOGIN_ACTION, "*"), _allow(list(actions), resource)))
            self._passwords[account, name] = self._login(self._session(account, name, region), region)
        return self._passwords[account, name]

    def _make(self, account: str, name: str, region: str, permissions: str) -> None:
        *folders, plain = name.split("/")
        iam = self._clients.root("iam", region, account)
        trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": _arn(account, region, "root")}}
        iam.create_role(RoleName=plain, Path="/".join(("", *folders, "")), AssumeRolePolicyDocument=_document(trust))
        iam.put_role_policy(RoleName=plain, PolicyName=_POLICY, PolicyDocument=permissions)

    def _session(self, account: str, name: str, region: str) -> Credentials:
        sts = self._clients.of("sts", region, self._operator(account, region))
        arn = _arn(account, region, f"role/{name}")
        made = sts.assume_role(RoleArn=arn, RoleSessionName="rehearsal")["Credentials"]
        return Credentials(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])

    def _operator(self, account: str, region: str) -> Credentials:
        """A user who may assume the account's roles: AWS lets no root do that."""
        if account not in self._operators:
            iam = self._clients.root("iam", region, account)
            iam.create_user(UserName=_OPERATOR)
            assume = _document(_allow("sts:AssumeRole", _arn(account, region, "role/*")))
            iam.put_user_policy(UserName=_OPERATOR, PolicyName=_POLICY, PolicyDocument=assume)
            key = iam.create_access_key(UserName=_OPERATOR)["AccessKey"]
            self._operators[account] = Credentials(key["AccessKeyId"], key["SecretAccessKey"])
        return self._operators[account]

    def _login(self, credentials: Credentials, region: str) -> str:
        ecr = self._clients.of("ecr", region, credentials)
        (data,) = ecr.get_authorization_token()["authorizationData"]
        return password_of(data["authorizationToken"])


def password_of(token: str) -> str:
    """An authorization token is a user's name and password, as a header of basic authentication has them."""
    return base64.b64decode(token).decode().partition(":")[2]


def _arn(account: str, region: str, resource: str) -> str:
    return str(Arn(REGIONS[region].id, "iam", "", account, resource))


def _allow(action: str | list[str], resource: str) -> dict[str, object]:
    return {"Effect": "Allow", "Action": action, "Resource": resource}


def _document(*statements: Mapping[str, object]) -> str:
    return json.dumps({"Version": CURRENT_VERSION, "Statement": statements})
