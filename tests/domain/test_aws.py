from botocore.loaders import Loader
from hypothesis import given
from hypothesis import strategies as st

from domain.aws import REGIONS, Arn, Partition, account_problems, is_account_id, region_problems
from tests.cases import cases

PARTITIONS = Loader().load_data("endpoints")["partitions"]


def test_regions_are_those_with_a_registry_endpoint() -> None:
    found = {
        region: partition["partition"]
        for partition in PARTITIONS
        for region in partition["services"].get("api.ecr", {}).get("endpoints", {})
        if not region.startswith(("fips-", "dkr-"))
    }
    assert {region: partition.id for region, partition in REGIONS.items()} == found


def test_dns_suffixes() -> None:
    found = {each["partition"]: each["dnsSuffix"] for each in PARTITIONS}
    assert {each.id: each.dns_suffix for each in Partition} == found


def test_regions() -> None:
    assert region_problems("eu-west-1") == []
    (problem,) = region_problems("eu-wset-1")
    assert (problem.value, problem.fix) == ("eu-wset-1", "did you mean 'eu-west-1'?")


@cases(
    "account, valid",
    ("111122223333", True), ("012345670123", True), ("11112222333", False), ("1111222233334", False),
    ("111122223333\n", False), ("١١١١٢٢٢٢٣٣٣٣", False), ("", False),
)  # fmt: skip
def test_accounts(account: str, valid: bool) -> None:
    assert (account_problems(account) == []) is valid
    assert is_account_id(account) is valid


@cases(
    "text", "arn:aws:ecr:us-east-1:111122223333:repository/a", "arn:aws:s3:::bucket", "arn:aws:lambda:r:1:function:a:b"
)
def test_arns(text: str) -> None:
    arn = Arn.parse(text)
    assert arn is not None
    assert str(arn) == text


def test_the_parts_of_an_arn() -> None:
    expected = Arn("aws-cn", "lambda", "cn-north-1", "111122223333", "function:a")
    assert Arn.parse("arn:aws-cn:lambda:cn-north-1:111122223333:function:a") == expected


@cases("text", "", "arn", "arn:aws:ecr:us-east-1:1", "ARN:aws:s3:::b", "arn::s3:::b", "arn:aws::::b", "arn:aws:s3:::")
def test_no_arns(text: str) -> None:
    assert Arn.parse(text) is None


@given(st.text())
def test_what_parses_as_an_arn_is_written_back(text: str) -> None:
    arn = Arn.parse(text)
    assert arn is None or str(arn) == text
