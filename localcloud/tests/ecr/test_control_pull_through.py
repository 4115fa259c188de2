"""The rules of a pull-through cache."""

from datetime import datetime
from typing import Any

import pytest

from domain.ecr.limits import CACHE_RULES_MAX
from localcloud.ecr.cache.login import Login
from localcloud.protocols import CallFailed
from localcloud.tests.ecr.control_plane import (
    ACCOUNT,
    CACHE_RULE,
    OTHER_ACCOUNT,
    OTHER_REGION,
    REGION,
    Plane,
    allow,
    text,
)
from localcloud.upstream import UpstreamRegistry

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
TRUST = text(
    {"Effect": "Allow", "Principal": {"Service": "pullthroughcache.ecr.amazonaws.com"}, "Action": "sts:AssumeRole"}
)


@pytest.fixture
def plane() -> Plane:
    made = Plane()
    made.keys.secrets[SECRET] = {"SecretString": LOGIN}
    return made


def described(plane: Plane, **given: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = plane("DescribePullThroughCacheRules", **given)["pullThroughCacheRules"]
    return found


def test_a_rule_is_told_as_it_was_made(plane: Plane) -> None:
    made = plane("CreatePullThroughCacheRule", **HUB)
    expected = {**HUB, "registryId": ACCOUNT, "upstreamRegistry": "docker-hub", "upstreamRepositoryPrefix": "ROOT"}
    assert {**made, "createdAt": None} == {**expected, "createdAt": None}
    assert isinstance(made["createdAt"], datetime)
    assert described(plane) == [{**made, "updatedAt": made["createdAt"]}]
    assert described(plane, region=OTHER_REGION) == []


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"upstreamRegistryUrl": "mcr.microsoft.com"}, "UnsupportedUpstreamRegistryException", "is invalid"),
        ({"upstreamRegistryUrl": "ghcr.io"}, "UnsupportedUpstreamRegistryException", "requires authentication"),
        ({"upstreamRegistry": "quay"}, "InvalidParameterException", "'upstreamRegistry'"),
        ({"upstreamRegistry": "harbor"}, "InvalidParameterException", "enum value set"),
        ({"ecrRepositoryPrefix": "Upper"}, "InvalidParameterException", "'ecrRepositoryPrefix'"),
        ({"ecrRepositoryPrefix": "a"}, "InvalidParameterException", "greater than or equal to 2"),
        ({"credentialArn": SECRET}, "InvalidParameterException", "is not supported for ecr-public"),
        ({"customRoleArn": ROLE}, "InvalidParameterException", "'customRoleArn'"),
        (
            {"ecrRepositoryPrefix": "ROOT", "upstreamRepositoryPrefix": "team"},
            "InvalidParameterException",
            "'upstreamRepositoryPrefix'",
        ),
        (
            {**HUB, "credentialArn": SECRET.replace(REGION, OTHER_REGION)},
            "InvalidParameterException",
            "another account or region",
        ),
        (
            {**HUB, "credentialArn": SECRET.replace("ecr-pullthroughcache/", "somewhere/")},
            "InvalidParameterException",
            "regular expression",
        ),
        ({**HUB, "credentialArn": SECRET + "2"}, "SecretNotFoundException", "can't find the secret"),
        (
            {**OTHER_ECR, "customRoleArn": ROLE.replace(ACCOUNT, OTHER_ACCOUNT)},
            "InvalidParameterException",
            "'customRoleArn'",
        ),
    ],
)
def test_what_is_refused(plane: Plane, changes: dict[str, str], code: str, words: str) -> None:
    refusal = plane.refused("CreatePullThroughCacheRule", **{**CACHE_RULE, **changes})
    assert (refusal.code, words in refusal.message) == (code, True), refusal.message
    assert described(plane) == []


def test_a_secret_that_ecr_may_not_read(plane: Plane) -> None:
    plane.keys.secrets[SECRET] = CallFailed("secretsmanager", "GetSecretValue", "AccessDeniedException", "denied")
    assert plane.code("CreatePullThroughCacheRule", **HUB) == "UnableToAccessSecretException"


@pytest.mark.parametrize("key", ["alias/own", f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1"])
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
    first = plane("DescribePullThroughCacheRules", maxResults=30)
    rest = plane("DescribePullThroughCacheRules", nextToken=first["nextToken"])
    found = [each["ecrRepositoryPrefix"] for page in (first, rest) for each in page["pullThroughCacheRules"]]
    assert found == [f"team-{number:02}" for number in range(CACHE_RULES_MAX)]


def test_rules_are_described_by_their_prefixes(plane: Plane) -> None:
    plane("CreatePullThroughCacheRule", **CACHE_RULE)
    plane("CreatePullThroughCacheRule", **HUB)
    (found,) = described(plane, ecrRepositoryPrefixes=["hub"])
    assert found["upstreamRegistryUrl"] == "registry-1.docker.io"
    given: dict[str, Any] = {"ecrRepositoryPrefixes": ["hub", "none"]}
    assert plane.code("DescribePullThroughCacheRules", **given) == "PullThroughCacheRuleNotFoundException"
    assert plane.code("DescribePullThroughCacheRules", **given, maxResults=1) == "InvalidParameterException"


def test_an_update_changes_the_credentials_and_nothing_else(plane: Plane) -> None:
    made = plane("CreatePullThroughCacheRule", **HUB)
    other = SECRET.replace("hub", "new")
    assert plane.code("UpdatePullThroughCacheRule", ecrRepositoryPrefix="hub", credentialArn=other) == (
        "SecretNotFoundException"
    )
    plane.keys.secrets[other] = {"SecretString": LOGIN}
    answer = plane("UpdatePullThroughCacheRule", ecrRepositoryPrefix="hub", credentialArn=other)
    assert (answer["credentialArn"], "createdAt" in answer) == (other, False)
    (found,) = described(plane)
    assert found == {**made, "credentialArn": other, "updatedAt": answer["updatedAt"]}
    assert found["updatedAt"] > found["createdAt"]
    refused = plane.code("UpdatePullThroughCacheRule", ecrRepositoryPrefix="hub", customRoleArn=ROLE)
    assert refused == "InvalidParameterException"


@pytest.mark.parametrize("operation", ["Update", "Delete", "Validate"])
def test_a_rule_that_is_not_there(plane: Plane, operation: str) -> None:
    code = plane.code(f"{operation}PullThroughCacheRule", ecrRepositoryPrefix="none")
    assert code == "PullThroughCacheRuleNotFoundException"


def test_a_deleted_rule_is_gone(plane: Plane) -> None:
    plane("CreatePullThroughCacheRule", **CACHE_RULE)
    assert plane("DeletePullThroughCacheRule", ecrRepositoryPrefix="ecr-public/")["upstreamRegistryUrl"]
    assert described(plane) == []


class TestValidation:
    def failure(self, plane: Plane, prefix: str = "hub") -> str | None:
        answer = plane("ValidatePullThroughCacheRule", ecrRepositoryPrefix=prefix)
        assert answer["isValid"] is ("failure" not in answer)
        assert TOKEN not in str(answer)
        told: str | None = answer.get("failure")
        return told

    def test_an_upstream_that_nobody_plays(self, plane: Plane) -> None:
        plane("CreatePullThroughCacheRule", **HUB)
        assert self.failure(plane) == "registry-1.docker.io can't be reached: nothing plays it in this rehearsal"

    def test_an_upstream_that_is_down(self, plane: Plane) -> None:
        plane("CreatePullThroughCacheRule", **HUB)
        with UpstreamRegistry() as upstream:
            plane.players["registry-1.docker.io"] = upstream.host
        assert "can't be reached" in (self.failure(plane) or "")

    def test_the_credentials_are_tried(self, plane: Plane) -> None:
        plane("CreatePullThroughCacheRule", **HUB)
        with UpstreamRegistry(Login(username="ada", access_token=TOKEN)) as upstream:
            plane.players["registry-1.docker.io"] = upstream.host
            assert self.failure(plane) is None
            plane.keys.secrets[SECRET] = {"SecretString": LOGIN.replace("ada", "eve", 1)}
            assert self.failure(plane) == "registry-1.docker.io does not let the secret's user in"

    @pytest.mark.parametrize(
        "value", [TOKEN, "[]", "{}", f'{{"accessToken": "{TOKEN}"}}', f'{{"username": 1, "accessToken": "{TOKEN}"}}']
    )
    def test_a_secret_without_a_login(self, plane: Plane, value: str) -> None:
        plane("CreatePullThroughCacheRule", **HUB)
        plane.keys.secrets[SECRET] = {"SecretString": value}
        assert self.failure(plane) == "The secret must be a JSON object with the keys username and accessToken"

    def test_a_secret_that_is_gone(self, plane: Plane) -> None:
        plane("CreatePullThroughCacheRule", **HUB)
        del plane.keys.secrets[SECRET]
        assert "was not found" in (self.failure(plane) or "")

    def test_the_role_must_trust_the_service_and_be_let_log_in(self, plane: Plane) -> None:
        plane("CreatePullThroughCacheRule", **OTHER_ECR)
        assert "does not exist" in (self.failure(plane, "other") or "")
        plane.keys.add_role(ROLE, TRUST.replace("pullthroughcache.", ""), allow("ecr:*"))
        assert "sts:AssumeRole" in (self.failure(plane, "other") or "")
        plane.keys.add_role(ROLE, TRUST)
        assert "ecr:GetAuthorizationToken" in (self.failure(plane, "other") or "")
        plane.keys.add_role(ROLE, TRUST, allow("ecr:GetAuthorizationToken"))
        assert self.failure(plane, "other") is None
