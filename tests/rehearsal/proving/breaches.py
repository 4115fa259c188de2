"""Each promise with what breaks it, and what its proof then says."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from domain.iam.github import ISSUER
from domain.iam.oidc import AUDIENCE
from localcloud.clients import Clients
from tests.rehearsal.proving import stacks
from tests.rehearsal.proving.breaking import (
    PULL,
    REGION,
    At,
    Breach,
    Break,
    Statement,
    allow,
    and_also,
    both,
    deny,
    granted,
    narrowed,
    policy,
    replaced,
    to,
    undone,
    without,
)
from tests.rehearsal.proving.cluster_breaches import OF_CLUSTERS
from tests.rehearsal.proving.monitoring_breaches import OF_MONITORING
from tests.rehearsal.proving.stacks import DEV_ACCOUNT, WORKLOADS

API, WEB, LEDGER, INGEST = "payments/api", "storefront/web", "payments/ledger", "data/ingest"
NOTEBOOKS = "data/notebooks"
DEV = At(DEV_ACCOUNT)
pulled_by = DEV.repository_policy
KEY, SOMEBODY = "alias/container-registry", f"arn:aws:iam::{DEV_ACCOUNT}:role/somebody"
TO_UNDECLARED = policy(granted(*PULL, to=stacks.OTHER_ACCOUNT))
TO_ANY_FUNCTION = policy(allow(*PULL, Principal={"Service": "lambda.amazonaws.com"}))
WIDE = policy(allow("kms:*", Principal={"AWS": f"arn:aws:iam::{DEV_ACCOUNT}:root"}, Resource="*"))
REPLICATING = allow("ecr:ReplicateImage", Principal={"AWS": stacks.OTHER_ACCOUNT}, Resource=DEV.arn("*"))


def api(*statements_there: Statement) -> Break:
    """Another policy of the repository than the declared one."""
    return pulled_by(API, to(policy(*statements_there)))


def api_and(*actions: str, to: str = WORKLOADS) -> Break:
    """One statement more."""
    return pulled_by(API, and_also(granted(*actions, to=to)))


def tagged(key: str, value: str | None, before: str | None) -> Break:
    """Another value of a resource tag; None is no such tag."""

    def put(wanted: str | None) -> Callable[[Clients], object]:
        if wanted is None:
            return DEV.calls("untag_resource", resourceArn=DEV.arn(API), tagKeys=[key])
        return DEV.calls("tag_resource", resourceArn=DEV.arn(API), tags=[{"Key": key, "Value": wanted}])

    return undone(put(value), put(before))


def scan_on_push(on: bool) -> Callable[[Clients], object]:
    given = {"repositoryName": API, "imageScanningConfiguration": {"scanOnPush": on}}
    return DEV.calls("put_image_scanning_configuration", **given)


def first_rule(text: str | None) -> str:
    """The lifecycle policy without its last rule."""
    document = json.loads(text or "")
    return json.dumps({"rules": document["rules"][:-1]})


@contextmanager
def another_key(clients: Clients) -> Iterator[None]:
    kms = DEV.kms(clients)
    before = kms.describe_key(KeyId=KEY)["KeyMetadata"]["KeyId"]
    kms.update_alias(AliasName=KEY, TargetKeyId=kms.create_key()["KeyMetadata"]["KeyId"])
    yield
    kms.update_alias(AliasName=KEY, TargetKeyId=before)


@contextmanager
def no_rotation(clients: Clients) -> Iterator[None]:
    kms = DEV.kms(clients)
    key = kms.describe_key(KeyId=KEY)["KeyMetadata"]["KeyId"]
    kms.disable_key_rotation(KeyId=key)
    yield
    kms.enable_key_rotation(KeyId=key)


SCAN_LESS = DEV.scanning(rules=[])
NO_SCAN_ON_PUSH = undone(scan_on_push(False), scan_on_push(True))
OF_REPOSITORIES = [
    Breach("push_and_pull", API, api(deny("ecr:PutImage", Principal={"AWS": DEV_ACCOUNT})), "ecr:PutImage"),
    Breach(
        "push_and_pull", API, api(deny("ecr:GetDownloadUrlForLayer", Principal={"AWS": DEV_ACCOUNT})),
        "ecr:GetDownloadUrlForLayer",
    ),
    Breach("multi_architecture", API, api(deny("ecr:PutImage", Principal={"AWS": DEV_ACCOUNT})), "ecr:PutImage"),
    Breach("immutable_tags", API, DEV.mutability(API, "MUTABLE"), "moved from sha256:"),
    Breach("mutable_tags", WEB, DEV.mutability(WEB, "IMMUTABLE"), "because the tag is immutable"),
    Breach("mutable_tags", WEB, DEV.mutability(WEB, "IMMUTABLE_WITH_EXCLUSION", "latest"), "'preview-rehearsal'"),
    Breach("lifecycles", API, DEV.lifecycle_policy(API, first_rule), '"untagged"}}]}, and there is {"rules":'),
    Breach("lifecycles", API, DEV.lifecycle_policy(API, to(None)), "no lifecycle policy"),
    Breach("encrypted", API, another_key, "declared KMS arn:"),
    Breach("encrypted", API, no_rotation, "does not rotate"),
    Breach("encrypted", API, DEV.key_policy(KEY, WIDE), "kms:*"),
    Breach("scanned", API, SCAN_LESS, "no filter of the registry"),
    Breach("scanned", API, DEV.scanning(scanType="ENHANCED"), "declared BASIC SCAN_ON_PUSH, and there is ENHANCED"),
    Breach("scanned", API, both(SCAN_LESS, NO_SCAN_ON_PUSH), "declared BASIC SCAN_ON_PUSH, and there is BASIC MANUAL"),
    Breach("scanned", API, NO_SCAN_ON_PUSH, "scan on push is off"),
    Breach("tagged", API, tagged("owner", None, "payments"), "'owner': 'payments'"),
    Breach("tagged", API, tagged("owner", "somebody", "payments"), "'owner': 'somebody'"),
    Breach("tagged", API, tagged("by-hand", "yes", None), "'by-hand': 'yes'"),
    Breach("pull_grants", API, api(granted(*PULL, to=stacks.OTHER_ACCOUNT)), f"{WORKLOADS} is granted a pull"),
    Breach("pull_grants", API, pulled_by(API, without("PullByOrganizations")), "o-a1b2c3d4e5 is granted"),
    Breach("pull_grants", LEDGER, pulled_by(LEDGER, to(TO_UNDECLARED)), "ledger-task-execution is granted"),
    Breach("pull_grants", INGEST, pulled_by(INGEST, without("PullByLambda")), f"lambda in {DEV_ACCOUNT}"),
    Breach(
        "pull_grants", INGEST,
        pulled_by(INGEST, narrowed("PullByLambda", StringEquals={"aws:SourceAccount": DEV_ACCOUNT})),
        f"lambda in {WORKLOADS} is granted",
    ),
    Breach("pull_grants", INGEST, pulled_by(INGEST, without("PullByCodeBuild")), "codebuild"),
    Breach("pull_grants", API, api_and("ecr:*"), f"{WORKLOADS} began to push a layer"),
    Breach("pull_grants", API, api_and("ecr:PutImage"), f"{WORKLOADS} pushed a manifest"),
    Breach("pull_grants", API, api_and("ecr:BatchDeleteImage"), f"{WORKLOADS} deleted an"),
    Breach("denied", API, api(granted("ecr:GetDownloadUrlForLayer")), "pulled a layer, and nothing grants it"),
    Breach("denied", API, api(granted("ecr:InitiateLayerUpload")), "began to push a layer, and nothing grants it"),
    Breach("denied", API, api(granted("ecr:PutImage")), "pushed a manifest, and nothing grants it"),
    Breach("denied", API, api(granted("ecr:BatchDeleteImage")), "deleted an image, and nothing grants it"),
    Breach("denied", API, api(granted(*PULL)), "pulled a manifest, and nothing grants it"),
    Breach(
        "denied", LEDGER, pulled_by(LEDGER, to(policy(granted(*PULL, to=WORKLOADS)))),
        f"role of {WORKLOADS} pulled a manifest",
    ),
    Breach("denied", INGEST, pulled_by(INGEST, to(TO_ANY_FUNCTION)), "another account's lambda pulled"),
    Breach("repository_policy", API, api_and("ecr:BatchGetImage", to=stacks.OTHER_ACCOUNT), stacks.OTHER_ACCOUNT),
    Breach("repository_policy", API, pulled_by(API, without("PullByOrganizations")), "declared"),
    Breach("repository_policy", LEDGER, pulled_by(LEDGER, to(None)), "and there is none"),
    Breach("tested_access", NOTEBOOKS, pulled_by(NOTEBOOKS, and_also(granted(*PULL))), "everyone: pull must be denied"),
    Breach(
        "tested_access", NOTEBOOKS, pulled_by(NOTEBOOKS, and_also(granted("ecr:BatchDeleteImage", to=WORKLOADS))),
        "account workloads: delete must be denied",
    ),
    Breach(
        "configured", "registry",
        undone(*(DEV.calls("put_account_setting", name="BLOB_MOUNTING", value=f"{on}ABLED") for on in ("EN", "DIS"))),
        "'BLOB_MOUNTING': 'DISABLED'",
    ),
    Breach("configured", "registry", DEV.registry_policy(to(policy(REPLICATING))), "registry policy: declared"),
    Breach("configured", "registry", DEV.registry_policy(to(None)), "and there is None"),
]  # fmt: skip

API_ROLE, LEDGER_ROLE = "dev.acme.payments-api+branch-main", "dev.acme.payments-ledger+branch-main"
PLAIN_ROLE = "dev.acme.notebooks+branch-main"
"""One that asks for no ids."""
NAME = "repo:acme@1024/payments-api@65536"


def subject(pattern: str, role: str = API_ROLE) -> Break:
    """Trusts every token with a subject of the pattern."""
    return DEV.trust(role, lambda statement: {**asked(statement, "sub"), **like(statement, pattern)})


def asked(statement: Statement, *less: str) -> Statement:
    """The statement, asking for less of a token."""
    equals = statement["Condition"]["StringEquals"]
    left = {name: value for name, value in equals.items() if name.removeprefix(f"{ISSUER}:") not in less}
    return {**statement, "Condition": {**statement["Condition"], "StringEquals": left}}


def like(statement: Statement, pattern: str) -> Statement:
    condition = asked(statement, "sub")["Condition"]
    return {"Condition": {**condition, "StringLike": {f"{ISSUER}:sub": pattern}}}


def whatever(role: str, claim: str) -> Break:
    """Trusts whatever the token says of this."""
    return DEV.trust(role, lambda statement: asked(statement, claim))


@contextmanager
def any_audience(clients: Clients) -> Iterator[None]:
    iam, url = DEV.iam(clients), f"https://{ISSUER}"
    provider = f"arn:aws:iam::{DEV_ACCOUNT}:oidc-provider/{ISSUER}"
    for known in ((AUDIENCE, "https://github.com/acme"), (AUDIENCE,)):
        # The local IAM knows no AddClientIDToOpenIDConnectProvider.
        iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=provider)
        iam.create_open_id_connect_provider(Url=url, ClientIDList=known)
        if len(known) > 1:
            with whatever(API_ROLE, "aud")(clients):
                yield


@contextmanager
def an_attached_policy(clients: Clients) -> Iterator[None]:
    iam, text = DEV.iam(clients), policy(allow("s3:*", Resource="*"))
    arn = iam.create_policy(PolicyName="by-hand", PolicyDocument=text)["Policy"]["Arn"]
    iam.attach_role_policy(RoleName=API_ROLE, PolicyArn=arn)
    yield
    iam.detach_role_policy(RoleName=API_ROLE, PolicyArn=arn)
    iam.delete_policy(PolicyArn=arn)


OF_PUBLISHERS = [
    Breach("pushes", API_ROLE, subject(f"{NAME}:ref:refs/heads/release"), "refs/heads/main is declared, and was"),
    Breach(
        "pushes", API_ROLE, DEV.role_policy(API_ROLE, "ecr:PutImage", "ecr:ListImages"),
        "declared, and its push was",
    ),
    Breach("pushes", API_ROLE, DEV.role_policy(API_ROLE, API, "payments/*"), "began to push a layer"),
    Breach("pushes", API_ROLE, DEV.role_policy(API_ROLE, API, f"{API}*"), f"{API}*"),
    Breach("pushes", API_ROLE, DEV.more(API_ROLE, "ecr:PutImage"), "404 BLOB_UPLOAD_UNKNOWN: Layers"),
    Breach("pushes", API_ROLE, DEV.more(API_ROLE, "ecr:BatchDeleteImage"), "deleted an image, and nothing"),
    Breach("pushes", LEDGER_ROLE, DEV.more(LEDGER_ROLE, "ecr:PutLifecyclePolicy"), "put a lifecycle policy"),
    Breach("pushes", LEDGER_ROLE, DEV.more(LEDGER_ROLE, "ecr:PutImageTagMutability"), "set a tag's mutability"),
    Breach("pushes", LEDGER_ROLE, DEV.more(LEDGER_ROLE, "ecr:SetRepositoryPolicy"), "set a repository policy"),
    Breach("pushes", API_ROLE, DEV.more(API_ROLE, "iam:CreateUser"), "declared one policy, and there are"),
    Breach("pushes", API_ROLE, an_attached_policy, "registry, by-hand"),
    Breach("trusted", API_ROLE, subject(f"{NAME}:*"), "another environment got into the role"),
    Breach("trusted", API_ROLE, subject(f"{NAME}:ref:refs/heads/*"), "another branch got into"),
    Breach("trusted", API_ROLE, subject(f"{NAME}:ref:refs/tags/*"), "another tag got into"),
    Breach("trusted", API_ROLE, subject(f"{NAME}:pull_request"), "a pull request got into"),
    Breach("trusted", PLAIN_ROLE, subject("repo:acme/*:ref:refs/heads/main", PLAIN_ROLE), "repository of the owner"),
    Breach("trusted", PLAIN_ROLE, subject("repo:*/notebooks:ref:refs/heads/main", PLAIN_ROLE), "a fork got into"),
    Breach("trusted", LEDGER_ROLE, whatever(LEDGER_ROLE, "repository_owner_id"), "another owner of the name got"),
    Breach("trusted", LEDGER_ROLE, whatever(LEDGER_ROLE, "repository_id"), "another repository of the name got"),
    Breach("trusted", API_ROLE, any_audience, "a token for another audience got into"),
]  # fmt: skip

CACHING = At(stacks.CACHES_ACCOUNT)
PUBLIC, QUAY = "cache ecr-public", "cache their/quay"
RULE = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 7}
FEWER = json.dumps({"rules": [{"rulePriority": 1, "selection": RULE, "action": {"type": "expire"}}]})


def cache(**changes: Any) -> Break:
    """Another template of the cache of ECR Public."""
    return CACHING.template("ecr-public", **changes)


def importing(principal: str) -> Break:
    """This one brings in what it likes."""
    actions = ("ecr:BatchGetImage", "ecr:BatchImportUpstreamImage", "ecr:CreateRepository")
    return CACHING.registry_policy(and_also({**granted(*actions, to=principal), "Resource": CACHING.arn("*")}))


def not_importing(sid: str) -> Break:
    return CACHING.registry_policy(without(sid))


NO_RULE = undone(
    CACHING.calls("delete_pull_through_cache_rule", ecrRepositoryPrefix="ecr-public"),
    CACHING.calls(
        "create_pull_through_cache_rule", ecrRepositoryPrefix="ecr-public", upstreamRegistryUrl="public.ecr.aws"
    ),
)
OF_CACHES = [
    Breach("cached", PUBLIC, not_importing("Import1ByAccounts"), f"{WORKLOADS} is granted a pull, and"),
    Breach("cached", PUBLIC, not_importing("Import1ByOrganizations"), "o-a1b2c3d4e5 is granted a pull, and"),
    Breach("cached", QUAY, not_importing("Import2ByAccounts"), f"{WORKLOADS} ci/runner is granted a pull, and"),
    Breach("cached", PUBLIC, NO_RULE, f"{WORKLOADS} is granted a pull, and"),
    Breach("cached", PUBLIC, cache(imageTagMutability="IMMUTABLE"), "mutability of ecr-public/rehearsal/0"),
    Breach("cached", PUBLIC, cache(resourceTags=[]), "tags of ecr-public/rehearsal/0: declared {"),
    Breach("cached", PUBLIC, cache(lifecyclePolicy=FEWER), "lifecycle policy of ecr-public/rehearsal/0"),
    Breach("cached", PUBLIC, cache(repositoryPolicy=policy(granted(*PULL))), "repository policy of ecr-public"),
    Breach("cache_denied", PUBLIC, cache(repositoryPolicy=policy(granted(*PULL))), "pulled a manifest, and nothing"),
    Breach("cache_denied", PUBLIC, cache(repositoryPolicy=policy(granted("ecr:PutImage"))), "pushed a manifest"),
    Breach("cache_denied", PUBLIC, importing("*"), "brought ecr-public/rehearsal/undeclared in, and nothing"),
    Breach(
        "cache_denied", QUAY, importing(f"arn:aws:iam::{WORKLOADS}:role/rehearsal-other"),
        f"role of {WORKLOADS} brought",
    ),
    Breach(
        "cache_denied", PUBLIC, importing(f"arn:aws:iam::{stacks.CACHES_ACCOUNT}:role/rehearsal-puller"),
        "a role that may pull brought ecr-public/rehearsal/undeclared in",
    ),
    Breach("repository_policy", "team/app", CACHING.repository_policy("team/app", to(TO_UNDECLARED)), "declared no"),
]  # fmt: skip

HOME, AT_COPY, AT_PART, AT_THERE = (
    At(account, region)
    for account, region in (
        (stacks.REPLICAS_ACCOUNT, REGION),
        (stacks.REPLICAS_ACCOUNT, stacks.COPY),
        (stacks.REPLICAS_ACCOUNT, stacks.PART),
        (WORKLOADS, stacks.THERE),
    )
)
REPLICA, ELSEWHERE = f"registry@{stacks.COPY}", f"registry@{WORKLOADS}.{stacks.THERE}"
ON = {"destinations": [{"region": "ap-south-1", "registryId": stacks.REPLICAS_ACCOUNT}]}
OTHERS = {**ON, "repositoryFilters": [{"filter": "other/", "filterType": "PREFIX_MATCH"}]}


@contextmanager
def everything_goes_everywhere(clients: Clients) -> Iterator[None]:
    def everything(rules: list[Any]) -> list[Any]:
        return [{"destinations": [each for rule in rules for each in rule["destinations"]]}]

    with HOME.replication(everything)(clients):
        yield
    AT_PART.ecr(clients).delete_repository(repositoryName="team/web", force=True)


@contextmanager
def no_template(clients: Clients) -> Iterator[None]:
    ecr = AT_COPY.ecr(clients)
    (before,) = ecr.describe_repository_creation_templates()["repositoryCreationTemplates"]
    ecr.delete_repository_creation_template(prefix="ROOT")
    yield
    kept = {name: value for name, value in before.items() if name not in ("createdAt", "updatedAt")}
    ecr.create_repository_creation_template(**kept)


WEB_IN_PART = undone(
    AT_PART.calls("create_repository", repositoryName="team/web"),
    AT_PART.calls("delete_repository", repositoryName="team/web", force=True),
)
OF_REPLICAS = [
    Breach("undeclared", REPLICA, AT_COPY.template("ROOT", imageTagMutability="MUTABLE"), "mutability of rehearsal-"),
    Breach("undeclared", REPLICA, AT_COPY.template("ROOT", resourceTags=[]), "tags of rehearsal-undeclared: "),
    Breach("undeclared", REPLICA, AT_COPY.template("ROOT", encryptionConfiguration={"encryptionType": "KMS"}), "key"),
    Breach("undeclared", REPLICA, no_template, "declared {'encryptionType': 'KMS'"),
    Breach("undeclared", REPLICA, HOME.replication(lambda _: []), "did not come: not sent"),
    Breach(
        "undeclared", ELSEWHERE,
        AT_THERE.registry_policy(replaced('"ecr:ReplicateImage"', '"ecr:ReplicateImage","ecr:CreateRepository"')),
        "came to another account: COMPLETE",
    ),
    Breach("replica_ends", f"team/app@{stacks.COPY}", AT_COPY.replication(lambda _: [ON]), "0001 ap-south-1"),
    Breach(
        "replica_ends", f"team/app@{stacks.COPY}", AT_COPY.replication(lambda _: [OTHERS]),
        "it has a replication configuration",
    ),
    Breach("replicated", "team/web", everything_goes_everywhere, f", {stacks.REPLICAS_ACCOUNT} {stacks.PART}, "),
    Breach("replicated", "team/web", HOME.replication(lambda _: []), "and it went to nowhere"),
    Breach("replicated", "team/web", HOME.replication(lambda rules: rules[1:]), "and it went to nowhere"),
    Breach(
        "replicated", "team/web",
        AT_THERE.registry_policy(replaced(f"::{stacks.REPLICAS_ACCOUNT}:", f"::{stacks.OTHER_ACCOUNT}:")), "FAILED: ",
    ),
    Breach("replicated", "team/web", WEB_IN_PART, f"it is not for {stacks.PART}, and is there"),
]  # fmt: skip

OWN = At(stacks.ROLES_ACCOUNT)
TASKS, AUDITOR, STANDING = (
    "dev.ecs-task-execution",
    "dev.auditor",
    ("task_pulls", "task_trust", "audit_reads", "audit_trust"),
)
ADA = f"arn:aws:iam::{stacks.ROLES_ACCOUNT}:user/ada"
EC2, EC2_ALONE = {"Service": ["ecs-tasks.amazonaws.com", "ec2.amazonaws.com"]}, {"Service": "ec2.amazonaws.com"}


def trusting(role: str, **changes: Any) -> Break:
    """Another trust policy; what is None is left out."""

    def change(statement: Statement) -> Statement:
        return {name: value for name, value in {**statement, **changes}.items() if value is not None}

    return OWN.trust(role, change)


OF_ROLES = [
    Breach("task_pulls", "team/app", OWN.less(TASKS, "ecr:GetDownloadUrlForLayer"), "a task is granted a pull"),
    Breach("task_pulls", "team/app", trusting(TASKS, Principal=EC2_ALONE), "ECS does not get the role"),
    Breach("task_pulls", "team/app", OWN.more(TASKS, "ecr:InitiateLayerUpload"), "a task began to push a layer"),
    Breach("task_pulls", "team/web", OWN.more(TASKS, "ecr:BatchGetImage"), "a task pulled a manifest"),
    Breach("task_pulls", f"team/web@{stacks.COPY}", OWN.more(TASKS, "ecr:GetDownloadUrlForLayer"), "pulled a layer"),
    Breach("task_trust", "registry", trusting(TASKS, Condition=None), "tasks of another account"),
    Breach("task_trust", "registry", trusting(TASKS, Principal=EC2), "ec2.amazonaws.com gets it"),
    Breach("task_trust", "registry", trusting(TASKS, Principal=EC2_ALONE), "ECS does not get it"),
    Breach("audit_reads", "team/app", OWN.less(AUDITOR, "ecr:DescribeImages"), "the auditor can't read images"),
    Breach("audit_reads", "team/app", OWN.less(AUDITOR, "ecr:GetRepositoryPolicy"), "can't read repository policy"),
    Breach("audit_reads", "team/app", OWN.less(AUDITOR, "ecr:DescribeImageReplicationStatus"), "read replication"),
    Breach("audit_reads", "team/app", OWN.more(AUDITOR, "ecr:GetAuthorizationToken"), "the auditor logged in"),
    Breach("audit_reads", "team/app", OWN.more(AUDITOR, "ecr:BatchGetImage"), "the auditor got a manifest"),
    Breach("audit_reads", "team/app", OWN.more(AUDITOR, "ecr:BatchDeleteImage"), "the auditor deleted an image"),
    Breach("audit_trust", "registry", OWN.less(AUDITOR, "ecr:DescribeRegistry"), "the auditor can't read replication"),
    Breach("audit_trust", "registry", trusting(AUDITOR, Principal={"AWS": ADA}), "is declared, and"),
    Breach(
        "audit_trust", "registry", trusting(AUDITOR, Principal={"AWS": [stacks.ROLES_ACCOUNT, WORKLOADS, ADA]}),
        "rehearsal-other became the auditor",
    ),
    Breach("audit_trust", "registry", trusting(AUDITOR, Principal={"AWS": "*"}), "became the auditor, and nothing"),
]  # fmt: skip

BREACHES: Mapping[str, list[Breach]] = {
    "dev": [*OF_REPOSITORIES, *OF_PUBLISHERS],
    "caches": OF_CACHES,
    "replicas": OF_REPLICAS,
    "roles": OF_ROLES,
    "clusters": OF_CLUSTERS,
    "monitored": OF_MONITORING,
}
"""By the stack that they are tried on."""
