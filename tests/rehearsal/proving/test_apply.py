"""What becomes of a declared resource: built, told as not built, or the end of the run."""

import socket
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from domain.iam import document
from localcloud.clients import Clients, password_of
from localcloud.cloud import LocalCloud
from localcloud.ecr.cache.upstream import login_of
from localcloud.upstream_registry import UpstreamRegistry
from oci.client import Client
from oci.image import image
from rehearsal.apply import applying, ecr, preconditions
from rehearsal.apply.applying import NotApplied, apply
from rehearsal.apply.builder import Order
from rehearsal.apply.kubernetes import OPERATORS_OWN
from render.rendering import render
from render.resource import Render
from resources.providers import is_provider
from settings import load
from tests.conftest import Edit
from tests.rehearsal.proving.breaking import REGION
from tests.rehearsal.proving.stacks import DEV_ACCOUNT, build, project_of, stack_file

CATALOG = """\
repositories:
  payments/api:
    owner: payments
    retention: [{any: true, keep: 10}]
    mutable_tags: [latest]
"""
DECLARED = "dckr_pat_declared"
CACHE = f"""\
import pulumi_aws as aws

secret = aws.secretsmanager.Secret(
    "hub", name="ecr-pullthroughcache/hub", description="for Docker Hub", tags={{"owner": "platform"}},
    recovery_window_in_days=7, region="{REGION}",
)
version = aws.secretsmanager.SecretVersion(
    "hub", secret_id=secret.id, secret_string='{{"username": "ada", "accessToken": "{DECLARED}"}}', region="{REGION}",
)
aws.ecr.PullThroughCacheRule(
    "hub", ecr_repository_prefix="hub", upstream_registry_url="registry-1.docker.io",
    upstream_repository_prefix="library", credential_arn=secret.arn, region="{REGION}",
    opts=pulumi.ResourceOptions(depends_on=[version]),
)
"""


@pytest.fixture
def home(project: Path, account: str, clients: Clients) -> str:
    """An account for this test alone, to which the project deploys one repository."""
    preconditions.bootstrap(load(project_of(project, stack_file(account), CATALOG), "dev"), clients)
    return account


def built(project: Path, clients: Clients) -> list[str]:
    labels: list[str] = []
    apply(project, "dev", clients, labels.append)
    return labels


def test_everything_is_built_and_outputs_are_what_the_cloud_answered(
    project: Path, edit: Edit, account: str, clients: Clients, dev: Render
) -> None:
    edit("Pulumi.dev.yaml", DEV_ACCOUNT, account)
    applied = build(project, "dev", clients)
    declared = [each for each in dev.resources if each.custom and not is_provider(each.type)]
    assert applied.built == sum(1 for each in declared if each.type not in applying.NOT_BUILT)
    assert len(applied.not_built) == len(declared) - applied.built
    ecr, kms = (clients.root(service, REGION, account) for service in ("ecr", "kms"))
    key = kms.describe_key(KeyId="alias/container-registry")["KeyMetadata"]
    (found,) = ecr.describe_repositories(repositoryNames=["payments/api"])["repositories"]
    registry = applied.outputs["registries"][REGION]  # type: ignore[index]
    assert registry["key_arn"] == key["Arn"]
    assert key["Description"] == f"Encrypts the container images of {account} in {REGION}"
    assert {"TagKey": "owner", "TagValue": "platform"} in kms.list_resource_tags(KeyId=key["KeyId"])["Tags"]
    exported = registry["repositories"]["payments/api"]
    assert (exported["arn"], exported["url"]) == (found["repositoryArn"], found["repositoryUri"])
    assert found["repositoryArn"].startswith(f"arn:aws:ecr:{REGION}:{account}:")
    assert found["repositoryUri"].startswith("127.0.0.1:")


def test_every_type_of_both_stacks_has_an_answer(dev: Render, prod: Render) -> None:
    kinds = {each.type for rendered in (dev, prod) for each in rendered.resources if each.custom}
    known = {*applying.BUILT, *applying.NOT_BUILT, *OPERATORS_OWN}
    assert [each for each in kinds - known if not is_provider(each)] == []


@pytest.mark.usefixtures("home")
def test_a_cloud_that_does_not_answer_is_reported(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:2")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with socket.socket() as silent:  # bound and not listening: no other server can be at its port
        silent.bind(("127.0.0.1", 0))
        with (
            Clients(f"http://127.0.0.1:{silent.getsockname()[1]}") as nowhere,
            pytest.raises(NotApplied, match=r"Could not connect to the endpoint"),
        ):
            built(project, nowhere)


def test_clients_read_nothing_of_the_users_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config").write_text("no configuration at all", encoding="utf-8")
    monkeypatch.setenv("AWS_PROFILE", "unknown")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "config"))
    with Clients("http://127.0.0.1:1") as clients:
        made = clients.root("ecr", REGION, "111122223333")
    assert made.meta.config.retries["total_max_attempts"] == 1


def test_an_adopted_repository_existed_before(
    project: Path, edit: Edit, clients: Clients, home: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stood: list[str] = []
    adopted = ecr._adopted

    def adopt(client: Any, order: Order) -> dict[str, str]:
        stood.append(order.inputs["name"])
        return adopted(client, order)

    monkeypatch.setattr(ecr, "_adopted", adopt)
    edit("catalog.yaml", "    mutable_tags: [latest]\n", "    mutable_tags: [latest]\n    adopt: true\n")
    assert built(project, clients)
    (found,) = clients.root("ecr", REGION, home).describe_repositories(repositoryNames=["payments/api"])["repositories"]
    assert stood == ["payments/api"]
    assert found["imageTagMutability"] == "IMMUTABLE_WITH_EXCLUSION"
    assert found["encryptionConfiguration"]["encryptionType"] == "KMS"
    assert found["imageScanningConfiguration"] == {"scanOnPush": True}
    tags = clients.root("ecr", REGION, home).list_tags_for_resource(resourceArn=found["repositoryArn"])["tags"]
    assert {"Key": "owner", "Value": "payments"} in tags
    *_, told = preconditions.stand_ins(load(project, "dev"))
    assert told.startswith("repository payments/api is adopted")


def test_a_rule_is_built_with_a_login_that_is_not_declared(
    project: Path, clients: Clients, cloud: LocalCloud, home: str
) -> None:
    declare_a_cache(project)
    built(project, clients)
    secrets, ecr = (clients.root(each, REGION, home) for each in ("secretsmanager", "ecr"))
    (rule,) = ecr.describe_pull_through_cache_rules(ecrRepositoryPrefixes=["hub"])["pullThroughCacheRules"]
    assert (rule["ecrRepositoryPrefix"], rule["upstreamRepositoryPrefix"]) == ("hub", "library")
    held = secrets.get_secret_value(SecretId=rule["credentialArn"])["SecretString"]
    assert secrets.describe_secret(SecretId=rule["credentialArn"])["Tags"] == [{"Key": "owner", "Value": "platform"}]
    login = login_of(held)
    assert DECLARED not in held
    with UpstreamRegistry(login) as upstream:
        cloud.route_upstream("registry-1.docker.io", upstream.host)
        digest = upstream.put("library/nginx", image("nginx"), "1")
        (given,) = ecr.get_authorization_token()["authorizationData"]
        host, password = urlsplit(given["proxyEndpoint"]).netloc, password_of(given["authorizationToken"])
        with Client.on_loopback(host, password) as client:
            assert client.pull("hub/nginx", "1").digest == digest


@pytest.mark.usefixtures("home")
def test_a_secrets_value_is_in_no_render_and_in_no_error(project: Path, clients: Clients) -> None:
    declare_a_cache(project)
    shown = [str(render(project, "dev", preview=preview)) for preview in (False, True)]
    told = built(project, clients)
    with pytest.raises(NotApplied) as again:
        built(project, clients)
    assert [each for each in (*shown, *told, str(again.value)) if DECLARED in each] == []
    assert all("SecretVersion" in each for each in shown)


def declare_a_cache(project: Path) -> None:
    """The program declares a cache of Docker Hub beside everything else."""
    program = project / "__main__.py"
    text = program.read_text(encoding="utf-8")
    assert text.endswith("pulumi.run(main)\n")
    program.write_text(text.replace("pulumi.run(main)", f"{CACHE}pulumi.run(main)"), encoding="utf-8")


@pytest.fixture
def named_key(edit: Edit, home: str) -> str:
    """The ARN of a key that the settings name, and payments/api uses."""
    arn = f"arn:aws:kms:{REGION}:{home}:key/11111111-2222-3333-4444-555555555555"
    edit(
        "Pulumi.dev.yaml", "protect: false", f"protect: false\n  container-registry:keys: {{k: {{{REGION}: '{arn}'}}}}"
    )
    edit("catalog.yaml", "    mutable_tags: [latest]\n", "    mutable_tags: [latest]\n    encryption: {key: k}\n")
    return arn


def test_a_key_that_does_not_exist_is_reported(project: Path, clients: Clients, named_key: str) -> None:
    with pytest.raises(NotApplied, match=f"CreateRepository was refused: KmsException: .*{named_key}"):
        built(project, clients)


def test_a_key_that_exists_in_aws_alone_has_a_stand_in(
    project: Path, clients: Clients, cloud: LocalCloud, home: str, named_key: str
) -> None:
    settings = load(project, "dev")
    (key,) = preconditions.keys(settings)
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": home},
        "Action": ["kms:DescribeKey", "kms:CreateGrant"],
        "Resource": "*",
    }
    assert document.same(key.policy.document, document.parse({"Version": "2012-10-17", "Statement": statement}))
    cloud.add_key(key)
    assert built(project, clients)
    (found,) = clients.root("ecr", REGION, home).describe_repositories(repositoryNames=["payments/api"])["repositories"]
    assert found["encryptionConfiguration"] == {"encryptionType": "KMS", "kmsKey": named_key}
    assert named_key in "".join(preconditions.stand_ins(settings))
