"""Causes planted on the local cloud: each is met by a client, and explained by its words."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from domain.aws import Arn
from domain.iam.actions import IMPORT_ACTIONS, PULL_ACTIONS, PUSH_ACTIONS
from domain.iam.oidc import AUDIENCE
from localcloud.clients import AwsCredentials
from localcloud.github_issuer import GithubIssuer
from oci.client import Refused
from oci.image import image, index
from oci.manifest import Blob
from rehearsal.proofs.harness.principals import allow
from rehearsal.proofs.harness.upstream_registries import TAG
from tests.ops.why.world import (
    ACCOUNT,
    APP,
    HOME,
    ISSUER,
    MAIN,
    NOWHERE,
    PART,
    PROD,
    REPLICA,
    SECRET,
    UNKNOWN,
    WORKLOADS,
    Seen,
    World,
    aws_cli,
    claims_of,
    docker_pull,
    docker_push,
    host,
    job,
    kubelet,
)  # fmt: skip

EVERYWHERE = "arn:aws:ecr:*:*:repository/*"


@dataclass(frozen=True)
class Plant:
    cause: str
    met: Callable[[World], Seen]
    edits: bool
    """Whether a line of the settings lets just this call pass."""

    @property
    def name(self) -> str:
        return self.met.__name__.replace("_", "-")


PLANTS: list[Plant] = []
_Met = Callable[[World], Seen]


def planted(cause: str, *, edits: bool = False) -> Callable[[_Met], _Met]:
    def keep(met: _Met) -> _Met:
        PLANTS.append(Plant(cause, met, edits))
        return met

    return keep


# Where the call goes.


@planted("registry-of-other-stack")
def pulled_from_the_account_of_prod(world: World) -> Seen:
    return docker_pull(
        world.pull(world.root(account=PROD), "team/app", account=PROD), "team/app", at=host(account=PROD)
    )


@planted("other-account")
def pulled_from_another_account(world: World) -> Seen:
    refused = world.pull(world.root(account=UNKNOWN), "team/app", account=UNKNOWN)
    return kubelet(refused, "team/app", at=host(account=UNKNOWN))


@planted("other-region")
def pulled_where_no_replica_is(world: World) -> Seen:
    return docker_pull(world.pull(world.root(NOWHERE), "team/app", region=NOWHERE), "team/app", at=host(NOWHERE))


@planted("replica-without-repository")
def pulled_from_a_replica_of_others(world: World) -> Seen:
    return docker_pull(world.pull(world.root(PART), "team/app", region=PART), "team/app", at=host(PART))


@planted("push-to-replica")
def pushed_to_a_replica(world: World) -> Seen:
    password = world.password(world.session(APP, world.role(MAIN)), REPLICA)
    return docker_push(world.push(password, "team/app", region=REPLICA), "team/app", at=host(REPLICA))


# AWS's credentials.


@planted("credentials-unknown")
def logged_in_with_an_unknown_key(world: World) -> Seen:
    ecr = world.clients.of("ecr", HOME, AwsCredentials("AKIAIOSFODNN7EXAMPLE", "of-no-use"))
    with pytest.raises(ClientError) as refused:
        ecr.get_authorization_token()
    return aws_cli(refused)


@planted("signature-wrong")
def logged_in_with_another_secret(world: World) -> Seen:
    credentials = replace(world.session(APP, world.role(MAIN)), secret="another")  # noqa: S106  it is none
    with pytest.raises(ClientError) as refused:
        world.clients.of("ecr", HOME, credentials).get_authorization_token()
    return aws_cli(refused)


# The role.


@planted("role-arn-invalid")
def a_role_that_is_no_arn(world: World) -> Seen:
    return world.step(APP, f"arn:aws:iam::{ACCOUNT}:{MAIN}")


@planted("role-not-declared")
def a_role_that_is_misspelt(world: World) -> Seen:
    return world.step(APP, world.role("dev.acme.app+branch-mian"))


@planted("role-of-other-stack")
def a_role_of_prod(world: World) -> Seen:
    role = f"arn:aws:iam::{PROD}:role/container-registry/prod/prod.acme.app+environment-production"
    return world.step(APP, role)


@planted("no-identity-provider")
def a_role_in_an_account_without_the_provider(world: World) -> Seen:
    return world.step(APP, f"arn:aws:iam::{WORKLOADS}:role/push")


@planted("audience-wrong")
def a_token_for_another_audience(world: World) -> Seen:
    return world.step(APP, world.role(MAIN), audience="https://github.com/acme")


@planted("id-token-expired")
def a_token_of_yesterday(world: World) -> Seen:
    return world.step(APP, world.role(MAIN), at=datetime.now(UTC) - timedelta(days=1))


@planted("id-token-invalid")
def a_token_signed_by_another_key(world: World) -> Seen:
    token = GithubIssuer().token(APP, audience=AUDIENCE, now=datetime.now(UTC))
    return world.step(APP, world.role(MAIN), token=token)


@planted("session-too-long")
def a_session_of_half_a_day(world: World) -> Seen:
    return world.step(APP, world.role(MAIN), DurationSeconds=43_200)


@planted("wrong-role")
def the_role_of_another_workflow(world: World) -> Seen:
    return world.step(APP, world.role("dev.acme.web+branch-main"), repository="team/app")


@planted("repository-retires")
def a_push_to_what_retires(world: World) -> Seen:
    return world.step(job("old", "16"), world.role(MAIN), repository="team/old")


@planted("claim-pull-request")
def a_job_of_a_pull_request(world: World) -> Seen:
    return world.step(replace(APP, pull_request=True), world.role(MAIN))


@planted("claim-ref", edits=True)
def another_branch(world: World) -> Seen:
    return world.step(replace(APP, ref="refs/heads/release"), world.role(MAIN))


@planted("claim-ref", edits=True)
def a_tag_of_a_repository_with_one_line_of_pushes(world: World) -> Seen:
    return world.step(job("web", "12", ref="refs/tags/v1.0"), world.role("dev.acme.web+branch-main"))


@planted("claim-environment", edits=True)
def another_environment(world: World) -> Seen:
    return world.step(replace(APP, environment="staging"), world.role(MAIN))


@planted("claim-environment-missing")
def no_environment(world: World) -> Seen:
    return world.step(job("gated", "15"), world.role("dev.acme.gated+environment-production"))


@planted("claim-repository", edits=True)
def a_workflow_of_another_repository(world: World) -> Seen:
    return world.step(job("other", "99"), world.role(MAIN), repository="team/app")


@planted("claim-repository", edits=True)
def a_workflow_that_pushes_elsewhere(world: World) -> Seen:
    return world.step(
        replace(APP, ref="refs/heads/main"), world.role("dev.acme.web+branch-main"), repository="team/web"
    )


@planted("claim-case")
def a_repository_in_another_case(world: World) -> Seen:
    return world.step(job("App", ids_in_subject=True), world.role(MAIN), repository="team/app")


@planted("claim-ids")
def a_repository_that_was_made_anew(world: World) -> Seen:
    return world.step(replace(APP, repository_id="4711"), world.role(MAIN))


@planted("claim-subject-form", edits=True)
def a_subject_with_ids(world: World) -> Seen:
    return world.step(job("named", "13", ids_in_subject=True), world.role("dev.acme.named+branch-main"))


@planted("claim-subject-form", edits=True)
def a_subject_without_ids(world: World) -> Seen:
    return world.step(replace(APP, ids_in_subject=False), world.role(MAIN))


@planted("claim-workflow")
def a_workflow_of_its_own(world: World) -> Seen:
    name = next(each.name for each in world.settings.publishers if each.source.github == "acme/flow")
    return world.step(job("flow", "14"), world.role(name))


@planted("claim-stack", edits=True)
def an_environment_of_another_stack(world: World) -> Seen:
    return world.step(replace(APP, environment="production"), world.role(MAIN))


@planted("claims-needed")
def without_the_claims(world: World) -> Seen:
    return world.step(replace(APP, ref="refs/heads/release"), world.role(MAIN), claims=False)


@planted("claim-service-account")
def another_service_account(world: World) -> Seen:
    with pytest.raises(ClientError) as refused:
        world.by_service_account("web", "team", world.role("dev.pull.storefront.team"))
    return aws_cli(refused, claims={"iss": ISSUER, "sub": "system:serviceaccount:team:web"})


@planted("claim-service-account")
def another_namespace(world: World) -> Seen:
    with pytest.raises(ClientError) as refused:
        world.by_service_account("ecr-refresher", "web", world.role("dev.pull.storefront.team"))
    return aws_cli(refused, claims={"iss": ISSUER, "sub": "system:serviceaccount:web:ecr-refresher"})


# The login.


@planted("not-logged-in")
def docker_without_a_login(world: World) -> Seen:
    return docker_pull(world.pull(None, "team/app"), "team/app")


@planted("not-logged-in")
def a_pod_without_a_login(world: World) -> Seen:
    return kubelet(world.pull(None, "team/app"), "team/app")


@planted("logged-in-elsewhere")
def a_login_in_another_region(world: World) -> Seen:
    seen = docker_pull(world.pull(None, "team/app"), "team/app")
    login = f"docker login --username AWS --password-stdin {host(REPLICA)}"
    lines = f"$ aws ecr get-login-password --region {REPLICA} | {login}"
    return replace(seen, text=f"{lines}\nLogin Succeeded\n{seen.text}")


@planted("token-expired")
def a_login_of_yesterday(world: World) -> Seen:
    password = world.root()
    world.cloud.move_registry_clock(timedelta(hours=13))
    try:
        return docker_pull(world.pull(password, "team/app"), "team/app")
    finally:
        world.cloud.move_registry_clock(-timedelta(hours=13))


@planted("token-invalid")
def a_password_of_no_token(world: World) -> Seen:
    return docker_push(world.push("made-up", "team/app"), "team/app")


@planted("login-not-allowed")
def an_auditor_that_logs_in(world: World) -> Seen:
    with pytest.raises(ClientError) as refused:
        world.principals.of("ecr", _auditor(world), HOME).get_authorization_token()
    return aws_cli(refused)


def _auditor(world: World) -> AwsCredentials:
    arn = Arn("aws", "iam", "", WORKLOADS, "role/audit")
    return world.principals.assume(world.role("dev.auditor"), world.principals.principal(arn, HOME), HOME)


# Boundary and other limits.


@planted("session-policy")
def a_session_with_a_policy(world: World) -> Seen:
    policy = {"Version": "2012-10-17", "Statement": allow(["ecr:GetAuthorizationToken"], "*")}
    session = world.session(APP, world.role(MAIN), Policy=json.dumps(policy))
    return docker_push(world.push(world.password(session), "team/app"), "team/app")


def _narrowed(world: World) -> Seen:
    """A push within a boundary that lacks one of its actions."""
    iam, arn = (
        world.clients.root("iam", HOME, ACCOUNT),
        f"arn:aws:iam::{ACCOUNT}:policy/container-registry-dev-boundary",
    )
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    document = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    text = json.dumps(document).replace("ecr:InitiateLayerUpload", "ecr:ListImages")
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=text, SetAsDefault=True)
    try:
        session = world.session(APP, world.role(MAIN))
        return docker_push(world.push(world.password(session), "team/app"), "team/app")
    finally:
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(document), SetAsDefault=True)


@planted("boundary-outdated")
def a_boundary_that_was_not_deployed(world: World) -> Seen:
    return _narrowed(world)


@planted("boundary")
def a_boundary_that_lacks_an_action(world: World) -> Seen:
    return replace(_narrowed(world), boundary_without="ecr:InitiateLayerUpload")


# The caller's own policies.


@planted("push-not-declared", edits=True)
def a_publisher_in_another_repository(world: World) -> Seen:
    return docker_push(world.push(world.password(world.session(APP, world.role(MAIN))), "team/web"), "team/web")


@planted("claim-repository", edits=True)
def a_publisher_in_another_repository_with_its_claims(world: World) -> Seen:
    refused = world.push(world.password(world.session(APP, world.role(MAIN))), "team/web")
    return replace(docker_push(refused, "team/web"), claims=claims_of(APP))


@planted("publisher-pulls")
def a_publisher_that_pulls(world: World) -> Seen:
    world.pushed("team/app", "v1")
    return docker_pull(world.pull(world.password(world.session(APP, world.role(MAIN))), "team/app"), "team/app")


@planted("delete-not-granted")
def a_publisher_that_deletes(world: World) -> Seen:
    made = world.pushed("team/app", "v2")
    with (
        world.client(world.password(world.session(APP, world.role(MAIN)))) as client,
        pytest.raises(Refused) as refused,
    ):
        client.delete_manifest("team/app", made.digest)
    return docker_push(refused.value, "team/app")


@planted("configure-not-granted")
def a_publisher_that_configures(world: World) -> Seen:
    ecr = world.principals.of("ecr", world.session(APP, world.role(MAIN)), HOME)
    with pytest.raises(ClientError) as refused:
        ecr.put_image_tag_mutability(repositoryName="team/app", imageTagMutability="MUTABLE")
    return aws_cli(refused)


@planted("configure-not-granted")
def a_publisher_that_configures_by_its_event(world: World) -> Seen:
    a_publisher_that_configures(world)
    return Seen(event=world.events())


@planted("reads-not-granted")
def a_publisher_that_describes(world: World) -> Seen:
    ecr = world.principals.of("ecr", world.session(APP, world.role(MAIN)), HOME)
    with pytest.raises(ClientError) as refused:
        ecr.describe_images(repositoryName="team/app")
    return aws_cli(refused)


@planted("configure-not-granted")
def a_publisher_that_creates_a_repository(world: World) -> Seen:
    ecr = world.principals.of("ecr", world.session(APP, world.role(MAIN)), HOME)
    with pytest.raises(ClientError) as refused:
        ecr.create_repository(repositoryName="team/new")
    return aws_cli(refused)


@planted("namespace-not-declared", edits=True)
def a_pod_of_a_namespace_in_another_repository(world: World) -> Seen:
    session = world.by_service_account("ecr-refresher", "team", world.role("dev.pull.storefront.team"))
    claims = {"iss": ISSUER, "sub": "system:serviceaccount:team:ecr-refresher"}
    return kubelet(world.pull(world.password(session), "team/web"), "team/web", claims=claims)


@planted("namespace-not-declared", edits=True)
def a_namespace_in_another_repository(world: World) -> Seen:
    session = world.by_service_account("ecr-refresher", "team", world.role("dev.pull.storefront.team"))
    return docker_pull(world.pull(world.password(session), "team/web"), "team/web")


@planted("tasks-not-declared", edits=True)
def a_task_in_another_repository(world: World) -> Seen:
    source = Arn("aws", "ecs", HOME, ACCOUNT, "task/site/1")
    session = world.principals.service("ecs-tasks.amazonaws.com", world.role("dev.ecs-task-execution"), source)
    assert session is not None
    return docker_pull(world.pull(world.password(session), "team/web"), "team/web")


@planted("role-pulls-nothing")
def an_auditor_that_pulls(world: World) -> Seen:
    ecr = world.principals.of("ecr", _auditor(world), HOME)
    with pytest.raises(ClientError) as refused:
        ecr.batch_get_image(repositoryName="team/app", imageIds=[{"imageTag": "v1"}])
    return aws_cli(refused)


@planted("own-account-policies")
def a_role_of_the_account_without_permission(world: World) -> Seen:
    return docker_pull(world.pull(world.password(world.visitor(ACCOUNT, "bare")), "team/app"), "team/app")


@planted("other-account-policies")
def a_reader_without_permission_at_home(world: World) -> Seen:
    return docker_pull(world.pull(world.password(world.visitor(WORKLOADS, "idle")), "team/app"), "team/app")


@planted("other-account-policies")
def a_reader_without_permission_by_its_event(world: World) -> Seen:
    a_reader_without_permission_at_home(world)
    return Seen(event={"Records": [world.events(WORKLOADS)]})


# Our own policies.


@planted("registry-policy-denies")
def a_banned_role(world: World) -> Seen:
    session = world.visitor(WORKLOADS, "banned", allow(PULL_ACTIONS, EVERYWHERE))
    return docker_pull(world.pull(world.password(session), "team/app"), "team/app")


@planted("push-across-accounts")
def a_push_of_another_account(world: World) -> Seen:
    session = world.visitor(WORKLOADS, "builder", allow([*PUSH_ACTIONS, *PULL_ACTIONS], EVERYWHERE))
    return docker_push(world.push(world.password(session), "team/app"), "team/app")


@planted("pull-not-declared", edits=True)
def a_role_that_is_not_declared(world: World) -> Seen:
    session = world.visitor(WORKLOADS, "builder", allow([*PUSH_ACTIONS, *PULL_ACTIONS], EVERYWHERE))
    return docker_pull(world.pull(world.password(session), "team/app"), "team/app")


@planted("pull-not-declared", edits=True)
def a_role_with_a_path_by_its_event(world: World) -> Seen:
    """Denied, the owner's trail has nothing of it: the caller's has, with the role's path."""
    session = world.visitor(WORKLOADS, "ci/nightly", allow(PULL_ACTIONS, EVERYWHERE))
    world.pull(world.password(session), "team/web")
    return Seen(event={"detail": world.events(WORKLOADS)})


@planted("pull-not-declared", edits=True)
def a_pod_without_permission(world: World) -> Seen:
    """The kubelet shows no reason; the event has it."""
    session = world.visitor(WORKLOADS, "nodes", allow(PULL_ACTIONS, EVERYWHERE))
    kubelet(world.pull(world.password(session), "team/app"), "team/app")
    return Seen(event=world.events(WORKLOADS))


@planted("pull-not-declared")
def an_account_without_a_name(world: World) -> Seen:
    session = world.visitor(UNKNOWN, "builder", allow(PULL_ACTIONS, EVERYWHERE))
    return docker_pull(world.pull(world.password(session), "team/app"), "team/app")


@planted("service-not-declared", edits=True)
def a_function(world: World) -> Seen:
    return docker_pull(world.pull(world.service("lambda", ACCOUNT), "team/app"), "team/app")


@planted("service-not-declared", edits=True)
def a_build_of_another_account(world: World) -> Seen:
    seen = docker_pull(world.pull(world.service("codebuild", WORKLOADS), "team/app"), "team/app")
    return replace(seen, text=f"Project arn:aws:codebuild:{HOME}:{WORKLOADS}:project/site\n{seen.text}")


@planted("service-not-declared")
def a_function_of_another_account(world: World) -> Seen:
    """AWS Lambda asks for a grant to its account as a whole as well, which is more than this call."""
    seen = docker_pull(world.pull(world.service("lambda", WORKLOADS), "team/app"), "team/app")
    return replace(seen, text=f"Function arn:aws:lambda:{HOME}:{WORKLOADS}:function:site\n{seen.text}")


@planted("not-deployed")
def a_grant_that_is_not_deployed(world: World) -> Seen:
    ecr = world.clients.root("ecr", HOME, ACCOUNT)
    policy = ecr.get_repository_policy(repositoryName="team/app")["policyText"]
    ecr.delete_repository_policy(repositoryName="team/app")
    try:
        session = world.visitor(WORKLOADS, "reader", allow([*PULL_ACTIONS, *IMPORT_ACTIONS], EVERYWHERE))
        return docker_pull(world.pull(world.password(session), "team/app"), "team/app")
    finally:
        ecr.set_repository_policy(repositoryName="team/app", policyText=policy)


# The key.


@planted("key-not-usable")
def a_disabled_key(world: World) -> Seen:
    kms = world.clients.root("kms", HOME, ACCOUNT)
    key = kms.create_key()["KeyMetadata"]
    kms.disable_key(KeyId=key["KeyId"])
    encryption = {"encryptionType": "KMS", "kmsKey": key["Arn"]}
    with pytest.raises(ClientError) as refused:
        world.clients.root("ecr", HOME, ACCOUNT).create_repository(
            repositoryName="team/keyed", encryptionConfiguration=encryption
        )
    return aws_cli(refused)


@planted("key-not-granted")
def a_key_of_others(world: World) -> Seen:
    key = world.clients.root("kms", HOME, ACCOUNT).create_key()["KeyMetadata"]
    session = world.visitor(ACCOUNT, "maker", allow(["ecr:CreateRepository"], EVERYWHERE))
    encryption = {"encryptionType": "KMS", "kmsKey": key["Arn"]}
    with pytest.raises(ClientError) as refused:
        world.principals.of("ecr", session, HOME).create_repository(
            repositoryName="team/keyed", encryptionConfiguration=encryption
        )
    return aws_cli(refused)


# Caches.


@planted("cache-pull-not-declared", edits=True)
def an_import_of_another_role(world: World) -> Seen:
    session = world.visitor(WORKLOADS, "importer", allow([*PULL_ACTIONS, *IMPORT_ACTIONS], EVERYWHERE))
    return docker_pull(
        world.pull(world.password(session), "ecr-public/rehearsal/0", TAG), "ecr-public/rehearsal/0", TAG
    )


@planted("cache-pull-not-declared", edits=True)
def an_import_into_a_cache_written_as_a_block(world: World) -> Seen:
    session = world.visitor(WORKLOADS, "importer", allow([*PULL_ACTIONS, *IMPORT_ACTIONS], EVERYWHERE))
    return docker_pull(world.pull(world.password(session), "kubernetes/pause"), "kubernetes/pause")


@planted("cache-pull-not-declared")
def an_import_without_permission_to_create(world: World) -> Seen:
    session = world.visitor(ACCOUNT, "puller", allow(PULL_ACTIONS, EVERYWHERE))
    return docker_pull(world.pull(world.password(session), "ecr-public/rehearsal/9"), "ecr-public/rehearsal/9")


@planted("cache-upstream-missing")
def an_image_that_the_upstream_has_not(world: World) -> Seen:
    refused = world.pull(world.root(), "ecr-public/rehearsal/no-such")
    return docker_pull(refused, "ecr-public/rehearsal/no-such")


@planted("cache-upstream-refuses")
def an_upstream_that_is_away(world: World) -> Seen:
    return docker_pull(world.pull(world.root(), "kubernetes/pause"), "kubernetes/pause")


@planted("cache-secret-unusable")
def a_cache_whose_secret_is_no_login(world: World) -> Seen:
    world.cloud.add_secret(SECRET, "a token alone")
    return docker_pull(world.pull(world.root(), "docker-hub/library/python"), "docker-hub/library/python")


@planted("cache-not-declared")
def an_upstream_without_a_cache(world: World) -> Seen:
    return docker_pull(world.pull(world.root(), "quay/prometheus/node-exporter"), "quay/prometheus/node-exporter")


# Repositories and images.


@planted("repository-not-declared")
def a_misspelt_repository(world: World) -> Seen:
    return docker_pull(world.pull(world.root(), "team/ap"), "team/ap")


@planted("repository-not-declared")
def a_misspelt_repository_in_a_pod(world: World) -> Seen:
    return kubelet(world.pull(world.root(), "team/ap"), "team/ap")


@planted("repository-removed")
def a_repository_that_was_removed(world: World) -> Seen:
    return docker_pull(world.pull(world.root(), "team/gone"), "team/gone")


@planted("repository-not-deployed")
def a_repository_that_is_not_deployed(world: World) -> Seen:
    ecr = world.clients.root("ecr", HOME, ACCOUNT)
    if "team/late" in [each["repositoryName"] for each in ecr.describe_repositories()["repositories"]]:
        ecr.delete_repository(repositoryName="team/late", force=True)
    return docker_pull(world.pull(world.root(), "team/late"), "team/late")


@planted("tag-immutable")
def a_version_that_is_taken(world: World) -> Seen:
    world.pushed("team/app", "v1")
    return docker_push(world.push(world.root(), "team/app", "v1"), "team/app")


@planted("tag-immutable", edits=True)
def a_tag_that_is_meant_to_move(world: World) -> Seen:
    world.pushed("team/app", "latest")
    return docker_push(world.push(world.root(), "team/app", "latest"), "team/app")


@planted("layer-missing")
def a_manifest_before_its_layers(world: World) -> Seen:
    with world.client(world.root()) as client, pytest.raises(Refused) as refused:
        client.put_manifest("team/app", image("never pushed", layers=1).manifest, "v9")
    return docker_push(refused.value, "team/app")


@planted("manifest-refused")
def a_manifest_of_another_kind(world: World) -> Seen:
    manifest = Blob(content=b'{"schemaVersion": 1}', media_type="application/vnd.docker.distribution.manifest.v1+json")
    with world.client(world.root()) as client, pytest.raises(Refused) as refused:
        client.put_manifest("team/app", manifest, "v9")
    return docker_push(refused.value, "team/app")


@planted("image-archived")
def an_archived_image(world: World) -> Seen:
    made = world.pushed("team/archive", "release-1")
    ecr = world.clients.root("ecr", HOME, ACCOUNT)
    named = {"imageDigest": made.digest}
    if ecr.describe_images(repositoryName="team/archive", imageIds=[named])["imageDetails"]:
        ecr.update_image_storage_class(repositoryName="team/archive", imageId=named, targetStorageClass="ARCHIVE")
    return docker_pull(world.pull(world.root(), "team/archive", "release-1"), "team/archive", "release-1")


@planted("image-archived")
def an_archived_image_in_a_pod(world: World) -> Seen:
    made = world.pushed("team/archive", "release-2")
    world.clients.root("ecr", HOME, ACCOUNT).update_image_storage_class(
        repositoryName="team/archive", imageId={"imageDigest": made.digest}, targetStorageClass="ARCHIVE"
    )
    return kubelet(world.pull(world.root(), "team/archive", "release-2"), "team/archive", "release-2")


def _expired(world: World, name: str, tag: str) -> str:
    """The digest of an image that was there, and is no more."""
    made = world.pushed(name, tag)
    with world.client(world.root()) as client:
        client.delete_manifest(name, made.digest)
    return made.digest


@planted("image-expired")
def an_expired_image(world: World) -> Seen:
    _expired(world, "team/app", "v0")
    return docker_pull(world.pull(world.root(), "team/app", "v0"), "team/app", "v0")


@planted("tag-moved")
def an_image_whose_tag_moved(world: World) -> Seen:
    digest = _expired(world, "team/app", "moving")
    refused = world.pull(world.root(), "team/app", digest)
    return replace(docker_pull(refused, "team/app", digest), text=f"manifest for {host()}/team/app@{digest} not found: "
        f"manifest unknown: {refused.message}\n")  # fmt: skip


@planted("not-replicated")
def an_image_that_is_not_there_yet(world: World) -> Seen:
    refused = world.pull(world.root(REPLICA), "team/app", "v7", region=REPLICA)
    return docker_pull(refused, "team/app", "v7", at=host(REPLICA))


@planted("platform-missing")
def a_platform_that_was_not_built(world: World) -> Seen:
    """The client looks for its platform in the index, and finds others."""
    with world.client(world.root()) as client:
        client.push("team/app", index("team/app"), "v4")
        found = json.loads(client.manifest("team/app", "v4").content)["manifests"]
    assert {each["platform"]["architecture"] for each in found} == {"amd64", "arm64"}
    return Seen(text=f"{host()}/team/app:v4: no matching manifest for linux/riscv64 in the manifest list entries\n")


@planted("tag-missing")
def a_tag_that_never_was(world: World) -> Seen:
    return docker_pull(world.pull(world.root(), "team/app", "nightly"), "team/app", "nightly")
