"""Those who push and pull in a proof: roles made for it, in any account, with exactly what each is said to have."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from domain.aws import REGIONS, Arn
from domain.iam.actions import LOGIN_ACTION, PULL_ACTIONS
from domain.iam.document import CURRENT_VERSION
from localcloud.clients import AwsCredentials, Clients, password_of
from localcloud.cloud import LocalCloud
from localcloud.cluster_issuer import ClusterIssuer

ASSUME = "sts:AssumeRole"
Statement = Mapping[str, object]
_OPERATOR = "rehearsal-operator"
_POLICY = _SESSION = "rehearsal"


class Principals:
    """Makes roles and logs them in; there is one of these for a cloud. A role made before is taken again."""

    def __init__(self, cloud: LocalCloud, clients: Clients) -> None:
        self.cloud = cloud
        self._clients = clients
        self._users: dict[tuple[str, str], AwsCredentials] = {}
        self._sessions: dict[tuple[str, str], AwsCredentials] = {}
        self._passwords: dict[AwsCredentials, str] = {}
        self._issuers: dict[str, ClusterIssuer] = {}

    def role(self, account: str, name: str, region: str, *statements: Statement) -> AwsCredentials:
        """A session of a role that may log in, do what the statements say, and nothing else."""
        if (account, name) not in self._sessions:
            self._make(account, name, region, _document(allow([LOGIN_ACTION], "*"), *statements))
            self._sessions[account, name] = self._session(account, name, region)
        return self._sessions[account, name]

    def principal(self, arn: Arn, region: str) -> AwsCredentials:
        """A user or a role whose own account allows it to pull there, to assume any role, and everything elsewhere."""
        kind, _, name = arn.resource.partition("/")
        own = str(Arn(arn.partition, "ecr", "*", arn.account, "repository/*"))
        statements = (allow([ASSUME], "*"), allow(PULL_ACTIONS, own), allow_beyond(["ecr:*"], own))
        if kind == "user":
            return self._user(arn.account, name, region, *statements)
        return self.role(arn.account, name, region, *statements)

    def assume(self, role: str, credentials: AwsCredentials, region: str) -> AwsCredentials:
        """A session of the role; raises ClientError where STS refuses."""
        made = self._clients.of("sts", region, credentials).assume_role(RoleArn=role, RoleSessionName=_SESSION)
        return _credentials(made["Credentials"])

    def issuer(self, url: str) -> ClusterIssuer:
        """A cluster's, whose tokens the local STS can prove from then on."""
        if url not in self._issuers:
            self._issuers[url] = ClusterIssuer(url)
            self.cloud.add_issuer(url, self._issuers[url])
        return self._issuers[url]

    def by_token(self, role: str, token: str, region: str) -> AwsCredentials:
        """A session of a role, by a workflow's or service account's token; raises ClientError where STS refuses."""
        # The signature is not verified: the token alone identifies the caller.
        sts = self._clients.root("sts", region, role.split(":")[4])
        made = sts.assume_role_with_web_identity(RoleArn=role, RoleSessionName=_SESSION, WebIdentityToken=token)
        return _credentials(made["Credentials"])

    def service(self, service: str, role: str, source: Arn) -> AwsCredentials | None:
        """A service's session of a role, at work for the source; None where the role does not trust it."""
        made = self.cloud.service_session(service, role, str(source), source.account)
        return None if made is None else _credentials(made)

    def of(self, service: str, credentials: AwsCredentials, region: str) -> Any:
        """A client of theirs."""
        return self._clients.of(service, region, credentials)

    def remove(self, region: str) -> None:
        """Deletes all of them."""
        for account, name in self._sessions:
            iam, plain = self._clients.root("iam", region, account), name.rpartition("/")[2]
            iam.delete_role_policy(RoleName=plain, PolicyName=_POLICY)
            iam.delete_role(RoleName=plain)
        for (account, name), credentials in self._users.items():
            iam, plain = self._clients.root("iam", region, account), name.rpartition("/")[2]
            iam.delete_access_key(UserName=plain, AccessKeyId=credentials.key)
            iam.delete_user_policy(UserName=plain, PolicyName=_POLICY)
            iam.delete_user(UserName=plain)
        self._sessions, self._users, self._passwords = {}, {}, {}

    def _make(self, account: str, name: str, region: str, permissions: str) -> None:
        *folders, plain = name.split("/")
        iam = self._clients.root("iam", region, account)
        trust = {"Effect": "Allow", "Action": ASSUME, "Principal": {"AWS": _arn(account, region, "root")}}
        iam.create_role(RoleName=plain, Path="/".join(("", *folders, "")), AssumeRolePolicyDocument=_document(trust))
        iam.put_role_policy(RoleName=plain, PolicyName=_POLICY, PolicyDocument=permissions)

    def _session(self, account: str, name: str, region: str) -> AwsCredentials:
        """AWS lets no root assume a role: a user of the account does."""
        operator = self._user(account, _OPERATOR, region, allow([ASSUME], _arn(account, region, "role/*")))
        return self.assume(_arn(account, region, f"role/{name}"), operator, region)

    def _user(self, account: str, name: str, region: str, *statements: Statement) -> AwsCredentials:
        if (account, name) not in self._users:
            *folders, plain = name.split("/")
            iam = self._clients.root("iam", region, account)
            iam.create_user(UserName=plain, Path="/".join(("", *folders, "")))
            iam.put_user_policy(UserName=plain, PolicyName=_POLICY, PolicyDocument=_document(*statements))
            key = iam.create_access_key(UserName=plain)["AccessKey"]
            self._users[account, name] = AwsCredentials(key["AccessKeyId"], key["SecretAccessKey"])
        return self._users[account, name]

    def password(self, credentials: AwsCredentials, region: str) -> str:
        """With which they come to every registry; a token lives for twelve hours, and a rehearsal shorter."""
        if credentials not in self._passwords:
            ecr = self._clients.of("ecr", region, credentials)
            (data,) = ecr.get_authorization_token()["authorizationData"]
            self._passwords[credentials] = password_of(data["authorizationToken"])
        return self._passwords[credentials]


def _credentials(made: Mapping[str, Any]) -> AwsCredentials:
    return AwsCredentials(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])


def _arn(account: str, region: str, resource: str) -> str:
    return str(Arn(REGIONS[region].id, "iam", "", account, resource))


def allow(actions: Sequence[str], resource: str) -> Statement:
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource}


def allow_beyond(actions: Sequence[str], resource: str) -> Statement:
    """On everything but the resource."""
    return {"Effect": "Allow", "Action": list(actions), "NotResource": resource}


def login(clients: Clients, account: str, region: str) -> tuple[str, str]:
    """Where the registry's images are pushed to, and its owner's password there."""
    (data,) = clients.root("ecr", region, account).get_authorization_token()["authorizationData"]
    return str(data["proxyEndpoint"]).removeprefix("http://"), password_of(data["authorizationToken"])


def _document(*statements: Statement) -> str:
    return json.dumps({"Version": CURRENT_VERSION, "Statement": statements})
