"""The table of kinds: which one a host is of, the host that was meant, and logins that can't last."""

import re
from datetime import date

import pytest

from domain.ecr.upstreams import UPSTREAMS
from domain.kubernetes.object_names import registry_host_problems
from domain.registries.kind import RegistryKind
from domain.registries.table import KINDS, kind_of, lasting_login_problems, meant_host, registry_user_problems
from ops.login_help.described_kind import facts_of
from tests.cases import cases

_PINNED = re.compile(r"[A-Za-z-]+/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.id)
ECR_HOST = "111122223333.dkr.ecr.us-east-1.amazonaws.com"
NO_USER = "00000000-0000-0000-0000-000000000000"


@cases(
    "host, id",
    (ECR_HOST, "ecr"),
    ("111122223333.dkr-ecr.eu-west-1.on.aws", "ecr"),
    ("111122223333.dkr.ecr-fips.us-gov-east-1.amazonaws.com", "ecr"),
    ("111122223333.dkr.ecr.cn-north-1.amazonaws.com.cn", "ecr"),
    ("111122223333.dkr.ecr.us-east-1.amazonaws.com.evil.example", None),
    ("11112222333.dkr.ecr.us-east-1.amazonaws.com", None),
    ("public.ecr.aws", "ecr-public"),
    ("GHCR.io", "ghcr"),
    ("ghcr.io.evil.example", None),
    ("docker.io", "docker-hub"),
    ("index.docker.io", "docker-hub"),
    ("registry-1.docker.io", "docker-hub"),
    ("quay.io", "quay"),
    ("registry.gitlab.com", "gitlab"),
    ("europe-west1-docker.pkg.dev", "artifact-registry"),
    ("gcr.io", "artifact-registry"),
    ("eu.gcr.io", "artifact-registry"),
    ("k8s.gcr.io", None),
    ("acme.azurecr.io", "azure"),
    ("evil.example.azurecr.io", None),
    ("acme.jfrog.io", "artifactory"),
    ("registry.example.com:5000", None),
    ("localhost:5000", None),
)
def test_a_host_is_of_one_kind_or_of_none(host: str, id: str | None) -> None:
    found = kind_of(host)
    assert (found.id if found else None) == id


@cases(
    "host, meant",
    ("ghrc.io", "ghcr.io"),
    ("docker.oi", "docker.io"),
    ("registry.gitlab.co", "registry.gitlab.com"),
    ("acme.azurecr.oi", "acme.azurecr.io"),
    ("europe-west1-docker.pgk.dev", "europe-west1-docker.pkg.dev"),
    ("111122223333.dkr.ecr.us-east-1.amazonaw.com", ECR_HOST),
    ("registry.example.com", None),
    ("harbor.acme.io", None),
    ("localhost:5000", None),
    ("10.0.0.1:5000", None),
    ("acme.pkg.io", None),
)
def test_a_misspelt_host_names_the_nearest_and_no_other_does(host: str, meant: str | None) -> None:
    assert meant_host(host) == meant


@cases(
    "host, user, path",
    ("ghcr.io", "acme-bot", None),
    ("ghcr.io", "AWS", "username"),
    ("ghcr.io", "acme bot", "username"),
    ("ghcr.io", "gh" + "p_" + "a" * 36, "username"),
    ("docker.io", "acme", None),
    ("index.docker.io", "_json_key", "username"),
    ("quay.io", "acme+deploy", None),
    ("quay.io", "$oauthtoken", None),
    ("quay.io", "robot$acme+deploy", "username"),
    ("registry.gitlab.com", "gitlab+deploy-token-7", None),
    ("registry.gitlab.com", "gitlab-ci-token", "username"),
    ("eu-docker.pkg.dev", "_json_key", None),
    ("eu-docker.pkg.dev", "_json_key_base64", None),
    ("eu-docker.pkg.dev", "oauth2accesstoken", "username"),
    ("gcr.io", "acme", "username"),
    ("acme.azurecr.io", "2d0e5c1a-8d7c-4a5c-9a43-0e4f5a7c1b2d", None),
    ("acme.azurecr.io", NO_USER, "username"),
    ("acme.jfrog.io", "deploy@acme.example", None),
    (ECR_HOST, "AWS", "registry"),
    ("public.ecr.aws", "AWS", "registry"),
    ("registry.example.com", "AWS", None),
)
def test_a_lasting_login_has_a_user_whose_tokens_last(host: str, user: str, path: str | None) -> None:
    assert [each.path for each in lasting_login_problems(host, user)] == ([(path,)] if path else [])


@cases("user", "robot$acme+pull", "$oauthtoken", "a b", NO_USER, "deploy@acme.example")
def test_users_of_every_kind_are_written_as_they_are(user: str) -> None:
    assert registry_user_problems(user) == []


@cases("user", "", " a", "a:b", "a\n", "a\x00b")
def test_what_basic_authentication_can_not_send_is_no_user(user: str) -> None:
    assert [each.message for each in registry_user_problems(user)] == ["is not the name of a user"]


def test_a_token_in_the_place_of_the_user_is_not_shown() -> None:
    (found,) = lasting_login_problems("ghcr.io", "gh" + "p_" + "a" * 36)
    assert found.value is None


def test_what_is_wrong_says_whose_the_user_is() -> None:
    wrong = (
        ("ghcr.io", "AWS"),
        ("eu-docker.pkg.dev", "oauth2accesstoken"),
        ("quay.io", "a b"),
        (ECR_HOST, "AWS"),
    )
    assert [each.message for host, user in wrong for each in lasting_login_problems(host, user)] == [
        "is the user of Amazon ECR, not of GitHub Container Registry (GHCR)",
        "is the user of tokens of Google Artifact Registry (and gcr.io) that end by themselves",
        "can't be a user of Quay",
        "is Amazon ECR, whose tokens end after 12 hours",
    ]


@every_kind
def test_each_fact_has_a_source_and_a_day(kind: RegistryKind) -> None:
    for about, text, fact in facts_of(kind):
        assert text, about
        if fact.source:
            assert fact.source.startswith("https://"), about
            assert date.fromisoformat(f"{fact.day}-01"[:10]) <= date(2026, 11, 30), about


@every_kind
def test_a_workflow_has_each_action_by_its_commit(kind: RegistryKind) -> None:
    used = [line.partition("uses: ")[2] for line in kind.login.steps.splitlines() if "uses: " in line]
    assert used
    assert [each for each in used if not _PINNED.fullmatch(each)] == []


@every_kind
def test_a_row_keeps_to_itself(kind: RegistryKind) -> None:
    """Its form is a host of its own, and its own users are of no other."""
    example = kind.host.replace("ACCOUNT", "111122223333").replace("REGION", "eu-west-1").lower()
    if kind.hosts is not None:
        assert [each for each in KINDS if each.hosts and each.hosts.fullmatch(example)] == [kind]
        assert registry_host_problems(example) == []
    if kind.login.cluster_user is not None:
        assert registry_user_problems(kind.login.cluster_user) == []
        assert lasting_login_problems(example, kind.login.cluster_user.lower()) == []
    others = {user for each in KINDS if each is not kind and not each.id.startswith("ecr") for user in each.own_users}
    assert others.isdisjoint(kind.own_users)
    assert kind.lasting_users is None or kind.lasting_user
    assert len({each.id for each in KINDS}) == len(KINDS)


def test_a_cache_has_the_address_of_its_kind() -> None:
    found = {each.name: kind.id for each in UPSTREAMS if each.url and (kind := kind_of(each.url))}
    assert found == {each: each for each in ("ecr-public", "quay", "docker-hub", "ghcr", "gitlab")}
