"""What breaks the promises made to the namespaces of clusters, and what their proofs then say."""

from collections.abc import Iterator
from contextlib import contextmanager

from domain.iam.cluster_trust import service_account_subject
from domain.iam.oidc import AUDIENCE
from localcloud.clients import Clients
from tests.rehearsal.proving import stacks
from tests.rehearsal.proving.breaking import At, Breach, Break, both, to

CLUSTERS = At(stacks.CLUSTERS_ACCOUNT)
TEAM, WEB_NS, JOBS = (f"dev.pull.storefront.{each}" for each in ("team", "web", "jobs"))
STOREFRONT_ISSUER, EDGE_ISSUER = (
    f"oidc.eks.us-east-1.amazonaws.com/id/{stacks.CLUSTERS_ACCOUNT}{number}" for number in (0, 1)
)
REFRESHER = service_account_subject("team", "ecr-refresher")


def with_provider(issuer: str, *audiences: str) -> Break:
    """The account knows the issuer, for these audiences."""
    arn = f"arn:aws:iam::{stacks.CLUSTERS_ACCOUNT}:oidc-provider/{issuer}"

    @contextmanager
    def broken(clients: Clients) -> Iterator[None]:
        iam = CLUSTERS.iam(clients)
        known = issuer != NO_PROVIDER
        if known:
            iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=arn)
        iam.create_open_id_connect_provider(Url=f"https://{issuer}", ClientIDList=list(audiences))
        yield
        iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=arn)
        if known:
            iam.create_open_id_connect_provider(Url=f"https://{issuer}", ClientIDList=[AUDIENCE])

    return broken


NO_PROVIDER = "issuer.rehearsal.example"
API_SERVER = "https://kubernetes.default.svc"


def tokens(subject: str, *issuers: str, role: str = TEAM) -> Break:
    """Trusts the tokens with a subject of the pattern, of these clusters."""
    providers = [f"arn:aws:iam::{stacks.CLUSTERS_ACCOUNT}:oidc-provider/{each}" for each in issuers]
    equals = {f"{each}:aud": AUDIENCE for each in issuers}
    likes = {f"{each}:sub": subject for each in issuers}
    condition = {"StringEqualsIfExists": equals, "StringLikeIfExists": likes}
    return CLUSTERS.trust(
        role, lambda statement: {**statement, "Principal": {"Federated": providers}, "Condition": condition}
    )


IN_CLUSTERS = [
    Breach(
        "secret_pulls", "team/app", CLUSTERS.less(TEAM, "ecr:GetDownloadUrlForLayer"),
        "secret ecr-pull of namespace storefront/team is granted a pull, and was refused",
    ),
    Breach("secret_pulls", "team/app", CLUSTERS.more(TEAM, "ecr:PutImage"), "pushed a manifest"),
    Breach("secret_pulls", "team/app", CLUSTERS.more(TEAM, "ecr:BatchDeleteImage"), "deleted an image"),
    Breach(
        "secret_pulls", f"team/web@{stacks.COPY}", CLUSTERS.more(TEAM, "ecr:BatchGetImage"),
        "secret ecr-pull of namespace storefront/team pulled a manifest, and nothing grants it",
    ),
]  # fmt: skip
"""Where API servers stand in for the clusters."""
OF_CLUSTERS = [
    Breach(
        "namespace_pulls", "team/app", CLUSTERS.less(TEAM, "ecr:GetDownloadUrlForLayer"),
        "ecr-refresher of namespace storefront/team is granted a pull",
    ),
    Breach(
        "namespace_pulls", "team/app", CLUSTERS.less(JOBS, "ecr:BatchGetImage"),
        "of namespace storefront/jobs is granted a pull",
    ),
    Breach(
        "namespace_pulls", "team/app", tokens("system:serviceaccount:jobs:runner", STOREFRONT_ISSUER, role=JOBS),
        "service account janitor of namespace storefront/jobs is declared, and was refused",
    ),
    Breach("namespace_pulls", "team/app", CLUSTERS.more(TEAM, "ecr:InitiateLayerUpload"), "began to push a layer"),
    Breach("namespace_pulls", "team/app", CLUSTERS.more(TEAM, "ecr:PutImage"), "pushed a manifest"),
    Breach("namespace_pulls", "team/app", CLUSTERS.more(TEAM, "ecr:BatchDeleteImage"), "deleted an image"),
    Breach(
        "namespace_pulls", "team/web", CLUSTERS.more(TEAM, "ecr:BatchGetImage"),
        "namespace storefront/team pulled a manifest, and nothing grants it",
    ),
    Breach(
        "namespace_pulls", f"team/web@{stacks.COPY}", CLUSTERS.more(TEAM, "ecr:GetDownloadUrlForLayer"),
        "namespace storefront/team pulled a layer",
    ),
    Breach(
        "namespace_pulls", f"team/web@{stacks.COPY}", CLUSTERS.less(WEB_NS, "ecr:BatchGetImage"),
        "service account ecr-pull of namespace storefront/web is granted a pull",
    ),
    Breach(
        "namespace_pulls", "team/named", CLUSTERS.repository_policy("team/named", to(None)),
        "of namespace storefront/web is granted a pull",
    ),
    Breach("namespace_trust", "registry", tokens(REFRESHER, EDGE_ISSUER), "is declared, and was refused"),
    Breach(
        "namespace_trust", "registry", tokens("system:serviceaccount:*:ecr-refresher", STOREFRONT_ISSUER),
        "of another namespace (batch) assumed the role of namespace storefront/team",
    ),
    Breach(
        "namespace_trust", "registry", tokens("system:serviceaccount:team*:ecr-refresher", STOREFRONT_ISSUER),
        "of another namespace (team-2) assumed",
    ),
    Breach(
        "namespace_trust", "registry", tokens("system:serviceaccount:team:*", STOREFRONT_ISSUER),
        "another service account of the namespace assumed",
    ),
    Breach("namespace_trust", "registry", tokens(f"{REFRESHER}*", STOREFRONT_ISSUER), "name begins alike assumed"),
    Breach("namespace_trust", "registry", tokens(REFRESHER, STOREFRONT_ISSUER, EDGE_ISSUER), "cluster edge assumed"),
    Breach("namespace_trust", "registry", both(
        tokens(REFRESHER, STOREFRONT_ISSUER, NO_PROVIDER), with_provider(NO_PROVIDER, AUDIENCE)
    ), "a cluster that is not declared assumed"),
    Breach(
        "namespace_trust", "registry",
        both(
            CLUSTERS.trust(TEAM, lambda statement: {
                **statement, "Condition": {"StringEquals": {f"{STOREFRONT_ISSUER}:sub": REFRESHER}},
            }),
            with_provider(STOREFRONT_ISSUER, AUDIENCE, API_SERVER),
        ),
        "a token for the API server assumed the role",
    ),
    Breach(
        "cached", "cache ecr-public", CLUSTERS.less(TEAM, "ecr:BatchImportUpstreamImage"),
        "ecr-refresher of namespace storefront/team is granted a pull, and",
    ),
    Breach(
        "cached", "cache ecr-public", CLUSTERS.more(TEAM, "ecr:InitiateLayerUpload"),
        "namespace storefront/team began to push",
    ),
    Breach(
        "cache_denied", "cache quay",
        CLUSTERS.more(TEAM, "ecr:BatchGetImage", "ecr:BatchImportUpstreamImage", "ecr:CreateRepository"),
        "namespace storefront/team brought quay/rehearsal/undeclared in",
    ),
    Breach(
        "cache_denied", "cache ecr-public", CLUSTERS.more(WEB_NS, "ecr:GetDownloadUrlForLayer"),
        "namespace storefront/web pulled a layer",
    ),
]  # fmt: skip
