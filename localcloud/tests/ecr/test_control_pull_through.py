"""The rules of a pull-through cache."""

from datetime import datetime
from typing import Any

import pytest

from domain.ecr.limits import CACHE_RULES_MAX
from localcloud.protocols import CallFailed
from localcloud.tests.cases import cases
from localcloud.tests.clouds import ACCOUNT, OTHER_ACCOUNT, OTHER_REGION, REGION
from localcloud.tests.ecr.control_plane import CACHE_RULE, Plane

SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:ecr-pullthroughcache/hub-AbCdEf"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/cache"
HUB: dict[str, Any] = {
    "ecrRepositoryPrefix": "hub",
    "upstreamRegistryUrl": "registry-1.docker.io",
    "credentialArn": SECRET,
}
OTHER_ECR: dict[str, Any] = {
    "ecrRepositoryPrefix": "other",
    "upstreamRegistryUrl": f"{OTHER_ACCOUNT}.dkr.ecr.{OTHER_REGION}.amazonaws.com",
    "customRoleArn": ROLE,
}
TOKEN = "dckr_pat_of_ada"  # noqa: S105
LOGIN = f'{{"username": "ada", "accessToken": "{TOKEN}"}}'
INVALID = "InvalidParameterException"


@pytest.fixture
def plane() -> Plane:
    made = Plane()
    made.keys.secrets[SECRET] = {"SecretString": LOGIN}
    return made


def described(plane: Plane, **given: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = plane("DescribePullThroughCacheRules", **given)["pullThroughCacheRules"]
    return found


def test_a_rule_is_described_as_it_was_made(plane: Plane) -> None:
    made = plane("CreatePullThroughCacheRule", **HUB)
    expected = {**HUB, "registryId": ACCOUNT, "upstreamRegistry": "docker-hub", "upstreamRepositoryPrefix": "ROOT"}
    assert {**made, "createdAt": None} == {**expected, "createdAt": None}
    assert isinstance(made["createdAt"], datetime)
    assert described(plane) == [{**made, "updatedAt": made["createdAt"]}]
    assert described(plane, region=OTHER_REGION) == []


@cases(
    "changes, code, words",
    ({"upstreamRegistryUrl": "mcr.microsoft.com"}, "UnsupportedUpstreamRegistryException", "is invalid"),
    ({"upstreamRegistryUrl": "ghcr.io"}, "UnsupportedUpstreamRegistryException", "requires authentication"),
    ({"upstreamRegistry": "quay"}, INVALID, "'upstreamRegistry'"),
    ({"upstreamRegistry": "harbor"}, INVALID, "enum value set"),
    ({"ecrRepositoryPrefix": "Upper"}, INVALID, "'ecrRepositoryPrefix'"),
    ({"ecrRepositoryPrefix": "a"}, INVALID, "greater than or equal to 2"),
    ({"credentialArn": SECRET}, INVALID, "is not supported for ecr-public"),
    ({"customRoleArn": ROLE}, INVALID, "'customRoleArn'"),
    ({"ecrRepositoryPrefix": "ROOT", "upstreamRepositoryPrefix": "team"}, INVALID, "'upstreamRepositoryPrefix'"),
    ({**HUB, "credentialArn": SECRET.replace(REGION, OTHER_REGION)}, INVALID, "another account or region"),
    ({**HUB, "credentialArn": SECRET.replace("ecr-pullthroughcache/", "x/")}, INVALID, "regular expression"),
    ({**HUB, "credentialArn": SECRET + "2"}, "SecretNotFoundException", "can't find the secret"),
    ({**OTHER_ECR, "customRoleArn": ROLE.replace(ACCOUNT, OTHER_ACCOUNT)}, INVALID, "'customRoleArn'"),
)
def test_what_is_refused(plane: Plane, changes: dict[str, str], code: str, words: str) -> None:
    refusal = plane.refused("CreatePullThroughCacheRule", **{**CACHE_RULE, **changes})
    assert (refusal.code, words in refusal.message) == (code, True), refusal.message
    assert described(plane) == []


def test_a_secret_that_ecr_may_not_read(plane: Plane) -> None:
    plane.keys.secrets[SECRET] = CallFailed("secretsmanager", "GetSecretValue", "AccessDeniedException", "denied")
    assert plane.code("CreatePullThroughCacheRule", **HUB) == "UnableToAccessSecretException"


@cases("key", "alias/own", f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1")
def test_a_secret_under_a_customers_key(plane: Plane, key: str) -> None:
    plane.keys.secrets[SECRET] = {"SecretString": LOGIN, "KmsKeyId": key}
    assert plane.code("CreatePullThroughCacheRule", **HUB) == "UnableToDecryptSecretValueException"
    plane.keys.secrets[SECRET] = {"SecretString": LOGIN, "KmsKeyId": "alias/aws/secretsmanager"}
    plane("CreatePullThroughCacheRule", **HUB)


def test_each_prefix_has_one_rule(plane: Plane) -> None:
    plane("CreatePullThroughCacheRule", **CACHE_RULE)
    for prefix in ("ecr-public", "ecr-public/"):
        given = {**CACHE_RULE, "ecrRepositoryPrefix": prefix}
        assert plane.code("CreatePullThroughCacheRule", **given) == "PullThroughCacheRuleAlreadyExistsException"


def test_a_registry_has_so_many_rules_and_no_more(plane: Plane) -> None:
    for number in range(CACHE_RULES_MAX):
        plane("CreatePullThroughCacheRule", **{**CACHE_RULE, "ecrRepositoryPrefix": f"team-{number:02}"})
    assert plane.code("CreatePullThroughCacheRule", **CACHE_RULE) == "LimitExceededException"


def test_rules_are_described_by_their_prefixes(plane: Plane) -> None:
    plane("CreatePullThroughCacheRule", **CACHE_RULE)
    plane("CreatePullThroughCacheRule", **HUB)
    (found,) = described(plane, ecrRepositoryPrefixes=["hub"])
    assert found["upstreamRegistryUrl"] == "registry-1.docker.io"
    given: dict[str, Any] = {"ecrRepositoryPrefixes": ["hub", "none"]}
    assert plane.code("DescribePullThroughCacheRules", **given) == "PullThroughCacheRuleNotFoundException"


def test_a_deleted_rule_is_gone(plane: Plane) -> None:
    plane("CreatePullThroughCacheRule", **CACHE_RULE)
    assert plane("DeletePullThroughCacheRule", ecrRepositoryPrefix="ecr-public/")["upstreamRegistryUrl"]
    assert described(plane) == []
    code = plane.code("DeletePullThroughCacheRule", ecrRepositoryPrefix="ecr-public")
    assert code == "PullThroughCacheRuleNotFoundException"
