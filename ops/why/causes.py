"""Everything that `python -m ops why` can find in the way of a call, in the order in which a call meets it."""

from dataclasses import dataclass
from enum import StrEnum


class Stage(StrEnum):
    """On the way of a call; the first thing in the way is the cause."""

    HOST = "host"
    REGISTRY = "account and region"
    CREDENTIALS = "AWS credentials"
    TRUST = "trust policy"
    LOGIN = "login"
    BOUNDARY = "permissions boundary and limits"
    IDENTITY = "identity-based policies"
    REGISTRY_POLICY = "registry policy"
    REPOSITORY_POLICY = "repository policy"
    KEY = "key"
    CACHE = "cache"
    IMAGE = "repository and image"
    CLUSTER = "cluster"


@dataclass(frozen=True, slots=True)
class Cause:
    """One thing that can be in the way; `mended` is where, and what a fix of it says in general."""

    id: str
    stage: Stage
    means: str
    mended: str


_CATALOG, _STACK = "catalog.yaml", "the stack's file"
_WORKFLOW, _CLIENT, _THERE = "the workflow", "the client", "the other account"
_BOOTSTRAP, _DEPLOY, _BUILD = "bootstrap/account.yaml", "a deployment", "the build"


_ROWS = (
    (Stage.HOST, (
        ("image-without-registry", "the image names no registry, so the client asked Docker Hub", _CLIENT),
        ("image-name-invalid", "the image's name is not one that a client takes", _CLIENT),
        ("host-not-ecr", "the host is not one of Amazon ECR", _CLIENT),
        ("host-unknown", "no such host exists", _CLIENT),
        ("network", "the host can't be reached from where the client runs", "the network"),
    )),
    (Stage.REGISTRY, (
        ("registry-of-other-stack", "the registry is that of another stack", _CLIENT),
        ("other-account", "the registry is in an account that no stack declares", _CLIENT),
        ("other-region", "the stack has no registry in that region", _CLIENT),
        ("replica-without-repository", "the replica in that region does not have the repository", _CLIENT),
        ("push-to-replica", "images are pushed at home alone, and replicated from there", _WORKFLOW),
    )),
    (Stage.CREDENTIALS, (
        ("no-id-token-permission", "the job can't get a token from GitHub", _WORKFLOW),
        ("no-aws-credentials", "the client found no AWS credentials", _CLIENT),
        ("credentials-expired", "the session of the role has ended", _CLIENT),
        ("credentials-unknown", "AWS does not know the access key, or its token", _CLIENT),
        ("signature-wrong", "the secret does not belong to the access key", _CLIENT),
        ("clock-wrong", "the client's clock differs from AWS's by more than some minutes", _CLIENT),
    )),
    (Stage.TRUST, (
        ("role-arn-invalid", "the role's name is not an ARN", _WORKFLOW),
        ("role-of-other-stack", "the role is one of another stack", _WORKFLOW),
        ("role-not-declared", "the stack declares no such role", _WORKFLOW),
        ("no-identity-provider", "the account has no provider of the token's issuer", _BOOTSTRAP),
        ("audience-wrong", "the token was made for another audience than AWS", _WORKFLOW),
        ("id-token-expired", "the token of the job has ended", _WORKFLOW),
        ("id-token-invalid", "AWS can't prove the token", _WORKFLOW),
        ("session-too-long", "the session is asked for longer than the role allows", _WORKFLOW),
        ("repository-retires", "the repository retires, and takes no new images", _CATALOG),
        ("wrong-role", "another role is for this workflow", _WORKFLOW),
        ("claim-pull-request", "jobs of pull requests can't push", _WORKFLOW),
        ("claim-repository", "the workflow's repository is not one that pushes", _CATALOG),
        ("claim-case", "the workflow's repository is declared in another case", _CATALOG),
        ("claim-ids", "the token has another id than is declared", _CATALOG),
        ("claim-subject-form", "the token's subject has another form than is declared", _CATALOG),
        ("claim-workflow", "the token is of another reusable workflow than is declared", _WORKFLOW),
        ("claim-stack", "the workflow pushes in other stacks, and not in this one", _CATALOG),
        ("claim-environment-missing", "the job runs in no environment, and one is declared", _WORKFLOW),
        ("claim-environment", "the job's environment is not declared", _CATALOG),
        ("claim-ref", "the workflow's branch or tag is not declared", _CATALOG),
        ("claim-service-account", "the role is not for this service account", _STACK),
        ("claims-needed", "the role does not trust the token; its claims would say why", _WORKFLOW),
        ("role-not-trusted", "the role can't be assumed by this principal", "the role's trust policy"),
    )),
    (Stage.LOGIN, (
        ("logged-in-elsewhere", "the login is for another account or region", _CLIENT),
        ("not-logged-in", "the client came without a login", _CLIENT),
        ("token-expired", "the login is older than twelve hours", _CLIENT),
        ("token-invalid", "the registry does not know the login's password", _CLIENT),
        ("login-not-allowed", "the principal has no permission to log in", "its policies"),
    )),
    (Stage.BOUNDARY, (
        ("service-control-policy", "a policy of the organization denies it", "AWS Organizations"),
        ("endpoint-policy", "the policy of a VPC endpoint does not allow it", "the network"),
        ("session-policy", "the session was made with a policy that does not allow it", _CLIENT),
        ("boundary", "the permissions boundary of the stack's roles does not allow it", _BOOTSTRAP),
        ("boundary-outdated", "the deployed boundary is older than the project's", _BOOTSTRAP),
    )),
    (Stage.IDENTITY, (
        ("delete-not-granted", "no principal deletes images by hand", _CATALOG),
        ("configure-not-granted", "repositories are configured by deployments alone", _CATALOG),
        ("reads-not-granted", "what reads settings and findings is the auditor's role", _STACK),
        ("push-not-declared", "the publisher's role is not for this repository", _CATALOG),
        ("publisher-pulls", "publishers push, and do not pull", _CLIENT),
        ("namespace-not-declared", "the namespace does not pull this repository", _CATALOG),
        ("tasks-not-declared", "tasks of ECS do not pull this repository", _CATALOG),
        ("role-pulls-nothing", "the stack's role is not for pulls", _CLIENT),
        ("own-account-policies", "the principal's own policies do not allow it", "the stack's account"),
        ("other-account-policies", "the caller's account does not allow it, and ours does", _THERE),
    )),
    (Stage.REGISTRY_POLICY, (
        ("registry-policy-denies", "a statement of the stack's registry policy denies it", _STACK),
    )),
    (Stage.REPOSITORY_POLICY, (
        ("push-across-accounts", "principals of other accounts do not push", _CATALOG),
        ("service-not-declared", "the service does not pull this repository for that account", _CATALOG),
        ("pull-not-declared", "the account, or its role, does not pull this repository", _CATALOG),
    )),
    (Stage.KEY, (
        ("key-not-usable", "the repository's key is disabled, or to be deleted", "AWS KMS"),
        ("key-not-granted", "the repository's key is not for this use", "the key's policy"),
    )),
    (Stage.CACHE, (
        ("cache-not-declared", "the stack has no cache for that upstream", _STACK),
        ("cache-pull-not-declared", "the principal can't import images into the cache", _STACK),
        ("cache-secret-unusable", "the cache's secret is not there, or not readable", "AWS Secrets Manager"),
        ("cache-upstream-refuses", "the upstream refuses the cache, or can't be reached", "the upstream"),
        ("cache-upstream-missing", "the upstream has no such image", _CLIENT),
    )),
    (Stage.IMAGE, (
        ("repository-removed", "the repository was removed", _CATALOG),
        ("repository-not-declared", "the catalog has no such repository", _CATALOG),
        ("repository-not-deployed", "the catalog has the repository, and the registry not yet", _DEPLOY),
        ("not-deployed", "the settings allow it, and what is deployed does not", _DEPLOY),
        ("tag-immutable", "the tag is taken, and tags of this name do not move", _CATALOG),
        ("layer-missing", "a layer or image was not pushed before its manifest", _BUILD),
        ("manifest-refused", "Amazon ECR does not take this form of manifest", _BUILD),
        ("quota", "a quota of Amazon ECR is reached", _CATALOG),
        ("throttled", "there were more requests than Amazon ECR answers", _CLIENT),
        ("image-archived", "the image is archived, and can't be pulled until it is restored", _CATALOG),
        ("image-expired", "a rule of retention has removed the image", _CATALOG),
        ("tag-moved", "the tag moved, and the image without a tag has expired", _CATALOG),
        ("not-replicated", "the image is not in the replica yet", _CLIENT),
        ("tag-missing", "no image has this tag", _CLIENT),
        ("platform-missing", "the image is not built for the client's platform", _BUILD),
        ("platform-wrong", "the image is of another platform than the machine", _BUILD),
    )),
    (Stage.CLUSTER, (
        ("image-not-admitted", "the cluster admits no such image", _STACK),
        ("pull-secret-missing", "the namespace has no pull secret", _STACK),
    )),
)  # fmt: skip
CAUSES = {row[0]: Cause(row[0], stage, *row[1:]) for stage, rows in _ROWS for row in rows}
