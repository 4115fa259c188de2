"""`python -m ops copy` to Amazon ECR: with the caller's AWS credentials, and never a repository made in silence."""

from pathlib import Path

import pytest

from localcloud.clients import Clients
from localcloud.cloud import LocalCloud
from oci.client import Client
from oci.image import image
from ops.__main__ import main
from tests.oci.registry import registry

HOST = "111122223333.dkr.ecr.us-east-1.amazonaws.com"


def test_an_image_is_copied_into_a_repository_that_exists(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pushed = image("into ECR")
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    for name, value in (("AWS_ACCESS_KEY_ID", "111122223333"), ("AWS_SECRET_ACCESS_KEY", "anything")):
        monkeypatch.setenv(name, value)
    with LocalCloud() as cloud, Clients(cloud.endpoint) as clients, registry() as source:
        monkeypatch.setenv("AWS_ENDPOINT_URL", cloud.endpoint)
        with Client(source.address) as client:
            client.push("acme/app", pushed, "v1")
        command = ["copy", f"{source.address[7:]}/acme/app:v1", f"{HOST}/mirror/app"]

        assert main(command) == 1
        out, error = capsys.readouterr()
        assert "(no command makes a repository: add it to catalog.yaml and deploy," in out + error

        ecr = clients.root("ecr", "us-east-1", "111122223333")
        assert ecr.describe_repositories()["repositories"] == []
        ecr.create_repository(repositoryName="mirror/app", imageTagMutability="IMMUTABLE")
        assert main(command) == 0
        (held,) = ecr.describe_images(repositoryName="mirror/app")["imageDetails"]
        assert (held["imageDigest"], held["imageTags"]) == (pushed.digest, ["v1"])
        assert main(command) == 0

        other = image("another into ECR")
        with Client(source.address) as client:
            client.push("acme/app", other, "v1")
        assert main([*command, "--move"]) == 1
        out, error = capsys.readouterr()
        assert "immutable" in out + error
        assert {
            tag: each["imageDigest"]
            for each in ecr.describe_images(repositoryName="mirror/app")["imageDetails"]
            for tag in each.get("imageTags", ())
        }["v1"] == pushed.digest
