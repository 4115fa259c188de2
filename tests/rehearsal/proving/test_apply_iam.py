"""Roles as the program declares them: what stands in the account before, what is built, and who gets it then."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pulumi
import pytest
from botocore.exceptions import ClientError

from bootstrap.template import fill_in, load_template
from domain.iam.document import parse, same
from domain.iam.github import ISSUER
from domain.iam.oidc import AUDIENCE
from localcloud.clients import AwsCredentials, Clients, password_of
from localcloud.cloud import LocalCloud
from localcloud.github_issuer import Job
from oci.client import Client, Refused
from oci.image import image
from rehearsal.apply import preconditions
from rehearsal.apply.applying import BuildingMonitor, NotApplied
from render.program_run import declared_by
from resources import TYPES, Declaration
from resources.iam import ROLE, ROLE_POLICY
from settings import Settings, load
from tests.cases import cases
from tests.rehearsal.proving.breaking import REGION, allow, policy

JOB = Job(owner="acme", owner_id="1024", repository="api", repository_id="65536", environment="production")
PERMISSIONS = policy(allow("ecr:*", "iam:*", Resource="*"))
TAGS = {"project": "container-registry", "owner": "payments"}


@pytest.fixture
def settings(root: Path, account: str) -> Settings:
    own = load(root, "dev")
    return replace(own, registries=(replace(own.home, account=account),))


@pytest.fixture
def stood(settings: Settings, clients: Clients) -> Settings:
    """The settings of an account that the bootstrap made ready."""
    preconditions.bootstrap(settings, clients)
    return settings


@pytest.fixture
def declare(account: str, clients: Clients) -> Callable[[Callable[[], None]], BuildingMonitor]:
    """Builds what a program declares."""

    def run(program: Callable[[], None]) -> BuildingMonitor:
        monitor = BuildingMonitor(project="p", stack="s", account=account, clients=clients, report=lambda _label: None)
        declared_by(program, monitor)
        return monitor

    return run


def boundary(account: str) -> str:
    return f"arn:aws:iam::{account}:policy/container-registry-dev-boundary"


def trust(account: str) -> str:
    claims = {"aud": AUDIENCE, "sub": str(JOB.subject), "repository_id": JOB.repository_id}
    equal = {f"{ISSUER}:{name}": value for name, value in claims.items()}
    named = {"Federated": f"arn:aws:iam::{account}:oidc-provider/{ISSUER}"}
    return policy(allow("sts:AssumeRoleWithWebIdentity", Principal=named, Condition={"StringEquals": equal}))


def publisher(account: str, **more: Any) -> Callable[[], None]:
    """A program that declares a role with everything that the provider takes, and the role's policy."""

    def program() -> None:
        from pulumi_aws import iam

        arguments: dict[str, Any] = {
            "name": "payments-api",
            "path": "/container-registry/dev/",
            "assume_role_policy": trust(account),
            "description": "Pushes payments/api",
            "max_session_duration": 7200,
            "permissions_boundary": boundary(account),
            "force_detach_policies": True,
            "tags": TAGS,
            **more,
        }
        role = iam.Role("publisher", **arguments)
        own = iam.RolePolicy("publisher", name="push", role=role.name, policy=PERMISSIONS)
        pulumi.export("ids", [role.id, own.id])

    return program


def test_a_role_is_as_it_was_declared(
    stood: Settings, account: str, clients: Clients, declare: Callable[..., BuildingMonitor]
) -> None:
    monitor = declare(publisher(account))
    iam = clients.root("iam", REGION, account)
    role = iam.get_role(RoleName="payments-api")["Role"]
    assert role["Arn"] == f"arn:aws:iam::{account}:role/container-registry/dev/payments-api"
    assert (role["Description"], role["MaxSessionDuration"]) == ("Pushes payments/api", 7200)
    assert role["PermissionsBoundary"]["PermissionsBoundaryArn"] == boundary(account)
    assert same(parse(role["AssumeRolePolicyDocument"]), parse(trust(account)))
    assert {each["Key"]: each["Value"] for each in role["Tags"]} == TAGS
    document = iam.get_role_policy(RoleName="payments-api", PolicyName="push")["PolicyDocument"]
    assert same(parse(document), parse(PERMISSIONS))
    made, own = monitor.declared
    assert made.outputs == {
        "arn": role["Arn"],
        "createDate": f"{role['CreateDate']:%Y-%m-%dT%H:%M:%SZ}",
        "uniqueId": role["RoleId"],
    }
    assert (own.inputs["role"], own.outputs) == ("payments-api", {})
    assert (monitor.built, monitor.outputs) == (2, {"ids": ["payments-api", "payments-api:push"]})
    assert stood.home.account == account


@pytest.mark.usefixtures("stood")
def test_a_role_needs_no_more_than_a_name_and_a_trust(
    account: str, clients: Clients, declare: Callable[..., BuildingMonitor]
) -> None:
    def program() -> None:
        from pulumi_aws import iam

        iam.Role("plain", name="plain", assume_role_policy=trust(account))

    declare(program)
    role = clients.root("iam", REGION, account).get_role(RoleName="plain")["Role"]
    assert (role["Path"], role["MaxSessionDuration"], "PermissionsBoundary" in role) == ("/", 3600, False)


@pytest.mark.usefixtures("stood")
def test_a_render_answers_what_the_cloud_would(account: str, declare: Callable[..., BuildingMonitor]) -> None:
    role, own = declare(publisher(account)).declared
    declared = [Declaration(name=each.name, inputs=each.inputs, account=account) for each in (role, own)]
    identifier, outputs = TYPES[ROLE].answer(declared[0])
    assert (identifier, outputs["arn"]) == ("payments-api", role.outputs["arn"])
    assert len(outputs["uniqueId"]) == len(str(role.outputs["uniqueId"]))
    assert TYPES[ROLE_POLICY].answer(declared[1]) == ("payments-api:push", {})


@pytest.mark.usefixtures("stood")
def test_an_input_that_is_not_built_ends_the_run(account: str, declare: Callable[..., BuildingMonitor]) -> None:
    with pytest.raises(NotApplied, match=f"{ROLE} publisher: managedPolicyArns is declared and not built"):
        declare(publisher(account, managed_policy_arns=["arn:aws:iam::aws:policy/ReadOnlyAccess"]))


def test_a_missing_boundary_is_reported(account: str, declare: Callable[..., BuildingMonitor]) -> None:
    with pytest.raises(NotApplied, match=f"{ROLE} publisher: CreateRole was refused: NoSuchEntity"):
        declare(publisher(account))


def test_the_bootstrap_is_what_its_template_says(stood: Settings, account: str, clients: Clients) -> None:
    iam = clients.root("iam", REGION, account)
    provider = iam.get_open_id_connect_provider(
        OpenIDConnectProviderArn=f"arn:aws:iam::{account}:oidc-provider/{ISSUER}"
    )
    assert provider["ClientIDList"] == [AUDIENCE]
    version = iam.get_policy_version(PolicyArn=boundary(account), VersionId="v1")["PolicyVersion"]
    github = {"GitHubOwner": "acme", "GitHubRepository": "container-registry"}
    deployed = fill_in(load_template(), account, REGION, Stack=stood.stack, **github)
    assert boundary(account) == deployed.boundary_arn
    assert same(parse(version["Document"]), deployed.boundary().document)


def test_a_stack_that_the_template_does_not_take_is_reported(settings: Settings, clients: Clients) -> None:
    with pytest.raises(NotApplied, match=r"bootstrap/account\.yaml: Stack: 'Dev_1' does not match"):
        preconditions.bootstrap(replace(settings, stack="Dev_1"), clients)


def test_a_bootstrap_can_be_made_once(stood: Settings, clients: Clients) -> None:
    with pytest.raises(NotApplied, match=r"bootstrap/account\.yaml: .*EntityAlreadyExists"):
        preconditions.bootstrap(stood, clients)


@pytest.fixture
def session(
    stood: Settings, account: str, clients: Clients, cloud: LocalCloud, declare: Callable[..., BuildingMonitor]
) -> AwsCredentials:
    """Of the job that the built role trusts."""
    role, _ = declare(publisher(account)).declared
    sts = clients.root("sts", stood.home.region, account)
    given = sts.assume_role_with_web_identity(
        RoleArn=role.outputs["arn"], RoleSessionName="run", WebIdentityToken=cloud.github_token(JOB)
    )["Credentials"]
    return AwsCredentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])


def test_the_job_pushes_and_the_boundary_keeps_it_from_more(
    account: str, clients: Clients, session: AwsCredentials
) -> None:
    clients.root("ecr", REGION, account).create_repository(repositoryName="payments/api")
    ecr = clients.of("ecr", REGION, session)
    (data,) = ecr.get_authorization_token()["authorizationData"]
    with Client.on_loopback(
        data["proxyEndpoint"].removeprefix("http://"), password_of(data["authorizationToken"])
    ) as client:
        digest = client.push("payments/api", image("the job's"), "v1")
        with pytest.raises(Refused):
            client.delete_manifest("payments/api", digest)
    with pytest.raises(ClientError, match="with an explicit deny in a permissions boundary"):
        ecr.delete_repository(repositoryName="payments/api", force=True)


@pytest.mark.usefixtures("session")
@cases("other", replace(JOB, environment="staging"), replace(JOB, repository_id="7"), replace(JOB, owner="mallory"))
def test_no_other_job_gets_the_built_role(account: str, clients: Clients, cloud: LocalCloud, other: Job) -> None:
    arn = f"arn:aws:iam::{account}:role/container-registry/dev/payments-api"
    token = cloud.github_token(other)
    with pytest.raises(ClientError, match="Not authorized to perform sts:AssumeRoleWithWebIdentity"):
        clients.root("sts", REGION, account).assume_role_with_web_identity(
            RoleArn=arn, RoleSessionName="run", WebIdentityToken=token
        )
