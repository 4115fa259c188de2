"""Repository names and registry hosts."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.aws import REGIONS, RegistryId
from domain.ecr.names import private_registry, registry_host, repository_arn, repository_name_problems
from tests.cases import cases

# The API's own pattern, as written there.
API_PATTERN = re.compile(r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*")
US = RegistryId(account="111122223333", region="us-east-1")

REPOSITORIES = st.from_regex(r"[a-z0-9]{2,9}((\.|_|__|-{1,3})[a-z0-9]{1,5}){0,2}(/[a-z0-9]{1,9}){0,2}", fullmatch=True)


TEXTS = st.text("ab0._-/", max_size=12) | st.text("aZé/. \n", max_size=6)


@given(TEXTS | st.builds(str.__mul__, REPOSITORIES, st.integers(1, 40)))
@example("a" * 256)
@example("a" * 257)
@example("a")
@example("ab\n")
@example("//")
def test_a_name_without_problem_is_one_that_the_api_accepts(name: str) -> None:
    accepted = API_PATTERN.fullmatch(name) is not None and 2 <= len(name) <= 256
    assert (repository_name_problems(name) == []) is accepted


@cases(
    "name, messages",
    ("payments/api", []),
    ("a__b/c---d.e_f", []),
    ("", ["is too short: 0 characters"]),
    ("a", ["is too short: 1 characters"]),
    ("a" * 257, ["is too long: 257 characters"]),
    ("Payments/API", ["has upper-case letters"]),
    ("pay ments/äpi", ["has characters that ECR does not allow: ' ', 'ä'"]),
    ("/api", ["starts with a slash"]),
    ("api/", ["ends with a slash"]),
    ("payments//api", ["has an empty path segment: '//'"]),
    ("payments/-api", ["has a segment that starts with '-': '-api'"]),
    ("..api--", ["has a segment that starts with '.': '..api--'", "has a segment that ends with '-': '..api--'"]),
    ("payments_/api", ["has a segment that ends with '_': 'payments_'"]),
    ("pay..ments", ["has doubled separators: '..' in 'pay..ments'"]),
    ("pay___ments", ["has doubled separators: '___' in 'pay___ments'"]),
    ("pay.-ments", ["has doubled separators: '.-' in 'pay.-ments'"]),
    ("A..b/", ["has upper-case letters", "ends with a slash", "has doubled separators: '..' in 'A..b'"]),
)
def test_each_broken_rule_is_reported_by_itself(name: str, messages: list[str]) -> None:
    assert [problem.message for problem in repository_name_problems(name)] == messages


def test_the_fix_for_upper_case_is_the_name_itself() -> None:
    assert repository_name_problems("Payments")[0].fix == "write 'payments'"


@cases(
    "region, arn, host",
    ("us-east-1", "arn:aws:ecr:us-east-1", "us-east-1.amazonaws.com"),
    ("cn-north-1", "arn:aws-cn:ecr:cn-north-1", "cn-north-1.amazonaws.com.cn"),
    ("us-gov-west-1", "arn:aws-us-gov:ecr:us-gov-west-1", "us-gov-west-1.amazonaws.com"),
    ("eusc-de-east-1", "arn:aws-eusc:ecr:eusc-de-east-1", "eusc-de-east-1.amazonaws.eu"),
)
def test_arn_and_host_are_of_the_regions_partition(region: str, arn: str, host: str) -> None:
    assert repository_arn(region, "111122223333", "a/b") == f"{arn}:111122223333:repository/a/b"
    assert registry_host("111122223333", region) == f"111122223333.dkr.ecr.{host}"


@pytest.mark.parametrize("region", sorted(REGIONS))
def test_a_registry_host_says_whose_it_is(region: str) -> None:
    assert private_registry(registry_host("012345678901", region)) == RegistryId(account="012345678901", region=region)


@cases(
    "host, registry",
    ("111122223333.dkr.ecr-fips.us-east-1.amazonaws.com", US),
    ("111122223333.dkr-ecr.us-east-1.on.aws", US),
    ("111122223333.DKR.ecr.us-east-1.amazonaws.com", US),
    ("111122223333.dkr-ecr.us-east-1.amazonaws.com", None),
    ("111122223333.dkr.ecr.us-east-1.on.aws", None),
    ("111122223333.dkr-ecr.cn-north-1.on.aws", None),
    ("111122223333.dkr.ecr.cn-north-1.amazonaws.com", None),
    ("111122223333.dkr.ecr.us-nowhere-1.amazonaws.com", None),
    ("11112222333.dkr.ecr.us-east-1.amazonaws.com", None),
    ("111122223333.dkr.ecr.us-east-1.amazonaws.com.evil.example", None),
    ("public.ecr.aws", None),
    ("ghcr.io", None),
)
def test_only_an_ecr_host_has_an_account_and_a_region(host: str, registry: RegistryId | None) -> None:
    assert private_registry(host) == registry
