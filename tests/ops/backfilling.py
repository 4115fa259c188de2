"""A stack's registries on a local cloud: one repository at home and in a replica, and images in them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from domain.ecr.images import OCI_MANIFEST
from localcloud.clients import Clients
from oci.client import Client
from oci.image import Image
from oci.manifest import Blob
from ops.__main__ import main
from rehearsal.proofs.harness.principals import login

HOME, REPLICA, ACCOUNT = "us-east-1", "eu-west-1", "222233334444"
OTHER_ACCOUNT = "555566667777"
CATALOG = """\
repositories:
  {name}:
    owner: team
    retention: [{{tag: "v*", keep: 10}}]
    mutable_tags: [latest]
"""
_EMPTY = Blob(content=b"{}", media_type="application/vnd.oci.empty.v1+json")


@dataclass(frozen=True)
class Ended:
    code: int
    text: str
    error: str


@dataclass(frozen=True)
class World:
    """`project` declares one repository, under a name that no other test has."""

    clients: Clients
    project: Path
    name: str
    capsys: pytest.CaptureFixture[str]

    def ecr(self, region: str, account: str = ACCOUNT) -> Any:
        return self.clients.root("ecr", region, account)

    def create(self, region: str, account: str = ACCOUNT) -> None:
        self.ecr(region, account).create_repository(
            repositoryName=self.name,
            imageTagMutability="IMMUTABLE_WITH_EXCLUSION",
            imageTagMutabilityExclusionFilters=[{"filter": "latest", "filterType": "WILDCARD"}],
        )

    def client(self, region: str, account: str = ACCOUNT) -> Client:
        return Client.on_loopback(*login(self.clients, account, region))

    def as_user(self, name: str, monkeypatch: pytest.MonkeyPatch, *statements: Mapping[str, object]) -> None:
        """The AWS environment becomes that of a user at home who may do this alone."""
        iam = self.clients.root("iam", HOME, ACCOUNT)
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="all", PolicyDocument=document(*statements))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])

    def held(self, region: str, account: str = ACCOUNT) -> dict[str, tuple[str, ...]]:
        """Every digest, with its tags."""
        pages = self.ecr(region, account).get_paginator("describe_images").paginate(repositoryName=self.name)
        found = [each for page in pages for each in page["imageDetails"]]
        return {each["imageDigest"]: tuple(sorted(each.get("imageTags", ()))) for each in found}

    def replicate(self, region: str = REPLICA, account: str = ACCOUNT) -> None:
        """What is pushed at home from now on goes there, and a backfill may."""
        filters = [{"filter": self.name, "filterType": "PREFIX_MATCH"}]
        rule = {"destinations": [{"region": region, "registryId": account}], "repositoryFilters": filters}
        self.ecr(HOME).put_replication_configuration(replicationConfiguration={"rules": [rule]})

    def copy(self, *arguments: str) -> Ended:
        """Through this machine, since Amazon ECR's own backfill knows no single repositories."""
        return self.backfill("--repository", self.name, *arguments)

    def backfill(self, *arguments: str, stack: str = "prod", region: str = REPLICA) -> Ended:
        options = ["--stack", stack, "--region", region, "--project", str(self.project), *arguments]
        code = main(["backfill", *options])
        out, err = self.capsys.readouterr()
        return Ended(code, out, err)


def document(*statements: Mapping[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def signature(subject: Image) -> Image:
    """Something that refers to an image, as signatures and bills of materials do."""
    manifest = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "artifactType": "application/vnd.example.signature",
        "config": _EMPTY.descriptor,
        "layers": [_EMPTY.descriptor],
        "subject": subject.manifest.descriptor,
    }
    content = json.dumps(manifest, indent=1).encode()
    return Image(manifest=Blob(content=content, media_type=OCI_MANIFEST), blobs=(_EMPTY,))
