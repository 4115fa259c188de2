"""An account with GitHub's provider, roles that its jobs may have, and requests for them."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from domain.iam.github import ISSUER
from domain.iam.oidc import AUDIENCE
from localcloud.cloud import LocalCloud
from localcloud.github_issuer import Job
from localcloud.tests.clouds import Connect
from localcloud.tests.statements import text, trusts

HOME, ELSEWHERE = "771100002222", "771100003333"
"""Accounts of these tests alone."""
JOB = Job(owner="acme", owner_id="1024", repository="payments-api", repository_id="65536")
SUBJECT = "repo:acme/payments-api:ref:refs/heads/main"
NAMES = (f"web-{number}" for number in itertools.count())


def provider(account: str = HOME, issuer: str = ISSUER) -> str:
    return f"arn:aws:iam::{account}:oidc-provider/{issuer}"


def trust(conditions: Mapping[str, object] | None = None, *, principal: str = provider(), issuer: str = ISSUER) -> str:
    """A trust policy that holds these claims to be equal; those of JOB's own repository and branch by default."""
    wanted = {"aud": AUDIENCE, "sub": SUBJECT, "repository_id": "65536", "repository_owner_id": "1024"}
    claims = wanted if conditions is None else conditions
    return by_token({"StringEquals": {f"{issuer}:{name}": value for name, value in claims.items()}}, principal)


def by_token(condition: Mapping[str, object], principal: str = provider()) -> str:
    return text(trusts({"Federated": principal}, "sts:AssumeRoleWithWebIdentity", Condition=condition))


@dataclass(frozen=True)
class Roles:
    """Makes roles and asks for them, in one cloud."""

    cloud: LocalCloud
    connect: Connect

    def iam(self, account: str = HOME) -> Any:
        return self.connect(self.cloud, "iam", account)

    def vouch(self, account: str = HOME, issuer: str = ISSUER) -> None:
        """The account has the issuer as its provider."""
        known = self.iam(account).list_open_id_connect_providers()["OpenIDConnectProviderList"]
        if provider(account, issuer) not in [each["Arn"] for each in known]:
            self.iam(account).create_open_id_connect_provider(Url=f"https://{issuer}", ClientIDList=[AUDIENCE])

    def make(self, trusted: str | None = None, *, account: str = HOME, **more: Any) -> str:
        """The ARN of a new role, which trusts JOB by default."""
        made = self.iam(account).create_role(
            RoleName=next(NAMES),
            Path="/container-registry/dev/",
            AssumeRolePolicyDocument=trusted or trust(principal=provider(account)),
            **more,
        )
        return str(made["Role"]["Arn"])

    def token(self, job: Job = JOB, **more: Any) -> str:
        return self.cloud.github_token(job, **more)

    def assume(self, role: str, token: str | None = None, **more: Any) -> dict[str, Any]:
        sts = self.connect(self.cloud, "sts")
        parameters = {"RoleArn": role, "RoleSessionName": "run-7", "WebIdentityToken": token or self.token(), **more}
        return dict(sts.assume_role_with_web_identity(**parameters))

    def refused(self, role: str, token: str | None = None, **more: Any) -> tuple[str, int, str]:
        """Code, status and words of the refusal; that there was none fails the test."""
        try:
            self.assume(role, token, **more)
        except ClientError as refusal:
            error, about = refusal.response["Error"], refusal.response["ResponseMetadata"]
            return error["Code"], about["HTTPStatusCode"], error["Message"]
        raise AssertionError(f"{role} was given")
