"""Who gets the roles: a job of this repository in the role's own environment, and no other principal."""

from collections.abc import Mapping
from typing import Any

import pytest

from domain.iam.access import Caller, Identity, Request
from domain.iam.evaluate import evaluate
from domain.iam.github import ISSUER
from domain.iam.statement import Operator
from tests.bootstrap.deployed import DEPLOY, DESTROY, PREVIEW, DeployedAccount, fill_in

OWNER_ID, REPOSITORY_ID = "1024", "65536"
ENVIRONMENTS = {DEPLOY: ("prod",), DESTROY: ("destroy-prod",), PREVIEW: ("preview-prod", "drift-prod")}
CASES = [(role, environment) for role, environments in ENVIRONMENTS.items() for environment in environments]
NAMES = "repo:acme/container-registry"
IMMUTABLE = f"repo:acme@{OWNER_ID}/container-registry@{REPOSITORY_ID}"


@pytest.fixture(scope="module", params=["names", "ids"])
def account(request: pytest.FixtureRequest, template: dict[str, Any]) -> DeployedAccount:
    """The bootstrap with names alone, and with ids."""
    ids = {"GitHubOwnerId": OWNER_ID, "GitHubRepositoryId": REPOSITORY_ID} if request.param == "ids" else {}
    others = {f"{each}Environment": f"{each.lower()}-prod" for each in ("Destroy", "Preview", "Drift")}
    environments = {"DeployEnvironment": "prod", **others}
    repository = {"Stack": "prod", "GitHubOwner": "acme", "GitHubRepository": "container-registry"}
    return fill_in(template, "111122223333", "us-east-1", **repository, **environments, **ids)


def has_ids(account: DeployedAccount) -> bool:
    return REPOSITORY_ID in str(account.trust(DEPLOY))


def takes(
    account: DeployedAccount,
    role: str,
    claims: Mapping[str, str],
    *,
    action: str = "sts:AssumeRoleWithWebIdentity",
    **by: str,
) -> bool:
    """Whether a token with these claims gets the role."""
    provider = by.get("provider", account.provider)
    holder = Caller(identity=Identity(arn=provider, account=None))
    issuer = provider.partition("oidc-provider/")[2]
    context = {f"{issuer}:{name}": (value,) for name, value in claims.items()}
    request = Request(action=action, resource=account.role_arn(role), account=account.id, context=context)
    return evaluate(holder, request, [account.trust(role)]).allowed


def claims(sub: str | None, **others: str | None) -> dict[str, str]:
    """Those of GitHub's token that AWS makes condition keys of.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html"""
    right = {"aud": "sts.amazonaws.com", "repository_owner_id": OWNER_ID, "repository_id": REPOSITORY_ID}
    return {name: value for name, value in {**right, "sub": sub, **others}.items() if value is not None}


@pytest.mark.parametrize(("role", "environment"), CASES)
def test_a_job_in_the_environment_gets_the_role(account: DeployedAccount, role: str, environment: str) -> None:
    """Under an immutable subject where the ids are known; in that of another role neither."""
    assert takes(account, role, claims(f"{NAMES}:environment:{environment}"))
    assert takes(account, role, claims(f"{IMMUTABLE}:environment:{environment}")) == has_ids(account)
    for other in set(ENVIRONMENTS) - {role}:
        assert not takes(account, other, claims(f"{NAMES}:environment:{environment}"))


OTHERS = {
    "another repository": claims("repo:acme/payments-api:environment:{0}", repository_id="7"),
    "another owner, a fork": claims("repo:mallory/container-registry:environment:{0}", repository_owner_id="9"),
    "a longer repository": claims(f"{NAMES}-2:environment:{{0}}"),
    "another letter case": claims("repo:Acme/container-registry:environment:{0}"),
    "main instead of the environment": claims(f"{NAMES}:ref:refs/heads/main"),
    "a branch named as the environment": claims(f"{NAMES}:ref:refs/heads/{{0}}"),
    "a tag": claims(f"{NAMES}:ref:refs/tags/v1"),
    "a pull request": claims(f"{NAMES}:pull_request"),
    "a longer environment": claims(f"{NAMES}:environment:{{0}}-2"),
    "every environment": claims(f"{NAMES}:environment:*"),
    "another environment": claims(f"{NAMES}:environment:staging"),
    "another audience": claims(f"{NAMES}:environment:{{0}}", aud="https://github.com/acme"),
    "immutable, of another repository": claims(f"repo:acme@{OWNER_ID}/container-registry@7:environment:{{0}}"),
    "immutable, of another owner": claims(f"repo:acme@9/container-registry@{REPOSITORY_ID}:environment:{{0}}"),
    "immutable, a pull request": claims(f"{IMMUTABLE}:pull_request"),
    "immutable, main": claims(f"{IMMUTABLE}:ref:refs/heads/main"),
    "without an audience": claims(f"{NAMES}:environment:{{0}}", aud=None),
    "without a subject": claims(None),
}


@pytest.mark.parametrize("token", OTHERS)
@pytest.mark.parametrize(("role", "environment"), CASES)
def test_every_other_principal_is_denied(account: DeployedAccount, role: str, environment: str, token: str) -> None:
    given = OTHERS[token]
    assert not takes(account, role, {name: value.format(environment) for name, value in given.items()})


def test_every_claim_is_compared_as_it_is(account: DeployedAccount) -> None:
    """StringLike would be as strict until a `*` is written into a parameter."""
    for role in ENVIRONMENTS:
        (statement,) = account.trust(role).document.statements
        assert {each.operator.base for each in statement.conditions} == {Operator.STRING_EQUALS}
        assert not any("*" in value or "?" in value for each in statement.conditions for value in each.values)


@pytest.mark.parametrize("claim", ["repository_id", "repository_owner_id"])
def test_a_new_owner_of_the_name_is_refused_by_the_ids(account: DeployedAccount, claim: str) -> None:
    taken_over = claims(f"{NAMES}:environment:prod", **{claim: "31337"})
    assert takes(account, DEPLOY, taken_over) == (not has_ids(account))


def test_no_other_provider_and_no_aws_principal(account: DeployedAccount) -> None:
    given = claims(f"{NAMES}:environment:prod")
    assert not takes(account, DEPLOY, given, provider=account.provider.replace(ISSUER, "gitlab.com"))
    elsewhere = account.provider.replace(account.id, "444455556666")
    assert not takes(account, DEPLOY, given, provider=elsewhere)
    administrator = Caller(identity=Identity(arn=f"arn:aws:iam::{account.id}:user/admin", account=account.id))
    for role in ENVIRONMENTS:
        request = Request(action="sts:AssumeRole", resource=account.role_arn(role), account=account.id)
        assert not evaluate(administrator, request, [account.trust(role)]).allowed
        assert not takes(account, role, given, action="sts:TagSession")


def test_a_session_lasts_an_hour_at_most(account: DeployedAccount) -> None:
    for role in ENVIRONMENTS:
        assert account.resources[role]["Properties"]["MaxSessionDuration"] == 3600
