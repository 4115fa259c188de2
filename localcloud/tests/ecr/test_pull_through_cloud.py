"""The cache in the whole local cloud: a secret in Secrets Manager, and another account's registry as upstream."""

import json
from dataclasses import dataclass
from typing import Any

import pytest

from localcloud.cloud import LocalCloud
from localcloud.ecr.cache.upstream import Login
from localcloud.tests.cases import cases
from localcloud.tests.clouds import OTHER_REGION, Connect, logged_in, refused_pull
from localcloud.tests.statements import allow, text, trusts
from localcloud.upstream_registry import UpstreamRegistry
from oci.image import image, index

OWNER, READER = "555566667771", "555566667772"
"""Whose registry is the upstream, and whose is the cache."""
HUB = "registry-1.docker.io"
UPSTREAM = f"{OWNER}.dkr.ecr.{OTHER_REGION}.amazonaws.com"
ROLE = f"arn:aws:iam::{READER}:role/cache"
# https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache-private.html
UPSTREAM_ACTIONS = ("BatchGetImage", "GetDownloadUrlForLayer", "BatchImportUpstreamImage", "GetImageCopyStatus")
PUSH_ACTIONS = ("InitiateLayerUpload", "UploadLayerPart", "CompleteLayerUpload", "PutImage")
AT_THE_UPSTREAM = [f"ecr:{each}" for each in UPSTREAM_ACTIONS]
IN_THE_CACHE = ["ecr:GetAuthorizationToken", *(f"ecr:{each}" for each in PUSH_ACTIONS)]


def test_the_secret_is_read_from_secrets_manager(cloud: LocalCloud, connect: Connect) -> None:
    login = Login(username="ada", access_token="dckr_pat_of_ada")  # noqa: S106
    secrets, ecr = connect(cloud, "secretsmanager", READER), connect(cloud, "ecr", READER)
    text = json.dumps({"username": login.username, "accessToken": login.access_token})
    arn = secrets.create_secret(Name="ecr-pullthroughcache/hub", SecretString=text)["ARN"]
    rule = {"ecrRepositoryPrefix": "hub", "upstreamRegistryUrl": HUB, "credentialArn": arn}
    with pytest.raises(ecr.exceptions.SecretNotFoundException):
        ecr.create_pull_through_cache_rule(**{**rule, "credentialArn": arn.replace("hub", "none")})
    ecr.create_pull_through_cache_rule(**rule)
    with UpstreamRegistry(login) as upstream, logged_in(ecr) as client:
        cloud.route_upstream(HUB, upstream.host)
        digest = upstream.put("library/nginx", index("nginx"), "1")
        assert client.pull("hub/library/nginx", "1").digest == digest
    assert login.access_token not in cloud.log.read_text(encoding="utf-8")
    listed = ecr.describe_images(repositoryName="hub/library/nginx")["imageDetails"]
    assert len(listed) == 3


@cases("url", "mcr.microsoft.com", UPSTREAM)
def test_an_upstream_that_is_not_served(cloud: LocalCloud, url: str) -> None:
    with pytest.raises(ValueError, match="is not an upstream"):
        cloud.route_upstream(url, "127.0.0.1:1")


@cases("host", "registry-1.docker.io:443", "10.0.0.1:5000", "127.0.0.1.evil.example:80")
def test_an_upstream_is_served_on_loopback(cloud: LocalCloud, host: str) -> None:
    with pytest.raises(ValueError, match="not on loopback"):
        cloud.route_upstream(HUB, host)


@dataclass(frozen=True)
class Sides:
    """The cache's account with its role, and the upstream's with its repository."""

    iam: Any
    theirs: Any
    ours: Any
    digest: str

    def role_may(self, actions: list[str]) -> None:
        policy = text(allow(*actions))
        self.iam.put_role_policy(RoleName="cache", PolicyName="own", PolicyDocument=policy)

    def upstream_allows(self, actions: list[str]) -> None:
        policy = text(trusts({"AWS": READER}, *actions))
        self.theirs.set_repository_policy(repositoryName="team/app", policyText=policy)


@pytest.fixture(scope="session")
def sides(cloud: LocalCloud, connect: Connect) -> Sides:
    iam, ours = connect(cloud, "iam", READER), connect(cloud, "ecr", READER)
    trust = text(trusts({"Service": "pullthroughcache.ecr.amazonaws.com"}))
    iam.create_role(RoleName="cache", AssumeRolePolicyDocument=trust)
    ours.create_pull_through_cache_rule(ecrRepositoryPrefix="theirs", upstreamRegistryUrl=UPSTREAM, customRoleArn=ROLE)
    theirs = connect(cloud, "ecr", OWNER, OTHER_REGION)
    theirs.create_repository(repositoryName="team/app")
    with logged_in(theirs) as client:
        digest = client.push("team/app", image("theirs"), "v1")
    return Sides(iam, theirs, ours, digest)


@cases(
    "side, missing",
    *(("role", each) for each in (*AT_THE_UPSTREAM, *IN_THE_CACHE)),
    *(("upstream", each) for each in AT_THE_UPSTREAM),
)
def test_each_side_must_allow_each_action(sides: Sides, side: str, missing: str) -> None:
    sides.role_may([each for each in (*AT_THE_UPSTREAM, *IN_THE_CACHE) if (side, each) != ("role", missing)])
    sides.upstream_allows([each for each in AT_THE_UPSTREAM if (side, each) != ("upstream", missing)])
    with logged_in(sides.ours) as client:
        refused = refused_pull(client, "theirs/team/app", "v1")
    assert (refused.status, missing in refused.message) == (403, True)


def test_where_both_sides_allow_the_image_comes(sides: Sides) -> None:
    sides.role_may([*AT_THE_UPSTREAM, *IN_THE_CACHE])
    sides.upstream_allows(AT_THE_UPSTREAM)
    with logged_in(sides.ours) as client:
        assert refused_pull(client, "theirs/team/app", "v2").code == "MANIFEST_UNKNOWN"
        assert refused_pull(client, "theirs/team/none", "v1").code == "DENIED"
        # A name of its own: what is cached once would be served to the tests above.
        sides.ours.create_pull_through_cache_rule(
            ecrRepositoryPrefix="again", upstreamRegistryUrl=UPSTREAM, customRoleArn=ROLE
        )
        assert client.pull("again/team/app", "v1").digest == sides.digest


def test_in_one_account_ecrs_own_role_is_enough(cloud: LocalCloud, connect: Connect) -> None:
    there, here = connect(cloud, "ecr", READER, OTHER_REGION), connect(cloud, "ecr", READER)
    there.create_repository(repositoryName="own/app")
    with logged_in(there) as client:
        digest = client.push("own/app", index("own"), "v1")
    here.create_pull_through_cache_rule(
        ecrRepositoryPrefix="elsewhere", upstreamRegistryUrl=f"{READER}.dkr.ecr.{OTHER_REGION}.amazonaws.com"
    )
    with logged_in(here) as client:
        assert client.pull("elsewhere/own/app", "v1").digest == digest
