"""Partitions, regions, accounts and ARNs."""

import re
from dataclasses import dataclass
from enum import Enum

from domain.problems import Problem, unknown, unless

ACCOUNT_ID_DIGITS = 12
ARN_PARTS = 6
ORGANIZATION_ID = re.compile(r"o-[a-z0-9]{10,32}")
"""https://docs.aws.amazon.com/organizations/latest/APIReference/API_Organization.html"""

_ACCOUNT_ID = re.compile(rf"[0-9]{{{ACCOUNT_ID_DIGITS}}}")


class Partition(Enum):
    """A part of AWS with accounts, endpoints and ARNs of its own; nothing is replicated from one to another."""

    AWS = ("aws", "amazonaws.com")
    CHINA = ("aws-cn", "amazonaws.com.cn")
    US_GOV = ("aws-us-gov", "amazonaws.com")
    EUROPEAN_SOVEREIGN = ("aws-eusc", "amazonaws.eu")
    ISO = ("aws-iso", "c2s.ic.gov")
    ISO_B = ("aws-iso-b", "sc2s.sgov.gov")
    ISO_E = ("aws-iso-e", "cloud.adc-e.uk")
    ISO_F = ("aws-iso-f", "csp.hci.ic.gov")

    def __init__(self, id: str, dns_suffix: str) -> None:
        self.id = id
        self.dns_suffix = dns_suffix


# The regions with an ECR endpoint; a test compares them with botocore's own table.
_REGIONS: dict[Partition, str] = {
    Partition.AWS: """
        af-south-1 ap-east-1 ap-east-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2
        ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 ap-southeast-7
        ca-central-1 ca-west-1 eu-central-1 eu-central-2 eu-north-1 eu-south-1 eu-south-2 eu-west-1 eu-west-2
        eu-west-3 il-central-1 me-central-1 me-south-1 mx-central-1 sa-east-1 us-east-1 us-east-2 us-west-1 us-west-2
        """,
    Partition.CHINA: "cn-north-1 cn-northwest-1",
    Partition.US_GOV: "us-gov-east-1 us-gov-west-1",
    Partition.EUROPEAN_SOVEREIGN: "eusc-de-east-1",
    Partition.ISO: "us-iso-east-1 us-iso-west-1",
    Partition.ISO_B: "us-isob-east-1 us-isob-west-1",
    Partition.ISO_E: "eu-isoe-west-1",
    Partition.ISO_F: "us-isof-east-1 us-isof-south-1",
}
REGIONS = {region: partition for partition, regions in _REGIONS.items() for region in regions.split()}


def region_problems(region: str) -> list[Problem]:
    if region in REGIONS:
        return []
    return [unknown((), region, "is not a region with Amazon ECR", REGIONS)]


def is_account_id(text: str) -> bool:
    return _ACCOUNT_ID.fullmatch(text) is not None


def account_problems(account: str) -> list[Problem]:
    message = f"is not an AWS account id: it has {len(account)} characters"
    return unless(is_account_id(account), account, message, f"write exactly {ACCOUNT_ID_DIGITS} digits, in quotes")


@dataclass(frozen=True, slots=True)
class Arn:
    """An Amazon resource name, in its six parts."""

    partition: str
    service: str
    region: str
    account: str
    resource: str

    @classmethod
    def parse(cls, text: str) -> "Arn | None":
        parts = text.split(":", ARN_PARTS - 1)
        if len(parts) != ARN_PARTS or parts[0] != "arn" or not all((parts[1], parts[2], parts[5])):
            return None
        return cls(*parts[1:])

    def __str__(self) -> str:
        return f"arn:{self.partition}:{self.service}:{self.region}:{self.account}:{self.resource}"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class RegistryId:
    """A private registry of Amazon ECR: an account has one in each region."""

    account: str
    region: str

    @property
    def partition(self) -> str:
        return REGIONS[self.region].id

    def __str__(self) -> str:
        return f"{self.account} in {self.region}"
