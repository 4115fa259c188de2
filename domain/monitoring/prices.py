"""What AWS asks a month for monitoring: the list prices of one region on one day, and what that makes of a registry's.

https://aws.amazon.com/cloudwatch/pricing/, https://aws.amazon.com/kms/pricing/, https://aws.amazon.com/sns/pricing/,
https://aws.amazon.com/sqs/pricing/, https://aws.amazon.com/eventbridge/pricing/ and
https://aws.amazon.com/cloudtrail/pricing/
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum

AS_OF = date(2026, 11, 30)
REGION = "us-east-1"
BASIS = f"list prices of {REGION} as of {AS_OF}, without free tiers"


class Charge(Enum):
    """What costs the same every month, by its price for each."""

    ALARM_METRIC = ("metric that an alarm watches", "metrics that alarms watch", "0.10")
    ANALYSED_METRIC = (
        "repository whose images an alarm compares", "repositories whose images an alarm compares", "0.10"
    )  # fmt: skip
    """An alarm on a query of Metrics Insights is charged for each metric that the query analyses."""
    COMPOSITE = ("composite alarm", "composite alarms", "0.50")
    DERIVED_METRIC = ("metric that is made of logs", "metrics that are made of logs", "0.30")
    DASHBOARD = ("dashboard", "dashboards", "3.00")
    KEY = ("key", "keys", "1.00")

    def __init__(self, one: str, many: str, dollars: str) -> None:
        self.one = one
        self.many = many
        self.dollars = Decimal(dollars)


class Use(Enum):
    """What is charged by how much of it there is, which no declaration says."""

    LOGS_IN = ("logs that come in", "0.50", "GB")
    LOGS_KEPT = ("logs that are kept", "0.03", "GB and month")
    LOGS_READ = ("logs that a saved query reads", "0.005", "GB")
    MESSAGES = ("messages that are published", "0.50", "million, after the first")
    HTTPS = ("messages to an HTTPS endpoint", "0.60", "million")
    EMAIL = ("messages by e-mail", "2.00", "100,000")
    QUEUED = ("requests to the dead-letter queue", "0.40", "million, after the first")
    KEY_USE = ("uses of a key", "0.03", "10,000")
    CALLS = ("events of calls, at most", "1.00", "million")
    """AWS documents no charge for those of management events; the price of opt-in events is the upper bound."""

    def __init__(self, what: str, dollars: str, unit: str) -> None:
        self.what = what
        self.dollars = Decimal(dollars)
        self.unit = unit


Counts = Mapping[Charge, int]


@dataclass(frozen=True, slots=True)
class CostLine:
    """What some of one kind cost a month."""

    charge: Charge
    count: int

    @property
    def dollars(self) -> Decimal:
        return self.charge.dollars * self.count

    def __str__(self) -> str:
        return f"{self.count:,} {self.charge.one if self.count == 1 else self.charge.many} {money(self.dollars)}"


def cost_lines(counts: Counts) -> Iterator[CostLine]:
    """Of what there is."""
    yield from (CostLine(each, counts[each]) for each in Charge if counts.get(each))


def total(counts: Counts) -> Decimal:
    return sum((each.dollars for each in cost_lines(counts)), Decimal())


def money(dollars: Decimal) -> str:
    """In cents; a price that is less has more digits."""
    return f"${dollars:,.2f}" if dollars == round(dollars, 2) else f"${dollars:,}"


def price_table() -> str:
    """In Markdown, for a page."""
    fixed = (f"| {each.one} | {money(each.dollars)} | one |" for each in Charge)
    by_use = (f"| {each.what} | {money(each.dollars)} | {each.unit} |" for each in Use)
    return "\n".join(["| What | Price | For |", "|---|---|---|", *fixed, *by_use])
