"""Policies of repositories and registries, and lifecycle policies: kept, answered, held to AWS's rules."""

import json
from typing import Any

import pytest

from localcloud.tests.cases import cases
from localcloud.tests.clouds import ACCOUNT, OTHER_ACCOUNT
from localcloud.tests.ecr.control_plane import LIFECYCLE, NAME, Plane, root, user
from localcloud.tests.statements import allow, deny, text

OTHERS = {"AWS": OTHER_ACCOUNT}
PULL = {"Effect": "Allow", "Principal": OTHERS, "Action": "ecr:BatchGetImage"}
INVALID = "InvalidParameterException: Invalid parameter at '{}' failed to satisfy constraint: "
NOT_FOR_REPOSITORY = f"does not exist for the repository with name '{NAME}' in the registry with id '{ACCOUNT}'"


@pytest.fixture
def plane(plane: Plane) -> Plane:
    plane.create()
    return plane


def test_a_repository_policy_is_kept_byte_for_byte_until_it_is_deleted(plane: Plane) -> None:
    policy = f"\n {text(PULL)} "
    kept = {"registryId": ACCOUNT, "repositoryName": NAME, "policyText": policy}
    assert plane("SetRepositoryPolicy", repositoryName=NAME, policyText=policy) == kept
    assert plane("GetRepositoryPolicy", repositoryName=NAME) == kept
    assert plane("DeleteRepositoryPolicy", repositoryName=NAME) == kept
    for operation in ("GetRepositoryPolicy", "DeleteRepositoryPolicy"):
        assert str(plane.refused(operation, repositoryName=NAME)) == (
            f"RepositoryPolicyNotFoundException: Repository policy {NOT_FOR_REPOSITORY}"
        )


def test_a_registry_policy_is_kept_byte_for_byte_until_it_is_deleted() -> None:
    plane, policy = Plane(), f"\n {text(allow('ecr:ReplicateImage', Principal=OTHERS))} "
    kept = {"registryId": ACCOUNT, "policyText": policy}
    assert plane("PutRegistryPolicy", policyText=policy) == kept
    assert plane("GetRegistryPolicy") == kept
    assert plane("DeleteRegistryPolicy") == kept
    for operation in ("GetRegistryPolicy", "DeleteRegistryPolicy"):
        assert str(plane.refused(operation)) == (
            f"RegistryPolicyNotFoundException: Registry policy does not exist in the registry with id '{ACCOUNT}'"
        )


@cases(
    "policy",
    "",
    "no JSON",
    "[]",
    "[" * 5000,
    '{"Version": "2012-10-17"}',
    text(),
    text({**PULL, "Effect": "Maybe"}),
    text({**PULL, "Principal": {"AWS": "arn:aws:iam::1:root"}}),
    text({**PULL, "Action": "s3:GetObject"}),
    text({**PULL, "Colour": "red"}),
    text({"Effect": "Allow", "Action": "ecr:BatchGetImage"}),
    text(allow("ecr:BatchGetImage")),
)
@cases("operation, kind", ("SetRepositoryPolicy", "repository"), ("PutRegistryPolicy", "registry"))
def test_a_policy_that_is_none_is_refused(plane: Plane, operation: str, kind: str, policy: str) -> None:
    given: dict[str, Any] = {"repositoryName": NAME, "force": True} if kind == "repository" else {}
    refusal = str(plane.refused(operation, **given, policyText=policy))
    assert refusal.startswith(f"{INVALID.format('PolicyText')}'Invalid {kind} policy provided")
    assert plane.repository().policy is None


def test_a_registry_policys_statements_name_their_resource() -> None:
    refusal = Plane().refused("PutRegistryPolicy", policyText=text(PULL))
    assert "needs a Resource" in refusal.message


def test_a_repository_policy_may_name_its_resource(plane: Plane) -> None:
    plane("SetRepositoryPolicy", repositoryName=NAME, policyText=text({**PULL, "Resource": "*"}))


def test_a_policy_that_locks_its_author_out_takes_force(plane: Plane) -> None:
    admin = user(allow("ecr:*"))
    given: dict[str, Any] = {"repositoryName": NAME, "policyText": text(deny("ecr:*", Principal="*"))}
    assert "force" in plane.refused("SetRepositoryPolicy", by=admin, **given).message
    assert plane.code("SetRepositoryPolicy", by=admin, **given, force=False) == "InvalidParameterException"
    assert plane.repository().policy is None
    plane("SetRepositoryPolicy", by=admin, **given, force=True)
    assert plane.code("SetRepositoryPolicy", by=admin, **given, force=True) == "AccessDeniedException"


def test_another_account_may_not_take_away_the_grant_that_let_it_in(plane: Plane) -> None:
    other = user(allow("ecr:*"), account=OTHER_ACCOUNT)
    grant = text({**PULL, "Action": "ecr:SetRepositoryPolicy"})
    plane("SetRepositoryPolicy", repositoryName=NAME, policyText=grant)
    given: dict[str, Any] = {"registryId": ACCOUNT, "repositoryName": NAME}
    assert plane.code("SetRepositoryPolicy", by=other, **given, policyText=text(PULL)) == "InvalidParameterException"
    plane("SetRepositoryPolicy", by=other, **given, policyText=grant)


def test_a_policy_decides_from_the_moment_that_it_is_set(plane: Plane) -> None:
    other = root(OTHER_ACCOUNT)
    given: dict[str, Any] = {"registryId": ACCOUNT, "repositoryName": NAME}
    assert not plane.allows("ListImages", by=other, **given)
    plane("SetRepositoryPolicy", repositoryName=NAME, policyText=text({**PULL, "Action": "ecr:ListImages"}))
    plane("ListImages", by=other, **given)
    plane("DeleteRepositoryPolicy", repositoryName=NAME)
    plane("PutRegistryPolicy", policyText=text(allow("ecr:ListImages", Principal=OTHERS)))
    plane("ListImages", by=other, **given)
    plane("PutRegistryPolicy", policyText=text(deny("ecr:ListImages", Principal="*")))
    assert plane.code("ListImages", by=user(allow("ecr:*")), repositoryName=NAME) == "AccessDeniedException"


def rule(priority: int, **selection: Any) -> dict[str, Any]:
    counted = {"tagStatus": "untagged", "countType": "imageCountMoreThan", "countNumber": 3}
    return {"rulePriority": priority, "selection": {**counted, **selection}, "action": {"type": "expire"}}


def put(plane: Plane, document: object) -> str:
    lifecycle = json.dumps(document, indent=2)
    return str(plane("PutLifecyclePolicy", repositoryName=NAME, lifecyclePolicyText=lifecycle)["lifecyclePolicyText"])


def test_a_lifecycle_policy_is_kept_compact_with_its_rules_in_order(plane: Plane) -> None:
    first, second = rule(3), rule(7, tagStatus="any")
    kept = put(plane, {"rules": [second, first]})
    assert kept == json.dumps({"rules": [first, second]}, separators=(",", ":"))
    found = plane("GetLifecyclePolicy", repositoryName=NAME)
    assert (found["lifecyclePolicyText"], found["lastEvaluatedAt"].timestamp()) == (kept, 0)
    assert plane("DeleteLifecyclePolicy", repositoryName=NAME) == found
    for operation in ("GetLifecyclePolicy", "DeleteLifecyclePolicy"):
        assert str(plane.refused(operation, repositoryName=NAME)) == (
            f"LifecyclePolicyNotFoundException: Lifecycle policy {NOT_FOR_REPOSITORY}"
        )


def test_an_invalid_lifecycle_policy_is_refused_in_awss_words_and_changes_nothing(plane: Plane) -> None:
    kept = put(plane, LIFECYCLE)
    for broken in (" " * 100, "{" * 5_000, json.dumps({"rules": [rule(1, countNumber=0)]})):
        refusal = str(plane.refused("PutLifecyclePolicy", repositoryName=NAME, lifecyclePolicyText=broken))
        assert refusal.startswith(f"{INVALID.format('LifecyclePolicyText')}'Lifecycle policy validation failure: ")
        assert len(refusal) < 2_000
    assert plane("GetLifecyclePolicy", repositoryName=NAME)["lifecyclePolicyText"] == kept
