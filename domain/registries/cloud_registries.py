"""The registries of Amazon, Google and Microsoft: one login for each account, by the cloud's own identities."""

import re

from domain.aws import ACCOUNT_ID_DIGITS, Partition
from domain.registries.kind import READ, Ability, LoginWays, RegistryKind, Sourced, Support
from domain.registries.workflow_steps import AZURE_STEPS, GOOGLE_STEPS, with_aws

_LOGIN_ACTION = "https://github.com/docker/login-action/blob/9f4a8ea54ed9055d5f86c993e1f2ffa674f98344/README.md"
_ECR = "https://docs.aws.amazon.com/AmazonECR/latest/userguide"
_ECR_PUBLIC = "https://docs.aws.amazon.com/AmazonECR/latest/public"
_ECR_PUBLIC_MODEL = "https://github.com/boto/botocore/tree/1.44.8/botocore/data/ecr-public/2020-10-30"
_ROADMAP = "https://github.com/aws/containers-roadmap/issues"
_GOOGLE = "https://cloud.google.com/artifact-registry"
_AZURE = "https://learn.microsoft.com/azure/container-registry"
_FLUX = "https://github.com/fluxcd/pkg/pull/328"
_SUFFIXES = "|".join(re.escape(each) for each in dict.fromkeys(each.dns_suffix for each in Partition))

ECR = RegistryKind(
    id="ecr", name="Amazon ECR", host="ACCOUNT.dkr.ecr.REGION.amazonaws.com", image="REPOSITORY",
    hosts=re.compile(
        rf"[0-9]{{{ACCOUNT_ID_DIGITS}}}[.]dkr[.-]ecr(?:-fips)?[.](?P<region>[a-z0-9-]+)[.](?:{_SUFFIXES}|on[.]aws)"
    ),
    naming=Sourced(
        "any depth, at most 256 characters, lower case: as catalog.yaml says", f"{_ECR}/repository-create.html", READ
    ),
    made_by_push=Support.OPTIONAL,
    login=LoginWays(
        user="AWS", typed="a token of 12 hours", command="aws ecr get-login-password --region {region}",
        permissions=("id-token: write",), steps=with_aws("{region}"),
        cluster="by the modes `node-role`, `refreshed-secret` and `external-secrets`: none of its tokens lasts",
        fact=Sourced("HTTP Basic; docker/login-action takes the session's credentials", _LOGIN_ACTION, "2026-04-27"),
    ),
    own_users=("AWS",),
    lasting_user="give its namespaces the mode node-role, refreshed-secret or external-secrets",
    immutable_tags=Ability(
        Support.OPTIONAL, "for a repository, with exclusions", f"{_ECR}/image-tag-mutability.html", READ
    ),
    referrers=Ability(Support.YES, "some uploads of them were answered with 405", f"{_ROADMAP}/2783", "2026-03"),
    deletion=Ability(Support.YES, "the request for it is closed as shipped", f"{_ROADMAP}/1229", READ),
    catalog=Ability(
        Support.YES, "at most 1,000 a page", "https://github.com/google/go-containerregistry/issues/1091", READ
    ),
    limits=Sourced(
        "52,000 MiB a layer, 100,000 images a repository, 2,000 BatchGetImage a second",
        f"{_ECR}/service-quotas.html", READ,
    ),
    retention=Sourced("lifecycle policies, which the catalog declares", f"{_ECR}/LifecyclePolicies.html", READ),
    seen="the local cloud's ECR, and never AWS's own",
)  # fmt: skip
ECR_PUBLIC = RegistryKind(
    id="ecr-public", name="Amazon ECR Public", host="public.ecr.aws", image="ALIAS/REPOSITORY",
    hosts=re.compile(r"public[.]ecr[.]aws|ecr-public[.]aws[.]com"),
    naming=Sourced("under the registry's alias", f"{_ECR_PUBLIC}/public-repositories.html", READ),
    made_by_push=Support.NO,
    login=LoginWays(
        user="AWS", typed="a token of 12 hours, from us-east-1 alone",
        command="aws ecr-public get-login-password --region us-east-1",
        permissions=("id-token: write",), steps=with_aws("us-east-1"),
        cluster="without a login, or through a pull-through cache (`upstream: ecr-public`)",
        fact=Sourced("the token has the rights of who asks for it", f"{_ECR_PUBLIC}/public-registry-auth.html", READ),
    ),
    own_users=("AWS",),
    lasting_user="pull it without a login, or through a cache",
    immutable_tags=Ability(
        Support.NO, "CreateRepository of botocore's model takes no such setting", _ECR_PUBLIC_MODEL,
        READ,
    ),
    referrers=Ability(Support.UNKNOWN, "no page says it", f"{_ECR_PUBLIC}/", READ),
    deletion=Ability(Support.UNKNOWN, "BatchDeleteImage does it", _ECR_PUBLIC_MODEL, READ),
    catalog=Ability(Support.UNKNOWN, "no page says it", f"{_ECR_PUBLIC}/", READ),
    limits=Sourced(
        "10,000 MiB a layer, 10,000 images a repository; 500 GB a month for an address without a login",
        f"{_ECR_PUBLIC}/public-service-quotas.html", READ,
    ),
    retention=Sourced(
        "none: botocore's model has no lifecycle policies", _ECR_PUBLIC_MODEL, READ
    ),
)  # fmt: skip
ARTIFACT_REGISTRY = RegistryKind(
    id="artifact-registry", name="Google Artifact Registry (and gcr.io)", host="REGION-docker.pkg.dev",
    hosts=re.compile(r"(?P<region>[a-z0-9-]+)-docker[.]pkg[.]dev|(?:(?:us|eu|asia)[.])?gcr[.]io"),
    image="PROJECT/REPOSITORY/IMAGE",
    naming=Sourced(
        "the repository belongs to one location; gcr.io, eu., us. and asia.gcr.io are repositories of it"
        " since Container Registry ended in 2025", f"{_GOOGLE}/docs/transition/setup-gcr-repo", READ,
    ),
    made_by_push=Support.NO,
    login=LoginWays(
        user="oauth2accesstoken", typed="an access token of one hour", command="gcloud auth print-access-token",
        permissions=("id-token: write",), steps=GOOGLE_STEPS,
        cluster="on GKE by the nodes' service account; elsewhere `static-registry` with the key of one",
        cluster_user="_json_key",
        fact=Sourced(
            "an access token, or a key as `_json_key` (in base64 `_json_key_base64`)",
            f"{_GOOGLE}/docs/docker/authentication", READ,
        ),
    ),
    own_users=("oauth2accesstoken", "_json_key", "_json_key_base64"),
    lasting_users=re.compile("_json_key(?:_base64)?"),
    lasting_user="write _json_key, with the key of a service account that only reads as the token",
    immutable_tags=Ability(
        Support.OPTIONAL, "for a repository; cleanup policies do not work beside it",
        f"{_GOOGLE}/docs/repositories/update-repo-settings", READ,
    ),
    referrers=Ability(
        Support.UNKNOWN, "no in 2024 (actions/attest-build-provenance#80), yes in 2026: the sources disagree",
        "https://github.com/tektoncd/chains/pull/1691", "2026-06-12",
    ),
    deletion=Ability(Support.YES, "once no tag names the manifest", _FLUX, "2022-08-25"),
    catalog=Ability(
        Support.UNKNOWN, "refused by gcr.io in 2017, and nothing newer", "https://github.com/genuinetools/reg/issues/31",
        "2017-07-10",
    ),
    limits=Sourced(
        "60,000 requests and 18,000 writes a minute; a list ends after 10,000 images or tags", f"{_GOOGLE}/quotas", READ
    ),
    retention=Sourced(
        "cleanup policies of a repository, none beside immutable tags", "https://github.com/kubernetes/k8s.io/issues/8010",
        READ,
    ),
)  # fmt: skip
AZURE = RegistryKind(
    id="azure", name="Azure Container Registry (ACR)", host="NAME.azurecr.io", image="REPOSITORY",
    hosts=re.compile(r"(?P<name>[a-z0-9]+(?:-[a-z0-9]+)*)[.]azurecr[.]io"),
    naming=Sourced("any depth", f"{_AZURE}/container-registry-concepts", READ),
    made_by_push=Support.YES,
    login=LoginWays(
        user="00000000-0000-0000-0000-000000000000", typed="a token of three hours",
        command="az acr login --name {name} --expose-token --output tsv --query accessToken",
        permissions=("id-token: write",), steps=AZURE_STEPS,
        cluster="on AKS by the cluster's identity; elsewhere `static-registry` with a service principal, or with a"
        " token of the registry that only reads",
        cluster_user="CLIENT_ID",
        fact=Sourced(
            "an Entra identity's token, a service principal or a token of the registry",
            f"{_AZURE}/container-registry-authentication", READ,
        ),
    ),
    own_users=("00000000-0000-0000-0000-000000000000",),
    lasting_users=re.compile(r"(?!00000000-0000-0000-0000-000000000000)[A-Za-z0-9][A-Za-z0-9_-]{4,49}"),
    lasting_user="write the client id of a service principal, or the name of one of the registry's tokens",
    immutable_tags=Ability(
        Support.OPTIONAL, "an image or a repository is locked (--write-enabled false)",
        f"{_AZURE}/container-registry-image-lock", READ,
    ),
    referrers=Ability(Support.YES, "copied there from ECR by oras", f"{_ROADMAP}/2783", "2026-03"),
    deletion=Ability(Support.YES, "by digest, not by tag", _FLUX, "2022-08-25"),
    catalog=Ability(
        Support.YES, "says one of its authors", "https://github.com/opencontainers/distribution-spec/issues/22",
        "2019-03-10",
    ),
    limits=Sourced("by its plan: Basic, Standard or Premium", f"{_AZURE}/container-registry-skus", READ),
    retention=Sourced(
        "untagged manifests after some days, a preview of Premium", f"{_AZURE}/container-registry-retention-policy",
        READ,
    ),
)  # fmt: skip
