"""The upstreams of a pull-through cache, and what ECR takes as a rule."""

import itertools
import re
import time

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel

from domain.ecr.limits import CACHE_RULES_MAX
from domain.ecr.upstreams import (
    ROOT,
    UPSTREAMS,
    CacheRule,
    Credentials,
    prefix_problems,
    registry_problems,
    rule_for,
    rule_problems,
    upstream_name,
    upstream_of,
)
from domain.problems import Path
from tests.cases import cases

ACCOUNT, OTHER_ACCOUNT = "111122223333", "444455556666"
REGION = "us-east-1"
SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:ecr-pullthroughcache/hub-AbCdEf"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/cache"
OTHER_ECR = f"{OTHER_ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com"
OWN_ECR = f"{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com"
MODEL = ServiceModel(Loader().load_service_model("ecr", "service-2"), "ecr")
EXAMPLES = {
    "ecr-public": "public.ecr.aws", "kubernetes": "registry.k8s.io", "quay": "quay.io", "ghcr": "ghcr.io",
    "docker-hub": "registry-1.docker.io", "gitlab": "registry.gitlab.com", "chainguard": "cgr.dev",
    "azure": "my-company.azurecr.io", "ecr": OTHER_ECR,
}  # fmt: skip


ELSEWHERE = (("credential_arn",), "is of a secret in another account or region")
THEIR_ROLE = ROLE.replace(ACCOUNT, OTHER_ACCOUNT)


def rule(prefix: str = "cache", url: str = "public.ecr.aws", **more: str) -> CacheRule:
    return CacheRule(prefix=prefix, upstream_url=url, **more)


def ghcr(secret: str) -> CacheRule:
    return rule(url="ghcr.io", credential_arn=secret)


def problems(checked: CacheRule) -> list[tuple[Path, str]]:
    return [(each.path, each.message) for each in rule_problems(checked, account=ACCOUNT, region=REGION)]


def test_the_upstreams_are_the_apis() -> None:
    assert sorted(each.api for each in UPSTREAMS) == sorted(MODEL.shape_for("UpstreamRegistry").metadata["enum"])
    assert {each.name for each in UPSTREAMS} == EXAMPLES.keys()


@pytest.mark.parametrize("url", ["", "docker.io", "mcr.microsoft.com", "azurecr.io", "a.azurecr.io.evil.example"])
def test_every_other_registry_is_refused(url: str) -> None:
    assert problems(rule(url=url)) == [(("upstream_url",), "is not a registry that ECR can cache")]


def test_an_address_names_its_upstream_and_has_a_rule() -> None:
    for name, url in EXAMPLES.items():
        upstream = upstream_of(url)
        assert upstream is not None
        assert (upstream.name, upstream.url in (None, url)) == (name, True)
        given = {"credential_arn": SECRET} if upstream.credentials is Credentials.REQUIRED else {}
        given |= {"custom_role_arn": ROLE} if upstream.name == "ecr" else {}
        assert problems(rule(name, url, **given)) == []


@cases(
    "checked, expected",
    (rule("a"), [(("prefix",), "has 1 characters")]),
    (rule("a" * 31), [(("prefix",), "has 31 characters")]),
    (rule("Upper"), [(("prefix",), "is not a valid prefix of repository names")]),
    (rule(upstream_prefix="a/-b"), [(("upstream_prefix",), "is not a valid prefix of repository names")]),
    (rule(ROOT, upstream_prefix="team"), [(("upstream_prefix",), "can't be given with the prefix ROOT")]),
    (rule(ROOT), []),
    (rule("team", upstream_prefix="team"), []),
    (rule(credential_arn=SECRET), [(("credential_arn",), "is not supported for ecr-public")]),
    (rule(custom_role_arn=ROLE), [(("custom_role_arn",), "is supported for a private ECR registry only")]),
    (rule(url="ghcr.io"), [(("credential_arn",), "is missing: ghcr requires authentication")]),
    (ghcr(ROLE), [(("credential_arn",), "is not the ARN of a secret")]),
    (ghcr(SECRET.replace("ecr-pull", "")), [(("credential_arn",), "is of a secret that ECR may not read")]),
    (ghcr(SECRET.replace(ACCOUNT, OTHER_ACCOUNT)), [ELSEWHERE]),
    (ghcr(SECRET.replace(REGION, "us-east-2")), [ELSEWHERE]),
    (rule(url=OTHER_ECR), [(("custom_role_arn",), f"is missing: the upstream is in the account {OTHER_ACCOUNT}")]),
    (rule(url=OWN_ECR), []),
    (rule(url=OWN_ECR, custom_role_arn=ROLE), []),
    (rule(url=OTHER_ECR, custom_role_arn=SECRET), [(("custom_role_arn",), "is not the ARN of a role")]),
    (rule(url=OTHER_ECR, custom_role_arn=THEIR_ROLE), [(("custom_role_arn",), "is of a role in another account")]),
)
def test_what_ecr_would_refuse_in_a_rule(checked: CacheRule, expected: list[tuple[Path, str]]) -> None:
    assert problems(checked) == expected


def test_what_ecr_would_refuse_in_a_registry() -> None:
    assert registry_problems([f"team-{number}" for number in range(CACHE_RULES_MAX)]) == []
    found = registry_problems(["hub", "quay", "hub/", *(f"team-{number}" for number in range(CACHE_RULES_MAX))])
    assert [(each.path, each.message) for each in found] == [((), "has 53 rules"), ((2,), "has a rule already")]


def test_the_grammar_of_prefixes_is_the_apis() -> None:
    shape = MODEL.shape_for("PullThroughCacheRuleRepositoryPrefix")
    pattern = re.compile(shape.metadata["pattern"])
    for length in range(shape.metadata["min"], 7):
        for characters in itertools.product("a_-/", repeat=length):
            text = "".join(characters)
            assert (prefix_problems(text) == []) is (pattern.fullmatch(text) is not None), text


def test_a_hostile_prefix_takes_no_time() -> None:
    started = time.perf_counter()
    assert prefix_problems("a-" * 15)
    assert prefix_problems("-" * 1_000_000)
    assert time.perf_counter() - started < 1


@cases(
    "name, expected", ("hub/library/nginx", "hub"), ("hub/team/nginx", "hub/team/"), ("hubs/nginx", ROOT), ("hub", ROOT)
)
def test_the_longest_prefix_is_the_rule(name: str, expected: str) -> None:
    rules = [rule(ROOT), rule("hub"), rule("hub/team/")]
    found = rule_for(name, rules)
    assert found is not None
    assert found.prefix == expected


def test_a_name_that_no_prefix_begins_has_no_rule() -> None:
    assert rule_for("other/nginx", [rule("hub"), rule("other/nginx")]) is None


# https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache-private-wildcards.html
@cases(
    "prefix, upstream_prefix, name, expected",
    ("ecr-public", ROOT, "ecr-public/my-app/image1", "my-app/image1"),
    (ROOT, ROOT, "my-app/image1", "my-app/image1"),
    ("team-a", "team-a", "team-a/myapp/image1", "team-a/myapp/image1"),
    ("my-app", "upstream-app", "my-app/image1", "upstream-app/image1"),
    ("my-app/", "upstream-app/", "my-app/image1", "upstream-app/image1"),
)
def test_the_name_at_the_upstream(prefix: str, upstream_prefix: str, name: str, expected: str) -> None:
    assert upstream_name(name, rule(prefix, upstream_prefix=upstream_prefix)) == expected
