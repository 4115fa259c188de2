"""Registries that somebody else runs for everyone: GitHub's, Docker's, Red Hat's and GitLab's."""

import re

from domain.registries import docker_hub
from domain.registries.kind import READ, Ability, LoginWays, RegistryKind, Sourced, Support
from domain.registries.workflow_steps import DOCKER_HUB_STEPS, with_password

_LOGIN_ACTION = "https://github.com/docker/login-action/blob/9f4a8ea54ed9055d5f86c993e1f2ffa674f98344/README.md"
_GITHUB = "https://docs.github.com/en/packages"
_DOCKER = "https://docs.docker.com"
_QUAY = "https://docs.redhat.com/en/documentation/red_hat_quay/3.13/html"
_QUAY_ROUTES = "https://github.com/quay/quay/blob/master/endpoints/v2"
_GITLAB = "https://docs.gitlab.com/user/packages/container_registry"

GHCR = RegistryKind(
    id="ghcr", name="GitHub Container Registry (GHCR)", host="ghcr.io", hosts=re.compile("ghcr[.]io"),
    image="OWNER/IMAGE",
    naming=Sourced(
        "lower case, even where the owner's name has capitals; private at first, and its visibility has no API",
        "https://github.com/cli/cli/issues/6820", READ,
    ),
    made_by_push=Support.YES,
    login=LoginWays(
        user="USER", typed="a personal access token (classic) with read:packages, and write:packages to push",
        permissions=("packages: write",), steps=with_password("${{{{ github.actor }}}}", "github.token"),
        cluster="`static-registry` with a personal access token (classic) that has read:packages alone",
        cluster_user="USER",
        fact=Sourced(
            "in a workflow GITHUB_TOKEN; fine-grained tokens are refused",
            f"{_GITHUB}/working-with-a-github-packages-registry/working-with-the-container-registry", READ,
        ),
    ),
    lasting_users=re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,38}"),
    lasting_user="write the name of the user at GitHub whose token it is",
    immutable_tags=Ability(
        Support.NO, "its page names no such setting",
        f"{_GITHUB}/working-with-a-github-packages-registry/working-with-the-container-registry", READ,
    ),
    referrers=Ability(
        Support.NO, "404: clients keep the tag sha256-HEX", "https://github.com/orgs/community/discussions/208532", READ
    ),
    deletion=Ability(
        Support.NO, "405: by GitHub's REST API alone", "https://github.com/okxlin/docker-mirror-monitor/pull/13",
        "2026-08-18",
    ),
    catalog=Ability(Support.NO, "no list", "https://github.com/oras-project/oras-go/issues/621", "2023-10-19"),
    limits=Sourced(
        "10 GB a layer, ten minutes an upload",
        f"{_GITHUB}/working-with-a-github-packages-registry/working-with-the-container-registry", READ,
    ),
    retention=Sourced(
        "none: versions are deleted by hand, by the REST API or by an action",
        f"{_GITHUB}/learn-github-packages/deleting-and-restoring-a-package", READ,
    ),
)  # fmt: skip
DOCKER_HUB = RegistryKind(
    id="docker-hub", name="Docker Hub", host=docker_hub.HOST,
    hosts=re.compile("|".join(re.escape(each) for each in sorted(docker_hub.NAMES))), image="NAMESPACE/IMAGE",
    naming=Sourced(
        "two levels; a push makes a public repository, unless the namespace's setting is private",
        "https://github.com/docker/hub-feedback/issues/346", "2015-09-15",
    ),
    made_by_push=Support.YES,
    login=LoginWays(
        user="USER", typed="a personal access token, or an organization's with the organization as the user",
        permissions=("id-token: write",), steps=DOCKER_HUB_STEPS,
        cluster="`static-registry` with an access token that only reads, or a cache (`upstream: docker-hub`)",
        cluster_user="USER",
        fact=Sourced(
            "a workflow needs no secret where the organization has an OIDC connection",
            "https://github.com/docker/login-action/releases/tag/v4.6.0", "2026-08-03",
        ),
    ),
    lasting_users=re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{1,29}"),
    lasting_user="write a Docker ID, or the organization of an organization access token",
    immutable_tags=Ability(
        Support.OPTIONAL, "all tags of a repository, or those that match",
        f"{_DOCKER}/docker-hub/repos/manage/hub-images/immutable-tags", READ,
    ),
    referrers=Ability(
        Support.NO, "404: clients keep the tag sha256-HEX",
        "https://github.com/argoproj-labs/argocd-image-updater/pull/1706", "2026-07-02",
    ),
    deletion=Ability(
        Support.NO, "405 for a manifest; a tag went, and stayed on the page",
        "https://github.com/docker/hub-feedback/issues/2361", "2023-12-11",
    ),
    catalog=Ability(
        Support.NO, "refused to every user", "https://github.com/regclient/regclient/issues/539", "2023-09-19"
    ),
    limits=Sourced(
        "100 pulls in six hours for an address without a login, 200 for a free account; each platform counts",
        f"{_DOCKER}/docker-hub/usage/pulls", READ,
    ),
    retention=None,
)  # fmt: skip
QUAY = RegistryKind(
    id="quay", name="Quay", host="quay.io", hosts=re.compile("quay[.]io"), image="NAMESPACE/REPOSITORY",
    naming=Sourced(
        "a robot's push makes none", "https://github.com/jaegertracing/jaeger/issues/2498", "2021-02-11"
    ),
    made_by_push=Support.OPTIONAL,
    login=LoginWays(
        user="NAMESPACE+ROBOT", typed="the token of a robot account, which does not end",
        steps=with_password("NAMESPACE+ROBOT", "secrets.QUAY_ROBOT_TOKEN"),
        cluster="`static-registry` with a robot account that only reads",
        cluster_user="NAMESPACE+ROBOT",
        fact=Sourced(
            "a robot can trust an OIDC issuer, too: its token is then exchanged for one of an hour",
            "https://developers.redhat.com/articles/2025/04/17/how-short-lived-credentials-quay-improve-security",
            "2025-04-17",
        ),
    ),
    own_users=("$oauthtoken", "$token"),
    lasting_users=re.compile(r"\$(?:oauth)?token|[a-z0-9][a-z0-9._-]*(?:\+[a-z0-9_-]+)?"),
    lasting_user="write NAMESPACE+ROBOT",
    immutable_tags=Ability(
        Support.OPTIONAL, "policies of Red Hat Quay 3.17 and newer",
        "https://docs.redhat.com/en/documentation/red_hat_quay/3/html/red_hat_quay_api_reference/immutability_policy",
        READ,
    ),
    referrers=Ability(
        Support.YES, "says one of its engineers", "https://github.com/oras-project/oras-www/issues/380", "2024-08-20"
    ),
    deletion=Ability(Support.YES, "by digest, not by tag", f"{_QUAY_ROUTES}/manifest.py", READ),
    catalog=Ability(Support.YES, "what the login can read", f"{_QUAY_ROUTES}/catalog.py", READ),
    limits=Sourced(
        "a few requests a second for an address, with bursts; then 429", "https://access.redhat.com/solutions/6218921",
        READ,
    ),
    retention=Sourced(
        "auto-pruning by number or age of tags, of a namespace or a repository",
        f"{_QUAY}/manage_red_hat_quay/red-hat-quay-namespace-auto-pruning-overview", READ,
    ),
)  # fmt: skip
GITLAB = RegistryKind(
    id="gitlab", name="GitLab", host="registry.gitlab.com", hosts=re.compile("registry[.]gitlab[.]com"),
    image="GROUP/PROJECT/IMAGE",
    naming=Sourced(
        "the project's path and at most two levels more, in lower case; the project is there first",
        "https://gitlab.com/gitlab-org/gitlab/-/issues/438563", READ,
    ),
    made_by_push=Support.YES,
    login=LoginWays(
        user="USER", typed="a deploy token, or a personal access token with read_registry and write_registry",
        steps=with_password("gitlab+deploy-token-NUMBER", "secrets.GITLAB_DEPLOY_TOKEN"),

        cluster="`static-registry` with a deploy token that has read_registry alone",
        cluster_user="gitlab+deploy-token-NUMBER",
        fact=Sourced("a token of a CI job ends with the job", f"{_GITLAB}/authenticate_with_container_registry", READ),
    ),
    own_users=("gitlab-ci-token",),
    lasting_users=re.compile(r"(?!gitlab-ci-token$)[A-Za-z0-9_][A-Za-z0-9._+-]*"),
    lasting_user="write the user of a deploy token, such as gitlab+deploy-token-7",
    immutable_tags=Ability(
        Support.OPTIONAL, "by rules of a project, a beta of Ultimate", f"{_GITLAB}/immutable_container_tags", READ
    ),
    referrers=Ability(
        Support.NO, "404, and sha256-HEX names the image itself: readers of the tag take its children for referrers",
        "https://github.com/oras-project/oras-go/issues/1396", READ,
    ),
    deletion=Ability(Support.UNKNOWN, "its own REST API does it", f"{_GITLAB}/delete_container_registry_images", READ),
    catalog=Ability(Support.UNKNOWN, "no page says it", f"{_GITLAB}/", READ),
    limits=None,
    retention=Sourced(
        "cleanup policies of a project; protected and immutable tags stay", f"{_GITLAB}/protected_container_tags", READ
    ),
)  # fmt: skip
