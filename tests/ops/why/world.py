"""A stack of its own on a local cloud, in which calls are refused, and how each client tells it."""

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from domain.aws import Arn
from domain.ecr.names import registry_host
from domain.iam.oidc import AUDIENCE
from localcloud import github_issuer
from localcloud.clients import AwsCredentials, Clients
from localcloud.cloud import LocalCloud
from localcloud.github_issuer import Job
from oci.client import Client, Refused
from oci.image import Image, image
from rehearsal.proofs.harness.principals import Principals, Statement, login
from rehearsal.proofs.harness.upstream_registries import Upstreams
from settings import Settings, load
from tests.clusters import STOREFRONT
from tests.rehearsal.proving.stacks import build
from tests.stacks import NO_GITHUB, ROOT, copied

HOME, REPLICA, PART, NOWHERE = "us-east-1", "eu-west-1", "eu-central-1", "us-west-2"
ACCOUNT, PROD, WORKLOADS, UNKNOWN = "550000990001", "550000990002", "444455556666", "999900001111"
SECRET = f"arn:aws:secretsmanager:{HOME}:{ACCOUNT}:secret:ecr-pullthroughcache/hub-a1b2c3"
ISSUER = f"https://oidc.eks.us-east-1.amazonaws.com/id/{ACCOUNT}"
CLUSTER = {
    **STOREFRONT,
    "cluster_identifier": "storefront",
    "platform": "credential-provider",
    "oidc_issuer": ISSUER,
    "namespaces": [{"name": "team", "mode": "refreshed-secret"}, {"name": "batch", "mode": "node-role"}],
}
BANNED = {
    "Sid": "NoBannedRole",
    "Effect": "Deny",
    "Principal": {"AWS": f"arn:aws:iam::{WORKLOADS}:role/banned"},
    "Action": "ecr:BatchGetImage",
    "Resource": f"arn:aws:ecr:{HOME}:{ACCOUNT}:repository/*",
}
_STACK = """\
config:
  aws:region: us-east-1
  aws:allowedAccountIds: ["{account}"]
  container-registry:environment: {stack}
  container-registry:accounts: {{workloads: "444455556666"}}
  container-registry:protect: false
  container-registry:monitoring: {{enabled: false}}
"""
DEV = f"""{_STACK.format(account=ACCOUNT, stack="dev")}\
  container-registry:replicas: [{{region: {REPLICA}}}, {{region: {PART}, prefixes: [team/web]}}]
  container-registry:caches:
    - {{upstream: ecr-public, pull: [{{account: workloads, role: reader}}]}}
    - {{upstream: docker-hub, credentials: "{SECRET}", pull: [{{account: workloads, role: reader}}]}}
    - upstream: kubernetes
      pull:
        - {{account: workloads, role: reader}}
  container-registry:registry_policy: {json.dumps({"Version": "2012-10-17", "Statement": [BANNED]})}
  container-registry:roles: {{auditors: ["arn:aws:iam::{WORKLOADS}:role/audit"]}}
  container-registry:clusters: [{json.dumps(CLUSTER)}]
"""
CATALOG = """\
retention:
  default: [{tag: "v*", keep: 10}, {untagged: true, expire_after_days: 7}]
  archived: [{tag: "release-*", archive_keep: 30}, {untagged: true, expire_after_days: 7}]
repositories:
  team/app:
    owner: team
    push:
      - {github: acme/app, owner_id: 1024, repository_id: 11, refs: [refs/heads/main], stacks: [dev]}
      - {github: acme/app, owner_id: 1024, repository_id: 11, environment: production, stacks: [prod]}
    pull:
      - {account: workloads, role: reader}
      - {account: workloads, role: banned}
      - {account: workloads, role: idle}
      - {cluster: storefront, namespace: team}
  team/web:
    owner: team
    push: [{github: acme/web, refs: [refs/heads/main]}]
    pull: [{service: lambda}]
  team/named:
    owner: team
    push: [{github: acme/named, owner_id: 1024, repository_id: 13, subject: name, refs: [refs/heads/main]}]
  team/flow:
    owner: team
    push:
      - github: acme/flow
        job_workflow_ref: acme/workflows/.github/workflows/publish.yml@refs/heads/main
        refs: [refs/heads/main]
  team/gated: {owner: team, push: [{github: acme/gated, environment: production}]}
  team/old:
    owner: team
    push: [{github: acme/old, refs: [refs/heads/main]}]
    retire: {until: 2099-01-31, reason: replaced}
  team/archive: {owner: team, retention: archived, pull: [{service: ecs}]}
  team/late: {owner: team}
removed:
  team/gone: {until: 2026-01-31, reason: replaced by team/app}
"""


def project(folder: Path) -> Path:
    """With the bootstrap's template, from which the boundary is read."""
    copied(folder, *NO_GITHUB)
    (folder / "Pulumi.dev.yaml").write_text(DEV, encoding="utf-8")
    (folder / "Pulumi.prod.yaml").write_text(_STACK.format(account=PROD, stack="prod"), encoding="utf-8")
    (folder / "catalog.yaml").write_text(CATALOG, encoding="utf-8")
    (folder / "bootstrap").mkdir()
    shutil.copy(ROOT / "bootstrap" / "account.yaml", folder / "bootstrap")
    return folder


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What a person has in hand."""

    text: str = ""
    event: Mapping[str, Any] | None = None
    claims: Mapping[str, str] | None = None
    repository: str | None = None
    boundary_without: str | None = None
    """An action that the project's own boundary has not."""


def host(region: str = HOME, account: str = ACCOUNT) -> str:
    return registry_host(account, region)


class World:
    """The stack dev, built; its callers are made here."""

    def __init__(self, folder: Path, cloud: LocalCloud, clients: Clients, upstreams: Upstreams) -> None:
        self.cloud, self.clients = cloud, clients
        self.principals = Principals(cloud, clients)
        self.folder = folder
        self.settings: Settings = load(folder, "dev")
        hub = self.settings.caches[1]
        upstreams.play(replace(self.settings, caches=(self.settings.caches[0], hub)))
        cloud.add_secret(SECRET, json.dumps({"username": "acme", "accessToken": "of-no-use"}))
        build(folder, "dev", clients)
        provider = {"Url": github_issuer.URL, "ClientIDList": [AUDIENCE]}
        clients.root("iam", HOME, PROD).create_open_id_connect_provider(**provider)

    def role(self, name: str, account: str = ACCOUNT) -> str:
        return f"arn:aws:iam::{account}:role/container-registry/dev/{name}"

    def session(self, job: Job, role: str, **options: Any) -> AwsCredentials:
        """Of a publisher's role; raises ClientError where STS refuses."""
        token = self.cloud.github_token(job, audience=options.pop("audience", AUDIENCE), at=options.pop("at", None))
        return self._assumed(options.pop("token", token), role, **options)

    def _assumed(self, token: str, role: str, **options: Any) -> AwsCredentials:
        sts = self.clients.root("sts", HOME, ACCOUNT)
        given = {"RoleArn": role, "RoleSessionName": "job-1", "WebIdentityToken": token, **options}
        made = sts.assume_role_with_web_identity(**given)["Credentials"]
        return AwsCredentials(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])

    def by_service_account(self, name: str, namespace: str, role: str) -> AwsCredentials:
        token = self.principals.issuer(ISSUER).token(namespace, name, audience=AUDIENCE, at=datetime.now(UTC))
        return self._assumed(token, role)

    def step(self, job: Job, role: str, *, repository: str | None = None, claims: bool = True, **options: Any) -> Seen:
        """GitHub's step that takes credentials, which is refused."""
        with pytest.raises(ClientError) as refused:
            self.session(job, role, **options)
        log = f"Run aws-actions/configure-aws-credentials@v6\n  with:\n    role-to-assume: {role}\n"
        text = f"{log}Error: Could not assume role with OIDC: {refused.value.response['Error']['Message']}\n"
        return Seen(text=text, claims=claims_of(job) if claims else None, repository=repository)

    def password(self, credentials: AwsCredentials, region: str = HOME) -> str:
        return self.principals.password(credentials, region)

    def root(self, region: str = HOME, account: str = ACCOUNT) -> str:
        return login(self.clients, account, region)[1]

    def service(self, name: str, account: str) -> str:
        resource = "function:site" if name == "lambda" else "project/site"
        return self.cloud.service_password(
            f"{name}.amazonaws.com", str(Arn("aws", name, HOME, account, resource)), account
        )

    def visitor(self, account: str, name: str, *statements: Statement) -> AwsCredentials:
        return self.principals.role(account, name, HOME, *statements)

    @contextmanager
    def client(self, password: str | None, region: str = HOME, account: str = ACCOUNT) -> Iterator[Client]:
        address, _ = login(self.clients, account, region)
        with Client.on_loopback(address, password) as client:
            yield client

    def pushed(self, name: str, tag: str, word: str = "") -> Image:
        """By the registry's owner."""
        made = image(f"{name} {tag} {word}", layers=1)
        with self.client(self.root()) as client:
            client.push(name, made, tag)
        return made

    def pull(
        self, password: str | None, name: str, tag: str = "v1", region: str = HOME, account: str = ACCOUNT
    ) -> Refused:
        with self.client(password, region, account) as client, pytest.raises(Refused) as refused:
            client.pull(name, tag)
        return refused.value

    def push(self, password: str | None, name: str, tag: str = "v1", region: str = HOME) -> Refused:
        with self.client(password, region) as client, pytest.raises(Refused) as refused:
            _push(client, name, tag)
        return refused.value

    def events(self, account: str = ACCOUNT, region: str = HOME) -> Mapping[str, Any]:
        """The last record of CloudTrail that has an error."""
        self.cloud.events.settled()
        found = [each for each in self.cloud.events.seen(account, region).records if "errorCode" in each]
        return found[-1]


def _push(client: Client, name: str, tag: str) -> None:
    """The upload first: the answer to the HEAD of a layer has no reason."""
    client.begin_upload(name)
    client.push(name, image(f"{name} {tag} refused", layers=1), tag)


def job(name: str, number: str = "11", **more: Any) -> Job:
    return Job(owner="acme", owner_id="1024", repository=name, repository_id=number, **more)


APP = job("app", ids_in_subject=True)
MAIN = "dev.acme.app+branch-main"


def claims_of(made: Job) -> dict[str, str]:
    return {**made.claims, "iss": github_issuer.URL, "aud": AUDIENCE}


_WORDS = {
    "DENIED": "denied", "TAG_INVALID": "tag invalid", "NAME_UNKNOWN": "name unknown", "UNSUPPORTED": "unsupported",
    "BLOB_UPLOAD_UNKNOWN": "blob upload unknown", "MANIFEST_UNKNOWN": "manifest unknown",
}  # fmt: skip
"""docker's words for the specification's codes."""


def docker_pull(refused: Refused, name: str, tag: str = "v1", at: str | None = None, **more: Any) -> Seen:
    at = at or host()
    words = f"{_WORDS.get(refused.code, refused.code.lower())}: {refused.message}"
    if refused.code == "DENIED":
        words = f"pull access denied for {at}/{name}, repository does not exist or may require 'docker login': {words}"
    elif refused.code == "MANIFEST_UNKNOWN":
        words = f"manifest for {at}/{name}:{tag} not found: {words}"
    elif refused.status == 401:
        words = f'Get "https://{at}/v2/{name}/manifests/{tag}": no basic auth credentials'
    else:
        words = f"{at}/{name}:{tag}: {words}"
    return Seen(text=f"Error response from daemon: {words}\n", **more)


def docker_push(refused: Refused, name: str, at: str | None = None, **more: Any) -> Seen:
    words = f"{_WORDS.get(refused.code, refused.code.lower())}: {refused.message}"
    return Seen(
        text=f"The push refers to repository [{at or host()}/{name}]\n5f70bf18a086: Preparing\n{words}\n", **more
    )


def kubelet(refused: Refused, name: str, tag: str = "v1", at: str | None = None, **more: Any) -> Seen:
    """containerd asks with HEAD, whose answer has no body."""
    at = at or host()
    full = f"{at}/{name}:{tag}"
    ends = {
        401: "pull access denied, repository does not exist or may require authorization: authorization failed: "
        "no basic auth credentials",
        403: f"unexpected status from HEAD request to https://{at}/v2/{name}/manifests/{tag}: 403 Forbidden",
        404: f"{full}: not found",
    }
    unpacked = f'failed to pull and unpack image "{full}": failed to resolve reference "{full}": {ends[refused.status]}'
    return Seen(text=f'Failed to pull image "{full}": rpc error: code = Unknown desc = {unpacked}\n', **more)


def aws_cli(error: pytest.ExceptionInfo[ClientError], **more: Any) -> Seen:
    return Seen(text=f"\n{error.value}\n", **more)
