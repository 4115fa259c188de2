"""Registries that a company runs for itself, at hosts of its own."""

import re

from domain.registries.kind import READ, Ability, LoginWays, RegistryKind, Sourced, Support
from domain.registries.workflow_steps import JFROG_STEPS, with_password

_JFROG = "https://jfrog.com/help/r"
_HARBOR = "https://goharbor.io/docs/2.7.0"
_HARBOR_ROUTES = (
    "https://github.com/goharbor/harbor/blob/0063430f6d8b864d3530e4597daf232cbf4e8526/src/server/registry/route.go"
)
_DISTRIBUTION = "https://distribution.github.io/distribution"

ARTIFACTORY = RegistryKind(
    id="artifactory", name="JFrog Artifactory", host="NAME.jfrog.io",
    hosts=re.compile(r"(?P<name>[a-z0-9]+(?:-[a-z0-9]+)*)[.]jfrog[.]io"), image="REPOSITORY/IMAGE",
    naming=Sourced(
        "REPOSITORY is one of Artifactory's, which holds many images; it can be in the host's name instead",
        "https://docs.jfrog.com/artifactory/docs/docker-repositories", READ,
    ),
    made_by_push=Support.NO,
    login=LoginWays(
        user="USER", typed="an identity token", permissions=("id-token: write",), steps=JFROG_STEPS,
        cluster="`static-registry` with an access token of a user that only reads",
        cluster_user="USER",
        fact=Sourced(
            "in a workflow the user and token of an OIDC integration", "https://github.com/github/docs/pull/39607",
            "2025-08-01",
        ),
    ),
    lasting_users=re.compile(r"\S+"),
    lasting_user="write the user of the access token",
    immutable_tags=Ability(
        Support.OPTIONAL, "for users without the permission Delete/Overwrite",
        f"{_JFROG}/jfrog-platform-administration-documentation/permission-details", READ,
    ),
    referrers=Ability(
        Support.YES, "since 7.90.1",
        f"{_JFROG}/jfrog-artifactory-documentation/use-referrers-rest-api-to-discover-oci-references", READ,
    ),
    deletion=Ability(
        Support.UNKNOWN, "no page says it", "https://docs.jfrog.com/artifactory/docs/docker-repositories", READ
    ),
    catalog=Ability(
        Support.UNKNOWN, "no page says it", "https://docs.jfrog.com/artifactory/docs/docker-repositories", READ
    ),
    limits=None,
    retention=Sourced(
        "cleanup policies by age, or by days without a download",
        f"{_JFROG}/jfrog-platform-administration-documentation/docker-cleanup-method", READ,
    ),
)  # fmt: skip
HARBOR = RegistryKind(
    id="harbor", name="Harbor", host="HOST", hosts=None, image="PROJECT/REPOSITORY",
    naming=Sourced(
        "the project is there first, and a push makes the repository",
        "https://github.com/goharbor/harbor/issues/20544", "2024-06-16",
    ),
    made_by_push=Support.YES,
    login=LoginWays(
        user="robot$PROJECT+NAME", typed="the secret of a robot account",
        steps=with_password("robot$PROJECT+NAME", "secrets.HARBOR_ROBOT_SECRET"),

        cluster="`static-registry` with a robot account of the project that only pulls",
        cluster_user="robot$PROJECT+NAME",
        fact=Sourced(
            "a robot's name begins with the prefix of the instance, the project and a plus",
            f"{_HARBOR}/working-with-projects/project-configuration/create-robot-accounts/", READ,
        ),
    ),
    immutable_tags=Ability(
        Support.OPTIONAL, "by rules of a project",
        f"{_HARBOR}/working-with-projects/working-with-images/create-tag-immutability-rules/", READ,
    ),
    referrers=Ability(Support.YES, "since 2.8", "https://goharbor.io/blog/harbor-2.8/", READ),
    deletion=Ability(Support.YES, "a route of it", _HARBOR_ROUTES, READ),
    catalog=Ability(
        Support.OPTIONAL, "for administrators of the system", "https://github.com/neutree-ai/neutree/pull/604",
        "2026-08-26",
    ),
    limits=Sourced("the quota of a project", f"{_HARBOR}/administration/configure-project-quotas/", READ),
    retention=Sourced(
        "rules of a project, which can be tried first",
        f"{_HARBOR}/working-with-projects/working-with-images/create-tag-retention-rules/", READ,
    ),
)  # fmt: skip
SELF_HOSTED = RegistryKind(
    id="self-hosted", name="A registry of one's own (CNCF distribution)", host="HOST", hosts=None, image="REPOSITORY",
    naming=Sourced("any depth", f"{_DISTRIBUTION}/spec/api/", READ),
    made_by_push=Support.YES,
    login=LoginWays(
        user="USER", typed="the password in its htpasswd file, or that of its token server",
        steps=with_password("USER", "secrets.REGISTRY_PASSWORD"),
        cluster="`static-registry` with a user of its own",
        cluster_user="USER",
        fact=Sourced(
            "HTTP Basic against a file of bcrypt hashes, or tokens of a server",
            f"{_DISTRIBUTION}/about/configuration/", READ,
        ),
    ),
    immutable_tags=Ability(
        Support.NO, "a tag moves with the next push, says Harbor of it",
        f"{_HARBOR}/working-with-projects/working-with-images/create-tag-immutability-rules/", READ,
    ),
    referrers=Ability(
        Support.NO, "404: clients keep the tag sha256-HEX", "https://github.com/distribution/distribution/pull/4828",
        "2026-03-26",
    ),
    deletion=Ability(
        Support.OPTIONAL, "405 without storage.delete.enabled", f"{_DISTRIBUTION}/about/configuration/", READ
    ),
    catalog=Ability(Support.YES, "in pages", f"{_DISTRIBUTION}/spec/api/", READ),
    limits=Sourced("the disk's, or the bucket's", f"{_DISTRIBUTION}/storage-drivers/", READ),
    retention=Sourced(
        "none: garbage-collect frees what no manifest names. With --delete-untagged 2.8 destroys parts of images for"
        " several platforms", "https://github.com/distribution/distribution/issues/3178", READ,
    ),
    seen="Debian's docker-registry 2.8, with a token server and with htpasswd",
)  # fmt: skip
