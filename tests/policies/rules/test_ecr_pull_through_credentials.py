"""Pull-through caches log in as their upstreams ask, and cache allowed ones alone."""

import json
from typing import Any

from domain.document_text import SECRET, UNKNOWN
from policies.rules.ecr_pull_through_credentials import RULE
from resources import PROVIDER
from resources.ecr import PULL_THROUGH_RULE
from resources.kms import KEY
from tests.cases import case, cases
from tests.policies.conftest import Declared, findings, paths
from tests.policies.rules.texts import HOME, OTHER

CACHE = "docker-hub@us-east-1"
HUB, QUAY, AZURE = "registry-1.docker.io", "quay.io", "acme.azurecr.io"
OWN, OTHERS = (f"{account}.dkr.ecr.eu-west-1.amazonaws.com" for account in (HOME, OTHER))
HUB_SECRET = f"arn:aws:secretsmanager:us-east-1:{HOME}:secret:ecr-pullthroughcache/docker-hub-AbCdEf"
ROLE = f"arn:aws:iam::{HOME}:role/cache"
MISSING = "is missing: docker-hub requires authentication"
FIX = "(give the ARN of a secret whose name begins with ecr-pullthroughcache/)"
NO_ARN = f"{CACHE} credentialArn is not the ARN of a secret (give the whole ARN, with its six random characters)"
ELSEWHERE = (
    f"{CACHE} credentialArn is of a secret in another account or region"
    f" (name one in the account {HOME} and the region us-east-1, as the rule is)"
)
PREFIX = "ecr-pullthroughcache/"
UNREADABLE = f"{CACHE} credentialArn is of a secret that ECR may not read (begin the secret's name with {PREFIX})"
NOT_FOR_QUAY = f"{CACHE} credentialArn is not supported for quay (leave it out)"
UNSUPPORTED_ROLE = f"{CACHE} customRoleArn is supported for a private ECR registry only (leave it out)"
NO_ROLE = (
    f"{CACHE} customRoleArn is missing: the upstream is in the account {OTHER}"
    " (give the ARN of a role that pullthroughcache.ecr.amazonaws.com may assume)"
)
NO_ROLE_ARN = f"{CACHE} customRoleArn is not the ARN of a role (write arn:aws:iam::ACCOUNT:role/NAME)"
THEIR_ROLE = f"{CACHE} customRoleArn is of a role in another account (name one in the account {HOME}, as the rule is)"
DEFAULT = Declared(type=PROVIDER, inputs={"allowedAccountIds": json.dumps([HOME])}, name="default_7_51_1", region=None)


def cache(url: object = HUB, region: str | None = "us-east-1", provider: str | None = None, **inputs: Any) -> Declared:
    written = {"ecrRepositoryPrefix": "hub", "upstreamRegistryUrl": url, **inputs}
    return Declared(type=PULL_THROUGH_RULE, inputs=written, name=CACHE, region=region, provider=provider)


@cases(
    "url, arn, expected",
    case("compliant", HUB, HUB_SECRET, []),
    case("unknown", HUB, UNKNOWN, []),
    case("secret", HUB, SECRET, []),
    case("unset", HUB, None, [f"{CACHE} credentialArn {MISSING} {FIX}"]),
    case("empty", HUB, "", [f"{CACHE} credentialArn {MISSING} {FIX}"]),
    case("another name", HUB, HUB_SECRET.replace("ecr-pull", "pull"), [UNREADABLE]),
    case("a name that only begins alike", HUB, HUB_SECRET.replace("cache/", "cache-"), [UNREADABLE]),
    case("another region", HUB, HUB_SECRET.replace("us-east-1", "eu-west-1"), [ELSEWHERE]),
    case("another account", HUB, HUB_SECRET.replace(HOME, OTHER), [ELSEWHERE]),
    case("another partition", HUB, HUB_SECRET.replace("arn:aws:", "arn:aws-cn:"), [ELSEWHERE]),
    case("a name", HUB, "ecr-pullthroughcache/docker-hub", [NO_ARN]),
    case("another service", HUB, HUB_SECRET.replace("secretsmanager", "ssm"), [NO_ARN]),
    case("a number", HUB, 7.0, [NO_ARN]),
    case("none required", QUAY, None, []),
    case("none required, an empty text", QUAY, "", []),
    case("one that is not supported", QUAY, HUB_SECRET, [NOT_FOR_QUAY]),
    case("an unknown one that is not supported", QUAY, UNKNOWN, [NOT_FOR_QUAY]),
    case("ECR's own", OTHERS, HUB_SECRET, [NOT_FOR_QUAY.replace("quay", "ecr"), NO_ROLE]),
    case("a customer's own registry", AZURE, HUB_SECRET, []),
    case("azure", AZURE, None, [f"{CACHE} credentialArn is missing: azure requires authentication {FIX}"]),
)
def test_the_secret(url: str, arn: object, expected: list[str]) -> None:
    assert findings(RULE, DEFAULT, cache(url, credentialArn=arn)) == expected


@cases(
    "url, required",
    *((each, True) for each in ("ghcr.io", "registry.gitlab.com", "cgr.dev")),
    *((each, False) for each in ("public.ecr.aws", "registry.k8s.io", OWN)),
)
def test_upstreams_that_require_authentication(url: str, required: bool) -> None:
    assert len(findings(RULE, DEFAULT, cache(url, credentialArn=HUB_SECRET))) == (0 if required else 1)
    assert len(findings(RULE, DEFAULT, cache(url))) == (1 if required else 0)


@cases(
    "url, arn, expected",
    case("compliant", OTHERS, ROLE, []),
    case("unknown", OTHERS, UNKNOWN, []),
    case("unset", OTHERS, None, [NO_ROLE]),
    case("empty", OTHERS, "", [NO_ROLE]),
    case("the same account needs none", OWN, None, []),
    case("another account's", OTHERS, ROLE.replace(HOME, OTHER), [THEIR_ROLE]),
    case("a name", OTHERS, "cache", [NO_ROLE_ARN]),
    case("one that is not supported", QUAY, ROLE, [UNSUPPORTED_ROLE]),
    case("an unknown one that is not supported", QUAY, UNKNOWN, [UNSUPPORTED_ROLE]),
)
def test_the_role(url: str, arn: object, expected: list[str]) -> None:
    assert findings(RULE, DEFAULT, cache(url, customRoleArn=arn)) == expected


FORMS = (
    "public.ecr.aws, registry.k8s.io, quay.io, registry-1.docker.io, ghcr.io, registry.gitlab.com, cgr.dev,"
    " NAME.azurecr.io, ACCOUNT.dkr.ecr.REGION.amazonaws.com"
)


@cases(
    "url",
    case("unset", None),
    case("a name of Docker's", "docker.io"),
    case("with a scheme", "https://quay.io"),
    case("one that only begins so", "quay.io.evil.example"),
    case("one that only looks so", "acme.azurecr.io.evil.example"),
    case("one that only begins as ECR's", f"{OTHERS}.evil.example"),
    case("capitals", "QUAY.IO"),
    case("a number", 7.0),
    case("a list", [QUAY]),
)
def test_unsupported_upstreams(url: object) -> None:
    found = findings(RULE, DEFAULT, cache(url, credentialArn=HUB_SECRET))
    assert found == [f"{CACHE} has the upstream {url!r}, which Amazon ECR does not support: supported are {FORMS}"]


def test_an_upstream_that_is_not_known_yet() -> None:
    assert findings(RULE, DEFAULT, cache(UNKNOWN)) == [f"{CACHE} undecided upstreamRegistryUrl"]


def test_allowed_upstreams_are_a_parameter() -> None:
    not_allowed = f"{CACHE} has the upstream quay: allowed are ghcr, ecr"
    assert findings(RULE, DEFAULT, cache(QUAY), upstreams=["ghcr", "quay"]) == []
    assert findings(RULE, DEFAULT, cache(QUAY), upstreams=["ghcr", "ecr"]) == [not_allowed]
    assert findings(RULE, DEFAULT, cache(OWN), upstreams=[]) == [f"{CACHE} has the upstream ecr: allowed are none"]


def test_a_registry_whose_location_is_not_known() -> None:
    undecided = [f"{CACHE} undecided credentialArn"]
    assert findings(RULE, cache(credentialArn=HUB_SECRET)) == undecided
    assert findings(RULE, DEFAULT, cache(credentialArn=HUB_SECRET, region=None)) == undecided
    assert findings(RULE, DEFAULT, cache(credentialArn=HUB_SECRET, provider="x")) == undecided
    assert findings(RULE, cache()) == [f"{CACHE} credentialArn {MISSING} {FIX}"]
    assert findings(RULE, cache(QUAY)) == []
    assert findings(RULE, cache(QUAY, credentialArn=HUB_SECRET, customRoleArn=ROLE)) == [NOT_FOR_QUAY, UNSUPPORTED_ROLE]
    for role in (None, ROLE):
        assert findings(RULE, cache(OTHERS, customRoleArn=role)) == [f"{CACHE} undecided customRoleArn"]
    assert findings(RULE, DEFAULT, Declared(type=KEY, inputs={})) == []


def test_where_it_is_written() -> None:
    found = paths(RULE, DEFAULT, cache(OTHERS, credentialArn=HUB_SECRET), upstreams=())
    assert found == [("upstreamRegistryUrl",), ("credentialArn",), ("customRoleArn",)]
